"""Readers of what a report prints: each finds things of one kind in any document."""

from refashion.audit.reading import (
    captions,
    layer_tables,
    listings,
    logs,
    matrices,
    reports,
    tables,
)
from refashion.audit.reading.readings import Readings
from refashion.documents.document import Document


def read_all(document: Document) -> Readings:
    """Read everything that is printed as a whole: reports, matrices, logs, tables and listings.

    A line is of one thing: what is no other thing is looked at as a table.
    """
    first = Readings(
        reports=[*reports.find(document)],
        matrices=[*matrices.find(document)],
        logs=[*logs.find(document)],
        layer_tables=[*layer_tables.find(document)],
        listings=[*listings.find(document)],
        headings=[*captions.find_headings(document)],
        captions=[*captions.find(document)],
    )
    return Readings(**(vars(first) | {"tables": [*tables.find(document, first.taken)]}))
