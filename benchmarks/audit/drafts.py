"""A made-up report as it is written: blocks of text, the numbers in them, and what is planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Style = Literal["heading", "text", "code", "output", "table"]


@dataclass(frozen=True)
class Fact:
    """A result that is printed.

    Attributes
    ----------
    value
        As printed.
    metric
        By the name that readings use.
    row, column
        The class, the epoch, the model of a table; the places in a matrix.
    model
        The model that it is of, if the report tells.
    """

    value: str
    metric: str
    row: str | None = None
    column: str | None = None
    model: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading, code, what code prints, or a table with its header first."""

    style: Style
    text: str = ""
    rows: Sequence[Sequence[str]] = ()


@dataclass
class Draft:
    """A report.

    Attributes
    ----------
    blocks
        Its text.
    facts
        All results that it prints.
    planted
        The kind of the contradiction that it has, if any.
    wrong
        Texts of which one is among the numbers of whatever finds the contradiction.
    checks
        If not empty: names of the checks that may find it.
    """

    blocks: list[Block] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    planted: str | None = None
    wrong: list[str] = field(default_factory=list)
    checks: tuple[str, ...] = ()

    def add(self, style: Style, text: str, facts: Sequence[Fact] = ()) -> None:
        """Add a block of text and the results in it."""
        self.blocks.append(Block(style, text))
        self.facts += facts

    def add_table(self, rows: Sequence[Sequence[str]], facts: Sequence[Fact] = ()) -> None:
        """Add a table and the results in it."""
        self.blocks.append(Block("table", rows=rows))
        self.facts += facts

    def is_planted(self, kind: str) -> bool:
        """Whether a contradiction is to be planted and has not been planted yet."""
        return self.planted == kind and not self.wrong

    def plant(self, *wrong: str, checks: tuple[str, ...] = ()) -> None:
        """Note what is wrong."""
        self.wrong += wrong
        self.checks = checks
