"""Questions that the numbers of a document allow to ask, and the answers of the checks.

A module here asks about one kind of thing. Its `questions(case)` yields a `Question` for whatever
the readings allow; a new kind of question is a new function there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from refashion.audit.checking import (
    copies,
    layers,
    logs,
    matrices,
    regression,
    reports,
    results,
    settings,
    statements,
    texts,
)
from refashion.audit.checking.case import Case
from refashion.audit.checking.question import Answer, AuditQuestion, ask
from refashion.audit.reading.readings import Readings
from refashion.documents.document import Document
from refashion.ledger.entry import Verdict

__all__ = ["check"]

# In the order of what tells most: results that cannot be before words that do not fit.
_MODULES = (
    *(copies, results, reports, matrices, regression, logs),
    *(statements, layers, settings, texts),
)
_ORDER = (Verdict.INCONSISTENT, Verdict.DOUBTFUL, Verdict.CONSISTENT)


def check(document: Document, readings: Readings) -> list[Answer]:
    """Ask everything that the readings allow.

    Returns
    -------
    list of Answer
        Contradictions first, then doubtful ones, then what agrees; each with the most telling
        first. Of questions on the same numbers there is one.
    """
    case = Case(document, readings)
    answers = {_identity(question): ask(question) for question in _questions(case)}
    found = [answer for answer in answers.values() if answer]
    return sorted(found, key=lambda answer: _ORDER.index(answer.verdict))


def _questions(case: Case) -> Iterator[AuditQuestion]:
    for module in _MODULES:
        yield from module.questions(case)


def _identity(question: AuditQuestion) -> str:
    places = [(reading.first, reading.last) for reading in question.about]
    return json.dumps([question.check, question.numbers, places], sort_keys=True)
