"""The same networks in other libraries, if installed. None of them is a dependency."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from refashion.data.splits import Examples

if TYPE_CHECKING:
    import keras
    import torch

# For each library: its title, its package, and environment variables of its processes.
PEERS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "torch": ("PyTorch", "torch", {}),
    "jax": (
        "Keras on JAX",
        "jax",
        {
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        },
    ),
}


def fit_torch(network: keras.Model, settings: Mapping[str, Any], train: Examples) -> list[float]:
    """Train a translation of a Keras network, and return the seconds of each epoch.

    Parameters
    ----------
    network
        The network to translate.
    settings
        Settings of the training, see `KerasTraining`.
    train
        Inputs of shape (n, ...) and targets of shape (n,).

    Raises
    ------
    ValueError
        The translation does not have the same number of parameters.
    """
    import torch

    torch.set_num_threads(1)
    is_regression = settings["loss"] == "mean_squared_error"
    model = translated(network)
    if (own := sum(p.numel() for p in model.parameters())) != (wanted := trainable(network)):
        raise ValueError(f"the translation has {own} parameters, the network {wanted}")
    x = torch.as_tensor(train.x, dtype=torch.float32)
    y = torch.as_tensor(train.y, dtype=torch.float32 if is_regression else torch.int64)
    loss = torch.nn.MSELoss() if is_regression else torch.nn.CrossEntropyLoss()
    steps = optimizer_of(model, settings)
    size = len(x) if settings["batch_size"] == "all" else settings["batch_size"]
    model.train()
    seconds = []
    for _ in range(settings["epochs"]):
        started = time.perf_counter()
        for chosen in torch.randperm(len(x)).split(size):
            steps.zero_grad()
            outputs = model(x[chosen])
            loss(outputs[:, 0] if is_regression else outputs, y[chosen]).backward()
            steps.step()
        seconds.append(time.perf_counter() - started)
    return seconds


def trainable(network: keras.Model) -> int:
    """Return the number of trainable parameters."""
    return sum(math.prod(weight.shape) for weight in network.trainable_weights)


def optimizer_of(model: torch.nn.Module, settings: Mapping[str, Any]) -> torch.optim.Optimizer:
    """Create the optimizer of the settings."""
    import torch

    kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD, "rmsprop": torch.optim.RMSprop}
    more = {} if settings["optimizer"] == "adam" else {"momentum": settings["momentum"]}
    return kinds[settings["optimizer"]](model.parameters(), lr=settings["learning_rate"], **more)


def translated(network: keras.Model) -> torch.nn.Sequential:
    """Build the same layers in PyTorch, with channels first.

    A final softmax is left out, because PyTorch's crossentropy includes it. Weight penalties are
    left out too; they are a small part of a step.
    """
    import torch

    class ChannelsFirst(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.transpose(1, 2)

    reads_steps = type(network.layers[0]).__name__ == "Conv1D"
    modules: list[torch.nn.Module] = [ChannelsFirst()] if reads_steps else []
    for layer in network.layers:
        modules += TRANSLATIONS[type(layer).__name__](layer, torch)
    if isinstance(modules[-1], torch.nn.Softmax):
        modules.pop()
    return torch.nn.Sequential(*modules)


def _activation(layer: Any, torch: Any) -> list[Any]:
    nn = torch.nn
    kinds = {
        "linear": [],
        "relu": [nn.ReLU()],
        "sigmoid": [nn.Sigmoid()],
        "tanh": [nn.Tanh()],
        "softmax": [nn.Softmax(-1)],
        "leaky_relu": [nn.LeakyReLU(0.2)],
    }
    return kinds[layer.activation.__name__]


def _dense(layer: Any, torch: Any) -> list[Any]:
    linear = torch.nn.Linear(layer.input.shape[-1], layer.units)
    return [linear, *_activation(layer, torch)]


def _conv2d(layer: Any, torch: Any) -> list[Any]:
    into = layer.input.shape[-1]
    conv = torch.nn.Conv2d(into, layer.filters, layer.kernel_size, padding=layer.padding)
    return [conv, *_activation(layer, torch)]


def _conv1d(layer: Any, torch: Any) -> list[Any]:
    into = layer.input.shape[-1]
    conv = torch.nn.Conv1d(into, layer.filters, layer.kernel_size, padding=layer.padding)
    return [conv, *_activation(layer, torch)]


def _gru(layer: Any, torch: Any) -> list[Any]:
    class Sequence(torch.nn.GRU):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x)[0]

    return [Sequence(layer.input.shape[-1], layer.units, batch_first=True)]


def _batch_normalization(layer: Any, torch: Any) -> list[Any]:
    kind = torch.nn.BatchNorm2d if len(layer.input.shape) == 4 else torch.nn.BatchNorm1d
    return [kind(layer.input.shape[-1])]


def _pooling(name: str) -> Callable[[Any, Any], list[Any]]:
    def build(layer: Any, torch: Any) -> list[Any]:
        return [getattr(torch.nn, name)(layer.pool_size, ceil_mode=layer.padding == "same")]

    return build


TRANSLATIONS: Mapping[str, Callable[[Any, Any], list[Any]]] = {
    # Adds one channel to height and width.
    "Reshape": lambda layer, torch: [torch.nn.Unflatten(1, (1, layer.input.shape[1]))],
    "Flatten": lambda layer, torch: [torch.nn.Flatten()],
    "Dropout": lambda layer, torch: [torch.nn.Dropout(layer.rate)],
    "LeakyReLU": lambda layer, torch: [torch.nn.LeakyReLU(float(layer.negative_slope))],
    "MaxPooling2D": _pooling("MaxPool2d"),
    "AveragePooling2D": _pooling("AvgPool2d"),
    "MaxPooling1D": _pooling("MaxPool1d"),
    "BatchNormalization": _batch_normalization,
    "Dense": _dense,
    "Conv2D": _conv2d,
    "Conv1D": _conv1d,
    "GRU": _gru,
}
