"""The source files that a module depends on, so that rules can declare what a stage is made of."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import takewhile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
PROJECT = PACKAGE.parents[1]
# The statements as the formatter of this project leaves them; a test compares with Python.
IMPORTS = re.compile(
    rb"^(?<!\\\n) *(from \w[\w.]* import (\([^)#]*\)|[\w., ]+)|import [\w., ]+)(?= *(?:#.*)?$)",
    re.MULTILINE,
)
# All others, as in a module that a user adds: wherever a statement can begin.
OTHER_IMPORTS = re.compile(
    rb"(?:^(?:\xef\xbb\xbf)?|[;:\r])[\s\\]*(?:import\b|from[\s\\]*[\w.]+[\s\\]+import\b)",
    re.MULTILINE,
)

ImportStatement = ast.Import | ast.ImportFrom


def in_project(*parts: str) -> Path:
    """Return the path of a file or folder of the project.

    The path is relative if the project is the working folder, so that it is the same on every
    machine, and absolute otherwise (`snakemake --directory`).
    """
    root = Path() if Path.cwd() == PROJECT else PROJECT
    return root.joinpath(*parts)


def closure(*modules: str) -> list[Path]:
    """Return the files of modules and of all modules that they import from this library.

    Snakemake notices changes of notebooks and settings, but not of the Python code that a notebook
    imports. Models and datasets are imported by name at run time, so they must be listed.

    Parameters
    ----------
    *modules
        Names within the library, such as "runs.training" or "models.cnn". A name that ends in ".*"
        stands for all modules of a package and its subpackages.

    Returns
    -------
    list of Path
        Sorted paths; see `in_project`.
    """
    return closure_of(*(file for name in modules for file in _named(name)))


def closure_of(*files: Path) -> list[Path]:
    """Return some files, those of all modules that they import, and tables of the same names.

    Parameters
    ----------
    *files
        Files of this library, or of a study. A module of a study may import from this library, and
        its neighbours by relative imports.

    Returns
    -------
    list of Path
        Sorted paths; those in the project as `in_project` gives them, others absolute.
    """
    return [*_closure(Path.cwd(), *files)]


@cache
def _closure(folder: Path, *files: Path) -> tuple[Path, ...]:
    """Make a closure once for the thousands of runs that may share a model."""
    root = in_project()
    reached = _reached(*((folder / file).resolve() for file in files))
    return tuple(sorted(_as_named(file, root) for file in reached))


@cache
def _as_named(file: Path, root: Path) -> Path:
    return root / file.relative_to(PROJECT) if PROJECT in file.parents else file


@cache
def _reached(*files: Path) -> frozenset[Path]:
    """Follow imports."""
    found: set[Path] = set()
    waiting = [*files]
    while waiting:
        if (file := waiting.pop()) not in found:
            found.add(file)
            waiting += _needed_by(file)
    return frozenset(found)


@cache
def _needed_by(file: Path) -> tuple[Path, ...]:
    """Return the files that a module needs at once."""
    if file.suffix != ".py":
        return ()
    table = file.with_suffix(".json")
    return (*_packages_around(file.parent), *_imports(file), *filter(Path.is_file, [table]))


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file; it is computed again if the file has changed."""
    found = file.stat()
    return _sha256(file, found.st_mtime_ns, found.st_size)


def own_files(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return those of some files that do not belong to this library, but to a study."""
    return _own_files(Path.cwd(), *files)


@cache
def _own_files(folder: Path, *files: Path) -> tuple[Path, ...]:
    return tuple(file for file in files if not is_library(folder / file))


def library_digest(files: Iterable[Path]) -> str:
    """Return one digest of the names and contents of those of some files that are of this library.

    Equal code has the same digest in every copy of the project, whatever its modification times.
    """
    folder = Path.cwd()
    own = {name: folder / file for file in files if (name := _name_in(PACKAGE, folder / file))}
    listed = sorted(f"{name} {sha256(file)}" for name, file in own.items())
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()


@cache
def _sha256(file: Path, modified: int, size: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def is_library(file: Path) -> bool:
    """Whether a file belongs to this library, and not to a study."""
    return _name_in(PACKAGE, Path.cwd() / file) is not None


@cache
def _name_in(package: Path, file: Path) -> str | None:
    """Return the path of a file within a package; None if it is not in there."""
    real = file.resolve()
    return str(real.relative_to(package)) if package in real.parents else None


def file_of(module: str) -> Path:
    """Return the file of a module or package, given its name within the library.

    Raises
    ------
    FileNotFoundError
        There is no such module.
    """
    if (found := _file_of(module)) is None:
        raise FileNotFoundError(f"no module {module!r} in {PACKAGE}")
    return found


def _file_of(module: str) -> Path | None:
    return _file_in(PACKAGE, module)


@cache
def _file_in(package: Path, module: str) -> Path | None:
    path = package.joinpath(*module.split("."))
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next(filter(Path.is_file, candidates), None)


def _named(module: str) -> list[Path]:
    if module.endswith(".*"):
        return sorted(file_of(module.removesuffix(".*")).parent.rglob("*.py"))
    return [file_of(module)]


@cache
def _packages_around(folder: Path) -> list[Path]:
    """The `__init__.py` of every package around a folder's modules, except the library's own."""
    around = [folder, *folder.parents]
    if PACKAGE in around:
        around = around[: around.index(PACKAGE)]
    else:  # the folder of a study, which is a package without one
        around = [*takewhile(lambda place: (place / "__init__.py").is_file(), around)]
    return [init for place in around if (init := place / "__init__.py").is_file()]


def _imports(file: Path) -> tuple[Path, ...]:
    statements = _import_statements(file)
    # None: a name inside a module, not a module.
    found = [path for path in map(_file_of, _names_in(statements)) if path]
    neighbours = [path for path in _relative_imports(statements, file) if path.is_file()]
    return (*found, *neighbours)


def _import_statements(file: Path) -> list[ImportStatement]:
    """Return the import statements of a module; of most modules, Python parses nothing else."""
    text = file.read_bytes()
    usual = [found[0] for found in IMPORTS.finditer(text)]
    n_others = text.count(b"import") - sum(each.count(b"import") for each in usual)
    if not n_others or (is_library(file) and not OTHER_IMPORTS.search(IMPORTS.sub(b"", text))):
        with suppress(SyntaxError):  # a line of prose may begin like a statement
            return _imports_in(b"\n".join(each.strip() for each in usual))
    try:
        return _imports_in(text)
    except (SyntaxError, ValueError):  # it imports nothing, and says why when it is run
        return []


def _imports_in(code: bytes | str) -> list[ImportStatement]:
    # As bytes, it may state another encoding than UTF-8.
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ImportStatement)]


def _relative_imports(statements: Iterable[ImportStatement], file: Path) -> Iterator[Path]:
    """Yield all files that the relative imports of a module may mean."""
    for node in statements:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = file.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            for place in (base, *(base / alias.name for alias in node.names)):
                yield from (place.with_suffix(".py"), place / "__init__.py")


def _names_in(statements: Iterable[ImportStatement]) -> Iterator[str]:
    """Yield all names within the library that may be imported modules."""
    for node in statements:
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names = [module, *(f"{module}.{name}" for name in names)]
        for name in names:
            library, _, within = name.partition(".")
            if library == PACKAGE.name and within:
                yield within
