"""What runs have left, as tidy tables for notebooks and the report. Nothing here opens a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import numpy as np

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


def moment(stamp: str) -> str:
    """Write a moment of the manifest for people; anything else as it is."""
    try:
        return f"{datetime.fromisoformat(stamp):%-d %B %Y, %H:%M %Z}".strip()
    except ValueError:
        return stamp
