"""Runs that are not executed here as models: programs of the user's, and results that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from glob import escape
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from refashion.data import single_values
from refashion.data.single_values import SEED, seed_pattern
from refashion.errors import DataError, choices, did_you_mean, shown
from refashion.metrics import METRICS
from refashion.quantities import LONGEST_TEXT, MOST_ENTRIES
from refashion.spec.fields import Count, Examples, Group, Heading, Minutes, Strict, Text, Title
from refashion.spec.problems import Problem

Split = Literal["train", "validation", "test"]
Kind = Literal["true", "pred"]
SETTING = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
# What a command may contain in braces besides the names of its settings.
PLACES = ("seed", "output")
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def _inside(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name:
        raise ValueError("accepted: the name of a file below the folder of the study or data_dirs")
    if name.count(SEED) > 1:
        raise ValueError(f"accepted: {SEED} once")
    return name


def _pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError("accepted: a JSON pointer, which starts with /, such as /test/accuracy")
    return text


def _metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(choices(name, METRICS))
    return name


def _several(value: Any) -> Any:
    return (
        (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    )


FileName = Annotated[Title, AfterValidator(_inside)]
Files = Annotated[
    tuple[FileName, ...],
    Field(min_length=1, max_length=MOST_ENTRIES),
    BeforeValidator(_several, json_schema_input_type=str | list[str]),
]
Word = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")]
Setting = Annotated[str, Field(pattern=SETTING)]


class ValueOfSeed(Strict):
    """A number of every seed, in a file of JSON or CSV."""

    metric: Annotated[Title, AfterValidator(_metric)] = Field(description="name of the metric")
    split: Split = "test"
    file: FileName = Field(description="name of the file; {seed} stands for the seed")
    pointer: Annotated[Word, AfterValidator(_pointer)] | None = Field(
        None, description="for JSON: pointer (RFC 6901) to a number, or to one for each seed"
    )
    column: Heading | None = Field(None, description="for CSV: the column with the values")
    where: dict[Title, Heading] = Field({}, description="values of other columns that choose rows")
    row: Count | None = Field(None, description="the only row that counts, from 1")
    seed: Heading | None = Field(None, description="column that names the seeds")
    percent: bool = Field(False, description="whether 91.5 stands for 0.915")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.pointer is None) == (self.column is None):
            raise ValueError("accepted: either pointer (JSON) or column (CSV)")
        if self.pointer is not None and (self.where or self.row or self.seed):
            raise ValueError("accepted: where, row and seed only with column")
        return self

    def read(self, path: Path) -> dict[int, float]:
        """Read the values of a file by seed; see `refashion.data.single_values`.

        Raises
        ------
        DataError
            They are not there, or are no numbers that the metric can have.
        """
        if self.pointer is not None:
            found = single_values.from_json(path, self.pointer)
        else:
            assert self.column is not None
            place = self.column, self.where, self.row, self.seed
            found = single_values.from_table(path, *place)
        scaled = {seed: value / 100 if self.percent else value for seed, value in found.items()}
        for value in scaled.values():
            check_value(self.metric, value, path.name, self.percent)
        return scaled


def check_value(metric: str, value: float, place: str, is_percent: bool = True) -> None:
    """Check that a metric can have a value.

    Raises
    ------
    DataError
        It is a share of examples, and the value lies outside 0 to 1.
    """
    if METRICS[metric].is_proportion and (value < 0 or value > 1):
        hint = "" if is_percent else ", or `percent: true`"
        raise DataError(f"{place}: {metric} {value:g}; accepted: from 0 to 1{hint}")


class ResultFiles(Strict):
    """Files with results that are there, for every seed."""

    predictions: Files | None = Field(
        None,
        description="files (.csv, .npz) with answers: a name with {seed}, or one for each seed",
    )
    columns: dict[Kind, Heading] = Field(
        {}, description="names of columns or arrays that are not called true and pred"
    )
    split: Split = Field("test", description="split of answers for which the file states none")
    history: Files | None = Field(None, description="files (.csv) with a training log")
    values: Annotated[tuple[ValueOfSeed, ...], Field(max_length=MOST_ENTRIES)] = ()
    sha256: dict[FileName, Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")]] = Field(
        {}, description="checksums that files have to have, by name"
    )

    @model_validator(mode="after")
    def _anything(self) -> Self:
        if not (self.predictions or self.values):
            raise ValueError("accepted: predictions, values, or both")
        named = [(value.split, value.metric) for value in self.values]
        if len(set(named)) < len(named):
            raise ValueError("accepted: each metric of a split once under values")
        return self


class Outside(Strict):
    """What a run has in place of a model."""

    command: tuple[str, ...] | None = None
    results: ResultFiles | None = None
    seeds: tuple[int, ...] | None = None
    examples: int | None = None
    same_examples: bool = False


class _OutsideRun(Strict):
    title: Title
    group: Group
    minutes: Minutes = Field(
        0.1, description="rough duration on one core, in minutes; long runs start first"
    )
    examples: Examples | None = Field(
        None, description="number of test examples behind values without predictions"
    )
    same_examples: bool = Field(
        False, description="whether these are the very test examples of the source"
    )
    assumes: dict[str, Text] = Field(
        {}, description="settings that the source does not state, and why this value"
    )

    @property
    def preprocess(self) -> None:
        """It is done elsewhere."""
        return


class CommandRun(_OutsideRun):
    """A run that executes a program of the user's."""

    command: Annotated[tuple[Word, ...], Field(min_length=1, max_length=1_000)] = Field(
        description="words of a command; {seed}, {output} and {<setting>} are replaced"
    )
    settings: dict[Setting, JsonValue] = Field(
        {}, description="settings that the program finds in its environment and in a JSON file"
    )

    @property
    def model(self) -> str:
        """The command stands for the model."""
        return shlex.join(self.command)

    def outside(self) -> Outside:
        """Return what the run has in place of a model."""
        return Outside(
            command=self.command, examples=self.examples, same_examples=self.same_examples
        )


class ResultsRun(_OutsideRun):
    """A run whose results are there."""

    results: ResultFiles = Field(description="files in the folder of the study or in data_dirs")
    settings: dict[str, JsonValue] = Field({}, description="settings with which they were made")

    @property
    def model(self) -> str:
        """The names of the files stand for the model."""
        files = [*(self.results.predictions or ()), *(each.file for each in self.results.values)]
        return ", ".join(dict.fromkeys(files))

    def outside(self, seeds: Iterable[int] = ()) -> Outside:
        """Return what the run has in place of a model, with the seeds that are there."""
        return Outside(
            results=self.results,
            seeds=tuple(sorted(seeds)),
            examples=self.examples,
            same_examples=self.same_examples,
        )


OutsideRun = CommandRun | ResultsRun


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
        place = next((f / name for f in folders if _is_there(f / name, f, folders[0])), None)
        if place is None:
            raise AbsentError(where, f"{shown(name)}; no such file in {_folders(folders)}")
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
            if not match or not _is_there(path, folder, folders[0]):
                continue
            seed = int(match["seed"])
            if seed in found:
                text = f"seed {seed} has two files, {found[seed][0]} and {own}"
                raise AbsentError(where, f"{shown(name)}; {text}; accepted: one")
            found[seed] = own, path
        if found:
            return found
    raise AbsentError(where, f"{shown(name)}; no such files in {_folders(folders)}")


def _is_there(path: Path, folder: Path, study: Path) -> bool:
    """Whether there is a file. A study, which may be somebody else's, links to no other places."""
    is_own = folder != study or path.resolve().is_relative_to(folder.resolve())
    return is_own and path.is_file()


def _folders(folders: Sequence[Path]) -> str:
    others = " or data_dirs" if len(folders) > 1 else ", and data_dirs names no folder"
    return f"{folders[0]}{others}"


def _listed(seeds: Iterable[int]) -> str:
    ordered = sorted(seeds)
    text = ", ".join(map(str, ordered[:10])) + (", ..." if len(ordered) > 10 else "")
    return f"seed{'s' * (len(ordered) > 1)} {text}"


def problems_of(
    name: str,
    run: OutsideRun,
    stated: Mapping[str, Any],
    folders: Sequence[Path],
    commands: tuple[str, ...] | None,
    n_folds: int,
) -> tuple[list[Problem], list[int]]:
    """Find the problems of a run, and the seeds that are there.

    Parameters
    ----------
    name, run
        The run, `like` resolved.
    stated
        The run as the file states it.
    folders
        See `find_results`.
    commands
        Programs that `config.yaml` allows; None if it is not known.
    n_folds
        Number of folds of the study; 0 without folds.
    """
    problems, seeds = list(_not_for_outside(name, stated)), list[int]()
    key = "command" if isinstance(run, CommandRun) else "results"
    if n_folds:
        text = "a study with folds, which these results do not have"
        problems.append(Problem(("runs", name, key), f"{text}; accepted: a split without folds"))
    if "like" in stated:  # the rest is that of the other run, which is checked by itself
        problems += _setting_problems(name, run)
    if isinstance(run, CommandRun):
        problems += [] if "like" in stated else _command_problems(name, run, commands)
        return problems, seeds
    try:
        seeds = sorted(find_results(run.results, folders))
    except AbsentError as error:
        if "like" not in stated:
            problems.append(Problem(("runs", name, "results", *error.where), str(error)))
    return problems, seeds


def _not_for_outside(name: str, stated: Mapping[str, Any]) -> Iterator[Problem]:
    for key in ("model", "preprocess"):
        if "like" in stated and stated.get(key) is not None:
            text = f"the run {stated['like']} has no model; accepted: leave it out"
            yield Problem(("runs", name, key), text)


def _setting_problems(name: str, run: OutsideRun) -> Iterator[Problem]:
    if isinstance(run, CommandRun):
        for setting in run.settings:
            if not re.match(SETTING, setting):
                text = "accepted: letters, digits and _, not a digit first"
                yield Problem(("runs", name, "settings", setting), f"not a valid name; {text}")


def _command_problems(
    name: str, run: CommandRun, commands: tuple[str, ...] | None
) -> Iterator[Problem]:
    where = ("runs", name, "command")
    program = run.command[0]
    if commands is not None and program not in commands:
        listed = ", ".join([*commands, program])
        text = f"{shown(program)}; config.yaml allows {', '.join(commands) or 'no program'}"
        hint = did_you_mean(program, commands)
        yield Problem(where, f"{text}; if you trust it, write commands: [{listed}] there{hint}")
    known = [*PLACES, *run.settings]
    for place, word in enumerate(run.command):
        for found in _PLACE.findall(word):
            if found not in known:
                text = f"{shown('{' + found + '}')}; {choices(found, known)}"
                yield Problem((*where, place), text)
    shouted: dict[str, str] = {}
    for setting in run.settings:
        if (other := shouted.setdefault(setting.upper(), setting)) != setting:
            text = f"the same variable as {other}; accepted: names that differ by more than case"
            yield Problem(("runs", name, "settings", setting), text)


def filled(word: str, values: Mapping[str, str]) -> str:
    """Replace names in braces by their values; others stay as they are.

    Examples
    --------
    >>> filled("--seed={seed}", {"seed": "3"})
    '--seed=3'
    """
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), word)
