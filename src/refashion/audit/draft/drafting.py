"""A draft of a study: its data, its runs, its claims, and what a person has to decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from refashion.audit.audit import Audit
from refashion.audit.draft import checks, data, runs, statements, tables
from refashion.audit.draft.dataset import Data
from refashion.audit.draft.decisions import decisions
from refashion.audit.draft.entries import Binding, DraftedClaim, identified
from refashion.audit.draft.runs import DraftedRun
from refashion.audit.draft.source import DraftSource
from refashion.shortening import shortened
from refashion.spec.claims import KnownNames, problems_of

# More numbers than these nobody goes through; the first are kept.
MOST_NUMBERS = 3_000
LONGEST_PROBLEM = 160


@dataclass(frozen=True)
class DraftedLine:
    """An entry of a draft with its words for `claims.yaml`.

    Attributes
    ----------
    id
        Its id; unused for an untestable statement.
    where, quote
        Its place and words of the document.
    entry
        The rest.
    """

    id: str
    where: str
    quote: str
    entry: DraftedClaim

    @property
    def claim(self) -> dict[str, object]:
        """The claim as YAML holds it."""
        return {"id": self.id, "where": self.where, "quote": self.quote, **self.entry.keys}


@dataclass(frozen=True)
class Draft:
    """A draft of a study.

    Attributes
    ----------
    source
        The document.
    data
        Its data.
    runs
        Its runs.
    lines
        Claims, in the order of the document; those that lack something become comments.
    left_out
        How many numbers are left out because there are too many.
    decisions
        What a person has to decide, each a sentence.
    """

    source: DraftSource
    data: Data
    runs: Sequence[DraftedRun]
    lines: Sequence[DraftedLine]
    left_out: int
    decisions: Sequence[str]

    @property
    def claims(self) -> list[DraftedLine]:
        """Claims that stand as they are, or need a word."""
        return [line for line in self.lines if not line.entry.why]

    @property
    def untestable(self) -> list[DraftedLine]:
        """Statements that no run can test."""
        return [line for line in self.lines if line.entry.why]

    def asks_for(self, measured: str, split: str) -> bool:
        """Whether a claim that stands is of a metric or a table on a split."""
        claims = [line.entry.keys for line in self.claims if not line.entry.lacks]
        return any(
            keys.get("split") == split
            and measured in (keys.get("metric"), keys.get("table"), *keys.get("columns", ()))
            for keys in claims
        )


def draft(audit: Audit) -> Draft:
    """Draft a study from the audit of a document."""
    source = DraftSource.of(audit)
    found = data.find(source)
    proposed = runs.propose(source, found)
    binding = Binding(source, found, proposed)
    every = chain(tables.entries(binding), statements.entries(binding), checks.entries(source))
    kept, left_out = _first(list(every))
    lines = [*_checked(_worded(source, kept), found, proposed)]
    asked = decisions(source, found, proposed, [line.entry for line in lines])
    return Draft(source, found, proposed, lines, left_out, asked)


def _first(entries: Sequence[DraftedClaim]) -> tuple[list[DraftedClaim], int]:
    kept, numbers = [], 0
    for entry in sorted(entries, key=lambda entry: entry.first):
        numbers += entry.numbers
        if numbers <= MOST_NUMBERS:
            kept.append(entry)
    return kept, max(0, numbers - MOST_NUMBERS)


def _worded(source: DraftSource, entries: Sequence[DraftedClaim]) -> Iterator[DraftedLine]:
    """Add places and quotes; what cannot be quoted word by word is left out."""
    seen: set[str] = set()
    for name, entry in identified(entries):
        quote = source.quote(entry.reading)
        same = json.dumps([quote, entry.keys, entry.why], sort_keys=True, default=str)
        if quote and same not in seen:
            seen.add(same)
            yield DraftedLine(name, source.place(entry.reading), quote, entry)


def _checked(
    lines: Iterator[DraftedLine], found: Data, proposed: Sequence[DraftedRun]
) -> Iterator[DraftedLine]:
    """Turn a claim that a study would not accept into a comment that says why."""
    known = KnownNames(
        runs=[run.name for run in proposed],
        classes=found.classes or None,
        task=found.task,
        splits=("train", "validation", "test") if found.split["validation"] else ("train", "test"),
        scored=("train", "test"),
    )
    for line in lines:
        if not line.entry.why and not line.entry.lacks:
            for _, text in problems_of([line.claim], known):
                why = shortened(text.partition("; accepted")[0], LONGEST_PROBLEM)
                line = replace(line, entry=line.entry.lacking(why))
                break
        yield line
