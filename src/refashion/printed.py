"""Numbers that a notebook has printed: found in its outputs, and found again after another run.

A line is known by its *shape*: its text with `#` for every number and `@` for what differs from run
to run and is no result, such as times. So a number is found again although it has changed, and
although the lines before it have moved.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from refashion.errors import RefashionError

# Tags of cells that are not the author's: one sets the seed, the other the parameters.
PREAMBLE, INJECTED = "refashion", "injected-parameters"
# A notebook file may hold large images; beyond this it is not one that anybody wrote.
LARGEST_NOTEBOOK = 200_000_000
# Longer lines are data, not sentences; of still longer ones the rest is not even read.
LONGEST_LINE = 500
LONGEST_READ = 10_000

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x08")
_CLOCK = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)?|\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?"
PLAIN = r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
_UNIT = r"(?:ns|[µμu]s|ms|s|secs?|seconds?|mins?|minutes?|hours?|hrs?|h)\b(?:/\w+)?"
_RATE = r"(?:it/s|s/it|(?:[kKMG]i?)?B/s|(?:examples|samples|batches|steps)/s(?:ec)?)"
_TIMED = (
    r"(?i:\b(?:time|elapsed|duration|took|runtime|latency|eta)\b)(?:\s*\([^)\d]*\))?"
    r"\s*(?:[:=]|is|in|was|of)?\s*"
)
_BAR = r"\[[=>.#*\- ]{3,}\]|[━╸╺─█▏▎▍▌▋▊▉]{2,}|\d+%\|[^|]*\|"
# What a line may hold that is no result: times, addresses in memory, progress bars.
_VOLATILE = re.compile(
    rf"(?P<timed>{_TIMED}){PLAIN}(?:\s?{_UNIT})?|0[xX][0-9a-fA-F]+|{_CLOCK}"
    rf"|(?<![\w.]){PLAIN}\s?(?:{_RATE}|{_UNIT})|{_BAR}"
)
# A printed number, with its sign and percent sign.
NUMBER = re.compile(
    r"(?<![\w.+\-−/\\])[-+−]?"
    r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d{1,2})?(?:\s?%)?"
    r"(?![\w/\\]|[.,]\d|[-−]\w)"
)
_NO_NOTEBOOK = "not a notebook; accepted: one of format 4, as Jupyter saves it"
_NO_RESULT = re.compile(r"CPU times|Wall time|it/s\b|s/it\b|\bETA\b")


class NotebookFileError(RefashionError):
    """A file is not a notebook that can be read."""


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook of a format with a list of cells (nbformat 4).

    Raises
    ------
    NotebookFileError
        The file does not exist, or is no such notebook of Python.
    """
    try:
        if path.stat().st_size > LARGEST_NOTEBOOK:
            size = f"{LARGEST_NOTEBOOK // 1_000_000} MB"
            raise NotebookFileError(f"{path}: too large; accepted: a notebook of at most {size}")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotebookFileError(
            f"{path}: cannot be read ({error.strerror}); accepted: a notebook (.ipynb)"
        ) from None
    except (ValueError, RecursionError):
        raise NotebookFileError(
            f"{path}: not a notebook; accepted: a file as Jupyter saves it"
        ) from None
    if not is_notebook(content):
        raise NotebookFileError(f"{path}: {_NO_NOTEBOOK}")
    info = content.get("metadata", {})
    kernel = info.get("kernelspec") or info.get("language_info") or {}
    language = str(kernel.get("language") or kernel.get("name") or "python")
    if info.get("language_info", {}).get("name", "python") != "python" or language.lower() in (
        *("r", "ir", "julia", "scala", "bash"),
    ):
        raise NotebookFileError(f"{path}: a notebook of {language}; accepted: one of Python")
    return content


def is_notebook(content: Any) -> bool:
    """Return whether the parts of a notebook that are read have the types that they should have."""
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        return False
    info, cells = content.get("metadata", {}), content.get("cells")
    parts = ("kernelspec", "language_info")
    return (
        isinstance(info, dict)
        and all(isinstance(info.get(part, {}), dict) for part in parts)
        and isinstance(cells, list)
        and all(map(_is_cell, cells))
    )


def _is_cell(cell: Any) -> bool:
    return (
        isinstance(cell, dict)
        and isinstance(cell.get("cell_type"), str)
        and isinstance(cell.get("metadata", {}), dict)
        and isinstance(cell.get("outputs", []), list)
        and all(isinstance(output, dict) for output in cell.get("outputs", []))
    )


def code_cells(notebook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the author's cells of code, without those that set the seed and the parameters."""
    return [
        cell
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and not {PREAMBLE, INJECTED} & {*_tags(cell)}
    ]


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    tags = cell.get("metadata", {}).get("tags", [])
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def parameters(notebook: Mapping[str, Any]) -> list[str]:
    """Return the names that the cell tagged `parameters` sets; none without such a cell."""
    for cell in code_cells(notebook):
        if "parameters" in _tags(cell):
            return _assigned(text_of(cell.get("source")))
    return []


def _assigned(source: str) -> list[str]:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        statements = ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError):
        return []
    names: list[str] = []
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names += [each.id for each in statement.targets if isinstance(each, ast.Name)]
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.append(statement.target.id)
    return names


def text_of(value: Any) -> str:
    """Return a text that a notebook file may hold as a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


@dataclass(frozen=True)
class PrintedLine:
    """A printed line, without white space at its ends and with single blanks.

    Attributes
    ----------
    text
        The text.
    """

    text: str

    @cached_property
    def _masked(self) -> str:
        """The text with what is no result replaced, so that no number is found there."""
        return _VOLATILE.sub(lambda found: (found["timed"] or "") + "@", self.text)

    @cached_property
    def numbers(self) -> list[str]:
        """The numbers that may be results, as printed."""
        if _NO_RESULT.search(self.text):
            return []
        return [found[0] for found in NUMBER.finditer(self._masked)]

    @cached_property
    def shape(self) -> str:
        """The text without its numbers."""
        blank = re.sub(r"([-=_*~+|])\1{2,}", r"\1\1\1", NUMBER.sub("#", self._masked))
        return " ".join(re.sub(r"@(?:\s*@)+", "@", blank).split())

    def before(self, number: int) -> str:
        """Return the shape of what stands before a number, counted from 1."""
        return "#".join(self.shape.split("#")[:number])

    @cached_property
    def row(self) -> tuple[str, tuple[str, ...]]:
        """The name of a row of a table, and the numbers after it; no numbers if it is no row."""
        words = self.text.split()
        n = len(words)
        while n and NUMBER.fullmatch(words[n - 1]):
            n -= 1
        if n == 0 and words and words[0].isdigit():  # rows that are counted, as pandas prints them
            n = 1
        name = " ".join(words[:n])
        return (name, tuple(words[n:])) if name and self.numbers else (self.text, ())


def lines_of(cell: Mapping[str, Any]) -> list[PrintedLine]:
    """Return the lines that a cell printed, without empty ones: its text, values and tables.

    Standard error is left out, which holds warnings and progress. Of a line that was written over
    and over, as progress bars are, the last state counts.
    """
    whole, is_stream = "", False
    for output in cell.get("outputs", []):
        text, was_stream = _printed(output), is_stream
        is_stream = output.get("output_type") == "stream"
        glue = "" if is_stream and was_stream else "\n"  # one text may arrive in several pieces
        whole += glue + text
    states = (" ".join(last_state(line).split()) for line in whole.split("\n"))
    return [PrintedLine(text) for text in states if text]


def last_state(line: str) -> str:
    r"""Return what a line shows in the end, cut to a length that is quickly searched.

    Examples
    --------
    >>> last_state("1/2 loss: 0.9\r\x1b[1m2/2\x1b[0m  loss: 0.8\r")
    '2/2  loss: 0.8'
    """
    states = ESCAPES.sub("", line[-LONGEST_READ:]).split("\r")
    return next((state.rstrip() for state in reversed(states) if not state.isspace() and state), "")


def _printed(output: Mapping[str, Any]) -> str:
    kind = output.get("output_type")
    if kind == "stream":
        return text_of(output.get("text")) if output.get("name") == "stdout" else ""
    data = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(data, Mapping):
        return ""
    plain = text_of(data.get("text/plain")).strip()
    # An object that has only a form in HTML is called by its type, such as <IPython...HTML object>.
    if plain and not (plain.startswith("<") and plain.endswith(">")):
        return plain
    return "\n".join("  ".join(row) for row in table_rows(text_of(data.get("text/html"))))


def table_rows(html: str) -> list[list[str]]:
    """Return the cells of all rows of the tables in a piece of HTML."""
    return _Rows.of(html)


class _Rows(HTMLParser):
    """Collects the rows of tables in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._cells: list[str] = []
        self._is_in_cell = False

    @classmethod
    def of(cls, html: str) -> list[list[str]]:
        reader = cls()
        reader.feed(html)
        reader.close()
        return reader.rows

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        if tag in ("td", "th"):
            self._cells.append("")
            self._is_in_cell = True
        elif tag == "tr":
            self._cells = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_in_cell = False
        elif tag == "tr":
            self.rows.append([" ".join(cell.split()) for cell in self._cells])

    def handle_data(self, data: str) -> None:
        if self._is_in_cell and self._cells:
            self._cells[-1] += data


def printed_lines(path: Path) -> list[list[PrintedLine]]:
    """Return the lines that every cell of code of a notebook printed, by cell."""
    return [lines_of(cell) for cell in code_cells(read_notebook(path))]


def find_number(lines: Sequence[PrintedLine], quote: str, line: int, number: int) -> str | None:
    """Find a number again among the lines of a cell.

    Parameters
    ----------
    lines
        What the cell printed.
    quote
        The line, or a part of it, as the source printed it.
    line
        Where the line stood in the source, from 1.
    number
        Which number of the line is wanted, from 1.

    Returns
    -------
    str or None
        The number as printed; None if no line has the same text around the number. Of several, it
        is the one with the same whole numbers before the number (such as the epoch), and of those
        the nearest.

    Examples
    --------
    >>> lines = [PrintedLine("a warning"), PrintedLine("Accuracy: 0.91")]
    >>> find_number(lines, "Accuracy: 0.89", 1, 1)
    '0.91'
    """
    wanted = PrintedLine(" ".join(quote.split()))
    alike = [*_alike(lines, wanted, number)]
    if not alike:
        return None
    same = _wholes(wanted, number)

    def rank(place: int) -> tuple[bool, int]:
        return _wholes(lines[place], number) == same, -abs(place + 1 - line)

    return lines[max(alike, key=rank)].numbers[number - 1]


def _alike(lines: Sequence[PrintedLine], wanted: PrintedLine, number: int) -> Sequence[int]:
    """Find the lines with the same text: the whole of it, or a part, or that before the number."""
    start = wanted.before(number)
    tests = [
        lambda line: line.shape == wanted.shape,
        lambda line: wanted.shape in line.shape,
        lambda line: re.search("[^\\W\\d_]", start) and line.before(number) == start,
    ]
    able = [place for place, line in enumerate(lines) if len(line.numbers) >= number]
    for test in tests:
        if found := [place for place in able if test(lines[place])]:
            return found
    return []


def _wholes(line: PrintedLine, number: int) -> list[str]:
    """Give the whole numbers before a number of a line, which tell lines of one shape apart."""
    return [text for text in line.numbers[: number - 1] if text.isdigit()]


def find_row(lines: Sequence[PrintedLine], name: str, line: int) -> tuple[str, ...]:
    """Find a row of a printed table by its name; of several, the nearest to a line, from 1.

    Returns
    -------
    tuple of str
        Its numbers; empty if there is no such row.
    """
    wanted = " ".join(name.split())
    found = [n for n, each in enumerate(lines, 1) if each.row[0] == wanted and each.row[1]]
    return lines[min(found, key=lambda n: abs(n - line)) - 1].row[1] if found else ()
