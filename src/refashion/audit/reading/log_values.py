"""What a line of a training log holds: names with values, steps and seconds."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from refashion.printed import PLAIN

# A name is looked for only so far before its value.
LONGEST_NAME = 48

# What stands for a metric in the names of logs, at their end.
METRICS = (
    "loss|accuracy|acc|logloss|error|mse|mae|rmse|mape|auc|precision|recall|f1|f1[_ -]?score|score"
    "|perplexity|ppl|top[1-5]|iou|dice|bleu|r2|rmsle|mlogloss|merror|l1|l2|map|ndcg|kappa|mcc"
    "|crossentropy|hinge|multi_logloss|binary_logloss|lr|learning_rate|learn|test"
)
_VALUE = re.compile(
    rf"(?P<sign>\s*[:=]\s*|\s+|(?<=[A-Za-z])\s?)(?P<value>[-\u2212+]?(?:{PLAIN}|nan\b|inf\b))"
    r"(?P<unit>\s?%)?(?![\w/:]|\.\d|\s?%\|)"
)
_NAME = re.compile(r"[A-Za-z][\w'./@ -]*$")
_PARTS = re.compile(r"[,|;\t()\[\]{}=>:\u2501]|\s-\s|\s{2,}")
_METRIC = re.compile(rf"(?:.*[\W_])?(?:{METRICS})", re.IGNORECASE)
_NO_METRIC = re.compile(
    r"(?:.*[\W_])?(?:time|eta|elapsed|remaining|took|total|v_num|best|patience|steps?|batch(?:es)?"
    r"|epochs?|iter(?:ation)?s?|samples|speed|norm|nnzs|bias|t|seed|gpu|mem|memory|sec|seconds|s|ms)",
    re.IGNORECASE,
)
_SPLITS = {
    **dict.fromkeys(("train", "training", "tr", "trn"), ""),
    **dict.fromkeys(("val", "valid", "validation", "dev", "vld"), "val_"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test_"),
}
_SPLIT_WORD = re.compile(rf"({'|'.join(_SPLITS)})\b\.?(?: (?:set|data))?[ ]", re.IGNORECASE)
_FILLERS = ("average", "avg", "mean", "running", "epoch", "current", "the", "and", "set", "total")
_RATE = re.compile(r"\d+(?:\.\d+)?\s?[mu\u00b5\u03bc]?s/(?:step|epoch|sample|batch|it)\b")
_STEPS = re.compile(r"(?<![\w/.])(\d{1,9})\s?/\s?(\d{1,9})(?![\w/.])")
_LEFT = re.compile(
    r"\b(?:ETA|remaining|left|total)\b\W{0,3}\S{0,20}|\d+ ?m(?:in)? ?\d+ ?s\b", re.IGNORECASE
)
_SECONDS = re.compile(r"(?<![\w.:])(\d{1,7}(?:\.\d{1,4})?)\s?s(?:ec(?:onds)?)?\b(?!/)")
_SPEED = re.compile(r"\d\s?[u\u00b5\u03bc]s/step")
_EXAMPLES = re.compile(r"s/sample\b|\[\d+/\d+ \(\d+%\)\]")
# More steps of microseconds than an epoch has: they are examples.
MANY = 5_000


@dataclass(frozen=True)
class Steps:
    """How far an epoch is: "469/1875" of a progress bar or "Step [100/600]"."""

    done: int
    total: int


def values(text: str) -> dict[str, str]:
    """Return the values of a text by metric; of several of one name the last.

    Examples
    --------
    >>> values("4s 2ms/step - loss: 0.50 - val_acc: 0.82"), values("train loss 0.12 | val acc 91 %")
    ({'loss': '0.50', 'val_accuracy': '0.82'}, {'loss': '0.12', 'val_accuracy': '91 %'})
    """
    return dict(_pairs(_RATE.sub(" - ", text)))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    end, carried = 0, ""
    for found in _VALUE.finditer(text):
        left = text[max(end, found.start() - LONGEST_NAME) : found.start()]
        name = _NAME.search(_PARTS.split(left)[-1].strip(" -"))
        end = found.end()
        if name is None or _NO_METRIC.fullmatch(name[0]):
            continue
        has_sign = found["sign"].strip() != ""
        if _METRIC.fullmatch(name[0]) or (has_sign and " " not in name[0]):
            if not has_sign and not found["sign"] and "." not in found["value"]:
                continue  # the 2 of "l2", or the 1 of "f1"
            full = metric(name[0])
            # "val Loss: 0.3 Acc: 0.9": the word holds for what follows, unlike that of "val_loss".
            if word := _SPLIT_WORD.match(name[0]):
                carried = _SPLITS[word[1].lower()]
            elif not full.startswith(("val_", "test_")) and not full.startswith(("lr", "learning")):
                full = carried + full
            yield full, found["value"].replace("\u2212", "-") + (found["unit"] or "")


def metric(name: str) -> str:
    """Return the name of a metric as Keras gives it.

    Examples
    --------
    >>> metric("Train Loss"), metric("Validation Acc"), metric("valid_0's l2"), metric("val_mae")
    ('loss', 'val_accuracy', "valid_0's l2", 'val_mae')
    """
    name = name.strip().lower()
    if "'" in name or re.search(r"\d-|^train-|^eval-|^test-", name):  # boosted trees name data sets
        return name
    words = [word for word in re.split(r"[\s_./-]+", name) if word]
    split = next((_SPLITS[word] for word in words if word in _SPLITS), "")
    rest = [word for word in words if word not in _SPLITS and word not in _FILLERS]
    if not rest:
        return name
    if rest[-1] == "acc":
        rest[-1] = "accuracy"
    return split + "_".join(rest)


def has_metric(text: str) -> bool:
    """Whether a text names a metric with its value, as no other line does."""
    return any(_METRIC.fullmatch(name) for name in values(text))


def steps(text: str) -> Steps | None:
    """Return the last steps of a text, if they are plausible."""
    found = next(iter(deque(_STEPS.finditer(text), maxlen=1)), None)
    if found is None or int(found[1]) > int(found[2]) or int(found[2]) == 0:
        return None
    return Steps(int(found[1]), int(found[2]))


def counts_examples(text: str) -> bool:
    """Whether the steps of a text are examples, as in Keras before 2.3: each takes microseconds."""
    if _EXAMPLES.search(text):
        return True
    found = steps(text) if "s/step" in text else None
    return bool(found and found.total >= MANY and _SPEED.search(text))


def seconds(text: str) -> str | None:
    """Return the seconds of a text: the last that are no remaining time."""
    text = _LEFT.sub(" ", _RATE.sub(" ", text))
    found = [*_SECONDS.finditer(text)]
    return found[-1][1] if found else None
