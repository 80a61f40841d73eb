"""Lines of text parted into the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from refashion.documents.document import Document, TextLine
from refashion.reported import PRINTED

# Longer lines are data; what follows is not read.
LONGEST = 10_000
LONGEST_QUOTE = 120
# No table has more columns.
MOST_CELLS = 150

_RULE = re.compile(r"[-=_+|:~─━═╌│┃║┏┓┗┛┌┐└┘├┤┬┴┼┡╇┩┳┻╋╞╪╡╒╤╕╘╧╛\s]{3,}")
_LATEX_RULE = re.compile(r"\s*(?:\\(?:hline|(?:top|mid|bottom)rule)\s*){1,3}")
_BAR = re.compile("[|│┃║]")
_GAP = re.compile(r"\t|[^\S\t]{2,}")
_SIGNS = re.compile(
    r"\\(?:textbf|textit|mathbf|emph|text)\{([^{}]*)\}|\*\*|__|[`$]|\\(?=[%_#&|*$])"
)


def text_of(line: TextLine) -> str:
    """Return the text of a line, cut to a length that is quickly searched."""
    return line.text[:LONGEST]


def quoted(document: Document, number: int) -> str:
    """Quote a line by its number: its words, cut to a length that can be shown."""
    return document.lines[number - 1].text.strip()[:LONGEST_QUOTE].strip()


def is_rule(text: str) -> bool:
    """Whether a line is drawn, as below the head of a table."""
    return (bool(_RULE.fullmatch(text)) and not text.isspace()) or bool(_LATEX_RULE.fullmatch(text))


def plain(cell: str) -> str:
    """Return a cell without signs of Markdown and LaTeX."""
    for _ in range(2):  # one sign within another
        cell = _SIGNS.sub(lambda found: found[1] or "", cell)
    return " ".join(cell.strip().strip("*").split())


def has_cells(text: str) -> bool:
    """Whether signs, not blanks, part the cells of a line, so that an empty one is seen."""
    return bool(_BAR.search(text)) or "\t" in text or text.count("&") > 0


def cells(text: str) -> list[str]:
    """Part a line into cells: at `|`, a tab, `&`, or two blanks and more.

    Examples
    --------
    >>> cells("| **CNN** | 0.91 |"), cells("macro avg  0.89    0.88"), cells("a & b")
    (['CNN', '0.91'], ['macro avg', '0.89', '0.88'], ['a', 'b'])
    """
    text = text.rstrip()
    if _BAR.search(text):
        text = text.strip()
        text = text[1:] if _BAR.match(text) else text
        text = text[:-1] if text and _BAR.match(text[-1]) else text
        return [plain(cell) for cell in _BAR.split(text, MOST_CELLS)]
    if "\t" in text:
        return [plain(cell) for cell in text.split("\t", MOST_CELLS)]
    if "&" in text:
        return [
            plain(cell)
            for cell in re.split(r"(?<!\\)&", text.partition("\\\\")[0], maxsplit=MOST_CELLS)
        ]
    return [plain(cell) for cell in _GAP.split(text.strip(), MOST_CELLS) if cell]


@cache
def _printed() -> re.Pattern[str]:
    return re.compile(PRINTED)


def is_number(cell: str) -> bool:
    """Whether a cell is a number that can be read; `-` and an empty one are not."""
    return len(cell) <= LONGEST_QUOTE and bool(_printed().match(cell))


def is_count(cell: str) -> bool:
    """Whether a cell is a whole number in digits."""
    return cell.isascii() and cell.isdigit() and len(cell) <= 12


def gaps(first: int, last: int, own: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of the lines between two that are not among the own ones."""
    return tuple(sorted({*range(first, last + 1)} - {*own}))
