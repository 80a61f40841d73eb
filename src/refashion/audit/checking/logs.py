"""Questions on training logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from refashion.audit.checking.case import Case
from refashion.audit.checking.question import AuditQuestion
from refashion.audit.checking.reports import classes_of
from refashion.audit.reading.readings import Log, PrintedResult, Reading
from refashion.checks.consistency import number

# What the evaluation of a log calls a metric that the epochs call `val_...`.
PREFIX = "val_"
_KEPT_BACK = re.compile(r"validation[_ ]split\s*=")
# What makes a network go back to its best epoch.
_RESTORED = re.compile(
    r"restore[_ ]best[_ ]weights|ModelCheckpoint|load[_ ]weights|Restoring model weights", re.I
)


def questions(case: Case) -> Iterator[AuditQuestion]:
    """Ask about each log: its counter, its steps, its evaluation, and the result it leads to."""
    for log in case.readings.logs:
        yield from _counter(log)
        yield from _steps(case, log)
        yield from _evaluation(log)
        yield from _results(case, log)


def _counter(log: Log) -> Iterator[AuditQuestion]:
    numbers = [str(epoch.number) for epoch in log.epochs]
    if len(numbers) > 1:
        is_repeated = any(one == other for one, other in pairwise(numbers))
        doubts = ["an epoch may be printed on several lines"] if is_repeated else ()
        title = "Counter of the training log"
        yield AuditQuestion("counts_up", {"numbers": numbers}, [log], title, doubts)


def _steps(case: Case, log: Log) -> Iterator[AuditQuestion]:
    """Ask whether the steps fit the examples and the batch size, where both are stated once."""
    steps = {epoch.steps for epoch in log.epochs if epoch.steps}
    batches = [
        s for s in case.readings.settings if s.name == "batch_size" and _is_own(case, log, s)
    ]
    sizes = case.sizes("train")
    if len(steps) == 1 and len({batch.value for batch in batches}) == 1 and len(sizes) == 1:
        numbers = {
            "steps": str(steps.pop()),
            "examples": sizes[0].value,
            "batch_size": batches[0].value,
        }
        if _keeps_some(case, log, numbers):
            return
        doubts = ["some of the examples may be kept for validation"]
        about: list[Reading] = [log, sizes[0], batches[0]]
        yield AuditQuestion("steps", numbers, about, "Steps of an epoch", doubts)


def _keeps_some(case: Case, log: Log, numbers: Mapping[str, str]) -> bool:
    """Whether fewer steps than the examples make may come from some that are kept to validate."""
    try:
        most = number.count(numbers["examples"]) / number.count(numbers["batch_size"])
    except ValueError:
        return False
    validates = any(name.startswith(PREFIX) for name in log.epochs[-1].values)
    is_fewer = most / 2 <= int(numbers["steps"]) < most
    return validates and is_fewer and not _validates_on_test(case, log)


def _is_own(case: Case, log: Log, setting: Reading) -> bool:
    own, its = case.owner(log).model, case.owner(setting).model
    return its is None or own == its


def _evaluation(log: Log) -> Iterator[AuditQuestion]:
    """Ask whether the line of evaluation repeats the last epoch, if it once does.

    Where the evaluation is of the validation examples, the two have to agree in all metrics. It is
    of other examples, or of another epoch, if no metric agrees.
    """
    if log.evaluation is None or not log.epochs or not _agree_once(log):
        return
    last = log.epochs[-1].values
    for metric, value in log.evaluation.values.items():
        if printed := last.get(PREFIX + metric):
            numbers = {"last_epoch": printed, "result": value}
            yield AuditQuestion(
                "log_ends_in_result",
                numbers,
                [log],
                f"Last epoch and evaluation: {metric}",
            )


def _agree_once(log: Log) -> bool:
    if log.evaluation is None:
        return False
    last, end = log.epochs[-1].values, log.evaluation.values
    return any(last.get(PREFIX + metric) == value for metric, value in end.items())


def _results(case: Case, log: Log) -> Iterator[AuditQuestion]:
    """Ask whether the last epoch gives the results of the same model on the same examples."""
    is_test = _validates_on_test(case, log)
    if not log.epochs or not is_test or _is_restored(case):
        return
    last, own = log.epochs[-1].values, case.owner(log)
    yield from _recalls(case, log)
    following = _following(case, log)
    for result in following:
        if (
            len(
                {r.value for r in following if (r.metric, r.split) == (result.metric, result.split)}
            )
            > 1
        ):
            continue  # some of them may be of another model
        printed = last.get(PREFIX + result.metric)
        owner = case.owner(result)
        if printed and result.split in ("test", "validation") and own.model == owner.model:
            numbers = {"last_epoch": printed, "result": result.value}
            yield AuditQuestion(
                "log_ends_in_result",
                numbers,
                [result, log],
                f"Result and last epoch of its log: {result.metric}",
            )


def _recalls(case: Case, log: Log) -> Iterator[AuditQuestion]:
    """Ask whether the recalls of the report of the same model give the last accuracy of its log."""
    accuracy = log.epochs[-1].values.get(PREFIX + "accuracy")
    later = min((o.first for o in case.readings.logs if o.first > log.last), default=None)
    following = [
        report
        for report in case.readings.reports
        if log.last < report.first and (later is None or report.first < later)
    ]
    # Of several, some may be of another model or of the training examples.
    for report in following if len(following) == 1 else ():
        cells = [*classes_of(report).values()]
        recalls, supports = [line[1] for line in cells], [line[-1] for line in cells]
        own, its = case.owner(log).model, case.owner(report).model
        is_whole = None not in recalls and None not in supports
        if accuracy and is_whole and own and own == its:
            numbers = {"values": recalls, "weights": supports, "average": accuracy}
            title = "Recalls of the report and last accuracy of the log"
            yield AuditQuestion("weighted_average", numbers, [report, log], title)


def _following(case: Case, log: Log) -> list[PrintedResult]:
    """Return the results in lines of their own between a log and the next one."""
    later = [other.first for other in case.readings.logs if other.first > log.last]
    end = min(later, default=len(case.document.lines) + 1)
    return [
        result
        for result in case.readings.results
        if not result.is_sentence and result.change is None and log.last < result.first < end
    ]


def _validates_on_test(case: Case, log: Log) -> bool:
    """Whether the code validates on the test examples: that above a log, or else all code."""
    given = [
        (listing.first, "test" in listing.fitted["validation_data"].lower())
        for listing in case.readings.listings
        if "validation_data" in listing.fitted
    ]
    given += [(line.number, False) for line in case.document.lines if _KEPT_BACK.search(line.text)]
    above = sorted(each for each in given if each[0] <= log.first)[-1:]
    return bool(given) and all(is_test for _, is_test in above or given)


def _is_restored(case: Case) -> bool:
    """Whether results may be of the best epoch, not of the last."""
    return bool(_RESTORED.search(case.document.text))
