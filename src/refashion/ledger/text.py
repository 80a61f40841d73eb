"""Rows of the ledger in words: verdicts, numbers, and what a statement or a check is about.

What a check or a property looks at is told in the words of its own documentation, so that a new one
brings its words along.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from typing import Any

from refashion.checks import consistency, curves
from refashion.judgement.wording import LABELS
from refashion.metrics import METRICS
from refashion.reported import Reported
from refashion.wording import digits_of, plus_minus, rounded

Row = Mapping[str, Any]

# What every verdict is marked with besides its words and its colour.
MARKS: dict[str | None, str] = {
    **dict.fromkeys(("reproduced", "holds", "consistent"), "✓"),
    **dict.fromkeys(("not_reproduced", "fails", "inconsistent"), "✗"),
    "exact": "=",
    "inconclusive": "?",
    "not_run": "–",
    None: "·",
}
NOT_JUDGED = "not judged"
NOTHING = "–"
COUNTS = ("errors", "correct", "support")
MOST_DIGITS = 4

_MEASURE = re.compile(r"(?P<name>\w+)(?:\[(?P<of>.*)\])?")
_MORE_LABELS = {
    "confusion": "errors between two classes",
    "classification_report": "classification report",
    "confusion_matrix": "confusion matrix",
    "history": "training log",
}


def cell_text(cell: Row) -> str:
    """Write one number of a table with its re-created value and the mark of the verdict.

    Examples
    --------
    >>> cell_text({"reported": "0.82", "reproduced": 0.8367, "verdict": "reproduced"})
    '0.82 | 0.84 ✓'
    """
    return f"{cell['reported']} | {alike(cell['reproduced'], cell['reported'])} {mark(cell)}"


def alike(value: float | None, reported: str) -> str:
    """Write a number as a source has printed another: with its places, or as a percentage.

    Examples
    --------
    >>> alike(0.8367, "0.82"), alike(811.6, "805"), alike(0.91239, "91.2%"), alike(None, "1")
    ('0.84', '812', '91.2%', '–')
    """
    if value is None:
        return NOTHING
    percent = reported.endswith("%")
    digits = Reported.parse(reported).digits - 2 * percent
    shown = f"{value * (100 if percent else 1):.{min(max(0, digits), MOST_DIGITS)}f}"
    return f"{shown}%" if percent else shown


def measure_text(metric: str) -> str:
    """Name what a row of the ledger is about.

    Examples
    --------
    >>> measure_text("log_loss"), measure_text("errors"), measure_text("recall[Shirt]")
    ('Log loss', 'Number of wrong answers', 'Recall of Shirt')
    """
    name, of = _measured(metric)
    if name in METRICS and of is None:
        return METRICS[name].label
    label = LABELS.get(name) or _MORE_LABELS.get(name) or name.replace("_", " ")
    return _sentence(f"{label} of {of}" if of else label)


def _measured(metric: str) -> tuple[str, str | None]:
    match = _MEASURE.fullmatch(metric)
    return (match["name"], match["of"]) if match else (metric, None)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def base_measure(metric: str) -> str:
    """Give what a row measures without the class that it is of.

    Examples
    --------
    >>> base_measure("recall[Shirt]")
    'recall'
    """
    return _measured(metric)[0]


def class_of(metric: str) -> str | None:
    """Give the class that a row is of, if it is of one."""
    return _measured(metric)[1]


def statement_text(row: Row, titles: Mapping[str, str] | None = None) -> str:
    """Say in words what a source states of runs, classes, curves or times.

    Parameters
    ----------
    row
        Of the ledger.
    titles
        Of the runs; without them, their names stand for them.
    """
    named = titles or {}
    run, split = named.get(row["run"], row["run"]), f", {row['split']}" * bool(row["split"])
    measure = measure_text(row["metric"])
    if row["kind"] == "curve":
        return f"{run}: {_uncapitalised(meaning(row['metric']))}"
    if row["kind"] == "extreme":
        of, _, end = row["reported"].rpartition(" ")
        whole = measure_text(base_measure(row["metric"])).lower().replace("f1", "F1")
        return f"{run}: {of} has the {end} {whole}{split}"
    for begin in ("better than ", "slower than "):
        if row["reported"].startswith(begin):
            others = row["reported"].removeprefix(begin).split(", ")
            listed = ", ".join(named.get(other, other) for other in others)
            return f"{run} {begin}{listed}: {_uncapitalised(measure)}{split}"
    return f"{run}: {_uncapitalised(measure)} {row['reported']}"


def _uncapitalised(text: str) -> str:
    """Begin with a small letter, but for a symbol, such as R²."""
    is_word = text[1:2].islower() or text[1:2].isspace()
    return text[:1].lower() + text[1:] if is_word else text


def found_text(row: Row) -> str:
    """Say what was found for a statement; a time that is not judged, in the unit of the source."""
    if row["verdict"] is None and row["reproduced"] is not None:
        unit = row["reported"].rpartition(" ")[2]
        return f"{row['reproduced']:.3g} {unit} here. {row['reason']}"
    return row["reason"]


def check_text(row: Row) -> str:
    """Say in words what a check of the source's own numbers looks at."""
    return meaning(row["metric"])


def meaning(name: str) -> str:
    """Say in words what a check or a property looks at: its own documentation, as a phrase.

    Examples
    --------
    >>> meaning("errors_match_accuracy")
    'A number of wrong answers gives the stated accuracy'
    """
    for library in (consistency, curves):
        if name in library.names():
            first = (library.function(name).__doc__ or "").strip().partition("\n")[0]
            phrase = re.sub(r"^(Check that|Check whether|Check|Whether) ", "", first)
            return _sentence(phrase.rstrip(".").replace("`", ""))
    return _sentence(name.replace("_", " "))


def is_count(row: Row) -> bool:
    """Whether a row of the ledger is about a number of examples."""
    return base_measure(row["metric"]) in COUNTS


def is_percent(row: Row) -> bool:
    return str(row["reported"]).endswith("%")


def reproduced_text(row: Row) -> str:
    """Write the re-created value of a number. One seed has no deviation of its own."""
    value = row["reproduced"]
    if value is None:
        return NOTHING
    if row["verdict"] == "exact":  # with all the digits that agree
        return _as_printed(value, row["reported"])
    sd = row["sd"] if row["seeds"] > 1 else None
    if is_percent(row):
        return f"{plus_minus(100 * value, None if sd is None else 100 * sd, 1)}%"
    if is_count(row):
        return plus_minus(value, sd, 0)
    if 0 < abs(value) < 0.0005:
        return f"{value:.3g}".replace("-", "−")
    return plus_minus(value, sd)


def _as_printed(value: float, reported: str) -> str:
    """Write a number with the digits of another, and no more than a double carries for sure."""
    if "e" in reported.lower():
        return f"{value:.{sys.float_info.dig}g}"
    percent = reported.endswith("%")
    scaled = value * (100 if percent else 1)
    sure = sys.float_info.dig - 1 - math.floor(math.log10(abs(scaled) or 1))
    digits = min(Reported.parse(reported).digits - 2 * percent, sure)
    return f"{scaled:,.{max(0, digits)}f}{'%' * percent}"


def interval_text(row: Row) -> str:
    """Write the interval of the difference, reported minus re-created."""
    if row["lower"] is None:
        return NOTHING
    if row["verdict"] == "exact":
        return "0"
    scale, unit = (100, " pp") if is_percent(row) else (1, "")
    ends = [row[end] * scale for end in ("lower", "upper")]
    digits = 1 if unit else 0 if is_count(row) else digits_of(max(map(abs, ends)))
    lower, upper = (rounded(end, digits) for end in ends)
    return f"{lower:+,.{digits}f} to {upper:+,.{digits}f}{unit}".replace("-", "−")


def tolerance_text(row: Row) -> str:
    """Write the tolerance of a number.

    Examples
    --------
    >>> tolerance_text({"tolerance": 0.01, "reported": "91.2%"})
    '± 1 pp'
    """
    if row["tolerance"] is None:
        return NOTHING
    if is_percent(row):
        return f"± {number_text(round(100 * row['tolerance'], 9))} pp"
    return f"± {number_text(row['tolerance'])}"


def number_text(value: float) -> str:
    """Write a number briefly, large ones in full.

    Examples
    --------
    >>> number_text(0.01), number_text(2000000.0)
    ('0.01', '2,000,000')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def mark(judged: Row) -> str:
    """Give the mark of a verdict, of a row or of a number in a table."""
    return MARKS.get(judged["verdict"], "")


def words(verdict: str | None) -> str:
    """Name a verdict; None is that of what is shown and not judged.

    Examples
    --------
    >>> words("not_reproduced"), words(None)
    ('not reproduced', 'not judged')
    """
    return NOT_JUDGED if verdict is None else verdict.replace("_", " ")


def marked(verdict: str | None) -> str:
    r"""Name a verdict after its mark, not to be parted from it.

    Examples
    --------
    >>> marked("fails")
    '✗\xa0fails'
    """
    return f"{MARKS.get(verdict, '')}\u00a0{words(verdict)}"


def verdict_text(row: Row) -> str:
    r"""Write a verdict for people.

    Examples
    --------
    >>> verdict_text({"verdict": "not_reproduced", "direction": "higher", "preliminary": True})
    '✗\xa0not reproduced (ours is higher; preliminary)'
    """
    notes = [f"ours is {row['direction']}"] if row["direction"] else []
    notes += ["preliminary"] if row["preliminary"] else []
    return f"{marked(row['verdict'])} ({'; '.join(notes)})" if notes else marked(row["verdict"])
