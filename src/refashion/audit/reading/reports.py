"""Classification reports as scikit-learn prints them, also damaged or turned into tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from refashion.audit.reading.cells import cells, gaps, has_cells, is_rule, quoted, text_of
from refashion.audit.reading.readings import Report
from refashion.documents.document import Document, TextLine

ACCURACY = "accuracy"
AVERAGES = (ACCURACY, "micro avg", "macro avg", "weighted avg", "samples avg")
# Lines of other text within a report, such as a page number or a warning.
MOST_FOREIGN = 4
LONGEST_NAME = 60
LONGEST_ROW = 150

Cells = tuple[str | None, str | None, str | None, str | None]

_HEAD = re.compile(r"precision\W*recall\W*f\W{0,3}1\W{0,3}(?:score)?\W*support", re.IGNORECASE)
_SHARE = re.compile(
    r"[01]?[.,]\d{1,20}|[01][.,]|(?:100|\d\d?)(?:[.,]\d{1,10})?%|nan", re.IGNORECASE
)
_COUNT = re.compile(r"\d{1,9}|\d{1,3}(?:,\d{3}){1,3}|\d{1,9}\.0+")
# Where a cell was broken, "avg" stands in the next line.
_AVERAGE = re.compile(
    r"(micro|macro|weighted|samples)(?:\s*-?_?\s*(?:avg|average)\.?)?", re.IGNORECASE
)


@dataclass
class _Row:
    name: str
    cells: Cells
    doubt: str | None = None

    @property
    def is_whole(self) -> bool:
        return None not in self.cells and self.doubt is None


@dataclass
class _Open:
    """A report whose end is not yet found."""

    has_head: bool
    lines: list[int] = field(default_factory=list)
    rows: dict[str, Cells] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)
    foreign: int = 0
    was_parted: bool = False

    @property
    def digits(self) -> int | None:
        """Number of printed places, if they are known from a row."""
        shares = [row[2] for row in self.rows.values() if row[2] and "." in row[2]]
        return len(shares[0].partition(".")[2]) if shares else None

    @property
    def is_over(self) -> bool:
        return "weighted avg" in self.rows

    def add(self, row: _Row, first: int, last: int) -> None:
        name = row.name
        if not name:
            self.doubts.append("a row has no name")
            name = f"row {len(self.rows) + 1}"
        if name in self.rows:
            self.doubts.append(f"two rows are named {name}")
            name = f"{name} ({len(self.rows) + 1})"
        if row.doubt:
            self.doubts.append(row.doubt)
        self.was_parted |= self.foreign > 0
        self.foreign = 0
        self.rows[name] = row.cells
        self.lines += range(max(first, self.lines[-1] + 1 if self.lines else 0), last + 1)


def find(document: Document) -> Iterator[Report]:
    """Yield the classification reports of a document.

    A report begins with its head, or, where that is lost, with rows that end in averages.
    """
    report: _Open | None = None
    for line, last in _joined(document.lines):
        text = text_of(line)
        if head := _HEAD.search(text):
            yield from _closed(report, document)
            report = _Open(has_head=True, lines=[line.number])
            text = text[head.end() :]
        if not text.strip(" `|\t") or is_rule(text):
            continue
        rows = _rows(text, report)
        if report is not None and _is_done(report, rows):
            yield from _closed(report, document)
            report = None
        if rows and report is None and rows[0].is_whole:
            report = _Open(has_head=False)
        if report is None:
            continue
        report.foreign += not rows
        for row in rows:
            report.add(row, line.number, last)
    yield from _closed(report, document)


def _joined(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, int]]:
    """Yield lines and where they end: broken rows, and reports with a cell on each line, joined."""
    place = 0
    while place < len(lines):
        line = lines[place]
        head = " ".join(text_of(each) for each in lines[place : place + 8])
        if line.text.strip().lower() == "precision" and _HEAD.match(head.strip()):
            words: list[str] = []
            end = place
            while end < len(lines) and len(lines[end].text.split()) <= 3 and len(words) < 2000:
                words += lines[end].text.split()
                end += 1
            if _HEAD.match(" ".join(words)):
                joined = TextLine(line.number, " ".join(words), line.part, line.kind)
                yield joined, lines[end - 1].number
                place = end
                continue
        two = lines[place : place + 2]
        if len(two) == 2 and (text := _of_two(text_of(two[0]), text_of(two[1]))):
            yield TextLine(line.number, text, line.part, line.kind), two[1].number
            place += 2
        else:
            yield line, line.number
            place += 1


def _of_two(first: str, second: str) -> str | None:
    """Join a row, or the head, that was broken in two, as in a narrow column."""
    if not second.strip() or len(first) > LONGEST_ROW or len(second) > LONGEST_ROW:
        return None
    joined = f"{first} {second.strip()}"
    if _HEAD.search(joined) and not _HEAD.search(first) and not _HEAD.search(second):
        return joined
    rest = second.split()
    if len(rest) > 4 or not _COUNT.fullmatch(rest[-1]) or not all(map(_is_share, rest[:-1])):
        return None
    row = _row_of_words(joined.split(), None)
    if row is None or not row.name or (row.name != ACCURACY and not row.is_whole):
        return None
    words = first.split()
    is_whole = _row_of_words(words, None) is not None and bool(_COUNT.fullmatch(words[-1]))
    return None if is_whole else joined


def _is_done(report: _Open, rows: Sequence[_Row]) -> bool:
    """Whether rows belong to another report, or too much other text stands below this one."""
    if not rows and report.foreign >= MOST_FOREIGN:
        return True
    if not report.is_over:
        return False
    return not rows or rows[0].name not in AVERAGES or rows[0].name in report.rows


def _rows(text: str, report: _Open | None) -> list[_Row]:
    """Read the rows of a line: one, or more if lines were joined."""
    if has_cells(text) and (row := _row_of_cells(cells(text))):
        return [row]
    words = text.replace("|", " ").split()
    found = [_row_of_words(part, report) for part in _parted(words)]
    if not found or None in found:
        glued = None if report is None else _glued(text, report.digits)
        return [glued] if glued else []
    return [row for row in found if row]


def _row_of_cells(row: Sequence[str]) -> _Row | None:
    """Read a row whose cells are known, also the empty ones."""
    while len(row) > 5 and not row[-1]:
        row = row[:-1]
    if len(row) != 5 or not row[0] or len(row[0]) > LONGEST_NAME:
        return None
    shares, support = row[1:4], row[4]
    if not all(_is_share(cell) or cell in ("", "-", "–") for cell in shares) or not any(shares):
        return None
    if support and not _COUNT.fullmatch(support) and not _is_share(support):
        return None
    name = _named(row[0])
    values = [cell if _is_share(cell) else None for cell in shares]
    if name == ACCURACY and values[0] and not values[2]:  # aligned to the left
        values = [None, None, values[0]]
    if name not in AVERAGES and None in values:
        return _Row(name, _cells(values, support), f"a cell of the row {name} is lost")
    return _Row(name, _cells(values, support))


def _parted(words: list[str]) -> Iterator[list[str]]:
    """Part words into rows: three shares and a count end one, or a share and a count."""
    start = 0
    for place, word in enumerate(words):
        shares = 0
        if _COUNT.fullmatch(word):
            while place - shares - 1 > start and _is_share(words[place - shares - 1]):
                shares += 1
        is_accuracy = shares == 1 and words[start].lower().startswith(ACCURACY)
        if shares >= 3 or is_accuracy:
            yield words[start : place + 1]
            start = place + 1
    if start < len(words):
        yield words[start:]


def _row_of_words(words: Sequence[str], report: _Open | None) -> _Row | None:
    """Read a row from its end: the support, then the shares; the rest is the name."""
    words, support = [*words], ""
    if words and _COUNT.fullmatch(words[-1]):
        support = words.pop()
    shares: list[str] = []
    while words and len(shares) < (4 if not support else 3) and _is_share(words[-1]):
        shares.insert(0, words.pop())
    if len(shares) == 4 and " ".join(words).lower() == ACCURACY:  # in all columns, by pandas
        return _Row(ACCURACY, (None, None, shares[2], None))
    name = _named(" ".join(words))
    if not shares or len(name) > LONGEST_NAME:
        return None
    if name == ACCURACY and len(shares) == 1:
        return _Row(name, (None, None, shares[0], _count(support)))
    if len(shares) == 3 and support:
        return _Row(name, _cells(shares, support))
    is_near = report is not None and report.has_head and not report.foreign
    if not (name in AVERAGES or (is_near and 0 < len(name.split()) <= 4)) or report is None:
        return None
    doubt = f"a cell of the row {name} is lost"
    if len(shares) == 3:
        return _Row(name, _cells(shares, support), doubt)
    return _Row(name, (None, None, None, _count(support)), doubt)


def _glued(text: str, digits: int | None) -> _Row | None:
    """Read a row that lost blanks: points that are as far apart show the number of places."""
    places = [place for place, letter in enumerate(text) if not letter.isspace()]
    tight = "".join(text[place] for place in places)
    points = [place for place, letter in enumerate(tight) if letter == "."]
    doubt = "the blanks between numbers are lost"
    if len(points) >= 3:
        first, second, third = points[-3:]
        digits = second - first - 2
        if third - second != digits + 2 or digits < 1:
            return None
        starts = [first, second, third]
    elif len(points) == 1 and digits and tight[: len(ACCURACY)].lower() == ACCURACY:
        starts = points
    else:
        return None
    end = starts[-1] + digits + 1
    shares = [tight[max(0, at - 1) : at + digits + 1] for at in starts]
    rest = tight[end:]
    if not all(map(_is_share, shares)) or not _COUNT.fullmatch(rest) or starts[0] < 1:
        return None
    name = _named(text[: places[starts[0] - 1]].strip())
    if not name or len(name) > LONGEST_NAME:
        return None
    if len(shares) == 1:
        return _Row(name, (None, None, shares[0], _count(rest)), doubt)
    return _Row(name, _cells(shares, rest), doubt)


def _is_share(word: str) -> bool:
    return bool(_SHARE.fullmatch(word))


def _named(name: str) -> str:
    """Return a name; those of averages as scikit-learn prints them today."""
    name = name.strip(" |:*")
    if found := _AVERAGE.fullmatch(name):
        return f"{found[1].lower()} avg"
    if re.fullmatch(r"avg\s*/\s*total", name, re.IGNORECASE):
        return "weighted avg"
    return ACCURACY if name.lower() == ACCURACY else name


def _cells(shares: Sequence[str | None], support: str) -> Cells:
    precision, recall, f1 = shares
    return precision, recall, f1, _count(support)


def _count(text: str) -> str | None:
    """Return a support; pandas prints it with a point."""
    if not _COUNT.fullmatch(text):
        return None
    return text.partition(".")[0]


def _closed(report: _Open | None, document: Document) -> Iterator[Report]:
    """Yield a report if there is one."""
    if report is None:
        return
    classes = [name for name in report.rows if name not in AVERAGES]
    averages = [name for name in report.rows if name in AVERAGES[1:]]
    if len(report.rows) < 2 or not classes or not (report.has_head or averages):
        return
    first, last = report.lines[0], report.lines[-1]
    yield Report(
        first=first,
        last=last,
        quote=quoted(document, report.lines[min(1, len(report.lines) - 1)]),
        doubts=tuple(dict.fromkeys((*report.doubts, *_lost_rows(report, classes)))),
        apart=gaps(first, last, report.lines),
        rows=report.rows,
    )


def _lost_rows(report: _Open, classes: Sequence[str]) -> Iterator[str]:
    """Say which rows seem to be lost."""
    if all(name.isascii() and name.isdigit() and len(name) < 5 for name in classes):
        numbers = {int(name) for name in classes}
        whole = {*range(min(min(numbers), 1), max(numbers) + 1)}
        if len(numbers) > 1 and len(whole) <= 2 * len(numbers) + 2:
            yield from (
                f"the row of class {number} is missing" for number in sorted(whole - numbers)
            )
    supports = [report.rows[name][3] for name in classes]
    total = next((row[3] for name, row in report.rows.items() if name in AVERAGES and row[3]), None)
    if report.was_parted and total and None not in supports:
        counted = sum(int(support.replace(",", "")) for support in supports if support)
        if counted < int(total.replace(",", "")):
            yield "other text stands between its rows, and a row may be missing"
