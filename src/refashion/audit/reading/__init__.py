"""General readers: each finds things of one kind in any document."""

from __future__ import annotations

from dataclasses import replace

from refashion.audit.reading import (
    captions,
    extremes,
    layer_tables,
    listings,
    logs,
    matrices,
    metric_lines,
    models,
    reports,
    sentences,
    settings,
    sizes,
    tables,
)
from refashion.audit.reading.readings import Limit, Readings, Result
from refashion.documents.document import Document


def read_all(document: Document) -> Readings:
    """Read everything.

    A line is of one thing: what is no report, matrix, log or listing is looked at as a table, and
    what is none of these as a line with a metric or as a sentence.
    """
    return _in_text(document, _whole(document))


def _whole(document: Document) -> Readings:
    """Read what is printed as a whole."""
    first = Readings(
        reports=[*reports.find(document)],
        matrices=[*matrices.find(document)],
        logs=[*logs.find(document)],
        layer_tables=[*layer_tables.find(document)],
        listings=[*listings.find(document)],
        headings=[*captions.find_headings(document)],
        captions=[*captions.find(document)],
    )
    return replace(first, tables=[*tables.find(document, first.taken)])


def _in_text(document: Document, whole: Readings) -> Readings:
    """Read lines and sentences, where nothing else has been read."""
    taken = _spans(whole)
    not_code = _spans(replace(whole, listings=()))
    in_lines = [*metric_lines.find(document, taken)]
    left_out = [*taken, *((result.first, result.last) for result in in_lines)]
    classes = [
        name for report in whole.reports for name in report.rows if name not in reports.AVERAGES
    ]
    stated = [*sentences.find(document, left_out, classes)]
    in_sentences = [each for each in stated if isinstance(each, Result)]
    return replace(
        whole,
        results=[*in_lines, *in_sentences],
        limits=[each for each in stated if isinstance(each, Limit)],
        settings=[*settings.find(document, not_code)],
        sizes=[*sizes.find(document, left_out)],
        extremes=[*extremes.find(document, left_out, classes)],
        orderings=[*extremes.find_orderings(document, left_out)],
        models=[*models.find(document, taken)],
        counts=[*models.find_counts(document, taken)],
        lists=[*models.find_lists(document, taken)],
        one_hots=[*models.find_one_hots(document, taken)],
        ranges=[*models.find_ranges(document, taken)],
    )


def _spans(readings: Readings) -> list[tuple[int, int]]:
    return [(number, number) for number in sorted(readings.taken)]
