"""Properties of training histories: what a report says of its curves, as named measures.

A property is a public function that gives a margin: by how much a history has the property, in units
of the column, negative if it has not. A property without such a measure gives plus or minus infinity.
Its first parameter is `history`: a row per epoch, with the
columns `epoch`, `loss`, `accuracy` (or `mae`), and `val_loss`, `val_accuracy` (or `val_mae`) where
the run has validation examples. A second parameter `other` is the history of a run to compare with.
All others are settings: annotated, and without default, so that a claim states every one of them.

Three rules hold for all:

- `column` names the training curve (`loss`, `accuracy`, `mae`); its validation curve is the same
  with `val_`. A column that a history lacks is an error, never an answer: nothing can be said of
  the validation curve of a run without validation examples.
- A history with a value that is not finite belongs to a run that has diverged. It has none of the
  properties but `does_not_converge`, whichever column is asked for: an accuracy stays a number
  after the loss has become none.
- "Better" is smaller for `loss` and `mae`, and greater for `accuracy`.

Keras takes training values during an epoch, with dropout at work, and validation values after it,
without. The gap between the curves is therefore largest in the first epoch, and a training curve
may be the worse of the two.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import lazy_loader
from pydantic import BaseModel, Field

from refashion import signatures
from refashion.errors import choices, shown
from refashion.quantities import Count

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
else:
    np = lazy_loader.load("numpy")
    pd = lazy_loader.load("pandas")

Column = Literal["loss", "accuracy", "mae"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# Share of the variance from which a straight line is taken to describe a curve.
STRAIGHT = 0.95

DATA = ("history", "other")


def names() -> list[str]:
    """Names of all properties, sorted."""
    return sorted(_properties())


def function(name: str) -> Callable[..., float]:
    """Give a property by its name.

    Raises
    ------
    ValueError
        There is none of this name.
    """
    if name not in _properties():
        raise ValueError(f"property: {shown(name)}; {choices(name, names())}")
    return _properties()[name]


def is_comparison(name: str) -> float:
    """Whether a property compares with another run, given as `other`."""
    return "other" in inspect.signature(function(name)).parameters


@functools.cache
def settings_model(name: str) -> type[BaseModel]:
    """Read the settings of a property from its signature; all are required."""
    return signatures.settings_model(function(name), ignore=DATA)


def no_overfitting(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Whether the validation curve does not turn away from its best.

    "No overfitting" is read as: more epochs have not made the network worse on examples that it was
    not trained on. How far it is better on its training examples is `close_together`.

    Parameters
    ----------
    within
        How much worse than the best epoch the last one may be.
    """
    validation = _validation(history, column)
    return _margin(within - (validation[-1] - validation.min()))


def overfits_less_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Whether validation falls short of training by less than in another run.

    "Overfits less", "helps prevent overfitting" is read as: at the last epoch of each, the network
    is less better on its training examples than on others. The sign counts: a network that is
    better on the validation examples overfits least.
    """
    return _margin(_shortfall(other, column)[-1] - _shortfall(history, column)[-1])


def no_underfitting(history: pd.DataFrame, *, column: Column, level: Finite) -> float:
    """Whether the training curve ends at a level that counts as good.

    "No underfitting" is read as: the network has fitted the examples that it was trained on.

    Parameters
    ----------
    level
        The worst training value of the last epoch that still counts as good.
    """
    return _margin(_oriented(level, column) - _training(history, column)[-1])


def close_together(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Whether the curves end close to each other.

    "Very close", "almost identical" is read as: the distance of the validation from the training
    value at the last epoch, that of the trained network, is small, whichever is the better.

    Parameters
    ----------
    within
        The largest distance that counts as close.
    """
    return _margin(within - _gaps(history, column)[-1])


def in_line(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Whether the curves are close to each other over the training as a whole.

    "In line with each other" is read as: the mean distance over the epochs is small. Curves that
    are in line so far may part at the end.

    Parameters
    ----------
    within
        The largest mean distance that counts as in line.
    """
    return _margin(within - _gaps(history, column).mean())


def out_of_line(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Whether the curves are apart over the training as a whole.

    The opposite of `in_line`, for "not in line with each other"; a run that has diverged is
    neither.

    Parameters
    ----------
    by
        The mean distance that is exceeded.
    """
    return _margin(_gaps(history, column).mean() - by)


def closer_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Whether the curves are closer to each other than those of another run.

    "More in line" is read as: the mean distance over the epochs, each run's own, is smaller.
    """
    return _margin(_gaps(other, column).mean() - _gaps(history, column).mean())


def ends_near(
    history: pd.DataFrame, other: pd.DataFrame, *, column: Column, within: NotNegative
) -> float:
    """Whether the validation curve ends near that of another run.

    "Slightly different" is read as: the two differ at their last epochs by no more than a little.

    Parameters
    ----------
    within
        How large the difference may be.
    """
    here, there = (_validation(each, column)[-1] for each in (history, other))
    return _margin(within - abs(here - there))


def part_at_end(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Whether the curves are further apart at the last epoch than they used to be.

    "Start to deviate from each other at the end" is read as: the last distance exceeds the median
    of those before. One epoch has no end.

    Parameters
    ----------
    by
        How much the distance grows at least.
    """
    *before, last = _gaps(history, column)
    return _margin(last - np.median(before) - by) if before else -math.inf


def converges_between(
    history: pd.DataFrame, *, column: Column, first: Count, last: Count, within: NotNegative
) -> float:
    """Whether both curves stop changing after some epoch from `first` to `last`.

    "Converges to a number" is read as: from an epoch on, until the end, training and validation
    stay near the values that they have there. The first such epoch counts, so curves that have
    converged before `first` do not converge between. At least one epoch must follow; a claim leaves
    more of them after `last` to be worth its while.

    Parameters
    ----------
    first, last
        Epochs, from 1.
    within
        The largest later change of either curve.

    Raises
    ------
    ValueError
        `first` comes after `last`.
    """
    if first > last:
        raise ValueError(f"first: {first}; accepted: at most last, {last}")
    return _has(first <= _converged_at(history, column, within) <= last)


def not_converged_by(
    history: pd.DataFrame, *, column: Column, epoch: Count, within: NotNegative
) -> float:
    """Whether a curve still changes after an epoch.

    "Takes too long to converge" is read as: unlike in `converges_between`, there is no epoch up to
    this one from which on both curves stay near their values. A run that ends by then tells
    nothing: False.

    Parameters
    ----------
    epoch
        The epoch by which convergence would not be late, from 1.
    within
        The largest later change that counts as none.
    """
    return _has(len(history) > epoch and _converged_at(history, column, within) > epoch)


def little_gain_after(
    history: pd.DataFrame, *, column: Column, epoch: Count, within: NotNegative
) -> float:
    """Whether the epochs after one improve the best validation value only a little, or not at all.

    "The additional epochs did not benefit much" is read so; the best value counts, for it is the
    one that a checkpoint keeps. A run that ends by then tells nothing: False.

    Parameters
    ----------
    epoch
        The last epoch that is not additional, from 1.
    within
        The largest gain that counts as little.
    """
    validation = _validation(history, column)
    gain = validation[:epoch].min() - validation.min()
    return _margin(within - gain) if len(validation) > epoch else -math.inf


def does_not_converge(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Whether a run diverges, or learns nothing after its first epoch.

    "Never converges" is read as: a value is not finite, or the training curve ends no better than
    it was in the first epoch. One epoch shows neither, unless it has diverged.

    Parameters
    ----------
    by
        The largest improvement that counts as none.
    """
    training = _training(history, column)
    if not np.isfinite(training).all():
        return math.inf
    return _margin(by - (training[0] - training[-1])) if len(training) > 1 else -math.inf


def slower_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Whether training is behind that of another run after the same number of epochs.

    "Takes longer to converge" is read as: of the epochs that both have, the training value is worse
    at the last one, and in the mean. It is not about time.
    """
    one, another = _training(history, column), _training(other, column)
    both = min(len(one), len(another))
    behind = one[:both] - another[:both]
    return _margin(min(behind[-1], behind.mean()))


def not_linear(history: pd.DataFrame, *, column: Column) -> float:
    """Whether the training curve is no straight line.

    "Not linear" is read as: a straight line over the epochs explains less than 95 % of its
    variance. Two epochs always lie on one, and a constant is one.
    """
    curve = _training(history, column)
    y = curve - curve[0]  # first, so that a constant leaves no rounding error
    y = y - y.mean()
    x = np.arange(len(y)) - (len(y) - 1) / 2
    variance = (x @ x) * (y @ y)
    return _margin(STRAIGHT - ((x @ y) ** 2 / variance if variance else 1.0))


@functools.cache
def _properties() -> dict[str, Callable[..., float]]:
    return {name: value for name, value in globals().items() if _is_property(name, value)}


def _is_property(name: str, value: object) -> bool:
    # Not isinstance, which would load the lazy modules.
    if name.startswith("_") or type(value) is not FunctionType:
        return False
    return next(iter(inspect.signature(value).parameters), None) == DATA[0]


def _margin(value: float) -> float:
    """Give a margin; that of a run that has diverged is minus infinity."""
    return -math.inf if math.isnan(value) else float(value)


def _has(property_: bool) -> float:
    """Give the margin of a property that a history has or lacks, and no more can be said."""
    return math.inf if property_ else -math.inf


Values = TypeVar("Values", "np.ndarray", float)


def _oriented(values: Values, column: str) -> Values:
    """Turn values so that smaller is better."""
    return -values if column.removeprefix("val_") == "accuracy" else values


def _curve(history: pd.DataFrame, column: str) -> np.ndarray:
    """Values of one column, smaller is better, shape (epochs,); all NaN if the run has diverged."""
    if column not in history.columns:
        raise ValueError(f"history: no column {column!r}; it has {', '.join(history.columns)}")
    if history.empty:
        raise ValueError("history: no epochs")
    if not np.isfinite(history.to_numpy(dtype=float)).all():
        return np.full(len(history), np.nan)  # which no comparison holds for
    return _oriented(history[column].to_numpy(dtype=float), column)


def _training(history: pd.DataFrame, column: str) -> np.ndarray:
    return _curve(history, column)


def _validation(history: pd.DataFrame, column: str) -> np.ndarray:
    return _curve(history, f"val_{column}")


def _shortfall(history: pd.DataFrame, column: str) -> np.ndarray:
    """How much worse validation is than training, per epoch."""
    return _validation(history, column) - _training(history, column)


def _gaps(history: pd.DataFrame, column: str) -> np.ndarray:
    return np.abs(_shortfall(history, column))


def _converged_at(history: pd.DataFrame, column: str, within: float) -> float:
    """First epoch from which on both curves stay near their values; infinite if there is none.

    NaN if the run has diverged.
    """
    curves = np.stack([_training(history, column), _validation(history, column)])
    if np.isnan(curves).any():
        return math.nan
    for epoch in range(1, curves.shape[1]):
        change = np.abs(curves[:, epoch:] - curves[:, epoch - 1, None])
        if (change <= within).all():
            return epoch
    return math.inf
