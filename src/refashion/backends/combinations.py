"""Settings that are right by themselves and wrong together, which no type can say."""

from __future__ import annotations

from typing import Any

from refashion.errors import ConfigError, shown


def require_one_each(**lists: list[Any]) -> None:
    """Refuse lists that are not as long as the first one.

    Raises
    ------
    ConfigError
        Names the list that is too long or too short.

    Examples
    --------
    >>> require_one_each(widths=[350, 80], dropout=[0.1, 0.2])
    """
    (first, entries), *others = lists.items()
    for name, values in others:
        if len(values) != len(entries):
            raise ConfigError(
                f"{name}: {shown(values)}; accepted: {len(entries)} values, one for each of "
                f"{first} ({shown(entries)})"
            )


def refuse_momentum(optimizer: str, momentum: float) -> None:
    """Refuse a momentum with an optimizer that has none of its own to set.

    Raises
    ------
    ConfigError
        Adam with a momentum.
    """
    if optimizer == "adam" and momentum != 0:
        raise ConfigError(
            f"momentum: {shown(momentum)}; accepted with 'adam': 0; Adam's moments are fixed"
        )
