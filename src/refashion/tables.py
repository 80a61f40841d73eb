"""What runs have left, as tidy tables for notebooks and the report. Nothing here opens a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from refashion.metrics import METRICS
from refashion.shortening import shortened

AVERAGES = ("accuracy", "macro avg", "weighted avg")
NOT_A_NUMBER = "not a number"


def plus_minus(mean: float, sd: float | None, digits: int = 3) -> str:
    """Write a mean with its standard deviation, if there is one.

    A deviation too small to show gets further digits, up to five. From one thousand on, a mean gets
    none behind the point.

    Examples
    --------
    >>> plus_minus(0.91234, 0.0031)
    '0.912 ± 0.003'
    >>> plus_minus(0.91234, None), plus_minus(0.91234, 0.0002)
    ('0.912', '0.9123 ± 0.0002')
    >>> plus_minus(45720769.756, 1234.5)
    '45,720,770 ± 1,234'
    """
    if not np.isfinite(mean):
        return NOT_A_NUMBER
    digits = digits_of(mean, digits)
    if sd is None or not np.isfinite(sd):
        return f"{rounded(mean, digits):,.{digits}f}"
    while 0 < sd < 0.5 * 10**-digits and digits < 5:
        digits += 1
    return f"{rounded(mean, digits):,.{digits}f} ± {sd:,.{digits}f}"


def rounded(value: float, digits: int) -> float:
    """Round, lest a value that is written as zero keep its minus."""
    return round(value, digits) + 0.0


def digits_of(value: float, digits: int = 3) -> int:
    """Places behind the point that a value is written with: none from one thousand on."""
    return digits if abs(value) < 1000 else 0


def duration(seconds: float) -> str:
    """Write a duration for people.

    Examples
    --------
    >>> duration(4.26), duration(75), duration(7380)
    ('4.3 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def table_class_counts(parts: Mapping[str, np.ndarray], classes: Sequence[str]) -> pd.DataFrame:
    """Count the examples of each class in every split.

    Parameters
    ----------
    parts
        Labels of each split, places in `classes`, shape (n,).
    classes
        Names.

    Returns
    -------
    pandas.DataFrame
        Columns split, class, examples; every class of every split, also where it has none.
    """
    counts = {split: np.bincount(y, minlength=len(classes)) for split, y in parts.items()}
    return pd.DataFrame(
        [
            {"split": split, "class": name, "examples": int(n)}
            for split, found in counts.items()
            for name, n in zip(classes, found, strict=True)
        ],
        columns=["split", "class", "examples"],
    )


def table_targets(parts: Mapping[str, np.ndarray], classes: Sequence[str]) -> pd.DataFrame:
    """Count each class in every split, or where there are none, tell how values are spread.

    Parameters
    ----------
    parts
        Targets of each split or part, shape (n,).
    classes
        Names by label; empty for a regression.

    Returns
    -------
    pandas.DataFrame
        A column per split; rows are the classes, or mean, quartiles and so on.
    """
    if len(classes):
        counts = table_class_counts(parts, classes)
        wide = counts.pivot(index="class", columns="split", values="examples")
        return wide.loc[list(classes), list(parts)]
    return pd.DataFrame({name: pd.Series(np.asarray(y)).describe() for name, y in parts.items()})


def table_inputs(x: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
    """Range and mean of each column of a table, or of all values of images.

    Parameters
    ----------
    x
        Inputs, shape (n, ...).
    features
        Names of the columns; empty for images.
    """
    columns = np.asarray(x) if len(features) else np.asarray(x).reshape(-1, 1)
    values = {
        "minimum": columns.min(axis=0),
        "mean": columns.mean(axis=0, dtype=float),
        "maximum": columns.max(axis=0),
    }
    return pd.DataFrame(values, index=list(features) or ["every value"])


def flatten(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Give nested settings dotted names.

    Examples
    --------
    >>> flatten({"epochs": 20, "schedule": {"decay": 0.1}})
    {'epochs': 20, 'schedule.decay': 0.1}
    """
    return dict(_flat(settings, ""))


def _flat(settings: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def table_settings(settings: Mapping[str, Any], assumes: Mapping[str, str]) -> pd.DataFrame:
    """List settings, and which of them the source leaves open.

    Parameters
    ----------
    settings
        Of a run; nested ones get dotted names.
    assumes
        Name of a setting, or of a group of them, to why it has its value.

    Returns
    -------
    pandas.DataFrame
        Columns setting, value (as text), why (empty where the source states the value).
    """
    rows = [
        {"setting": name, "value": setting_text(value), "why": _why(name, assumes)}
        for name, value in flatten(settings).items()
    ]
    return pd.DataFrame(rows, columns=["setting", "value", "why"])


def setting_text(value: Any) -> str:
    """Write the value of a setting for people.

    Examples
    --------
    >>> setting_text([32, 64]), setting_text(None), setting_text(True), setting_text(255.0)
    ('32, 64', 'none', 'yes', '255')
    >>> setting_text([])
    'none'
    """
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(setting_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {setting_text(v)}" for name, v in flatten(value).items())
    return str(value).removesuffix(".0")


def _why(name: str, assumes: Mapping[str, str]) -> str:
    return next((w for key, w in assumes.items() if f"{name}.".startswith(f"{key}.")), "")


def table_runs(states: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> pd.DataFrame:
    """List every execution: how it ended, and what it took.

    Parameters
    ----------
    states
        The content of `run.json`, by run and seed.

    Returns
    -------
    pandas.DataFrame
        Columns run, seed, status ("diverged" where a finished run did), epochs_run, n_parameters,
        fit_seconds, peak_memory_mb, error.
    """
    measured = ["epochs_run", "n_parameters", "fit_seconds", "peak_memory_mb"]
    rows = [
        {
            "run": run,
            "seed": seed,
            "status": "diverged" if state["diverged"] else state["status"],
            **{name: state[name] for name in measured},
            "error": error_text(state["error"]),
        }
        for run, seeds in states.items()
        for seed, state in seeds.items()
    ]
    return pd.DataFrame(rows, columns=["run", "seed", "status", *measured, "error"])


def error_text(error: Mapping[str, Any] | None) -> str:
    """Quote an error of a run, shortened if it is long; empty where there is none."""
    return shortened(f"{error['type']}: {error['message']}") if error else ""


def table_scores(metrics: pd.DataFrame, split: str = "test") -> pd.DataFrame:
    """Average the scores of one split over seeds.

    Parameters
    ----------
    metrics
        Columns run, seed, split, metric, value.
    split
        Name.

    Returns
    -------
    pandas.DataFrame
        Columns run, metric, mean, sd (NaN for one seed), seeds, in the order of the input.
    """
    chosen = metrics[metrics["split"] == split]
    grouped = chosen.groupby(["run", "metric"], sort=False)["value"]
    scores = grouped.agg(mean="mean", sd="std", numbers="count", seeds="size")
    # A value that is missing is one that was no number; its mean is none either.
    scores.loc[scores["numbers"] < scores["seeds"], ["mean", "sd"]] = np.nan
    return scores.drop(columns="numbers").reset_index()


def table_metrics(metrics: pd.DataFrame, split: str = "test") -> pd.DataFrame:
    """Set the scores of all runs side by side: mean and standard deviation over seeds, as text.

    Parameters
    ----------
    metrics, split
        As in `table_scores`.

    Returns
    -------
    pandas.DataFrame
        A row per run, a column per metric, named as a reader knows it.
    """
    scores = table_scores(metrics, split)
    shown = [
        plus_minus(row.mean_, row.sd)
        for row in scores.rename(columns={"mean": "mean_"}).itertuples()
    ]
    wide = scores.assign(shown=shown).pivot(index="run", columns="metric", values="shown")
    wide = wide.loc[scores["run"].unique(), [name for name in METRICS if name in wide]]
    return wide.rename(columns={name: METRICS[name].label for name in wide}).rename_axis(
        columns=None
    )


def table_classification_report(reports: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average classification reports over seeds.

    Parameters
    ----------
    reports
        One a seed: columns class, precision, recall, f1_score, support.

    Returns
    -------
    pandas.DataFrame
        The same columns and rows.
    """
    return mean_table(reports, "class")


def table_confusion_matrix(matrices: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average confusion matrices over seeds.

    Parameters
    ----------
    matrices
        One a seed: column true, then one column per predicted class.
    """
    return mean_table(matrices, "true")


def mean_table(tables: Sequence[pd.DataFrame], key: str) -> pd.DataFrame:
    """Average tables of the same form, row by row; `key` is the column that names the rows."""
    stacked = pd.concat(tables, ignore_index=True)
    return stacked.groupby(stacked[key], sort=False).mean(numeric_only=True).reset_index()
