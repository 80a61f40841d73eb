"""Training logs: of Keras, loops of PyTorch, Lightning, scikit-learn and boosted trees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from refashion.audit.reading import log_values
from refashion.audit.reading.cells import gaps, is_rule, quoted, text_of
from refashion.audit.reading.log_epochs import BAR, CUT, REST, PrintedEpoch, pieces
from refashion.audit.reading.readings import Log, LoggedEpoch
from refashion.documents.document import Document

# Lines of other text within a log, such as captions and what stands around a page break.
MOST_FOREIGN = 8
MOST_UNANNOUNCED = 2
MOST_NAMED = 3

_NOTE = re.compile(
    r"improved from|did not improve|early stopping|reduc(?:e|ing) ?(?:lr|learning)|LearningRateSch"
    r"|restoring|setting learning rate|saving model|has improved|best iteration|training until",
    re.IGNORECASE,
)
_PARTIAL = re.compile(
    r"(?<!/)\b(?:step|batch|iter|mini-?batch)\b|\d+%|\(\d+%\)|\[\d+/\d+\s*\(", re.IGNORECASE
)
_TRAIN_ON = re.compile(r"train on \d+ samples", re.IGNORECASE)


@dataclass
class _Open:
    """A log whose end is not yet found."""

    epochs: list[PrintedEpoch] = field(default_factory=list)
    evaluation: PrintedEpoch | None = None
    foreign: int = 0
    notes: list[int] = field(default_factory=list)

    @property
    def current(self) -> PrintedEpoch | None:
        return self.evaluation or (self.epochs[-1] if self.epochs else None)


def find(document: Document) -> Iterator[Log]:
    """Yield the training logs of a document.

    An evaluation that Keras prints without a log before it is a log without epochs.
    """
    log = _Open()
    best_follows = False
    for line in document.lines:
        text = text_of(line)
        if not text.strip(" `") or is_rule(text):
            continue
        parts = [*pieces(text)]
        if best_follows or _is_note(text, parts):
            best_follows = "best iteration" in text.lower() and not best_follows
            log.notes.append(line.number)
            continue
        for marker, body in parts:
            if marker:
                if _is_new(log, marker, body):
                    yield from _closed(log, document)
                    log = _Open()
                _mark(log, marker, body, line.number)
            elif _is_evaluation(log, body):
                if log.evaluation is not None:
                    yield from _closed(log, document)
                    log = _Open()
                log.evaluation = PrintedEpoch(0, "evaluation", None, line.number)
                log.evaluation.add(body, line.number)
                log.foreign = 0
            elif not _continue(log, body, line.number):
                log.foreign += 1
        if log.foreign > MOST_FOREIGN * 5 and log.current:
            yield from _closed(log, document)
            log = _Open()
    yield from _closed(log, document)


def _is_note(text: str, parts: Sequence[tuple[PrintedEpoch | None, str]]) -> bool:
    return len(parts) == 1 and bool(_NOTE.search(text)) and not BAR.match(text)


def _is_new(log: _Open, marker: PrintedEpoch, body: str) -> bool:
    """Whether a marker begins another log."""
    if not log.epochs:
        return log.evaluation is not None
    last = log.epochs[-1]
    if log.evaluation is not None or marker.what != last.what:
        return True
    if marker.announced != last.announced:
        return True
    if marker.number <= last.number:  # a counter that goes back, but not to its start, is a fault
        is_start = marker.number <= log.epochs[0].number
        return is_start and not (marker.number == last.number and _tells_more(last, body))
    stride = last.number - log.epochs[-2].number if len(log.epochs) > 1 else 1
    most = MOST_FOREIGN if marker.announced else MOST_UNANNOUNCED
    return log.foreign > most and marker.number != last.number + stride


def _tells_more(last: PrintedEpoch, body: str) -> bool:
    """Whether a line with the number of the last epoch tells more of that epoch."""
    is_part = bool(_PARTIAL.search(body) or BAR.search(body))
    return last.is_hungry or is_part or {*log_values.values(body)}.isdisjoint(last.values)


def _mark(log: _Open, marker: PrintedEpoch, body: str, number: int) -> None:
    """Begin an epoch, or go on with it where its number is printed again."""
    last = log.epochs[-1] if log.epochs else None
    if last is None or last.number != marker.number or not _tells_more(last, body):
        marker.line = number
        log.epochs.append(marker)
    log.epochs[-1].add(body, number)
    log.foreign = 0


def _is_evaluation(log: _Open, body: str) -> bool:
    """Whether a progress bar is that of an evaluation: it begins anew, or has other steps."""
    steps = log_values.steps(body) if BAR.match(body) else None
    if steps is None or not (log_values.has_metric(body) or CUT.fullmatch(body)):
        return False
    current = log.current
    if current is None:
        return log_values.has_metric(body)
    if current.is_hungry and current.what != "evaluation":
        return log.foreign > MOST_FOREIGN
    before = log_values.steps(current.text)
    if before is None or before.total != steps.total:
        return current.what == "evaluation" or not current.is_cut or before is not None
    if before.done < before.total:
        return False
    has_validation = any(name.startswith("val_") for name in current.values)
    return (
        steps.done < steps.total
        or (has_validation and not any(name.startswith("val_") for name in log_values.values(body)))
        or current.what == "evaluation"
    )


def _continue(log: _Open, body: str, number: int) -> bool:
    """Add a line to the epoch before it, if it goes on with it."""
    current = log.current
    if current is None:
        return False
    is_next = log.foreign == 0
    is_adjacent = bool(current.own) and number <= current.own[-1] + 2
    has_value = log_values.has_metric(body)
    if current.is_hungry and is_adjacent and REST.match(body):
        pass
    elif current.is_hungry and current.what == "evaluation" and not _is_rest(body):
        return False
    elif BAR.match(body) and (current.is_hungry or has_value):
        if log.foreign > MOST_FOREIGN:
            return False
    elif (
        current.is_hungry and is_next and has_value and len(body) < 400 and len(current.own) < 6
    ) or (is_adjacent and current.is_cut and _is_rest(body)):
        pass
    elif is_next and has_value and current.what != "evaluation" and _is_metric_line(body):
        current.late.append((number, body))
        return True
    else:
        return False
    current.add(body, number)
    log.foreign = 0
    return True


def _is_rest(body: str) -> bool:
    """Whether a line begins as the rest of a broken one does."""
    return bool(re.match(r"\s*(?:-\s|[a-z_]+\s*:\s*\d|\d*\.?\d+(?:e-\d+)?\s*(?:-\s|$))", body))


def _is_metric_line(body: str) -> bool:
    return len(body) < 200 and bool(
        re.match(r"\s*[-*>|]*\s*[A-Za-z][\w. /-]{1,40}[:=]\s*[-\d]", body)
    )


def _closed(log: _Open, document: Document) -> Iterator[Log]:
    """Yield a log, if one was found."""
    _join_late(log.epochs)
    epochs = [epoch for epoch in log.epochs if not epoch.is_hungry]
    evaluation = log.evaluation if log.evaluation and log.evaluation.values else None
    own = sorted({n for epoch in (*epochs, evaluation) if epoch for n in epoch.own})
    if not own:
        return
    notes = [number for number in log.notes if own[0] < number < own[-1]]
    before = " ".join(text_of(line) for line in document.lines[max(0, own[0] - 4) : own[0] - 1])
    has_steps = not _TRAIN_ON.search(before) and not any(
        log_values.counts_examples(epoch.text) for epoch in (*epochs, evaluation) if epoch
    )
    read = [epoch.read(has_steps) for epoch in epochs]
    yield Log(
        first=own[0],
        last=own[-1],
        quote=quoted(document, own[0]),
        doubts=tuple(_doubts(read, epochs)),
        apart=gaps(own[0], own[-1], [*own, *notes]),
        epochs=read,
        announced=epochs[0].announced if epochs else None,
        evaluation=evaluation.read(has_steps) if evaluation else None,
    )


def _join_late(epochs: Sequence[PrintedEpoch]) -> None:
    """Add lines of metrics below those of their epoch, if they stand below almost every one.

    Below the last epoch alone they are results, which are no part of the log.
    """
    with_late = [epoch for epoch in epochs if epoch.late]
    is_usual = len(with_late) > 1 and len(with_late) >= len(epochs) - 1
    for epoch in with_late:
        usual = len(epochs[0].late)
        for number, text in epoch.late[:usual] if is_usual else []:
            epoch.add("  " + text, number)


def _doubts(read: Sequence[LoggedEpoch], epochs: Sequence[PrintedEpoch]) -> Iterator[str]:
    numbers = [epoch.number for epoch in read]
    steps = Counter(other - one for one, other in pairwise(numbers))
    stride = steps.most_common(1)[0][0] if steps else 1
    missing = [
        number
        for one, other in pairwise(numbers)
        if ((other - one) % stride == 0 and one + stride < other and numbers[0] != one)
        or (other - one != stride and stride == 1)
        for number in range(one + stride, min(other, one + 100 * stride), stride)
    ]
    if stride == 1 and epochs and epochs[0].announced and numbers[0] > 1 and len(numbers) > 1:
        missing = [*range(1, min(numbers[0], 100)), *missing]
    if missing:
        word = "epoch" if len(missing) == 1 else "epochs"
        named = ", ".join(map(str, missing[:MOST_NAMED]))
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        yield f"{word} {named}{more} cannot be found in it"
    usual = Counter(name for epoch in read for name in epoch.values)
    for epoch in read:
        for name, times in usual.items():
            if name not in epoch.values and times > len(read) / 2 and times > 1:
                yield f"epoch {epoch.number} lacks its {name}"
    for name in usual:
        yield from _shortened(name, read)
    for epoch, own in zip(read, epochs, strict=True):
        found = log_values.steps(own.text) if BAR.search(own.text) else None
        if found and found.done < found.total and not _PARTIAL.search(own.text):
            yield f"epoch {epoch.number} is not finished"


def _shortened(name: str, read: Sequence[LoggedEpoch]) -> Iterator[str]:
    """Tell of values that have fewer places than all others of their name."""
    places = {
        epoch.number: len(epoch.values[name].partition(".")[2].rstrip(" %"))
        for epoch in read
        if name in epoch.values and "e" not in epoch.values[name]
    }
    usual, times = Counter(places.values()).most_common(1)[0] if places else (0, 0)
    odd = [number for number, own in places.items() if own < usual]
    if len(places) >= 4 and len(odd) == 1 and times == len(places) - 1:
        yield f"the {name} of epoch {odd[0]} has fewer places than the others"
