"""What claims measure, in words."""

from __future__ import annotations

from refashion.metrics import METRICS
from refashion.spec.claims import OrderingClaim, ValueClaim

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


def label_of(claim: ValueClaim | OrderingClaim) -> str:
    """Name what a number measures, as it stands within a sentence."""
    metric = METRICS.get(claim.metric) if claim.of_class is None else None
    label = metric.label if metric else LABELS[claim.metric]
    # "Accuracy" becomes "accuracy", but "R²" stays.
    label = label.lower() if label[1:2].islower() else label
    return f"{label} of {claim.of_class}" if claim.of_class else label
