"""A document under audit, as the questions see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from refashion.audit.belonging import Belonging, Owner
from refashion.audit.reading import tabulated
from refashion.audit.reading.readings import PrintedResult, Reading, Readings, Size
from refashion.checks.consistency import number
from refashion.documents.document import Document

# Characters around a quote that may tell what it is of.
NEAR = 200


@dataclass
class Case:
    """What was read, with what belongs together.

    Attributes
    ----------
    document
        The document.
    readings
        What was found in it.
    """

    document: Document
    readings: Readings
    _owners: dict[int, Owner] = field(default_factory=dict)

    @cached_property
    def _belonging(self) -> Belonging:
        return Belonging(self.document, self.readings)

    def owner(self, reading: Reading) -> Owner:
        """Return what a reading is of."""
        if id(reading) not in self._owners:
            self._owners[id(reading)] = self._belonging.owner(reading)
        return self._owners[id(reading)]

    def topic(self, reading: Reading) -> str | None:
        """Return the model that the nearest announcing line above names."""
        return self._belonging.topic(reading.first)

    @cached_property
    def tabulated(self) -> list[PrintedResult]:
        """Results in the cells of tables."""
        return [*tabulated.results(self.readings.tables)]

    @cached_property
    def in_lines(self) -> list[PrintedResult]:
        """Results in lines of their own, in the order of the document; no changes."""
        found = (r for r in self.readings.results if not r.is_sentence and r.change is None)
        return sorted(found, key=lambda result: result.first)

    def sizes(self, of: str) -> list[Size]:
        """Return the stated numbers of examples of a split, each number once; no shares."""
        found: dict[int, Size] = {}
        for size in self.readings.sizes:
            if size.of == of and "%" not in size.value:
                try:
                    found.setdefault(number.count(size.value), size)
                except ValueError:
                    continue
        return list(found.values())

    def around(self, reading: Reading, lines: int = 1) -> str:
        """Return the text around what was read, for the words that tell what it is of.

        Parameters
        ----------
        reading
            What was read.
        lines
            How many lines before and behind it may belong to its sentence. Of a long line, such
            as a whole paragraph, it is what stands near the quote.
        """
        text = self.text(max(1, reading.first - lines), reading.last + lines)
        at = text.find(" ".join(reading.quote.split())[:20])
        if at < 0 or len(text) <= 2 * NEAR:
            return text
        return text[max(0, at - NEAR) : at + len(reading.quote) + NEAR]

    def text(self, first: int, last: int) -> str:
        """Return lines of the document as one text."""
        return "\n".join(line.text for line in self.document.lines[first - 1 : last])


def together(
    results: Iterable[PrintedResult],
    begins_another: Callable[[Sequence[PrintedResult], PrintedResult], bool],
) -> Iterator[list[PrintedResult]]:
    """Yield results that stand together.

    Parameters
    ----------
    results
        Results in their order.
    begins_another
        Whether the next result is not one of the block before it.
    """
    block: list[PrintedResult] = []
    for result in results:
        if block and begins_another(block, result):
            yield block
            block = []
        block.append(result)
    if block:
        yield block


def is_far(block: Sequence[PrintedResult], result: PrintedResult, furthest: int) -> bool:
    """Whether a result stands more lines behind the last of a block than those of one do."""
    return result.first - block[-1].last > furthest
