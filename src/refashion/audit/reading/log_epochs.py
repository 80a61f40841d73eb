"""An epoch as a log prints it: where it begins, and its text until the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from refashion.audit.reading import log_values
from refashion.audit.reading.readings import LoggedEpoch
from refashion.printed import ESCAPES

LONGEST_PREFIX = 60
# Of a longer text only the end is kept: the last state of an epoch counts.
LONGEST_TEXT = 4_000

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
_COUNTED = r"\s*\d{1,9}\s?/\s?\d{1,9}\s*"
_STATE = re.compile(_COUNTED + r"(?:\[[=>.]|[\u2501\u2578\u257a\u2588]|-\s*\d|$)")
BAR = re.compile(rf"{_STATE.pattern}|.*\b(?:ms|us|s|\u00b5s)/(?:step|sample)\b")
# The rest of a line with a progress bar that was broken, and a line that lacks it.
REST = re.compile(r"\s*(?:\[[=>.-]{3}|step\b|\d{1,6}\s?[mu\u00b5]?s/step\b|[\u2501]{3})")
CUT = re.compile(rf"{_COUNTED}(?:\S{{3,80}})?\s*(?:-\s*(?:\d+\w?s\s*(?:\d+\w{{0,2}}s/?)?)?)?\s*")
_STATES = re.compile(r"(?<![\w/.])(?=\d{1,9}/\d{1,9}\s*(?:\[|[\u2501\u2578\u257a]))")


@dataclass
class PrintedEpoch:
    """An epoch whose text is being collected.

    Attributes
    ----------
    number, announced
        Its number, and that of all epochs if it is printed beside it.
    what
        The word for it: `epoch`, `iteration`, `round`, or `evaluation`.
    line
        Where it begins.
    text
        Its last state.
    own
        Numbers of its lines.
    late
        Lines of metrics below it that may be of it.
    """

    number: int
    what: str
    announced: int | None
    line: int = 0
    text: str = ""
    own: list[int] = field(default_factory=list)
    late: list[tuple[int, str]] = field(default_factory=list)
    is_hungry: bool = True  # until a value has come
    _settled: dict[str, str] = field(default_factory=dict)

    def add(self, text: str, number: int) -> None:
        """Add a line, or a part of one. A progress bar shows a new state."""
        if _STATE.match(text):
            self._settled = self.values
            self.text = ""
        elif self.own and number != self.own[-1]:
            text = _wrapped(self.text[-60:], text)
        elif self.own:
            text = f"  {text}"
        self.text = (self.text + text)[-LONGEST_TEXT:]
        near = self.text[-len(text) - LONGEST_PREFIX :]
        self.is_hungry = self.is_hungry and not log_values.has_metric(near)
        if not self.own or self.own[-1] != number:
            self.own.append(number)

    @property
    def values(self) -> dict[str, str]:
        """Values by metric, of each the last."""
        states = [log_values.values(state) for state in _STATES.split(self.text)]
        return self._settled | {name: value for state in states for name, value in state.items()}

    @property
    def is_cut(self) -> bool:
        """Whether its last line ended before a value, as where a line was broken."""
        return bool(re.search(r"(?:[:=-]|[A-Za-z_]|\D\d?\.\d{1,3})\s*$", self.text[-60:]))

    def read(self, has_steps: bool) -> LoggedEpoch:
        """Return it as read; its steps only if what is counted are batches."""
        steps = log_values.steps(self.text) if has_steps else None
        return LoggedEpoch(
            number=self.number,
            line=self.line,
            values=self.values,
            steps=steps.total if steps else None,
            seconds=log_values.seconds(self.text),
        )


def pieces(text: str) -> Iterator[tuple[PrintedEpoch | None, str]]:
    """Part a line where an epoch begins; also where a progress bar was written over."""
    text = ESCAPES.sub("", text).replace("\r", "  ")
    marks: list[tuple[int, int, PrintedEpoch]] = []
    if found := _ROUND.match(text) or _STEP.match(text):
        groups = found.groupdict()
        number = int(groups["number"] or groups["count"])
        marks.append((0, found.end(), PrintedEpoch(number, "round", _all(groups.get("all")))))
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
                        PrintedEpoch(int(found["number"]), what, _all(found["all"])),
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
