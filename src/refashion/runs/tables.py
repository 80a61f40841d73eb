"""Tables of the settings, states and metrics of runs. This module opens no files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from refashion.backends.estimator_settings import HOW
from refashion.metrics import METRICS
from refashion.shortening import shortened
from refashion.wording import flatten, plus_minus, setting_text

NONE = "–"
AVERAGES = ("accuracy", "macro avg", "weighted avg")


def table_settings(settings: Mapping[str, Any], assumes: Mapping[str, str]) -> pd.DataFrame:
    """List the settings of a run, and which of them are assumptions.

    Parameters
    ----------
    settings
        Settings of a run; nested ones get dotted names.
    assumes
        Reasons for the values that the source does not state, by the name of a setting or of a
        group of settings.

    Returns
    -------
    pandas.DataFrame
        Columns setting, value (as text) and why, which is empty if the source states the value.
    """
    rows = [
        {"setting": name, "value": setting_text(value), "why": _why(name, assumes)}
        for name, value in flatten(dict(_listed(settings, assumes))).items()
    ]
    return pd.DataFrame(rows, columns=["setting", "value", "why"])


def table_stated(
    runs: Mapping[str, tuple[Mapping[str, Any], Mapping[str, str]]],
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Divide the stated settings of many runs into those that all share, and the others.

    Parameters
    ----------
    runs
        Settings of each run, and reasons for those that the source does not state, which are left
        out; see `table_settings`.

    Returns
    -------
    tuple
        Values that all runs share, by setting; and for each run the values of its other settings.
    """
    stated = {
        run: {r["setting"]: r["value"] for r in table.to_dict("records") if not r["why"]}
        for run, table in ((run, table_settings(*each)) for run, each in runs.items())
    }
    first, *others = stated.values() or [{}]
    shared = {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }
    differing = {
        run: {name: value for name, value in own.items() if name not in shared}
        for run, own in stated.items()
    }
    return shared, differing


def _listed(settings: Mapping[str, Any], assumes: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Give each layer and each step of a pipeline its own name, and a text that reads like a call.

    The settings that a step only assumes are left out: they are listed as assumptions.
    """
    for name, value in settings.items():
        if isinstance(value, list) and value and all(map(_is_step, value)):
            for place, (step, what, *on) in enumerate(value):
                text = _step_text(what, f"{name}.{place}.1", assumes)
                yield f"{name}[{step}]", f"{text} on {setting_text(on[0])}" if on else text
        elif isinstance(value, list) and any(map(_is_call, value)):
            for place, entry in enumerate(value):
                yield f"{name}[{place}]", _call_text(entry)
        else:
            yield name, value


def _is_call(value: Any) -> bool:
    """Whether a value is a name with its arguments, such as `{Dense: {units: 10}}`."""
    is_single = isinstance(value, Mapping) and len(value) == 1
    return is_single and isinstance(next(iter(value.values())), Mapping)


def _is_step(value: Any) -> bool:
    """Whether a value is a name with an estimator, as in a pipeline, and perhaps its columns."""
    is_named = isinstance(value, list) and len(value) in (2, 3) and isinstance(value[0], str)
    return is_named and (_is_call(value[1]) or value[1] in ("passthrough", "drop"))


def _step_text(what: Any, place: str, assumes: Mapping[str, str]) -> str:
    if not _is_call(what):
        return str(what)
    ((path, arguments),) = what.items()
    stated = [
        f"{name}={setting_text(value)}"
        for name, value in arguments.items()
        if name not in HOW and not _why(f"{place}.{path}.{name}", assumes)
    ]
    return f"{path.rpartition('.')[2]}({', '.join(stated)})"


def _call_text(entry: Any) -> str:
    if not _is_call(entry):
        return setting_text(entry)
    ((name, arguments),) = entry.items()
    return f"{name}: {setting_text(arguments)}" if arguments else name


def _why(name: str, assumes: Mapping[str, str]) -> str:
    return next((w for key, w in assumes.items() if f"{name}.".startswith(f"{key}.")), "")


def table_runs(states: Mapping[str, Mapping[int, Mapping[str, Any]]]) -> pd.DataFrame:
    """List all executions with their status and cost.

    Parameters
    ----------
    states
        Content of `run.json` by run and seed.

    Returns
    -------
    pandas.DataFrame
        Columns run, seed, status ("diverged" if a finished run diverged), epochs_run, n_parameters,
        fit_seconds, peak_memory_mb and error.
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
    """Return the error of a run as text, shortened if it is long; empty if there is none."""
    return shortened(f"{error['type']}: {error['message']}") if error else ""


def table_scores(metrics: pd.DataFrame, split: str = "test") -> pd.DataFrame:
    """Average the metrics of one split over seeds.

    Parameters
    ----------
    metrics
        Columns run, seed, split, metric and value.
    split
        Name of the split.

    Returns
    -------
    pandas.DataFrame
        Columns run, metric, mean, sd (NaN for one seed) and seeds, in the order of the input.
    """
    chosen = metrics[metrics["split"] == split]
    grouped = chosen.groupby(["run", "metric"], sort=False)["value"]
    scores = grouped.agg(mean="mean", sd="std", numbers="count", seeds="size")
    # A missing value was not finite, so its mean is not finite either.
    scores.loc[scores["numbers"] < scores["seeds"], ["mean", "sd"]] = np.nan
    return scores.drop(columns="numbers").reset_index()


def table_metrics(metrics: pd.DataFrame, split: str = "test") -> pd.DataFrame:
    """Tabulate the metrics of all runs as text: mean and standard deviation over seeds.

    Parameters
    ----------
    metrics, split
        See `table_scores`.

    Returns
    -------
    pandas.DataFrame
        One row for each run, and one column for each metric, named by its label.
    """
    scores = table_scores(metrics, split)
    shown = [plus_minus(mean, sd) for mean, sd in zip(scores["mean"], scores["sd"], strict=True)]
    wide = scores.assign(shown=shown).pivot(index="run", columns="metric", values="shown")
    wide = wide.loc[scores["run"].unique(), [name for name in METRICS if name in wide]]
    wide = wide.fillna(NONE)  # classes without probabilities have no log loss
    labels = {name: metric.label for name, metric in METRICS.items()}
    return wide.rename(columns=labels).rename_axis(columns=None)


def table_folds(metrics: pd.DataFrame, metric: str, split: str = "test") -> pd.DataFrame:
    """Tabulate a metric of each fold as text, for the first seed of each run.

    Parameters
    ----------
    metrics
        Columns run, seed, fold, split, metric and value.
    metric, split
        Which metric, on which split.

    Returns
    -------
    pandas.DataFrame
        One row for each fold, then their mean and their standard deviation (as NumPy's `std`), and
        one column for each run.
    """
    chosen = metrics[(metrics["split"] == split) & (metrics["metric"] == metric)]
    first = chosen[chosen["seed"] == chosen.groupby("run")["seed"].transform("min")]
    wide = first.pivot(index="fold", columns="run", values="value")[first["run"].unique()]
    ends = {"mean": wide.mean(skipna=False), "standard deviation": wide.std(ddof=0, skipna=False)}
    whole = pd.concat([wide, pd.DataFrame(ends).T])
    return whole.map(lambda value: plus_minus(value, None, 4)).rename_axis(columns=None)


def table_classification_report(reports: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average classification reports over seeds.

    Parameters
    ----------
    reports
        One table for each seed, with columns class, precision, recall, f1_score and support.

    Returns
    -------
    pandas.DataFrame
        Table with the same columns and rows.
    """
    return mean_table(reports, "class")


def table_confusion_matrix(matrices: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Average confusion matrices over seeds.

    Parameters
    ----------
    matrices
        One table for each seed, with column true and one column for each predicted class.
    """
    return mean_table(matrices, "true")


def mean_table(tables: Sequence[pd.DataFrame], key: str) -> pd.DataFrame:
    """Average tables with the same rows and columns.

    Parameters
    ----------
    tables
        The tables.
    key
        Column with the names of the rows.
    """
    stacked = pd.concat(tables, ignore_index=True)
    return stacked.groupby(stacked[key], sort=False).mean(numeric_only=True).reset_index()
