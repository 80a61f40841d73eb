"""The networks of the study, layer by layer, against counts worked out by hand from the source."""

import pytest
import yaml

from refashion.runs import training

pytestmark = pytest.mark.slow


def architecture(project, run):
    study = yaml.safe_load((project / "studies/cnn_vs_gru/study.yaml").read_text())
    recipe = study["runs"][run]
    model = training.build(
        recipe["model"],
        recipe["settings"],
        task="classification",
        input_shape=(28, 28),
        n_outputs=10,
        seed=0,
        threads=1,
    )
    return model.architecture()


def test_cnn(project):
    layers = architecture(project, "cnn")
    block = ["Conv2D", "LeakyReLU", "MaxPooling2D", "Dropout"]
    dense = ["Flatten", "Dense", "LeakyReLU", "Dropout", "Dense"]
    assert layers["type"].tolist() == ["Reshape", *block, *block, *block, *dense]
    counts = dict(zip(layers["layer"], layers["n_parameters"], strict=True))
    # A 3x3 convolution has 9 weights per pair of channels, and a bias per filter.
    assert counts["conv2d"] == 9 * 1 * 32 + 32 == 320
    assert counts["conv2d_1"] == 9 * 32 * 64 + 64 == 18_496
    assert counts["conv2d_2"] == 9 * 64 * 128 + 128 == 73_856
    # Padded pooling halves 28 to 14, 7 and 4: 4 * 4 * 128 = 2,048 values are flattened.
    assert counts["dense"] == 2_048 * 128 + 128 == 262_272
    assert counts["dense_1"] == 128 * 10 + 10 == 1_290
    assert layers["n_parameters"].sum() == 356_234


def test_gru(project):
    layers = architecture(project, "gru")
    assert layers["type"].tolist() == ["GRU", "Flatten", "Dense", "LeakyReLU", "Dropout", "Dense"]
    counts = dict(zip(layers["layer"], layers["n_parameters"], strict=True))
    # Three gates, each with 28 inputs and 128 recurrent inputs to 128 units; Keras keeps the biases
    # of the two apart.
    assert counts["gru"] == 3 * (28 * 128 + 128 * 128 + 2 * 128) == 60_672
    # All 28 steps of 128 values are flattened: 3,584.
    assert counts["dense"] == 28 * 128 * 128 + 128 == 458_880
    assert counts["dense_1"] == 128 * 10 + 10 == 1_290
    assert layers["n_parameters"].sum() == 520_842
