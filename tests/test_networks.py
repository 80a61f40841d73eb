"""The networks of the reports, layer by layer, against counts worked out by hand from the text."""

import pytest

from refashion import models

pytestmark = pytest.mark.slow

TRAINING = {
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0,
    "loss": "sparse_categorical_crossentropy",
    "batch_size": 32,
    "epochs": 1,
    "schedule": None,
    "early_stopping": None,
    "keep_best": False,
}
REGRESSION = TRAINING | {"loss": "mean_squared_error", "batch_size": "all"}
PLAIN = {"batch_normalization": False, "l2": 0, "output_activation": "softmax"}
RELU = {"activation": "relu", "negative_slope": 0}


def architecture(model, settings, input_shape=(28, 28), n_outputs=10):
    facts = {"input_shape": input_shape, "n_outputs": n_outputs, "seed": 0}
    return models.module(model).build(**facts, **settings).architecture()


def types(layers):
    return " ".join(layers["type"])


def counts(layers):
    """Parameters of the layers that have some, in their order."""
    return [n for n in layers["n_parameters"] if n]


def dense(widths, activation="relu", dropout=None, n_outputs=10, **changes):
    dropout = dropout or [0] * len(widths)
    settings = {"widths": widths, "activation": activation, "dropout": dropout}
    return architecture("dense", PLAIN | settings | TRAINING | changes, n_outputs=n_outputs)


def test_softmax():
    layers = dense([])
    assert types(layers) == "Flatten Dense"
    assert counts(layers) == [28 * 28 * 10 + 10] == [7_850]


def test_mlp_80_80():
    layers = dense([80, 80])
    assert types(layers) == "Flatten Dense Dense Dense"
    assert counts(layers) == [784 * 80 + 80, 80 * 80 + 80, 80 * 10 + 10] == [62_800, 6_480, 810]
    assert layers["n_parameters"].sum() == 70_090


def regression(widths):
    settings = {
        **PLAIN,
        **REGRESSION,
        "widths": widths,
        "activation": "relu",
        "dropout": [0] * len(widths),
        "output_activation": "linear",
    }
    return architecture("dense", settings, input_shape=(37,), n_outputs=1)


def test_linear_tensorflow():
    layers = regression([])
    assert types(layers) == "Dense"
    # Duration, days left, and 6 airlines, twice 6 cities, twice 6 times of day, 3 numbers of stops
    # and 2 classes as columns.
    assert 2 + 6 + 2 * 6 + 2 * 6 + 3 + 2 == 37
    assert counts(layers) == [37 + 1]


def test_mlp_tensorflow():
    layers = regression([80, 80])
    assert types(layers) == "Dense Dense Dense"
    assert counts(layers) == [37 * 80 + 80, 80 * 80 + 80, 80 + 1] == [3_040, 6_480, 81]


def test_base():
    layers = dense([40], activation="sigmoid", n_outputs=2)
    assert types(layers) == "Flatten Dense Dense"
    assert counts(layers) == [784 * 40 + 40, 40 * 2 + 2] == [31_400, 82]


def test_first_and_second_experiment():
    layers = dense([150, 40], n_outputs=2)
    assert types(layers) == "Flatten Dense Dense Dense"
    assert counts(layers) == [784 * 150 + 150, 150 * 40 + 40, 40 * 2 + 2] == [117_750, 6_040, 82]


def test_numpy_mlp():
    settings = {
        "hidden": 32,
        "activation": "sigmoid",
        "learning_rate": 0.1,
        "batch_size": 1,
        "epochs": 10,
        "initial_scale": 0.01,
    }
    layers = architecture("numpy_mlp", settings, n_outputs=2)
    assert counts(layers) == [784 * 32 + 32, 32 * 1 + 1] == [25_120, 33]


def test_dense_of_the_listing():
    layers = dense([350, 80], dropout=[0.1, 0.2], batch_normalization=True, l2=0.000001)
    assert types(layers) == ("Flatten BatchNormalization Dense Dropout Dense Dropout Dense")
    # Mean and variance, and a scale and a shift that are learned, of 784 pixels.
    assert counts(layers) == [4 * 784, 784 * 350 + 350, 350 * 80 + 80, 80 * 10 + 10]
    assert layers["n_parameters"].sum() == 3_136 + 274_750 + 28_080 + 810 == 306_776


def test_cnn_of_the_listing_with_pooling_by_4():
    settings = {
        "filters": [64, 64],
        "kernel_size": 4,
        "padding": ["same", "valid"],
        "batch_normalization": False,
        "pooling": "max",
        "pool_size": [4, 2],
        "pool_padding": "valid",
        "block_dropout": [0, 0.6],
        "units": [256, 84],
        "dropout": [0, 0],
        "l2": 0.0001,
    }
    layers = architecture("cnn", RELU | settings | TRAINING)
    assert types(layers) == (
        "Reshape Conv2D MaxPooling2D Conv2D MaxPooling2D Dropout Flatten Dense Dense Dense"
    )
    # 28 padded is 28, pooled 7, convolved 7 - 3 = 4, pooled 2: 2 * 2 * 64 = 256 values.
    shapes = ["28 × 28 × 1", "28 × 28 × 64", "7 × 7 × 64", "4 × 4 × 64", "2 × 2 × 64"]
    assert layers["output_shape"].tolist()[:5] == shapes
    assert counts(layers) == [
        16 * 1 * 64 + 64,
        16 * 64 * 64 + 64,
        256 * 256 + 256,
        256 * 84 + 84,
        84 * 10 + 10,
    ]
    assert layers["n_parameters"].sum() == 1_088 + 65_600 + 65_792 + 21_588 + 850 == 154_918


def test_cnn_of_the_listing_with_leaky_relu():
    settings = {
        "filters": [32, 64, 64],
        "kernel_size": 3,
        "padding": ["valid", "valid", "valid"],
        "activation": "leaky_relu",
        "negative_slope": 0.1,
        "batch_normalization": True,
        "pooling": "max",
        "pool_size": [2, 2, 0],
        "pool_padding": "valid",
        "block_dropout": [0, 0, 0],
        "units": [64],
        "dropout": [0.3],
        "l2": 0,
    }
    layers = architecture("cnn", settings | TRAINING)
    block = "Conv2D LeakyReLU BatchNormalization"
    assert types(layers) == (
        f"Reshape {block} MaxPooling2D {block} MaxPooling2D {block} Flatten "
        "Dense LeakyReLU Dropout Dense"
    )
    # 28 convolved is 26, pooled 13, convolved 11, pooled 5, convolved 3: 3 * 3 * 64 = 576 values.
    assert layers["output_shape"].tolist()[11] == "3 × 3 × 64"
    assert counts(layers) == [
        9 * 1 * 32 + 32,
        4 * 32,
        9 * 32 * 64 + 64,
        4 * 64,
        9 * 64 * 64 + 64,
        4 * 64,
        576 * 64 + 64,
        64 * 10 + 10,
    ]
    total = 320 + 128 + 18_496 + 256 + 36_928 + 256 + 36_928 + 650
    assert layers["n_parameters"].sum() == total == 93_962


def conv1d(head, pool_size=(2, 2), dropout=(0.2, 0.2)):
    settings = {
        "filters": [236, 128],
        "kernel_size": 2,
        "pool_size": list(pool_size),
        "dropout": list(dropout),
        "batch_normalization": True,
        "head": [{"units": 10, "activation": activation} for activation in head],
    }
    return architecture("conv1d", settings | TRAINING | {"loss": "categorical_crossentropy"})


# Two rows of 28 values to 236 filters, normalised; two of 236 to 128, normalised.
BLOCKS = [2 * 28 * 236 + 236, 4 * 236, 2 * 236 * 128 + 128, 4 * 128]
HEAD = 10 * 10 + 10


@pytest.mark.parametrize(
    ("head", "total"),
    [
        (["softmax"], 83_142),  # model_1
        (["relu", "sigmoid"], 83_252),  # model_3
        (["tanh"], 83_142),  # model_4
        (["sigmoid", "softmax", "relu"], 83_362),  # model_5
    ],
)
def test_conv1d_with_pooling_by_2(head, total):
    layers = conv1d(head)
    block = "Conv1D MaxPooling1D Dropout BatchNormalization"
    assert types(layers) == " ".join([block, block, "Flatten", *["Dense"] * len(head)])
    # 28 rows convolved are 27, pooled 13, convolved 12, pooled 6: 6 * 128 = 768 values.
    shapes = ["27 × 236", "13 × 236", "13 × 236", "13 × 236", "12 × 128", "6 × 128"]
    assert layers["output_shape"].tolist()[:6] == shapes
    assert BLOCKS == [13_452, 944, 60_544, 512]
    assert counts(layers) == [*BLOCKS, 768 * 10 + 10, *[HEAD] * (len(head) - 1)]
    assert layers["n_parameters"].sum() == total


def test_model_2():
    layers = conv1d(["softmax", "sigmoid"], pool_size=(3, 3), dropout=(0.3, 0.2))
    # 28 rows convolved are 27, pooled 9, convolved 8, pooled 2: 2 * 128 = 256 values.
    shapes = ["27 × 236", "9 × 236", "9 × 236", "9 × 236", "8 × 128", "2 × 128"]
    assert layers["output_shape"].tolist()[:6] == shapes
    assert counts(layers) == [*BLOCKS, 256 * 10 + 10, HEAD]
    assert layers["n_parameters"].sum() == 13_452 + 944 + 60_544 + 512 + 2_570 + 110 == 78_132


def test_settings_change_the_network():
    """Ablations: no pooling, average pooling, no dense layers, plain ReLU, no dropout."""
    settings = {
        "filters": [4, 8],
        "kernel_size": 3,
        "padding": ["valid", "same"],
        "batch_normalization": False,
        "pooling": "average",
        "pool_size": [2, 0],
        "pool_padding": "same",
        "block_dropout": [0, 0.5],
        "units": [],
        "dropout": [],
        "l2": 0,
    }
    layers = architecture("cnn", RELU | settings | TRAINING)
    assert types(layers) == "Reshape Conv2D AveragePooling2D Conv2D Dropout Flatten Dense"
    # 28 convolved is 26, pooled 13, convolved with padding 13.
    assert counts(layers) == [9 * 4 + 4, 9 * 4 * 8 + 8, 13 * 13 * 8 * 10 + 10]


@pytest.mark.parametrize(("l2", "weights"), [(0, 0), (0.01, 3)])
def test_l2_is_of_the_kernels_of_all_dense_layers(l2, weights):
    settings = {"widths": [350, 80], "activation": "relu", "dropout": [0, 0], "l2": l2}
    facts = {"input_shape": (28, 28), "n_outputs": 10, "seed": 0}
    network = models.module("dense").build(**facts, **PLAIN | settings | TRAINING).network
    assert len(network.losses) == weights
    kernels = [layer.kernel.numpy() for layer in network.layers if layer.weights]
    expected = l2 * sum((kernel.astype(float) ** 2).sum() for kernel in kernels)
    assert float(sum(network.losses)) == pytest.approx(expected, rel=1e-5)
