"""The document of a draft: quotes that a check of quotes finds, and places that a person finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from refashion.audit import wording
from refashion.audit.audit import Audit
from refashion.audit.belonging import Owner
from refashion.audit.checking.case import Case
from refashion.audit.reading.readings import Reading
from refashion.documents.quotes import is_quoted, single_blanks
from refashion.shortening import shortened
from refashion.spec.strict_yaml import INVISIBLE

LONGEST_QUOTE = 200
# A quote of fewer letters could stand anywhere.
SHORT = 15
LONGEST_HEADING = 80


@dataclass(frozen=True)
class DraftSource:
    """What was read from a document, as a draft uses it.

    Attributes
    ----------
    audit
        Its audit.
    case
        What belongs together.
    """

    audit: Audit
    case: Case

    @classmethod
    def of(cls, audit: Audit) -> DraftSource:
        """Make it of an audit."""
        return cls(audit, Case(audit.document, audit.readings))

    @cached_property
    def text(self) -> str:
        """The whole text, with single blanks."""
        return single_blanks(self.audit.document.text)

    def owner(self, reading: Reading) -> Owner:
        """Return what a reading is of."""
        return self.case.owner(reading)

    def quote(self, reading: Reading) -> str | None:
        """Return words of a reading that stand in the text word by word, or None."""
        line = self.audit.document.lines[reading.first - 1].text
        texts = (self._joined(reading), reading.quote, line, *INVISIBLE.split(line))
        for text in texts:
            words = _cut(single_blanks(text))
            if words and not INVISIBLE.search(words) and is_quoted(words, self.text):
                return words
            shorter = words.rpartition(" ")[0]
            if shorter and not INVISIBLE.search(shorter) and is_quoted(shorter, self.text):
                return shorter
        return None

    def _joined(self, reading: Reading) -> str:
        """Return the first two lines of a reading whose own words say little, or nothing."""
        quote = reading.quote or self.audit.document.lines[reading.first - 1].text.strip()
        if len(quote) >= SHORT or reading.last == reading.first or reading.apart:
            return ""
        return "\n".join(line.text for line in self.audit.document.lines[reading.first - 1 :][:2])

    def place(self, reading: Reading) -> str:
        """Say where a reading stands: "Figure 9, line 253"."""
        document = self.audit.document
        line = wording.place(document, document.lines[reading.first - 1])
        owner = self.owner(reading)
        if owner.caption:
            return _visible(f"{owner.caption.label} {owner.caption.number}, {line}")
        if owner.section:
            heading = shortened(single_blanks(owner.section[-1]), LONGEST_HEADING)
            return _visible(f"{heading}, {line}")
        return line


def _visible(text: str) -> str:
    return INVISIBLE.sub(" ", text)


def _cut(words: str) -> str:
    if len(words) <= LONGEST_QUOTE:
        return words
    return re.sub(r"\s\S*$", "", words[:LONGEST_QUOTE])
