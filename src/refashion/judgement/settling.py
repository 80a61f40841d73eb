"""How many seeds would settle what the seeds at hand leave open."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from refashion.ledger.entry import Judgement, Verdict

# Beyond so many seeds nobody asks for a number.
MOST_SEEDS = 100


def leaning(judged: Judgement, verdict_at: Callable[[float], Verdict]) -> Judgement:
    """Add to an inconclusive judgement what it leans to, and how many seeds would settle it.

    Parameters
    ----------
    judged
        The judgement on the seeds at hand; one that is settled is returned as it is.
    verdict_at
        Gives the verdict with another number of seeds of the same mean and deviation; infinity is
        the limit of very many.
    """
    if judged.verdict is not Verdict.INCONCLUSIVE:
        return judged
    limit = verdict_at(math.inf)
    if limit is Verdict.INCONCLUSIVE:
        return judged
    more = range(max(2, judged.seeds + 1), MOST_SEEDS + 1)
    settled_by = next((k for k in more if verdict_at(k) is limit), None)
    return replace(judged, leaning=limit, settled_by=settled_by)
