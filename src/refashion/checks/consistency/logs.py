"""Checks of training logs by themselves."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import PrintedCount, count, listed

Numbers = Annotated[list[PrintedCount], Field(min_length=2)]


def counts_up(*, numbers: Numbers) -> Finding:
    """Check that a counter, such as that of the epochs of a log, goes up and repeats no number.

    Steps may be skipped, because logs often print every tenth epoch only.
    """
    counts = [count(number) for number in numbers]
    wrong = [
        f"{later:,} after {earlier:,}" for earlier, later in pairwise(counts) if later <= earlier
    ]
    if wrong:
        return Finding(False, f"The counter does not go up: {listed(wrong)}.")
    return Finding(True, f"The counter goes up from {counts[0]:,} to {counts[-1]:,}.", vacuous=True)
