"""Properties of training histories, which reports claim about their curves, as measured margins.

A property is a public function that returns a margin: by how much a history has the property, in
units of the column, and negative if it lacks it. A property that cannot be measured so returns plus
or minus infinity. The first parameter is `history`, a table with one row for each epoch and the
columns `epoch`, `loss`, `accuracy` (or `mae`), and `val_loss`, `val_accuracy` (or `val_mae`) if the
run has validation examples. An optional second parameter `other` is the history of another run. All
other parameters are settings. They are annotated and have no defaults, so that a claim states all
of them.

Three rules apply to all properties:

- `column` names the training curve (`loss`, `accuracy`, `mae`, or another metric of the log); the
  validation curve has the prefix `val_`. A missing column is an error: nothing can be said about
  the validation curve of a run without validation examples.
- A history with a value that is not finite belongs to a run that has diverged. It has only the
  property `does_not_converge`, whichever column is used, because an accuracy remains finite after
  the loss has diverged.
- "Better" means smaller for `loss`, `mae` and `mse`, and greater for `accuracy`, `precision`,
  `recall` and `auc`.

Keras measures training values during an epoch, with dropout, and validation values after it,
without dropout. Therefore the gap between the curves is largest in the first epoch, and a training
curve may be worse than its validation curve.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, get_args

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

Column = Literal["loss", "accuracy", "mae", "mse", "precision", "recall", "auc"]
COLUMNS: tuple[str, ...] = get_args(Column)
GREATER_IS_BETTER = ("accuracy", "precision", "recall", "auc")
Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]

# Fraction of explained variance above which a curve counts as a straight line.
STRAIGHT = 0.95

DATA = ("history", "other")


def names() -> list[str]:
    """Return the names of all properties, sorted."""
    return sorted(_properties())


def function(name: str) -> Callable[..., float]:
    """Return a property by its name.

    Raises
    ------
    ValueError
        There is no such property.
    """
    if name not in _properties():
        raise ValueError(f"property: {shown(name)}; {choices(name, names())}")
    return _properties()[name]


def is_comparison(name: str) -> bool:
    """Return whether a property compares two runs."""
    return "other" in inspect.signature(function(name)).parameters


def settings_model(name: str) -> type[BaseModel]:
    """Return a pydantic model of the settings of a property; see `signatures.settings_model`."""
    return signatures.settings_model(function(name), ignore=DATA)


def no_overfitting(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Measure whether the validation curve ends near its best value.

    "No overfitting" is read as: further epochs have not made the network worse on examples that it
    was not trained on. See `close_together` for the gap to the training curve.

    Parameters
    ----------
    history, column
        See the module.
    within
        How much worse the last epoch may be than the best one.
    """
    validation = _validation(history, column)
    return _margin(within - (validation[-1] - validation.min()))


def overfits_less_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Measure whether validation is worse than training by less than in another run.

    "Overfits less" or "helps prevent overfitting" is read as: at the last epoch, the advantage of
    the training examples over the validation examples is smaller. The sign counts: a network that
    is better on the validation examples overfits least.

    Parameters
    ----------
    history, other, column
        See the module.
    """
    return _margin(_shortfall(other, column)[-1] - _shortfall(history, column)[-1])


def no_underfitting(history: pd.DataFrame, *, column: Column, level: Finite) -> float:
    """Measure whether the training curve ends at a good level.

    "No underfitting" is read as: the network fits its training examples.

    Parameters
    ----------
    history, column
        See the module.
    level
        The worst training value of the last epoch that counts as good.
    """
    return _margin(_oriented(level, column) - _training(history, column)[-1])


def close_together(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Measure whether the training and validation curves end close to each other.

    "Very close" or "almost identical" is read as: the distance between the training and the
    validation value at the last epoch is small, whichever is better.

    Parameters
    ----------
    history, column
        See the module.
    within
        The largest distance that counts as close.
    """
    return _margin(within - _gaps(history, column)[-1])


def in_line(history: pd.DataFrame, *, column: Column, within: NotNegative) -> float:
    """Measure whether the training and validation curves are close to each other on average.

    "In line with each other" is read as: the mean distance over the epochs is small. Such curves
    may still separate at the end.

    Parameters
    ----------
    history, column
        See the module.
    within
        The largest mean distance that counts as in line.
    """
    return _margin(within - _gaps(history, column).mean())


def out_of_line(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Measure whether the training and validation curves are far from each other on average.

    This is the opposite of `in_line`, for "not in line with each other". A run that has diverged
    has neither property.

    Parameters
    ----------
    history, column
        See the module.
    by
        The mean distance that must be exceeded.
    """
    return _margin(_gaps(history, column).mean() - by)


def closer_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Measure whether the curves are closer to each other than those of another run.

    "More in line" is read as: the mean distance over all epochs of the run is smaller.

    Parameters
    ----------
    history, other, column
        See the module.
    """
    return _margin(_gaps(other, column).mean() - _gaps(history, column).mean())


def ends_near(
    history: pd.DataFrame, other: pd.DataFrame, *, column: Column, within: NotNegative
) -> float:
    """Measure whether the validation curve ends near that of another run.

    "Slightly different" is read as: the validation values at the last epochs differ only a little.

    Parameters
    ----------
    history, other, column
        See the module.
    within
        The largest difference that counts as slight.
    """
    here, there = (_validation(each, column)[-1] for each in (history, other))
    return _margin(within - abs(here - there))


def part_at_end(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Measure whether the curves are further apart at the last epoch than before.

    "Start to deviate from each other at the end" is read as: the last distance exceeds the median
    of the distances before. A single epoch does not have this property.

    Parameters
    ----------
    history, column
        See the module.
    by
        How much larger the distance must be.
    """
    *before, last = _gaps(history, column)
    return _margin(last - np.median(before) - by) if before else -math.inf


def converges_between(
    history: pd.DataFrame, *, column: Column, first: Count, last: Count, within: NotNegative
) -> float:
    """Measure whether both curves stop changing at some epoch from `first` to `last`.

    "Converges to a number" is read as: from some epoch until the end, training and validation stay
    near the values that they have in that epoch. The first such epoch counts, so curves that have
    converged before `first` do not have this property. At least one epoch must follow; a meaningful
    claim leaves more epochs after `last`.

    Parameters
    ----------
    history, column
        See the module.
    first, last
        Numbers of epochs, from 1.
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
    """Measure whether a curve still changes after an epoch.

    "Takes too long to converge" is read as: the curves have not converged by this epoch in the
    sense of `converges_between`. The result is False for a run that ends by then, because it shows
    nothing.

    Parameters
    ----------
    history, column
        See the module.
    epoch
        The last epoch at which convergence would not be late, from 1.
    within
        The largest later change that counts as no change.
    """
    return _has(len(history) > epoch and _converged_at(history, column, within) > epoch)


def little_gain_after(
    history: pd.DataFrame, *, column: Column, epoch: Count, within: NotNegative
) -> float:
    """Measure whether the epochs after a given one improve the best validation value only a little.

    This is the reading of "The additional epochs did not benefit much". The best value counts,
    because a checkpoint keeps it. The result is False for a run that ends by then, because it
    shows nothing.

    Parameters
    ----------
    history, column
        See the module.
    epoch
        The last epoch that is not additional, from 1.
    within
        The largest gain that counts as little.
    """
    validation = _validation(history, column)
    gain = validation[:epoch].min() - validation.min()
    return _margin(within - gain) if len(validation) > epoch else -math.inf


def does_not_converge(history: pd.DataFrame, *, column: Column, by: NotNegative) -> float:
    """Measure whether a run diverges, or learns nothing after its first epoch.

    "Never converges" is read as: a value is not finite, or the training curve does not end better
    than in the first epoch. A single epoch has this property only if it has diverged.

    Parameters
    ----------
    history, column
        See the module.
    by
        The largest improvement that counts as none.
    """
    training = _training(history, column)
    if not np.isfinite(training).all():
        return math.inf
    return _margin(by - (training[0] - training[-1])) if len(training) > 1 else -math.inf


def slower_than(history: pd.DataFrame, other: pd.DataFrame, *, column: Column) -> float:
    """Measure whether training is behind that of another run after the same number of epochs.

    "Takes longer to converge" is read as: over the epochs that both runs have, the training value
    is worse at the last one and on average. This is not about time.

    Parameters
    ----------
    history, other, column
        See the module.
    """
    one, another = _training(history, column), _training(other, column)
    both = min(len(one), len(another))
    behind = one[:both] - another[:both]
    return _margin(min(behind[-1], behind.mean()))


def not_linear(history: pd.DataFrame, *, column: Column) -> float:
    """Measure whether the training curve is not a straight line.

    "Not linear" is read as: a straight line over the epochs explains less than 95 % of the variance
    of the curve. Two epochs and constants are always linear.

    Parameters
    ----------
    history, column
        See the module.
    """
    curve = _training(history, column)
    y = curve - curve[0]  # so that a constant leaves no rounding error
    y = y - y.mean()
    x = np.arange(len(y)) - (len(y) - 1) / 2
    variance = (x @ x) * (y @ y)
    return _margin(STRAIGHT - ((x @ y) ** 2 / variance if variance else 1.0))


@functools.cache
def _properties() -> dict[str, Callable[..., float]]:
    return {name: value for name, value in globals().items() if _is_property(name, value)}


def _is_property(name: str, value: object) -> bool:
    # isinstance would import the lazy modules.
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
    """Negate accuracies and the like, so that smaller values are better."""
    return -values if column.removeprefix("val_") in GREATER_IS_BETTER else values


def _curve(history: pd.DataFrame, column: str) -> np.ndarray:
    """Values of a column, shape (epochs,), smaller is better; all NaN if the run has diverged."""
    if column not in history.columns:
        raise ValueError(f"history: no column {column!r}; it has {', '.join(history.columns)}")
    if history.empty:
        raise ValueError("history: no epochs")
    if not np.isfinite(history.to_numpy(dtype=float)).all():
        return np.full(len(history), np.nan)  # all comparisons with NaN are False
    return _oriented(history[column].to_numpy(dtype=float), column)


def _training(history: pd.DataFrame, column: str) -> np.ndarray:
    return _curve(history, column)


def _validation(history: pd.DataFrame, column: str) -> np.ndarray:
    return _curve(history, f"val_{column}")


def _shortfall(history: pd.DataFrame, column: str) -> np.ndarray:
    """How much worse validation is than training in each epoch, shape (epochs,)."""
    return _validation(history, column) - _training(history, column)


def _gaps(history: pd.DataFrame, column: str) -> np.ndarray:
    return np.abs(_shortfall(history, column))


def _converged_at(history: pd.DataFrame, column: str, within: float) -> float:
    """First epoch at which both curves have converged; infinite if none, NaN after divergence."""
    curves = np.stack([_training(history, column), _validation(history, column)])
    if np.isnan(curves).any():
        return math.nan
    for epoch in range(1, curves.shape[1]):
        change = np.abs(curves[:, epoch:] - curves[:, epoch - 1, None])
        if (change <= within).all():
            return epoch
    return math.inf
