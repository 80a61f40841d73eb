"""Which numbers of a source the claims of a study state, and which are passed over.

A number is covered by a claim that states or quotes it, where the claim's quote stands; and by an
untestable statement on whose lines it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from refashion.documents.quotes import Passages, single_blanks
from refashion.printed import NUMBER
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    CostClaim,
    NumberClaim,
    TableClaim,
)
from refashion.spec.study import Study

# Kinds of readings whose numbers are results, as `audit.json` calls them.
RESULTS = ("report", "matrix", "log", "table", "result")
# Numbers of a table have the lines of the whole; those of a log have lines of their own as well.
_WHOLE = ("report", "matrix", "log", "table", "layers")
_IN_LINES = ("log", "result", "setting", "size")
# How many lines above or below a table or a log its caption stands.
NEAR = 15


@dataclass(frozen=True)
class Coverage:
    """The numbers of a source, and those that a study passes over.

    Attributes
    ----------
    n_numbers
        How many of its numbers are results.
    missing
        Those that no claim and no untestable statement covers, as in `audit.json`.
    unstated
        Settings and sizes that stand in no quote, and whose value is none of the study's.
    """

    n_numbers: int
    missing: Sequence[Mapping[str, Any]]
    unstated: Sequence[Mapping[str, Any]]

    @property
    def n_covered(self) -> int:
        """How many results are covered."""
        return self.n_numbers - len(self.missing)

    @property
    def words(self) -> str:
        """The share: "612 of 698 numbers (88 %) are claimed or named as untestable"."""
        if not self.n_numbers:
            return "no results were read"
        # Rounded down, because 100 % are all of them.
        percent = 100 * self.n_covered // self.n_numbers
        noun = "number" if self.n_numbers == 1 else "numbers"
        verb = "is" if self.n_numbers == 1 else "are"
        share = f"{self.n_covered:,} of {self.n_numbers:,} {noun} ({percent} %)"
        return f"{share} {verb} claimed or named as untestable"

    def as_record(self) -> dict[str, Any]:
        """Return what `audit.json` says of it."""
        return {
            "numbers": self.n_numbers,
            "covered": self.n_covered,
            "missing": [*self.missing],
            "unstated": [*self.unstated],
        }


def coverage_of(study: Study, numbers: Sequence[Mapping[str, Any]], passages: Passages) -> Coverage:
    """Find out which numbers of a source a study covers.

    Parameters
    ----------
    study
        The study.
    numbers
        The numbers of the source, as `audit.json` lists them.
    passages
        Its text.
    """
    marks = [*_marks(study, passages)]
    found = [(number, plain(number["value"])) for number in numbers]
    left = [(one, value) for one, value in found if not any(m.covers(one, value) for m in marks)]
    missing = [number for number, _ in left if number["kind"] in RESULTS]
    whole = study.model_dump(mode="json", exclude={"claims", "untestable"})
    known = {*map(plain, _texts_in(whole))}
    unstated = [
        number
        for number, _ in left
        if number["kind"] not in RESULTS and not {*_parts(number["value"])} <= known
    ]
    n_results = sum(number["kind"] in RESULTS for number in numbers)
    return Coverage(n_results, missing, unstated)


@dataclass(frozen=True)
class _Mark:
    """Lines of a source, and what an entry of the study covers there.

    Attributes
    ----------
    first, last
        Numbers of the lines on which its quote stands.
    quote
        The quote.
    values
        Values that it covers; None for all.
    near
        How many lines further up or down a table may stand.
    """

    first: int
    last: int
    quote: str
    values: frozenset[Decimal | str] | None
    near: int = 0

    def covers(self, number: Mapping[str, Any], value: Decimal | str) -> bool:
        if self.values is None:
            return self._reaches(*number["lines"]) and self._is_of(number)
        if value not in self.values:
            return False
        is_single = number["kind"] in _IN_LINES and not self.near
        return self._reaches(*([number["line"]] * 2 if is_single else number["lines"]))

    def _reaches(self, first: int, last: int) -> bool:
        return first <= self.last + self.near and last >= self.first - self.near

    def _is_of(self, number: Mapping[str, Any]) -> bool:
        """Whether a number that stands in a sentence is in the quote: a line may be a paragraph."""
        if number["kind"] in _WHOLE:
            return True
        printed = single_blanks(number["quote"])
        return printed in self.quote or self.quote in printed


def _marks(study: Study, passages: Passages) -> Iterator[_Mark]:
    for claim in study.claims:
        stated = frozenset(map(plain, [*_stated(claim), *NUMBER.findall(claim.quote)]))
        near = NEAR if isinstance(claim, TableClaim) else 0
        yield from _at(claim.quote, passages, stated, near)
    for left_out in study.untestable:
        yield from _at(left_out.quote, passages, None, 0)


def _at(
    quote: str, passages: Passages, values: frozenset[Decimal | str] | None, near: int
) -> Iterator[_Mark]:
    for lines in passages.find(quote):
        yield _Mark(lines[0].number, lines[-1].number, single_blanks(quote), values, near)


def _stated(claim: Claim) -> Iterator[str]:
    """Yield the numbers that a claim states, as printed."""
    match claim:
        case TableClaim():
            yield from (printed for _, _, printed in claim.cells())
        case ConsistencyClaim():
            yield from _texts_in(claim.numbers)
        case NumberClaim() | CostClaim(reported=str()):
            yield str(claim.reported)


def _parts(text: str) -> Iterator[Decimal | str]:
    """Yield the numbers of a value, such as those of a shape."""
    yield from map(plain, NUMBER.findall(text) or [text])


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts_in(item)
    elif value is not None:
        yield str(value)


def plain(text: str) -> Decimal | str:
    """Return a printed number without what may differ: signs of units, separators, zeros.

    Examples
    --------
    >>> plain("91.90 %") == plain("91.9"), plain("10,500"), plain("adam")
    (True, Decimal('10500'), 'adam')
    """
    words = text.replace("−", "-").strip(" ~≈<>=%±").replace(",", "").split()
    try:
        return Decimal(words[0])
    except (InvalidOperation, IndexError):
        return text.strip()
