"""A check to be made on numbers that were read, and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from refashion.audit.reading.readings import Reading
from refashion.checks import consistency
from refashion.checks.consistency import Finding
from refashion.ledger.entry import Verdict


@dataclass(frozen=True)
class AuditQuestion:
    """A check, and the numbers that were read for it.

    Attributes
    ----------
    check
        Name of a check in `refashion.checks.consistency`.
    numbers
        Its arguments.
    about
        What the numbers were read from; the first is what a reader should look at.
    title
        What is asked, as a heading: "Macro average of precision".
    doubts
        Why the numbers may not belong together, each a clause; those of the readings are added.
    """

    check: str
    numbers: Mapping[str, Any]
    about: Sequence[Reading]
    title: str
    doubts: Sequence[str] = ()

    @property
    def all_doubts(self) -> list[str]:
        """Doubts of the question and of what was read for it, each once."""
        of_readings = (doubt for reading in self.about for doubt in reading.doubts)
        return list(dict.fromkeys([*self.doubts, *of_readings]))


@dataclass(frozen=True)
class Answer:
    """What a check found.

    Attributes
    ----------
    question
        What was asked.
    finding
        What the check says.
    """

    question: AuditQuestion
    finding: Finding

    @property
    def verdict(self) -> Verdict:
        """Whether the numbers agree; a contradiction on a doubtful reading is doubtful."""
        if self.finding.agrees:
            return Verdict.CONSISTENT
        is_doubtful = self.finding.reading or self.question.all_doubts
        return Verdict.DOUBTFUL if is_doubtful else Verdict.INCONSISTENT


def ask(question: AuditQuestion) -> Answer | None:
    """Ask a question.

    Returns
    -------
    Answer or None
        None if the numbers are not of the form that the check accepts, such as a matrix that is
        not square, or if they could not have disagreed.
    """
    try:
        numbers = consistency.settings_model(question.check).model_validate(question.numbers)
        finding = consistency.function(question.check)(**dict(numbers))
    except (ValidationError, ValueError):
        return None
    if finding.consistent and finding.vacuous:
        return None
    return Answer(question, finding)
