"""The environment of an author's own notebook, built by uv from its `requirements.txt`.

What is asked for is pinned on first use, with the sha256 of every file. The environment is kept in
a folder that is named after the sha256 of the pins, so that notebooks with the same pins share it.
Both names also depend on the files and folders that the requirements name by their paths: studies
may mean different ones by the same path, and these change.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.execution import environment
from refashion.shortening import shortened
from refashion.workspace import files_of

# What a notebook needs besides, to be executed.
KERNEL = ("ipykernel",)
# Time in which packages are downloaded and installed.
SECONDS = 1800
COMPLETE = "complete"
# A folder with one of these is a package, which is installed from its files.
OF_PACKAGES = ("pyproject.toml", "setup.py")
# Files of packages; others that requirements name are requirements, too.
ARCHIVES = (".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz")


class EnvironmentBuildError(RefashionError):
    """An environment cannot be built. The message says why."""


@dataclass(frozen=True)
class Environment:
    """An environment that is ready.

    Attributes
    ----------
    folder
        Its folder.
    lock
        File with the pinned packages.
    """

    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def variables(self) -> dict[str, str]:
        """Return the environment variables of programs that a kernel in it starts."""
        path = f"{self.python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        return {"PATH": path, "VIRTUAL_ENV": str(self.folder)}


def publish() -> None:
    """Keep the user's settings about where packages come from, which jobs do not get otherwise."""
    pattern = environment.SOURCES_OF_PACKAGES
    kept = {n: v for n, v in os.environ.items() if n.startswith("UV_") and pattern.fullmatch(n)}
    os.environ[environment.PACKAGE_SOURCES] = json.dumps(kept)


def built(requirements: Path, pins: Path, place: Path, more: Sequence[str] = KERNEL) -> Environment:
    """Build the environment of a notebook, or find it.

    Parameters
    ----------
    requirements
        What is asked for, a `requirements.txt`.
    pins, place
        Folders that keep the pins and the environments.
    more
        Packages that are needed besides.

    Raises
    ------
    EnvironmentBuildError
        It cannot be built, for example because a package is not found.
    """
    local = list(_local(requirements))
    lock = pins.absolute() / f"{_digest(requirements.read_bytes(), *more, *local)}.lock"
    with _only_one(lock):
        if not lock.exists():
            _pin(requirements, lock, more)
    found = Environment(place.absolute() / _digest(lock.read_bytes(), *local), lock)
    with _only_one(found.folder):
        if not (found.folder / COMPLETE).exists():
            _install(found, requirements)
    return found


def _digest(*content: bytes | str) -> str:
    # The pins are those for this Python.
    texts = [sys.version.partition(" ")[0], *content]
    whole = b"\0".join(each.encode() if isinstance(each, str) else each for each in texts)
    return hashlib.sha256(whole).hexdigest()


def _local(requirements: Path) -> Iterator[bytes | str]:
    """Yield the content of local files and packages that requirements name.

    Of a folder that is no package, such as one with wheels, it is the path: which of its files
    count is decided when they are pinned.
    """
    folder, waiting, seen = requirements.parent, [requirements], set[Path]()
    while waiting:
        for path in _named(waiting.pop(), folder):
            if path in seen:
                continue
            seen.add(path)
            if path.is_file():
                yield from (path.name, path.read_bytes())
                waiting += [] if path.suffix in ARCHIVES else [path]
            elif any((path / name).is_file() for name in OF_PACKAGES):
                for each in files_of(path):
                    yield from (str(each.relative_to(path)), each.read_bytes())
            else:
                yield str(path)


def _named(file: Path, folder: Path) -> Iterator[Path]:
    """Yield the paths in a file of requirements that exist, seen from it or from a folder."""
    for line in file.read_text("utf-8", errors="replace").splitlines():
        for word in re.split(r"[\s=@;]+", line.partition(" #")[0]):
            name = re.sub(r"^(-[rcef]|file:(//)?)|\[.*\]$", "", word)
            for place in {file.parent, folder} if name and "\0" not in name else ():
                path = Path(os.path.normpath(place.absolute() / name))
                with suppress(OSError):  # the name is too long
                    if path.exists():
                        yield path


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Let one job at a time make a file or a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.in_use").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _pin(requirements: Path, lock: Path, more: Sequence[str]) -> None:
    options = ["--python", sys.executable, "--generate-hashes", "--no-header", "--no-annotate"]
    also = lock.with_suffix(".in")
    artifacts.write_text(also, "".join(f"{name}\n" for name in more))
    with artifacts.atomic(lock) as temporary:
        temporary.unlink()  # uv would take an empty file for pins
        _uv(
            *("pip", "compile", *options, "--output-file", str(temporary)),
            *(requirements.name, str(also)),
            folder=requirements.parent,
        )


def _install(found: Environment, requirements: Path) -> None:
    shutil.rmtree(found.folder, ignore_errors=True)  # of a job that was interrupted
    folder = requirements.parent
    _uv("venv", "--python", sys.executable, "--no-project", str(found.folder), folder=folder)
    # The requirements say where packages come from, by paths of the study's folder, too.
    sources = (str(found.lock), requirements.name)
    try:
        _uv("pip", "sync", "--python", str(found.python), *sources, folder=folder)
    except EnvironmentBuildError as error:
        text = f"{error}. The packages are pinned; to pin them anew, remove {found.lock}"
        raise EnvironmentBuildError(text) from None
    artifacts.write_text(found.folder / COMPLETE, "")


def _uv(*arguments: str, folder: Path) -> None:
    """Call uv, which is installed with refashion.

    Raises
    ------
    EnvironmentBuildError
        There is no uv, or it fails.
    """
    own = Path(sys.executable).with_name("uv")
    uv = str(own) if own.exists() else shutil.which("uv")
    if uv is None:
        text = "uv is not installed, which builds it; accepted: make env, or pip install uv"
        raise EnvironmentBuildError(text)
    try:
        done = subprocess.run(
            [uv, *arguments, "--quiet", "--color", "never"],
            cwd=folder,
            env=_variables(os.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentBuildError(f"not built within {SECONDS // 60} minutes") from None
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise EnvironmentBuildError(f"uv {' '.join(arguments[:2])}: {shortened(said, 1000)}")


def _variables(given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of uv: it finds the user's settings, and no other environment."""
    left_out = ("XDG_CONFIG_HOME", "VIRTUAL_ENV", environment.PACKAGE_SOURCES)
    kept = {
        name: value
        for name, value in given.items()
        if name not in left_out and not name.startswith(("PYTHON", "UV_", "PIP_"))
    }
    return kept | json.loads(given.get(environment.PACKAGE_SOURCES, "{}"))
