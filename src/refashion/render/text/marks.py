"""Verdicts as the report shows them: a mark, words and a colour, each of which says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refashion.ledger import words
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown


def entry_verdict(entry: Entry[Any]) -> Markdown:
    """Verdict of an entry with its notes, marked for the style sheets."""
    return _styled(words.verdict_text(entry), entry.verdict)


def verdict_name(verdict: Verdict) -> Markdown:
    """Name of a verdict, marked for the style sheets."""
    return _styled(words.marked(verdict), verdict)


def verdict_head(verdict: Verdict) -> Markdown:
    """Name of a verdict over a narrow column: its mark may stand on a line of its own."""
    return _styled(f"{verdict.mark} {verdict.words}", verdict)


def _styled(text: str, verdict: Verdict) -> Markdown:
    return markdown.span(text, f"verdict {verdict.name_in_pages}")


def tally(counts: Mapping[Verdict, int], order: Sequence[Verdict]) -> Markdown:
    """List how many there are of each verdict, those that do not occur left out."""
    shown = [
        _styled(f"{verdict.mark}\u00a0{counts[verdict]:,} {verdict.several}", verdict)
        for verdict in order
        if counts.get(verdict)
    ]
    return markdown.join(shown, ", ")


def cell_numbers(cell: Cell, is_above: bool) -> Markdown:
    """Show one number of a table of the source, and the re-created one with the verdict.

    Parameters
    ----------
    cell
        One number of a table.
    is_above
        Whether the reported number stands above the other, or before it.
    """
    reported = markdown.span(cell.reported, f"reported {'above' if is_above else 'before'}")
    value = words.alike(cell.reproduced, cell.reported)
    found = markdown.join([value, "\u00a0", markdown.span(cell.verdict.mark, "sign")])
    title = [f"reported {cell.reported}", cell.verdict.words]
    if cell.reproduced is not None:
        title.insert(1, f"re-created {cell.reproduced:.6g}")
    classes = f"cell {cell.verdict.name_in_pages}"
    return markdown.join([reported, " ", markdown.span(found, classes, title="; ".join(title))])


def widths_of(heads: Sequence[str]) -> tuple[int, ...]:
    """Widths of a table with a column of names and, after it, narrow ones of numbers.

    Parameters
    ----------
    heads
        Of the columns of numbers; each is as wide as its longest word.

    Returns
    -------
    tuple of int
        In percent.
    """
    narrow = [max(8, 2 + max(map(len, head.split()))) for head in heads]
    return (100 - sum(narrow), *narrow)
