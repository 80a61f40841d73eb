"""Lines of code as a text that can be searched for calls, also where a transcript damaged it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from refashion.audit.reading.cells import text_of
from refashion.documents.document import Document

# No call is longer; of a longer one the end is lost.
LONGEST_CALL = 12_000

_OPENING, _CLOSING, _QUOTES = (
    "([{",
    ")]}",
    {"'": "'", '"': '"', "“": "”", "‘": "’", "’": "’", "”": "”"},
)
_SIGN = re.compile("[][(){},#'\"“”‘’]")
_PROMPT = re.compile(r"\s*(?:\[\d*\]|In\s?\[\d*\]:|>>>|\.\.\.|▶|↳|!)\s*")
_BULLET = re.compile(r"\s*[-*]\s+(?=\d{1,4}\.|[A-Za-z_])")
_NUMBERED = re.compile(r"\s*(?P<number>\d{1,4})(?P<point>[.:])?(?:\s+|(?=[\])]))")


@dataclass(frozen=True)
class Call:
    """A call in code.

    Attributes
    ----------
    start, end
        Where it begins, at its name, and ends, behind its bracket.
    arguments
        Its arguments, without comments.
    is_whole
        Whether its closing bracket was found.
    """

    start: int
    end: int
    arguments: list[str]
    is_whole: bool


@dataclass(frozen=True)
class Code:
    """All lines of a document as one text, without prompts and numbers of lines.

    Attributes
    ----------
    text
        The text.
    starts
        Where each line begins in it.
    """

    text: str
    starts: list[int]

    @classmethod
    def of(cls, document: Document) -> Code:
        """Build it from a document."""
        texts, starts, length, before = [], [], 0, None
        for line in document.lines:
            text, before = _cleaned(text_of(line), before)
            texts.append(text)
            starts.append(length)
            length += len(text) + 1
        return cls("\n".join(texts), starts)

    def line(self, place: int) -> int:
        """Return the number of the line at a place of the text."""
        return bisect_right(self.starts, place)

    def call(self, start: int, bracket: int) -> Call:
        """Read a call whose bracket opens at a place."""
        end, is_whole = _end(self.text, bracket)
        inside = self.text[bracket + 1 : end - 1 if is_whole else end]
        return Call(start, end, [*parts(inside)], is_whole)


def _cleaned(text: str, before: int | None) -> tuple[str, int | None]:
    """Return a line without what is not code; and its number, by which the next is known."""
    text = text.replace("\\_", "_")
    if text.strip().startswith("```"):
        return "", before
    if found := _BULLET.match(text):
        text = text[found.end() :]
    if found := _PROMPT.match(text):
        text = text[found.end() :]
    number = before
    if (found := _NUMBERED.match(text)) and (
        found["point"] or (before is not None and int(found["number"]) == before + 1)
    ):
        number, text = int(found["number"]), text[found.end() :]
    if found := _PROMPT.match(text):
        text = text[found.end() :]
    return text, number


def _end(text: str, bracket: int) -> tuple[int, bool]:
    """Return where the bracket is closed, and whether it is."""
    depth, last = 0, min(len(text), bracket + LONGEST_CALL)
    for place, letter in _signs(text, bracket, last):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if depth <= 0:
            return place + 1, True
    return _cut(text, bracket, last), False


def _cut(text: str, bracket: int, last: int) -> int:
    """Return where a call without an end is taken to end: before the next empty line."""
    empty = text.find("\n\n", bracket, last)
    return last if empty < 0 else empty


def _signs(text: str, start: int, last: int) -> Iterator[tuple[int, str]]:
    """Yield brackets and commas outside of comments and strings, which end with their line."""
    place = start
    while found := _SIGN.search(text, place, last):
        place, letter = found.end(), found[0]
        if letter == "#":
            place = text.find("\n", place, last)
            if place < 0:
                return
        elif letter in _QUOTES:
            line_end = text.find("\n", place, last)
            line_end = last if line_end < 0 else line_end
            ends = [text.find(sign, place, line_end) for sign in {letter, _QUOTES[letter]}]
            place = min((end + 1 for end in ends if end >= 0), default=place)
        else:
            yield found.start(), letter


def parts(text: str) -> Iterator[str]:
    r"""Part arguments, or the entries of a list, at the commas between them.

    Examples
    --------
    >>> [*parts("32, (3, 3), # so\n activation='relu',")]
    ['32', '(3, 3)', "activation='relu'"]
    """
    depth, start = 0, 0
    for place, letter in _signs(text, 0, len(text)):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if letter == "," and depth == 0:
            if part := joined(text[start:place]):
                yield part
            start = place + 1
    if part := joined(text[start:]):
        yield part


def joined(text: str) -> str:
    """Return code on one line without comments; a word that was broken is whole again."""
    lines = [re.sub(r"#(?=[^'\"]*$).*", "", line) for line in text.split("\n")]
    whole = "\n".join(line for line in lines if line.strip())
    whole = re.sub(r"(?<=[\w.])\n\s*(?=\w)", "", whole)
    return " ".join(whole.split())
