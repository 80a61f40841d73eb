"""Numbers, durations, counts and settings as text for people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

NOT_FINITE = "not a number"
# Why a setting that no one stated has its value begins so, before the name of the library.
DEFAULT_OF = "Not stated. This is the default of"
# A relative deviation that rounding makes of equal numbers.
ROUNDING = 1e-12
ABBREVIATIONS = {name.lower(): name for name in ("AUC", "MAE", "MAPE", "MSE", "PR", "RMSE", "ROC")}


def plus_minus(mean: float, sd: float | None, digits: int = 3, least: int = 0) -> str:
    """Format a mean with its standard deviation.

    Parameters
    ----------
    mean
        The mean; if it is not finite, the text is "not a number".
    sd
        Standard deviation, or None to omit it. One of zero, or that rounding has made, is omitted.
    digits
        Digits after the decimal point. A deviation that would be shown as zero gets more, up to
        five. Means of one thousand or more get none.
    least
        Digits after the decimal point that every mean gets.

    Examples
    --------
    >>> plus_minus(0.91234, 0.0031)
    '0.912 ± 0.003'
    >>> plus_minus(0.91234, None), plus_minus(0.91234, 0.0002)
    ('0.912', '0.9123 ± 0.0002')
    >>> plus_minus(45720769.756, 1234.5)
    '45,720,770 ± 1,234'
    >>> plus_minus(2950.68, 1.5, least=1)
    '2,950.7 ± 1.5'
    >>> plus_minus(-39.199, 1e-14)
    '−39.199'
    """
    if not math.isfinite(mean):
        return NOT_FINITE
    digits = max(digits_of(mean, digits), least)
    if sd is None or not math.isfinite(sd) or sd <= ROUNDING * max(1, abs(mean)):
        return f"{rounded(mean, digits):,.{digits}f}".replace("-", "−")
    while 0 < sd < 0.5 * 10**-digits and digits < 5:
        digits += 1
    return f"{rounded(mean, digits):,.{digits}f} ± {sd:,.{digits}f}".replace("-", "−")


def headed(name: str) -> str:
    """Write the name of a measure as the head of a column.

    Examples
    --------
    >>> headed("auc"), headed("top_k_accuracy"), headed("validation auc")
    ('AUC', 'Top k accuracy', 'Validation AUC')
    """
    words = [ABBREVIATIONS.get(word, word) for word in name.replace("_", " ").split(" ")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def rounded(value: float, digits: int) -> float:
    """Round, without a minus sign on zero."""
    return round(value, digits) + 0.0


def digits_of(value: float, digits: int = 3) -> int:
    """Return the number of digits after the decimal point: none from one thousand on."""
    return digits if abs(value) < 1000 else 0


def duration(seconds: float) -> str:
    """Format a measured duration.

    Examples
    --------
    >>> duration(4.26), duration(75), duration(7380)
    ('4.3 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else rough_duration(60 * minutes)


def rough_duration(seconds: float) -> str:
    """Format an estimated duration, to one or two digits.

    Examples
    --------
    >>> rough_duration(12.3), rough_duration(95), rough_duration(3900)
    ('12 s', '2 min', '1 h 5 min')
    """
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Format a number with its noun.

    Parameters
    ----------
    n
        The number.
    noun
        The noun in the singular.
    plural
        Its plural; None for the noun with an "s".

    Examples
    --------
    >>> counted(1, "run"), counted(1200, "run"), counted(2, "entry", "entries")
    ('1 run', '1,200 runs', '2 entries')
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"


def flatten(settings: Mapping[str, Any], with_groups: bool = False) -> dict[str, Any]:
    """Flatten nested settings to dotted names.

    Parameters
    ----------
    settings
        Mappings may be nested to any depth.
    with_groups
        Whether to include the mappings themselves, each before its entries.

    Examples
    --------
    >>> flatten({"epochs": 20, "schedule": {"decay": 0.1}})
    {'epochs': 20, 'schedule.decay': 0.1}
    >>> list(flatten({"schedule": {"decay": 0.1}}, with_groups=True))
    ['schedule', 'schedule.decay']
    """
    return dict(_flat(settings, "", with_groups))


def _flat(settings: Mapping[str, Any], prefix: str, with_groups: bool) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        is_group = isinstance(value, Mapping) and bool(value)
        if with_groups or not is_group:
            yield f"{prefix}{name}", value
        if is_group:
            yield from _flat(value, f"{prefix}{name}.", with_groups)


def setting_text(value: Any) -> str:
    """Format the value of a setting.

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
    """Format a timestamp of the manifest; return any other text unchanged."""
    try:
        return f"{datetime.fromisoformat(stamp):%-d %B %Y, %H:%M %Z}".strip()
    except ValueError:
        return stamp
