"""Errors that a user can correct, and the hints in their messages."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

LONGEST_VALUE = 80
MOST_CHOICES = 100
MOST_COMPARED = 1_000


class RefashionError(Exception):
    """An error that the user can correct. The message says what is wrong, and where."""


class ConfigError(RefashionError):
    """An invalid configuration. The message has one line for each problem."""


class DataError(ValueError):
    """Data that do not fit their description. The message names the file and the place."""


def closest(name: object, accepted: Iterable[str]) -> str | None:
    """Return the accepted name that is most similar to a wrong one, or None.

    Examples
    --------
    >>> closest("dropot", ["dropout", "units"])
    'dropout'
    """
    # The comparison takes time that grows with the square of the length.
    some = {each.lower(): each for each in [*accepted][MOST_COMPARED - 1 :: -1]}
    found = difflib.get_close_matches(str(name)[:100].lower(), some, n=1)
    return some[found[0]] if found else None


def did_you_mean(name: object, accepted: Iterable[str]) -> str:
    """Suggest the accepted name that is most similar to a wrong one.

    Parameters
    ----------
    name
        The wrong name; anything but text is converted to text.
    accepted
        The accepted names.

    Returns
    -------
    str
        The end of an error message; empty if no accepted name is similar.

    Examples
    --------
    >>> did_you_mean("dropot", ["dropout", "units"])
    "; did you mean 'dropout'?"
    >>> did_you_mean("momentum", ["dropout", "units"])
    ''
    """
    found = closest(name, accepted)
    return f"; did you mean '{found}'?" if found else ""


def choices(name: object, accepted: Iterable[str]) -> str:
    """List the accepted names, and suggest the one that is most similar to a wrong name.

    Examples
    --------
    >>> choices("dropot", ["dropout", "units"])
    "accepted: dropout, units; did you mean 'dropout'?"
    """
    # Names may come from a file, which must not send control characters to the terminal.
    printable = [entry for entry in accepted if entry.isprintable()]
    listed = ", ".join(printable[:MOST_CHOICES]) or "none yet"
    if len(printable) > MOST_CHOICES:
        listed += f" and {len(printable) - MOST_CHOICES:,} more"
    return f"accepted: {listed}{did_you_mean(name, printable)}"


def shown(value: object) -> str:
    """Format a value on one short line, text in quotes, without control characters."""
    if isinstance(value, str):
        text = repr(value[:LONGEST_VALUE])
    else:
        dumped = json.dumps(value, default=str, ensure_ascii=False)
        text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in dumped[: LONGEST_VALUE + 1])
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def one_line(text: str, longest: int = 500) -> str:
    r"""Escape the control characters of untrusted text and cut it to a length.

    Parameters
    ----------
    text
        Text of unknown origin, such as a file name.
    longest
        Number of characters to keep.

    Examples
    --------
    >>> one_line("caf\udce9\n.zip")
    'caf\\udce9\\n.zip'
    """
    if len(text) > longest:
        text = f"{text[: longest - 3]}..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
