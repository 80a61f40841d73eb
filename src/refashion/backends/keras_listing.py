"""Networks as listings print them, without Keras: names and arguments are checked against a table.

An entry is a name, `Flatten`, or a name with its arguments, `{Dense: {units: 10}}`. Values and
shapes are checked when the network is built, see `refashion.backends.keras_network`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from refashion.backends.combinations import why_outputs_do_not_fit
from refashion.errors import choices, shown
from refashion.wording import DEFAULT_OF

Where = tuple[str | int, ...]
Fault = tuple[Where, str]

INPUTS = ("Input", "InputLayer")
# Layers that change neither the axes of their input nor what it needs: they stand before others.
NEUTRAL = ("Rescaling", "BatchNormalization", "Dropout", "GaussianNoise", "GaussianDropout")
# Arguments that change no number that a source could state.
HOW = {
    *("name", "dtype", "trainable", "data_format", "input_shape", "seed", "verbose", "use_cudnn"),
    *("reduction", "axis", "use_ema", "ema_momentum", "ema_overwrite_frequency"),
}
# Kind of the object that an argument takes, by the end of its name.
TAKES = {
    "initializer": "initializers",
    "regularizer": "regularizers",
    "constraint": "constraints",
    "learning_rate": "schedules",
    "layer": "layers",
    "cell": "layers",
    "activation": "activations",
}
NOUNS = {
    "layers": "a layer",
    "optimizers": "an optimizer",
    "schedules": "a number, or a schedule",
    "losses": "a loss",
    "callbacks": "a callback",
    "metrics": "a metric",
    "initializers": "an initializer",
    "regularizers": "a regularizer",
    "constraints": "a constraint",
    "activations": "an activation",
}
EXAMPLES = {
    "layers": "Flatten or {Dense: {units: 10}}",
    "optimizers": "adam or {Adam: {learning_rate: 0.001}}",
    "losses": "mean_squared_error or {SparseCategoricalCrossentropy: {from_logits: true}}",
    "callbacks": "{EarlyStopping: {patience: 3}}",
    "metrics": "precision or {AUC: {curve: PR}}",
    "schedules": "{ExponentialDecay: {...}}",
    "initializers": "he_normal or {HeNormal: {seed: 1}}",
    "regularizers": "{L2: {l2: 0.01}}",
    "constraints": "{MaxNorm: {max_value: 2}}",
    "activations": "relu",
}
# What Keras has, but no list of layers can hold.
SEVERAL_INPUTS = "it takes several inputs; accepted: layers of one input"
CODE = "it holds code; accepted: a layer without, or a module in models/ of the study"
SEES_DATA = "it has to see the data before training; accepted: preprocess of the study"
LEFT_OUT = {
    "Lambda": CODE,
    **dict.fromkeys(("Normalization", "TextVectorization", "StringLookup"), SEES_DATA),
    **dict.fromkeys(("Add", "Concatenate", "Multiply", "MultiHeadAttention"), SEVERAL_INPUTS),
    "ModelCheckpoint": "it writes files; accepted: {EarlyStopping: {restore_best_weights: true, "
    "patience: ...}}, with the number of epochs as patience if nothing stops",
    "LearningRateScheduler": "it holds code; accepted: a schedule as learning_rate of the "
    "optimizer, such as {ExponentialDecay: {...}}",
    "TensorBoard": "it writes files; accepted: no entry, because it changes no result",
}
# Columns of every log; that of the metric goes by the task.
LOGGED = ("loss", "accuracy", "mae")
# What every log has, so that it need not be asked for.
USUAL_METRICS = ("accuracy", "acc", "mae")
NOT_SCORES = ("epoch", "fold", "learning_rate", "seconds")
COLUMN = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_FAULTS = 200
TRAINING = ("optimizer", "batch_size", "epochs")  # with a default of Keras
NOTHING: dict[str, Any] = {"callbacks": [], "class_weight": None, "metrics": []}


class Named(NamedTuple):
    """An entry of a list: the name of a class, and the arguments that are stated."""

    name: str
    arguments: dict[str, Any]


@cache
def table() -> dict[str, Any]:
    """Return the table of what Keras offers; see `refashion.backends.keras_table`."""
    path = Path(__file__).with_suffix(".json")
    return json.loads(path.read_text(encoding="utf-8"))


def why() -> str:
    """Say why a setting that no one stated has its value: whose default it is."""
    return f"{DEFAULT_OF} Keras {table()['keras']}."


def named(kind: str, entry: Any) -> Named | None:
    """Read an entry; None if it is none.

    Examples
    --------
    >>> named("layers", "Flatten")
    Named(name='Flatten', arguments={})
    >>> named("optimizers", {"sgd": {"momentum": 0.9}})
    Named(name='SGD', arguments={'momentum': 0.9})
    """
    if isinstance(entry, str):
        entry = {entry: {}}
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return None
    ((name, arguments),) = entry.items()
    if not isinstance(arguments, Mapping | None):
        return None
    return Named(table()["aliases"].get(kind, {}).get(name, name), dict(arguments or {}))


def _known(kind: str) -> dict[str, Any]:
    layers = {"required": ["shape"], "defaults": {"name": None, "dtype": None, "batch_size": None}}
    inputs = dict.fromkeys(INPUTS, layers) if kind == "layers" else {}
    return inputs | table()[kind]


def kind_of(argument: str) -> str | None:
    """Return the kind of objects that an argument takes, or None for a plain value.

    Examples
    --------
    >>> kind_of("kernel_initializer"), kind_of("units")
    ('initializers', None)
    """
    ends = (end for end in TAKES if argument == end or argument.endswith(f"_{end}"))
    return next((TAKES[end] for end in ends), None)


def faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    """Find the faults of the names in a list of layers and in the settings of its training.

    Parameters
    ----------
    settings
        Settings of the model. What is no list of layers and so on is left to others.
    """
    found = [*islice(_faults_of_names(settings), MOST_FAULTS)]
    yield from found
    if not found and {"layers", "loss"} <= {*settings}:
        loss = named("losses", settings["loss"])
        activation = output_activation(_entries(settings, "layers"))
        if loss and (text := why_outputs_do_not_fit(loss.name, activation, logits(loss))):
            yield ("loss",), f"{shown(settings['loss'])}; {text}"


def _faults_of_names(settings: Mapping[str, Any]) -> Iterator[Fault]:
    for key in ("layers", "callbacks"):
        for place, entry in enumerate(_entries(settings, key)):
            yield from _entry_faults(key, entry, (key, place))
    for key, kind in (("optimizer", "optimizers"), ("loss", "losses")):
        if key in settings:
            yield from _entry_faults(kind, settings[key], (key,))
    yield from _metric_faults(settings)
    yield from _monitor_faults(settings)
    for place, entry in enumerate(_entries(settings, "layers")):
        at = named("layers", entry)
        if place and at and at.name in INPUTS:
            yield ("layers", place), f"{shown(entry)}; accepted: {at.name} as the first layer"


def further_metrics(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics that a log has besides the usual one: entries by name of the column.

    It is the name that the entry states, or that Keras gives.

    Examples
    --------
    >>> further_metrics({"metrics": ["accuracy", "mse", {"AUC": {"curve": "PR", "name": "ap"}}]})
    {'mse': 'mse', 'ap': {'AUC': {'curve': 'PR', 'name': 'ap'}}}
    """
    entries = [each for each in _entries(settings, "metrics") if each not in USUAL_METRICS]
    return {_column(entry): entry for entry in entries if named("metrics", entry)}


def _column(entry: Any) -> str:
    read = named("metrics", entry)
    assert read is not None
    if "name" in read.arguments:
        return str(read.arguments["name"])
    if isinstance(entry, str) and entry.islower():
        return entry
    default = table()["metrics"].get(read.name, {}).get("defaults", {}).get("name")
    return default or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", read.name).lower()


def _metric_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    seen = {*LOGGED, *NOT_SCORES}
    for place, entry in enumerate(_entries(settings, "metrics")):
        if entry in USUAL_METRICS:
            continue
        found = [*_entry_faults("metrics", entry, ("metrics", place))]
        yield from found
        read = named("metrics", entry)
        if found or read is None:
            continue
        column = _column(entry)
        if not COLUMN.fullmatch(column) or column in seen or column.startswith("val_"):
            text = f"{shown(column)}; the name of its column; accepted: a name of its own, such as"
            yield ("metrics", place), f"{text} {{{read.name}: {{name: score}}}}"
        seen.add(column)


def _monitor_faults(settings: Mapping[str, Any]) -> Iterator[Fault]:
    columns = [*LOGGED, *further_metrics(settings)]
    monitored = [*columns, *(f"val_{name}" for name in columns)]
    for place, entry in enumerate(_entries(settings, "callbacks")):
        read = named("callbacks", entry)
        watched = read.arguments.get("monitor", "loss") if read else "loss"
        if watched not in monitored:
            where = ("callbacks", place, next(iter(entry)), "monitor")
            yield where, f"{shown(watched)}; {choices(str(watched), monitored)}"


def _entries(settings: Mapping[str, Any], key: str) -> list[Any]:
    found = settings.get(key)
    return found if isinstance(found, list) else []


def _entry_faults(kind: str, entry: Any, where: Where) -> Iterator[Fault]:
    read = named(kind, entry)
    if read is None:
        yield where, f"{shown(entry)}; accepted: {NOUNS[kind]}, such as {EXAMPLES[kind]}"
        return
    name, given = read
    if name not in (known := _known(kind)):
        meant = f"accepted: {_noun(kind)}{_nearest(name, kind)}"
        yield where, f"{shown(name)}; {LEFT_OUT.get(name, meant)}"
        return
    # The key of the arguments, as it is written.
    inside = where if isinstance(entry, str) else (*where, next(iter(entry)))
    required, defaults = known[name]["required"], known[name]["defaults"]
    accepted = [*required, *defaults]
    for key, value in given.items():
        if key not in accepted:
            text = f"unknown setting (value {shown(value)}); {choices(key, accepted)}"
            yield (*inside, key), text
        else:
            yield from _value_faults(key, value, defaults.get(key), (*inside, key))
    for key in required if {*given} <= {*accepted} else ():  # or it is misspelt, as said already
        if key not in given:
            yield (*inside, key), f"missing; accepted: a value of this argument of {name}"


def _noun(kind: str) -> str:
    return f"{NOUNS[kind]} of Keras {table()['keras']}"


def _nearest(name: str, kind: str) -> str:
    known = table()["activations"] if kind == "activations" else [*_known(kind)]
    known = [*known, *table()["aliases"].get(kind, ())]
    # Upper and lower case are what is most often mixed up.
    by_lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(str(name)[:100].lower(), by_lower, n=1)
    return f"; did you mean '{by_lower[found[0]]}'?" if found else ""


def _value_faults(key: str, value: Any, default: Any, where: Where) -> Iterator[Fault]:
    kind = kind_of(key)
    if kind == "activations":
        if value is not None and value not in table()["activations"]:
            text = f"accepted: {_noun(kind)}{_nearest(value, kind)}"
            yield where, f"{shown(value)}; {text}"
    elif kind == "schedules" and not isinstance(value, str | Mapping):
        yield from _plain_faults(key, value, default, where)
    elif kind:
        if value is not None:
            yield from _entry_faults(kind, value, where)
    elif key == "cells" and isinstance(value, list):
        for place, cell in enumerate(value):
            yield from _entry_faults("layers", cell, (*where, place))
    else:
        yield from _plain_faults(key, value, default, where)


def _plain_faults(key: str, value: Any, default: Any, where: Where) -> Iterator[Fault]:
    if isinstance(value, Mapping):
        yield where, f"{shown(value)}; accepted: a value, or a list"
    elif isinstance(default, bool):
        if not isinstance(value, bool):
            yield where, f"{shown(value)}; accepted: true or false"
    elif isinstance(default, int | float) and isinstance(value, str | bool | None):
        yield where, f"{shown(value)}; accepted: a number"


def complete(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add Keras's defaults to the settings of the training. The layers stay as they are printed.

    Parameters
    ----------
    settings
        The stated settings, without a fault of a name.

    Returns
    -------
    settings : dict
        All settings.
    assumed : dict
        What is not stated and can matter, by dotted name. Entries of lists share one by the name of
        their class, such as "layers.Conv2D", with a mapping of all that one of them leaves open.
    """
    defaults = {name: table()["fit"][name] for name in TRAINING}
    whole = {**defaults, **NOTHING, **settings}
    assumed = {name: value for name, value in defaults.items() if name not in settings}
    for key, kind in (("optimizer", "optimizers"), ("loss", "losses")):
        if key in whole and (entry := named(kind, whole[key])):
            full = with_defaults(kind, entry)
            whole[key] = {full.name: full.arguments} if full.arguments else full.name
            assumed |= {f"{key}.{full.name}.{n}": v for n, v in _added(entry, full).items()}
    for key in ("layers", "callbacks", "metrics"):
        given = [each for each in _entries(whole, key) if each not in USUAL_METRICS]
        entries = [named(key, entry) for entry in given]
        for entry in filter(None, entries):
            added = _added(entry, with_defaults(key, entry))
            if added:
                assumed.setdefault(f"{key}.{entry.name}", {}).update(added)
    return whole, assumed


def _added(entry: Named, full: Named) -> dict[str, Any]:
    return {name: v for name, v in full.arguments.items() if name not in entry.arguments}


def with_defaults(kind: str, entry: Named) -> Named:
    """Add those defaults of Keras to an entry that can matter, in the order of the signature."""
    known = _known(kind).get(entry.name, {"required": [], "defaults": {}})
    added = {
        name: value for name, value in known["defaults"].items() if _matters(kind, name, value)
    }
    order = [*known["required"], *known["defaults"], *entry.arguments]
    whole = added | entry.arguments
    return Named(entry.name, {name: whole[name] for name in dict.fromkeys(order) if name in whole})


def _matters(kind: str, name: str, value: Any) -> bool:
    # A layer without what is off by default is just what the listing shows.
    is_off = value is None or (kind == "layers" and value in (False, 0))
    return name not in HOW and not is_off


def logits(loss: Named) -> bool:
    """Whether a loss takes logits instead of probabilities."""
    return loss.arguments.get("from_logits") is True


def output_activation(layers: list[Any]) -> str | None:
    """Return the activation of the outputs of a list of layers, None for linear outputs.

    Layers without an activation, such as pooling, pass on that of the layer before.
    """
    for layer in filter(None, (named("layers", entry) for entry in reversed(layers))):
        name, arguments = layer
        if name in ("TimeDistributed", "Bidirectional", "SpectralNormalization"):
            return output_activation([arguments.get("layer")])
        if name in ("Softmax", "ReLU", "LeakyReLU", "PReLU", "ELU"):
            return name.lower()
        known = _known("layers").get(name, {"required": [], "defaults": {}})
        if "activation" in known["defaults"] or "activation" in known["required"]:
            found = arguments.get("activation", known["defaults"].get("activation"))
            # `Activation: {activation: linear}` after a layer leaves the activation of that layer.
            if not (name == "Activation" and found in (None, "linear")):
                return None if found == "linear" else found
    return None


def needs_channels(layers: list[Any]) -> bool:
    """Whether the first layer that is not neutral takes images with channels."""
    names = [entry.name for entry in map(_layer, layers) if entry and entry.name not in INPUTS]
    first = next((name for name in names if name not in NEUTRAL), None)
    return first in table()["images"]


def _layer(entry: Any) -> Named | None:
    return named("layers", entry)
