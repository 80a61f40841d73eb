"""How names, times and foreign text are put in the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping

TRAIN = "train"

LONGEST_LINE = 300

# Sequences that move the cursor or set colours; foreign text must do neither.
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.?)", re.DOTALL)


def run_name(study: str, run: str, seed: int | str) -> str:
    """Name of one run with one seed.

    >>> run_name("cnn_vs_gru", "cnn", 0)
    'cnn_vs_gru/cnn seed 0'
    """
    return f"{study}/{run} seed {seed}"


def job_name(rule: str, wildcards: Mapping[str, str]) -> str:
    """Name of one job: what it does, and with what.

    >>> job_name("fetch", {"dataset": "fashion_mnist"})
    'fetch fashion_mnist'
    >>> job_name("train", {"study": "cnn_vs_gru", "run": "cnn", "seed": "0"})
    'cnn_vs_gru/cnn seed 0'
    """
    if rule == TRAIN and wildcards.keys() == {"study", "run", "seed"}:
        return run_name(**wildcards)
    return " ".join([rule, *wildcards.values()])


def spelled(seconds: float) -> str:
    """Write a duration as coarsely as a person wants it.

    >>> spelled(12.3), spelled(95), spelled(3900)
    ('12 s', '2 min', '1 h 05 min')
    """
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def about(seconds: float | None) -> str:
    """Write an estimate of the time left; nothing if there is none."""
    return f"about {spelled(seconds)} left" if seconds else ""


def counted(n: int, noun: str) -> str:
    """Write a number with its noun.

    >>> counted(1, "run"), counted(12, "run")
    ('1 run', '12 runs')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def printable(text: str) -> str:
    r"""Leave out of one line what would steer the terminal.

    >>> printable("\x1b[31mbad\x1b[0m value\x07")
    'bad value'
    """
    plain = _ESCAPE.sub("", text).replace("\t", "    ")
    return "".join(character for character in plain if character.isprintable())


def one_line(text: str) -> str:
    """Put a message that may have many lines in one, and cut it if it is very long."""
    line = " ".join(printable(part) for part in text.split())
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."
