"""A command with nothing to do, and a report that is rendered again."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import SMOKE, Scratch, cores, run

PART = "noop"
RESULTS = "results/noop"
REPEATS = 3
VERSION, NOTHING = "Snakemake's own start", "nothing to do"
SENTENCE = "\n\nOne more sentence, so that the report changes.\n"


def measure(
    scratch: Scratch, studies: str | Sequence[str] = "all", repeats: int = REPEATS
) -> Iterator[Row | Skipped]:
    """Time both in a copy of the project with a smoke run.

    Parameters
    ----------
    scratch
        Copy of the project.
    studies
        Studies of the smoke run.
    repeats
        Number of commands with nothing to do.
    """
    overrides = {"studies": studies}
    layout = scratch.smoke(RESULTS, **overrides)
    given = {**SMOKE, **overrides, "results": RESULTS}
    idle, version = [], []
    for _ in range(repeats):
        version.append(run(["snakemake", "--version"], scratch.path, scratch.environment))
        idle.append(scratch.snakemake(overrides=given, cores=cores()))
    if "Nothing to be done" not in idle[-1].said:
        yield Skipped(PART, NOTHING, "a second command found something to do")
        return
    before = layout.report_html.stat().st_mtime_ns
    # Touching the file is not enough, because Snakemake compares the content of small files.
    narrative = next((scratch.path / "studies").glob("*/narrative.md"))
    if studies != "all":
        narrative = scratch.path / "studies" / studies[0] / "narrative.md"
    narrative.write_text(narrative.read_text(encoding="utf-8") + SENTENCE, encoding="utf-8")
    again = scratch.snakemake(overrides=given, cores=cores())
    if layout.report_html.stat().st_mtime_ns == before:
        yield Skipped(PART, "report again", "a changed narrative did not change the report")
        return
    seconds = {
        VERSION: statistics.median(done.seconds for done in version),
        NOTHING: statistics.median(done.seconds for done in idle),
        "report again": again.seconds,
    }
    yield from compared(PART, "snakemake", "s", seconds, VERSION)
