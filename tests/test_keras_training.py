"""What the settings of training do to a Keras model, on small data."""

import random
import re
from contextlib import nullcontext
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

from refashion.backends import keras as keras_backend
from refashion.backends import keras_parts
from refashion.backends.epoch_log import EpochLog
from refashion.backends.keras import KerasModel, make_repeatable
from refashion.backends.keras_fused import fused
from refashion.backends.keras_steps import calls
from refashion.data.splits import Examples
from refashion.errors import ConfigError

pytestmark = pytest.mark.slow

TRAINING = {
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0,
    "loss": "sparse_categorical_crossentropy",
    "batch_size": 10,
    "epochs": 3,
    "schedule": None,
    "early_stopping": None,
    "keep_best": False,
}
REGRESSION = {"loss": "mean_squared_error", "learning_rate": 0.01}


def examples(n, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, n)
    return Examples(random.random((n, 4), dtype=np.float32) + labels[:, None] / 5, labels)


def values(n):
    part = examples(n)
    return Examples(part.x, part.x @ np.array([1.0, 2.0, 3.0, 4.0]) + 5)


def model(outputs=3, last="softmax", **changes):
    make_repeatable(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(6, "tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.2),
            layers.Dense(outputs, last),
        ]
    )
    return KerasModel(network, TRAINING | changes)


@pytest.mark.parametrize(
    ("n", "batch_size"),
    [
        (640, 10),  # 64 steps, twice 32
        (645, 10),  # 65 steps: one more, and smaller
        (450, 10),  # 45 steps
        (50, 10),  # 5 steps, fewer than 32
        (640, "all"),  # one step
    ],
)
def test_the_steps_are_those_of_keras_to_the_last_bit(n, batch_size):
    """Neither many steps at a time nor the way batches are fed changes a number."""
    train, validation, asked = examples(n), examples(n // 2, seed=1), examples(2500).x
    ours = model(batch_size=batch_size)
    history = ours.fit(train, validation)
    predicted = ours.predict(asked)

    plain = model(batch_size=batch_size).network
    plain.compile(keras_backend.optimizer(TRAINING), TRAINING["loss"], metrics=["accuracy"])
    size = n if batch_size == "all" else batch_size
    shuffled = np.random.default_rng(random.randrange(2**32))
    with fused(plain):
        for epoch in history.itertuples():
            order = np.arange(n) if batch_size == "all" else shuffled.permutation(n)
            told = plain.fit(train.x[order], train.y[order], size, shuffle=False, verbose=0).history
            assert told["loss"] == [epoch.loss]
            scores = plain.evaluate(*validation, batch_size=size, verbose=0)
            assert scores == [epoch.val_loss, epoch.val_accuracy]

    assert np.array_equal(predicted, plain.predict(asked, verbose=0, batch_size=1000))
    steps = 1 if batch_size == "all" else np.ceil(n / 10)
    assert int(ours.network.optimizer.iterations) == 3 * steps


def test_examples_are_shuffled_before_every_epoch():
    """With a seed, Keras itself takes them in the same order in all epochs."""
    seen = []

    def step(batch):
        tf.py_function(lambda x: seen.extend(x.numpy().tolist()), batch, [])

    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    make, numbers = calls(step, network, [np.arange(645)], 10, shuffle=True)
    for _ in range(3):
        iterator = iter(numbers)
        for _ in numbers:
            make(iterator)
    epochs = [seen[start : start + 645] for start in (0, 645, 1290)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(645))] * 3
    assert len({tuple(epoch) for epoch in [*epochs, range(645)]}) == 4


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_large_batch_is_taken_in_parts(optimizer, weighted, monkeypatch):
    """The parts, of which the last is smaller, give the step of Keras but for rounding."""
    monkeypatch.setattr(keras_parts, "NUMBERS_PER_PART", 1)
    part, n = examples(2500), 2500
    weights = np.linspace(0, 3, n, dtype="float32")
    monkeypatch.setattr(KerasModel, "_weights", lambda self, y: (weights,) if weighted else ())
    settings = TRAINING | {"optimizer": optimizer, "batch_size": "all"}
    networks = []
    for _ in range(2):
        make_repeatable(0)
        dense = keras.layers.Dense(6, "tanh", kernel_regularizer=keras.regularizers.L2(0.01))
        networks.append(
            keras.Sequential([keras.Input((4,)), dense, keras.layers.Dense(3, "softmax")])
        )
    ours, plain = networks
    model = KerasModel(ours, settings)
    assert keras_parts.size_of_part(ours) == 1024
    history = model.fit(part, None)
    plain.compile(keras_backend.optimizer(settings), settings["loss"], metrics=["accuracy"])
    told = plain.fit(
        *part, n, epochs=3, sample_weight=weights if weighted else None, verbose=0
    ).history
    assert int(ours.optimizer.iterations) == 3
    assert history["loss"].to_numpy() == pytest.approx(told["loss"], rel=1e-5)
    assert history["accuracy"].to_numpy() == pytest.approx(told["accuracy"], rel=1e-6)
    for own, theirs in zip(ours.get_weights(), plain.get_weights(), strict=True):
        assert own == pytest.approx(theirs, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("layer", "loss"),
    [
        (keras.layers.BatchNormalization, "mse"),
        (partial(keras.layers.Dropout, 0.5, noise_shape=(1, 4)), "mse"),
        (partial(keras.layers.Activation, lambda x: x - keras.ops.mean(x, 0)), "mse"),
        (lambda: keras.layers.Activation(keras.layers.BatchNormalization()), "mse"),
        (partial(keras.layers.Dense, 4, activity_regularizer=keras.ops.max), "mse"),
        (keras.layers.Flatten, keras.losses.MeanSquaredError(reduction="sum")),
        (keras.layers.Flatten, keras.losses.Dice()),
        (keras.layers.Flatten, lambda targets, outputs: keras.ops.max(outputs)),
    ],
)
def test_a_batch_whose_examples_depend_on_each_other_is_taken_whole(layer, loss):
    def part(*layers, loss):
        network = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])
        network.compile("sgd", loss)
        return keras_parts.size_of_part(network)

    assert part(layer(), loss=loss) is None
    n_numbers = 4 + 4 + 1  # inputs, flattened, output
    mean = keras.losses.MeanSquaredError()
    assert part(keras.layers.Flatten(), loss=mean) == 2**18 // n_numbers


@pytest.mark.parametrize(("reduction", "size"), [("sum_over_batch_size", 1000), ("sum", 1500)])
def test_validation_examples_are_taken_by_a_thousand_if_the_loss_is_a_mean(
    reduction, size, monkeypatch
):
    sizes = []

    def recorded(step, network, arrays, size, *, shuffle):
        sizes.append(size)
        return calls(step, network, arrays, size, shuffle=shuffle)

    monkeypatch.setattr(keras_backend, "calls", recorded)
    built = model(batch_size="all", epochs=1)
    loss = keras.losses.SparseCategoricalCrossentropy(reduction=reduction)
    built.network.compile("sgd", loss, metrics=["accuracy"])
    built.fit(examples(1500), examples(1500))
    assert sizes == [1500, size]


PENALTY = keras.regularizers.L2(0.01)
CONVOLUTIONS = [
    {"filters": 3, "kernel_size": 2},
    {"filters": 3, "kernel_size": 3, "padding": "same", "use_bias": False},
    {"filters": 3, "kernel_size": 2, "padding": "same", "activation": "tanh"},
    {"filters": 3, "kernel_size": 2, "padding": "causal"},
    {"filters": 3, "kernel_size": 2, "dilation_rate": 2},
    {"filters": 3, "kernel_size": 1, "strides": 2},
]


@pytest.mark.parametrize(
    ("layers", "optimizer"),
    [
        ([keras.layers.Dense(6, "tanh")], keras.optimizers.Adam),
        ([keras.layers.Dense(6, "tanh")], partial(keras.optimizers.Adam, amsgrad=True)),
        ([keras.layers.Dense(6, "tanh")], partial(keras.optimizers.Adam, epsilon=0.1)),
        ([keras.layers.Dense(6, "tanh")], partial(keras.optimizers.Adam, beta_2=0.9999999)),
        ([keras.layers.Dense(6, dtype="float8_from_float32")], keras.optimizers.Adam),
        ([keras.layers.Dense(6, "relu", kernel_regularizer=PENALTY)], keras.optimizers.SGD),
        ([keras.layers.Dense(6, "relu", kernel_regularizer=PENALTY)], keras.optimizers.Adam),
        ([keras.layers.Reshape((2, 2)), keras.layers.GRU(5)], keras.optimizers.SGD),
        ([keras.layers.Reshape((2, 2)), keras.layers.GRU(5, dropout=0.5)], keras.optimizers.SGD),
        ([keras.layers.Reshape((2, 2)), keras.layers.GRU(5, use_bias=False)], keras.optimizers.SGD),
        (
            [keras.layers.Reshape((2, 2)), keras.layers.GRU(5, reset_after=False)],
            keras.optimizers.SGD,
        ),
        ([keras.layers.Embedding(9, 3), keras.layers.Flatten()], keras.optimizers.Adam),
        ([keras.layers.Dense(6)], partial(keras.optimizers.RMSprop, momentum=0.9)),
        *[
            (
                [
                    keras.layers.Reshape((4, 1)),
                    keras.layers.Conv1D(**settings),
                    keras.layers.Conv1D(5, 2, activation="relu"),
                    keras.layers.Flatten(),
                ],
                keras.optimizers.SGD,
            )
            for settings in CONVOLUTIONS
        ],
    ],
)
def test_fused_arithmetic_is_that_of_keras(layers, optimizer):
    """The same losses and weights, but for rounding, after some epochs."""
    part, weights, losses = examples(200), [], []
    for arithmetic in (nullcontext, fused):
        keras.utils.set_random_seed(0)
        network = keras.Sequential(
            [keras.Input((4,))]
            + [type(layer).from_config(layer.get_config()) for layer in layers]
            + [keras.layers.Dense(3, "softmax")]
        )
        network.compile(optimizer(0.01), TRAINING["loss"], jit_compile=False)
        with arithmetic(network):
            told = network.fit(*part, 10, epochs=5, shuffle=False, verbose=0).history
        losses.append(told["loss"])
        weights.append(np.concatenate([each.ravel() for each in network.get_weights()]))
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert weights[1] == pytest.approx(weights[0], rel=1e-3, abs=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_a_network_is_fused_while_it_trains(monkeypatch):
    """Or all other tests would pass if Keras had other names."""
    make_repeatable(0)
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Reshape((2, 2)),
            keras.layers.Conv1D(4, 2, padding="same"),
            keras.layers.GRU(5, kernel_regularizer=keras.regularizers.L2(0.1)),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    built = KerasModel(network, TRAINING | {"optimizer": "adam"})
    (_, conv, gru, _), optimizer = network.layers, network.optimizer

    def replaced():
        penalty = gru.cell.kernel.regularizer
        return conv.call, gru.cell.call, penalty, optimizer.update_step, optimizer.apply

    seen, fit = [], network.fit
    monkeypatch.setattr(network, "fit", lambda *a, **kw: seen.append(replaced()) or fit(*a, **kw))
    own = replaced()
    built.fit(examples(20), None)
    assert all(before != after for before, after in zip(own, *seen, strict=True))
    assert replaced() == own
    with pytest.raises(InterruptedError), fused(network):
        raise InterruptedError
    assert replaced() == own


@pytest.mark.parametrize(
    ("channels", "settings", "is_product"),
    [
        (1, {"filters": 8, "kernel_size": 3}, True),
        (8, {"filters": 3, "kernel_size": 2}, True),
        (8, {"filters": 8, "kernel_size": 3}, False),
        (1, {"filters": 8, "kernel_size": 4}, False),
        (2, {"filters": 4, "kernel_size": 3, "groups": 2}, False),
        (3, {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}, False),
        (1, {"filters": 8, "kernel_size": 3, "padding": "causal"}, False),
        (1, {"filters": 8, "kernel_size": 3, "strides": 2}, False),
    ],
)
def test_which_convolutions_are_a_product(channels, settings, is_product):
    layer = keras.layers.Conv1D(**settings)
    network = keras.Sequential([keras.Input((6, channels)), layer])
    network.compile("sgd", "mse")
    own = layer.call
    with fused(network):
        assert (layer.call != own) == is_product


def test_a_convolution_whose_length_a_layer_hides_is_that_of_keras():
    class Hiding(keras.layers.Layer):
        def call(self, inputs):
            return tf.boolean_mask(inputs, [True, True, False, True], axis=1)

        def compute_output_shape(self, shape):
            return (shape[0], 3, shape[2])

    make_repeatable(0)
    layer = keras.layers.Conv1D(3, 2)
    flat = [keras.layers.GlobalMaxPooling1D(), keras.layers.Dense(3, "softmax")]
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Reshape((4, 1)), Hiding(), layer, *flat]
    )
    own = layer.call
    built = KerasModel(network, TRAINING)
    with fused(network):
        assert layer.call != own
    history = built.fit(examples(200), None)
    assert history["loss"].iloc[-1] < history["loss"].iloc[0]


def test_losses_for_labels_and_for_one_hot_labels_agree():
    histories = [
        model(loss=loss).fit(examples(100), examples(50, seed=1))
        for loss in ("sparse_categorical_crossentropy", "categorical_crossentropy")
    ]
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert histories[0][columns].to_numpy() == pytest.approx(histories[1][columns].to_numpy())


def test_regression():
    part = values(200)
    built = model(outputs=1, last="linear", epochs=20, **REGRESSION)
    history = built.fit(part, part)
    columns = ["epoch", "loss", "mae", "val_loss", "val_mae", "learning_rate", "seconds"]
    assert history.columns.tolist() == columns
    predicted = built.predict(part.x)
    assert predicted.shape == part.y.shape
    assert np.mean((predicted - part.y) ** 2) == pytest.approx(history["val_loss"].iloc[-1])
    assert np.mean(np.abs(predicted - part.y)) == pytest.approx(history["val_mae"].iloc[-1])


def test_all_examples_at_once_are_one_step_of_gradient_descent():
    """Against the formula: w - rate * gradient of the mean squared error."""
    part = values(100)
    make_repeatable(0)
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    kernel = network.get_weights()[0][:, 0].astype(float)
    settings = TRAINING | REGRESSION | {"batch_size": "all", "epochs": 1}
    KerasModel(network, settings).fit(part, None)
    residual = part.x @ kernel - part.y
    expected = kernel - 0.01 * 2 * part.x.T @ residual / 100
    assert network.get_weights()[0][:, 0] == pytest.approx(expected, rel=1e-5)


def test_momentum():
    plain, heavy = (model(momentum=momentum) for momentum in (0, 0.9))
    assert plain.network.optimizer.momentum == 0
    assert heavy.network.optimizer.momentum == 0.9
    assert model(optimizer="rmsprop", momentum=0.9).network.optimizer.momentum == 0.9
    with pytest.raises(ConfigError, match=r"momentum: 0\.9; accepted with 'adam': 0"):
        model(optimizer="adam", momentum=0.9)


@pytest.mark.parametrize(
    ("outputs", "loss"),
    [(3, "mean_squared_error"), (1, "categorical_crossentropy")],
)
def test_a_loss_that_does_not_go_with_the_outputs(outputs, loss):
    with pytest.raises(ConfigError, match=f"loss: '{loss}' of a network with {outputs} outputs"):
        model(outputs=outputs, loss=loss)


def best_and_last(**changes):
    """Train too fast, so that the last epoch is not the best one; evaluate what is left."""
    built = model(learning_rate=1.0, epochs=7, **changes)
    held_out = examples(50, seed=1)
    history = built.fit(examples(100), held_out)
    loss, _ = built.network.evaluate(*held_out, verbose=0)
    return history, loss


def test_keep_best():
    history, last = best_and_last()
    history_kept, best = best_and_last(keep_best=True)
    assert 0 < history["val_loss"].idxmin() < 6
    assert last == pytest.approx(history["val_loss"].iloc[-1], rel=1e-3)
    assert best == pytest.approx(history["val_loss"].min(), rel=1e-3)
    # All epochs are run, and the same ones.
    assert history.drop(columns="seconds").equals(history_kept.drop(columns="seconds"))
    assert len(history_kept) == 7


def test_early_stopping_and_keep_best():
    stopping = {"patience": 2, "restore_best_weights": False}
    history, last = best_and_last(early_stopping=stopping)
    _, best = best_and_last(early_stopping=stopping, keep_best=True)
    assert len(history) == history["val_loss"].idxmin() + 1 + 2 < 7
    assert last == pytest.approx(history["val_loss"].iloc[-1], rel=1e-3)
    assert best == pytest.approx(history["val_loss"].min(), rel=1e-3)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("keep_best", True), ("early_stopping", {"patience": 1, "restore_best_weights": True})],
)
def test_what_watches_the_validation_loss_needs_one(setting, value):
    with pytest.raises(ConfigError, match=rf"{setting}: .*no validation examples; accepted: "):
        model(**{setting: value}).fit(examples(20), None)


def test_schedule():
    history = model(epochs=4, schedule={"constant_epochs": 2, "decay": 0.1}).fit(examples(20), None)
    factors = history["learning_rate"].to_numpy() / 0.1
    assert factors == pytest.approx([1, 1, np.exp(-0.1), np.exp(-0.2)], rel=1e-6)


@pytest.mark.parametrize("last", ["relu", "tanh", "sigmoid", "softmax"])
def test_plain_keras_gives_the_same(last, in_order):
    """Also where the outputs are no probabilities."""
    part, targets = examples(64), keras.utils.to_categorical(examples(64).y)
    ours = model(last=last, loss="categorical_crossentropy")
    history = ours.fit(part, part)
    plain = model(last=last, loss="categorical_crossentropy").network
    plain.compile(keras.optimizers.SGD(0.1), loss="categorical_crossentropy", metrics=["accuracy"])
    both = {"validation_data": (part.x, targets), "shuffle": False, "verbose": 0}
    expected = plain.fit(part.x, targets, batch_size=10, epochs=3, **both).history
    for name, column in expected.items():
        assert history[name].tolist() == pytest.approx(column, rel=1e-5, nan_ok=True)
    outputs = plain.predict(part.x, verbose=0)
    assert ours.predict(part.x) == pytest.approx(outputs, rel=1e-4, abs=1e-6, nan_ok=True)


def crossentropy_in_keras(last):
    """Loss after one epoch, and outputs, of a network with another activation at its end."""
    part = examples(60)
    built = model(last=last, loss="categorical_crossentropy", learning_rate=0.001, epochs=1)
    history = built.fit(part, part)
    return history["val_loss"].iloc[0], built.predict(part.x).astype(float), part.y


@pytest.mark.parametrize("last", ["relu", "tanh"])
def test_crossentropy_of_outputs_that_are_no_probabilities(last):
    """Keras divides them by their sum, whatever that is, and limits what comes of it."""
    loss, outputs, labels = crossentropy_in_keras(last)
    with np.errstate(all="ignore"):
        shares = outputs / outputs.sum(axis=1, keepdims=True)
    losses = -np.log(np.clip(shares, 1e-7, 1 - 1e-7))[np.arange(60), labels]
    assert loss == pytest.approx(losses.mean(), rel=1e-4, nan_ok=True)


def test_crossentropy_of_a_sigmoid():
    """Keras goes back to the inputs of the sigmoid, and takes those for the inputs of a softmax."""
    loss, outputs, labels = crossentropy_in_keras("sigmoid")
    odds = outputs / (1 - outputs)
    shares = odds / odds.sum(axis=1, keepdims=True)
    assert loss == pytest.approx(-np.log(shares[np.arange(60), labels]).mean(), rel=1e-4)


def test_nan_is_a_result(capsys):
    """A last layer whose outputs are all zero: 0 / 0 in the loss, then NaN in every weight."""
    make_repeatable(0)
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "relu", bias_initializer=fixed(-100.0))]
    )
    settings = TRAINING | {"loss": "categorical_crossentropy", "keep_best": True}
    built = KerasModel(network, settings)
    history = built.fit(examples(20), examples(20))
    assert history["loss"].isna().all()
    assert len(history) == 3
    assert all(np.isnan(weights).all() for weights in network.get_weights())
    # TensorFlow's relu makes 0 of NaN in a compiled network, and NaN of it outside of one.
    assert np.nan_to_num(built.predict(examples(20).x)).tolist() == [[0, 0, 0]] * 20
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"epoch 3/3  loss nan  accuracy 0\.\d{4}  val_loss nan  val_accuracy 0\.\d{4}  \d+\.\d s",
        lines[-1],
    )


def fixed(value):
    return keras.initializers.Constant(value)


@pytest.mark.parametrize(
    ("epochs", "run", "lines"),
    [(1, 1, 1), (100, 100, 100), (101, 101, 52), (10_000, 10_000, 101), (10_000, 150, 3)],
)
def test_epochs_that_are_printed(epochs, run, lines, capsys):
    log = EpochLog(epochs)
    for _ in range(run):
        log.begin()
        log.end({"val_loss": 2.0, "accuracy": 0.5, "loss": 1.0}, learning_rate=0.1)
    history = log.finish()
    assert len(history) == run
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == lines
    assert printed[0].startswith(f"epoch 1/{epochs}  loss 1.0000  accuracy 0.5000  val_loss 2.0000")
    assert printed[-1].startswith(f"epoch {run}/{epochs}  ")
