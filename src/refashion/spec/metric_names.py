"""The names of metrics in claims, and those that people use for them."""

from __future__ import annotations

from collections.abc import Sequence

from refashion import errors
from refashion.metrics import METRICS

# What people call metrics, in lower case without spaces and signs, and what they may mean.
_CALLED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("acc", "accuracyscore", "testaccuracy", "top1", "top1accuracy", "correctrate"),
        ("accuracy",),
    ),
    **dict.fromkeys(("bacc", "uar", "balancedacc"), ("balanced_accuracy",)),
    **dict.fromkeys(("f1", "f1score", "fscore", "fmeasure"), ("f1_score", "f1_macro")),
    **dict.fromkeys(("precision", "ppv"), ("precision", "precision_macro")),
    **dict.fromkeys(("recall", "sensitivity", "tpr"), ("recall", "recall_macro")),
    **{
        f"{average}{score}": (f"{score}_{average}",)
        for average in ("macro", "weighted")
        for score in ("precision", "recall", "f1")
    },
    **dict.fromkeys(("mcc", "matthews", "phi"), ("matthews_corrcoef",)),
    **dict.fromkeys(("kappa", "cohenskappa", "cohenkappa"), ("cohen_kappa_score",)),
    **dict.fromkeys(
        ("auc", "rocauc", "auroc", "aucroc", "rocaucscore", "rocaucovr", "rocaucovo"),
        ("roc_auc", "roc_auc_ovr"),
    ),
    **dict.fromkeys(("ap", "auprc", "prauc", "aucpr"), ("average_precision",)),
    **dict.fromkeys(("logloss", "crossentropy", "nll", "loss", "testloss"), ("log_loss",)),
    **dict.fromkeys(("brier", "brierloss", "brierscoreloss"), ("brier_score",)),
    **{f"top{k}": (f"top_{k}_accuracy",) for k in (2, 3, 5)},
    **{f"top{k}acc": (f"top_{k}_accuracy",) for k in (2, 3, 5)},
    **{f"top{k}accuracy": (f"top_{k}_accuracy",) for k in (2, 3, 5)},
    **dict.fromkeys(("mse", "meansquarederror"), ("mean_squared_error",)),
    **dict.fromkeys(("rmse", "rootmeansquarederror"), ("root_mean_squared_error",)),
    **dict.fromkeys(("mae", "meanabsoluteerror"), ("mean_absolute_error",)),
    **dict.fromkeys(("mape", "percentageerror"), ("mean_absolute_percentage_error",)),
    **dict.fromkeys(("r2", "r2score", "rsquared", "rsq", "r²"), ("r2",)),
    **dict.fromkeys(("error", "misclassified", "nerrors"), ("errors",)),
}
_SPECIFICITY = ("specificity", "tnr")


def choices(name: str, accepted: Sequence[str], n_classes: int = 0) -> str:
    """List the accepted metrics, and suggest the one that a wrong name may mean.

    Parameters
    ----------
    name
        The wrong name.
    accepted
        Names of metrics.
    n_classes
        Number of classes, for which the suggested metric has to be defined; 0 if unknown.

    Examples
    --------
    >>> choices("MCC", ["accuracy", "matthews_corrcoef"])
    "accepted: accuracy, matthews_corrcoef; did you mean 'matthews_corrcoef'?"
    """
    plain = "".join(filter(str.isalnum, name.lower()))
    if plain in _SPECIFICITY:
        listed = errors.choices("", accepted)
        return f"{listed}; with two classes, it is the recall of the negative one, under class"
    likely = [each for each in _CALLED.get(plain, ()) if each in accepted]
    return errors.choices(next((m for m in likely if is_defined(m, n_classes)), name), accepted)


def is_defined(name: str, n_classes: int) -> bool:
    """Return whether a metric is defined for a number of classes; 0 stands for any number."""
    metric = METRICS.get(name)
    if metric is None or not n_classes:
        return True
    return metric.fewest_classes <= n_classes <= (metric.most_classes or n_classes)
