"""Claims and what they measure, in words."""

from __future__ import annotations

from typing import Any

from refashion.metrics import METRICS
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    OrderingClaim,
    TableClaim,
    ValueClaim,
)

LABELS = {
    "errors": "number of wrong answers",
    "correct": "number of right answers",
    "precision": "precision",
    "recall": "recall",
    "f1_score": "F1 score",
    "support": "number of examples",
    "loss": "loss",
    "accuracy": "accuracy",
    "mae": "mean absolute error",
    "fit_seconds": "time of training",
    "seconds_per_epoch": "time of an epoch",
}


def reported_of(claim: Claim) -> str | int:
    """Give what the source says, in short: a number as printed, or words in their place."""
    match claim:
        case TableClaim():
            return sum(1 for _ in claim.cells())
        case OrderingClaim():
            return f"better than {', '.join(claim.than)}"
        case ExtremeClaim():
            return f"{named(claim)} {claim.extreme}"
        case CurveClaim():
            return claim.property.replace("_", " ")
        case CostClaim(reported=None):
            return f"slower than {', '.join(claim.slower_than)}"
        case CostClaim():
            return f"{claim.reported} {claim.unit}"
        case ConsistencyClaim():
            return "; ".join(f"{name} {_in_short(value)}" for name, value in claim.numbers.items())
    return claim.reported


def measured_of(claim: Claim) -> str:
    """Name what a claim measures; the class it is of stands in brackets."""
    match claim:
        case TableClaim():
            return claim.table
        case CurveClaim():
            return claim.property
        case CostClaim():
            return claim.measure
        case ConsistencyClaim():
            return claim.check
        case ExtremeClaim():
            return f"{claim.metric}[{named(claim)}]"
    return f"{claim.metric}[{claim.of_class}]" if claim.of_class else claim.metric


def named(claim: ExtremeClaim) -> str:
    return claim.of_class or " and ".join(claim.classes or ())


def _in_short(value: Any) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_in_short, value))})"
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_in_short(item)}' for name, item in value.items())})"
    return str(value)


def label_of(claim: ValueClaim | OrderingClaim) -> str:
    metric = METRICS.get(claim.metric) if claim.of_class is None else None
    label = metric.label if metric else LABELS[claim.metric]
    # "Accuracy" is none within a sentence, "R²" is one everywhere.
    label = label.lower() if label[1:2].islower() else label
    return f"{label} of {claim.of_class}" if claim.of_class else label
