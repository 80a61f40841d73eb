"""The contract that every model file keeps. A new model is under test without a word here.

Only a model that no study uses yet needs its settings stated below.
"""

import inspect
import subprocess
import sys

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from refashion import models
from refashion.data.splits import Examples
from refashion.errors import ConfigError

EXAMPLES = 120
# What a model is tried with, unless its module says in MADE_FOR what it is for.
USUAL = {"input_shape": (28, 28), "n_outputs": 10}

KERAS = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "momentum": 0,
    "loss": "categorical_crossentropy",
    "batch_size": 32,
    "epochs": 1,
    "schedule": None,
    "early_stopping": None,
    "keep_best": False,
}
SETTINGS = {
    "conv1d": {
        "filters": [8],
        "kernel_size": 2,
        "pool_size": [2],
        "dropout": [0.2],
        "batch_normalization": True,
        "head": [{"units": 10, "activation": "softmax"}],
        **KERAS,
    },
    "dense": {
        "widths": [16],
        "activation": "relu",
        "batch_normalization": True,
        "dropout": [0.1],
        "l2": 0.0001,
        "output_activation": "softmax",
        **KERAS,
    },
    "keras": {
        "layers": ["Flatten", {"Dense": {"units": 10, "activation": "softmax"}}],
        "optimizer": {"Adam": {"learning_rate": 0.001}},
        "loss": "sparse_categorical_crossentropy",
        "batch_size": 32,
        "epochs": 1,
        "callbacks": [],
        "class_weight": None,
        "metrics": [],
    },
    "numpy_mlp": {
        "hidden": 8,
        "activation": "sigmoid",
        "learning_rate": 0.1,
        "batch_size": 16,
        "epochs": 1,
        "initial_scale": 0.01,
    },
}
# Settings that depend on the task, or on the time that a test may take.
FITTING = {
    "classification": {
        "output_activation": "softmax",
        "layers": ["Flatten", {"Dense": {"units": 10, "activation": "softmax"}}],
    },
    "regression": {
        "output_activation": "linear",
        "loss": "mean_squared_error",
        "learning_rate": 0.0001,  # targets are around 100, and the studies' rates diverge there
        "layers": ["Flatten", {"Dense": {"units": 1}}],
    },
}
SHORT = {"epochs": 1, "batch_size": 16}

MODELS_AND_TASKS = [(name, task) for name in models.names() for task in models.module(name).TASKS]


@pytest.fixture(scope="module")
def used(project):
    """Settings of the first run in any study that uses a model, by model."""
    found = {}
    for path in sorted(project.glob("studies/*/study.yaml")):
        for run in yaml.safe_load(path.read_text())["runs"].values():
            if "model" in run and "like" not in run:
                found.setdefault(run["model"], completed(run["model"], run["settings"]))
    return SETTINGS | found


def completed(model, settings):
    """Settings with the defaults of a library, where a model lets them stay open."""
    module = models.module(model)
    return module.complete(settings)[0] if hasattr(module, "complete") else settings


def made_for(model):
    return USUAL | getattr(models.module(model), "MADE_FOR", {})


def fitting(settings, task):
    """Settings changed for a quick run of a task; a loss of the other task is replaced."""
    wanted = FITTING[task] | SHORT
    if task == "classification" and settings.get("loss") == "mean_squared_error":
        wanted["loss"] = "sparse_categorical_crossentropy"
    return settings | {key: value for key, value in wanted.items() if key in settings}


def parts_for(model, task):
    """Examples that hold something to learn: their mean tells the target."""
    random = np.random.default_rng(0)
    facts = made_for(model)
    targets = np.arange(EXAMPLES) % facts["n_outputs"]
    x = random.random((EXAMPLES, *facts["input_shape"]), dtype=np.float32)
    x += targets.reshape(-1, *[1] * (x.ndim - 1)).astype(np.float32) / 10
    return Examples(x, targets if task == "classification" else 100.0 + targets)


def build(model, settings, task, seed, threads=1):
    facts = {
        **made_for(model),
        **({"n_outputs": 1} if task == "regression" else {}),
        "task": task,
        "seed": seed,
        "threads": threads,
    }
    recipe = models.module(model).build
    asked = inspect.signature(recipe).parameters
    return recipe(**{name: facts[name] for name in models.FACTS if name in asked}, **settings)


def run(model, settings, task, seed, threads=1):
    """Model, history and predictions of one quick training."""
    part = parts_for(model, task)
    built = build(model, fitting(settings, task), task, seed, threads)
    history = built.fit(part, part)
    return built, history, built.predict(part.x)


@pytest.mark.parametrize("model", models.names())
def test_every_parameter_is_a_fact_or_a_setting_without_default(model):
    module = models.module(model)
    assert isinstance(module.DETERMINISTIC, bool)
    assert set(module.TASKS) <= {"classification", "regression"}
    assert module.TASKS
    for parameter in inspect.signature(module.build).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert parameter.kind is parameter.KEYWORD_ONLY, parameter
            assert parameter.default is parameter.empty, parameter


@pytest.mark.parametrize("model", models.names())
def test_settings_are_validated(model, used):
    settings = used[model]
    validated = models.settings_model(model)(**settings).model_dump()
    assert validated == settings
    with pytest.raises(ValidationError, match="unheard_of"):
        models.settings_model(model)(**settings, unheard_of=1)
    for name in settings:
        with pytest.raises(ValidationError, match=name):
            models.settings_model(model)(**{k: v for k, v in settings.items() if k != name})


def test_settings_are_read_without_heavy_libraries():
    code = (
        "import sys; from refashion import models\n"
        "for name in models.names(): models.settings_model(name)\n"
        # A lazy module that was not touched has nothing below it.
        "print([n for n in ('tensorflow', 'keras.src', 'sklearn.base', 'pandas.core') "
        "if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(("model", "task"), MODELS_AND_TASKS)
def test_same_seed_same_answer_other_seed_other_answer(model, task, used):
    settings = used[model]
    (built, history, first), (_, again, second), (_, _, other) = (
        run(model, settings, task, seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, second)
    assert np.array_equal(first, other) == models.module(model).DETERMINISTIC
    n_outputs = made_for(model)["n_outputs"]
    assert first.shape == ((EXAMPLES, n_outputs) if task == "classification" else (EXAMPLES,))
    assert built.n_parameters > 0

    layers = built.architecture()
    assert layers is None or layers["n_parameters"].sum() == built.n_parameters
    if history is None:
        assert again is None
        return
    assert history["epoch"].tolist() == [1]
    assert history["loss"].notna().all()
    assert history.drop(columns="seconds", errors="ignore").equals(
        again.drop(columns="seconds", errors="ignore")
    )


@pytest.mark.parametrize(
    ("model", "task", "change", "message"),
    [
        ("dense", "classification", {"dropout": []}, "1 values, one for each of widths"),
        ("conv1d", "classification", {"pool_size": [2, 2]}, "one for each of filters"),
        (
            "conv1d",
            "classification",
            {"head": [{"units": 3, "activation": "relu"}]},
            "10 units, one for each class",
        ),
    ],
)
def test_settings_that_do_not_go_together(model, task, change, message):
    with pytest.raises(ConfigError, match=message):
        build(model, SETTINGS[model] | change, task, seed=0)


def test_the_network_in_numpy_has_two_classes():
    with pytest.raises(ConfigError, match="3 classes; accepted: 2"):
        models.module("numpy_mlp").build(
            input_shape=(28, 28), n_outputs=3, seed=0, **SETTINGS["numpy_mlp"]
        )
