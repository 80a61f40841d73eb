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
    passages,
    reports,
    sentence,
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
    text = [*passages.passages(document, taken)]
    classes = [name for report in whole.reports for name in report.rows]
    told = [*sentence.sentences(document, text, classes)]
    in_lines = [*metric_lines.find(document, taken)]
    stated = [*sentences.find(told, in_lines)]
    return replace(
        whole,
        results=[*in_lines, *(each for each in stated if isinstance(each, Result))],
        limits=[each for each in stated if isinstance(each, Limit)],
        settings=[*settings.find(document, told, _spans(replace(whole, listings=())))],
        sizes=[*sizes.find(document, text)],
        extremes=[*extremes.find(told)],
        orderings=[*extremes.find_orderings(told)],
        models=[*models.find(document, text)],
        counts=[*models.find_counts(document, text)],
        lists=[*models.find_lists(document, text)],
        one_hots=[*models.find_one_hots(document, text)],
        ranges=[*models.find_ranges(document, text)],
    )


def _spans(readings: Readings) -> list[tuple[int, int]]:
    return [(number, number) for number in sorted(readings.taken)]
