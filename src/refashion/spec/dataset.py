"""The description of a dataset in `study.yaml`, in place of the name of a module."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from refashion import datasets
from refashion.data import glance
from refashion.data.described import Described, named_folders
from refashion.data.readers import by_part
from refashion.data.readers.bundled import BUNDLED
from refashion.data.readers.rows import SEPARATORS
from refashion.errors import DataError, choices, closest, shown
from refashion.spec.fields import Strict
from refashion.spec.formats import FORMATS, MODELS, AnyTable, Delimited, WithFiles, tag
from refashion.spec.problems import Problem, explain

TASKS = ("classification", "regression")
# Rows that are read to guess the task.
FIRST_ROWS = 1000
# Files of a study that hold no data.
DESCRIBING = ("study.yaml", "claims.yaml", "narrative.md")


def describe(
    data: Mapping[str, Any], study: str, folder: Path, data_dirs: Sequence[Path], data_folder: Path
) -> tuple[Described | None, list[Problem]]:
    """Make a dataset of the description in a study.

    Parameters
    ----------
    data
        Content of `study.yaml` under `dataset`, if it is a mapping.
    study
        Name of the study.
    folder
        Its folder.
    data_dirs, data_folder
        `data_dirs` and `data` of the configuration.

    Returns
    -------
    tuple
        The dataset, or None if the description is invalid, and its problems.
    """
    try:
        described = _validated(data)
    except _InvalidError as error:
        return None, error.problems
    problems = list(_problems(described, study, folder))
    if problems:
        return None, problems
    form = tag(described).strip("()")
    description = {"task": None, "unit": None, "classes": None} | described.model_dump(mode="json")
    description["format"] = form
    if form == "sklearn":
        classes = list(BUNDLED[described.sklearn].classes)
        task = "classification" if classes else "regression"
        description |= {"classes": classes or None, "task": task}
    name = described.name or study
    made = Described(name, description, folder, named_folders(data_dirs), data_folder)
    if isinstance(description.get("sha256"), str):
        (place,) = made.places
        description["sha256"] = {place: description["sha256"]}
    if problems := list(_of_headers(made)):
        return None, problems
    if description["task"] is None:
        guessed = _guessed(made)
        if isinstance(guessed, Problem):
            return None, [guessed]
        description["task"] = guessed
    problems = list(_of_labels(made))
    return (None if problems else made), problems


class _InvalidError(Exception):
    """A description that does not fit its format."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self.problems = [Problem(("dataset", *where), text) for where, text in problems]


def _validated(data: Mapping[str, Any]) -> Any:
    """Check a description against the keys of its own format."""
    named = [form for form in FORMATS if form in data]
    meant = [form for key in data if (form := closest(key, FORMATS))]
    if len(named) > 1:
        text = f"{shown(data[named[1]])}; there is {named[0]} as well; accepted: one format"
        raise _InvalidError([Problem((named[1],), text)])
    if not (named or meant):
        keys = ", ".join(map(shown, data)) or "nothing"
        text = f"{keys}; accepted: a key for the format, one of {', '.join(FORMATS)}"
        raise _InvalidError([Problem((), text)])
    model = MODELS[named[0] if named else meant[0]]
    try:
        return model.model_validate_json(json.dumps(data))
    except ValidationError as error:
        raise _InvalidError(explain(error, data, model.model_json_schema())) from error


def _problems(described: Any, study: str, folder: Path) -> Iterator[Problem]:
    """Find what pydantic does not: names that clash, and files without a checksum or outside."""
    form = tag(described).strip("()")
    name = described.name or study
    if name in datasets.names(folder):
        key = ("dataset", "name") if described.name else ("dataset",)
        text = f"{shown(name)}; there is a module of this name; accepted: name: another name"
        yield Problem(key, text)
    if getattr(described, "task", None) == "regression" and described.classes:
        text = f"{shown([*described.classes])}; a regression has no classes; accepted: null"
        yield Problem(("dataset", "classes"), text)
    if form == "images" and described.task == "regression":
        text = "'regression'; the folders of images are classes; accepted: 'classification'"
        yield Problem(("dataset", "task"), text)
    if form == "parquet" and not any(map(importlib.util.find_spec, ("pyarrow", "fastparquet"))):
        text = "reading it needs the package pyarrow, which is not installed"
        yield Problem(("dataset", "parquet"), f"{text}; accepted: the same table as csv")
    if isinstance(described, Delimited):
        separator = described.separator or SEPARATORS[form]
        if described.decimal == separator.strip(" "):
            text = f"{shown(separator)}; it is the separator as well; accepted: another separator"
            yield Problem(("dataset", "decimal"), text)
    if isinstance(described, AnyTable):
        yield from _of_columns(described)
    for one, other in (("inputs", "target"), ("idx", "labels")):
        if hasattr(described, one) and not _same_parts(described, one, other):
            text = f"accepted: train and test in both {one} and {other}, or in neither"
            yield Problem(("dataset", other), f"{shown(_plain(getattr(described, other)))}; {text}")
            return
    places = Described(name, described.model_dump(mode="json") | {"format": form}, folder).places
    yield from _of_files(form, list(places), places, folder)
    if isinstance(described, WithFiles):
        yield from _of_checksums(described, form, list(places))


def _of_columns(described: AnyTable) -> Iterator[Problem]:
    for key in ("columns", "leave_out"):
        names = getattr(described, key) or ()
        if described.target in names:
            text = f"{shown([*names])}; it contains the target; accepted: other columns"
            yield Problem(("dataset", key), text)
        if twice := [name for name, n in Counter(names).items() if n > 1]:
            yield Problem(("dataset", key), f"{shown(twice[0])}; named twice; accepted: once")
    for name in described.columns or ():
        if name in described.leave_out:
            text = f"{shown(name)}; it is one of columns as well; accepted: only one of both"
            yield Problem(("dataset", "leave_out"), text)


def _same_parts(described: Any, one: str, other: str) -> bool:
    first, second = (by_part(_plain(getattr(described, key))) for key in (one, other))
    return first.keys() == second.keys()


def _plain(named: Any) -> Any:
    return named.model_dump() if isinstance(named, Strict) else named


def _of_files(
    form: str, paths: Sequence[str], places: Mapping[str, str], folder: Path
) -> Iterator[Problem]:
    inside = folder.resolve()
    for path in paths:
        names = (path, path.removesuffix(".zip")) if form == "images" else (path, f"{path}.gz")
        for name in names:
            if not (folder / name).resolve().is_relative_to(inside):
                text = f"{shown(name)}; a link leads outside the study's folder"
                yield Problem(("dataset", form), f"{text}; accepted: a file in it")
    if twice := [name for name, n in Counter(places.values()).items() if n > 1]:
        text = f"two files are named {shown(twice[0])}; accepted: files with different names"
        yield Problem(("dataset", form), text)


def _of_checksums(described: WithFiles, form: str, paths: Sequence[str]) -> Iterator[Problem]:
    stated = described.sha256
    if isinstance(stated, dict):
        for path in stated:
            if path not in paths:
                yield Problem(("dataset", "sha256", path), f"no such file; {choices(path, paths)}")
    elif stated and len(paths) > 1:
        text = f"{shown(stated)}; there are {len(paths)} files"
        keys = ", ".join(map(shown, paths))
        yield Problem(("dataset", "sha256"), f"{text}; accepted: a mapping with the keys {keys}")
    if described.address or form == "openml":
        lacking = [path for path in paths if path not in stated] if isinstance(stated, dict) else []
        if stated is None or lacking:
            what = f" of {', '.join(map(shown, lacking))}" if lacking else ""
            text = f"missing{what}; accepted: the SHA-256 of a file that is downloaded"
            yield Problem(("dataset", "sha256"), text)


def _of_headers(made: Described) -> Iterator[Problem]:
    """Find columns that the description names, and files that are there lack."""
    description = made.description
    named: dict[tuple[str | int, ...], str] = {("target",): description.get("target", "")}
    for key in ("columns", "leave_out"):
        named |= {(key, place): name for place, name in enumerate(description.get(key) or ())}
    named |= {("types", name): name for name in description.get("types") or ()}
    for file, header in glance.headers(made).items():
        for where, name in named.items():
            if name not in header:
                text = f"{shown(name)}; no such column in {file}; {choices(name, header)}"
                yield Problem(("dataset", *where), text)


def _of_labels(made: Described) -> Iterator[Problem]:
    """Find stated classes that a small file does not have, where it has others.

    A label that is none of the classes is a fault of the data, which their reader tells.
    """
    stated = made.description["classes"] or ()
    found = glance.classes(made) if stated else []
    others = [label for label in found if label not in stated]
    for place, name in enumerate(stated):
        if others and name not in found:
            text = f"{shown(name)}; no such label in the data; {choices(name, found)}"
            yield Problem(("dataset", "classes", place), text)


def _guessed(made: Described) -> str | Problem:
    """Guess the task from the first values of the target; return a problem if it is not clear."""
    description = made.description
    form, where = description["format"], ("dataset", "task")
    accepted = f"accepted: {' or '.join(map(shown, TASKS))}"
    if description["classes"] or form == "images":
        return "classification"
    if form not in ("csv", "tsv"):
        return Problem(where, f"missing; {accepted}")
    named = by_part(description[form])
    part = "train" if "train" in named else "all"
    path = made.local(named[part])
    if not path and not description["address"]:
        at = ("dataset", form) if part == "all" else ("dataset", form, part)
        return Problem(at, _not_there(made, named[part]))
    if not path:
        return Problem(where, f"missing, and {shown(named[part])} is not there yet; {accepted}")
    if not path.is_file() or path.suffix == ".gz":
        return Problem(where, f"missing, and {shown(path.name)} is no plain file; {accepted}")
    try:
        values = glance.targets(path, description, FIRST_ROWS)
    except (DataError, OSError) as error:
        return Problem(where, f"missing, and cannot be guessed ({error}); {accepted}")
    if values and not any(map(_is_number, values)):
        return "classification"
    target = shown(description["target"])
    return Problem(where, f"missing, and the target {target} holds numbers; {accepted}")


def _not_there(made: Described, name: str) -> str:
    """Say that a file is in none of the folders, and name those in its own that are similar."""
    own = (made.folder / name).parent
    near = [file.name for file in sorted(own.glob("*")) if file.is_file()]
    of_data = [each for each in near if each not in DESCRIBING]
    folders = ", ".join(map(str, (own, *made.folders)))
    hint = choices(PurePosixPath(name).name, of_data)
    return f"{shown(name)}; no such file in {folders}, and task is not stated; {hint}"


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
