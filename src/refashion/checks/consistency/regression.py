"""The joint check of the scores of a regression."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from refashion.checks.consistency.finding import Finding
from refashion.checks.consistency.number import (
    MeanOf,
    Number,
    Positive,
    Stated,
    count,
    listed,
    read,
)

Score = Literal["mae", "mse", "rmse", "r2", "max_error", "variance", "standard_deviation"]
WORDS: dict[str, str] = {
    "mae": "MAE",
    "mse": "MSE",
    "rmse": "RMSE",
    "r2": "R2",
    "max_error": "the largest error",
    "variance": "the variance",
    "standard_deviation": "the standard deviation",
}
# Of the arithmetic here, and of R2, which is a difference of float32 at the worst.
SLACK, R2_SLACK = 1e-9, 1e-7
# The mean of the roots of k numbers is at least 1 / sqrt(k) of the root of their mean.
MOST_RUNS = 1000

Span = tuple[float, float]


class Relation(NamedTuple):
    """One quantity is at most another: the least that the first can be, the most of the second."""

    text: str
    least: float
    most: float
    reading: str = ""

    @property
    def holds(self) -> bool:
        return self.least <= self.most + SLACK * abs(self.most)


def regression_scores(
    *,
    scores: Annotated[dict[Score, Stated], Field(min_length=1)],
    examples: Positive,
    mean_of: MeanOf = None,
) -> Finding:
    """Check that errors of some predictions have all the scores of a regression.

    RMSE is the root of MSE; R2 is 1 - MSE / variance; MAE <= RMSE <= sqrt(n) MAE, with equality
    where all errors are of one size and where only one is not 0; the largest error is at least RMSE
    and at most sqrt(n) RMSE and n MAE.

    Parameters
    ----------
    scores
        As stated. The variance, or its root, is that of the targets of the same examples, with n or
        n - 1 below.
    examples
        Number of examples, n.
    mean_of
        What the scores are means of. Then RMSE is at most the root of MSE, and R2 follows only from
        means over seeds, which share their examples.

    Raises
    ------
    ValueError
        A score that cannot be negative is.
    """
    n = count(examples)
    stated: dict[str, Number] = {name: read(text) for name, text in scores.items()}
    for name, number in stated.items():
        if name != "r2" and number.value < 0:
            raise ValueError(f"{name}: {number.text!r}; accepted: not negative")
    means = mean_of or ("seeds" if any(number.is_mean for number in stated.values()) else None)
    fault = _fault(stated, n, means, cut_off=False)
    if fault is None:
        told = listed([f"{WORDS[name]} {number.text}" for name, number in stated.items()])
        return Finding(True, f"{told} can be the scores of {n:,} predictions.")
    if _fault(stated, n, means, cut_off=True) is None:
        return Finding.only_if("digits were cut off, not rounded", fault.text)
    if fault.reading:
        return Finding.only_if(fault.reading, fault.text)
    return Finding(False, fault.text)


def _fault(stated: Mapping[str, Number], n: int, means: MeanOf, cut_off: bool) -> Relation | None:
    """Return a rule that is broken, first one that no reading mends; None if all hold."""
    spans = {name: number.ends(cut_off) for name, number in stated.items()}
    spans |= {name: (max(0.0, low), high) for name, (low, high) in spans.items() if name != "r2"}
    rules = [*_of_squares(spans, means), *_of_sizes(spans, n, means), *_of_r2(spans, n, means)]
    broken = [rule for rule in rules if not rule.holds]
    return min(broken, key=lambda rule: rule.reading, default=None)


def _of_squares(spans: Mapping[str, Span], means: MeanOf) -> Iterator[Relation]:
    """RMSE is the root of MSE; the mean of roots is lower (Jensen's inequality)."""
    if not {"rmse", "mse"} <= spans.keys():
        return
    low, high = map(math.sqrt, spans["mse"])
    told = f"The root of MSE is {_told((low, high))}, RMSE is {_told(spans['rmse'])}."
    yield Relation(told, spans["rmse"][0], high)
    yield Relation(told, low / math.sqrt(MOST_RUNS), spans["rmse"][1])
    if not means:
        yield Relation(told, low, spans["rmse"][1], "both are means over folds or seeds")


def _of_sizes(spans: Mapping[str, Span], n: int, means: MeanOf) -> Iterator[Relation]:
    """MAE <= RMSE <= largest error, and none is larger than by so many examples."""
    if "mae" in spans and "max_error" in spans:
        mae, largest = spans["mae"], spans["max_error"]
        told = f"MAE is {_told(mae)}, the largest of {n:,} errors {_told(largest)}."
        yield Relation(told, mae[0], largest[1])
        yield Relation(told, largest[0], n * mae[1])
    for name in (name for name in ("rmse", "mse") if name in spans):
        root = spans[name] if name == "rmse" else tuple(map(math.sqrt, spans[name]))
        # The root of a mean of MSE may be larger than means of what it is compared with.
        is_exact = name == "rmse" or not means
        if "mae" in spans:
            told = f"MAE is {_told(spans['mae'])}, RMSE of {n:,} examples {_told(root)}."
            yield Relation(told, spans["mae"][0], root[1])
            if is_exact:
                yield Relation(told, root[0], math.sqrt(n) * spans["mae"][1])
        if "max_error" in spans:
            largest = spans["max_error"]
            told = f"RMSE is {_told(root)}, the largest of {n:,} errors {_told(largest)}."
            yield Relation(told, largest[0], math.sqrt(n) * root[1])
            if is_exact:
                yield Relation(told, root[0], largest[1])


def _of_r2(spans: Mapping[str, Span], n: int, means: MeanOf) -> Iterator[Relation]:
    """R2 is 1 - MSE / variance."""
    if "r2" not in spans:
        return
    low, high = spans["r2"]
    yield Relation(f"R2 is {_told(spans['r2'])}, above 1.", low, 1.0)
    square = spans.get("mse") or (not means and _squared(spans.get("rmse")))
    variance = spans.get("variance") or _squared(spans.get("standard_deviation"))
    if means in ("folds", "batches") or not square or not variance or n < 2:
        return
    # With n or n - 1 below.
    least, most = variance[0] * (n - 1) / n, variance[1] * n / (n - 1)
    ends = 1 - square[1] / least if least else -math.inf, 1 - square[0] / most if most else 1.0
    told = f"With an MSE of {_told(square)} R2 is {_told(ends)}, not {_told(spans['r2'])}."
    yield Relation(told, low, ends[1] + R2_SLACK)
    yield Relation(told, ends[0] - R2_SLACK, high)


def _squared(span: Span | None) -> Span | None:
    return span and (span[0] ** 2, span[1] ** 2)


def _told(span: Sequence[float]) -> str:
    low, high = (f"{end:.6g}" for end in span)
    return low if low == high else f"{low} to {high}"
