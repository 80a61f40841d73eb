"""What a person has to decide about a draft, the most important first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from refashion.audit.draft import runs as proposed
from refashion.audit.draft.dataset import Data
from refashion.audit.draft.entries import DraftedClaim
from refashion.audit.draft.runs import DraftedRun
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.models import key
from refashion.checks.consistency.number import listed
from refashion.ledger.entry import Verdict
from refashion.shortening import shortened
from refashion.wording import counted

LONGEST = 300
MOST_NAMED = 12


def decisions(
    source: DraftSource, data: Data, runs: Sequence[DraftedRun], entries: Sequence[DraftedClaim]
) -> list[str]:
    """Return what a person has to decide, each a sentence that begins with a key of the study."""
    found = [*_all(source, data, runs, entries)]
    return [shortened(" ".join(text.split()), LONGEST) for text in dict.fromkeys(found)]


def _all(
    source: DraftSource, data: Data, runs: Sequence[DraftedRun], entries: Sequence[DraftedClaim]
) -> Iterator[str]:
    yield "source.citation: who wrote the report, and when? The draft takes no names from it."
    yield from data.decisions
    yield from proposed.unclear(runs)
    yield from _assumed(runs)
    yield from _two_values(source)
    yield from _without_results(source, runs)
    yield from _claims(entries)


def _assumed(runs: Sequence[DraftedRun]) -> Iterator[str]:
    """Yield what the draft made up, for all runs together."""
    layers = [run.name for run in runs if "layers" in run.assumes]
    if layers:
        yield f"runs: the layers of {listed(layers)} are partly assumed; see assumes."


def _two_values(source: DraftSource) -> Iterator[str]:
    """Yield the settings that the document states with two values."""
    for answer in source.audit.answers:
        question = answer.question
        is_setting = question.check == "same_setting" and question.title.startswith("A setting")
        if is_setting and answer.verdict is not Verdict.CONSISTENT:
            values = " and ".join(map(str, question.numbers["values"]))
            lines = listed(dict.fromkeys(f"line {about.first}" for about in question.about))
            name = question.title.partition(": ")[2]
            yield f"settings: {name} is stated as {values} ({lines})."


def _without_results(source: DraftSource, runs: Sequence[DraftedRun]) -> Iterator[str]:
    known = {run.key for run in runs}
    named = {key(each.name): each.name for each in source.audit.readings.models}
    others = [name for of, name in named.items() if of not in known]
    if others:
        shown = listed(others[:MOST_NAMED])
        yield f"runs: named, but without results that the draft could take as theirs: {shown}."


def _claims(entries: Sequence[DraftedClaim]) -> Iterator[str]:
    lacking = [entry for entry in entries if entry.lacks]
    if lacking:
        yield (
            f"claims: {counted(len(lacking), 'claim')} in comments, each with what it lacks; "
            "complete or delete them."
        )
    doubtful = [entry for entry in entries if entry.doubts and not entry.lacks and not entry.why]
    if doubtful:
        lines = listed(dict.fromkeys(str(entry.first) for entry in doubtful[:MOST_NAMED]))
        more = ", among others" if len(doubtful) > MOST_NAMED else ""
        yield (
            f"claims: {counted(len(doubtful), 'claim')} may be read wrongly and say so in a "
            f"comment (lines {lines}{more})."
        )
