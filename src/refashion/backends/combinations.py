"""Checks of settings that are valid one by one, but not together."""

from __future__ import annotations

from typing import Any

from refashion.errors import ConfigError, shown


def require_one_each(**lists: list[Any]) -> None:
    """Check that lists have as many entries as the first one.

    Parameters
    ----------
    **lists
        Settings by name.

    Raises
    ------
    ConfigError
        A list is too long or too short.

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
    """Check that no momentum is set with Adam, whose moments are fixed.

    Raises
    ------
    ConfigError
        The optimizer is Adam, and the momentum is not 0.
    """
    if optimizer == "adam" and momentum != 0:
        raise ConfigError(
            f"momentum: {shown(momentum)}; accepted with 'adam': 0, because its moments are fixed"
        )
