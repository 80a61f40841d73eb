"""Which files of this library a module rests on, so that rules can declare them as inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parents[1]


def in_project(*parts: str) -> Path:
    """Path of something in the project: relative where this process works in its folder.

    So paths read the same on every machine; from elsewhere (`snakemake --directory`) they are
    absolute.
    """
    root = Path() if Path.cwd() == PROJECT else PROJECT
    return root.joinpath(*parts)


def closure(*modules: str) -> list[Path]:
    """Files of some modules and of all that these import from this library, at any depth.

    Snakemake sees changed notebooks and settings, but not changed Python code that a notebook
    imports. Models and datasets, imported by name at run time, have to be named.

    Parameters
    ----------
    *modules
        Names within the library, such as "training" or "models.cnn".

    Returns
    -------
    list of Path
        Sorted; see `in_project`.
    """
    found: set[Path] = set()
    waiting = [file_of(name) for name in modules]
    while waiting:
        if (file := waiting.pop()) not in found:
            found.add(file)
            waiting += _imports(file)
    return sorted(in_project(str(file.relative_to(PROJECT))) for file in found)


def file_of(module: str) -> Path:
    """File of one module, by its name within the library.

    Raises
    ------
    FileNotFoundError
        There is no such module.
    """
    path = PACKAGE.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"no module {module!r} in {PACKAGE}")


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    return tuple(_modules_named_in(ast.parse(file.read_text(encoding="utf-8"))))


def _modules_named_in(code: ast.Module) -> Iterator[Path]:
    for node in ast.walk(code):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            package = node.module.removeprefix(PACKAGE.name).lstrip(".")
            for name in [package, *(f"{package}.{alias.name}" for alias in node.names)]:
                try:
                    yield file_of(name.strip("."))
                except FileNotFoundError:
                    continue  # a name inside a module, not a module
