"""Efficiency of a whole report: the fraction of the available CPU time spent on training."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pypdfium2 as pdfium

from benchmarks.rows import Row, Skipped
from benchmarks.scratch import Scratch, cores
from refashion import artifacts
from refashion.artifacts import Layout

PART = "report"

# The study with the shortest runs. It runs without limits, which would leave only overhead.
SHORT = "tshirt_vs_trouser"


def measure(scratch: Scratch) -> Iterator[Row | Skipped]:
    """Measure the efficiency of one short study, and if possible of the project's own results."""
    if scratch.arrays("fashion_mnist") is None:
        yield Skipped(PART, SHORT, "Fashion-MNIST is not available here")
    else:
        folder = "results/efficiency"
        done = scratch.snakemake(overrides={"studies": [SHORT], "results": folder}, cores=cores())
        yield from _rows(f"study {SHORT} alone", scratch.path / folder, done.seconds, cores())
    yield from of_results(scratch.project / "results")


def of_results(results: Path) -> Iterator[Row | Skipped]:
    """Compute the efficiency of results that were made by a single command.

    Parameters
    ----------
    results
        Folder of the results.
    """
    layout, name = Layout(results), "whole report"
    if not (layout.manifest.exists() and layout.report_html.exists()):
        yield Skipped(PART, name, f"there is no report in {results.name}/")
        return
    manifest = artifacts.read_json(layout.manifest)
    started = datetime.fromisoformat(manifest["started"])
    if (limits := artifacts.read_json(layout.config)["limits"])["examples"] or limits["epochs"]:
        yield Skipped(PART, name, f"{results.name}/ contains a smoke run")
        return
    # The manifest describes the last command, which may have had little left to do.
    earlier = [path for path in _records(results) if path.stat().st_mtime < started.timestamp()]
    given = re.search(r"(?:--cores|-c|-j|--jobs)[ =]?(\d+|all)", manifest["command"] or "")
    if earlier:
        yield Skipped(
            PART, name, f"{len(earlier)} runs in {results.name}/ are from earlier commands"
        )
    elif not given:
        yield Skipped(PART, name, "its command does not state the number of cores")
    else:
        # The manifest is written before the report is rendered.
        rendered = max(path.stat().st_mtime for path in (layout.report_html, layout.report_pdf))
        seconds = rendered - started.timestamp()
        yield from _rows(name, results, seconds, cores() if given[1] == "all" else int(given[1]))
        yield from _pages(name, layout.report_pdf)


def _pages(name: str, report: Path) -> Iterator[Row]:
    """Count the pages of the report on paper, if it can be read."""
    with suppress(pdfium.PdfiumError), pdfium.PdfDocument(report) as document:
        yield Row(PART, name, "pages of the PDF", len(document), "pages")


def _records(results: Path) -> list[Path]:
    return sorted(results.glob("*/*/seed-*/run.json"))


def _rows(name: str, results: Path, seconds: float, n_cores: int) -> Iterator[Row]:
    records = [artifacts.read_json(path) for path in _records(results)]
    fit = sum(record["fit_seconds"] or 0 for record in records)
    runs = sum(record["wall_seconds"] or 0 for record in records)
    there_is = seconds * n_cores
    whole = "wall time × cores"
    yield Row(PART, name, whole, there_is, "s")
    yield Row(PART, name, "runs", runs, "s", whole, runs / there_is)
    yield Row(PART, name, "training alone", fit, "s", whole, fit / there_is)
