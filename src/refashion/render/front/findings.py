"""The entries of the ledger that say most: a handful of each sort, in plain sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

from refashion.ledger import causes, words
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import NUMBERS, STATEMENTS, counting, of_kinds
from refashion.render.chapter.claims import claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.reported import Reported
from refashion.spec.claims import ConsistencyClaim, Statement, ValueClaim

C = TypeVar("C", bound=Statement)

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
    """Choose the entries that say most, and write a sentence on each.

    Parameters
    ----------
    chapters
        Outcomes of every study.
    book
        Links to their entries.

    Returns
    -------
    dict
        Sentences by the heading that they stand under; headings without any are left out.
    """
    entries = [entry for chapter in chapters for entry in chapter.entries]
    sentences = _Sentences(chapters, book)
    exact = ledger_tables.count_verdicts(entries, NUMBERS)[Verdict.EXACT]
    wrong = _with(entries, Verdict.NOT_REPRODUCED, ValueClaim)
    clashing = _with(entries, Verdict.INCONSISTENT, ConsistencyClaim)
    failing = _with(entries, Verdict.FAILS, *STATEMENTS.kinds)
    found = {
        f"Exactly as reported ({exact:,})": map(sentences.exact, exact_matches(entries)),
        f"Largest gaps of numbers that stand alone ({len(wrong):,} not reproduced)": map(
            sentences.gap, largest_gaps(entries)
        ),
        f"Numbers of a source that contradict each other ({len(clashing):,})": map(
            sentences.contradiction, contradictions(entries)
        ),
        f"Statements that fail ({len(failing):,})": map(sentences.failure, failures(entries)),
    }
    listed = {title: list(told) for title, told in found.items()}
    return {title: told for title, told in listed.items() if told}


def _with(entries: Iterable[Entry[Any]], verdict: Verdict, *kinds: type[C]) -> list[Entry[C]]:
    return [entry for entry in counting(entries, *kinds) if entry.verdict is verdict]


def exact_matches(entries: Iterable[Entry[Any]]) -> list[Entry[ValueClaim]]:
    """Choose exact matches, those with most printed digits first, at most one a run."""
    exact = _with(entries, Verdict.EXACT, ValueClaim)
    ranked = sorted(exact, key=lambda entry: -len(entry.claim.reported))
    return _one_each(ranked, _run_of)[:HANDFUL]


def largest_gaps(entries: Iterable[Entry[Any]]) -> list[Entry[ValueClaim]]:
    """Choose the largest gaps relative to the tolerance, at most one a run."""
    missed = _with(entries, Verdict.NOT_REPRODUCED, ValueClaim)
    apart = [entry for entry in missed if entry.judgement.reproduced is not None]
    return _one_each(sorted(apart, key=lambda entry: -relative_gap(entry)), _run_of)[:HANDFUL]


def relative_gap(entry: Entry[ValueClaim]) -> float:
    """Distance between the reported number and the re-created one, in tolerances.

    Raises
    ------
    ValueError
        The entry has no re-created number.
    """
    if entry.judgement.reproduced is None:
        raise ValueError(f"{entry.claim.id}: no re-created number")
    gap = Reported.parse(entry.claim.reported).value - entry.judgement.reproduced
    return abs(gap) / entry.claim.tolerance


def contradictions(entries: Iterable[Entry[Any]]) -> list[Entry[ConsistencyClaim]]:
    """Choose contradictions inside a source: those on results first, then rare kinds; one a study.

    Where there are fewer studies than a handful, the next of each study follow.
    """
    found = _with(entries, Verdict.INCONSISTENT, ConsistencyClaim)
    often = Counter(entry.claim.check for entry in found)

    def rank(entry: Entry[ConsistencyClaim]) -> tuple[int, int]:
        check = entry.claim.check
        is_first = check in FIRST_CHECKS
        return FIRST_CHECKS.index(check) if is_first else len(FIRST_CHECKS), often[check]

    ranked = _one_each(sorted(found, key=rank), lambda entry: (entry.study, entry.claim.check))
    return _in_turn(ranked)[:HANDFUL]


def failures(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Choose statements that fail, one a study and then the next, orderings first."""
    found = [e for kind in STATEMENTS.kinds for e in _with(entries, Verdict.FAILS, kind)]
    return _in_turn(found)[:HANDFUL]


def _one_each(entries: Iterable[Entry[C]], key: Callable[[Entry[C]], Hashable]) -> list[Entry[C]]:
    first: dict[Hashable, Entry[C]] = {}
    for entry in entries:
        first.setdefault(key(entry), entry)
    return list(first.values())


def _run_of(entry: Entry[ValueClaim]) -> tuple[str, str]:
    return entry.study, entry.claim.run


def _in_turn(entries: Iterable[Entry[C]]) -> list[Entry[C]]:
    """Order entries so that every study has one before any has two."""
    seen: Counter[str] = Counter()
    turns = []
    for entry in entries:
        turns.append((seen[entry.study], entry))
        seen[entry.study] += 1
    return [entry for _, entry in sorted(turns, key=lambda turn: turn[0])]


class _Sentences:
    """Writes a sentence on an entry, beginning with a link to it."""

    def __init__(self, chapters: Sequence[Outcomes], book: Book) -> None:
        self._chapters = {chapter.study.name: chapter for chapter in chapters}
        self._book = book

    def exact(self, entry: Entry[ValueClaim]) -> Markdown:
        found = f": {entry.claim.reported} in the source, and the same here."
        return self._sentence(entry, self._number(entry), found)

    def gap(self, entry: Entry[ValueClaim]) -> Markdown:
        gap = relative_gap(entry)
        times = f"{gap:.2g}" if gap < 10 else f"{gap:.0f}" if gap < 1000 else "more than 1,000"
        return self._sentence(
            entry,
            self._number(entry),
            f": {entry.claim.reported} in the source, {words.reproduced_text(entry)} here, which "
            f"is {entry.judgement.direction} by {times} times the tolerance.",
        )

    def contradiction(self, entry: Entry[ConsistencyClaim]) -> Markdown:
        checks = of_kinds(self._chapters[entry.study].entries, ConsistencyClaim)
        n = len(causes.further_places(entry, checks))
        further = f" The same cause shows in {n} more place{'s' * (n > 1)}." if n else ""
        told = f": {entry.judgement.reason}{further}"
        return self._sentence(entry, f"“{entry.claim.quote}”", told)

    def failure(self, entry: Entry[Any]) -> Markdown:
        stated = words.statement_text(entry.claim, self._chapters[entry.study].titles)
        return self._sentence(entry, stated, f". Found: {words.found_text(entry)}")

    def _number(self, entry: Entry[ValueClaim]) -> str:
        claim = entry.claim
        run = self._chapters[entry.study].titles[claim.run]
        return f"{words.measured_text(claim)}, {run}, {claim.split}"

    def _sentence(self, entry: Entry[Any], name: str, found: str) -> Markdown:
        """Name what an entry is about, linked to it, say what was found, and in which study."""
        linked = self._book.link(name, claim_anchor(entry), entry.study)
        study = markdown.span(self._chapters[entry.study].study.title, "where")
        return markdown.join([linked, found, " (", study, ")"])
