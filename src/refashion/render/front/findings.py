"""The rows of the ledger that say most: a handful of each sort, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from refashion.ledger import tables as ledger_tables
from refashion.ledger import text as ledger_text
from refashion.ledger.tables import NUMBERS
from refashion.render.chapter.claims import claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.reported import Reported

Row = Mapping[str, Any]

HANDFUL = 6
# What bears on a result comes first; a check that is not named here comes after these.
FIRST_CHECKS = (
    "copied",
    "unit_slip",
    "errors_match_accuracy",
    "matrix_accuracy",
    "matrix_ordering",
    "is_extreme",
    "stated_change",
    "grim",
)


def most_telling(chapters: Sequence[Outcomes], book: Book) -> dict[str, list[Markdown]]:
    """Choose the rows that say most, and write a sentence on each.

    Parameters
    ----------
    chapters
        Outcomes of every study.
    book
        Links to their rows.

    Returns
    -------
    dict
        Sentences by the heading that they stand under; headings without any are left out.
    """
    rows = [row for chapter in chapters for row in chapter.verdicts]
    told = _Teller(chapters, book)
    exact = ledger_tables.count_verdicts(rows, NUMBERS)["exact"]
    wrong = _missed(rows)
    clashing = [row for row in rows if row["verdict"] == "inconsistent"]
    failing = [row for row in rows if row["verdict"] == "fails"]
    found = {
        f"Exactly as reported ({exact:,})": map(told.exact, exact_matches(rows)),
        f"Largest gaps of numbers that stand alone ({len(wrong):,} not reproduced)": map(
            told.gap, largest_gaps(rows)
        ),
        f"Numbers of a source that contradict each other ({len(clashing):,})": map(
            told.contradiction, contradictions(rows)
        ),
        f"Statements that fail ({len(failing):,})": map(told.failure, failures(rows)),
    }
    listed = {title: list(sentences) for title, sentences in found.items()}
    return {title: sentences for title, sentences in listed.items() if sentences}


def exact_matches(rows: Iterable[Row]) -> list[Row]:
    """Choose exact matches, those with most printed digits first, at most one a run."""
    exact = [row for row in rows if row["kind"] == "value" and row["verdict"] == "exact"]
    ranked = sorted(exact, key=lambda row: -len(row["reported"]))
    return _one_each(ranked, _run_of)[:HANDFUL]


def largest_gaps(rows: Iterable[Row]) -> list[Row]:
    """Choose the largest gaps relative to the tolerance, at most one a run."""
    apart = [
        row
        for row in rows
        if row["kind"] == "value"
        and row["verdict"] == "not_reproduced"
        and row["lower"] is not None
    ]
    ranked = sorted(apart, key=lambda row: -relative_gap(row))
    return _one_each(ranked, _run_of)[:HANDFUL]


def _missed(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["kind"] == "value" and row["verdict"] == "not_reproduced"]


def relative_gap(row: Row) -> float:
    """Distance between the reported number and the re-created one, in tolerances."""
    return abs(Reported.parse(row["reported"]).value - row["reproduced"]) / row["tolerance"]


def contradictions(rows: Iterable[Row]) -> list[Row]:
    """Choose contradictions inside a source: those on results first, then rare kinds; one a study.

    Where there are fewer studies than a handful, the next of each study follow.
    """
    found = [row for row in rows if row["verdict"] == "inconsistent"]
    often = Counter(row["metric"] for row in found)

    def rank(row: Row) -> tuple[int, int]:
        is_first = row["metric"] in FIRST_CHECKS
        place = FIRST_CHECKS.index(row["metric"]) if is_first else len(FIRST_CHECKS)
        return place, often[row["metric"]]

    ranked = _one_each(sorted(found, key=rank), lambda row: (row["study"], row["metric"]))
    return _in_turn(ranked)[:HANDFUL]


def failures(rows: Iterable[Row]) -> list[Row]:
    """Choose statements that fail, one a study and then the next, orderings first."""
    found = [row for row in rows if row["verdict"] == "fails"]
    kinds = ledger_tables.STATEMENTS.kinds
    return _in_turn(sorted(found, key=lambda row: kinds.index(row["kind"])))[:HANDFUL]


def _one_each(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Row]:
    first: dict[Any, Row] = {}
    for row in rows:
        first.setdefault(key(row), row)
    return list(first.values())


def _run_of(row: Row) -> tuple[str, str]:
    return row["study"], row["run"]


def _in_turn(rows: Iterable[Row]) -> list[Row]:
    """Order rows so that every study has one before any has two."""
    seen: Counter[str] = Counter()
    turns = []
    for row in rows:
        turns.append((seen[row["study"]], row))
        seen[row["study"]] += 1
    return [row for _, row in sorted(turns, key=lambda turn: turn[0])]


class _Teller:
    """Writes a sentence on a row, beginning with a link to it."""

    def __init__(self, chapters: Sequence[Outcomes], book: Book) -> None:
        self._chapters = {chapter.study.name: chapter for chapter in chapters}
        self._book = book

    def exact(self, row: Row) -> Markdown:
        told = f": {row['reported']} in the source, and the same here."
        return self._sentence(row, self._number(row), told)

    def gap(self, row: Row) -> Markdown:
        gap = relative_gap(row)
        times = f"{gap:.2g}" if gap < 10 else f"{gap:.0f}" if gap < 1000 else "more than 1,000"
        return self._sentence(
            row,
            self._number(row),
            f": {row['reported']} in the source, {ledger_text.reproduced_text(row)} here, which is "
            f"{row['direction']} by {times} times the tolerance.",
        )

    def contradiction(self, row: Row) -> Markdown:
        return self._sentence(row, f"“{row['quote']}”", f": {row['reason']}")

    def failure(self, row: Row) -> Markdown:
        titles = self._chapters[row["study"]].titles
        stated = ledger_text.statement_text(row, titles)
        return self._sentence(row, stated, f". Found: {ledger_text.found_text(row)}")

    def _number(self, row: Row) -> str:
        run = self._chapters[row["study"]].titles.get(row["run"], row["run"])
        return f"{ledger_text.measure_text(row['metric'])}, {run}, {row['split']}"

    def _sentence(self, row: Row, name: str, told: str) -> Markdown:
        """Name what a row is about, linked to it, tell what was found, and in which study."""
        linked = self._book.link(name, claim_anchor(row), row["study"])
        study = markdown.span(self._chapters[row["study"]].study.title, "where")
        return markdown.join([linked, told, " (", study, ")"])
