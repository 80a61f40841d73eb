"""The injected parameters of a notebook, laid out over lines as black would lay them out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

LINE = 88
LONGEST = 100_000  # characters of a cell
INDENT = " " * 4


def over_lines(code: str) -> str:
    """Break long assignments of literals, so that each entry has a line of its own.

    Nothing but white space and a comma after the last entry is added. Code that cannot be parsed,
    and lines that fit, stay as they are.

    Parameters
    ----------
    code
        Source of a cell with one assignment a line.

    Examples
    --------
    >>> print(over_lines(f"b = {dict.fromkeys(['first' * 8, 'second' * 8], 0)}"))
    b = {
        'firstfirstfirstfirstfirstfirstfirstfirst': 0,
        'secondsecondsecondsecondsecondsecondsecondsecond': 0,
    }
    """
    lines = code.splitlines()
    if len(code) > LONGEST:
        return code
    try:
        for statement in reversed(ast.parse(code).body):
            if isinstance(statement, ast.Assign) and statement.lineno == statement.end_lineno:
                place = statement.lineno - 1
                lines[place] = _broken(lines[place], statement.value)
    except (SyntaxError, ValueError, IndexError, RecursionError, MemoryError):
        return code
    return "\n".join(lines)


def _broken(line: str, value: ast.expr) -> str:
    """Break a line with one assignment if it is long."""
    if len(line) <= LINE:
        return line
    source = line.encode()  # the parser counts bytes
    head, rest = source[: value.col_offset].decode(), source[value.end_col_offset :].decode()
    return f"{head}{_laid_out(source, value, '', len(head))}{rest}"


def _laid_out(source: bytes, value: ast.expr, indent: str, column: int) -> str:
    """Return a value on one line if it fits after the column, else an entry a line."""
    text = _text(source, value)
    if column + len(text) < LINE or not isinstance(value, ast.Dict | ast.List):
        return text
    inner = indent + INDENT
    entries = "".join(f"{inner}{entry},\n" for entry in _entries(source, value, inner))
    return f"{text[0]}\n{entries}{indent}{text[-1]}" if entries else text


def _entries(source: bytes, value: ast.Dict | ast.List, indent: str) -> Iterator[str]:
    keys = value.keys if isinstance(value, ast.Dict) else [None] * len(value.elts)
    values = value.values if isinstance(value, ast.Dict) else value.elts
    for key, entry in zip(keys, values, strict=True):
        head = f"{_text(source, key)}: " if key else "**" * isinstance(value, ast.Dict)
        yield head + _laid_out(source, entry, indent, len(indent) + len(head))


def _text(source: bytes, part: ast.expr) -> str:
    return source[part.col_offset : part.end_col_offset].decode()
