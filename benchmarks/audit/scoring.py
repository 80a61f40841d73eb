"""Comparison of audits with the reports that they are of."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.audit.drafts import Draft, Fact
from refashion.audit.audit import Audit, audit
from refashion.audit.checking.case import Case
from refashion.audit.checking.question import Answer
from refashion.audit.numbers import PrintedNumber
from refashion.audit.reading.models import key
from refashion.audit.reading.readings import (
    LayerTable,
    Log,
    Matrix,
    PrintedResult,
    PrintedTable,
    Report,
)
from refashion.audit.reading.vocabulary import metrics_in
from refashion.ledger.entry import Verdict

# Readings whose numbers are results.
RESULTS = (Report, Matrix, Log, PrintedTable, PrintedResult, LayerTable)
SAME_METRIC = {
    "log_loss": "loss",
    "f1_score": "f1",
    "f1-score": "f1",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
    "mean_absolute_error": "mae",
    "seconds_per_epoch": "seconds",
    "fit_seconds": "seconds",
}
_NUMBER = re.compile(r"[-+]?[\d.]+(?:e[-+]?\d+)?%?")


@dataclass
class Score:
    """What the audit of some reports gives.

    Attributes
    ----------
    reports
        Their number.
    facts, read
        Results that they print; those that are read with their metric, class and model.
    results, false
        Results that the audits report; those that no report states.
    planted, found, told
        Contradictions that were planted; those that are found; those called a contradiction rather
        than doubtful.
    inconsistent, doubtful
        False alarms of the two kinds.
    alarmed
        Reports with a false contradiction.
    seconds
        Duration of all audits together.
    missed, alarms, wrong
        What was missed, what was alarmed and what was read wrongly, to look at.
    """

    reports: int = 0
    facts: int = 0
    read: int = 0
    results: int = 0
    false: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    inconsistent: int = 0
    doubtful: int = 0
    alarmed: int = 0
    seconds: float = 0.0
    missed: list[Fact] = field(default_factory=list)
    alarms: list[Answer] = field(default_factory=list)
    wrong: list[PrintedNumber] = field(default_factory=list)

    def __add__(self, other: Score) -> Score:
        return Score(**{name: value + vars(other)[name] for name, value in vars(self).items()})


def scored(draft: Draft, path: Path) -> Score:
    """Audit a report and compare what is found with what it states."""
    started = time.perf_counter()
    done = audit(path)
    score = Score(reports=1, seconds=time.perf_counter() - started)
    _score_numbers(score, draft, done)
    _score_findings(score, draft, done)
    return score


def _score_numbers(score: Score, draft: Draft, done: Audit) -> None:
    case = Case(done.document, done.readings)
    by_value: dict[str, list[PrintedNumber]] = defaultdict(list)
    results = [number for number in done.numbers if isinstance(number.reading, RESULTS)]
    for number in results:
        by_value[plain(number.value)].append(number)
    facts: dict[str, list[Fact]] = defaultdict(list)
    for fact in dict.fromkeys(draft.facts):
        facts[plain(fact.value)].append(fact)
        score.facts += 1
        if any(is_same(fact, number, case) for number in by_value[plain(fact.value)]):
            score.read += 1
        else:
            score.missed.append(fact)
    for number in results:
        score.results += 1
        if not any(is_same(fact, number, case) for fact in facts[plain(number.value)]):
            score.false += 1
            score.wrong.append(number)


def is_same(fact: Fact, printed: PrintedNumber, case: Case) -> bool:
    """Whether a reading is a fact: its metric, its class and, as far as it has one, its model."""
    name = SAME_METRIC.get(metric_of(printed), metric_of(printed))
    if name not in (fact.metric, fact.metric.removeprefix("val_")):
        return False
    if isinstance(printed.reading, Matrix):
        return _is_cell(fact, printed.reading)
    own, its = word(fact.row or ""), {word(printed.row or ""), word(printed.column or "")}
    if fact.row is not None and own not in its and not _is_of(fact.row, printed, case):
        return False
    return fact.row is not None or fact.model is None or _is_of(fact.model, printed, case)


def _is_of(name: str, printed: PrintedNumber, case: Case) -> bool:
    """Whether a reading is of a model, or of none that is known."""
    return case.owner(printed.reading).model in (None, key(name))


def _is_cell(fact: Fact, matrix: Matrix) -> bool:
    if fact.column is None or fact.row is None:
        return False
    row, column = int(fact.row), int(fact.column)
    return row < len(matrix.rows) and matrix.rows[row][column : column + 1] == [fact.value]


def metric_of(printed: PrintedNumber) -> str:
    """Return the metric; for the cell of a table, that of its column or else of its row."""
    if printed.kind != "table":
        return printed.metric
    named = [m.name for text in (printed.column, printed.row) for m in metrics_in(text or "")]
    return named[0] if named else printed.metric


def _score_findings(score: Score, draft: Draft, done: Audit) -> None:
    right: list[Answer] = []
    false = Counter[Verdict]()
    for answer in done.answers:
        if answer.verdict is Verdict.CONSISTENT:
            continue
        if draft.planted and is_found(draft, answer):
            right.append(answer)
        else:
            false[answer.verdict] += 1
            score.alarms.append(answer)
    score.inconsistent, score.doubtful = false[Verdict.INCONSISTENT], false[Verdict.DOUBTFUL]
    score.alarmed = int(score.inconsistent > 0)
    if draft.planted:
        score.planted[draft.planted] += 1
        score.found[draft.planted] += bool(right)
        score.told[draft.planted] += any(a.verdict is Verdict.INCONSISTENT for a in right)


def is_found(draft: Draft, answer: Answer) -> bool:
    """Whether an answer is the contradiction that was planted."""
    if draft.checks and answer.question.check not in draft.checks:
        return False
    return bool(
        {*map(word, draft.wrong), *map(plain, draft.wrong)} & texts(answer.question.numbers)
    )


def texts(numbers: object) -> set[str]:
    """Return all texts among the arguments of a check, in one spelling."""
    if isinstance(numbers, Mapping):
        return _all(numbers.values())
    if isinstance(numbers, list | tuple):
        return _all(numbers)
    text = str(numbers)
    return {word(text)} | {plain(part) for part in text.split() if _NUMBER.search(part)}


def _all(parts: Iterable[object]) -> set[str]:
    return {text for part in parts for text in texts(part)}


def plain(value: str) -> str:
    """Return a number without its sign and what says nothing of its value."""
    found = _NUMBER.search(value.replace(",", ""))
    return found[0].removeprefix("0").removeprefix("+").rstrip("%") if found else value


def word(name: str) -> str:
    """Return a name in one spelling: small letters and digits."""
    return re.sub(r"[\W_]+", "", name.lower()).removesuffix("s")
