"""Lookup of the names that a template passes to functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

from refashion.errors import RefashionError, choices, did_you_mean, shown

T = TypeVar("T")
# An error message lists no more names than this.
MOST_LISTED = 30


def look_up(name: str, known: Mapping[str, T], noun: str) -> T:
    """Return the value with a name.

    Parameters
    ----------
    name
        The name.
    known
        Values by name.
    noun
        What the names stand for, for the error message.

    Raises
    ------
    RefashionError
        If the name is unknown. The message suggests the nearest name, and lists all names if
        they are few.

    Examples
    --------
    >>> look_up("cnn", {"cnn": 1}, "run")
    1
    """
    check_name(name, known, noun)
    return known[name]


def check_name(name: str, known: Collection[str], noun: str) -> None:
    """Check that a name is known.

    Parameters
    ----------
    name
        The name.
    known
        The accepted names.
    noun
        What the names stand for, for the error message.

    Raises
    ------
    RefashionError
        If the name is unknown.

    Examples
    --------
    >>> check_name("tset", ["train", "test"], "split")
    Traceback (most recent call last):
    refashion.errors.RefashionError: no split 'tset'; accepted: train, test; did you mean 'test'?
    """
    if name not in known:
        hint = did_you_mean(name, known)
        if len(known) <= MOST_LISTED:
            hint = f"; {choices(name, known)}"
        raise RefashionError(f"no {noun} {shown(name)}{hint}")
