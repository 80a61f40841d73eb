"""The ledger page: one table with a line for each claim and for each number in a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from refashion.explanation.searches import told_by_searches
from refashion.explanation.subjects import AGAINST, Subject
from refashion.ledger import causes, words
from refashion.ledger.entry import AssumedSetting, Cell, Entry, Verdict
from refashion.ledger.importance import LedgerRow, by_importance
from refashion.ledger.pictures import picture_of
from refashion.ledger.standing import Standing
from refashion.ledger.tables import (
    NUMBERS,
    OWN_NUMBERS,
    QUESTIONS,
    STATEMENTS,
    Question,
    counting,
)
from refashion.render.chapter import evidence
from refashion.render.chapter.claims import assumptions_text, cells_anchor, claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site.site import Site
from refashion.reported import Reported
from refashion.shortening import clipped
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    NumberClaim,
    TableClaim,
)
from refashion.wording import counted, setting_text

LEDGER_PATH = "ledger.html"
# A claim about more runs than these links none of their notebooks.
MOST_NOTEBOOKS = 6
# Assumptions that a row names; its chapter names all of them.
MOST_ASSUMPTIONS = 6
# Characters of a value in a row.
MOST_LETTERS = 60
# Names of the kinds of claims for readers. Here, each number in a table is a claim of its own.
KIND_NAMES = {
    "value": "number",
    "output": "printed number",
    "table": "table",
    "cell": "number in a table",
    "ordering": "ordering",
    "extreme": "extreme",
    "curve": "training",
    "cost": "time",
    "text": "learned text",
    "consistency": "consistency",
}
# Kinds that can be filtered together, by their question, and what they are called together. Of the
# consistency checks, these are the ones that count.
KIND_GROUPS = {
    NUMBERS: ("value", "output", "cell"),
    STATEMENTS: ("ordering", "extreme", "curve", "cost", "text"),
    OWN_NUMBERS: ("consistency",),
}
TOGETHER = {
    NUMBERS: "all numbers",
    STATEMENTS: "all statements",
    OWN_NUMBERS: "own numbers, each contradiction once",
}


class Line(NamedTuple):
    """A line of the ledger page.

    Attributes
    ----------
    anchor
        Target of links.
    study, run, verdict
        Names of the study, the run and the verdict, to filter by. The run is empty if the claim
        concerns none. The verdict is never empty, since an empty filter shows all lines.
    kind
        Kind of the claim, a key of `KIND_NAMES`.
    group
        Name of the question in `KIND_GROUPS` that the kind belongs to and that the line counts
        for; empty if none.
    is_vacuous
        Whether it says nothing, so that it is shown only on request.
    study_title, run_title
        Titles of the study and the run.
    about
        Subject of the claim.
    quote, where
        Quotation of the claim, and its place in the source.
    chapter, run_place
        Link targets: the claim in its chapter, and the section of its run.
    reported, reproduced, interval, tolerance
        Formatted numbers.
    reported_number, exact
        Reported and re-created number to sort by; None if there is none.
    rank
        Place of the verdict from the worst, to sort by.
    standing
        What the verdict comes to, to filter by.
    verdict_text
        Verdict with its mark.
    reason
        Reason for the verdict.
    assumptions
        The settings that were assumed, the first of them; empty for a number of a table, which
        rests on those of its table.
    arithmetic
        How the verdict follows from the numbers; empty if the reason says it.
    picture
        Anchor of its picture in the site; empty for none.
    citation
        The claim with its result and its source, to be pasted elsewhere.
    notebooks
        Titles and addresses of the executed notebooks.
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
    rank: float
    standing: str
    verdict_text: str
    reason: str
    assumptions: str
    arithmetic: str
    picture: str
    citation: str
    notebooks: Sequence[tuple[str, str]]


def ledger_lines(chapters: Sequence[Outcomes], site: Site) -> list[Line]:
    """Return all lines of the ledger, what matters most first. Their pictures join the site.

    Parameters
    ----------
    chapters
        Results of every study.
    site
        Pages of the report, to find the page of each claim.
    """
    by_study = {chapter.study.name: chapter for chapter in chapters}
    entries = [entry for chapter in chapters for entry in chapter.entries]
    pages = {
        (entry.study, entry.claim.id): evidence.first_pages(entry, by_study[entry.study].layout)
        for entry in entries
    }
    lines = []
    for row in by_importance(entries):
        entry, chapter = row.entry, by_study[row.entry.study]
        line = _line_of(row, chapter, site, pages[entry.study, entry.claim.id])
        if not row.cell and (picture := picture_of(entry)):
            line = line._replace(picture=f"{line.anchor}-picture")
            site.pictures[line.picture] = picture
        lines.append(line._replace(citation=_citation(line, entry)))
    return lines


def filter_choices(lines: Sequence[Line]) -> dict[str, dict[str, str]]:
    """Return the titles of the values of each filter, by filter and value."""
    order = dict.fromkeys(verdict for question in QUESTIONS for verdict in question.verdicts)
    found = {line.verdict for line in lines}
    standings = {line.standing for line in lines}
    kinds = {line.kind for line in lines}
    groups = {line.group for line in lines}
    together = {_name(question): title for question, title in TOGETHER.items()}
    runs = {f"{line.study}/{line.run}": line for line in lines if line.run}
    return {
        "study": {line.study: line.study_title for line in lines},
        "kind": {
            **{name: title for name, title in together.items() if name in groups},
            **{kind: title for kind, title in KIND_NAMES.items() if kind in kinds},
        },
        "verdict": {
            **{s.value: f"all that {s.words(2)}" for s in Standing if s.value in standings},
            **{v.name_in_pages: v.words for v in order if v.name_in_pages in found},
        },
        "run": {name: f"{line.run_title} ({line.study_title})" for name, line in runs.items()},
    }


def address(question: Question, verdict: Verdict | None = None, study: str | None = None) -> str:
    """Return a link to the filtered ledger, relative to the report.

    Parameters
    ----------
    question
        Question of the ledger to show.
    verdict
        Verdict to show; None for all.
    study
        Study to show; None for all.
    """
    filters = {
        "study": study,
        "kind": _name(question),
        "verdict": verdict and verdict.name_in_pages,
    }
    return f"{LEDGER_PATH}?{urlencode({name: value for name, value in filters.items() if value})}"


def standing_address(standing: Standing) -> str:
    """Return a link to the claims of the ledger that hold, do not hold, and so on."""
    return f"{LEDGER_PATH}?{urlencode({'verdict': standing.value})}"


def subject(claim: Claim, titles: Mapping[str, str]) -> str:
    """Return the subject of a claim in a few words.

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
        case NumberClaim() | TableClaim():
            run = titles[claim.run] if claim.run else None
            parts = words.measured_text(claim), run, claim.split
            return ", ".join(part for part in parts if part)
    return words.statement_text(claim, titles)


def _line_of(row: LedgerRow, chapter: Outcomes, site: Site, pages: Mapping[str, str]) -> Line:
    entry, verdict = row.entry, row.counts_as
    claim, anchor, titles = entry.claim, claim_anchor(entry), chapter.titles
    run = getattr(claim, "run", None) or ""
    place = anchor if anchor in site else entry.study
    line = Line(
        anchor=anchor,
        study=entry.study,
        run=run,
        verdict=verdict.name_in_pages,
        kind=claim.kind,
        group=_group(claim.kind) if counting([entry], type(claim)) else "",
        is_vacuous=isinstance(claim, ConsistencyClaim) and causes.is_vacuous(entry),
        study_title=chapter.study.title,
        run_title=titles.get(run, ""),
        about=subject(claim, titles),
        quote=claim.quote,
        where=claim.where,
        chapter=site.address(place),
        run_place=_place(f"{entry.study}-{run}", site, place),
        reported="",
        reproduced="",
        interval="",
        tolerance="",
        reported_number=None,
        exact=None,
        rank=3.0 if verdict.rank is None else verdict.rank,
        standing=Standing.of(verdict).value if _is_counted(row) else "",
        verdict_text=words.verdict_text(entry),
        reason=" ".join(_reasons(row, chapter)),
        assumptions=""
        if row.cell or row.verdict is Verdict.NOT_RUN
        else _named(entry.assumes, chapter),
        arithmetic="",
        picture="",
        citation="",
        notebooks=_notebooks(pages, titles) if len(pages) <= MOST_NOTEBOOKS else [],
    )
    match claim:
        case NumberClaim():
            return _with_number(line, entry)
        case TableClaim() if row.cell:
            return _of_cell(line, row, row.cell, site, titles, pages)
        case TableClaim():
            return line._replace(reported=counted(len(entry.judgement.cells), "number"))
    return line


def _with_number(line: Line, entry: Entry[NumberClaim]) -> Line:
    return line._replace(
        reported=entry.claim.reported,
        reproduced=words.reproduced_text(entry),
        interval=words.interval_text(entry),
        tolerance=words.tolerance_text(entry.claim),
        reported_number=_number(entry.claim.reported),
        exact=entry.judgement.reproduced,
        arithmetic=words.arithmetic_text(entry),
    )


def _of_cell(
    line: Line,
    row: LedgerRow,
    cell: Cell,
    site: Site,
    titles: Mapping[str, str],
    pages: Mapping[str, str],
) -> Line:
    entry = row.entry
    cells, run = cells_anchor(entry), entry.claim.run_of(cell.row)
    named = cell._replace(row=titles[run]) if entry.claim.table == "runs" else cell
    return line._replace(
        anchor=f"{line.anchor}-{row.number}",
        run=run,
        run_title=titles[run],
        run_place=_place(f"{entry.study}-{run}", site, entry.study),
        notebooks=_notebooks({run: pages[run]} if run in pages else {}, titles),
        kind="cell",
        group=_group("cell"),
        chapter=site.address(cells) if cells in site else line.chapter,
        about=f"{words.cell_title(named, entry.claim)}: {line.about}",
        reported=cell.reported,
        reported_number=_number(cell.reported),
        reproduced=words.alike(cell.reproduced, cell.reported, cell.verdict is Verdict.EXACT),
        exact=cell.reproduced,
        interval=words.cell_interval_text(cell, entry.claim),
        tolerance=words.cell_tolerance_text(cell, entry.claim),
        arithmetic=words.cell_arithmetic_text(cell, entry),
        verdict_text=words.cell_verdict_text(cell),
    )


def _is_counted(row: LedgerRow) -> bool:
    """Whether a line counts on the first screen: of a table, each of its numbers does."""
    claim = row.entry.claim
    return row.cell is not None or not isinstance(claim, ConsistencyClaim | TableClaim)


def _place(anchor: str, site: Site, otherwise: str) -> str:
    return site.address(anchor if anchor in site else otherwise)


def _notebooks(pages: Mapping[str, str], titles: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(titles[run], page) for run, page in pages.items()]


def _citation(line: Line, entry: Entry[Any]) -> str:
    """Write a claim with its result and its source, to be pasted elsewhere."""
    numbers = f" Reported: {line.reported}; re-created: {line.reproduced}." * bool(line.reproduced)
    verdict = line.verdict_text.replace("\u00a0", " ")
    source = f"{entry.source.rstrip('.')}, {line.where}"
    return f"{line.about}.{numbers} Verdict: {verdict}. “{line.quote}” ({source})."


def _name(question: Question) -> str:
    return question.title.replace(" ", "_")


def _group(kind: str) -> str:
    return next((_name(question) for question, kinds in KIND_GROUPS.items() if kind in kinds), "")


def _number(reported: str) -> float:
    return float(Reported.parse(reported).value)


def _reasons(row: LedgerRow, chapter: Outcomes) -> Iterator[str]:
    """Say why, what that rests on, and what searches have found for what is not reproduced."""
    entry = row.entry
    if not row.cell:
        yield from filter(None, [words.found_text(entry).strip()])
        if of_cause := getattr(entry.claim, "same_cause_as", None):
            yield f"Same cause as in {chapter.entry(of_cause).claim.where}."
    if row.verdict is Verdict.NOT_RUN:
        return
    if entry.assumes and not row.cell:
        yield f"Rests on {assumptions_text(entry.assumes)}."
    if row.verdict in AGAINST and not isinstance(entry.claim, ConsistencyClaim):
        of_cell = (row.cell.row, row.cell.column) if row.cell else ()
        if row.cell or not isinstance(entry.claim, TableClaim):
            yield from told_by_searches(
                Subject(entry.claim, *of_cell), chapter.study, chapter.searches
            )


def _named(assumed: Sequence[AssumedSetting], chapter: Outcomes) -> str:
    """Name some assumptions, each with its run if there are several; empty without any."""
    if not assumed:
        return ""
    has_runs = len({one.run for one in assumed}) > 1
    named = [
        f"{one.setting} {clipped(setting_text(one.value), MOST_LETTERS)}"
        + " (recovered)" * (one.recovered is not None)
        + f" ({chapter.titles[one.run]})" * has_runs
        for one in assumed[:MOST_ASSUMPTIONS]
    ]
    more = len(assumed) - len(named)
    return f"Assumed: {', '.join(named)}{f', and {more} more' if more else ''}."
