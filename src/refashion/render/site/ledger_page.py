"""The whole ledger as one table: a line for each claim, and for each number of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from refashion.ledger import text as ledger_text
from refashion.ledger.tables import NUMBERS, QUESTIONS, STATEMENTS, Question
from refashion.render.chapter import evidence
from refashion.render.chapter.claims import cells_anchor, claim_anchor
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.site.site import Site
from refashion.reported import Reported

Row = Mapping[str, Any]

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
# Kinds that can be asked for together, by the question that they belong to.
GROUPS = {NUMBERS: ("value", "cell"), STATEMENTS: STATEMENTS.kinds}


class Line(NamedTuple):
    """A line of the ledger, as text.

    Attributes
    ----------
    anchor
        Target of links.
    study, run, verdict
        Names, for filters; `run` is empty where the claim is about none.
    kind
        One of `KINDS`.
    group
        Title of the question in `GROUPS` that the kind belongs to, or nothing.
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
        for row in chapter.verdicts
        for line in _lines_of(row, chapter, site)
    ]


def choices(listed: Sequence[Line]) -> dict[str, dict[str, str]]:
    """Give what the ledger can be filtered by: the values of each filter, and their titles."""
    order = [verdict or "" for question in QUESTIONS for verdict in question.verdicts]
    verdicts = {verdict: ledger_text.words(verdict or None) for verdict in order}
    found = {line.verdict for line in listed}
    kinds = {line.kind for line in listed}
    runs = {f"{line.study}/{line.run}": line for line in listed if line.run}
    return {
        "study": {line.study: line.study_title for line in listed},
        "kind": {
            **{q.title: f"all {q.title.lower()}" for q, of in GROUPS.items() if kinds & {*of}},
            **{kind: title for kind, title in KINDS.items() if kind in kinds},
        },
        "verdict": {
            verdict or NOT_JUDGED: title for verdict, title in verdicts.items() if verdict in found
        },
        "run": {name: f"{line.run_title} ({line.study_title})" for name, line in runs.items()},
    }


# The value of a filter cannot be empty: that is every verdict.
NOT_JUDGED = "none"


def address(question: Question, verdict: str | None = None, study: str | None = None) -> str:
    """Address of the lines that a question is about, relative to the report.

    Parameters
    ----------
    question
        One of the ledger's.
    verdict
        That the lines have; "" for those that are not judged, None for all.
    study
        That they are of; None for all.
    """
    asked = {
        "study": study,
        "kind": question.title if question in GROUPS else question.kinds[0],
        "verdict": verdict if verdict is None else verdict or NOT_JUDGED,
    }
    return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"


def about(row: Row, titles: Mapping[str, str]) -> str:
    """Say in a few words what a claim is about.

    Parameters
    ----------
    row
        Of the ledger.
    titles
        Of the runs.
    """
    if row["kind"] == "consistency":
        return ledger_text.check_text(row)
    if row["kind"] not in ("value", "table"):
        return ledger_text.statement_text(row, titles)
    named = [ledger_text.measure_text(row["metric"]), titles.get(row["run"], row["run"])]
    return ", ".join(str(part) for part in (*named, row["split"]) if part)


def _lines_of(row: Row, chapter: Outcomes, site: Site) -> Iterator[Line]:
    anchor, titles = claim_anchor(row), chapter.titles
    place = anchor if anchor in site else row["study"]
    pages = evidence.first_pages(row, chapter.layout)
    line = Line(
        anchor=anchor,
        study=row["study"],
        run=row["run"] or "",
        verdict=row["verdict"] or "",
        kind=row["kind"],
        group=_group(row["kind"]),
        study_title=chapter.study.title,
        run_title=titles.get(row["run"], row["run"] or ""),
        about=about(row, titles),
        quote=row["quote"],
        where=row["where"],
        chapter=site.address(place),
        run_place=site.address(run if (run := f"{row['study']}-{row['run']}") in site else place),
        reported=str(row["reported"]),
        reproduced=ledger_text.reproduced_text(row) if row["kind"] == "value" else "",
        interval=ledger_text.interval_text(row) if row["kind"] == "value" else "",
        tolerance=ledger_text.tolerance_text(row) if row["kind"] == "value" else "",
        reported_number=_number(row["reported"]) if row["kind"] == "value" else None,
        exact=row["reproduced"] if row["kind"] == "value" else None,
        verdict_text=ledger_text.verdict_text(row),
        reason=_reason(row),
        notebooks=[(titles.get(run, run), page) for run, page in pages.items()],
    )
    if row["kind"] != "table":
        yield line
        return
    yield line._replace(reported=f"{len(row['cells']):,} numbers")
    cells = cells_anchor(row)
    whole = line._replace(
        kind="cell",
        group=_group("cell"),
        chapter=site.address(cells if cells in site else place),
        reason="",
    )
    for n, cell in enumerate(row["cells"], start=1):
        yield whole._replace(
            anchor=f"{anchor}-{n}",
            about=f"{cell['name']}: {line.about}",
            reported=cell["reported"],
            reported_number=_number(cell["reported"]),
            reproduced=ledger_text.alike(cell["reproduced"], cell["reported"]),
            exact=cell["reproduced"],
            verdict=cell["verdict"] or "",
            verdict_text=ledger_text.marked(cell["verdict"]),
        )


def _group(kind: str) -> str:
    return next((question.title for question, kinds in GROUPS.items() if kind in kinds), "")


def _number(reported: Any) -> float | None:
    try:
        return float(Reported.parse(str(reported)).value)
    except ValueError:
        return None


def _reason(row: Row) -> str:
    reason = ledger_text.found_text(row)
    n = len(row["assumes"])
    rests = (
        f" Rests on {n} assumption{'s' * (n != 1)}." if n and row["verdict"] != "not_run" else ""
    )
    return f"{reason}{rests}".strip()
