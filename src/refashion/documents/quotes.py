"""Passages of a document, found word by word.

Only white space may differ, and in a PDF file the hyphens that part words at the ends of lines.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from refashion.documents.document import Document, TextLine

# Stands after a hyphen at the end of a line that may part a word.
MARK = "\xad"
_PARTED = re.compile(r"[^\W\d_]-$")


@dataclass(frozen=True)
class Passages:
    """The text of a document with single blanks, and where its lines are in it.

    Attributes
    ----------
    text
        The text. `MARK` stands between two lines that may part a word.
    lines
        Lines that hold text.
    starts
        Where each of them begins in the text.
    """

    text: str
    lines: list[TextLine]
    starts: list[int]
    _found: dict[str, list[list[TextLine]]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, document: Document) -> Passages:
        """Make the passages of a document."""
        lines = [line for line in document.lines if line.text.strip()]
        pieces = [single_blanks(line.text) for line in lines]
        has_pages = bool(document.page_sizes)
        ends = [_end(*pair, has_pages) for pair in zip(pieces, [*pieces[1:], ""], strict=True)]
        whole = [f"{piece}{end}" for piece, end in zip(pieces, ends, strict=True)]
        starts = [0, *accumulate(map(len, whole))][: len(lines)]
        return cls("".join(whole).rstrip(" "), lines, starts)

    def find(self, quote: str) -> list[list[TextLine]]:
        """Find a quote: the lines of every place where it stands."""
        if quote not in self._found:
            ends = places(single_blanks(quote), self.text)
            self._found[quote] = [self._lines(*pair) for pair in ends]
        return self._found[quote]

    def _lines(self, at: int, end: int) -> list[TextLine]:
        first, last = (bisect.bisect_right(self.starts, place) - 1 for place in (at, end - 1))
        return self.lines[first : last + 1]


def _end(line: str, following: str, has_pages: bool) -> str:
    """Return what parts a line from the next one."""
    return MARK if has_pages and _PARTED.search(line) and following[:1].isalpha() else " "


def is_quoted(quote: str, text: str) -> bool:
    """Return whether a text contains a quote, from the start of a word to the end of a word.

    Examples
    --------
    >>> is_quoted("accuracy of 0.9", "an accuracy of 0.91")
    False
    """
    return next(places(quote, text), None) is not None


def places(quote: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a quote begins and ends in a text that has single blanks; see `is_quoted`."""
    found = _equal(quote, text)
    if f"-{MARK}" in text:
        found = (match.span() for match in re.finditer(_pattern(quote), text))
    for at, end in found if quote else ():
        if not (_splits_word(text, at) or _splits_word(text, end)):
            yield at, end


def _equal(quote: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(quote)
    while at >= 0:
        yield at, at + len(quote)
        at = text.find(quote, at + 1)


def _pattern(quote: str) -> str:
    """Return a pattern of a quote whose words may be parted at the ends of lines."""
    pattern = ""
    for letter, after in zip(quote, f"{quote[1:]} ", strict=True):
        pattern += re.escape(letter)
        if letter == "-":
            pattern += f"{MARK}?"
        elif letter.isalpha() and after.isalpha():
            pattern += f"(?:-{MARK})?"
    return pattern.replace(f"{MARK}?\\ ", f"(?:{MARK}|\\ )")


def _splits_word(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at + 1]
    return 0 < at < len(text) and all(letter.isalnum() for letter in around)


def single_blanks(text: str) -> str:
    """Replace all white space by single spaces, and strip the ends."""
    return " ".join(text.split())
