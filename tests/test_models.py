"""The contract that every model file keeps. A new model is under test without a word here."""

import inspect

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from refashion import models, training
from refashion.splits import Examples

EXAMPLES, CLASSES = 64, 3


@pytest.fixture(scope="module")
def splits():
    random = np.random.default_rng(0)
    labels = np.arange(EXAMPLES) % CLASSES
    images = random.random((EXAMPLES, 28, 28), dtype=np.float32)
    images += labels[:, None, None].astype(np.float32)  # something to learn
    part = Examples(images, labels)
    return {"train": part, "validation": part, "test": part}


@pytest.fixture(scope="module")
def settings_of(project):
    """Settings of the first run in any study that uses a model, with one epoch."""

    def find(model):
        for path in sorted(project.glob("studies/*/study.yaml")):
            for run in yaml.safe_load(path.read_text())["runs"].values():
                if run.get("model") == model:
                    short = {"epochs": 1, "batch_size": 16}
                    return run["settings"] | {
                        k: v for k, v in short.items() if k in run["settings"]
                    }
        raise AssertionError(f"no study uses the model {model!r}")

    return find


def run(model, settings, splits, seed):
    built = training.build(
        model, settings, input_shape=(28, 28), n_outputs=CLASSES, seed=seed, threads=1
    )
    return training.fit(built, splits)


@pytest.mark.parametrize("model", models.names())
def test_every_parameter_is_a_fact_or_a_setting_without_default(model):
    build = models.module(model).build
    assert isinstance(models.module(model).DETERMINISTIC, bool)
    for parameter in inspect.signature(build).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert parameter.kind is parameter.KEYWORD_ONLY, parameter
            assert parameter.default is parameter.empty, parameter


@pytest.mark.parametrize("model", models.names())
def test_settings_are_validated(model, settings_of):
    settings = settings_of(model)
    validated = models.settings_model(model)(**settings).model_dump()
    assert validated == settings
    with pytest.raises(ValidationError, match="unheard_of"):
        models.settings_model(model)(**settings, unheard_of=1)
    for name in settings:
        with pytest.raises(ValidationError, match=name):
            models.settings_model(model)(**{k: v for k, v in settings.items() if k != name})


@pytest.mark.slow
@pytest.mark.parametrize("model", models.names())
def test_same_seed_same_answer_other_seed_other_answer(model, settings_of, splits):
    settings = settings_of(model)
    first, second, other = (run(model, settings, splits, seed) for seed in (0, 0, 1))

    assert first.test_score.shape == (EXAMPLES, CLASSES)
    assert first.test_score.dtype == np.float32
    assert set(first.predicted) == {"train", "validation", "test"}
    assert first.measurements["n_parameters"] > 0
    assert first.architecture["n_parameters"].sum() == first.measurements["n_parameters"]
    assert first.measurements["epochs_run"] == len(first.history) == 1

    assert np.array_equal(first.test_score, second.test_score)
    assert first.history.drop(columns="seconds").equals(second.history.drop(columns="seconds"))
    same = np.array_equal(first.test_score, other.test_score)
    assert same == models.module(model).DETERMINISTIC
