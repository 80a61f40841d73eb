"""Claims that numbers of the document agree: the answers of its audit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refashion.audit.checking.question import Answer
from refashion.audit.draft.entries import DraftedClaim
from refashion.audit.draft.source import DraftSource
from refashion.ledger.entry import Verdict

MEANT = "both are meant of one thing, and were read as they are printed"
_PLURAL = re.compile(r"^(?:the \w+s|they|both|these)\b", re.IGNORECASE)


def entries(source: DraftSource) -> Iterator[DraftedClaim]:
    """Yield a claim of each answer; one that is doubtful states both of its readings."""
    for answer in source.audit.answers:
        question = answer.question
        keys = {"kind": "consistency", "check": question.check, "numbers": dict(question.numbers)}
        lacks = ""
        if answer.verdict is Verdict.DOUBTFUL and not answer.finding.reading:
            agrees_if = _agrees_if(answer)
            if agrees_if:
                keys["doubt"] = {"contradicts_if": MEANT, "agrees_if": agrees_if}
            else:
                lacks = f"it is doubtful: {'; '.join(question.all_doubts)}"
        about = question.about[0]
        name = f"{question.title.partition(':')[0]} {question.title.partition(':')[2]}"
        yield DraftedClaim(about.first, about, name, keys, lacks)


def _agrees_if(answer: Answer) -> str:
    """Return the reading with which the numbers agree: what they may be, as if they were."""
    for doubt in answer.question.all_doubts:
        if re.search(r"\bmay \w+", doubt):
            return _as_said(doubt)
    return ""


def _as_said(doubt: str) -> str:
    """Turn "the figures may be of two runs" into "the figures are of two runs"."""
    is_plural = bool(_PLURAL.match(doubt))

    def said(found: re.Match[str]) -> str:
        verb = found[1]
        forms = {"be": ("is", "are"), "have": ("has", "have")}
        return forms.get(verb, (f"{verb}s", verb))[is_plural]

    return re.sub(r"\bmay (?:only )?(\w+)", said, doubt, count=1)
