"""Every kind of claim, judged on what the runs have left. One function a kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from refashion.judgement.course import judge_cost, judge_curve
from refashion.judgement.numbers import (
    judge_attribute,
    judge_number,
    judge_output,
    judge_table,
    judge_text,
)
from refashion.judgement.rankings import judge_extreme, judge_ordering
from refashion.ledger.entry import Judgement, Verdict
from refashion.runs.results import StudyResults
from refashion.spec.claims import (
    AttributeClaim,
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    OrderingClaim,
    OutputClaim,
    TableClaim,
    TextClaim,
    ValueClaim,
)


def judge(claim: Claim, results: StudyResults, seed_sd_prior: float) -> Judgement:
    """Judge one claim.

    Parameters
    ----------
    claim
        The claim. At least one seed of each of its runs has finished.
    results
        Results of its study.
    seed_sd_prior
        Deviation between seeds that is assumed for a single one, in units of accuracy.
    """
    if isinstance(claim, ConsistencyClaim):
        return _judge_consistency(claim)
    return _JUDGES[type(claim)](claim, results, seed_sd_prior)


def _judge_consistency(claim: ConsistencyClaim) -> Judgement:
    finding = claim.found()
    if finding.agrees:
        return Judgement(Verdict.CONSISTENT, finding.detail)
    if claim.doubt is None:
        verdict = Verdict.DOUBTFUL if finding.reading else Verdict.INCONSISTENT
        return Judgement(verdict, finding.detail)
    readings = (
        f"That is a contradiction if {claim.doubt.contradicts_if}, "
        f"and none if {claim.doubt.agrees_if}."
    )
    return Judgement(Verdict.DOUBTFUL, f"{finding.detail} {readings}")


_JUDGES: dict[type, Callable[[Any, StudyResults, float], Judgement]] = {
    ValueClaim: judge_number,
    AttributeClaim: judge_attribute,
    TextClaim: judge_text,
    OutputClaim: judge_output,
    TableClaim: judge_table,
    OrderingClaim: judge_ordering,
    ExtremeClaim: judge_extreme,
    CurveClaim: judge_curve,
    CostClaim: judge_cost,
}
