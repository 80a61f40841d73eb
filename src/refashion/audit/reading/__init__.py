"""General readers: each finds things of one kind in any document."""

from __future__ import annotations

from dataclasses import replace

from refashion.audit.reading import (
    captions,
    layer_tables,
    listings,
    logs,
    matrices,
    prose,
    reports,
    tables,
)
from refashion.audit.reading.readings import Readings
from refashion.documents.document import Document

# What is read as a whole, so that its lines are no running text.
_WHOLE = ("reports", "matrices", "logs", "tables", "layer_tables", "listings")


def read_all(document: Document) -> Readings:
    """Read everything.

    A line is of one thing: what is no report, matrix, log or listing is looked at as a table, and
    what is none of these as a line with a metric or as a sentence.
    """
    whole = _whole(document)
    # Listings are read again, for the settings in them.
    left_out = [(number, number) for number in sorted(replace(whole, listings=()).taken)]
    rows = {name for report in whole.reports for name in report.rows}
    classes = sorted(rows - {*reports.AVERAGES})
    told = prose.read(document, left_out, classes)
    found = {name: getattr(whole, name) for name in (*_WHOLE, "headings", "captions")}
    return replace(told, **found)


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
