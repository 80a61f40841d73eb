"""Errors that a person can put right, and the hints that go with them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable

LONGEST_VALUE = 80
MOST_CHOICES = 100
MOST_COMPARED = 1_000


class RefashionError(Exception):
    """Something that the user can put right. The message says what and where."""


class ConfigError(RefashionError):
    """A configuration that cannot be used. The message has one line a problem."""


def did_you_mean(name: object, accepted: Iterable[str]) -> str:
    """Ask whether the most similar of the accepted names was meant; ask nothing if none is.

    >>> did_you_mean("dropot", ["dropout", "units"])
    "; did you mean 'dropout'?"
    >>> did_you_mean("momentum", ["dropout", "units"])
    ''
    """
    # Cut, for the comparison takes time that grows with the square of the length.
    some = [*accepted][:MOST_COMPARED]
    found = difflib.get_close_matches(str(name)[:100].lower(), some, n=1)
    return f"; did you mean '{found[0]}'?" if found else ""


def choices(name: object, accepted: Iterable[str]) -> str:
    """Say what is accepted in the place of a name, and what may have been meant.

    >>> choices("dropot", ["dropout", "units"])
    "accepted: dropout, units; did you mean 'dropout'?"
    """
    # Names may come from a file, which must not steer the terminal.
    printable = [entry for entry in accepted if entry.isprintable()]
    listed = ", ".join(printable[:MOST_CHOICES]) or "none yet"
    if len(printable) > MOST_CHOICES:
        listed += f" and {len(printable) - MOST_CHOICES:,} more"
    return f"accepted: {listed}{did_you_mean(name, printable)}"


def shown(value: object) -> str:
    """Write a value on one short line, text in quotes, without control characters."""
    is_text = isinstance(value, str)
    text = repr(str(value)[:LONGEST_VALUE]) if is_text else json.dumps(value, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def one_line(text: str, longest: int = 500) -> str:
    r"""Write a text of unknown origin so that it steers no terminal and breaks no file.

    >>> one_line("caf\udce9\n.zip")
    'caf\\udce9\\n.zip'
    """
    if len(text) > longest:
        text = f"{text[: longest - 3]}..."
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
