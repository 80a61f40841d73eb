"""Words on a page, and the rows that they form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# Gaps in units of the font size. Words of TeX may stand 0.2 apart; a letter of a word does not.
WORD_GAP = 0.17
CELL_GAP = 0.8
# Rows whose baselines differ by less are one row: superscripts and subscripts belong to it.
SAME_ROW = 0.45
# Lines of a paragraph are less far apart than this, in units of their usual distance.
PARAGRAPH_GAP = 1.6


@dataclass(slots=True)
class Word:
    """A word on a page, in points from the upper left corner.

    Attributes
    ----------
    text
        Its characters.
    left, right, baseline
        Where it stands.
    size
        The size of its font.
    is_fixed
        Whether its font has characters of one width.
    is_closed
        Whether a blank follows it in the file.
    """

    text: str
    left: float
    right: float
    baseline: float
    size: float
    is_fixed: bool = False
    is_closed: bool = False

    @property
    def top(self) -> float:
        """The upper end of its letters, roughly."""
        return self.baseline - 0.8 * self.size

    @property
    def bottom(self) -> float:
        """The lower end of its letters, roughly."""
        return self.baseline + 0.22 * self.size


Row = list[Word]


def rows_of(words: Iterable[Word]) -> list[Row]:
    """Group words into rows, from top to bottom, each from left to right."""
    rows: list[Row] = []
    tallest: Word | None = None
    for word in sorted(words, key=lambda word: (word.baseline, word.left)):
        if tallest and _is_same_row(word, tallest):
            rows[-1].append(word)
            tallest = max(tallest, word, key=lambda word: word.size)
        else:
            rows.append([word])
            tallest = word
    for row in rows:
        row.sort(key=lambda word: word.left)
    return rows


def _is_same_row(word: Word, tallest: Word) -> bool:
    return word.baseline - tallest.baseline < SAME_ROW * max(word.size, tallest.size)


def baseline_of(words: Sequence[Word]) -> float:
    """Return the baseline of the tallest word of a row."""
    return max(words, key=lambda word: word.size).baseline
