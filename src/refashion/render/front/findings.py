"""Selection of the most important entries of the ledger, a few of each kind, as sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from refashion.explanation.searches import told_by_searches
from refashion.explanation.subjects import Subject
from refashion.ledger import causes, words
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.importance import relative_gap
from refashion.ledger.tables import NUMBERS, STATEMENTS, C, counting, of_kinds
from refashion.render.chapter.claims import claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import ConsistencyClaim, NumberClaim, ValueClaim

MOST_SELECTED = 6
# Findings on the first screen.
MOST_SHOWN = 3
CLASH = "Its own figures cannot all be right"
# What laymen know: the share of right answers, and the share of variance explained.
MAIN_METRICS = ("accuracy", "r2")
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


@dataclass(frozen=True)
class Highlight:
    """One of the few entries that the first screen shows.

    Attributes
    ----------
    entry
        The entry.
    heading
        Its subject, with a link to its place.
    sentence
        What was found, for readers who know nothing else of the report.
    """

    entry: Entry[Any]
    heading: Markdown
    sentence: Markdown


def main_findings(chapters: Sequence[Outcomes], references: CrossReferences) -> list[Highlight]:
    """Select the findings of the first screen: what is off, what clashes, and what holds.

    There is one of each kind, from different studies where possible, and then the next ones. In a
    report in which all claims hold, all of them say so.

    Parameters
    ----------
    chapters
        Results of every study.
    references
        Makes the links to the entries.
    """
    entries = [entry for chapter in chapters for entry in chapter.entries]
    ranked = [
        [*sorted(largest_gaps(entries), key=_is_detail), *failures(entries)],
        contradictions(entries),
        confirmations(entries),
    ]
    chosen: list[Entry[Any]] = []
    while len(chosen) < MOST_SHOWN and any(ranked):
        for kind in filter(None, ranked):
            studies = {entry.study for entry in chosen}
            new = next((entry for entry in kind if entry.study not in studies), kind[0])
            kind.remove(new)
            chosen.append(new)
    sentences = _Sentences(chapters, references)
    shown = sorted(chosen[:MOST_SHOWN], key=lambda entry: entry.verdict.rank or 0)
    return [sentences.finding(entry) for entry in shown]


def _with(entries: Iterable[Entry[Any]], verdict: Verdict, *kinds: type[C]) -> list[Entry[C]]:
    return [entry for entry in counting(entries, *kinds) if entry.counts_as is verdict]


def exact_matches(entries: Iterable[Entry[Any]]) -> list[Entry[NumberClaim]]:
    """Select exact matches, at most one for each run, those with most printed digits first."""
    exact = _with(entries, Verdict.EXACT, NumberClaim)
    ranked = sorted(exact, key=lambda entry: (_is_searched(entry), -len(entry.claim.reported)))
    return _first_of_each(ranked, _run_of)[:MOST_SELECTED]


def largest_gaps(entries: Iterable[Entry[Any]]) -> list[Entry[NumberClaim]]:
    """Select numbers with the largest differences in tolerances, at most one for each run."""
    missed = _with(entries, Verdict.NOT_REPRODUCED, NumberClaim)
    known = [entry for entry in missed if entry.judgement.reproduced is not None]
    ranked = sorted(known, key=lambda entry: -relative_gap(entry))
    return _first_of_each(ranked, _run_of)[:MOST_SELECTED]


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


def confirmations(entries: Iterable[Entry[Any]]) -> list[Entry[Any]]:
    """Select what holds: numbers of whole runs on test examples first, then statements."""
    good = (Verdict.EXACT, Verdict.REPRODUCED)
    numbers = [entry for verdict in good for entry in _with(entries, verdict, NumberClaim)]

    def rank(entry: Entry[NumberClaim]) -> tuple[bool, bool, bool, bool, int]:
        claim = entry.claim
        is_whole = (claim.split != "test", _is_detail(entry), claim.metric not in MAIN_METRICS)
        return _is_searched(entry), *is_whole, -len(claim.reported)

    found = _first_of_each(sorted(numbers, key=rank), _run_of)
    holding = [e for kind in STATEMENTS.kinds for e in _with(entries, Verdict.HOLDS, kind)]
    return [*found[:MOST_SELECTED], *_in_turn(holding)[:MOST_SELECTED]]


def _is_searched(entry: Entry[Any]) -> bool:
    """Whether a search found a setting by other numbers of the run, which may be alike."""
    return any(assumed.recovered for assumed in entry.assumes)


def _is_detail(entry: Entry[NumberClaim]) -> bool:
    """Whether a number is about a class, a fold, a spread or a difference, not a whole run."""
    claim = entry.claim
    if not isinstance(claim, ValueClaim):
        return True
    is_spread = claim.statistic not in (None, "mean")
    return is_spread or any(part is not None for part in (claim.of_class, claim.fold, claim.minus))


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


def _times(entry: Entry[NumberClaim]) -> str:
    gap = relative_gap(entry)
    return f"{gap:.2g}" if gap < 10 else f"{gap:.0f}" if gap < 1000 else "more than 1,000"


class _Sentences:
    """Writes a sentence on an entry, which begins with a link to the entry."""

    def __init__(self, chapters: Sequence[Outcomes], references: CrossReferences) -> None:
        self._chapters = {chapter.study.name: chapter for chapter in chapters}
        self._references = references

    def finding(self, entry: Entry[Any]) -> Highlight:
        """Return an entry for the first screen."""
        claim = entry.claim
        if isinstance(claim, NumberClaim):
            heading, sentence = self._number(entry), self._told_of_number(entry)
        elif isinstance(claim, ConsistencyClaim):
            expected = words.check_text(claim)
            heading, sentence = CLASH, f"Expected: {expected}. Found: {self._clash(entry)}"
        else:
            heading = words.statement_text(claim, self._chapters[entry.study].titles)
            told = "So it is here" if entry.verdict is Verdict.HOLDS else "Here it is the other way"
            sentence = f"{told}. {words.found_text(entry)}"
        linked = self._references.link(heading, claim_anchor(entry), entry.study)
        return Highlight(entry, linked, markdown.escape(sentence))

    def _told_of_number(self, entry: Entry[NumberClaim]) -> str:
        claim, ours = entry.claim, words.reproduced_text(entry)
        runs = "Our run gives" if entry.judgement.seeds == 1 else "Our runs give"
        match entry.verdict:
            case Verdict.EXACT:
                return f"The source prints {claim.reported}, and a new run gives the same digits."
            case Verdict.REPRODUCED:
                return (
                    f"The source prints {claim.reported}. {runs} {ours}, which is the same within "
                    f"the tolerance of {words.tolerance_text(claim)}."
                )
        chapter = self._chapters[entry.study]
        searches = told_by_searches(Subject(claim), chapter.study, chapter.searches)
        apart = f"They are {_times(entry)} times the tolerance apart."
        return " ".join([f"The source prints {claim.reported}. {runs} {ours}.", apart, *searches])

    def exact(self, entry: Entry[NumberClaim]) -> Markdown:
        result = f": {entry.claim.reported}, both reported and re-created."
        return self._sentence(entry, self._number(entry), result)

    def gap(self, entry: Entry[NumberClaim]) -> Markdown:
        return self._sentence(
            entry,
            self._number(entry),
            f": {entry.claim.reported} reported, {words.reproduced_text(entry)} re-created, "
            f"{entry.judgement.direction} by {_times(entry)} times the tolerance.",
        )

    def contradiction(self, entry: Entry[ConsistencyClaim]) -> Markdown:
        return self._sentence(entry, f"“{entry.claim.quote}”", f": {self._clash(entry)}")

    def _clash(self, entry: Entry[ConsistencyClaim]) -> str:
        checks = of_kinds(self._chapters[entry.study].entries, ConsistencyClaim)
        n = len(causes.further_places(entry, checks))
        further = f" The same cause shows in {n} more place{'s' * (n > 1)}." if n else ""
        return f"{words.found_text(entry)}{further}"

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
