"""What code says of models: estimators that it makes, and listings of networks."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from refashion.audit.draft import literals, vocabulary
from refashion.audit.draft.dataset import Data
from refashion.audit.draft.source import DraftSource
from refashion.audit.reading.code import Code
from refashion.audit.reading.readings import Listing

_CONSTRUCTED = re.compile(r"(?<![\w.])(?:\w+\.){0,4}(?P<name>[A-Z]\w{2,60})\s*\(")


def constructed(source: DraftSource, data: Data) -> dict[str, dict[str, Any]]:
    """Return the estimators that code makes, by import path, with their plain arguments."""
    code = Code.of(source.audit.document)
    found: dict[str, dict[str, Any]] = {}
    if "sklearn" not in code.text and "Classifier(" not in code.text:
        return found
    for each in _CONSTRUCTED.finditer(code.text):
        path = vocabulary.class_path(each["name"], data.task)
        if path is None or path in found:
            continue
        call = code.call(each.start(), each.end() - 1)
        found[path] = {}
        for text in call.arguments:
            name, sign, given = text.partition("=")
            if sign:
                try:
                    found[path][name.strip()] = literals.value(given)
                except literals.UnclearError:
                    continue
    return found


def listings(
    source: DraftSource, first: dict[str, int]
) -> tuple[dict[str, Listing], dict[str, list[str]]]:
    """Find out of which model each listing is; by its layers where the text does not tell."""
    found: dict[str, Listing] = {}
    notes: dict[str, list[str]] = defaultdict(list)
    unclaimed: list[Listing] = []
    for listing in source.audit.readings.listings:
        key = source.owner(listing).model
        if key and key not in found:
            found[key] = listing
        else:
            unclaimed.append(listing)
    for listing in unclaimed:
        kind = _kind(listing)
        fitting = [key for key in first if kind.search(key) and key not in found]
        lines = f"lines {listing.first} to {listing.last}"
        if fitting:
            key = fitting[0]
            notes[key].append(f"the listing of {lines} was taken for it by its layers")
        else:
            key = f"network of line {listing.first}"
            first[key] = listing.first
            notes[key].append(f"the text does not say which model the listing of {lines} is")
        found[key] = listing
    return found, notes


def _kind(listing: Listing) -> re.Pattern[str]:
    names = " ".join(kind for kind, _ in listing.layers)
    if re.search(r"LSTM|GRU|RNN", names):
        return vocabulary.RECURRENT
    return vocabulary.CONVOLUTIONAL if "Conv" in names else vocabulary.DENSE
