"""Entries in words: verdicts, numbers, and what a statement or a check is about.

What a check or a property looks at is said in the words of its own documentation, so that a new one
brings its words along.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from refashion.checks import consistency, curves
from refashion.judgement.wording import LABELS
from refashion.ledger.entry import Cell, Entry, Judgement, Verdict
from refashion.metrics import METRICS
from refashion.printed import PrintedLine
from refashion.reported import Reported
from refashion.spec.claims import (
    EXAMPLE_COUNTS,
    OUTPUT,
    AttributeClaim,
    AuditedCheck,
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    NumberClaim,
    OrderingClaim,
    OutputClaim,
    TableClaim,
    TextClaim,
    ValueClaim,
)
from refashion.wording import counted, digits_of, plus_minus, rounded

NOTHING = "–"
# The hyphen of a negative number, which is a minus sign in a text.
_NEGATIVE = re.compile(r"(?<![\w.)\]-])-(?=\d)")
MOST_DIGITS = 4
# So many more, at most, to tell a small difference from none.
MORE_DIGITS = 4
# With fewer digits after the point, numbers that differ are often printed alike.
FEW_DIGITS = 3
# Digits in all of a number that is not exact; a longer one is rounded to fewer after the point.
MOST_FIGURES = 8
# Letters before a printed number that name it.
MOST_LETTERS = 60
# Of a statement that a single seed settles, no more is said than this.
SEEN_ONCE = {Verdict.HOLDS: "seen once", Verdict.FAILS: "the opposite seen once"}
# What a check says whose numbers agree because they have to.
VACUOUS = "nothing about the results (a statement repeated, or numbers that could not disagree)"

_MORE_LABELS = {
    "confusion": "errors between two classes",
    "classification_report": "classification report",
    "confusion_matrix": "confusion matrix",
    "history": "training log",
    "runs": "table of runs",
    "output": "printed numbers",
}


def cell_text(cell: Cell) -> str:
    """Write one number of a table with its re-created value and the mark of the verdict.

    Examples
    --------
    >>> cell_text(Cell("Shirt", "recall", "0.82", 0.8367, Verdict.REPRODUCED))
    '0.82 | 0.84 ✓'
    """
    ours = alike(cell.reproduced, cell.reported, cell.verdict is Verdict.EXACT)
    return f"{cell.reported} | {ours} {marks_of(cell)}"


def cell_name(cell: Cell) -> str:
    """Name one number of a table by its row and its column."""
    return f"{cell.row}, {cell.column}"


def cell_title(cell: Cell, claim: TableClaim) -> str:
    """Name one number of a table for readers: "Epoch 3, validation loss", "Shirt, recall"."""
    if claim.table == "history":
        return f"Epoch {cell.row}, {column_text(cell.column)}"
    if claim.table in ("classification_report", "runs"):
        return f"{cell.row}, {uncapitalised(measure_text(cell.column))}"
    return cell_name(cell)


def column_text(column: str) -> str:
    """Name a column of a training log: "validation loss"."""
    metric = column.removeprefix("val_").replace("_", " ")
    return f"{'validation ' * column.startswith('val_')}{metric}"


def alike(
    value: float | None, reported: str, is_exact: bool = False, *, is_drawn: bool = False
) -> str:
    """Write a number as a source has printed another: with its places, or as a percentage.

    A percentage that is not exactly the printed one has at least one digit after the point. Where
    a strip shows the difference, a number printed with one or two digits after the point gets one
    more.

    Examples
    --------
    >>> alike(0.8367, "0.82"), alike(811.6, "805"), alike(0.91239, "91.2%"), alike(None, "1")
    ('0.84', '812', '91.2%', '–')
    >>> alike(0.3757, "46 %"), alike(0.3757, "38 %", is_exact=True)
    ('37.6%', '38%')
    >>> alike(0.231, ".2", is_drawn=True)
    '0.23'
    """
    if value is None:
        return NOTHING
    percent = (printed := Reported.parse(reported)).percent
    digits = max(printed.digits - 2 * percent, int(percent and not is_exact))
    digits += int(is_drawn and not is_exact and 0 < digits < FEW_DIGITS)
    shown = f"{value * (100 if percent else 1):.{min(digits, MOST_DIGITS)}f}"
    return f"{shown}%".replace("-", "−") if percent else shown.replace("-", "−")


def measure_text(measure: str, of_class: str | None = None) -> str:
    """Name what a number measures, and of which class.

    Examples
    --------
    >>> measure_text("log_loss"), measure_text("errors"), measure_text("recall", "Shirt")
    ('Log loss', 'Number of wrong answers', 'Recall of Shirt')
    """
    if measure in METRICS and of_class is None:
        return METRICS[measure].label
    label = LABELS.get(measure) or _MORE_LABELS.get(measure) or measure.replace("_", " ")
    return _sentence(f"{label} of {of_class}" if of_class else label)


def measured_text(claim: NumberClaim | TableClaim) -> str:
    """Name what the numbers of a claim measure; a printed one by the text before it."""
    if isinstance(claim, TableClaim):
        return measure_text(claim.table)
    if isinstance(claim, OutputClaim):
        return f"Output of cell {claim.cell}: {output_name(claim)}"
    if isinstance(claim, AttributeClaim):
        return f"{claim.attribute}, fold {claim.fold}" if claim.fold else claim.attribute
    measure = measure_text(claim.metric, claim.of_class)
    if not isinstance(claim, ValueClaim):
        return measure
    if claim.fold is not None:
        return f"{measure}, fold {claim.fold}"
    if claim.minus is not None:
        return f"{measure}, minus that of {claim.minus}"
    spreads = {"sd": "standard deviation", "sample_sd": "sample standard deviation"}
    spread = spreads.get(claim.statistic)
    return f"{measure}, {spread} over folds" if spread else measure


def output_name(claim: OutputClaim) -> str:
    """Name a printed number by what stands before it, or by its place.

    Examples
    --------
    >>> given = {"id": "a", "where": "b", "kind": "output", "run": "c", "cell": 2, "line": 1}
    >>> output_name(OutputClaim(**given, quote="Test MSE: 2.5", reported="2.5", tolerance=0.1))
    'Test MSE'
    """
    before = PrintedLine(claim.quote).before(claim.number).rpartition("#")[2]
    name = before.replace("@", "").strip(" \t:=-–,;|([{\"'~≈")
    if not re.search(r"[^\W\d_]", name):
        return f"line {claim.line}, number {claim.number}"
    return name if len(name) <= MOST_LETTERS else f"… {name[-MOST_LETTERS:]}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def classes_of(claim: ExtremeClaim) -> str:
    """Name the class, or the pair of classes, that is said to be the best or the worst."""
    return claim.of_class or " and ".join(claim.classes or ())


def statement_text(claim: Claim, titles: Mapping[str, str] | None = None) -> str:
    """Write what a source states about runs, classes, curves or times.

    Parameters
    ----------
    claim
        The statement.
    titles
        Titles of the runs by name; a run without one is called by its name.
    """
    named = titles or {}
    match claim:
        case CurveClaim():
            return f"{_titled(claim.run, named)}: {uncapitalised(meaning(claim.property))}"
        case ExtremeClaim():
            measure = measure_text(claim.metric).lower().replace("f1", "F1")
            stated = f"{classes_of(claim)} has the {claim.extreme} {measure}"
            return f"{_titled(claim.run, named)}: {stated}, {claim.split}"
        case OrderingClaim():
            others = ", ".join(_titled(run, named) for run in claim.than)
            measure = uncapitalised(measure_text(claim.metric, claim.of_class))
            return f"{_titled(claim.run, named)} better than {others}: {measure}, {claim.split}"
        case CostClaim():
            return _cost_text(claim, named)
        case TextClaim():
            return f"{_titled(claim.run, named)}: {claim.attribute} is {claim.reported}"
    raise ValueError(f"a claim of kind {claim.kind!r} is not a statement")


def _cost_text(claim: CostClaim, titles: Mapping[str, str]) -> str:
    run, measure = _titled(claim.run, titles), uncapitalised(measure_text(claim.measure))
    if claim.reported is not None:
        return f"{run}: {measure} {claim.reported} {claim.unit}"
    return (
        f"{run} slower than {', '.join(_titled(r, titles) for r in claim.slower_than)}: {measure}"
    )


def _titled(run: str, titles: Mapping[str, str]) -> str:
    return titles.get(run, run)


def uncapitalised(text: str) -> str:
    """Begin with a small letter, but for a symbol, such as R²."""
    is_word = text[1:2].islower() or text[1:2].isspace()
    return text[:1].lower() + text[1:] if is_word else text


def found_text(entry: Entry[Any]) -> str:
    """Write what was found for a statement; a stated time with ours, in the unit of the source."""
    claim, judged = entry.claim, entry.judgement
    # The reason of what was not run quotes messages.
    is_run = judged.verdict is not Verdict.NOT_RUN
    reason = _NEGATIVE.sub("−", judged.reason) if is_run else judged.reason
    if isinstance(claim, CostClaim) and claim.unit and judged.reproduced is not None:
        return f"{judged.reproduced:.3g} {claim.unit} here. {reason}"
    return reason


def check_text(claim: ConsistencyClaim) -> str:
    """Write what a check of the source's own numbers looks at."""
    if isinstance(claim, AuditedCheck):
        return f"{claim.title} (found by the audit)"
    return meaning(claim.check)


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
            phrase = re.sub(r"^(Check that|Check whether|Check|Measure whether) ", "", first)
            return _sentence(phrase.rstrip(".").replace("`", ""))
    return _sentence(name.replace("_", " "))


def is_count(claim: NumberClaim) -> bool:
    """Whether a number counts examples, or is printed as a whole number."""
    if isinstance(claim, OutputClaim):
        return _is_whole(claim.reported)
    return claim.metric in EXAMPLE_COUNTS


def _is_whole(reported: str) -> bool:
    printed = Reported.parse(reported)
    return printed.digits <= 0 and not printed.percent


def is_percent(claim: NumberClaim) -> bool:
    """Whether the source prints a number as a percentage."""
    return Reported.parse(claim.reported).percent


def reproduced_text(entry: Entry[NumberClaim]) -> str:
    """Write the re-created value of a number, with the digits of the printed one or more.

    A long number is rounded. One seed has no deviation of its own.
    """
    claim, judged = entry.claim, entry.judgement
    value = judged.reproduced
    if value is None:
        return NOTHING
    sd = judged.sd if judged.seeds > 1 else None
    is_exact = judged.verdict is Verdict.EXACT
    shown = _reproduced(value, sd, claim.reported, is_exact, is_count(claim))
    return shown.replace("%", " pp") if claim.is_difference else shown


def _reproduced(
    value: float, sd: float | None, reported: str, is_exact: bool, is_whole: bool
) -> str:
    if is_exact:  # with all the digits that agree
        return _as_printed(value, reported)
    printed = Reported.parse(reported)
    digits = printed.digits
    if printed.percent:
        digits = min(max(1, digits - 2), MOST_DIGITS)
        return f"{plus_minus(100 * value, None if sd is None else 100 * sd, digits)}%"
    if is_whole:
        return plus_minus(value, sd, 0)
    if 0 < abs(value) < 0.0005:
        return f"{value:.3g}".replace("-", "−")
    before_point = len(f"{abs(value):.0f}")
    return plus_minus(
        value, sd, least=max(0, min(digits, MOST_DIGITS, MOST_FIGURES - before_point))
    )


def _as_printed(value: float, reported: str) -> str:
    """Write a number with the digits of another, and no more than a double carries for sure."""
    if re.search(r"\de", reported, re.IGNORECASE):
        return f"{value:.{sys.float_info.dig}g}"
    percent = (printed := Reported.parse(reported)).percent
    scaled = value * (100 if percent else 1)
    sure = sys.float_info.dig - 1 - math.floor(math.log10(abs(scaled) or 1))
    digits = min(printed.digits - 2 * percent, sure)
    return f"{scaled:,.{max(0, digits)}f}{'%' * percent}".replace("-", "−")


def interval_text(entry: Entry[NumberClaim]) -> str:
    """Write the interval of the difference, reported minus re-created."""
    claim, judged = entry.claim, entry.judgement
    return _interval(judged, is_percent(claim), is_count(claim))


def cell_interval_text(cell: Cell, claim: TableClaim) -> str:
    """Write the interval of the difference of one number of a table."""
    return _interval(cell, Reported.parse(cell.reported).percent, _counts(cell, claim))


def _interval(judged: Judgement | Cell, in_percent: bool, is_whole: bool) -> str:
    if judged.lower is None or judged.upper is None:
        return NOTHING
    if judged.verdict is Verdict.EXACT:
        return "0"
    scale, unit = (100, " pp") if in_percent else (1, "")
    ends = [end * scale for end in (judged.lower, judged.upper)]
    digits = 1 if unit else 0 if is_whole else digits_of(max(map(abs, ends)))
    if not is_whole:  # a difference is no zero, and an interval no point, if digits can show it
        shown = (n for n in range(digits, digits + MORE_DIGITS) if _are_told(ends, n))
        digits = next(shown, digits)
    lower, upper = (_signed(end, digits) for end in ends)
    span = lower if lower == upper else f"{lower} to {upper}"
    return f"{span}{unit}"


def _are_told(ends: Sequence[float], digits: int) -> bool:
    """Whether so many digits tell the ends of an interval apart, and from zero."""
    lower, upper = (round(end, digits) for end in ends)
    return lower != upper and all(map(bool, (lower, upper)))


def _signed(number: float, digits: int) -> str:
    """Write a difference with its sign; a zero has none."""
    text = f"{rounded(number, digits):+,.{digits}f}".replace("-", "−")
    return text if any(digit in "123456789" for digit in text) else text.lstrip("+−")


def _counts(cell: Cell, claim: TableClaim) -> bool:
    """Whether a number of a table counts examples, or is printed as a whole number."""
    if claim.table == OUTPUT:
        return _is_whole(cell.reported)
    return claim.table == "confusion_matrix" or cell.column in EXAMPLE_COUNTS


def arithmetic_text(entry: Entry[NumberClaim]) -> str:
    """Write how the verdict on a number follows from its numbers; empty without a result."""
    judged = entry.judgement
    if judged.reproduced is None or judged.lower is None:
        return ""
    numbers = entry.claim.reported, reproduced_text(entry), judged.seeds
    return _arithmetic(*numbers, interval_text(entry), tolerance_text(entry.claim))


def cell_arithmetic_text(cell: Cell, entry: Entry[TableClaim]) -> str:
    """Write how the verdict on one number of a table follows; empty without a result."""
    if cell.reproduced is None or cell.lower is None:
        return ""
    is_exact = cell.verdict is Verdict.EXACT
    ours = _reproduced(cell.reproduced, None, cell.reported, is_exact, _counts(cell, entry.claim))
    interval = cell_interval_text(cell, entry.claim)
    tolerance = cell_tolerance_text(cell, entry.claim)
    text = _arithmetic(cell.reported, ours, cell.seeds, interval, tolerance)
    # A claim of its own says so in its reason.
    agrees = {"over": " A larger value agrees.", "under": " A smaller value agrees."}
    return text + agrees.get(Reported.parse(cell.reported).bound or "", "")


def _arithmetic(reported: str, ours: str, seeds: int, interval: str, tolerance: str) -> str:
    is_interval = " (95\u00a0% interval)" * (" to " in interval)
    return (
        f"Reported {reported}, re-created {ours} ({counted(seeds, 'seed')}). "
        f"Reported minus re-created: {interval}{is_interval}. Tolerance: {tolerance}."
    )


def tolerance_text(claim: NumberClaim) -> str:
    """Write the tolerance of a number, in percentage points where the source prints percent."""
    return _tolerance(claim.tolerance, is_percent(claim))


def cell_tolerance_text(cell: Cell, claim: TableClaim) -> str:
    """Write the tolerance of one number of a table, in the unit in which it is printed."""
    return _tolerance(claim.tolerance_of(cell.column), Reported.parse(cell.reported).percent)


def _tolerance(tolerance: float, in_percent: bool) -> str:
    if in_percent:
        return f"± {number_text(round(100 * tolerance, 9))} pp"
    return f"± {number_text(tolerance)}"


def number_text(value: float) -> str:
    """Write a number briefly, large ones in full.

    Examples
    --------
    >>> number_text(0.01), number_text(2000000.0)
    ('0.01', '2,000,000')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def marked(verdict: Verdict) -> str:
    r"""Name a verdict after its mark, joined so that no line breaks between them.

    Examples
    --------
    >>> marked(Verdict.FAILS)
    '✗\xa0fails'
    """
    return f"{verdict.mark}\u00a0{verdict.words}"


def marks_of(judged: Entry[Any] | Cell) -> str:
    """Return the mark of a verdict, followed by that of a fitted number."""
    return judged.verdict.mark + Verdict.FITTED.mark * (judged.counts_as is Verdict.FITTED)


def cell_verdict_text(cell: Cell) -> str:
    """Write the verdict on a number of a table: "✗ not reproduced (ours is higher)"."""
    notes = [Verdict.FITTED.words] * (cell.counts_as is Verdict.FITTED)
    if cell.verdict is Verdict.NOT_REPRODUCED and cell.reproduced is not None:
        is_higher = cell.reproduced > Reported.parse(cell.reported).value
        notes.append(f"ours is {'higher' if is_higher else 'lower'}")
    return f"{marked(cell.verdict)} ({'; '.join(notes)})" if notes else marked(cell.verdict)


def _fitted_notes(entry: Entry[Any]) -> list[str]:
    """Say that a claim is fitted; of a table, how many of its numbers are."""
    if entry.counts_as is Verdict.FITTED:
        return [Verdict.FITTED.words]
    n = entry.n_fitted
    return [f"{counted(n, 'number')} {Verdict.FITTED.words}"] * bool(n)


def fitted_text(n: int) -> str:
    """Say that some claims are fitted, and why they do not count."""
    agree = counted(n, "further claim is", "further claims are")
    return f"{agree} {Verdict.FITTED.words}: a search chose a setting by what is printed."


def verdict_text(entry: Entry[Any]) -> str:
    """Write a verdict with its notes: "✗ not reproduced (ours is higher; preliminary)"."""
    judged = entry.judgement
    verdict = marked(judged.verdict)
    fitted = _fitted_notes(entry)
    if judged.preliminary and judged.verdict in SEEN_ONCE:
        seen = f"{judged.verdict.mark}\u00a0{SEEN_ONCE[judged.verdict]}"
        return f"{seen} ({fitted[0]})" if fitted else seen
    notes = [f"ours is {judged.direction}"] if judged.direction else []
    if judged.leaning is not None:
        notes.append(f"leans to {judged.leaning.words}")
    notes += ["one seed"] if judged.preliminary else []
    notes += fitted
    return f"{verdict} ({'; '.join(notes)})" if notes else verdict
