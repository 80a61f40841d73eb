"""Names, remaining times and untrusted text in the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refashion.wording import rough_duration

TRAIN = "train"

LONGEST_LINE = 300

# Sequences that move the cursor or set colours, which untrusted text must not do.
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.?)", re.DOTALL)


def run_name(study: str, run: str, seed: int | str) -> str:
    """Return the name of a run with a seed.

    Examples
    --------
    >>> run_name("cnn_vs_gru", "cnn", 0)
    'cnn_vs_gru/cnn seed 0'
    """
    return f"{study}/{run} seed {seed}"


def job_name(rule: str, wildcards: Mapping[str, str]) -> str:
    """Return the name of a job: its rule and wildcards, or the name of the run that it trains.

    Examples
    --------
    >>> job_name("fetch", {"dataset": "fashion_mnist"})
    'fetch fashion_mnist'
    >>> job_name("train", {"study": "cnn_vs_gru", "run": "cnn", "seed": "0"})
    'cnn_vs_gru/cnn seed 0'
    """
    if rule == TRAIN and wildcards.keys() == {"study", "run", "seed"}:
        return run_name(**wildcards)
    return " ".join([rule, *wildcards.values()])


def about(seconds: float | None) -> str:
    """Format an estimate of the time left; empty if there is none."""
    return f"about {rough_duration(seconds)} left" if seconds else ""


def printable(text: str) -> str:
    r"""Remove control characters and escape sequences from one line of text.

    Examples
    --------
    >>> printable("\x1b[31mbad\x1b[0m value\x07")
    'bad value'
    """
    plain = _ESCAPE.sub("", text).replace("\t", "    ")
    return "".join(character for character in plain if character.isprintable())


def one_line(text: str) -> str:
    """Join the lines of a message, make it printable, and cut it if it is very long."""
    line = " ".join(printable(part) for part in text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."
