"""Claims of a report, as `study.yaml` states them: one class for each kind.

pydantic checks each claim by itself. `problems_of` finds what does not match the rest of the study,
such as a metric that is not defined for its task, or an unknown class.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    TypeAdapter,
    ValidationError,
)

from refashion import attributes, metrics
from refashion.attributes import PATH
from refashion.checks import consistency, curves
from refashion.errors import choices, shown
from refashion.quantities import MOST_CELLS, MOST_COLUMNS, MOST_ENTRIES
from refashion.reported import Printed, Reported, Stated, cells_of, lacks_percent_sign
from refashion.spec import metric_names
from refashion.spec.fields import Count, Heading, Id, Known, KnownClass, Positive, Strict, Text
from refashion.spec.problems import Problem, explain
from refashion.wording import counted

SplitName = Literal["train", "validation", "test"]

# Numbers of predictions, over all examples or those of one class.
COUNT_METRICS = ("errors", "correct")
CLASS_METRICS = ("precision", "recall", "f1_score", "support")
# Measures in numbers of examples.
EXAMPLE_COUNTS = (*COUNT_METRICS, "support")
# Number of errors between two classes, in both directions.
CONFUSION = "confusion"

# What the author's notebook printed; only its text says what was measured.
OUTPUT = "output"

AVERAGES = ("accuracy", "macro avg", "weighted avg")
# Columns of the log of any model; that of the metric goes by the task.
LOGGED = ("loss", "accuracy", "mae")
NOT_PRINTED = "-"
# A share above 1 may be a misprint; one above this is a percentage.
MOST_MISPRINTED = 2


class Statement(Strict):
    """The keys of all claims: an id, and the place in the source."""

    # `class` is a keyword of Python.
    model_config = ConfigDict(serialize_by_alias=True)

    id: Id
    where: Text = Field(description="section, figure or table of the source")
    quote: Text = Field(description="a few words of the source, verbatim")


class NumberClaim(Statement):
    """One number of a run: one of its metrics, or one that its notebook printed."""

    if TYPE_CHECKING:  # fields of one kind, properties of the other

        @property
        def metric(self) -> str: ...

        @property
        def of_class(self) -> str | None: ...

        @property
        def split(self) -> SplitName | None: ...

    run: Known
    reported: Stated
    tolerance: Positive = Field(
        description="largest difference that counts as equal, fixed before running"
    )
    mean_of: Count = Field(1, description="number of runs that the source gives the mean of")
    best_of: Count = Field(1, description="number of runs that the source gives the best of")
    statistic: Literal["mean", "sd", "sample_sd"] = Field(
        "mean",
        description="of the scores of all folds: their mean; their standard deviation, as NumPy's "
        "std; or with n - 1, as pandas' std",
    )
    fold: Count | None = Field(None, description="number of a single fold, from 1; null: all")

    @property
    def is_of_folds(self) -> bool:
        """Whether the number is not the score of the run, but one of its folds or their spread."""
        return self.fold is not None or self.statistic != "mean"

    @property
    def is_difference(self) -> bool:
        """Whether the number is by how much one run differs from another."""
        return False


class ValueClaim(NumberClaim):
    """One number that is computed from the predictions of a run."""

    kind: Literal["value"]
    metric: Text
    of_class: KnownClass | None = Field(None, alias="class", description="null: all classes")
    split: SplitName
    minus: Known | None = Field(
        None, description="another run, if the number is the difference: that of run minus this"
    )

    @property
    def is_difference(self) -> bool:
        """Whether the number is by how much one run differs from another."""
        return self.minus is not None


ATTRIBUTE = Field(
    pattern=f"^{PATH.pattern}$", description=f"as code writes it, such as {attributes.EXAMPLES}"
)


class AttributeClaim(NumberClaim):
    """One number that an estimator has learned: a fitted attribute, or an entry of one."""

    kind: Literal["value"]
    attribute: str = ATTRIBUTE

    @property
    def metric(self) -> str:
        """Name of what was measured."""
        return self.attribute

    @property
    def of_class(self) -> None:
        """The number is of no class, or its name says of which."""
        return

    @property
    def split(self) -> None:
        """The number is of no split."""
        return


class TextClaim(Statement):
    """A fitted attribute that is a text, such as the best kernel."""

    kind: Literal["text"]
    run: Known
    attribute: str = ATTRIBUTE
    reported: Text = Field(description="the text, such as rbf, True or None")


class OutputClaim(NumberClaim):
    """One number that the author's notebook printed."""

    kind: Literal["output"]
    quote: Text = Field(description="the printed line, or a part of it; it finds the line again")
    cell: Count = Field(description="which cell of code, from 1")
    line: Count = Field(description="which line of what the cell printed, from 1; no empty ones")
    number: Count = Field(1, description="which number of the line, from 1")

    @property
    def metric(self) -> str:
        """Name of what was measured, as far as it is known."""
        return OUTPUT

    @property
    def of_class(self) -> None:
        """The number is of no class that is known."""
        return

    @property
    def split(self) -> None:
        """The number is of no split that is known."""
        return


Cells = Annotated[tuple[Text, ...], Field(min_length=1, max_length=MOST_COLUMNS)]


class TableClaim(Statement):
    """Many numbers: rows of cells separated by blanks or listed, with "-" for an empty cell.

    They are numbers of one run, or with the table `runs`, a row is a run and a column is a metric.
    """

    kind: Literal["table"]
    run: Known | None = Field(None, description="left out for the table runs, whose rows are runs")
    table: Literal["classification_report", "confusion_matrix", "history", "runs", "output"]
    split: SplitName | None = Field(None, description="null: for a history or an output")
    cell: Count | None = Field(None, description="for an output: which cell of code, from 1")
    line: Count | None = Field(None, description="for an output: line of its first row, from 1")
    columns: Annotated[tuple[Heading, ...], Field(min_length=1, max_length=MOST_COLUMNS)]
    rows: Annotated[dict[str, Text | Cells], Field(min_length=1, max_length=MOST_ENTRIES)]
    tolerance: Positive | Annotated[dict[str, Positive], Field(min_length=1)] = Field(
        description="largest difference that counts as equal, for all columns or for each"
    )
    mean_of: Count = Field(1, description="number of runs that the source gives the means of")

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Yield row, column and printed number of every cell that is not empty."""
        for row, line in self.rows.items():
            for column, text in zip(self.columns, cells_of(line), strict=True):
                if text != NOT_PRINTED:
                    yield row, column, text

    def run_of(self, row: str) -> str:
        """Return the run that a row is about."""
        return row if self.run is None else self.run

    def tolerance_of(self, column: str) -> float:
        """Return the tolerance of a column."""
        return self.tolerance[column] if isinstance(self.tolerance, dict) else self.tolerance


class OrderingClaim(Statement):
    """One run is better than each of several others."""

    kind: Literal["ordering"]
    run: Known
    than: Annotated[tuple[Known, ...], Field(min_length=1, max_length=MOST_ENTRIES)]
    metric: Text
    of_class: KnownClass | None = Field(None, alias="class", description="null: all classes")
    split: SplitName


class ExtremeClaim(Statement):
    """One class, or one pair of classes, has the highest or lowest value."""

    kind: Literal["extreme"]
    run: Known
    metric: Literal["precision", "recall", "f1_score", "support", "confusion"]
    of_class: KnownClass | None = Field(None, alias="class")
    classes: tuple[KnownClass, KnownClass] | None = Field(
        None, description="a pair of classes, with the metric confusion"
    )
    split: SplitName
    extreme: Literal["highest", "lowest"]


class CurveClaim(Statement):
    """A property of a training history."""

    kind: Literal["curve"]
    run: Known
    property: Text = Field(description="a function in src/refashion/checks/curves.py")
    settings: dict[str, JsonValue] = Field(description="all settings of the function")
    against: Known | None = Field(
        None, description="the other run, for a property that compares two runs"
    )


class Doubt(Strict):
    """Two readings of a source: with one its numbers contradict each other, with the other not."""

    contradicts_if: Text = Field(description="the first reading, as the end of a sentence")
    agrees_if: Text = Field(description="the second reading, as the end of a sentence")


class ConsistencyClaim(Statement):
    """Numbers of the source that must be consistent with each other."""

    kind: Literal["consistency"]
    check: Text = Field(description="a function in src/refashion/checks/consistency")
    numbers: dict[str, JsonValue] = Field(description="all arguments of the function, as printed")
    doubt: Doubt | None = Field(
        None, description="readings of the source that decide whether this is a contradiction"
    )
    same_cause_as: Id | None = Field(
        None, description="id of the check that stands for a contradiction with several places"
    )

    def found(self) -> consistency.Finding:
        """Check whether the numbers agree."""
        return consistency.function(self.check)(**self.numbers)


class AuditedCheck(ConsistencyClaim):
    """A check that the audit of the source made, and that the study does not state."""

    title: Text = Field(description="what is asked, as a heading")
    line: int = Field(description="line of the document that a reader should look at")
    found_by: Literal["audit"] = "audit"


class CostClaim(Statement):
    """An ordering of times, or a stated time, which is shown but not judged."""

    kind: Literal["cost"]
    run: Known
    measure: Literal["fit_seconds", "seconds_per_epoch"]
    slower_than: tuple[Known, ...] = Field((), description="runs that take less time")
    reported: Printed | None = Field(None, description="a stated time")
    unit: Literal["seconds", "minutes", "hours"] | None = Field(
        None, description="unit of the stated time"
    )


def _tag_of(value: Any) -> str:
    """Tell claims apart by their kind, and numbers by what they are numbers of."""
    if isinstance(value, dict):
        is_attribute = value.get("kind") == "value" and "attribute" in value
        return "attribute" if is_attribute else str(value.get("kind"))
    return "attribute" if isinstance(value, AttributeClaim) else str(getattr(value, "kind", ""))


Claim = Annotated[
    Annotated[ValueClaim, Tag("value")]
    | Annotated[AttributeClaim, Tag("attribute")]
    | Annotated[TextClaim, Tag("text")]
    | Annotated[TableClaim, Tag("table")]
    | Annotated[OrderingClaim, Tag("ordering")]
    | Annotated[ExtremeClaim, Tag("extreme")]
    | Annotated[CurveClaim, Tag("curve")]
    | Annotated[ConsistencyClaim, Tag("consistency")]
    | Annotated[CostClaim, Tag("cost")]
    | Annotated[OutputClaim, Tag("output")],
    Discriminator(_tag_of),
]
KINDS: dict[str, type[Statement]] = {
    "value": ValueClaim,
    "table": TableClaim,
    "ordering": OrderingClaim,
    "extreme": ExtremeClaim,
    "curve": CurveClaim,
    "consistency": ConsistencyClaim,
    "cost": CostClaim,
    "output": OutputClaim,
    "text": TextClaim,
}
CLAIM: TypeAdapter[Claim] = TypeAdapter(Claim)


class Untestable(Strict):
    """A statement that no run can test."""

    where: Text
    quote: Text
    why: Text = Field(description="one sentence")


def runs_of(claim: Claim) -> tuple[str, ...]:
    """Return the runs that a claim mentions, starting with the one that it is about."""
    match claim:
        case ConsistencyClaim():
            return ()
        case OrderingClaim():
            return (claim.run, *claim.than)
        case CostClaim():
            return (claim.run, *claim.slower_than)
        case CurveClaim(against=str(other)) | ValueClaim(minus=str(other)):
            return (claim.run, other)
        case TableClaim(run=None):
            return tuple(claim.rows)
    return (str(claim.run),)


def metrics_of(claim: Claim) -> tuple[str, ...]:
    """Return the metrics of runs that a claim is about."""
    match claim:
        case ValueClaim() | OrderingClaim():
            return (claim.metric,)
        case TableClaim(table="runs"):
            return tuple(claim.columns)
    return ()


@dataclass(frozen=True)
class KnownNames:
    """Names in a study that claims may refer to.

    A field is None if a mistake elsewhere in the study makes the names unknown.

    Attributes
    ----------
    runs
        Names of the runs.
    classes
        Names of the classes; empty for a regression.
    task
        "classification" or "regression".
    splits
        Names of the splits.
    scored
        Names of the splits with class probabilities.
    notebooks
        Number of cells of code in a notebook, by run.
    folds
        Number of folds; 0 without folds.
    logged
        Further columns of the training log, by run; None for any.
    """

    runs: Sequence[str] | None
    classes: Sequence[str] | None
    task: str | None
    splits: Sequence[str]
    scored: Sequence[str]
    notebooks: Mapping[str, int] | None = None
    folds: int = 0
    logged: Mapping[str, Sequence[str] | None] = field(default_factory=dict)

    def columns_of_log(self, run: str | None) -> list[str] | None:
        """Return the columns that the training log of a run may have; None for any."""
        further = self.logged.get(str(run), ())
        names = None if further is None else [*LOGGED, *further]
        return names and [*names, *(f"val_{name}" for name in names)]

    def context(self) -> dict[str, Sequence[str] | None]:
        """Return the names by field, as a validation context for `Known`."""
        runs = dict.fromkeys(("run", "than", "against", "slower_than", "minus"), self.runs)
        return {**runs, **dict.fromkeys(("of_class", "classes"), self.classes)}


def problems_of(claims: object, known: KnownNames) -> Iterator[Problem]:
    """Find all problems in the claims of a study.

    Parameters
    ----------
    claims
        Content of the file under `claims`.
    known
        Names in the rest of the study.
    """
    used: set[str] = set()
    listed = claims if isinstance(claims, list) else []
    is_faulty = False
    for number, data in enumerate(listed):
        for where, text in _problems(data, known, used):
            is_faulty = True
            yield Problem(("claims", number, *where), text)
    if not is_faulty:
        yield from _of_causes(listed)


def _problems(data: object, known: KnownNames, used: set[str]) -> Iterator[Problem]:
    if not isinstance(data, dict):
        keys = ", ".join(["id", "where", "quote", "kind"])
        yield Problem((), f"{shown(data)}; accepted: a mapping with the keys {keys}")
        return
    name, kind = data.get("id"), data.get("kind")
    if isinstance(name, str) and name in used:
        yield Problem(("id",), f"{shown(name)}; used twice; accepted: a unique id")
    used.add(str(name))
    if "kind" not in data:
        yield Problem(("kind",), f"missing; accepted: one of {', '.join(map(shown, KINDS))}")
    elif not isinstance(kind, str) or kind not in KINDS:
        yield Problem(("kind",), f"{shown(kind)}; {choices(str(kind), KINDS)}")
    else:
        is_attribute = kind == "value" and "attribute" in data
        yield from _of_kind(data, AttributeClaim if is_attribute else KINDS[kind], known)


def _of_kind(data: dict, model: type[Statement], known: KnownNames) -> Iterator[Problem]:
    try:
        claim = model.model_validate_json(json.dumps(data), context=known.context())
    except ValidationError as error:
        yield from explain(error, data, model.model_json_schema())
        return
    match claim:
        case ValueClaim():
            faults = [*_of_measured(claim, known, with_counts=True)]
            yield from faults
            yield from _of_folds(claim, known)
            yield from _of_several(claim)
            yield from _of_difference(claim)
            if not faults:
                yield from _of_percent(claim.metric, claim.reported, claim.quote, ("reported",))
        case AttributeClaim():
            yield from _of_attribute(claim.run, known)
            yield from _of_folds(claim, known)
            yield from _of_several(claim)
        case TextClaim():
            yield from _of_attribute(claim.run, known)
        case OutputClaim():
            yield from _of_output(claim.run, claim.cell, known)
            yield from _of_several(claim)
            yield from _of_percent(OUTPUT, claim.reported, claim.quote, ("reported",))
            unit = 2 * Reported.parse(claim.reported).half_unit
            if claim.tolerance < unit * (1 - 1e-9):  # both numbers are rounded to it
                text = f"{claim.tolerance:g}; accepted: at least {unit:g}, a unit of the last digit"
                yield Problem(("tolerance",), text)
        case OrderingClaim():
            yield from _of_measured(claim, known, with_counts=False)
            yield from _not_itself(claim.run, claim.than, "than")
        case TableClaim():
            yield from _of_table(claim, known)
        case ExtremeClaim():
            yield from _of_extreme(claim, known)
        case CurveClaim():
            yield from _of_curve(claim, known)
        case ConsistencyClaim():
            yield from _of_check(claim)
        case CostClaim():
            yield from _of_cost(claim)


def _of_several(claim: NumberClaim) -> Iterator[Problem]:
    if claim.mean_of > 1 and claim.best_of > 1:
        text = f"{claim.best_of}; the number is also the mean of {claim.mean_of}"
        yield Problem(("best_of",), f"{text}; accepted: either best_of or mean_of")


def _of_percent(metric: str, text: str, quote: str, where: tuple[str, ...]) -> Iterator[Problem]:
    """Find percentages without their sign, which would be taken for a hundred times the share.

    A metric in the unit of the target may be a number of percent, and what an estimator has learned
    too, so only shares and printed numbers are checked.
    """
    reported, name = Reported.parse(text), metric.removeprefix("val_")
    is_share = name in CLASS_METRICS[:3] or metrics.is_at_most_one(name)
    if reported.percent or not (is_share or metric == OUTPUT):
        return
    accepted = f"accepted: {shown(f'{text} %')}"
    if lacks_percent_sign(text, quote):
        text = f"{shown(text)}; a percentage, as the quote shows, without its sign; {accepted}"
        yield Problem(where, text)
    elif is_share and (reported.value if name == "r2" else abs(reported.value)) > MOST_MISPRINTED:
        yield Problem(
            where, f"{shown(text)}; {metric} is at most 1; if it is in percent, {accepted}"
        )


def _of_difference(claim: ValueClaim) -> Iterator[Problem]:
    if claim.minus is None:
        return
    yield from _not_itself(claim.run, [claim.minus], "minus")
    text = "the number is a difference of runs; accepted: leave it out"
    if claim.best_of > 1:
        yield Problem(("best_of",), f"{claim.best_of}; {text}")
    for key in ("fold", "statistic"):
        if claim.is_of_folds and key in claim.model_fields_set:
            yield Problem((key,), f"{shown(getattr(claim, key))}; {text}")


def _of_output(run: str, cell: int, known: KnownNames) -> Iterator[Problem]:
    """Find claims about what no notebook can have printed."""
    if known.notebooks is None or (known.runs is not None and run not in known.runs):
        return
    if run not in known.notebooks:
        able = [*known.notebooks]
        text = f"{shown(run)}; a run with a model prints nothing; {choices(run, able)}"
        yield Problem(("run",), text)
    elif cell > (n := known.notebooks[run]):
        yield Problem(("cell",), f"{cell}; the notebook has {n} cells of code; accepted: 1 to {n}")


def _of_attribute(run: str, known: KnownNames) -> Iterator[Problem]:
    """Find claims about what an author's notebook has learned, of which nothing is kept."""
    if run in (known.notebooks or ()):
        able = [name for name in known.runs or () if name not in (known.notebooks or ())]
        text = f"{shown(run)}; of a notebook, only what it prints is known; {choices(run, able)}"
        yield Problem(("run",), text)


def _of_measured(
    claim: ValueClaim | OrderingClaim, known: KnownNames, with_counts: bool
) -> Iterator[Problem]:
    counts = _counts(known) if with_counts else ()
    if claim.of_class is not None:
        accepted = [*CLASS_METRICS, *counts]
    elif known.task is None:
        return
    elif with_counts:
        accepted = [*metrics.names(known.task), *counts]
    else:
        accepted = metrics.names(known.task)
    if claim.metric not in accepted:
        hint = metric_names.choices(claim.metric, accepted, len(known.classes or ()))
        yield Problem(("metric",), f"{shown(claim.metric)}; {hint}")
        return
    yield from _of_number_of_classes(claim.metric, "metric", known)
    yield from _of_split(claim.split, claim.metric, known)


def _of_folds(claim: ValueClaim | AttributeClaim, known: KnownNames) -> Iterator[Problem]:
    if not claim.is_of_folds:
        return
    key = "fold" if claim.fold is not None else "statistic"
    value = shown(getattr(claim, key))
    if not known.folds:
        text = f"{value}; the study has no folds; accepted: leave it out, or split: {{folds: ...}}"
        yield Problem((key,), text)
    elif claim.fold is not None and claim.fold > known.folds:
        yield Problem((key,), f"{value}; accepted: a whole number from 1 to {known.folds:,}")
    if claim.fold is not None and claim.statistic != "mean":
        text = f"{shown(claim.statistic)}; a single fold has no spread; accepted: mean"
        yield Problem(("statistic",), text)
    if isinstance(claim, AttributeClaim) and claim.statistic != "mean":
        text = f"{shown(claim.statistic)}; only scores have a spread over folds; accepted: mean"
        yield Problem(("statistic",), text)
    if claim.of_class is not None or claim.metric in COUNT_METRICS:
        text = f"{value}; folds are scored by metrics of all classes; accepted: leave it out"
        yield Problem((key,), text)


def _of_number_of_classes(metric: str, key: str, known: KnownNames) -> Iterator[Problem]:
    """Find metrics that are not defined for as many classes as the study has."""
    record, n = metrics.METRICS.get(metric), len(known.classes or ())
    if record is None or record.is_usual or record.task != "classification" or not n:
        return
    if not metric_names.is_defined(metric, n):
        able = [m for m in metrics.names("classification") if metric_names.is_defined(m, n)]
        hint = metric_names.choices(metric, able, n)
        text = f"{shown(metric)}; not defined for the {n} classes of the study; {hint}"
        yield Problem((key,), text)


def _counts(known: KnownNames) -> Sequence[str]:
    return () if known.task == "regression" else COUNT_METRICS


def _of_split(split: str, metric: str, known: KnownNames) -> Iterator[Problem]:
    if split not in known.splits:
        accepted = ", ".join(map(shown, known.splits))
        text = f"{shown(split)}; the study has none; accepted: one of {accepted}"
        yield Problem(("split",), text)
        return
    record = metrics.METRICS.get(metric)
    if record and record.of == "probabilities" and split not in known.scored:
        text = (
            f"{split!r}; {metric} needs class probabilities, which are kept only for the test "
            "split; accepted: 'test', or 'train' with train_score: true"
        )
        yield Problem(("split",), text)


def _of_table(claim: TableClaim, known: KnownNames) -> Iterator[Problem]:
    if claim.table == "runs" and claim.run is not None:
        text = f"{shown(claim.run)}; every row of this table is a run; accepted: leave it out"
        yield Problem(("run",), text)
    elif claim.table != "runs" and claim.run is None:
        names = ", ".join(known.runs or ()) or "the name of a run"
        yield Problem(("run",), f"missing; accepted: {names}")
    if claim.table in ("history", OUTPUT) and claim.split is not None:
        noun = "a history" if claim.table == "history" else "an output"
        text = f"{shown(claim.split)}; {noun} has no split; accepted: leave it out"
        yield Problem(("split",), text)
    elif claim.table not in ("history", OUTPUT) and claim.split is None:
        yield Problem(("split",), "missing; accepted: one of 'train', 'validation', 'test'")
    elif claim.split:
        measured = claim.columns if claim.table == "runs" else (claim.table,)
        for metric in measured:
            yield from _of_number_of_classes(metric, "columns", known)
            yield from _of_split(claim.split, metric, known)
    yield from _of_place(claim, known)
    if len(claim.columns) * len(claim.rows) > MOST_CELLS:
        text = f"{len(claim.columns)} columns of {len(claim.rows):,} rows"
        yield Problem(("rows",), f"{text}; accepted: at most {MOST_CELLS:,} cells in total")
        return
    columns, rows = _headings(claim, known)
    for place, column in enumerate(claim.columns):
        if columns is not None and column not in columns:
            hint = metric_names.choices(column, columns, len(known.classes or ()))
            yield Problem(("columns", place), f"{shown(column)}; {hint}")
    faults: list[Problem] = []
    for row in claim.rows:
        if rows is not None and row not in rows:
            yield Problem(("rows", row), f"no such row; {choices(row, rows)}")
        elif claim.table == "history" and not re.fullmatch("[1-9][0-9]{0,6}", row):
            text = "not an epoch; accepted: a whole number from 1 to 9,999,999"
            yield Problem(("rows", row), text)
        else:
            faults += _of_cells(claim, row)
    yield from _once(faults)
    if isinstance(claim.tolerance, dict):
        for column in claim.columns:
            if column not in claim.tolerance:
                yield Problem(("tolerance", column), "missing; accepted: a number")
        for column in claim.tolerance:
            if column not in claim.columns:
                yield Problem(
                    ("tolerance", column), f"no such column; {choices(column, claim.columns)}"
                )


def _of_place(claim: TableClaim, known: KnownNames) -> Iterator[Problem]:
    """Find tables of an output without their place, and others with one."""
    for key in ("cell", "line"):
        given = getattr(claim, key)
        if claim.table == OUTPUT and given is None:
            yield Problem((key,), "missing; accepted: a whole number from 1 to 1,000,000")
        elif claim.table != OUTPUT and given is not None:
            yield Problem((key,), f"{given}; only for the table output; accepted: leave it out")
    if claim.table == OUTPUT and claim.run is not None and claim.cell is not None:
        yield from _of_output(claim.run, claim.cell, known)


def _headings(
    claim: TableClaim, known: KnownNames
) -> tuple[Sequence[str] | None, Sequence[str] | None]:
    """Names that the columns and rows of a table may have; None for no restriction."""
    table = claim.table
    if table == "history":
        return known.columns_of_log(claim.run), None
    if table == OUTPUT:
        return None, None
    if table == "confusion_matrix":
        return known.classes, known.classes
    if table == "runs":
        return known.task and [*metrics.names(known.task), *_counts(known)], known.runs
    return CLASS_METRICS, known.classes and [*known.classes, *AVERAGES]


def _of_cells(claim: TableClaim, row: str) -> Iterator[Problem]:
    line, where = claim.rows[row], ("rows", row)
    cells = cells_of(line)
    if len(cells) != len(claim.columns):
        n = len(claim.columns)
        text = f"{shown(line)}; {counted(len(cells), 'cell')}; accepted: {n}, one for each column"
        yield Problem(where, f"{text}, separated by blanks")
        return
    for column, cell in zip(claim.columns, cells, strict=True):
        if cell != NOT_PRINTED:
            try:
                Reported.parse(cell)
            except ValueError as error:
                yield Problem(where, f"{error}, or '-' for a cell that is not printed")
            else:
                metric = OUTPUT if claim.table == OUTPUT else column
                yield from _of_percent(metric, cell, claim.quote, where)


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Keep the first problem of each kind: what is wrong with a row is often so in all of them."""
    alike: dict[str, list[Problem]] = {}
    for problem in problems:
        kind = re.sub("'[^']*'", "", problem.text)
        alike.setdefault(kind, []).append(problem)
    for first, *others in alike.values():
        n = len({problem.where for problem in others} - {first.where})
        more = f" (the same in {counted(n, 'more row')})" if n else ""
        yield Problem(first.where, f"{first.text}{more}")


def _of_extreme(claim: ExtremeClaim, known: KnownNames) -> Iterator[Problem]:
    is_pair = claim.metric == CONFUSION
    needed, other = ("classes", "of_class") if is_pair else ("of_class", "classes")
    if getattr(claim, needed) is None:
        names = "a list of two classes" if is_pair else "the name of a class"
        yield Problem((_key(needed),), f"missing with {claim.metric}; accepted: {names}")
    if getattr(claim, other) is not None:
        text = f"not allowed with {claim.metric}; accepted: only {_key(needed)}"
        yield Problem((_key(other),), text)
    yield from _of_split(claim.split, claim.metric, known)


def _key(field: str) -> str:
    return "class" if field == "of_class" else field


def _of_curve(claim: CurveClaim, known: KnownNames) -> Iterator[Problem]:
    yield from _of_keywords(claim.property, claim.settings, curves, "property", "settings")
    column = claim.settings.get("column")
    for run in filter(None, (claim.run, claim.against)):
        columns = known.columns_of_log(run)
        if column in curves.COLUMNS and columns is not None and column not in columns:
            text = f"{shown(column)}; the log of {run} does not have it"
            yield Problem(("settings", "column"), f"{text}; {choices(str(column), columns)}")
    if claim.property in curves.names():
        compares = curves.is_comparison(claim.property)
        if compares and claim.against is None:
            text = f"missing; {claim.property} compares two runs; accepted: the other run"
            yield Problem(("against",), text)
        if not compares and claim.against is not None:
            text = (
                f"{shown(claim.against)}; {claim.property} is a property of one run; "
                "accepted: leave it out"
            )
            yield Problem(("against",), text)
    yield from _not_itself(claim.run, [claim.against], "against")


def _of_check(claim: ConsistencyClaim) -> Iterator[Problem]:
    faults = list(_of_keywords(claim.check, claim.numbers, consistency, "check", "numbers"))
    yield from faults
    if not faults:
        try:  # only the calculation shows if the numbers contradict each other
            agrees = claim.found().agrees
        except ValueError as error:
            yield Problem(("numbers",), f"{error}")
        except ArithmeticError:
            text = "too large or too small to calculate with; accepted: numbers of a report"
            yield Problem(("numbers",), f"{shown(claim.numbers)}; {text}")
        else:
            for key in ("doubt", "same_cause_as"):
                if agrees and getattr(claim, key) is not None:
                    text = "the numbers agree; accepted: leave it out"
                    yield Problem((key,), text)


def _of_causes(listed: Sequence[dict[str, Any]]) -> Iterator[Problem]:
    """Find checks that share the cause of no contradiction that stands for itself."""
    checks = {
        number: ConsistencyClaim.model_validate_json(json.dumps(data))
        for number, data in enumerate(listed)
        if data["kind"] == "consistency"
    }
    sharing = {number: claim for number, claim in checks.items() if claim.same_cause_as}
    heads = [
        claim
        for claim in checks.values()
        if sharing and not claim.same_cause_as and not claim.found().agrees
    ]
    for number, claim in sharing.items():
        alike = [head.id for head in heads if (head.doubt is None) == (claim.doubt is None)]
        if claim.same_cause_as not in alike:
            kind = "contradiction" if claim.doubt is None else "doubtful contradiction"
            text = f"{shown(claim.same_cause_as)}; no {kind} that stands for itself"
            text = f"{text}; {choices(claim.same_cause_as, alike)}"
            yield Problem(("claims", number, "same_cause_as"), text)


def _of_keywords(
    name: str, given: Mapping[str, Any], library: ModuleType, key: str, keywords: str
) -> Iterator[Problem]:
    """Find problems in the name of a property or check, and in its keywords."""
    if name not in library.names():
        yield Problem((key,), f"{shown(name)}; {choices(name, library.names())}")
        return
    fields = library.settings_model(name)
    try:
        fields.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        for where, text in explain(error, given, fields.model_json_schema()):
            yield Problem((keywords, *where), text)


def _of_cost(claim: CostClaim) -> Iterator[Problem]:
    stated = claim.reported is not None
    if stated == bool(claim.slower_than):
        text = "accepted: either slower_than, a list of runs, or reported with its unit"
        yield Problem(("slower_than",), f"{shown(list(claim.slower_than))}; {text}")
    if stated and claim.unit is None:
        yield Problem(("unit",), "missing; accepted: one of 'seconds', 'minutes', 'hours'")
    yield from _not_itself(claim.run, claim.slower_than, "slower_than")


def _not_itself(run: str, others: Sequence[str | None], key: str) -> Iterator[Problem]:
    if run in others:
        yield Problem((key,), f"{shown(run)}; compares a run with itself; accepted: other runs")
