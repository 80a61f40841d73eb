"""What belongs together: of which model and which split a table, a log or a number is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from refashion.audit.reading import captions, models
from refashion.audit.reading.readings import Caption, PrintedResult, Reading, Readings
from refashion.audit.reading.vocabulary import splits_in
from refashion.documents.document import Document, LineKind, TextLine

# A line that announces what follows is short, or begins with a name and a colon.
LONGEST_TOPIC = 60
# How many lines above a thing the line that announces it may stand.
FURTHEST_TOPIC = 120
# How many results in lines may stand below one head.
MOST_IN_BLOCK = 12
_TOPIC = re.compile(r"[\s#*_>•-]*(?P<text>[^:]{3,60}):")
# A line that prints a number is no announcement, except that it may be a part of a log.
_NUMBERED = re.compile(r"[=:]\s*[-+]?[\d.]")


@dataclass(frozen=True)
class Owner:
    """What something is of.

    Attributes
    ----------
    model
        Key of the model, the same for all spellings of its name; None if the text does not tell.
    split
        `train`, `validation` or `test`; None if the text does not tell.
    caption
        Its caption.
    section
        The headings above it, the nearest last.
    """

    model: str | None
    split: str | None
    caption: Caption | None
    section: tuple[str, ...]

    def shares(self, other: Owner) -> bool:
        """Whether both are known to be of one model, and no split of theirs differs."""
        is_same_model = self.model is not None and self.model == other.model
        return is_same_model and self.split in (other.split, None)


@dataclass(frozen=True)
class Belonging:
    """Finds owners in a document.

    Attributes
    ----------
    document
        The document.
    readings
        What was found in it.
    """

    document: Document
    readings: Readings

    def owner(self, reading: Reading) -> Owner:
        """Find out what a table, a log or a number is of."""
        caption = self._caption(reading)
        section = tuple(
            heading.text for heading in captions.section(reading, self.readings.headings)
        )
        model = self._model(reading, caption, section)
        return Owner(model, self._split(reading, caption), caption, section)

    def _caption(self, reading: Reading) -> Caption | None:
        if isinstance(reading, PrintedResult) and reading.is_sentence:
            return None
        return captions.beside(reading, self.readings.captions, self.document)

    def _model(
        self, reading: Reading, caption: Caption | None, section: Sequence[str]
    ) -> str | None:
        said = getattr(reading, "model", None) or getattr(reading, "subject", None)
        if said and (name := models.NAME.search(said)):
            return models.key(name[0])
        if caption and (name := models.NAME.search(caption.text)):
            return models.key(name[0])
        if isinstance(reading, PrintedResult) and reading.is_sentence:
            return None
        if topic := self.topic(reading.first):
            return topic
        for title in reversed(section):
            if name := models.NAME.search(title):
                return models.key(name[0])
        return None

    def topic(self, line: int) -> str | None:
        """Return the model that the nearest announcing line above names."""
        above = [topic for topic in self._topics if topic[0] <= line]
        if not above or line - above[-1][0] > FURTHEST_TOPIC:
            return None
        return None if self._heading_between(above[-1][0], line) else above[-1][1]

    def _heading_between(self, first: int, last: int) -> bool:
        return any(first < heading.first < last for heading in self.readings.headings)

    @cached_property
    def _topics(self) -> list[tuple[int, str]]:
        """Lines that announce a model: "CNN model:", "CNN: a function that ...", headings."""
        found = []
        for line in self.document.lines:
            text = line.text.strip()
            head = _TOPIC.match(text)
            short = text if len(text) <= LONGEST_TOPIC and not _NUMBERED.search(text) else ""
            name = models.NAME.search(head["text"] if head else short)
            if (
                name
                and not self._is_caption(line.number)
                and not _is_clause(text, head is not None)
                and (" " in text or _stands_alone(self.document, line))
            ):
                found.append((line.number, models.key(name[0])))
        return found

    def _is_caption(self, line: int) -> bool:
        return any(caption.first <= line <= caption.last for caption in self.readings.captions)

    def _split(self, reading: Reading, caption: Caption | None) -> str | None:
        if said := getattr(reading, "split", None):
            return str(said)
        texts = [caption.text] if caption else []
        texts += [
            line.text for line in self.document.lines[max(0, reading.first - 3) : reading.first]
        ]
        texts += self._head_of_block(reading)
        for text in texts:
            named = {mention.name for mention in splits_in(text)}
            if len(named) == 1:
                return named.pop()
        return None

    def _head_of_block(self, reading: Reading) -> list[str]:
        """Return the line above the results in lines that a result is one of: "Test set"."""
        for line in reversed(
            self.document.lines[max(0, reading.first - MOST_IN_BLOCK) : reading.first]
        ):
            if not _NUMBERED.search(line.text):
                return [line.text]
        return []


def _is_clause(text: str, has_colon: bool) -> bool:
    """Whether a short line is a part of a sentence that goes on, not an announcement."""
    return not has_colon and (text[:1].islower() or text.endswith((",", "-")))


def _stands_alone(document: Document, line: TextLine) -> bool:
    """Whether a line is a heading, or parted from the text around it."""
    around = document.lines[max(0, line.number - 2) : line.number + 1]
    others = [other.text.strip() for other in around if other is not line]
    return line.kind is LineKind.HEADING or not any(others)
