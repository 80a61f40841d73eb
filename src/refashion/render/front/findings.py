"""Selection of the most important entries of the ledger, a few of each kind, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any

from refashion.ledger import causes, words
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import NUMBERS, STATEMENTS, C, counting, of_kinds
from refashion.render.chapter.claims import claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.reported import Reported
from refashion.spec.claims import ConsistencyClaim, NumberClaim

MOST_SELECTED = 6
# Checks in order of importance, those of results first. All other checks come after these.
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


def select_findings(
    chapters: Sequence[Outcomes], references: CrossReferences
) -> dict[str, list[Markdown]]:
    """Select the most important entries, and write a sentence on each.

    Parameters
    ----------
    chapters
        Results of every study.
    references
        Makes the links to the entries.

    Returns
    -------
    dict
        Sentences by heading. Headings without sentences are omitted.
    """
    entries = [entry for chapter in chapters for entry in chapter.entries]
    sentences = _Sentences(chapters, references)
    exact = ledger_tables.count_verdicts(entries, NUMBERS)[Verdict.EXACT]
    wrong = _with(entries, Verdict.NOT_REPRODUCED, NumberClaim)
    clashing = _with(entries, Verdict.INCONSISTENT, ConsistencyClaim)
    failing = _with(entries, Verdict.FAILS, *STATEMENTS.kinds)
    found = {
        f"Exact numbers ({exact:,})": map(sentences.exact, exact_matches(entries)),
        f"Largest differences of single numbers ({len(wrong):,} not reproduced)": map(
            sentences.gap, largest_gaps(entries)
        ),
        f"Contradictions within a source ({len(clashing):,})": map(
            sentences.contradiction, contradictions(entries)
        ),
        f"Statements that fail ({len(failing):,})": map(sentences.failure, failures(entries)),
    }
    listed = {title: list(lines) for title, lines in found.items()}
    return {title: lines for title, lines in listed.items() if lines}


def _with(entries: Iterable[Entry[Any]], verdict: Verdict, *kinds: type[C]) -> list[Entry[C]]:
    return [entry for entry in counting(entries, *kinds) if entry.verdict is verdict]


def exact_matches(entries: Iterable[Entry[Any]]) -> list[Entry[NumberClaim]]:
    """Select exact matches, at most one for each run, those with most printed digits first."""
    exact = _with(entries, Verdict.EXACT, NumberClaim)
    ranked = sorted(exact, key=lambda entry: -len(entry.claim.reported))
    return _first_of_each(ranked, _run_of)[:MOST_SELECTED]


def largest_gaps(entries: Iterable[Entry[Any]]) -> list[Entry[NumberClaim]]:
    """Select numbers with the largest differences in tolerances, at most one for each run."""
    missed = _with(entries, Verdict.NOT_REPRODUCED, NumberClaim)
    known = [entry for entry in missed if entry.judgement.reproduced is not None]
    ranked = sorted(known, key=lambda entry: -relative_gap(entry))
    return _first_of_each(ranked, _run_of)[:MOST_SELECTED]


def relative_gap(entry: Entry[NumberClaim]) -> float:
    """Return the difference between reported and re-created number, in units of the tolerance.

    Raises
    ------
    ValueError
        If the entry has no re-created number.
    """
    if entry.judgement.reproduced is None:
        raise ValueError(f"{entry.claim.id}: no re-created number")
    gap = Reported.parse(entry.claim.reported).value - entry.judgement.reproduced
    return abs(gap) / entry.claim.tolerance


def contradictions(entries: Iterable[Entry[Any]]) -> list[Entry[ConsistencyClaim]]:
    """Select contradictions within the sources, from every study in turn.

    Those of results come first, then those found by rare checks. Each check counts once for each
    study.
    """
    found = _with(entries, Verdict.INCONSISTENT, ConsistencyClaim)
    frequency = Counter(entry.claim.check for entry in found)

    def rank(entry: Entry[ConsistencyClaim]) -> tuple[int, int]:
        check = entry.claim.check
        is_first = check in FIRST_CHECKS
        return FIRST_CHECKS.index(check) if is_first else len(FIRST_CHECKS), frequency[check]

    ranked = _first_of_each(sorted(found, key=rank), lambda entry: (entry.study, entry.claim.check))
    return _in_turn(ranked)[:MOST_SELECTED]


def failures(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Select statements that fail, from every study in turn, orderings first."""
    found = [e for kind in STATEMENTS.kinds for e in _with(entries, Verdict.FAILS, kind)]
    return _in_turn(found)[:MOST_SELECTED]


def _first_of_each(
    entries: Iterable[Entry[C]], key: Callable[[Entry[C]], Hashable]
) -> list[Entry[C]]:
    first: dict[Hashable, Entry[C]] = {}
    for entry in entries:
        first.setdefault(key(entry), entry)
    return list(first.values())


def _run_of(entry: Entry[NumberClaim]) -> tuple[str, str]:
    return entry.study, entry.claim.run


def _in_turn(entries: Iterable[Entry[C]]) -> list[Entry[C]]:
    """Order entries so that every study comes once before any comes twice."""
    seen: Counter[str] = Counter()
    turns = []
    for entry in entries:
        turns.append((seen[entry.study], entry))
        seen[entry.study] += 1
    return [entry for _, entry in sorted(turns, key=lambda turn: turn[0])]


class _Sentences:
    """Writes a sentence on an entry, which begins with a link to the entry."""

    def __init__(self, chapters: Sequence[Outcomes], references: CrossReferences) -> None:
        self._chapters = {chapter.study.name: chapter for chapter in chapters}
        self._references = references

    def exact(self, entry: Entry[NumberClaim]) -> Markdown:
        result = f": {entry.claim.reported}, both reported and re-created."
        return self._sentence(entry, self._number(entry), result)

    def gap(self, entry: Entry[NumberClaim]) -> Markdown:
        gap = relative_gap(entry)
        times = f"{gap:.2g}" if gap < 10 else f"{gap:.0f}" if gap < 1000 else "more than 1,000"
        return self._sentence(
            entry,
            self._number(entry),
            f": {entry.claim.reported} reported, {words.reproduced_text(entry)} re-created, "
            f"{entry.judgement.direction} by {times} times the tolerance.",
        )

    def contradiction(self, entry: Entry[ConsistencyClaim]) -> Markdown:
        checks = of_kinds(self._chapters[entry.study].entries, ConsistencyClaim)
        n = len(causes.further_places(entry, checks))
        further = f" The same cause shows in {n} more place{'s' * (n > 1)}." if n else ""
        told = f": {entry.judgement.reason}{further}"
        return self._sentence(entry, f"“{entry.claim.quote}”", told)

    def failure(self, entry: Entry[Any]) -> Markdown:
        stated = words.statement_text(entry.claim, self._chapters[entry.study].titles)
        return self._sentence(entry, stated, f". Result: {words.found_text(entry)}")

    def _number(self, entry: Entry[NumberClaim]) -> str:
        claim = entry.claim
        run = self._chapters[entry.study].titles[claim.run]
        return ", ".join(filter(None, (words.measured_text(claim), run, claim.split)))

    def _sentence(self, entry: Entry[Any], subject: str, result: str) -> Markdown:
        """Return the linked subject of an entry, its result, and the title of its study."""
        linked = self._references.link(subject, claim_anchor(entry), entry.study)
        study = markdown.span(self._chapters[entry.study].study.title, "where")
        return markdown.join([linked, result, " (", study, ")"])
