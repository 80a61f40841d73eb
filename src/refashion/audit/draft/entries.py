"""Entries of `claims.yaml`, and what binds a reading to a run, a class and a split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from refashion.audit.draft.dataset import Data
from refashion.audit.draft.runs import DraftedRun
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.models import NAME
from refashion.audit.reading.models import key as key_of
from refashion.audit.reading.readings import Reading
from refashion.spec.writing import similar_name

LONGEST_ID = 60


@dataclass(frozen=True)
class DraftedClaim:
    """An entry of `claims.yaml`.

    Attributes
    ----------
    first
        Number of its line in the document.
    keys
        Its keys, without `where` and `quote`; empty for an untestable statement.
    reading
        What it is of.
    name
        What its id is made of.
    lacks
        Why it cannot be judged as it stands, as a sentence: it becomes a comment for a person to
        complete; empty if nothing lacks.
    why
        Why no run can test it, as a sentence; empty for a claim.
    doubts
        Why it may be read wrongly, each a clause.
    numbers
        How many numbers it holds.
    """

    first: int
    reading: Reading
    name: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    lacks: str = ""
    why: str = ""
    doubts: Sequence[str] = ()
    numbers: int = 1

    def lacking(self, text: str) -> DraftedClaim:
        """Return the same entry, as a comment."""
        return replace(self, lacks=self.lacks or text)


@dataclass(frozen=True)
class Binding:
    """Binds readings to the runs of a draft.

    Attributes
    ----------
    source, data, runs
        The document, its data, and the runs that are proposed.
    """

    source: DraftSource
    data: Data
    runs: Sequence[DraftedRun]

    def run(self, reading: Reading) -> DraftedRun | None:
        """Return the run of a reading; the only one there is if the text names none."""
        key = self.source.owner(reading).model
        if key is None and len(self.runs) == 1:
            return self.runs[0]
        return self.run_of(key)

    def run_of(self, key: str | None) -> DraftedRun | None:
        """Return the run of a model by its key."""
        return next((run for run in self.runs if key and run.key == key), None)

    def named(self, words: str) -> DraftedRun | None:
        """Return the run of a model by words of the text."""
        found = NAME.search(words)
        return self.run_of(key_of(found[0] if found else words))

    def split(self, reading: Reading) -> str:
        """Return the split of a reading: the test set if the text does not say."""
        return self.source.owner(reading).split or "test"

    def is_class(self, subject: str | None) -> bool:
        """Whether a subject is no model, so that it should be a class."""
        if subject is None or NAME.search(subject):
            return False
        return self.run_of(key_of(subject)) is None


def missing_run(binding: Binding, reading: Reading) -> str:
    """Say that no run is known for a reading."""
    model = binding.source.owner(reading).model
    return "there is no run of its model" if model else "the text does not say of which model it is"


def identified(entries: Iterable[DraftedClaim]) -> list[tuple[str, DraftedClaim]]:
    """Give each claim an id of its own; an untestable statement gets none.

    Entries come in the order of the document.
    """
    taken: set[str] = set()
    found = []
    for entry in sorted(entries, key=lambda entry: entry.first):
        base = similar_name(entry.name, "claim")[:LONGEST_ID].rstrip("_")
        number, name = 1, base
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        found.append((name, entry))
    return found
