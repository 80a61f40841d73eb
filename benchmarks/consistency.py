"""The checks of a report's own numbers: false alarms on true reports, power on changed ones."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.random import Generator

from benchmarks import true_reports
from benchmarks.rows import Row, Skipped
from benchmarks.scratch import Scratch
from refashion.checks import consistency

PART = "consistency"
PEER = "mlscorecheck"

# Of each kind of true numbers, and of changed reports and scores.
CASES, CHANGED = 2_000, 400
DIGITS = (2, 3, 4)

Numbers = Mapping[str, Any]
Test = Callable[[Numbers, int], bool]


def measure(scratch: Scratch) -> Iterator[Row | Skipped]:
    """Count false alarms of every kind, and changed numbers that are found."""
    for name, kind in true_reports.KINDS.items():
        yield from false_alarms(name, kind, CASES)
    if find_spec(PEER) is None:
        yield Skipped(PART, "power", f"{PEER} is not installed")
    else:
        import_module(PEER)
        logging.getLogger(PEER).setLevel(logging.WARNING)  # it logs every step
    yield from power("reports", changed_report, REPORT_TESTS, CHANGED)
    yield from power("scores of two classes", changed_scores, SCORE_TESTS, CHANGED)


def false_alarms(name: str, kind: true_reports.Kind, cases: int) -> Iterator[Row]:
    """Check true numbers; give the shares that are called inconsistent and doubtful."""
    rng = np.random.default_rng(0)
    found = [verdict(*kind(rng)) for _ in range(cases)]
    for told in ("inconsistent", "doubtful"):
        yield Row(PART, f"true: {name}", told, 100 * found.count(told) / cases, "%")


def verdict(check: str, numbers: Numbers) -> str:
    """Check numbers, and name what is found."""
    found = consistency.function(check)(**numbers)
    if not found.consistent:
        return "inconsistent"
    return "consistent" if found.agrees else "doubtful"


def power(
    name: str, change: Callable[[Generator, int], Numbers], tests: Mapping[str, Test], cases: int
) -> Iterator[Row]:
    """Change one number by 1 to 3 in its last place; give the share that each test finds."""
    for digits in DIGITS:
        rng = np.random.default_rng(digits)
        changed = [change(rng, digits) for _ in range(cases)]
        for test, finds in tests.items():
            if test == PEER and find_spec(PEER) is None:
                continue
            started = time.perf_counter()
            found = 100 * sum(finds(numbers, digits) for numbers in changed) / cases
            each = 1000 * (time.perf_counter() - started) / cases
            title = f"changed: {name}, {digits} digits"
            yield Row(PART, title, test, found, "%")
            yield Row(PART, title, f"{test}, time", each, "ms")


def changed_report(rng: Generator, digits: int) -> Numbers:
    """Draw a classification report with one number changed."""
    while True:
        rows = true_reports.printed(true_reports.report(true_reports.confusion(rng)), digits)
        # What a library prints for a class without examples is its own choice.
        if all(line.split()[-1] != "0" for line in rows.values()):
            break
    name = str(rng.choice(list(rows)))
    cells = rows[name].split()
    place = int(rng.integers(len(cells) - 1))
    cells[place] = true_reports.changed(cells[place], rng)
    return {"rows": {**rows, name: " ".join(cells)}}


def changed_scores(rng: Generator, digits: int) -> Numbers:
    """Draw scores of two classes with one of them changed."""
    tp, fn, fp, tn = true_reports.outcomes(rng)
    values = true_reports.scores_of(tp, fn, fp, tn)
    scores = {name: f"{value:.{digits}f}" for name, value in values.items()}
    name = str(rng.choice(list(scores)))
    scores[name] = true_reports.changed(scores[name], rng)
    return {"scores": scores, "positives": str(tp + fn), "negatives": str(fp + tn)}


def _by(check: str) -> Test:
    return lambda numbers, digits: verdict(check, numbers) == "inconsistent"


def single_checks(numbers: Numbers, digits: int) -> bool:
    """Check a report with the checks of single numbers, each as far as it goes."""
    rows = {name: line.split() for name, line in numbers["rows"].items()}
    classes = [cells for name, cells in rows.items() if name not in ("accuracy", *AVERAGES)]
    weights = [cells[3] for cells in classes]
    checks: list[tuple[str, Numbers]] = [
        ("grim", {"proportion": rows["accuracy"][0], "examples": rows["accuracy"][1]})
    ]
    for precision, recall, f1, support in classes:
        checks.append(("f1", {"precision": precision, "recall": recall, "f1": f1}))
        checks.append(("grim", {"proportion": recall, "examples": support}))
    for column in range(3):
        values = [cells[column] for cells in classes]
        checks.append(("macro_average", {"values": values, "average": rows["macro avg"][column]}))
        averages = [rows["weighted avg"][column], *(rows["accuracy"][:1] if column == 1 else [])]
        checks += [
            ("weighted_average", {"values": values, "weights": weights, "average": average})
            for average in averages
        ]
    return any(verdict(*check) == "inconsistent" for check in checks)


def peer_on_report(numbers: Numbers, digits: int) -> bool:
    """Check a report with mlscorecheck: each class against the rest, and what it takes of all."""
    from mlscorecheck.check.binary import check_1_testset_no_kfold as of_class
    from mlscorecheck.check.multiclass import check_1_testset_no_kfold_macro as of_macro
    from mlscorecheck.check.multiclass import check_1_testset_no_kfold_micro as of_micro

    rows = {name: line.split() for name, line in numbers["rows"].items()}
    eps, n = 0.5 * 10.0**-digits, int(rows["accuracy"][1])
    accuracy, recall = float(rows["accuracy"][0]), float(rows["macro avg"][1])
    classes = [cells for name, cells in rows.items() if name not in ("accuracy", *AVERAGES)]
    for cells in classes:
        scores = dict(zip(("ppv", "sens", "f1"), map(float, cells[:3]), strict=True))
        support = int(cells[3])
        if of_class({"p": support, "n": n - support}, scores, eps)["inconsistency"]:
            return True
    supports = {place: int(cells[3]) for place, cells in enumerate(classes)}
    # The mean of the accuracies of each class against the rest: an error counts for two of them.
    share = 2 / len(classes)
    macro = {"acc": 1 - (1 - accuracy) * share, "sens": recall}
    return bool(
        of_micro(supports, {"sens": accuracy}, eps)["inconsistency"]
        or of_macro(supports, macro, eps, verbosity=0)["inconsistency"]
    )


def peer_on_scores(numbers: Numbers, digits: int) -> bool:
    """Check scores of two classes with mlscorecheck."""
    from mlscorecheck.check.binary import check_1_testset_no_kfold as of_class

    names = {"sensitivity": "sens", "specificity": "spec"}
    scores = {names.get(name, name): float(text) for name, text in numbers["scores"].items()}
    of = {"p": int(numbers["positives"]), "n": int(numbers["negatives"])}
    return bool(of_class(testset=of, scores=scores, eps=0.5 * 10.0**-digits)["inconsistency"])


AVERAGES = ("macro avg", "weighted avg")
REPORT_TESTS: Mapping[str, Test] = {
    "report_possible": _by("report_possible"),
    "single checks": single_checks,
    PEER: peer_on_report,
}
SCORE_TESTS: Mapping[str, Test] = {
    "two_class_scores": _by("two_class_scores"),
    PEER: peer_on_scores,
}
