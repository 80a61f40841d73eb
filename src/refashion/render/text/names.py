"""Names that a template gives: looked up in a fixed list, or refused with the nearest one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from refashion.errors import RefashionError, choices, did_you_mean, shown

T = TypeVar("T")
# A list of more names is no help.
MOST_LISTED = 30


def look_up(name: str, known: Mapping[str, T], noun: str) -> T:
    """Find what has a name.

    Raises
    ------
    RefashionError
        Nothing has it. The message lists the names, or where they are many, the nearest.

    Examples
    --------
    >>> look_up("cnn", {"cnn": 1}, "run")
    1
    """
    accept(name, known, noun)
    return known[name]


def accept(name: str, known: Collection[str], noun: str) -> None:
    """Accept a name that is in a list.

    Raises
    ------
    RefashionError
        It is not.

    Examples
    --------
    >>> accept("tset", ["train", "test"], "split")
    Traceback (most recent call last):
    refashion.errors.RefashionError: no split 'tset'; accepted: train, test; did you mean 'test'?
    """
    if name not in known:
        hint = did_you_mean(name, known)
        if len(known) <= MOST_LISTED:
            hint = f"; {choices(name, known)}"
        raise RefashionError(f"no {noun} {shown(name)}{hint}")
