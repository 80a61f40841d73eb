"""What an author's own notebook finds in its kernel: the run's seed, limits, and `record`.

The first cell of the executed notebook calls `begin`. This module imports no other of the library,
and NumPy only if something is recorded, so that a kernel pays for nothing that it does not use.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import math
import os
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

SPLITS = ("train", "validation", "test")
# Names in training logs of other libraries or versions.
SYNONYMS = {"acc": "accuracy", "mean_absolute_error": "mae"}

_SEEDED: dict[str, Callable[[Any, int], None]] = {
    "numpy": lambda module, seed: module.random.seed(seed),
    "tensorflow": lambda module, seed: module.random.set_seed(seed),
    "torch": lambda module, seed: module.manual_seed(seed),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")
_CALLS = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")


class _Host:
    """The run that this kernel belongs to.

    Parameters
    ----------
    folder
        Folder of the run.
    has_network
        Whether the notebook may use the network.
    """

    def __init__(self, folder: Path, has_network: bool) -> None:
        self.folder = folder
        self.has_network = has_network
        places = (
            Path.cwd(),
            tempfile.gettempdir(),
            os.environ.get("HOME", "/dev"),
            "/dev",
            "/proc",
        )
        self.places = [f"{os.path.realpath(place)}{os.sep}" for place in places]
        self.arrays: dict[str, Any] = {}
        self.facts: dict[str, Any] = {"history": None, "metrics": {}}

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse what a notebook may not do; called by Python before each such action."""
        if event == "open":
            if arguments[2] is not None and arguments[2] & _WRITING:
                self._check_path(arguments[0])
        elif event in _CHANGES:
            for path in arguments[: 2 if event == "os.rename" else 1]:
                self._check_path(path)
        elif event in _CALLS and not self.has_network:
            _check_address(arguments[1] if event in _CALLS[:2] else arguments[0])

    def _check_path(self, path: Any) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        real = os.path.realpath(os.fsdecode(path))
        if not f"{real}{os.sep}".startswith(tuple(self.places)):
            raise PermissionError(
                f"{real}: outside the working folder of the notebook, where it may not write"
            )


def _check_address(address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else address
    if not isinstance(address, tuple) and isinstance(host, str) and host.startswith("/"):
        return  # a socket of this machine
    name = os.fsdecode(host) if isinstance(host, str | bytes) else ""
    if name in ("", "localhost", "::1") or name.startswith(("127.", "/", "\0")):
        return
    raise PermissionError(
        f"{name}: the network is off for this notebook; `network: true` in its run allows it"
    )


_host: _Host | None = None


def begin(seed: int, network: bool = False) -> None:
    """Prepare this kernel for a notebook: set the seed, and limit where it may write and connect.

    The working folder stands in the folder of the run. The limits are those of Python code; a
    library in another language, or another program, is not held by them.

    Parameters
    ----------
    seed
        Seed of the run, for Python, NumPy, TensorFlow and PyTorch; a library that is not imported
        yet is seeded when it is.
    network
        Whether the notebook may use the network.
    """
    global _host
    random.seed(seed)
    for name in [name for name in _SEEDED if name in sys.modules]:
        _SEEDED[name](sys.modules[name], seed)
    sys.meta_path.insert(0, _SeedOnImport(seed))
    sys.path.insert(0, str(Path.cwd()))  # for modules beside the notebook, as in Jupyter
    sys.dont_write_bytecode = True
    if not network:  # `!pip install` would change the environment of all runs
        os.environ |= {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    if _host is None:  # a hook stays for ever
        _host = _Host(Path.cwd().parent, network)
        sys.addaudithook(_host.check)


class _SeedOnImport(importlib.abc.MetaPathFinder):
    """Seeds a library as soon as it has been imported."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.waiting = {name for name in _SEEDED if name not in sys.modules}

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name not in self.waiting:
            return None
        self.waiting.discard(name)  # so that the others are asked
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_and_seed(module: Any) -> None:
            load(module)
            _SEEDED[name](module, self.seed)

        spec.loader.exec_module = load_and_seed  # type: ignore[method-assign]
        return spec


def record(
    predictions: Any = None,
    true: Any = None,
    history: Any = None,
    metrics: Mapping[str, float] | None = None,
    probabilities: Any = None,
    split: str = "test",
) -> None:
    """Record results of a notebook, so that the report shows and judges them like any others.

    It may be called several times. Outside a workflow it only checks what it is given.

    Parameters
    ----------
    predictions, true
        Predicted and true answers of the same examples, shape (n,): names of classes, or labels
        from 0 in the order of `classes` in `study.yaml`, or numbers.
    history
        Training log: what `fit` of Keras returns, a table, or lists by name, an entry an epoch.
    metrics
        Further values by the name of their metric.
    probabilities
        Probabilities of the classes, shape (n, classes).
    split
        What the examples are: "train", "validation" or "test".

    Raises
    ------
    ValueError
        The arrays do not fit each other, or a value is no number.
    """
    if split not in SPLITS:
        raise ValueError(f"split={split!r}; accepted: one of {', '.join(map(repr, SPLITS))}")
    arrays = _arrays(predictions, true, probabilities)
    logged = None if history is None else _columns(history)
    numbers = {str(name): _number(name, value) for name, value in (metrics or {}).items()}
    if _host is None:
        return
    _host.arrays |= {f"{split}_{name}": array for name, array in arrays.items()}
    _host.facts["history"] = logged or _host.facts["history"]
    _host.facts["metrics"].setdefault(split, {}).update(numbers)
    _write(_host)


def _arrays(predictions: Any, true: Any, probabilities: Any) -> dict[str, Any]:
    import numpy as np

    if predictions is None and true is None and probabilities is None:
        return {}
    if predictions is None or true is None:
        raise ValueError("accepted: predictions and true answers, both")
    found = {"pred": np.asarray(predictions), "true": np.asarray(true)}
    found = {name: array.reshape(len(array), -1) for name, array in found.items()}
    for name, array in found.items():
        if array.shape[1] != 1 or not len(array):
            raise ValueError(f"{name}: shape {array.shape}; accepted: one answer an example")
    found = {name: array[:, 0] for name, array in found.items()}
    if probabilities is not None:
        found["score"] = np.asarray(probabilities, dtype=np.float32)
        if found["score"].ndim != 2:
            raise ValueError(f"probabilities: shape {found['score'].shape}; accepted: (n, classes)")
    if len({len(array) for array in found.values()}) > 1:
        sizes = ", ".join(f"{len(array)} ({name})" for name, array in found.items())
        raise ValueError(f"different numbers of examples: {sizes}")
    # No objects, which could be stored only as code.
    return {n: a.astype(str) if a.dtype.kind not in "biuf" else a for n, a in found.items()}


def _columns(history: Any) -> dict[str, list[float | None]]:
    table = getattr(history, "history", history)  # of Keras
    if hasattr(table, "to_dict"):
        table = table.to_dict("list")
    if not isinstance(table, Mapping):
        raise ValueError("history: accepted: a table, or lists by name")
    columns = {
        SYNONYMS.get(str(name), str(name)): [_number(name, value) for value in values]
        for name, values in table.items()
    }
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError("history: accepted: lists of the same length, an entry an epoch")
    return columns


def _number(name: Any, value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: {value!r}; accepted: a number") from None
    return number if math.isfinite(number) else None


def _write(host: _Host) -> None:
    import numpy as np

    own = f"{os.path.realpath(host.folder)}{os.sep}"
    host.places.append(own)
    try:
        if host.arrays:
            np.savez_compressed(host.folder / "recorded.npz", allow_pickle=False, **host.arrays)
        facts = json.dumps(host.facts)
        (host.folder / "recorded.json").write_text(facts, encoding="utf-8")
    finally:
        host.places.remove(own)
