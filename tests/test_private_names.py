"""Private names of libraries: only those in docs/decisions/private-names.md, which all exist."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Set
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import snakemake.api  # noqa: F401 - or its other modules cannot be imported
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs/decisions/private-names.md"
SOURCES = sorted((PROJECT / "src").rglob("*.py"))
# Private, though they have no underscore.
PRIVATE = ("keras.src", "pandas.core", "tensorflow.python")
# Public, though they have one.
PUBLIC = {"os._exit", "_replace", "_asdict", "_fields", "_make"}


def listed() -> Iterator[tuple[str, str, str]]:
    """Give each name on the page, where it is used, and what breaks without it."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            names, module, _, consequence = (cell.strip() for cell in line.strip("|").split("|"))
            for name in re.findall(r"`([^`]+)`", names):
                yield name, module.strip("`"), consequence


def is_private(name: str, own: Set[str] = frozenset()) -> bool:
    """Tell whether a dotted name has a private part that is not this project's own."""
    parts = [part for part in name.split(".") if not re.fullmatch("__.*__", part)]
    return name.startswith(PRIVATE) or any(p.startswith("_") and p not in own for p in parts)


def own_names() -> set[str]:
    """Give the names that this project defines: functions, classes, variables, attributes."""
    names = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                holder = node.value.id if isinstance(node.value, ast.Name) else ""
                # What a class is given may be a library's.
                names.update([] if holder[:1].isupper() else [node.attr])
    return names


def names_in(code: ast.Module) -> Iterator[str]:
    """Give the dotted names that some code imports, takes attributes of, or writes as a string."""
    classes = {
        alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(code)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name[0].isupper()
    }
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            owner = classes.get(owner, owner)
            yield f"{owner}.{node.attr}" if owner not in ("", "self", "cls") else node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\b[a-z]\w*(?:\.\w+)+", node.value)


def used() -> set[tuple[str, str]]:
    """Give the private names of libraries in this project, each with its file."""
    own = own_names()
    found = set()
    for path in SOURCES:
        module = path.relative_to(PROJECT / "src").as_posix().removeprefix("refashion/")
        for name in names_in(ast.parse(path.read_text(encoding="utf-8"))):
            if is_private(name, own) and not PUBLIC & {name, name.split(".")[-1]}:
                found.add((name, module))
    return found


def test_every_private_name_is_listed_and_every_listed_name_is_used():
    documented = {(name, module) for name, module, _ in listed() if is_private(name)}
    assert used() == documented, f"differs from {PAGE.relative_to(PROJECT)}"


def found(name: str) -> Any:
    """Import a module, or get what a module or class holds, by its dotted name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        owner, _, last = name.rpartition(".")
        holder = found(owner) if owner else None
        if inspect.isclass(holder) and re.search(rf"\bself\.{last}\b", inspect.getsource(holder)):
            return None  # an attribute of its objects
        return getattr(holder, last)


@pytest.mark.parametrize(
    ("name", "module", "consequence"), [*listed()], ids=[name for name, *_ in listed()]
)
def test_a_private_name_is_still_there(name, module, consequence):
    try:
        found(name)
    except AttributeError:
        pytest.fail(f"{name} is gone, which {module} uses. Without it: {consequence}.")


def test_jsonschema_does_without_the_grammar_that_is_kept_from_it():
    code = "import sys; sys.modules['rfc3987_syntax'] = None; import jsonschema"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, f"no job starts: jsonschema needs it now: {ended.stderr}"


def test_the_grammar_that_is_kept_from_jsonschema_is_still_its_own():
    format_checks = inspect.getsource(importlib.import_module("jsonschema._format"))
    assert "rfc3987_syntax" in format_checks, "it is no longer used: drop the line in __main__"


def test_libraries_with_private_names_have_upper_bounds():
    stated = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    wanted = [Requirement(text) for text in stated]
    bounded = {one.name for one in wanted if any(s.operator == "<" for s in one.specifier)}
    libraries = {name.split(".")[0] for name, *_ in listed()} | {"jsonschema"}
    distributions = packages_distributions()
    for library in libraries - {*sys.stdlib_module_names}:
        names = {name.replace("_", "-") for name in distributions[library]}
        assert bounded & names, f"{library} has no upper bound"
