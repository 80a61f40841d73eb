"""What comes of judging a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from refashion.judgement.verdicts import Verdict


@dataclass(frozen=True)
class Judgement:
    """What the results say of one claim.

    Attributes
    ----------
    verdict
        With the numbers that it rests on.
    reason
        One plain sentence, or a few.
    reported
        What the source says, in short.
    cells
        Of a table: name, reported, reproduced and verdict of each number.
    """

    verdict: Verdict
    reason: str
    reported: str | int
    cells: list[dict[str, Any]] | None = None
