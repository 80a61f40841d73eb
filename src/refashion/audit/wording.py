"""Words for an audit, in the terminal and on its page."""

from __future__ import annotations

from collections.abc import Sequence

from refashion.audit.audit import Audit
from refashion.audit.checking.question import Answer
from refashion.audit.reading.readings import Readings
from refashion.checks.consistency.number import listed
from refashion.documents.document import Document, TextLine, Unit
from refashion.ledger.entry import Verdict
from refashion.wording import counted

HEADINGS = {
    Verdict.INCONSISTENT: "Contradictions",
    Verdict.DOUBTFUL: "Doubtful: the reading decides, not the arithmetic",
    Verdict.CONSISTENT: "Numbers that agree",
}
NOUNS = {
    "reports": ("classification report", None),
    "matrices": ("confusion matrix", "confusion matrices"),
    "logs": ("training log", None),
    "tables": ("table", None),
    "layer_tables": ("table of layers", "tables of layers"),
    "listings": ("listing of a network", "listings of networks"),
    "results": ("result in lines and sentences", "results in lines and sentences"),
    "settings": ("setting", None),
    "sizes": ("number of examples or classes", "numbers of examples or classes"),
}


def read_words(readings: Readings) -> str:
    """Say what was read: "2 classification reports, 1 training log and 9 settings"."""
    found = vars(readings)
    return listed(
        counted(len(found[name]), *noun) for name, noun in NOUNS.items() if found.get(name)
    )


def counts_words(audit: Audit) -> str:
    """Count the checks by verdict: "9 contradictions, 3 doubtful, 46 consistent"."""
    bad, doubtful, good = (len(audit.with_verdict(verdict)) for verdict in HEADINGS)
    return f"{counted(bad, 'contradiction')}, {doubtful:,} doubtful, {good:,} consistent"


def place(document: Document, line: TextLine) -> str:
    """Say where a line stands: "page 12, line 311"."""
    if document.unit is Unit.NONE:
        return f"line {line.number:,}"
    return f"{document.unit} {line.part:,}, line {line.number:,}"


def places(audit: Audit, answer: Answer) -> str:
    """Say where the numbers of an answer stand, each place once."""
    lines = (audit.document.lines[reading.first - 1] for reading in answer.question.about)
    return listed(dict.fromkeys(place(audit.document, line) for line in lines))


def doubts_words(answer: Answer) -> str:
    """Say why an answer is doubtful; empty if it is not."""
    doubts = answer.question.all_doubts
    return f"Doubtful because {listed(doubts)}." if doubts and not answer.finding.agrees else ""


def scanned(document: Document) -> str:
    """Name the pages that hold no text; empty if there are none."""
    if not document.without_text:
        return ""
    pages = listed(_ranges(document.without_text))
    verb = "holds" if len(document.without_text) == 1 else "hold"
    noun = "Page" if len(document.without_text) == 1 else "Pages"
    return f"{noun} {pages} {verb} no text, such as scanned ones, and cannot be read."


def _ranges(numbers: Sequence[int]) -> list[str]:
    """Join numbers that follow each other: 1, 2, 3 and 7 are "1 to 3" and "7"."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    return [str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}" for found in ranges]
