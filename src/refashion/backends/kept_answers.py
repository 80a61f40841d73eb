"""What the library answers about estimators, kept between commands and jobs.

To ask takes more than a second of imports, in every command and every job that reads a study. The
answers depend only on the question, on the versions of the libraries and on the modules that ask.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from refashion import artifacts

FOLDER_VARIABLE = "REFASHION_KEPT_ANSWERS"
"""The environment variable with the folder; without it, nothing is kept."""

# Other packages may be edited without a new version.
LIBRARIES = {"sklearn": "scikit-learn"}

Answer = TypeVar("Answer")

# Answers as JSON, by the question. Whoever asks gets objects of their own.
_new: dict[str, str] = {}


def keep_in(folder: Path) -> None:
    """Keep the answers in a folder, in this process and in those that it starts."""
    os.environ[FOLDER_VARIABLE] = str(folder.absolute())
    _kept.cache_clear()


def save() -> None:
    """Write the answers that are new to this process, if the folder can be written."""
    if not _new or FOLDER_VARIABLE not in os.environ:
        return
    file = _file()
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        for outdated in {*file.parent.glob("*.json")} - {file}:
            outdated.unlink()
        with artifacts.atomic(file) as temporary:
            temporary.write_text(json.dumps(_kept() | _new))


def kept(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """Keep the answers of a function, if they are about scikit-learn alone.

    Parameters
    ----------
    ask
        A function of an import path and of what JSON can hold. So are its answers, in which tuples
        become lists. Errors are not kept.
    """

    @wraps(ask)
    def asked(path: str, *arguments: Any) -> Answer:
        if not all(name.partition(".")[0] in LIBRARIES for name in [path, *_paths(arguments)]):
            return ask(path, *arguments)
        question = json.dumps([ask.__qualname__, path, *arguments])
        answer = _new.get(question) or _kept().get(question)
        if answer is None:
            answer = _new[question] = json.dumps(ask(path, *arguments))
        return json.loads(answer)

    return asked


def _paths(value: Any) -> list[str]:
    """Return whatever in some arguments may be an import path."""
    if isinstance(value, Mapping):
        return [str(key) for key in value if "." in str(key)] + _paths([*value.values()])
    entries = value if isinstance(value, list | tuple) else ()
    return [path for entry in entries for path in _paths(entry)]


@cache
def _kept() -> dict[str, str]:
    if FOLDER_VARIABLE not in os.environ:
        return {}
    try:
        return json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}


def _file() -> Path:
    modules = Path(__file__).parent.glob("*.py")
    parts = [
        sys.version,
        *map(version, LIBRARIES.values()),
        *(module.read_text() for module in sorted(modules)),
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return Path(os.environ[FOLDER_VARIABLE]) / f"{digest[:16]}.json"
