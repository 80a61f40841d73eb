"""The claims of a study at a glance: the head of its chapter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from refashion.figures.style import short_number
from refashion.ledger import tables as ledger_tables
from refashion.ledger import words
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.glance import COMPARING, Distance, at_a_glance, distances_of
from refashion.ledger.standing import Standing, count_standings
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, QUESTIONS
from refashion.render.chapter.claims import Claims, cells_anchor, claim_anchor
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import tally
from refashion.reported import Reported
from refashion.spec.claims import Claim, CostClaim, NumberClaim, TableClaim
from refashion.wording import counted

# With more claims, a strip is no glance any more.
MOST_ROWS = 40
MOST_STATEMENTS = 6
# Tolerances from the middle of the axis to its ends.
REACH = 3
# Letters of a number; longer ones are rounded.
MOST_LETTERS = 8
DIGITS = 4
FITTED = f"{Verdict.FITTED.mark}: a search chose a setting by this number; it is not counted."
WIDTHS = (42, 15, 15, 28)
TITLES = {OWN_NUMBERS: "Checks of the report against itself"}


class Glance(Claims):
    """The claims at a glance: how many hold, and each number beside ours on one axis."""

    def claims_at_a_glance(self) -> Markdown:
        """Count the verdicts, and draw one row for each number, table and comparison."""
        if not self._outcomes.entries:
            return Markdown("")
        return markdown.join([markdown.block(self._counts(), "counts"), self._strip()])

    def _counts(self) -> Markdown:
        """Count the verdicts on numbers, on statements, and on the source's own numbers."""
        entries = self._outcomes.entries
        lines = [
            markdown.join(
                [markdown.strong(TITLES.get(question, question.title)), ": ", counts, "."]
            )
            for question in QUESTIONS
            if (found := ledger_tables.count_verdicts(entries, question)).total()
            for counts in [tally(found, question.verdicts)]
        ]
        return markdown.join(map(markdown.paragraph, lines))

    def _strip(self) -> Markdown:
        drawn = at_a_glance(self._outcomes.entries)
        if not drawn:
            return Markdown("")
        statements = [entry for entry in drawn if isinstance(entry.claim, COMPARING)]
        numbers = [entry for entry in drawn if not isinstance(entry.claim, COMPARING)]
        chosen = [*numbers[:MOST_ROWS], *statements[:MOST_STATEMENTS]]
        left = [*numbers[MOST_ROWS:], *statements[MOST_STATEMENTS:]]
        rows = [list(self._row(entry)) for entry in chosen]
        caption = (
            "The reported numbers and ours at a glance, numbers before statements and the worst "
            "verdicts first. The shaded part "
            "is the tolerance around the reported number, the dot is ours with its 95\u00a0% "
            f"interval, and right of the middle ours is higher; a strip ends at {REACH} tolerances."
        )
        if any(isinstance(entry.claim, TableClaim) for entry in chosen):
            caption += " A table has a dot for each of its numbers."
        if statements:
            caption += (
                " Of a statement that compares two numbers, the middle is the closest rival, and"
                " the dot, with a 90\u00a0% interval, has to lie right of it; the strip ends at"
                f" {REACH} half-widths of the interval."
            )
        if any(entry.n_fitted for entry in chosen):
            caption += f" {FITTED}"
        if left:
            caption += f" {counted(len(left), 'further claim')} {_better(left)}."
        header = ["Claim", "Reported", "Re-created", "Place of ours"]
        return self._references.table(self._anchor("glance"), caption, header, rows, "lrrl", WIDTHS)

    def _row(self, entry: Entry[Any]) -> Iterator[Any]:
        """Yield the cells of a claim: its verdict and name, both numbers, and the strip."""
        claim, name = entry.claim, f"verdict {entry.counts_as.name_in_pages}"
        title = "; ".join(dict.fromkeys([entry.verdict.words, entry.counts_as.words]))
        mark = markdown.span(words.marks_of(entry), name, title=title)
        yield markdown.join([mark, "\u00a0", self._named(entry)])
        if isinstance(claim, NumberClaim):
            is_exact = entry.verdict is Verdict.EXACT
            yield from _numbers(claim.reported, entry.judgement.reproduced, is_exact)
        elif isinstance(claim, TableClaim):
            yield counted(len(entry.judgement.cells), "number")
            yield share(entry)
        else:
            yield from _margin(claim, entry.judgement.reproduced or 0.0)
        is_margin = isinstance(claim, COMPARING)
        yield strip(distances_of(entry), entry.counts_as.name_in_pages, is_margin)

    def _named(self, entry: Entry[Any]) -> Markdown:
        chapter = self._outcomes.study.name
        if isinstance(entry.claim, TableClaim):
            title, anchor = self._table_title(entry.claim), cells_anchor(entry)
        elif isinstance(entry.claim, COMPARING):
            title, anchor = self._statement(entry), claim_anchor(entry)
        else:
            title, anchor = self._number(entry.claim), claim_anchor(entry)
        return self._references.link(title, anchor, chapter)


def share(entry: Entry[TableClaim]) -> str:
    """Count the numbers of a table that hold."""
    counts = count_standings(ledger_tables.count_verdicts([entry], NUMBERS))
    n = counts[Standing.FITTED]
    fitted = f", {n:,}\u00a0{Verdict.FITTED.mark}" * bool(n)
    return f"{counts[Standing.HOLDS]:,}\u00a0✓{fitted}"


def _better(left: list[Entry[Any]]) -> str:
    verdicts = {entry.verdict.words for entry in left}
    return f"({' or '.join(sorted(verdicts))}) follow{'s' * (len(left) == 1)} below"


def _margin(claim: Claim, margin: float) -> tuple[str, str]:
    """Write what a margin has to exceed, and the margin; of times their ratio."""
    if isinstance(claim, CostClaim):
        return "> 1\u00d7", f"{math.exp(margin):.3g}\u00d7"
    return "> 0", f"{margin:+.3g}".replace("-", "−")


def _numbers(printed: str, ours: float | None, is_exact: bool) -> tuple[str, str]:
    """Write both numbers alike: as printed, or brief if that is long.

    Examples
    --------
    >>> _numbers("0.9188", 0.91702, False), _numbers("45720648.2254123", 45720769.75, False)
    (('0.9188', '0.9170'), ('45.72 million', '45.72 million'))
    """
    if len(printed) <= MOST_LETTERS or ours is None:
        return printed, words.alike(ours, printed, is_exact, is_drawn=True)
    return _brief(Reported.parse(printed).value), _brief(ours)


def _brief(value: float) -> str:
    return short_number(float(f"{value:.{DIGITS}g}")).replace("-", "−")


def strip(distances: list[Distance], css_class: str, is_margin: bool = False) -> Markdown:
    """Draw differences on an axis from -3 to 3 tolerances.

    Parameters
    ----------
    distances
        The differences, see `ledger.glance`.
    css_class
        Name of the verdict, for its colour.
    is_margin
        Whether it is the margin of a statement, which is accepted above 0.
    """
    small = " small" * (len(distances) > 1)
    dots = {(_place(gap.centre), _shape(gap)) for gap in distances}
    pieces = [markdown.bar(f"{shape}{small}", place) for place, shape in sorted(dots)]
    classes = f"strip {css_class}{' margin' * is_margin}"
    if len(distances) == 1:
        [gap] = distances
        low, high = _place(gap.lower), _place(gap.upper)
        pieces.insert(0, markdown.bar("whisker", low, high - low))
    unit = "half-widths" if is_margin else "tolerances"
    return markdown.span(markdown.join(pieces), classes, title=_told(distances, unit))


def _place(gap: float) -> float:
    """Place on the axis in percent; what lies beyond its ends is drawn there."""
    share = 50 + 50 * gap / REACH
    return round(2 * min(100.0, max(0.0, share))) / 2


def _shape(gap: Distance) -> str:
    """Name the sign for a number: an arrow at the end of the axis where it lies beyond."""
    if abs(gap.centre) <= REACH:
        return "dot"
    return "beyond below" if gap.centre < 0 else "beyond above"


def _told(distances: list[Distance], unit: str) -> str:
    """Say where a number lies, or how many of a table lie within their tolerance."""
    if len(distances) > 1:
        inside = sum(abs(gap.centre) <= 1 for gap in distances)
        return f"{inside} of {len(distances)} differences are within the tolerance"
    [gap] = distances
    text = f"{gap.centre:+.2g} {unit}, interval {gap.lower:+.2g} to {gap.upper:+.2g}"
    return text.replace("-", "−")
