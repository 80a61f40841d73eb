"""The audit of the five sources against the claims that people wrote about them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.audit.scoring import RESULTS, SAME_METRIC, metric_of, plain, texts, word
from refashion.audit.audit import Audit, audit
from refashion.audit.checking.question import Answer
from refashion.audit.numbers import PrintedNumber
from refashion.audit.reading.readings import Matrix
from refashion.errors import ConfigError
from refashion.ledger.entry import Verdict
from refashion.spec.claims import (
    CLAIM,
    Claim,
    ConsistencyClaim,
    CostClaim,
    TableClaim,
    ValueClaim,
)
from refashion.spec.quotes import load_sources, match_source, quotes_of, single_blanks
from refashion.spec.strict_yaml import load

PROJECT = Path(__file__).parents[2]

# How many lines before and after its quote a number of a claim may stand.
AROUND = 1
# How many lines a table of a claim takes at most.
LONGEST_TABLE = 60
LOSSES = ("mse",)
# Kinds of claims that quote the place of their number to the line.
SINGLE = ("value", "cost")


@dataclass(frozen=True)
class Number:
    """A number that a claim quotes.

    Attributes
    ----------
    kind
        Kind of the claim.
    value
        As printed.
    metric
        Its metric, by the name that readings use.
    lines
        Numbers of the lines where it may stand.
    row
        The class, the epoch or the place in a matrix.
    place
        The place of the class, by which a report may name it.
    """

    kind: str
    value: str
    metric: str
    lines: range
    row: str | None = None
    place: str | None = None


@dataclass
class Score:
    """What the audit of one source gives.

    Attributes
    ----------
    source
        Name of the file.
    numbers, read
        Numbers that claims quote, and those of them that are read with their kind and place.
    missed
        Those that are not.
    results
        Number of results that the audit reports.
    false
        Those of them with a wrong value, metric, class or model.
    contradictions, found
        Contradictions and doubtful findings of the ledger, by the id of their claim; those of them
        that the audit finds.
    seconds
        Duration of the audit.
    """

    source: str
    numbers: int = 0
    read: int = 0
    missed: list[Number] = field(default_factory=list)
    results: int = 0
    false: list[tuple[PrintedNumber, str]] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Source:
    """A source, and the claims of all studies about it."""

    path: Path
    claims: Mapping[str, Claim]

    @cached_property
    def audited(self) -> Audit:
        """The audit of the source."""
        return audit(self.path)

    @cached_property
    def _text(self) -> tuple[str, list[int]]:
        """The text with single blanks, and the line of each of its characters."""
        text, lines = "", []
        for line in self.audited.document.lines:
            words = single_blanks(line.text)
            if words:
                text += words + " "
                lines += [line.number] * (len(words) + 1)
        return text, lines

    def places(self, quote: str) -> list[tuple[int, int]]:
        """Return first and last lines of all places of a quote."""
        text, lines = self._text
        words = single_blanks(quote)
        return [
            (lines[found.start()], lines[found.end() - 1])
            for found in re.finditer(re.escape(words), text)
        ]


def measure(folder: Path) -> Iterator[Score]:
    """Audit the sources in a folder and compare what is found with the claims of the studies."""
    for source in sources(folder):
        yield scored(source)


def sources(folder: Path) -> Iterator[Source]:
    """Find the source of each study."""
    texts = load_sources(folder)
    claims: dict[str, dict[str, Claim]] = {}
    for study in sorted((PROJECT / "studies").glob("*/study.yaml")):
        content = load(study)
        source, _ = match_source([*quotes_of(content)], texts)
        if source:
            own = claims.setdefault(source, {})
            for entry in content["claims"]:
                name = f"{study.parent.name}: {entry['id']}"
                own[name] = CLAIM.validate_json(json.dumps(entry), context={})
    if not claims:
        raise ConfigError(f"{folder}: no source of a study; accepted: the texts of the reports")
    for name in sorted(claims):
        yield Source(folder / name, claims[name])


def scored(source: Source) -> Score:
    """Compare an audit with the claims."""
    done = source.audited
    score = Score(source.path.name, seconds=done.seconds)
    wanted = {
        (number.value, number.metric, number.lines.start, number.row): number
        for claim in source.claims.values()
        for number in numbers(source, claim)
    }
    score.numbers = len(wanted)
    results = [number for number in done.numbers if isinstance(number.reading, RESULTS)]
    score.results = len(results)
    for number in wanted.values():
        if any(is_read(number, printed) for printed in results):
            score.read += 1
        else:
            score.missed.append(number)
    score.false = [
        (number, why) for number in results if (why := fault(done, number, wanted.values()))
    ]
    told = [answer for answer in done.answers if answer.verdict is not Verdict.CONSISTENT]
    for name, claim in source.claims.items():
        if isinstance(claim, ConsistencyClaim) and (claim.doubt or not claim.found().agrees):
            score.contradictions.append(name)
            if any(is_found(source, claim, answer) for answer in told):
                score.found.append(name)
    return score


# --- Numbers of claims ---------------------------------------------------------------------------


def numbers(source: Source, claim: Claim) -> Iterator[Number]:
    """Yield the numbers that a claim quotes, where its quote stands in the document."""
    places = source.places(claim.quote)
    if not places:
        return
    first, last = places[0]
    near = range(first - AROUND, last + AROUND + 1)
    match claim:
        case ValueClaim():
            yield Number("value", claim.reported, metric(claim.metric), near, claim.of_class)
        case CostClaim() if claim.reported is not None:
            yield Number("cost", claim.reported, "seconds", near)
        case TableClaim():
            yield from cells(claim, range(first - LONGEST_TABLE, last + LONGEST_TABLE + 1))


def cells(claim: TableClaim, lines: range) -> Iterator[Number]:
    """Yield the cells of a table; a class is named by its name or its place."""
    order = [*claim.rows]
    for row, column, text in claim.cells():
        place = order.index(row)
        if claim.table == "confusion_matrix":
            name = f"{place}, {[*claim.columns].index(column)}"
            yield Number(claim.table, text, "count", lines, name)
        else:
            other = str(place) if claim.table == "classification_report" else None
            name = "accuracy" if row == "accuracy" and column != "support" else metric(column)
            yield Number(claim.table, text, name, lines, row, other)


def metric(name: str) -> str:
    """Return the name that readings use for a metric of a study."""
    return SAME_METRIC.get(name, name)


def is_read(number: Number, printed: PrintedNumber) -> bool:
    """Whether a printed number is the one of a claim: its value, metric, row and place."""
    return (
        plain(number.value) == plain(printed.value)
        and _is_metric(number, metric_of(printed))
        and _is_row(number, printed)
        and not printed.reading.lines.isdisjoint(number.lines)
    )


def _is_metric(number: Number, name: str) -> bool:
    """Whether a reading has the metric; a log may call any loss so, and its last one is tested."""
    names = {metric(name), metric(name.removeprefix("val_") if number.kind == "value" else name)}
    return bool(names & {number.metric, *(("loss",) if number.metric in LOSSES else ())})


def _is_row(number: Number, printed: PrintedNumber) -> bool:
    if number.kind == "confusion_matrix" and isinstance(printed.reading, Matrix):
        cells = printed.reading.rows
        true, predicted = map(int, number.row.split(", ")) if number.row else (0, 0)
        return true < len(cells) and cells[true][predicted : predicted + 1] == [number.value]
    if number.row is None:
        return True
    own = {word(name) for name in (number.row, number.place) if name}
    its = {word(printed.row or ""), word(printed.column or "")} - {""}
    return bool(own & its) or any(a.startswith(b) for a in own for b in its if len(b) > 3)


def fault(done: Audit, printed: PrintedNumber, wanted: Iterable[Number]) -> str | None:
    """Say what is wrong with a result that the audit reports; None if nothing is known to be.

    Its value has to stand in its lines. If a claim quotes the same value there, its metric and its
    class have to be those of a claim.
    """
    lines = printed.reading.lines
    text = " ".join(done.document.lines[number - 1].text for number in sorted(lines))
    if printed.value not in text and single_blanks(printed.value) not in single_blanks(text):
        return "value"
    here = [
        number
        for number in wanted
        if plain(number.value) == plain(printed.value)
        and printed.line in number.lines
        and number.kind in SINGLE
    ]
    if here and not any(is_read(number, printed) for number in here):
        return "metric or class"
    return None


# --- Contradictions ------------------------------------------------------------------------------


def is_found(source: Source, claim: ConsistencyClaim, answer: Answer) -> bool:
    """Whether an answer of the audit is the finding of a claim.

    It is if both are about the same lines and numbers, by whatever check; or, by the same check,
    about most of the same numbers.
    """
    lines = {
        number
        for first, last in source.places(claim.quote)
        for number in range(first - AROUND, last + AROUND + 1)
    }
    own, its = texts(claim.numbers), texts(answer.question.numbers)
    is_there = any(lines & reading.lines for reading in answer.question.about)
    is_same_check = claim.check == answer.question.check
    if is_there:
        return len(own & its) >= (1 if is_same_check else 2)
    return is_same_check and 2 * len(own & its) > max(2, len(own))
