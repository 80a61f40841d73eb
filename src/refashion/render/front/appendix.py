"""The ledger on paper: one line for each claim, after the chapters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from refashion.ledger import causes, words
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import STATEMENTS
from refashion.render.chapter.claims import claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import ConsistencyClaim, NumberClaim

NAME, TITLE = "ledger", "The ledger"
INTRO = (
    "Every claim that stands alone, a line each. The chapters show the numbers of tables, and the "
    "HTML report shows the words of the source, the reasons, and the notebooks. = exact, "
    "✓ reproduced, holds or consistent, ? inconclusive or doubtful, ✗ not reproduced, fails or "
    "inconsistent, – not run, · not judged."
)
AT_RIGHT = ("Reported", "Re-created", "Difference", "Tolerance")
_END_OF_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Þ])")


def ledger_anchor(study: str) -> str:
    """Return the anchor of a study in the ledger on paper."""
    return f"{NAME}-{study}"


def ledger_on_paper(chapters: Sequence[Outcomes]) -> Markdown:
    """Write the ledger as tables in small type, a section for each study.

    Parameters
    ----------
    chapters
        Results of every study.
    """
    head = [markdown.heading(TITLE, 1, NAME, "unnumbered"), markdown.paragraph(INTRO)]
    return markdown.join([*head, *(piece for c in chapters for piece in _section(c))])


def _section(chapter: Outcomes) -> Iterator[Markdown]:
    numbers = ledger_tables.of_kinds(chapter.entries, NumberClaim)
    statements = ledger_tables.of_kinds(chapter.entries, *STATEMENTS.kinds)
    checks = [e for e in ledger_tables.own_numbers(chapter.entries) if not causes.is_vacuous(e)]
    untestable = chapter.study.untestable
    if not (numbers or statements or checks or untestable):
        return
    anchor = ledger_anchor(chapter.study.name)
    yield markdown.heading(chapter.study.title, 2, anchor, "unnumbered")
    if numbers:
        header = ["", "Number", "Reported", "Re-created", "Difference", "Tolerance"]
        lines = [_number(entry, chapter) for entry in numbers]
        yield _small("Numbers", anchor, header, lines, (4, 38, 17, 14, 16, 11))
    run = [entry for entry in statements if entry.verdict is not Verdict.NOT_RUN]
    if run:
        lines = [_statement(entry, chapter) for entry in run]
        header = ["", "Statement", "Result"]
        yield _small("Statements", anchor, header, lines, (4, 50, 46))
    if len(run) < len(statements):
        yield _not_run([entry for entry in statements if entry not in run], chapter)
    if checks:
        header, lines = ["", "Check", "Arithmetic"], list(map(_check, checks))
        yield _small("Consistency of the source", anchor, header, lines, (4, 38, 58))
    if untestable:
        left_out = [[f"“{one.quote}”, {one.where}", one.why] for one in untestable]
        header = ["Statement", "Why it cannot be tested"]
        yield _small("Statements left out", anchor, header, left_out, (56, 44))


def _small(
    title: str,
    study: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    widths: Sequence[int],
) -> Markdown:
    anchor = f"{study}-{title.lower().replace(' ', '_')}"
    align = "".join("r" if head in AT_RIGHT else "l" for head in header)
    table = markdown.table(header, rows, align, markdown.strong(title), anchor, widths)
    return markdown.block(table, NAME)


def _number(entry: Entry[NumberClaim], chapter: Outcomes) -> list[Any]:
    claim = entry.claim
    parts = words.measured_text(claim), chapter.titles[claim.run], claim.split
    return [
        _mark(entry),
        _named(entry, ", ".join(filter(None, parts))),
        claim.reported,
        words.reproduced_text(entry),
        words.interval_text(entry),
        words.tolerance_text(claim),
    ]


def _statement(entry: Entry[Any], chapter: Outcomes) -> list[Any]:
    stated = words.statement_text(entry.claim, chapter.titles)
    found = _first_sentence(words.found_text(entry))
    return [_mark(entry), _named(entry, stated), found]


def _not_run(entries: Sequence[Entry[Any]], chapter: Outcomes) -> Markdown:
    """List the statements that have no result in one paragraph."""
    named = [_named(e, words.statement_text(e.claim, chapter.titles)) for e in entries]
    head = markdown.strong(f"Statements that were not run ({len(entries):,}): ")
    return markdown.block(markdown.join([head, markdown.join(named, "; "), "."]), NAME)


def _check(entry: Entry[ConsistencyClaim]) -> list[Any]:
    is_open = entry.verdict is not Verdict.CONSISTENT
    reason = words.found_text(entry)
    found = reason if is_open else _first_sentence(reason)
    return [_mark(entry), _named(entry, words.check_text(entry.claim)), found]


def _named(entry: Entry[Any], subject: str) -> Markdown:
    where = markdown.span(entry.claim.where, "where")
    return markdown.join([markdown.span(subject, anchor=claim_anchor(entry)), ", ", where])


def _mark(entry: Entry[Any]) -> Markdown:
    return markdown.span(words.marks_of(entry), f"verdict {entry.counts_as.name_in_pages}")


def _first_sentence(text: str) -> str:
    return _END_OF_SENTENCE.split(text, maxsplit=1)[0]
