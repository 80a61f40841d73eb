"""Everything that is read in the running text of a document."""

from __future__ import annotations

from collections.abc import Iterable

from refashion.audit.reading import (
    extremes,
    metric_lines,
    models,
    passages,
    sentence,
    sentences,
    settings,
    sizes,
)
from refashion.audit.reading.readings import Limit, PrintedResult, Readings
from refashion.documents.document import Document


def read(
    document: Document, left_out: Iterable[passages.Span] = (), classes: Iterable[str] = ()
) -> Readings:
    """Read the running text, the printed lines and the settings of a document.

    Parameters
    ----------
    document
        The document.
    left_out
        Ranges of lines (first, last) that are read elsewhere: tables, reports, matrices, logs.
        Listings of code are not among them, because settings stand in them.
    classes
        Names of classes beyond those that the document lists: rows of reports, labels of matrices.
    """
    left = [*left_out]
    text = [*passages.passages(document, left)]
    told = [*sentence.sentences(document, text, classes)]
    printed = [*metric_lines.find(document, left)]
    stated = [*sentences.find(told, printed)]
    results = [*printed, *(each for each in stated if isinstance(each, PrintedResult))]
    return Readings(
        results=sorted(results, key=lambda result: result.first),
        limits=[each for each in stated if isinstance(each, Limit)],
        extremes=[*extremes.find(told)],
        orderings=[*extremes.find_orderings(told)],
        settings=[*settings.find(document, told, left)],
        sizes=[*sizes.find(document, text)],
        models=[*models.find(document, text)],
        counts=[*models.find_counts(document, text)],
        lists=[*models.find_lists(document, text)],
        one_hots=[*models.find_one_hots(document, text)],
        ranges=[*models.find_ranges(document, text)],
    )
