"""Networks from a list of layers: names while planning, shapes before training, answers after."""

import subprocess
import sys

import numpy as np
import pytest
import yaml

from refashion import models
from refashion.backends import keras_listing, keras_table
from refashion.data.splits import Examples
from refashion.errors import ConfigError
from refashion.runs import tables, training
from refashion.spec.study import load_study

MODEL = models.module("keras")
LABELS = "sparse_categorical_crossentropy"
LOGITS = {"SparseCategoricalCrossentropy": {"from_logits": True}}


def dense(units, activation=None, **more):
    return {"Dense": {"units": units, **({"activation": activation} if activation else {}), **more}}


SMALL = ["Flatten", dense(8, "relu"), dense(10, "softmax")]


def settings(layers=SMALL, loss=LABELS, **more):
    return {"layers": layers, "optimizer": "adam", "loss": loss, **more}


def faults(**stated):
    return {".".join(map(str, at)): text for at, text in MODEL.faults(stated)}


def built(layers=SMALL, loss=LABELS, *, task="classification", n_outputs=10, seed=0, **more):
    whole, _ = MODEL.complete(settings(layers, loss, **more))
    assert not [*MODEL.faults(whole)]
    facts = {"task": task, "n_outputs": n_outputs, "input_shape": (28, 28), "threads": 1}
    return training.build("keras", whole, seed=seed, **facts)


def images(n=120, classes=10):
    random = np.random.default_rng(0)
    labels = np.arange(n) % classes
    x = random.random((n, 28, 28), dtype=np.float32) + labels[:, None, None].astype("float32") / 5
    return Examples(x, labels)


# While planning: names, without Keras.


def test_the_table_is_that_of_the_installed_keras():
    """If not, after an update of Keras: `refashion keras-table`."""
    assert keras_table.FILE.read_text() == keras_table.text(keras_table.table())


@pytest.mark.parametrize(
    ("layer", "at", "told"),
    [
        ("conv2d", "layers.0", "'conv2d'; accepted: a layer of Keras 3"),
        ("conv2d", "layers.0", "did you mean 'Conv2D'?"),
        (3, "layers.0", "3; accepted: a layer, such as Flatten or {Dense: {units: 10}}"),
        ({"Dense": 10}, "layers.0", "accepted: a layer, such as Flatten or {Dense: {units: 10}}"),
        ({"Dense": {"unit": 3}}, "layers.0.Dense.unit", "did you mean 'units'?"),
        ("Dense", "layers.0.units", "missing; accepted: a value of this argument of Dense"),
        (dense(3, "rellu"), "layers.0.Dense.activation", "did you mean 'relu'?"),
        (
            dense(3, kernel_initializer="he_norml"),
            "layers.0.Dense.kernel_initializer",
            "'he_norml'; accepted: an initializer of Keras",
        ),
        (
            dense(3, kernel_regularizer={"L2": {"weight": 1}}),
            "layers.0.Dense.kernel_regularizer.L2.weight",
            "unknown setting (value 1); accepted: l2",
        ),
        (dense(3, use_bias="no"), "layers.0.Dense.use_bias", "'no'; accepted: true or false"),
        (dense({"os": {}}), "layers.0.Dense.units", '{"os": {}}; accepted: a value, or a list'),
        (
            {"Bidirectional": {"layer": {"LSTN": {"units": 3}}}},
            "layers.0.Bidirectional.layer",
            "did you mean 'LSTM'?",
        ),
        ({"Lambda": {"function": "exit()"}}, "layers.0", "'Lambda'; it holds code; accepted: "),
        ("Add", "layers.0", "'Add'; it takes several inputs; accepted: layers of one input"),
    ],
)
def test_a_name_that_keras_does_not_have(layer, at, told):
    found = faults(**settings([layer, dense(10, "softmax")]))
    assert [*found] == [at]
    assert told in found[at]


@pytest.mark.parametrize(
    ("stated", "at", "told"),
    [
        ({"optimizer": "adm"}, "optimizer", "did you mean 'adam'?"),
        ({"optimizer": {"Adam": {"lr": 0.1}}}, "optimizer.Adam.lr", "accepted: learning_rate, "),
        (
            {"optimizer": {"Adam": {"learning_rate": {"Decay": {}}}}},
            "optimizer.Adam.learning_rate",
            "'Decay'; accepted: a number, or a schedule of Keras",
        ),
        ({"loss": "crossentropy"}, "loss", "'crossentropy'; accepted: a loss of Keras"),
        ({"loss": "categorical_hinge"}, "loss", "accepted: a loss of Keras"),
        (
            {"callbacks": [{"EarlyStopping": {"monitor": "val_acc"}}]},
            "callbacks.0.EarlyStopping.monitor",
            "did you mean 'val_accuracy'?",
        ),
        (
            {"callbacks": [{"EarlyStopping": {"patience": "three"}}]},
            "callbacks.0.EarlyStopping.patience",
            "'three'; accepted: a number",
        ),
        ({"metrics": ["presicion"]}, "metrics.0", "did you mean 'precision'?"),
        ({"metrics": [{"AUC": {"curv": "PR"}}]}, "metrics.0.AUC.curv", "did you mean 'curve'?"),
        ({"metrics": ["mse", "mse"]}, "metrics.1", "'mse'; the name of its column; accepted: a n"),
        ({"metrics": [{"AUC": {"name": "loss"}}]}, "metrics.0", "'loss'; the name of its column"),
        (
            {"metrics": ["auc"], "callbacks": [{"EarlyStopping": {"monitor": "val_acu"}}]},
            "callbacks.0.EarlyStopping.monitor",
            "did you mean 'val_auc'?",
        ),
        ({"callbacks": ["ModelCheckpoint"]}, "callbacks.0", "accepted: {EarlyStopping: {restore_"),
        ({"layers": [*SMALL, {"Input": {"shape": [3]}}]}, "layers.3", "Input as the first layer"),
    ],
)
def test_a_setting_of_training_that_keras_does_not_have(stated, at, told):
    found = faults(**settings() | stated)
    assert [*found] == [at]
    assert told in found[at]


@pytest.mark.parametrize(
    ("last", "loss", "told"),
    [
        ([dense(10)], LABELS, "the last layer gives logits (its activation is 'linear'); accepted"),
        ([dense(10, "linear")], LABELS, "the last layer gives logits"),
        ([dense(10), {"Activation": {"activation": "linear"}}], LABELS, "gives logits"),
        ([dense(10, "log_softmax")], LABELS, "gives logits (its activation is 'log_softmax')"),
        ([dense(10, "softmax")], LOGITS, "the last layer gives probabilities ('softmax')"),
        ([dense(10), "Softmax"], LOGITS, "the last layer gives probabilities ('softmax')"),
        ([dense(10), {"Dropout": {"rate": 0.1}}], "kld", "gives logits"),
    ],
)
def test_a_loss_that_does_not_fit_the_last_layer(last, loss, told):
    assert told in faults(**settings(["Flatten", *last], loss))["loss"]


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        ([dense(10)], LOGITS),
        ([dense(10, "softmax")], LABELS),
        ([dense(10), "Softmax"], LABELS),
        ([dense(10), {"Activation": {"activation": "softmax"}}], LABELS),
        ([dense(10, "tanh")], LABELS),  # at the word of the source
    ],
)
def test_a_loss_that_fits(last, loss):
    assert faults(**settings(["Flatten", *last], loss)) == {}


@pytest.mark.slow
def test_linear_outputs_do_not_fit_in_the_models_of_modules_either():
    training_settings = {
        **{"optimizer": "adam", "learning_rate": 0.001, "momentum": 0, "loss": LABELS},
        **{"batch_size": 32, "epochs": 1, "schedule": None, "early_stopping": None},
        "keep_best": False,
    }
    stated = {
        **{"widths": [], "activation": "relu", "batch_normalization": False, "dropout": []},
        **{"l2": 0, "output_activation": "linear"},
    }
    with pytest.raises(ConfigError, match=f"loss: '{LABELS}'; a loss on probabilities, but the"):
        models.module("dense").build(
            input_shape=(28, 28), n_outputs=10, seed=0, **stated, **training_settings
        )


def test_what_is_not_stated_is_the_default_of_keras():
    whole, assumed = MODEL.complete(
        {"layers": [dense(9), dense(9, use_bias=False)], "loss": "mse", "optimizer": "sgd"}
    )
    assert whole["layers"] == [dense(9), dense(9, use_bias=False)]  # as they are printed
    assert whole["optimizer"]["SGD"]["learning_rate"] == 0.01
    assert whole["loss"] == "MeanSquaredError"
    assert (whole["batch_size"], whole["epochs"], whole["callbacks"]) == (32, 1, [])
    assert assumed["batch_size"] == 32 and assumed["epochs"] == 1
    assert assumed["optimizer.SGD.momentum"] == 0.0
    assert assumed["layers.Dense"]["kernel_initializer"] == "glorot_uniform"
    assert "units" not in assumed["layers.Dense"]


def test_the_example_of_the_guide(project):
    guide = (project / "docs/guide/add-your-report.md").read_text()
    blocks = [block.partition("```")[0] for block in guide.split("```yaml\n")]
    (example,) = (block for block in blocks if "model: keras" in block)
    stated = yaml.safe_load(example)["settings"]
    assert faults(**stated) == {}
    whole, _ = MODEL.complete(stated | {"class_weight": {"0": 1, "6": 2}})
    models.settings_model("keras")(**whole)


@pytest.fixture
def study(tmp_path):
    """Give a function that writes a study with one run and loads it."""

    def load(claims=(), **stated):
        run = {"title": "A", "group": "headline", "minutes": 0.1, "model": "keras"}
        content = {
            "title": "A study",
            "source": {"citation": "Somebody", "note": "a report"},
            "dataset": "fashion_mnist",
            "split": {"test": "given", "validation": {"fraction": 0.1}},
            "preprocess": {"divide_by": 255},
            "runs": {"net": {**run, **stated}},
            "claims": [*claims],
        }
        (tmp_path / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        return load_study(tmp_path)

    return load


def test_a_study_lists_the_defaults_as_assumptions(study):
    stated = settings(class_weight={0: 2, 6: 1.5})
    run = study(settings=stated, assumes={"optimizer.Adam.learning_rate": "usual"}).runs["net"]
    assert run.settings["class_weight"] == {"0": 2.0, "6": 1.5}
    assert run.settings["batch_size"] == 32
    assert run.assumes["batch_size"].why.startswith("Not stated. This is the default of Keras 3.")
    assert run.assumes["optimizer.Adam.learning_rate"].why == "usual"
    assert run.assumes["layers.Dense"].value["bias_initializer"] == "zeros"
    shown = tables.table_settings(run.settings, {k: a.why for k, a in run.assumes.items()})
    shown = shown.set_index("setting")
    assert shown.loc["layers[0]", "value"] == "Flatten"
    assert shown.loc["layers[1]", "value"] == "Dense: units 8, activation relu"
    assert shown.loc["batch_size", "why"] != ""
    assert shown.loc["layers[1]", "why"] == ""


def test_a_study_names_every_fault_with_its_place(study):
    stated = settings(["Flaten", *SMALL[1:]], "sparse_crossentropy", epochs=0, callback=[])
    with pytest.raises(ConfigError) as caught:
        study(settings=stated)
    told = str(caught.value)
    assert "runs.net.settings.layers[0]: 'Flaten'; accepted: a layer of Keras" in told
    assert "runs.net.settings.loss: 'sparse_crossentropy'; accepted: a loss of Keras" in told
    assert "runs.net.settings.epochs: 0; accepted: a whole number from 1" in told
    assert "runs.net.settings.callback: unknown setting" in told
    with pytest.raises(ConfigError, match=r"settings\.layers: missing; accepted: a list"):
        study(settings={"loss": LABELS})
    for wrong, shown in (("Flatten", "'Flatten'"), (3, "3"), (None, "null"), ({}, "{}")):
        with pytest.raises(ConfigError, match=rf"settings\.layers: {shown}; accepted: a list"):
            study(settings=settings(wrong))
    with pytest.raises(ConfigError, match=r"about .* more; accepted: a file without problems"):
        study(settings=settings(["Flaten"] * 5000))


def test_planning_does_not_import_keras():
    code = (
        "import sys; from refashion import models; m = models.module('keras'); "
        f"s = {settings()!r}; list(m.faults(s)); m.complete(s); models.settings_model('keras'); "
        "print([n for n in ('tensorflow', 'keras.src') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Before training: values and shapes.

RELU_CONV = {"filters": 4, "kernel_size": 3, "activation": "relu"}
CONV = {"Conv2D": {"filters": 3, "kernel_size": 3}}


def shapes(model):
    return model.architecture()["output_shape"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (
            [CONV, {"MaxPooling2D": {"pool_size": 40}}, *SMALL],
            r'layers\[1\]: MaxPooling2D {"pool_size": 40} on an input of the shape 26 × 26 × 3: '
            r"Keras says: Computed output size would be zero or negative",
        ),
        (
            ["Flatten", {"LSTM": {"units": 3}}, dense(10, "softmax")],
            r'layers\[1\]: LSTM {"units": 3} on an input .* 784: Keras says: .*expected ndim=3',
        ),
        (
            ["Flatten", dense("ten"), dense(10, "softmax")],
            r'layers\[1\]: Dense {"units": "ten"} on .*: Keras says: .*expected a positive',
        ),
        (
            [{"Bidirectional": {"layer": {"LSTM": {"units": 0}}}}, dense(10, "softmax")],
            r'layers\[0\].Bidirectional.layer: LSTM {"units": 0}: Keras says: .* positive integer',
        ),
        (
            [{"Reshape": {"target_shape": [3, 3]}}, *SMALL],
            r"layers\[0\]: Reshape .*Keras says: The total size of the tensor must be unchanged",
        ),
        (
            [{"Input": {"shape": [32, 32, 3]}}, *SMALL],
            r"layers\[0\]: an input of the shape 32 × 32 × 3; the examples have the shape 28 × 28;",
        ),
        ([dense(10, "softmax")], r"the outputs have the shape 28 × 10; accepted: a vector"),
        (
            ["Flatten", dense(9, "softmax")],
            r"layers\[1\]: .*; 9 outputs, but the data have 10 classes; accepted: 10 outputs$",
        ),
    ],
)
def test_an_error_names_the_layer_its_settings_and_its_input(layers, told):
    with pytest.raises(ConfigError, match=told) as caught:
        built(layers)
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "loss", "task", "n_outputs", "told"),
    [
        (dense(1, "sigmoid"), "bce", "classification", 10, "1 output, but the data have 10 cla"),
        (
            dense(1, "sigmoid"),
            LABELS,
            "classification",
            2,
            "accepted: 2 outputs, or .* binary_crossentropy$",
        ),
        (dense(3, "sigmoid"), "bce", "classification", 2, "or 1 output for the probability of the"),
        (dense(1, "softmax"), "bce", "classification", 2, "a softmax of one output is always 1"),
        (dense(10), "mse", "classification", 10, "loss: .*; the last layer gives no probabilities"),
        (dense(2), "mse", "regression", 1, "2 outputs, but the data have one number as target"),
        (dense(1, "sigmoid"), "bce", "regression", 1, "a loss of classes, for a regression"),
    ],
)
def test_outputs_that_do_not_fit_the_data(last, loss, task, n_outputs, told):
    with pytest.raises(ConfigError, match=told):
        built(["Flatten", last], loss, task=task, n_outputs=n_outputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([CONV, *SMALL], ["28 × 28 × 1", "26 × 26 × 3", "2028", "8", "10"]),
        (["BatchNormalization", CONV, *SMALL], ["28 × 28 × 1", "28 × 28 × 1", "26 × 26 × 3"]),
        ([{"RandomFlip": {"mode": "horizontal"}}, *SMALL], ["28 × 28 × 1", "28 × 28 × 1", "784"]),
        ([{"Input": {"shape": [28, 28, 1]}}, *SMALL], ["28 × 28 × 1", "784", "8", "10"]),
        ([{"Input": {"shape": [784]}}, *SMALL[1:]], ["784", "8", "10"]),
        ([dense(3, input_shape=[28, None]), *SMALL], ["28 × 3", "84", "8", "10"]),
        ([{"GRU": {"units": 4}}, *SMALL[1:]], ["4", "8", "10"]),
        ([{"Reshape": {"target_shape": [28, 28, 1]}}, CONV, *SMALL], ["28 × 28 × 1"]),
    ],
)
def test_images_get_channels_if_a_layer_needs_them(layers, expected):
    assert shapes(built(layers))[: len(expected)] == expected


# Training.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "stated", "layers"),
    [
        (
            "dense",
            {
                **{"widths": [40, 20], "activation": "relu", "batch_normalization": True},
                **{"dropout": [0.1, 0.2], "l2": 1e-6, "output_activation": "softmax"},
            },
            [
                *("Flatten", "BatchNormalization"),
                *(dense(40, "relu", kernel_regularizer={"l2": {"l2": 1e-6}}),),
                *({"Dropout": {"rate": 0.1}},),
                *(dense(20, "relu", kernel_regularizer={"l2": {"l2": 1e-6}}),),
                *({"Dropout": {"rate": 0.2}},),
                *(dense(10, "softmax", kernel_regularizer={"l2": {"l2": 1e-6}}),),
            ],
        ),
        (
            "cnn",
            {
                **{"filters": [4, 4], "kernel_size": 3, "padding": ["same", "valid"], "l2": 0},
                **{"activation": "relu", "negative_slope": 0, "batch_normalization": True},
                **{"pooling": "max", "pool_size": [2, 0], "pool_padding": "valid"},
                **{"block_dropout": [0, 0.3], "units": [16], "dropout": [0]},
            },
            [
                {"Conv2D": {**RELU_CONV, "padding": "same"}},
                *("BatchNormalization", {"MaxPooling2D": {"pool_size": 2}}),
                {"Conv2D": RELU_CONV},
                *("BatchNormalization", {"Dropout": {"rate": 0.3}}, "Flatten"),
                *(dense(16, "relu"), dense(10, "softmax")),
            ],
        ),
        (
            "conv1d",
            {
                **{"filters": [8], "kernel_size": 2, "pool_size": [2], "dropout": [0.2]},
                "batch_normalization": True,
                "head": [{"units": 10, "activation": name} for name in ("relu", "sigmoid")],
            },
            [
                {"Conv1D": {"filters": 8, "kernel_size": 2}},
                *({"MaxPooling1D": {"pool_size": 2}}, {"Dropout": {"rate": 0.2}}),
                *("BatchNormalization", "Flatten", dense(10, "relu"), dense(10, "sigmoid")),
            ],
        ),
        (
            "gru",
            {
                **{"recurrent_units": 8, "activation": "tanh", "recurrent_activation": "sigmoid"},
                **{"units": 8, "dense_activation": "linear", "negative_slope": 0.1},
                "dropout": 0.25,
            },
            [
                {"GRU": {"units": 8, "return_sequences": True}},
                *("Flatten", dense(8), {"LeakyReLU": {"negative_slope": 0.1}}),
                *({"Dropout": {"rate": 0.25}}, dense(10, "softmax")),
            ],
        ),
    ],
)
def test_a_list_of_layers_is_the_model_of_a_module_to_the_last_bit(name, stated, layers):
    part = images()
    more = {"learning_rate": 0.001, "momentum": 0, "schedule": None, "early_stopping": None}
    shared = {"loss": LABELS, "batch_size": 32, "epochs": 2}
    facts = {"task": "classification", "n_outputs": 10, "input_shape": (28, 28), "threads": 1}
    module = training.build(
        name, {**stated, **shared, **more, "optimizer": "adam", "keep_best": False}, seed=3, **facts
    )
    told, expected = module.fit(part, part), module.predict(part.x)
    listed = built(layers, LABELS, seed=3, epochs=2)
    history = listed.fit(part, part)
    assert listed.architecture()["type"].tolist() == module.architecture()["type"].tolist()
    assert listed.n_parameters == module.n_parameters
    assert history.drop(columns="seconds").equals(told.drop(columns="seconds"))
    assert np.array_equal(listed.predict(part.x), expected)


@pytest.mark.slow
def test_logits_become_probabilities():
    part = images()
    softmax = built(SMALL, epochs=2)
    told, expected = softmax.fit(part, part), softmax.predict(part.x)
    logits = built([*SMALL[:2], dense(10)], LOGITS, epochs=2)
    history = logits.fit(part, part)
    assert history["accuracy"].tolist() == told["accuracy"].tolist()
    assert logits.predict(part.x) == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (dense(1, "sigmoid"), "binary_crossentropy"),
        (dense(1), {"BinaryCrossentropy": {"from_logits": True}}),
        (dense(1, "sigmoid"), "mse"),
        (dense(2, "sigmoid"), "binary_crossentropy"),
    ],
)
def test_two_classes(last, loss):
    part = images(classes=2)
    model = built(["Flatten", last], loss, n_outputs=2, epochs=20)
    history = model.fit(part, part)
    scores = model.predict(part.x)
    assert scores.shape == (120, 2) and (scores >= 0).all() and (scores <= 1).all()
    if last["Dense"]["units"] == 1:
        assert scores.sum(axis=1) == pytest.approx(1)
    accuracy = (training.labels_of(scores) == part.y).mean()
    assert accuracy > 0.7  # not of the other class
    assert history["val_accuracy"].iloc[-1] == pytest.approx(accuracy)


@pytest.mark.slow
def test_a_regression():
    part = images()
    values = Examples(part.x, part.y * 1.0)
    model = built(["Flatten", dense(1)], "mae", task="regression", n_outputs=1, epochs=3)
    history = model.fit(values, values)
    assert model.predict(part.x).shape == (120,)
    assert history["mae"].tolist() == history["loss"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"0": 3.0, "4": 0.5}, "balanced"], ids=["by label", "balanced"])
def test_class_weights_are_those_of_keras(given, in_order):
    part = images().take(np.flatnonzero(np.arange(120) % 10 < 7))
    few = Examples(part.x[:60], part.y[:60] // 2 * 2)
    ours = built(SMALL, class_weight=given)
    if given == "balanced":
        counts = np.bincount(few.y)
        weights = {k: len(few.y) / (4 * n) for k, n in enumerate(counts) if n}
    else:
        weights = {label: float(given.get(str(label), 1)) for label in range(10)}
    plain = built(SMALL).network
    plain.compile("adam", LABELS)
    told = plain.fit(*few, 32, class_weight=weights, verbose=0, shuffle=False).history["loss"]
    assert ours.fit(few, None)["loss"].tolist() == pytest.approx(told, rel=1e-6)
    with pytest.raises(ConfigError, match="class_weight: '10'; accepted: labels from 0 to 9"):
        built(SMALL, class_weight={"10": 1.0}).fit(few, None)


@pytest.mark.slow
def test_random_layers_are_repeatable_and_only_of_training():
    part = images()
    layers = [{"RandomFlip": {}}, {"RandomRotation": {"factor": 0.2}}, {"Dropout": {"rate": 0.2}}]
    models, answers = [], []
    for seed in (0, 0, 1):
        models.append(built([*layers, *SMALL], seed=seed))
        models[-1].fit(part, part)
        answers.append(models[-1].predict(part.x))
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], models[0].predict(part.x))
    assert not np.array_equal(answers[0], answers[2])


@pytest.mark.slow
def test_callbacks():
    part = images()
    falling = {"ReduceLROnPlateau": {"monitor": "val_loss", "patience": 1, "min_delta": 100}}
    stopping = {"EarlyStopping": {"patience": 3, "min_delta": 100}}
    history = built(SMALL, epochs=10, callbacks=[falling, stopping]).fit(part, part)
    assert len(history) == 4  # the first is the best, and three are no better
    assert history["learning_rate"].tolist() == pytest.approx([1e-3, 1e-3, 1e-4, 1e-5])
    with pytest.raises(ConfigError, match=r"callbacks\[0\]: monitor: 'val_loss'; the study has no"):
        built(SMALL, callbacks=[stopping]).fit(part, None)
    with pytest.raises(ConfigError, match="monitor: 'mae'; accepted: loss, accuracy, val_loss"):
        built(SMALL, callbacks=[{"EarlyStopping": {"monitor": "mae"}}]).fit(part, part)


@pytest.mark.slow
def test_a_log_of_several_metrics():
    part = images()
    metrics = ["accuracy", "precision", {"Recall": {}}, {"F1Score": {"average": "macro"}}]
    stopping = {"EarlyStopping": {"monitor": "val_recall", "mode": "max"}}
    of_classes = "categorical_crossentropy"
    model = built(SMALL, of_classes, metrics=metrics, callbacks=[stopping])
    history = model.fit(part, part)
    further = ["precision", "recall", "f1_score"]
    assert {*further, *(f"val_{name}" for name in further)} < {*history}
    # The last validation of the log is that of the network as it predicts.
    last, predicted = history.iloc[-1], model.predict(part.x)
    is_sure = predicted > 0.5
    right = is_sure[np.arange(len(part.y)), part.y].sum()
    assert last["val_recall"] == pytest.approx(right / len(part.y))
    assert last["val_precision"] == pytest.approx(right / max(1, is_sure.sum()))
    with pytest.raises(ConfigError, match="needs a column for each class"):
        built(SMALL, metrics=["precision"])
    with pytest.raises(ConfigError, match="10 values an epoch; accepted: a metric of one value"):
        built(SMALL, of_classes, metrics=[{"F1Score": {}}])


def test_claims_name_the_columns_of_a_log(study):
    stated = settings(loss="categorical_crossentropy", metrics=["precision", {"AUC": {}}])
    log = {"id": "log", "where": "1", "quote": "q", "kind": "table", "table": "history"}
    log |= {"run": "net", "tolerance": 0.02, "columns": ["loss", "precision", "val_auc"]}
    curve = {"id": "curve", "where": "1", "quote": "q", "kind": "curve", "run": "net"}
    curve |= {"property": "no_overfitting", "settings": {"column": "precision", "within": 0.01}}
    loaded = study(claims=[log | {"rows": {"1": "0.5 0.8 0.9"}}, curve], settings=stated)
    assert len(loaded.claims) == 2
    with pytest.raises(ConfigError) as refused:
        study(
            claims=[
                log | {"rows": {"1": "0.5 0.8"}, "columns": ["loss", "val_acu"]},
                curve | {"settings": {"column": "recall", "within": 0.01}},
            ],
            settings=stated,
        )
    told = str(refused.value)
    assert "did you mean 'val_auc'?" in told
    assert "'recall'; the log of net does not have it; accepted: loss, accuracy, mae, p" in told


@pytest.mark.slow
def test_a_schedule_of_the_learning_rate():
    part = images()
    stated = {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}
    decay = {"ExponentialDecay": stated}
    model = built(SMALL, optimizer={"SGD": {"learning_rate": decay, "momentum": 0}}, epochs=2)
    assert model.fit(part, None)["learning_rate"].tolist() == pytest.approx([0.05, 0.025])


def test_every_default_in_the_table_can_be_stated():
    """What is listed as assumed may be stated as well, without a fault."""
    for kind, key in (("optimizers", "optimizer"), ("losses", "loss")):
        for name in keras_listing.table()[kind]:
            entry = keras_listing.with_defaults(kind, keras_listing.Named(name, {}))
            stated = settings(["Flatten", dense(10, "tanh")]) | {key: {name: entry.arguments}}
            assert faults(**stated) == {}, name
