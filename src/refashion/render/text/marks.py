"""Verdicts as the report shows them: a mark, words and a colour, each of which says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from refashion.ledger import text as ledger_text
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown


def verdict_mark(row: Mapping[str, Any], text: str | None = None) -> Markdown:
    """Verdict of a row of the ledger, marked for the style sheets."""
    shown = ledger_text.verdict_text(row) if text is None else text
    return markdown.span(shown, f"verdict {_class(row['verdict'])}")


def verdict_name(verdict: str | None) -> Markdown:
    """Name of a verdict, marked for the style sheets."""
    return markdown.span(ledger_text.marked(verdict), f"verdict {_class(verdict)}")


def verdict_head(verdict: str | None) -> Markdown:
    """Name of a verdict over a narrow column: its mark may stand on a line of its own."""
    shown = ledger_text.marked(verdict).replace("\u00a0", " ")
    return markdown.span(shown, f"verdict {_class(verdict)}")


def tally(counts: Mapping[str | None, int], order: tuple[str | None, ...]) -> Markdown:
    """List how many there are of each verdict, those that do not occur left out."""
    shown = [
        markdown.span(
            f"{ledger_text.MARKS[verdict]}\u00a0{counts[verdict]:,} {_of_several(verdict)}",
            f"verdict {_class(verdict)}",
        )
        for verdict in order
        if counts.get(verdict)
    ]
    return markdown.join(shown, ", ")


def cell(judged: Mapping[str, Any], is_above: bool) -> Markdown:
    """Show one number of a table of the source, and the re-created one with the verdict.

    Parameters
    ----------
    judged
        One of the `cells` of a row of the ledger.
    is_above
        Whether the reported number stands above the other, or before it.
    """
    reported = markdown.span(judged["reported"], f"reported {'above' if is_above else 'before'}")
    value = ledger_text.alike(judged["reproduced"], judged["reported"])
    sign = markdown.span(ledger_text.mark(judged), "sign")
    found = markdown.join([value, "\u00a0", sign])
    told = [f"reported {judged['reported']}", ledger_text.words(judged["verdict"])]
    if judged["reproduced"] is not None:
        told.insert(1, f"re-created {judged['reproduced']:.6g}")
    classes = f"cell {_class(judged['verdict'])}"
    return markdown.join([reported, " ", markdown.span(found, classes, title="; ".join(told))])


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


def _of_several(verdict: str | None) -> str:
    """Name a verdict of several: statements hold, where one holds."""
    return {"holds": "hold", "fails": "fail"}.get(verdict or "", ledger_text.words(verdict))


def _class(verdict: str | None) -> str:
    return "not_judged" if verdict is None else verdict
