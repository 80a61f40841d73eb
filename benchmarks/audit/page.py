"""The tables of `docs/audit.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.audit import sources
from benchmarks.audit.scoring import Score
from refashion.artifacts import write_text

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


def write(read: Sequence[sources.Score], by_writer: Mapping[str, Score]) -> None:
    """Put the measured tables into the page; without sources, their table stays as it is."""
    whole = sum(by_writer.values(), Score())
    tables = {"formats": [*formats(by_writer, whole)], "planted": [*planted(whole)]}
    if read:
        tables["sources"] = [*of_sources(read)]
    text = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, _, rest = text.partition(begin)
        _, _, tail = rest.partition(end)
        text = "\n".join([f"{head}{begin}\n", *table, f"\n{end}{tail}"])
    write_text(PAGE, text)


def of_sources(scores: Sequence[sources.Score]) -> Iterator[str]:
    """Yield the table of the sources."""
    yield "| source | numbers of claims | read | wrong numbers | contradictions | found |"
    yield "|---|---:|---:|---:|---:|---:|"
    for place, score in enumerate(scores, 1):
        yield _source_row(f"{place}", score)
    whole = sources.Score(
        source="",
        numbers=sum(score.numbers for score in scores),
        read=sum(score.read for score in scores),
        results=sum(score.results for score in scores),
        false=[each for score in scores for each in score.false],
        contradictions=[each for score in scores for each in score.contradictions],
        found=[each for score in scores for each in score.found],
    )
    yield _source_row("all", whole)


def _source_row(name: str, score: sources.Score) -> str:
    cells = [
        *(name, f"{score.numbers:,}", _percent(score.read, score.numbers)),
        *(f"{len(score.false)} of {score.results:,}", str(len(score.contradictions))),
        str(len(score.found)),
    ]
    return _row(cells)


def formats(by_writer: Mapping[str, Score], whole: Score) -> Iterator[str]:
    """Yield the table of the formats."""
    yield (
        "| format | reports | numbers read | wrong numbers | planted contradictions found |"
        " false contradictions a report | false doubts a report |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name, score in {**by_writer, "all": whole}.items():
        cells = [
            *(name, str(score.reports), _percent(score.read, score.facts, 1)),
            *(_percent(score.false, score.results, 1), _planted(score)),
            f"{score.inconsistent / score.reports:.2f}",
            f"{score.doubtful / score.reports:.2f}",
        ]
        yield _row(cells)


def _planted(score: Score) -> str:
    return f"{sum(score.found.values())} of {sum(score.planted.values())}"


def planted(whole: Score) -> Iterator[str]:
    """Yield the table of the kinds of contradictions."""
    yield "| planted | reports | found | called a contradiction, not doubtful |"
    yield "|---|---:|---:|---:|"
    for kind in sorted(whole.planted):
        counts = (whole.planted[kind], whole.found[kind], whole.told[kind])
        yield _row([kind, *map(str, counts)])


def _percent(part: int, whole: int, digits: int = 0) -> str:
    return f"{100 * part / whole:.{digits}f} %" if whole else "-"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
