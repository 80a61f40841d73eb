"""Training logs: of Keras, loops of PyTorch, Lightning, scikit-learn and boosted trees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from refashion.audit.reading import log_values
from refashion.audit.reading.cells import gaps, is_rule, quoted, text_of
from refashion.audit.reading.readings import Epoch, Log
from refashion.documents.document import Document
from refashion.printed import ESCAPES

# Lines of other text within a log, such as captions and what stands around a page break.
MOST_FOREIGN = 8
MOST_UNANNOUNCED = 2
# Beyond, the text of one epoch is not collected: its last state counts.
LONGEST_EPOCH = 20_000
MOST_NAMED = 3
LONGEST_PREFIX = 60

_MARKER = re.compile(
    r"(?<![\w.])(?P<what>epoch|iteration|iter|round)(?![A-Za-z])(?:\s*(?:no\.?|number|\#))?"
    r"[\s:=\[(\#-]{0,4}(?P<number>\d{1,8})(?:\s*(?:/|of|out of)\s*(?P<all>\d{1,8}))?(?![\w.]*\d)"
    r"[\])]?:?",
    re.IGNORECASE,
)
_ROUND = re.compile(
    r"\s*(?:\[(?P<number>\d{1,7})\]\s+(?=[\w'@ -]{1,60}:)|(?P<count>\d{1,7}):\s+(?=learn:))"
)
_STEP = re.compile(
    r"\s*(?P<what>step)\s*[:\[]?\s*(?P<number>\d{1,8})(?:\s*/\s*(?P<all>\d{1,8}))?\]?\s*[:,|-]",
    re.I,
)
# What may stand before the marker in its line: a prompt, a time, the level of a logger.
_BEFORE = re.compile(
    r"[\s\d\W]*(?:(?:info|debug|root|train(?:ing)?|end of|start|after|finished|results? (?:of|for))"
    r"[\s\d\W]*){0,3}(?:[\w.]{1,30}:\s*)?",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"improved from|did not improve|early stopping|reduc(?:e|ing) ?(?:lr|learning)|LearningRateSch"
    r"|restoring|setting learning rate|saving model|has improved|best iteration|training until",
    re.IGNORECASE,
)
_BAR = re.compile(
    r"\s*\d{1,9}\s?/\s?\d{1,9}\s*(?:\[[=>.]|[\u2501\u2578\u257a\u2588]|-\s*\d|$)|.*\b(?:ms|us|s|\u00b5s)/(?:step|sample)\b"
)
_STATES = re.compile(r"(?<![\w/.])(?=\d{1,9}/\d{1,9}\s*(?:\[|[\u2501\u2578\u257a]))")
_PARTIAL = re.compile(
    r"(?<!/)\b(?:step|batch|iter|mini-?batch)\b|\d+%|\(\d+%\)|\[\d+/\d+\s*\(", re.IGNORECASE
)
_TRAIN_ON = re.compile(r"train on \d+ samples", re.IGNORECASE)


@dataclass
class _Epoch:
    number: int
    what: str
    announced: int | None
    line: int
    texts: list[str] = field(default_factory=list)
    length: int = 0
    own: list[int] = field(default_factory=list)
    late: list[tuple[int, str]] = field(default_factory=list)

    def add(self, text: str, number: int) -> None:
        if self.own and self.texts and number != self.own[-1]:
            text = _wrapped(self.texts[-1], text)
        self.length += len(text)
        if self.length > LONGEST_EPOCH:
            self.texts, self.length = [], len(text)
        self.texts.append(text)
        if not self.own or self.own[-1] != number:
            self.own.append(number)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def values(self) -> dict[str, str]:
        """Values of the last state of the epoch."""
        states = [log_values.values(state) for state in _STATES.split(self.text)]
        return {name: value for state in states for name, value in state.items()}

    @property
    def is_hungry(self) -> bool:
        """Whether its values have not come yet."""
        return not log_values.has_metric(self.text)

    @property
    def is_cut(self) -> bool:
        """Whether its last line ended before a value, as where a line was broken."""
        return bool(re.search(r"(?:[:=-]|[A-Za-z_]+|\D\d?\.\d{1,3})\s*$", self.text[-60:]))

    def read(self, has_steps: bool) -> Epoch:
        """Return it as read; its steps only if what is counted are batches."""
        steps = log_values.steps(self.text) if has_steps else None
        return Epoch(
            number=self.number,
            line=self.line,
            values=self.values,
            steps=steps.total if steps else None,
            seconds=log_values.seconds(self.text),
        )


@dataclass
class _Open:
    """A log whose end is not yet found."""

    epochs: list[_Epoch] = field(default_factory=list)
    evaluation: _Epoch | None = None
    foreign: int = 0
    notes: list[int] = field(default_factory=list)

    @property
    def current(self) -> _Epoch | None:
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
        pieces = [*_pieces(text)]
        if best_follows or _is_note(text, pieces):
            best_follows = "best iteration" in text.lower() and not best_follows
            log.notes.append(line.number)
            continue
        for marker, body in pieces:
            if marker:
                if _is_new(log, marker, body):
                    yield from _closed(log, document)
                    log = _Open()
                _mark(log, marker, body, line.number)
            elif _is_evaluation(log, body):
                if log.evaluation is not None:
                    yield from _closed(log, document)
                    log = _Open()
                log.evaluation = _Epoch(0, "evaluation", None, line.number)
                log.evaluation.add(body, line.number)
                log.foreign = 0
            elif not _continue(log, body, line.number):
                log.foreign += 1
        if log.foreign > MOST_FOREIGN * 5 and log.current:
            yield from _closed(log, document)
            log = _Open()
    yield from _closed(log, document)


def _is_note(text: str, pieces: Sequence[tuple[_Epoch | None, str]]) -> bool:
    return len(pieces) == 1 and bool(_NOTE.search(text)) and not _BAR.match(text)


def _pieces(text: str) -> Iterator[tuple[_Epoch | None, str]]:
    """Part a line where an epoch begins; also where a progress bar was written over."""
    text = ESCAPES.sub("", text).replace("\r", "  ")
    marks: list[tuple[int, int, _Epoch]] = []
    if found := _ROUND.match(text) or _STEP.match(text):
        groups = found.groupdict()
        number = int(groups["number"] or groups["count"])
        marks.append((0, found.end(), _Epoch(number, "round", _all(groups.get("all")), 0)))
    else:
        for found in _MARKER.finditer(text):
            before = text[: found.start()]
            is_start = not marks and len(before) <= LONGEST_PREFIX and _BEFORE.fullmatch(before)
            if is_start or marks or (log_values.has_metric(before[-300:]) and "/step" in before):
                what = found["what"].lower()
                marks.append(
                    (
                        found.start(),
                        found.end(),
                        _Epoch(int(found["number"]), what, _all(found["all"]), 0),
                    )
                )
    if not marks:
        yield None, text
        return
    if marks[0][0] and log_values.has_metric(text[: marks[0][0]]):
        yield None, text[: marks[0][0]]
    for (_, start, epoch), end in zip(
        marks, [*(mark[0] for mark in marks[1:]), len(text)], strict=True
    ):
        yield epoch, text[start:end]


def _all(text: str | None) -> int | None:
    return int(text) if text else None


def _is_new(log: _Open, marker: _Epoch, body: str) -> bool:
    """Whether a marker begins another log."""
    if not log.epochs:
        return log.evaluation is not None
    last = log.epochs[-1]
    if log.evaluation is not None or marker.what != last.what:
        return True
    if marker.announced != last.announced or marker.number < last.number:
        return True
    if marker.number == last.number:
        return not last.is_hungry and not _PARTIAL.search(body) and not _BAR.search(body)
    stride = last.number - log.epochs[-2].number if len(log.epochs) > 1 else 1
    most = MOST_FOREIGN if marker.announced else MOST_UNANNOUNCED
    return log.foreign > most and marker.number != last.number + stride


def _mark(log: _Open, marker: _Epoch, body: str, number: int) -> None:
    """Begin an epoch, or go on with it where its number is printed again."""
    if not log.epochs or log.epochs[-1].number != marker.number:
        marker.line = number
        log.epochs.append(marker)
    else:
        body = "  " + body
    log.epochs[-1].add(body, number)
    log.foreign = 0


def _is_evaluation(log: _Open, body: str) -> bool:
    """Whether a progress bar is that of an evaluation: it begins anew, or has other steps."""
    steps = log_values.steps(body) if _BAR.match(body) else None
    if steps is None or not log_values.has_metric(body):
        return False
    current = log.current
    if current is None:
        return True
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
    if current is None or len(body) > LONGEST_EPOCH:
        return False
    is_next = log.foreign == 0
    is_adjacent = bool(current.own) and number <= current.own[-1] + 2
    has_value = log_values.has_metric(body)
    if _BAR.match(body) and (current.is_hungry or has_value):
        if log.foreign > MOST_FOREIGN:
            return False
    elif (
        current.is_hungry and is_next and has_value and len(body) < 400 and len(current.own) < 6
    ) or (is_adjacent and current.is_cut and _goes_on(body)):
        pass
    elif is_next and has_value and current.what != "evaluation" and _is_metric_line(body):
        current.late.append((number, body))
        return True
    else:
        return False
    current.add("  " + body if _BAR.match(body) else body, number)
    log.foreign = 0
    return True


def _goes_on(body: str) -> bool:
    """Whether a line begins as the rest of a broken one does."""
    return bool(re.match(r"\s*(?:-\s|[a-z_]+\s*:\s*\d|\d*\.?\d+(?:e-\d+)?\s*(?:-\s|$))", body))


def _is_metric_line(body: str) -> bool:
    return len(body) < 200 and bool(
        re.match(r"\s*[-*>|]*\s*[A-Za-z][\w. /-]{1,40}[:=]\s*[-\d]", body)
    )


def _wrapped(before: str, after: str) -> str:
    """Return the rest of a broken line with what parts it: nothing within a word or a number."""
    tail, head = re.search(r"[a-z_]+$", before), re.match(r"\s*([a-z_]+)\s*:", after)
    if tail and head and not before.endswith("_") and _is_name(tail[0] + head[1]):
        return after.lstrip()
    if tail and head and before.endswith("_"):
        return after.lstrip()
    number, rest = re.search(r"\d\.\d{1,3}$", before), re.match(r"\s*(\d{1,3})\s*(?:-|$)", after)
    if number and rest and len(number[0]) - 2 + len(rest[1]) <= 4:
        return after.lstrip()
    return " " + after


def _is_name(word: str) -> bool:
    return re.fullmatch(rf"(?:val_)?(?:\w*_)?(?:{log_values.METRICS})", word) is not None


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


def _join_late(epochs: Sequence[_Epoch]) -> None:
    """Add lines of metrics below those of their epoch, if they stand below almost every one.

    Below the last epoch alone they are results, which are no part of the log.
    """
    with_late = [epoch for epoch in epochs if epoch.late]
    is_usual = len(with_late) > 1 and len(with_late) >= len(epochs) - 1
    for epoch in with_late:
        usual = len(epochs[0].late)
        for number, text in epoch.late[:usual] if is_usual else []:
            epoch.add("  " + text, number)


def _doubts(read: Sequence[Epoch], epochs: Sequence[_Epoch]) -> Iterator[str]:
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
        found = log_values.steps(own.text) if _BAR.search(own.text) else None
        if found and found.done < found.total and not _PARTIAL.search(own.text):
            yield f"epoch {epoch.number} is not finished"


def _shortened(name: str, read: Sequence[Epoch]) -> Iterator[str]:
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
