"""The audit of one document."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from refashion import documents
from refashion.audit import checking, reading
from refashion.audit.checking.question import Answer
from refashion.audit.numbers import PrintedNumber, numbers_of
from refashion.audit.reading.readings import Readings
from refashion.documents.document import Document
from refashion.ledger.entry import Verdict


@dataclass(frozen=True)
class Audit:
    """What a document says, and which of it disagrees.

    Attributes
    ----------
    path
        The file.
    sha256
        Of its content.
    document
        Its text.
    readings
        What was found in it.
    answers
        What the checks say, most telling first.
    seconds
        How long it took.
    """

    path: Path
    sha256: str
    document: Document
    readings: Readings
    answers: Sequence[Answer]
    seconds: float

    @cached_property
    def numbers(self) -> list[PrintedNumber]:
        """Every number that was read."""
        return list(numbers_of(self.readings))

    def with_verdict(self, verdict: Verdict) -> list[Answer]:
        """Return the answers with a verdict."""
        return [answer for answer in self.answers if answer.verdict is verdict]


def audit(path: Path) -> Audit:
    """Read a document and check its numbers.

    Raises
    ------
    DocumentError
        The document cannot be read.
    """
    started = time.monotonic()
    document = documents.read(path)
    readings = reading.read_all(document)
    answers = checking.check(document, readings)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Audit(path, sha256, document, readings, answers, time.monotonic() - started)
