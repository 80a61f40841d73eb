"""Measure how fast and how sharp this project is, store the results, and compare them."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from benchmarks import (
    audit,
    chart,
    consistency,
    gpu,
    growth,
    noop,
    overhead,
    report,
    store,
    table,
    throughput,
    training,
)
from benchmarks.rows import Row, Skipped
from benchmarks.scratch import CommandError, Scratch
from refashion.artifacts import write_text
from refashion.errors import choices
from refashion.figures.style import to_svg

PROJECT = Path(__file__).parents[1]
MODULES = (training, throughput, overhead, report, noop, growth, consistency, audit, gpu)
PARTS = {part.PART: part for part in MODULES}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the parts named on the command line, and return the exit status."""
    given = parser().parse_args(arguments)
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser().error(f"no part {unknown[0]!r}; {choices(unknown[0], PARTS)}")
    if given.against and not given.against.is_file():
        parser().error(f"--against {given.against}: no such file; accepted: one of {store.FOLDER}")
    folder = PROJECT / store.FOLDER
    if given.against:
        before = {row.key: row for row in store.read(given.against).rows}
    else:
        before = store.rows_before(folder)
    rows, skipped = [], []
    with TemporaryDirectory(prefix="benchmarks-") as temporary:
        scratch = Scratch(Path(temporary), PROJECT)
        for part in given.parts or PARTS:
            measured, left_out = _measure(part, scratch)
            rows += measured
            skipped += left_out
    if not rows:
        print("No part could be measured.", file=sys.stderr)
        return 1
    results = store.Results.of(rows, skipped)
    path = results.write(folder)
    write_text(path.with_suffix(".svg"), to_svg(chart.plot(rows)))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table.table(results, before))
    console.print(f"Results: {path.relative_to(PROJECT)}, with a chart as .svg", soft_wrap=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Build the argument parser."""
    whole = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    whole.add_argument(
        "parts", nargs="*", metavar="PART", help=f"one of {', '.join(PARTS)}; default: all"
    )
    whole.add_argument("--against", type=Path, help="file of results to compare with")
    return whole


def _measure(part: str, scratch: Scratch) -> tuple[list[Row], list[Skipped]]:
    """Measure one part. A failure is reported and skipped, so that other results are kept."""
    rows, skipped, started = [], [], time.perf_counter()
    print(f"{part} ...", file=sys.stderr, flush=True)
    try:
        for found in PARTS[part].measure(scratch):
            (rows if isinstance(found, Row) else skipped).append(found)
            _print(found)
    except CommandError as error:
        skipped.append(Skipped(part, "the rest of this part", error.why))
        print(error, file=sys.stderr)
    print(f"{part}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return rows, skipped


def _print(found: Row | Skipped) -> None:
    told = f"{table.number(found.value)} {found.unit}" if isinstance(found, Row) else found.why
    text = f"{found.measure} {told}".strip()
    print(f"  {found.part}: {found.name}: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
