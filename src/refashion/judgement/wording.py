"""What claims measure, in words."""

from __future__ import annotations

from refashion.metrics import METRICS
from refashion.spec.claims import OrderingClaim, ValueClaim
from refashion.spec.study import Run

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
    "mse": "mean squared error",
    "auc": "area under the curve",
    "fit_seconds": "time of training",
    "seconds_per_epoch": "time of an epoch",
}


def label_of(claim: ValueClaim | OrderingClaim) -> str:
    """Name what a number measures, as it stands within a sentence."""
    metric = METRICS.get(claim.metric) if claim.of_class is None else None
    label = metric.label if metric else LABELS[claim.metric]
    # "Accuracy" becomes "accuracy", but "R²" stays.
    label = label.lower() if label[1:2].islower() else label
    if isinstance(claim, ValueClaim) and claim.is_of_folds:
        return of_folds(label, claim)
    label = f"{label} of {claim.of_class}" if claim.of_class else label
    is_difference = isinstance(claim, ValueClaim) and claim.is_difference
    return f"margin in {label}" if is_difference else label


def of_folds(label: str, claim: ValueClaim) -> str:
    """Name a number of folds: of a single one, or how far the scores of all lie apart."""
    if claim.fold is not None:
        return f"{label} of fold {claim.fold}"
    return f"standard deviation of the {label} over folds"


def leak_text(run: Run) -> str:
    """Say that a run knows its test examples, and by which step; empty if it does not."""
    if not run.leaks:
        return ""
    names = " and ".join(path.rpartition(".")[2] for path in run.leaks)
    verb = "are" if len(run.leaks) > 1 else "is"
    return (
        f"The run {run.name} has a leak: {names} {verb} fitted on the test examples as well "
        "(fit_on: all), so its scores may be too good."
    )
