"""Verdicts as the report shows them, with a mark, a name and a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refashion.ledger import words
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown


def entry_verdict(entry: Entry[Any]) -> Markdown:
    """Return the verdict of an entry with its notes, in the colour of the verdict."""
    return _styled(words.verdict_text(entry), entry.counts_as)


def brief_verdict(entry: Entry[Any]) -> Markdown:
    """Return the verdict of an entry without its notes, but for what is fitted."""
    return entry_verdict(entry) if entry.n_fitted else verdict_name(entry.verdict)


def verdict_name(verdict: Verdict) -> Markdown:
    """Return the mark and the name of a verdict, in its colour."""
    return _styled(words.marked(verdict), verdict)


def verdict_head(verdict: Verdict) -> Markdown:
    """Return a verdict for the head of a narrow column; the line may break after the mark."""
    return _styled(f"{verdict.mark} {verdict.words}", verdict)


def _styled(text: str, verdict: Verdict) -> Markdown:
    return markdown.span(text, f"verdict {verdict.name_in_pages}")


def tally(counts: Mapping[Verdict, int], order: Sequence[Verdict]) -> Markdown:
    """Format the counts of verdicts, such as "✓ 3 reproduced, ✗ 1 not reproduced".

    Parameters
    ----------
    counts
        Number of claims with each verdict.
    order
        Verdicts in the order to list them. Those without claims are left out.
    """
    shown = [
        _styled(f"{verdict.mark}\u00a0{counts[verdict]:,} {_named(verdict, counts)}", verdict)
        for verdict in order
        if counts.get(verdict)
    ]
    return markdown.join(shown, ", ")


def _named(verdict: Verdict, counts: Mapping[Verdict, int]) -> str:
    return verdict.words if counts[verdict] == 1 else verdict.several


def cell_numbers(cell: Cell, is_above: bool) -> Markdown:
    """Format one cell of a reported table: the reported number, the re-created one and the mark.

    Parameters
    ----------
    cell
        The cell.
    is_above
        Whether the reported number stands above the re-created one instead of before it.
    """
    reported = markdown.span(cell.reported, f"reported {'above' if is_above else 'before'}")
    value = words.alike(cell.reproduced, cell.reported, cell.verdict is Verdict.EXACT)
    found = markdown.join([value, "\u00a0", markdown.span(words.marks_of(cell), "sign")])
    title = [f"reported {cell.reported}", cell.verdict.words]
    if cell.reproduced is not None:
        title.insert(1, f"re-created {cell.reproduced:.6g}")
    if cell.counts_as is Verdict.FITTED:
        title.append(Verdict.FITTED.words)
    classes = f"cell {cell.verdict.name_in_pages}"
    return markdown.join([reported, " ", markdown.span(found, classes, title="; ".join(title))])


def widths_of(heads: Sequence[str]) -> tuple[int, ...]:
    """Return column widths for a table with a wide column of names, then narrow ones of numbers.

    Parameters
    ----------
    heads
        Heads of the number columns. Each column is as wide as the longest word of its head.

    Returns
    -------
    tuple of int
        Widths in percent.
    """
    narrow = [max(8, 2 + max(map(len, head.split()))) for head in heads]
    return (100 - sum(narrow), *narrow)
