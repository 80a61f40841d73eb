"""The page that an audit prints in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from refashion.audit import wording
from refashion.audit.audit import Audit
from refashion.audit.checking.question import Answer
from refashion.ledger.entry import Verdict
from refashion.shortening import shortened
from refashion.wording import counted

WIDTH = 100
LONGEST_QUOTE = 160
# More findings than these are on the page; the terminal shows the most telling.
MOST_SHOWN = 20


def lines(audit: Audit) -> Iterator[str]:
    """Yield the lines: counts, contradictions, doubtful findings, and what could not be read."""
    document = audit.document
    parts = "" if document.n_parts < 2 else f"{counted(document.n_parts, document.unit)}, "
    numbers = counted(len(audit.numbers), "number")
    yield f"{document.name}: {parts}{numbers} read in {audit.seconds:.1f} s"
    if read := wording.read_words(audit.readings):
        yield from wrapped(read, "  ")
    yield counts(audit)
    if gap := wording.scanned(document):
        yield from wrapped(gap, "")
    for verdict in (Verdict.INCONSISTENT, Verdict.DOUBTFUL):
        yield from _section(audit, verdict)


def counts(audit: Audit) -> str:
    """Count the checks by verdict."""
    return f"{counted(len(audit.answers), 'check')}: {wording.counts_words(audit)}"


def _section(audit: Audit, verdict: Verdict) -> Iterator[str]:
    found = audit.with_verdict(verdict)
    if not found:
        return
    yield ""
    yield wording.HEADINGS[verdict]
    for number, answer in enumerate(found[:MOST_SHOWN], start=1):
        yield ""
        yield from _finding(audit, answer, number)
    if len(found) > MOST_SHOWN:
        yield ""
        yield f"  {len(found) - MOST_SHOWN:,} more are in audit.html."


def _finding(audit: Audit, answer: Answer, number: int) -> Iterator[str]:
    question = answer.question
    head = f"{number:>3} {answer.verdict.mark} {question.title} ({wording.places(audit, answer)})"
    yield from wrapped(head, "", "      ")
    quote = shortened(" ".join(question.about[0].quote.split()), LONGEST_QUOTE)
    yield from wrapped(f"“{quote}”", "      ")
    yield from wrapped(answer.finding.detail, "      ")
    if doubts := wording.doubts_words(answer):
        yield from wrapped(doubts, "      ")


def wrapped(text: str, indent: str, then: str | None = None) -> list[str]:
    """Break a text into lines, with an indent for the first and one for the others."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if then is None else then,
        break_on_hyphens=False,
    )
