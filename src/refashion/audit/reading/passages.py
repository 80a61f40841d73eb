"""Running text of a document: its paragraphs and sentences, joined across lines and pages."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from refashion.documents.document import Document, LineKind, TextLine
from refashion.printed import NUMBER

# A range of lines: the numbers of the first and the last.
Span = tuple[int, int]
# Longer lines are data, not sentences; longer sentences are lists without full stops.
LONGEST_LINE = 20_000
LONGEST_SENTENCE = 3_000
LONGEST_PARAGRAPH = 500  # lines
_LONGEST_HEADING = 120
_DEEPEST = 9

_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"\s*#{1,6}\s+\S")
_SETEXT = re.compile(r"\s*(?:=+|-+)\s*$")
_NUMBERED = re.compile(
    r"\s*\**(?:\d{1,2}|[IVX]{1,5}|[A-H])(?:\.\d{1,2}){0,3}\.?\**\s+[A-Z][^.!?;]*$"
)
_CAPTION = re.compile(
    r"\s*\**(?:Figure|Fig\.?|Table|Tab\.|Listing|Algorithm)\s*\d+(?:\.\d+)*\s*[.:]", re.I
)
# A line of a paragraph that holds only a number; a whole number would be that of a page.
_LAST_NUMBER = re.compile(r"\s*[-+−]?(?:\d*\.\d+\s*%?|\d+\s*%)[\s.,;)]*$")
_BULLET = re.compile(r"\s*(?:[-*+•◦▪❖➢o–]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+(?=\S)")
_ROW = re.compile(r"\t|\s{2,}|\|")
_PROMPT = r"\s*(?:>>>|\.\.\.|▶|(?:In )?\[\d*\]:?\s|(?:-\s+)?\d{1,3}[.:]\s+)?\s*"
# Names may have lost their underscores.
_TARGET = (
    r"[A-Za-z_(][\w.]*(?: \w+){0,2}(?:\[[^\]]*\])?(?:\s*,\s*\(?[A-Za-z_][\w ]{0,20}\)?){0,3}\s*"
)
_CODE = re.compile(
    _PROMPT + r"(?:(?:import|from)\s+[\w.]+(?:\s+(?:import|as)\b|\s*$)"
    r"|(?:def|class)\s+\w+\s*[(:]|(?:for|while|if|elif|else|with|try|except)\b.*:\s*$"
    r"|return\b(?!\s+(?:to|of)\b)|#(?!#)|@\w|%\w|!\w"
    rf"|{_TARGET}(?<![=<>!])=(?!=)\s*[\w\"'(\[{{.-](?:.*[\w)\]}}\"',])?\s*$"
    r"|[\w.]+\(.*\)?,?\s*$|[)\]}]+,?\s*$|[\w ]+=[^=]+,\s*$)"
    r"|\s*(?:-\s+)?\d{1,3}\.\s+[\w. ]{2,40}\(\(?[\d'\"]"
)
_WORDS = re.compile(
    r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,} [a-z]{2,}\b|\b(?:and|with|the|was|an?) [a-z]+ [a-z]+\b"
)
# "MSE: 12.5": what stands on such a line is not a part of a sentence.
_KEY_VALUE = re.compile(
    rf"\s*[\w²^()/%*' -]{{1,50}}?\s*[:=]\s*\**\s*{NUMBER.pattern}\s*(?:[a-z]{{1,8}}|%)?\W*$"
)
_LOG = re.compile(r"\s*(?:Epoch:?\s*\[?\d+|\[?\d+/\d+\]?\s|.*(?:\[=+|[━█]{3}|\d+ms/step))")
_EQUATION = re.compile(r"\s*\$\$|.*\\(?:frac|begin|sum|end)\b")
# What stands before a full stop that ends no sentence.
_SHORT = re.compile(
    r"(?:^|[\s(\[])(?:e\.?g|i\.?e|figs?|tabs?|eqs?|eqns?|secs?|sect|chap|vs|cf|al|approx|ca|nos?"
    r"|resp|refs?"
    r"|pp?|vol|dr|prof|mrs?|ms|st|dept|univ|inc|ltd|max|min|avg|acc|viz|incl|[A-Z])\.$",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"(?:^|\s)\(?(?:\d{1,2}|[a-z])\.$")
_END = re.compile(r"(?<![.!?])[.!?]{1,5}[\"'”’)\]]{0,3}(?=\s)|[。！？]")
_MARK_UP = re.compile(
    r"\\(?=[_*#%&$\[\]{}~^.\\])|(?<![\d\s\\])\*{1,3}|(?<!\\)\*{1,3}(?=[^\W\d_])|</?[a-z][^<>\n]{0,40}>"
    # Around a number: **92 %**, `0.91`.
    r"|(?<![\w\\*)])\*{2}(?=[-+]?[\d.,]{1,20}\s?%?\*\*)|(?<=\d)\*{2}(?![\s*]?\d)"
    r"|`(?=[-+]?[\d.,]{1,20}\s?%?`)|(?<=[\d%])`"
)


@dataclass(frozen=True)
class Passage:
    """A sentence, a heading or a caption.

    Attributes
    ----------
    text
        Its text on one line: white space is one blank, words hyphenated at line ends are joined.
    places
        For each character of `text`, the number of its line and its place in the line.
    paragraph
        The number of its paragraph, from 1: passages of one number follow on each other.
    heading
        The headings above it, from the innermost to the outermost, parted by line ends.
    is_heading
        Whether it is a heading or a caption itself.
    """

    text: str
    places: Sequence[tuple[int, int]] = field(repr=False)
    paragraph: int
    heading: str = ""
    is_heading: bool = False

    def lines(self, start: int, end: int) -> Span:
        """Return the first and the last line of a part of the text."""
        return self.places[start][0], self.places[max(start, end - 1)][0]

    @cached_property
    def span(self) -> Span:
        """The first and the last line."""
        return self.lines(0, len(self.text))

    def quote(self, document: Document, start: int, end: int) -> str:
        """Return a part of the text as it stands in the document, with whole words.

        Line ends and other white space become one blank; hyphens and markup stay.
        """
        while start and not self.text[start - 1].isspace():
            start -= 1
        while end < len(self.text) and not self.text[end].isspace():
            end += 1
        (first, left), (last, right) = self.places[start], self.places[max(start, end - 1)]
        texts = [document.lines[number - 1].text for number in range(first, last + 1)]
        texts[-1] = texts[-1][: right + 1]
        texts[0] = texts[0][left:]
        return " ".join(" ".join(texts).split())


def passages(document: Document, left_out: Iterable[Span] = ()) -> Iterator[Passage]:
    """Yield the passages of a document in their order.

    Parameters
    ----------
    document
        The document.
    left_out
        Ranges of lines that are no running text: code, tables, logs. Those that look like it are
        left out anyway.
    """
    left = {number for first, last in left_out for number in range(first, last + 1)}
    number, headings = 0, list[tuple[int, str]]()
    for lines, is_heading in _paragraphs(document, left):
        number += 1
        text, places = _joined(lines)
        if not text:
            continue
        heading = "\n".join(each for _, each in reversed(headings))
        if is_heading:
            yield Passage(text, places, number, heading, is_heading=True)
            if not _CAPTION.match(text):
                level = _level(text)
                headings = [each for each in headings if each[0] < level] + [
                    (level, text.lstrip("# "))
                ]
            continue
        for start, end in _sentences(text):
            yield Passage(text[start:end], places[start:end], number, heading)


def _level(heading: str) -> int:
    """Return how deep a heading is: by its marks, by its number, or deeper than all others."""
    if marks := re.match(r"#+", heading):
        return len(marks[0])
    numbered = re.match(r"\d{1,2}(?:\.\d{1,2})*", heading)
    return numbered[0].count(".") + 1 if numbered else _DEEPEST


def fenced(document: Document) -> set[int]:
    """Return the numbers of lines in fences of Markdown or known as code or output."""
    found, is_open = set(), False
    for line in document.lines:
        if _FENCE.match(line.text):
            is_open = not is_open
            found.add(line.number)
        elif is_open or line.kind in (LineKind.CODE, LineKind.OUTPUT):
            found.add(line.number)
    return found


def looks_like_code(text: str) -> bool:
    """Whether a line looks like code of Python."""
    text = text.strip()[:500].replace("\\_", "_")
    found = _CODE.match(text)
    return found is not None and not _WORDS.search(text.partition(" #")[0])


def _paragraphs(document: Document, left: Collection[int]) -> Iterator[tuple[list[TextLine], bool]]:
    """Yield the lines of paragraphs, and whether they are headings."""
    fences = fenced(document)
    open_lines: list[TextLine] = []
    was_blank = False
    for line in document.lines:
        is_number = bool(open_lines) and not was_blank and bool(_LAST_NUMBER.match(line.text))
        if line.number in left or line.number in fences or (_is_no_prose(line) and not is_number):
            # What parts a sentence in two is a blank line or a figure, not code.
            was_blank = True
            continue
        if not is_number and _is_heading(line, document):
            if open_lines:
                yield open_lines, False
            yield [line], True
            open_lines, was_blank = [], False
            continue
        if open_lines and not is_number and _is_new(open_lines, line, was_blank):
            yield open_lines, False
            open_lines = []
        open_lines.append(line)
        was_blank = False
    if open_lines:
        yield open_lines, False


def _is_no_prose(line: TextLine) -> bool:
    text = line.text
    if (
        not text.strip()
        or len(text) > LONGEST_LINE
        or line.kind in (LineKind.CODE, LineKind.OUTPUT)
    ):
        return True
    if not any(map(str.isalpha, text)) or _EQUATION.match(text[:500]) or _LOG.match(text[:500]):
        return True
    if _HEADING.match(text):
        return " = " in text
    return _is_row(text) or looks_like_code(text)


def _is_row(text: str) -> bool:
    """Whether a line is a row of a table: several cells of few words, or cells of numbers."""
    stripped = text.strip()
    if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 1:
        return True
    cells = [cell for cell in _ROW.split(stripped[:2000]) if cell.strip()]
    if len(cells) < 3 and "\t" not in stripped:
        words = stripped.split()
        n_digits = sum(any(map(str.isdigit, word)) for word in words)
        return len(words) > 3 and n_digits > len(words) / 2 and not stripped.endswith(".")
    return sum(map(len, map(str.split, cells))) < 4 * len(cells) or "\t" in stripped


def _is_heading(line: TextLine, document: Document) -> bool:
    text = line.text
    if line.kind is LineKind.HEADING or _CAPTION.match(text):
        return True
    if _HEADING.match(text):
        return " = " not in text
    short = len(text) <= _LONGEST_HEADING
    if not short or text.rstrip().endswith((".", ",", ";", "-")):
        return False
    words = text.strip(" *:").split()
    is_bold = bool(re.fullmatch(r"\s*\*\*[^*]{1,100}\*\*:?\s*", text))
    if is_bold or (_NUMBERED.match(text) and len(words) <= 10):
        return True
    if not 1 <= len(words) <= 9 or not words[0][:1].isupper() or any(map(str.isdigit, text)):
        return False
    before, after = (_neighbour(document, line.number + step) for step in (-1, 1))
    is_alone = not before.strip() and not after.strip()
    return is_alone or bool(_SETEXT.fullmatch(after))


def _neighbour(document: Document, number: int) -> str:
    return document.lines[number - 1].text if 1 <= number <= len(document.lines) else ""


def _is_new(lines: Sequence[TextLine], line: TextLine, was_blank: bool) -> bool:
    """Whether a line begins a new paragraph."""
    before, text = lines[-1].text.rstrip(), line.text.lstrip()
    if _KEY_VALUE.match(line.text[:200]) or _KEY_VALUE.match(before[:200]):
        return True
    if _BULLET.match(line.text) or len(lines) > LONGEST_PARAGRAPH:
        return True
    is_ended = before.endswith((".", "!", "?", ":", '."', ".)", ".”"))
    is_going_on = text[:1].islower() or (text[:1].isdigit() and not is_ended)
    if was_blank or line.part != lines[-1].part:
        return is_ended or not is_going_on
    widest = max(len(each.text) for each in lines[-20:])
    return not is_going_on and len(before) < 0.6 * max(widest, len(text)) and not is_ended


def _joined(lines: Sequence[TextLine]) -> tuple[str, list[tuple[int, int]]]:
    """Join lines; markup of Markdown and the mark of an item of a list are left out."""
    text: list[str] = []
    places: list[tuple[int, int]] = []
    for position, line in enumerate(lines):
        skipped = {at for found in _MARK_UP.finditer(line.text) for at in range(*found.span())}
        start = found.end() if not position and (found := _BULLET.match(line.text)) else 0
        if (
            text
            and text[-1] == "-"
            and len(text) > 1
            and text[-2].isalpha()
            and (line.text.lstrip()[:1].islower())
        ):
            text.pop()
            places.pop()
        elif text and text[-1] != " ":
            text.append(" ")
            places.append((line.number, 0))
        for at in range(start, len(line.text)):
            character = " " if line.text[at].isspace() else line.text[at]
            if (
                at in skipped
                or character == "\u00ad"
                or (character == " " and (not text or text[-1] == " "))
            ):
                continue
            text.append(character)
            places.append((line.number, at))
    while text and text[-1] == " ":
        text.pop()
        places.pop()
    return "".join(text), places


def _sentences(text: str) -> Iterator[Span]:
    """Yield the starts and ends of sentences."""
    start = 0
    for found in _END.finditer(text):
        if _ends_here(text, found.start(), found.end(), start):
            yield from _cut(text, start, found.end())
            start = found.end() + (text[found.end() : found.end() + 1] == " ")
    if text[start:].strip():
        yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut what is too long for a sentence at its blanks."""
    while end - start > LONGEST_SENTENCE:
        middle = text.rfind(" ", start + 1, start + LONGEST_SENTENCE)
        middle = middle if middle > start else start + LONGEST_SENTENCE
        yield start, middle
        start = middle
    yield start, end


def _ends_here(text: str, at: int, end: int, start: int) -> bool:
    if text[at] != ".":
        return True
    before, after = text[max(start, at - 12) : at + 1], text[end : end + 2].strip()
    if _SHORT.search(before) or (at - start < 4 and _LIST_NUMBER.search(before)):
        return False
    # A number that lost its place: "0. 0000001".
    if after.isdigit() and re.search(r"(?:^|\s)0\.$", before):
        return False
    return not after[:1].islower()
