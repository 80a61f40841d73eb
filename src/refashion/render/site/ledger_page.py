"""The whole ledger as one table: a line for each claim, and for each number of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from refashion.ledger import causes, rows, words
from refashion.ledger.entry import Cell, Entry, Verdict
from refashion.ledger.tables import (
    NUMBERS,
    OWN_NUMBERS,
    QUESTIONS,
    STATEMENTS,
    Question,
    counting,
)
from refashion.render.chapter import evidence
from refashion.render.chapter.claims import cells_anchor, claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site.site import Site
from refashion.reported import Reported
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    TableClaim,
    ValueClaim,
)

PATH = "ledger.html"
# Kinds of claims in the words of readers; numbers of tables are claims of their own here.
KINDS = {
    "value": "number",
    "table": "table",
    "cell": "number in a table",
    "ordering": "ordering",
    "extreme": "extreme",
    "curve": "training",
    "cost": "time",
    "consistency": "own numbers",
}
# Kinds that can be asked for together, by the question that they belong to, and what they are
# called together. Of the checks of own numbers, these are the ones that count.
GROUPS = {
    NUMBERS: ("value", "cell"),
    STATEMENTS: ("ordering", "extreme", "curve", "cost"),
    OWN_NUMBERS: ("consistency",),
}
TOGETHER = {
    NUMBERS: "all numbers",
    STATEMENTS: "all statements",
    OWN_NUMBERS: "own numbers, each contradiction once",
}


class Line(NamedTuple):
    """A line of the ledger, as text.

    Attributes
    ----------
    anchor
        Target of links.
    study, run, verdict
        Names, for filters; `run` is empty where the claim is about none. That of a verdict is
        never empty, since an empty filter shows everything.
    kind
        One of `KINDS`.
    group
        Name of the question in `GROUPS` that the kind belongs to and that the line counts for,
        or nothing.
    is_vacuous
        Whether it says nothing, so that it is shown only where it is asked for.
    study_title, run_title, about, quote, where
        Which claim it is.
    chapter, run_place
        Addresses of its place in the chapter, and of the run's.
    reported, reproduced, interval, tolerance
        As shown.
    reported_number, exact
        To sort by, and exactly; None where it is no number.
    verdict_text
        With its mark.
    reason
        Why it has this verdict.
    notebooks
        Titles and addresses of the notebooks behind it.
    """

    anchor: str
    study: str
    run: str
    verdict: str
    kind: str
    group: str
    is_vacuous: bool
    study_title: str
    run_title: str
    about: str
    quote: str
    where: str
    chapter: str
    run_place: str
    reported: str
    reproduced: str
    interval: str
    tolerance: str
    reported_number: float | None
    exact: float | None
    verdict_text: str
    reason: str
    notebooks: Sequence[tuple[str, str]]


def lines(chapters: Sequence[Outcomes], site: Site) -> list[Line]:
    """List the ledger in the order of the chapters.

    Parameters
    ----------
    chapters
        Outcomes of every study.
    site
        Knows on which page a claim stands.
    """
    return [
        line
        for chapter in chapters
        for entry in chapter.entries
        for line in _lines_of(entry, chapter, site)
    ]


def choices(listed: Sequence[Line]) -> dict[str, dict[str, str]]:
    """Give what the ledger can be filtered by: the values of each filter, and their titles."""
    order = dict.fromkeys(verdict for question in QUESTIONS for verdict in question.verdicts)
    found = {line.verdict for line in listed}
    kinds = {line.kind for line in listed}
    groups = {line.group for line in listed}
    together = {_name(question): title for question, title in TOGETHER.items()}
    runs = {f"{line.study}/{line.run}": line for line in listed if line.run}
    return {
        "study": {line.study: line.study_title for line in listed},
        "kind": {
            **{name: title for name, title in together.items() if name in groups},
            **{kind: title for kind, title in KINDS.items() if kind in kinds},
        },
        "verdict": {v.name_in_pages: v.words for v in order if v.name_in_pages in found},
        "run": {name: f"{line.run_title} ({line.study_title})" for name, line in runs.items()},
    }


def address(question: Question, verdict: Verdict | None = None, study: str | None = None) -> str:
    """Address of the lines that a question is about, relative to the report.

    Parameters
    ----------
    question
        One of the ledger's.
    verdict
        That the lines have; None for all.
    study
        That they are of; None for all.
    """
    asked = {
        "study": study,
        "kind": _name(question),
        "verdict": verdict and verdict.name_in_pages,
    }
    return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"


def about(claim: Claim, titles: Mapping[str, str]) -> str:
    """Say in a few words what a claim is about.

    Parameters
    ----------
    claim
        The claim.
    titles
        Titles of the runs, by name.
    """
    match claim:
        case ConsistencyClaim():
            return words.check_text(claim)
        case ValueClaim() | TableClaim():
            parts = words.measured_text(claim), titles[claim.run], claim.split
            return ", ".join(part for part in parts if part)
    return words.statement_text(claim, titles)


def _lines_of(entry: Entry[Any], chapter: Outcomes, site: Site) -> Iterator[Line]:
    claim, anchor, titles = entry.claim, claim_anchor(entry), chapter.titles
    run = getattr(claim, "run", "")
    place = anchor if anchor in site else entry.study
    pages = evidence.first_pages(entry, chapter.layout)
    line = Line(
        anchor=anchor,
        study=entry.study,
        run=run,
        verdict=entry.verdict.name_in_pages,
        kind=claim.kind,
        group=_group(claim.kind) if counting([entry], type(claim)) else "",
        is_vacuous=isinstance(claim, ConsistencyClaim) and causes.is_vacuous(entry),
        study_title=chapter.study.title,
        run_title=titles.get(run, ""),
        about=about(claim, titles),
        quote=claim.quote,
        where=claim.where,
        chapter=site.address(place),
        run_place=site.address(of_run if (of_run := f"{entry.study}-{run}") in site else place),
        reported=str(rows.reported(claim)),
        reproduced="",
        interval="",
        tolerance="",
        reported_number=None,
        exact=None,
        verdict_text=words.verdict_text(entry),
        reason=_reason(entry) + _cause(entry, chapter),
        notebooks=[(titles[of], page) for of, page in pages.items()],
    )
    match claim:
        case ValueClaim():
            yield _with_number(line, entry)
        case TableClaim():
            yield line._replace(reported=f"{len(entry.judgement.cells):,} numbers")
            yield from _cell_lines(line, entry, site)
        case _:
            yield line


def _with_number(line: Line, entry: Entry[ValueClaim]) -> Line:
    return line._replace(
        reproduced=words.reproduced_text(entry),
        interval=words.interval_text(entry),
        tolerance=words.tolerance_text(entry.claim),
        reported_number=_number(entry.claim.reported),
        exact=entry.judgement.reproduced,
    )


def _cell_lines(line: Line, entry: Entry[TableClaim], site: Site) -> Iterator[Line]:
    cells = cells_anchor(entry)
    chapter = site.address(cells) if cells in site else line.chapter
    whole = line._replace(kind="cell", group=_group("cell"), chapter=chapter, reason="")
    for n, cell in enumerate(entry.judgement.cells, start=1):
        yield _of_cell(cell, whole)._replace(anchor=f"{line.anchor}-{n}")


def _of_cell(cell: Cell, line: Line) -> Line:
    return line._replace(
        about=f"{words.cell_name(cell)}: {line.about}",
        reported=cell.reported,
        reported_number=_number(cell.reported),
        reproduced=words.alike(cell.reproduced, cell.reported),
        exact=cell.reproduced,
        verdict=cell.verdict.name_in_pages,
        verdict_text=words.marked(cell.verdict),
    )


def _name(question: Question) -> str:
    return question.title.replace(" ", "_")


def _group(kind: str) -> str:
    return next((_name(question) for question, kinds in GROUPS.items() if kind in kinds), "")


def _number(reported: str) -> float:
    return float(Reported.parse(reported).value)


def _cause(entry: Entry[Any], chapter: Outcomes) -> str:
    """Name the place of the contradiction that stands for the cause of this one."""
    of_cause = getattr(entry.claim, "same_cause_as", None)
    return f" Same cause as in {chapter.entry(of_cause).claim.where}." if of_cause else ""


def _reason(entry: Entry[Any]) -> str:
    reason, n = words.found_text(entry), len(entry.assumes)
    if not n or entry.verdict is Verdict.NOT_RUN:
        return reason.strip()
    return f"{reason} Rests on {n} assumption{'s' * (n != 1)}.".strip()
