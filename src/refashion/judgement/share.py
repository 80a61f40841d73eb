"""The share rule: a property that seeds have or lack, without a margin."""

from __future__ import annotations

import lazy_loader

from refashion.judgement.difference import ERROR_RATE
from refashion.judgement.settling import leaning
from refashion.ledger.entry import Judgement, Verdict

scipy = lazy_loader.load("scipy")


def judge_share(positive: int, k: int) -> Judgement:
    """Judge a statement by the number of seeds that agree with it.

    It holds if the one-sided bound of the share of seeds (Clopper and Pearson 1934) lies above one
    half, which five of five reach and four of four do not, and fails if it lies below.

    Parameters
    ----------
    positive
        Number of seeds that agree.
    k
        Number of all seeds, at least one.

    Returns
    -------
    Judgement
        Without a reason. `reproduced` is the share.
    """
    share = positive / k
    judged = Judgement(_verdict(positive, k), reproduced=share, seeds=k, preliminary=k == 1)
    return leaning(judged, lambda seeds: _of_share(share, seeds))


def _of_share(share: float, k: float) -> Verdict:
    if k == float("inf"):
        sides = {True: Verdict.HOLDS, False: Verdict.FAILS}
        return Verdict.INCONCLUSIVE if share == 0.5 else sides[share > 0.5]
    return _verdict(round(share * k), int(k))


def _verdict(positive: int, k: int) -> Verdict:
    lower = scipy.special.betaincinv(positive, k - positive + 1, ERROR_RATE) if positive else 0
    upper = (
        scipy.special.betaincinv(positive + 1, k - positive, 1 - ERROR_RATE) if positive < k else 1
    )
    if lower > 0.5:
        return Verdict.HOLDS
    return Verdict.FAILS if upper < 0.5 else Verdict.INCONCLUSIVE
