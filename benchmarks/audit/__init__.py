"""How well an audit reads reports and finds contradictions, and what it says of true ones.

The sources of the studies are not in the repository: their folder is given by the environment
variable `REFASHION_SOURCES`. Without them, made-up reports alone are measured.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.audit import page, sources, writing
from benchmarks.audit.made_up import made_up
from benchmarks.audit.scoring import Score, scored
from benchmarks.rows import Row, Skipped
from benchmarks.scratch import Scratch

PART = "audit"
SOURCES = "REFASHION_SOURCES"
REPORTS = 300
# The reports before it were looked at when readers were written.
FIRST = 1_000
NO_SOURCES = f"the sources are not in the repository; set {SOURCES} to their folder"


def measure(scratch: Scratch) -> Iterator[Row | Skipped]:
    """Audit the sources and made-up reports, and write the tables of `docs/audit.md`."""
    read: list[sources.Score] = []
    if folder := os.environ.get(SOURCES):
        read = [*sources.measure(Path(folder))]
        yield from _rows_of_sources(read)
    else:
        yield Skipped(PART, "sources", NO_SOURCES)
    by_writer = on_made_up(range(FIRST, FIRST + REPORTS))
    for name, score in by_writer.items():
        yield from _rows(name, score)
    yield from _rows("all made-up reports", total(by_writer.values()))
    page.write(read, by_writer)


def on_made_up(seeds: Iterable[int]) -> dict[str, Score]:
    """Write and audit made-up reports, all formats in turn; return a score for each format."""
    names = writing.available()
    scores = {name: Score() for name in names}
    with TemporaryDirectory(prefix="audits-") as temporary:
        for seed in seeds:
            name = names[seed // 2 % len(names)]  # a true and a changed report in each format
            suffix, write = writing.WRITERS[name]
            path = Path(temporary) / f"report{suffix}"
            draft = made_up(seed)
            write(draft, path)
            scores[name] += scored(draft, path)
            path.unlink()
    return scores


def total(scores: Iterable[Score]) -> Score:
    """Add scores up."""
    return sum(scores, Score())


def _rows_of_sources(scores: list[sources.Score]) -> Iterator[Row]:
    numbers, read = sum(s.numbers for s in scores), sum(s.read for s in scores)
    results, false = sum(s.results for s in scores), sum(len(s.false) for s in scores)
    known, found = (
        sum(len(s.contradictions) for s in scores),
        sum(len(s.found) for s in scores),
    )
    yield Row(PART, "sources", "numbers of claims that are read", 100 * read / numbers, "%")
    yield Row(PART, "sources", "wrong numbers", 100 * false / results, "%")
    yield Row(PART, "sources", "contradictions of the ledger that are found", found, f"of {known}")
    slowest = max(score.seconds for score in scores)
    yield Row(PART, "sources", "longest time", slowest, "s")


def _rows(name: str, score: Score) -> Iterator[Row]:
    """Give the rates of made-up reports."""
    planted = sum(score.planted.values())
    yield Row(PART, name, "numbers that are read", 100 * score.read / score.facts, "%")
    yield Row(PART, name, "wrong numbers", 100 * score.false / score.results, "%")
    yield Row(PART, name, "contradictions found", 100 * sum(score.found.values()) / planted, "%")
    yield Row(PART, name, "false contradictions a report", score.inconsistent / score.reports, "")
    yield Row(PART, name, "false doubts a report", score.doubtful / score.reports, "")
    yield Row(PART, name, "time a report", score.seconds / score.reports, "s")
