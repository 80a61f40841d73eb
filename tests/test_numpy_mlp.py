"""The network in NumPy: its gradients against numerical ones, and that it learns."""

import numpy as np
import pytest

from refashion.data.splits import Examples
from refashion.models import numpy_mlp
from refashion.models.numpy_mlp import Network, cross_entropy, sigmoid

INPUTS, HIDDEN = 5, 4


@pytest.fixture
def batch():
    random = np.random.default_rng(1)
    return random.standard_normal((7, INPUTS)), random.integers(0, 2, (7, 1)).astype(float)


def test_gradients(batch):
    x, y = batch
    network = Network(INPUTS, HIDDEN, initial_scale=0.7, random=np.random.default_rng(0))
    network.b1 += 0.1
    network.b2 -= 0.2
    gradients = network.backward(x, y, *network.forward(x))
    for parameter, gradient in zip(network.parameters, gradients, strict=True):
        assert gradient.shape == parameter.shape
        assert gradient == pytest.approx(numerical(network, parameter, x, y), rel=1e-6, abs=1e-9)


def numerical(network, parameter, x, y, step=1e-6):
    """Differences of the loss when one number is moved a little in both directions."""
    slopes = np.zeros_like(parameter)
    for place in np.ndindex(parameter.shape):
        kept = parameter[place]
        losses = []
        for moved in (kept - step, kept + step):
            parameter[place] = moved
            losses.append(cross_entropy(network.forward(x)[1], y))
        parameter[place] = kept
        slopes[place] = (losses[1] - losses[0]) / (2 * step)
    return slopes


def test_loss_is_the_cross_entropy_of_the_probabilities(batch):
    _, y = batch
    z = np.linspace(-3, 3, len(y)).reshape(-1, 1)
    p = 1 / (1 + np.exp(-z))
    assert sigmoid(z) == pytest.approx(p)
    assert cross_entropy(z, y) == pytest.approx(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))


def test_far_away_from_zero_nothing_overflows():
    z, y = np.array([[-1e4], [1e4]]), np.array([[1.0], [1.0]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert sigmoid(z).ravel().tolist() == [0, 1]
        assert cross_entropy(z, y) == 5000


def test_an_update_is_a_step_down_the_gradients(batch):
    x, y = batch
    network = Network(INPUTS, HIDDEN, initial_scale=0.7, random=np.random.default_rng(0))
    before = [parameter.copy() for parameter in network.parameters]
    gradients = network.backward(x, y, *network.forward(x))
    network.update(gradients, learning_rate=0.5)
    for old, gradient, new in zip(before, gradients, network.parameters, strict=True):
        assert np.array_equal(new, old - 0.5 * gradient)


def build(**changes):
    settings = {
        "hidden": 8,
        "activation": "sigmoid",
        "learning_rate": 1.0,
        "batch_size": 10,
        "epochs": 5,
        "initial_scale": 0.1,
    }
    return numpy_mlp.build(input_shape=(3, 3), n_outputs=2, seed=0, **settings | changes)


@pytest.fixture
def examples():
    """Two classes of images, of which one is brighter. 64 is no multiple of the batch size."""
    labels = np.arange(64) % 2
    images = np.random.default_rng(0).random((64, 3, 3), dtype=np.float32)
    return Examples(images + labels[:, None, None].astype(np.float32), labels)


def test_it_learns_and_tells_of_every_epoch(examples, capsys):
    model = build(epochs=40)
    history = model.fit(examples, examples)
    columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"]
    assert history.columns.tolist() == columns
    assert history["epoch"].tolist() == list(range(1, 41))
    assert history["loss"].iloc[0] > 5 * history["loss"].iloc[-1]
    assert history["accuracy"].iloc[-1] > 0.9
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 40
    assert lines[-1].startswith(f"epoch 40/40  loss {history['loss'].iloc[-1]:.4f}  accuracy ")

    scores = model.predict(examples.x)
    assert scores.dtype == np.float64
    assert scores.sum(axis=1) == pytest.approx(1)
    right = scores.argmax(axis=1) == examples.y
    assert right.mean() == history["val_accuracy"].iloc[-1]
    likelihood = scores[np.arange(64), examples.y]
    assert -np.log(likelihood).mean() == pytest.approx(history["val_loss"].iloc[-1])


def test_without_validation_examples(examples):
    assert "val_loss" not in build().fit(examples, None)


def test_one_batch_of_all_examples_is_one_step(examples):
    model, twin = build(batch_size=100, epochs=1), build(batch_size=64, epochs=1)
    model.fit(examples, None)
    twin.fit(examples, None)
    assert np.array_equal(model.predict(examples.x), twin.predict(examples.x))
