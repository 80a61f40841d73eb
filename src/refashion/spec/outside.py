"""Runs that are not executed here as models: programs of the user's, and results that are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, model_validator

from refashion.data import single_values
from refashion.data.single_values import SEED
from refashion.errors import DataError, choices
from refashion.metrics import METRICS
from refashion.quantities import LONGEST_TEXT, MOST_ENTRIES
from refashion.spec.fields import Count, Examples, Group, Heading, Minutes, Strict, Text, Title

Split = Literal["train", "validation", "test"]
Kind = Literal["true", "pred"]
SETTING = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"
# What a command may contain in braces besides the names of its settings.
PLACES = ("seed", "output")
NAMED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


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


def filled(word: str, values: Mapping[str, str]) -> str:
    """Replace names in braces by their values; others stay as they are.

    Examples
    --------
    >>> filled("--seed={seed}", {"seed": "3"})
    '--seed=3'
    """
    return NAMED.sub(lambda match: values.get(match[1], match[0]), word)
