"""Words for metrics and splits, and how they are told apart in text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test"]

# More special names stand before those that they contain.
_METRICS = {
    "balanced_accuracy": r"balanced[-_ ]accuracy(?:[-_ ]score)?",
    "top_5_accuracy": r"top[-_ ]?(?:5|five)[-_ ](?:categorical[-_ ])?acc(?:uracy)?",
    "top_1_accuracy": r"top[-_ ]?(?:1|one)[-_ ](?:categorical[-_ ])?acc(?:uracy)?",
    "accuracy": (
        r"(?:(?:sparse|binary|categorical|classification|overall|mean|average)[-_ ]){0,2}"
        r"accurac(?:y|ies)(?:[-_ ](?:score|rate|value|percentage)s?)?"
        r"|acc(?![.\w]*\w)\.?|(?:success|hit|recognition) rate|correct classification rate"
    ),
    "error_rate": (
        r"(?:(?:mis)?classification|word|top-1)?[-_ ]?error[-_ ](?:rate|percentage)s?"
        r"|misclassification rate|classification error"
    ),
    "rmsle": r"rmsle|root[- ]mean[- ]squared?[- ]log(?:arithmic)?[- ]error",
    "rmse": r"rmse|root[-_ ]mean[-_ ]squared?[-_ ]error(?:\s*\(rmse\))?",
    "mse": r"mse|mean[-_ ]squared?[-_ ]error(?:\s*\(mse\))?",
    "mape": r"mape|mean[-_ ]absolute[-_ ]percent(?:age)?[-_ ]error(?:\s*\(mape\))?",
    "mae": r"mae|mean[-_ ]absolute[-_ ]error(?:\s*\(mae\))?",
    "r2": (
        r"(?:adjusted[-_ ])?r[-_ ]?(?:2|²|\^\{?2\}?|squared?)(?:[-_ ](?:score|value)s?)?"
        r"|coefficient of determination"
    ),
    "auc": (
        r"(?:roc[-_ /]?)?auc(?:[-_ /]?roc)?(?:[-_ ](?:score|value))?|auroc"
        r"|area under (?:the )?(?:roc |receiver[^,.;]{0,30} )?curve(?:\s*\(auc\))?"
    ),
    "average_precision": r"average[-_ ]precision(?:[-_ ]score)?|m?ap@[\d.:]+|map(?= of\b)",
    "f1": r"f[-_ ]?1(?:[-_ ]?(?:scores?|measures?|values?))?|f[-_ ](?:score|measure)s?"
    r"|f₁(?:[- ]score)?",
    "precision": r"precisions?(?:[-_ ](?:score|value)s?)?",
    "recall": r"recalls?(?:[-_ ](?:score|value)s?)?|sensitivity|true positive rate|tpr",
    "specificity": r"specificity|true negative rate|tnr",
    "log_loss": r"log[-_ ]loss",
    "loss": (
        r"(?:(?:cross[- ]?entropy|average|avg\.?|mean|final|total)[-_ ])?loss(?:es)?"
        r"(?:[-_ ](?:score|value)s?)?(?![-_ ](?:func|curve|graph|plot|layer|weight|plateau))"
    ),
    "kappa": r"(?:cohen['’]?s[-_ ])?kappa(?:[-_ ]score)?",
    "mcc": r"mcc|matthews[-_ ]corr(?:elation)?[-_ ]?coef(?:f(?:icient)?)?",
    "iou": r"m?iou|jaccard(?:[-_ ](?:index|score))?",
    "dice": r"dice(?:[-_ ](?:score|coefficient))?",
    "perplexity": r"perplexity",
    "silhouette": r"silhouette(?:[-_ ](?:score|coefficient))?",
    "seconds": (
        r"(?:training|train|execution|running|run|elapsed|computation|fit(?:ting)?|inference"
        r"|prediction|total)[-_ ]?time|elapsed|wall[-_ ]time|time taken|runtime"
    ),
}
_METRIC = re.compile(
    "|".join(rf"(?P<{name}>(?<![^\W_]){words}(?![^\W_]))" for name, words in _METRICS.items()),
    re.IGNORECASE,
)
_WORDS: dict[Split, str] = {
    "train": "train(?:ing)?",
    "validation": "val(?:id(?:ation)?)?|dev(?:elopment)?|cross[- ]validation|cv",
    "test": "test(?:ing)?|held[- ]?out|hold[- ]?out",
}
_ANY_SPLIT = "|".join(_WORDS.values())
# What has to follow the word for a split, so that it is none of "to train a network".
_NOUN = (
    r"(?:['’]?s\b)?(?:\s*(?:,|and|or|&|/|vs\.?)\s*(?:" + _ANY_SPLIT + r")\b){0,3}"
    r"(?:[-_ ]+(?:mnist|image|fashion))?"
    r"[-_ ]*(?:set|data|dataset|split|subset|partition|image|example|sample|instance|record"
    r"|prediction|score|result|error|acc|loss|f1|precision|recall|auc|mse|rmse|mae|r2|performance"
    r"|curve|phase|metric|top)"
)
_SPLIT = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _WORDS.items())
    + rf")(?:(?={_NOUN})|(?<=\bon\b.{{4}})|(?<=\bon\b.{{5}})|(?=\s*[):=\]]))",
    re.IGNORECASE,
)
BETTER_LOW = frozenset(
    {"loss", "log_loss", "error_rate", "mse", "rmse", "rmsle", "mae", "mape", "perplexity"}
    | {"seconds", "errors"}
)
PROPORTIONS = frozenset(
    {"accuracy", "balanced_accuracy", "top_5_accuracy", "top_1_accuracy", "error_rate", "auc"}
    | {"average_precision", "f1", "precision", "recall", "specificity", "iou", "dice"}
)
AT_MOST_ONE = PROPORTIONS | {"r2", "kappa", "mcc", "silhouette"}

NUMERALS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100}


@dataclass(frozen=True)
class Mention:
    """A word for a metric or a split in a text, by the name that is used here."""

    name: str
    start: int
    end: int


def metrics_in(text: str) -> Iterator[Mention]:
    """Yield the metrics that a text names."""
    for found in _METRIC.finditer(text):
        if found.lastgroup:
            yield Mention(found.lastgroup, *found.span())


def splits_in(text: str) -> Iterator[Mention]:
    """Yield the splits that a text names."""
    for found in _SPLIT.finditer(text):
        if found.lastgroup:
            yield Mention(found.lastgroup, *found.span())


def is_plausible(metric: str, value: str) -> bool:
    """Whether a metric can have a value, with or without a percent sign."""
    try:
        number = float(
            re.split("[±(]|\\+/-", value)[0].rstrip("% ").replace(",", "").replace("−", "-")
        )
    except ValueError:
        return False
    if metric in PROPORTIONS:
        return 0 <= number <= 100
    if number < 0 and metric in BETTER_LOW - {"loss"}:
        return False
    if metric in AT_MOST_ONE:
        return number <= (100 if "%" in value else 1)
    return "%" not in value or metric in ("mape", "rmse", "mae")
