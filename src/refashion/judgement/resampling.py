"""Bootstrap over seeds and test examples: how sure an ordering is, with the data at hand.

Both the seeds and the test examples are drawn anew, with replacement, many times: an ordering that
holds for these seeds and these examples only is no ordering (Bouthillier et al. 2021). All runs are
compared on the same draws, so that what they share cancels.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

N_DRAWS = 1000
# A ledger has to say the same each time it is written.
SEED = 20170825
# Stands for infinity, with which sums cannot be taken.
_HUGE = 1e12


@lru_cache(maxsize=2)
def _draws_of_examples(n: int) -> np.ndarray:
    """How often each of n examples is drawn, shape (draws, n)."""
    chosen = np.random.default_rng(SEED).integers(n, size=(N_DRAWS, n), dtype=np.int32)
    counts = np.empty((N_DRAWS, n), dtype=np.float32)
    for row, drawn in zip(counts, chosen, strict=True):
        row[:] = np.bincount(drawn, minlength=n)
    return counts


@lru_cache(maxsize=8)
def _draws_of_seeds(k: int) -> np.ndarray:
    """Share of each of k seeds, shape (draws, k)."""
    return np.random.default_rng(SEED).multinomial(k, [1 / k] * k, size=N_DRAWS) / k


def sums(values: np.ndarray) -> np.ndarray:
    """Sum values over examples drawn anew.

    Parameters
    ----------
    values
        Shape (n, ...), a row an example.

    Returns
    -------
    ndarray
        Shape (draws, ...).
    """
    flat = values.reshape(len(values), -1)
    drawn = _draws_of_examples(len(values)) @ flat.astype(np.float32)
    return drawn.reshape(N_DRAWS, *values.shape[1:]).astype(np.float64)


def over_seeds(values: np.ndarray) -> np.ndarray:
    """Average over seeds drawn anew.

    Parameters
    ----------
    values
        Shape (draws, ..., k), the seeds last.

    Returns
    -------
    ndarray
        Shape (draws, ...).
    """
    shares = _draws_of_seeds(values.shape[-1])
    return np.einsum("d...k,dk->d...", values, shares)


def mean_differences(gains: Sequence[np.ndarray], seed_sd: float | None) -> np.ndarray:
    """How much better a run is than each of some others, over draws of seeds and examples.

    Parameters
    ----------
    gains
        Of the run first, then of the others: a number for each example and seed, greater is
        better, shape (n, k); all on the same examples. NaN, a run that has diverged, is worse than
        any number.
    seed_sd
        Deviation between seeds that is assumed where there is one; None where there are more.

    Returns
    -------
    ndarray
        Shape (draws, others).
    """
    # Differences first: what is small beside the values would be lost in single precision.
    first, *others = (np.nan_to_num(gain, nan=-np.inf) for gain in gains)
    with np.errstate(invalid="ignore"):
        differences = np.stack([first - other for other in others], axis=1)
    # inf - inf: both have diverged, and neither is better.
    finite = np.nan_to_num(differences, nan=0.0, posinf=_HUGE, neginf=-_HUGE)
    scale = np.abs(finite).max(axis=(0, 2), keepdims=True)
    scale[scale == 0] = 1
    means = over_seeds(sums(finite / scale) / len(finite)) * scale[0, :, 0]
    if seed_sd is not None:
        noise = np.random.default_rng(SEED).normal(size=means.shape)
        means = means + noise * seed_sd * np.sqrt(2)
    return means


def class_scores(
    true: np.ndarray, predicted: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indicators that class scores are made of, for each example.

    Parameters
    ----------
    true, predicted
        Class numbers, shape (n, k), a column a seed.

    Returns
    -------
    tuple of ndarray
        Whether an example is rightly of a class, predicted so, and truly so; (n, classes, k) each.
    """
    classes = np.arange(n_classes)[:, None]
    is_true, is_predicted = true[:, None] == classes, predicted[:, None] == classes
    return is_true & is_predicted, is_predicted, is_true


def drawn_class_scores(
    true: np.ndarray, predicted: np.ndarray, n_classes: int
) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and support of every class, over draws of seeds and examples.

    Parameters
    ----------
    true, predicted, n_classes
        As for `class_scores`.

    Returns
    -------
    dict
        "precision", "recall", "f1_score" and "support", each of shape (draws, classes).
    """
    right, answered, there = class_scores(true, predicted, n_classes)
    # In most studies all seeds share their test examples, which are then counted once.
    is_shared = (true == true[:, :1]).all()
    right, answered = sums(right), sums(answered)
    there = np.broadcast_to(sums(there[..., :1] if is_shared else there), right.shape)
    shares = {
        "precision": (right, answered),
        "recall": (right, there),
        "f1_score": (2 * right, answered + there),
    }
    return {"support": over_seeds(there)} | {
        metric: over_seeds(np.divide(above, below, out=np.zeros_like(above), where=below > 0))
        for metric, (above, below) in shares.items()
    }


def drawn_confusions(true: np.ndarray, predicted: np.ndarray, n_classes: int) -> np.ndarray:
    """Errors between each two classes, both ways, over draws of seeds and examples.

    Parameters
    ----------
    true, predicted, n_classes
        As for `class_scores`.

    Returns
    -------
    ndarray
        Shape (draws, pairs), the pairs in the order of `numpy.triu_indices(n_classes, 1)`.
    """
    pairs = np.stack(np.triu_indices(n_classes, 1))
    low, high = np.minimum(true, predicted), np.maximum(true, predicted)
    is_between = (low[:, None] == pairs[0][:, None]) & (high[:, None] == pairs[1][:, None])
    return over_seeds(sums(is_between))
