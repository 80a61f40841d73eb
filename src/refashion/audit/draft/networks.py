"""Networks of Keras, from a listing or from what sentences say of dense layers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from refashion.audit.draft import literals
from refashion.audit.draft.dataset import NOT_STATED, Data
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.readings import Listing, Setting
from refashion.backends import keras_listing
from refashion.checks.consistency import number

# Arguments that only repeat what the data say, or name things.
_LEFT_OUT = ("input_shape", "input_dim", "batch_input_shape", "name", "dtype")
# Sizes of flattened images: units of an input, not of a layer.
PIXELS = (784, 3072)
FURTHEST_ACTIVATION = 80
_UNITS = re.compile(r"\d+\s*(?:hidden\s+)?(?:units|neurons|nodes)")
_ACTIVATION_LAYERS = ("LeakyReLU", "PReLU", "ELU")
_LOSSES = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
)


class UntoldError(Exception):
    """A network that the text does not describe. The message says what is missing."""


@dataclass
class DraftedNetwork:
    """Settings of `model: keras`.

    Attributes
    ----------
    settings
        The settings.
    assumes
        Why they have their values, where the text does not state them.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    assumes: dict[str, str] = field(default_factory=dict)

    def assume(self, name: str, value: Any, why: str) -> None:
        """Set what is not stated."""
        self.settings[name], self.assumes[name] = value, why


def of_listing(listing: Listing, stated: Mapping[str, Setting], data: Data) -> DraftedNetwork:
    """Make the settings of a listed network.

    Raises
    ------
    UntoldError
        A layer or an argument cannot be read as it stands, or Keras does not have it.
    """
    network = DraftedNetwork()
    layers: list[Any] = []
    last = max((at for at, (_, given) in enumerate(listing.layers) if "units" in given), default=-1)
    for at, (kind, given) in enumerate(listing.layers):
        if kind not in keras_listing.INPUTS:
            layers += _layers(kind, given, at == last, network, data)
    if data.images and _first_is_dense(layers):
        layers.insert(0, "Flatten")
        network.assumes["layers"] = "Flatten is added: the examples of the data are images."
    network.settings["layers"] = layers
    _train(network, listing, stated, data)
    return _checked(network)


def _layers(
    kind: str, given: Mapping[str, str], is_last: bool, network: DraftedNetwork, data: Data
) -> list[Any]:
    """Return a layer, and the activation behind it if that is a layer of its own."""
    arguments: dict[str, Any] = {}
    behind: list[Any] = []
    for name, text in given.items():
        if name in _LEFT_OUT:
            continue
        try:
            found = literals.value(text, "layers" if name == "activation" else None)
        except literals.UnclearError:
            if not (name == "units" and is_last):
                raise UntoldError(f"{kind}: {name} is {text[:60]}") from None
            found = max(1, len(data.classes))
            network.assumes["layers"] = f"units of the last layer: the listing has {text[:60]}."
        if name == "activation" and (isinstance(found, Mapping) or found in _ACTIVATION_LAYERS):
            behind = [found]
        else:
            known = keras_listing.table()["layers"].get(kind, {"defaults": {}})
            arguments[name if name in known["defaults"] else literals.RENAMED.get(name, name)] = (
                found
            )
    return [{kind: arguments} if arguments else kind, *behind]


def _first_is_dense(layers: Sequence[Any]) -> bool:
    names = [next(iter(each)) if isinstance(each, Mapping) else each for each in layers]
    first = next((name for name in names if name not in keras_listing.NEUTRAL), None)
    return first == "Dense"


def of_sentences(stated: Sequence[Setting], data: Data, source: DraftSource) -> DraftedNetwork:
    """Make the settings of a dense network that sentences describe: its units and activations.

    Parameters
    ----------
    stated
        Settings of the model, in the order of the text.
    data, source
        The data and the document.

    Raises
    ------
    UntoldError
        The sentences state no units.
    """
    outputs = max(1, len(data.classes))
    network = DraftedNetwork()
    widths = _widths(stated, outputs, source)
    if not widths:
        raise UntoldError("its layers are not stated")
    if len(widths) == 1 and (n := _depth(stated)):
        widths *= n
    hidden = [
        {"Dense": {"units": units, "activation": activation or "relu"}}
        for units, activation in widths
    ]
    last = {"units": outputs, "activation": "softmax"} if data.classes else {"units": 1}
    network.assume(
        "layers",
        [*(["Flatten"] if data.images else []), *hidden, {"Dense": last}],
        "From the numbers of units in sentences, with relu where no activation is stated.",
    )
    _train(network, None, {s.name: s for s in reversed(stated) if not s.doubts}, data)
    return _checked(network)


def _widths(
    stated: Sequence[Setting], outputs: int, source: DraftSource
) -> list[tuple[int, str | None]]:
    """Return the units of hidden layers, each with its activation."""
    widths = [
        (units, _activation_behind(setting, source))
        for setting in stated
        if setting.name == "units" and (units := _whole(setting.value))
    ]
    if any(activation for _, activation in widths):  # the others are mentioned again
        widths = [each for each in widths if each[1]]
    widths = [each for each in dict.fromkeys(widths) if each[0] not in PIXELS]
    is_output = len(widths) > 1 and widths[-1][0] in (outputs, 1, 2)
    return widths[:-1] if is_output else widths


def _activation_behind(setting: Setting, source: DraftSource) -> str | None:
    """Return the activation that is named behind a number of units: "40 units with relu"."""
    line = source.audit.document.lines[setting.first - 1].text
    behind = line.partition(setting.quote)[2][:FURTHEST_ACTIVATION]
    behind = _UNITS.split(behind)[0]
    named = (_activation(word) for word in re.findall(r"[A-Za-z]+", behind))
    return next((name for name in named if name), None)


def softmax(stated: Mapping[str, Setting], data: Data) -> DraftedNetwork:
    """Make a softmax regression: a single dense layer."""
    network = DraftedNetwork()
    last = {"Dense": {"units": max(2, len(data.classes)), "activation": "softmax"}}
    network.assume(
        "layers",
        [*(["Flatten"] if data.images else []), last],
        "Softmax regression as it is defined: no hidden layer.",
    )
    _train(network, None, stated, data)
    return _checked(network)


def _whole(text: str) -> int | None:
    try:
        return number.count(text) or None
    except ValueError:
        return None


def _activation(text: str) -> str | None:
    plain = re.sub(r"[\s_-]", "", text.lower())
    known = {name.replace("_", ""): name for name in keras_listing.table()["activations"]}
    return known.get(plain)


def _depth(stated: Sequence[Setting]) -> int | None:
    depths = [_whole(s.value) for s in stated if s.name == "layers"]
    return depths[0] if depths and depths[0] and depths[0] <= 10 else None


def _train(
    network: DraftedNetwork, listing: Listing | None, stated: Mapping[str, Setting], data: Data
) -> None:
    """State optimizer, loss, batch size and epochs, as far as the text does."""
    compiled: Mapping[str, str] = listing.compiled if listing else {}
    fitted: Mapping[str, str] = listing.fitted if listing else {}
    optimizer = _code(compiled.get("optimizer"), "optimizers") or _optimizer(stated)
    if optimizer is not None:
        network.settings["optimizer"] = optimizer
    loss = _code(compiled.get("loss"), "losses") or _loss(stated.get("loss"))
    if loss is not None:
        network.settings["loss"] = loss
    elif data.classes:
        network.assume("loss", _LOSSES[1], f"{NOT_STATED} It is the usual one for labels.")
    else:
        network.assume("loss", _LOSSES[3], f"{NOT_STATED} It is the usual one for a regression.")
    for name in ("batch_size", "epochs"):
        found = _code(fitted.get(name), None)
        if not isinstance(found, int) and name in stated:
            found = _whole(stated[name].value)
        if isinstance(found, int) and found > 0:
            network.settings[name] = found


def _code(text: str | None, kind: str | None) -> Any:
    if text is None:
        return None
    for code in (text, text.replace(" rate", "_rate"), text.replace(" ", "_")):
        try:
            found = literals.value(code, kind)
        except literals.UnclearError:
            continue
        return found.replace(" ", "_") if isinstance(found, str) else found
    return None


def _optimizer(stated: Mapping[str, Setting]) -> Any:
    if "optimizer" not in stated:
        return None
    aliases: dict[str, str] = keras_listing.table()["aliases"]["optimizers"]
    by_lower = {name.lower(): name for name in (*aliases, *keras_listing.table()["optimizers"])}
    word = re.sub(r"\W", "", stated["optimizer"].value).lower()
    if word not in by_lower:
        return None
    name = aliases.get(by_lower[word], by_lower[word])
    rate = stated.get("learning_rate")
    try:
        return {name: {"learning_rate": float(rate.value)}} if rate else name.lower()
    except ValueError:
        return name.lower()


def _loss(stated: Setting | None) -> str | None:
    """Return the loss of Keras that words name: "categorical cross entropy"."""
    if stated is None:
        return None
    plain = re.sub(r"[\W_]", "", stated.value.lower()).replace("crossentropyloss", "crossentropy")
    return {name.replace("_", ""): name for name in _LOSSES}.get(plain)


def _checked(network: DraftedNetwork) -> DraftedNetwork:
    if faults := [*keras_listing.faults(network.settings)]:
        where, text = faults[0]
        raise UntoldError(f"{'.'.join(map(str, where))}: {text.partition(';')[0]}")
    return network
