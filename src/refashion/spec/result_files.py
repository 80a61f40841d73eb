"""Where the results of a run stand that are there: the files of every seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

from refashion.data.single_values import SEED, seed_pattern
from refashion.errors import DataError, choices, shown
from refashion.spec.outside import ResultFiles, ValueOfSeed


class SeedResults(NamedTuple):
    """The results of one seed.

    Attributes
    ----------
    files
        Paths of all files that they stand in, by the name in the study.
    predictions, history
        Names of the files with answers and with the training log, or None.
    values
        Single values, by split and metric.
    """

    files: dict[str, Path]
    predictions: str | None
    history: str | None
    values: dict[tuple[str, str], float]


class AbsentError(DataError):
    """Results that are not there, or not as described.

    Parameters
    ----------
    where
        The keys below `results` that lead to the problem.
    text
        The message.
    """

    def __init__(self, where: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.where = where


def find_results(results: ResultFiles, folders: Sequence[Path]) -> dict[int, SeedResults]:
    """Find the results of all seeds that are there.

    Parameters
    ----------
    results
        The files, as the study describes them.
    folders
        Folders to search: that of the study, whose files may be no links to places outside, and
        then `data_dirs`.

    Raises
    ------
    AbsentError
        A file is missing, a value cannot be read, or one part has other seeds than another.
    """
    parts: dict[tuple[str | int, ...], dict[int, Any]] = {}
    for key, names in (("predictions", results.predictions), ("history", results.history)):
        if names:
            parts[key,] = _files(names, folders, (key,))
    found = [_values(each, folders, place) for place, each in enumerate(results.values)]
    parts |= {("values", place): values for place, (values, _) in enumerate(found)}
    (first, seeds), *others = [(where, set(part)) for where, part in parts.items()]
    for where, own in others:
        if own != seeds:
            text = f"{_listed(own)}, but {_listed(seeds)} in {first[0]}"
            raise AbsentError(where, f"{text}; accepted: the same seeds in all parts")
    of_values = [files for _, files in found]
    complete = {seed: _of_seed(seed, results, parts, of_values) for seed in seeds}
    known = sorted({name for each in complete.values() for name in each.files})
    for name in results.sha256:
        if name not in known:
            raise AbsentError(("sha256", name), f"no such file here; {choices(name, known)}")
    return complete


def _of_seed(
    seed: int,
    results: ResultFiles,
    parts: Mapping[tuple[str | int, ...], Mapping[int, Any]],
    of_values: Sequence[Mapping[int, tuple[str, Path]]],
) -> SeedResults:
    own = [part[seed] for key in ("predictions", "history") if (part := parts.get((key,)))]
    own += [files[seed] for files in of_values]
    values: dict[tuple[str, str], float] = {
        (each.split, each.metric): parts["values", place][seed]
        for place, each in enumerate(results.values)
    }
    names = {key: part[seed][0] for (key, *_), part in parts.items() if key != "values"}
    return SeedResults(dict(own), names.get("predictions"), names.get("history"), values)


def _values(
    each: ValueOfSeed, folders: Sequence[Path], place: int
) -> tuple[dict[int, float], dict[int, tuple[str, Path]]]:
    """Read a value of every seed; also give the files in which they stand."""
    where = ("values", place)
    files = _files([each.file], folders, (*where, "file"))
    try:
        read = {seed: each.read(path) for seed, (_, path) in files.items()}
        if SEED not in each.file:
            (only,) = files.values()
            return read[0], dict.fromkeys(read[0], only)
        for seed, values in read.items():
            if len(values) > 1:
                text = f"{files[seed][0]}: {len(values)} values; accepted: one in each file"
                raise DataError(text)
    except DataError as error:
        raise AbsentError(where, str(error)) from None
    return {seed: next(iter(values.values())) for seed, values in read.items()}, files


def _files(
    names: Sequence[str], folders: Sequence[Path], where: tuple[str | int, ...]
) -> dict[int, tuple[str, Path]]:
    """Find the file of every seed: by a name with `{seed}`, or one name for each."""
    if len(names) == 1 and SEED in names[0]:
        return _by_pattern(names[0], folders, where)
    found = {}
    for seed, name in enumerate(names):
        place = next((f / name for f in folders if is_there(f / name, f, folders[0])), None)
        if place is None:
            raise AbsentError(where, f"{shown(name)}; no such file in {folders_text(folders)}")
        found[seed] = name, place
    return found


def _by_pattern(
    name: str, folders: Sequence[Path], where: tuple[str | int, ...]
) -> dict[int, tuple[str, Path]]:
    pattern, found = seed_pattern(name), dict[int, tuple[str, Path]]()
    for folder in folders:
        for path in sorted(folder.glob("*".join(map(escape, name.split(SEED))))):
            own = path.relative_to(folder).as_posix()
            match = pattern.fullmatch(own)
            if not match or not is_there(path, folder, folders[0]):
                continue
            seed = int(match["seed"])
            if seed in found:
                text = f"seed {seed} has two files, {found[seed][0]} and {own}"
                raise AbsentError(where, f"{shown(name)}; {text}; accepted: one")
            found[seed] = own, path
        if found:
            return found
    raise AbsentError(where, f"{shown(name)}; no such files in {folders_text(folders)}")


def is_there(path: Path, folder: Path, study: Path) -> bool:
    """Whether there is a file. A study, which may be somebody else's, links to no other places."""
    # A link to itself is no file, and cannot be resolved.
    is_file = path.is_file()
    return is_file and (folder != study or path.resolve().is_relative_to(folder.resolve()))


def folders_text(folders: Sequence[Path]) -> str:
    """Name the folders in which a file was looked for."""
    others = " or data_dirs" if len(folders) > 1 else ", and data_dirs names no folder"
    return f"{folders[0]}{others}"


def _listed(seeds: Iterable[int]) -> str:
    ordered = sorted(seeds)
    text = ", ".join(map(str, ordered[:10])) + (", ..." if len(ordered) > 10 else "")
    return f"seed{'s' * (len(ordered) > 1)} {text}"
