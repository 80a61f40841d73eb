"""Tables of a search: what is open, what was tried, and the printed numbers beside the best."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from refashion import wording
from refashion.recovery.recovery import Recovery
from refashion.spec.recover import Choices, Open, Search

# Settings that a table lists.
MOST_ROWS = 20


def table_open(search: Search) -> pd.DataFrame:
    """List the settings that are open, with the values that are tried and the conditions."""
    rows = [
        {"setting": name, "values": open_text(one), "when": _condition(one)}
        for name, one in search.settings.items()
    ]
    return pd.DataFrame(rows)


def open_text(one: Open) -> str:
    """Format the values that a search tries.

    Examples
    --------
    >>> from refashion.spec.recover import Range
    >>> open_text(Range(low=0.01, high=1000, scale="log"))
    '0.01 to 1,000 (log)'
    """
    if isinstance(one, Choices):
        return "; ".join(wording.setting_text(value) for value in one.values)
    return f"{one.low:,g} to {one.high:,g} ({one.scale})"


def _condition(one: Open) -> str:
    whens = one.when or {}
    return ", ".join(f"{name}: {json.dumps(value)}" for name, value in whens.items())


def table_tried(found: Recovery) -> pd.DataFrame:
    """List the best settings that were tried: their values, misfit, seeds, and whether they fit."""
    rows = [
        {
            **{name: value_text(one.settings.get(name)) for name in found.search.settings},
            "misfit": one.misfit,
            "fits": one.fits,
            "seeds": one.seeds,
        }
        for one in found.tried[:MOST_ROWS]
    ]
    return pd.DataFrame(rows)


def value_text(value: Any) -> str:
    """Format a value that was tried."""
    return f"{value:.7g}" if isinstance(value, float) else wording.setting_text(value)


def settings_text(settings: Mapping[str, Any]) -> str:
    """Format settings that were tried: "alpha 3.7, degree 2"."""
    return ", ".join(f"{name} {value_text(value)}" for name, value in settings.items())


def table_numbers(found: Recovery) -> pd.DataFrame:
    """Set the printed numbers beside those that the best settings give."""
    numbers = (found.as_json()["best"] or {"numbers": []})["numbers"]
    return pd.DataFrame(numbers)


def least_shown(content: dict[str, Any]) -> float:
    """Return the misfit, as it is shown, from which on settings are told apart from the best."""
    return times(content["apart"]) if content["measure"] == "probability" else content["apart"]


def times(misfit: float) -> float:
    """Return how many times less probable numbers are, from the logarithm; at most e²⁰⁰."""
    return math.exp(min(misfit, 200.0))


def table_misfits(content: dict[str, Any]) -> pd.DataFrame:
    """Return the misfit of all settings, for `figures.recovery.plot_misfit`.

    Parameters
    ----------
    content
        Content of the file of a search.

    Returns
    -------
    pandas.DataFrame
        A column for each setting, NaN where a condition leaves it out; then misfit, as it is shown:
        of a model with randomness, how many times less probable the printed numbers are; fits; and
        is_best.
    """
    names = list(content["stated"]["settings"])
    is_probability = content["measure"] == "probability"
    rows = []
    for place, one in enumerate(content["tried"]):
        misfit = math.nan if one["misfit"] is None else one["misfit"]
        shown = times(misfit) if is_probability else misfit
        values = {name: one["settings"].get(name, math.nan) for name in names}
        rows.append({**values, "misfit": shown, "fits": one["fits"], "is_best": place == 0})
    # A value may be null, which pandas would take for NaN in a column of numbers.
    return pd.DataFrame(rows, columns=[*names, "misfit", "fits", "is_best"], dtype=object)
