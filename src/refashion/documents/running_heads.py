"""Page numbers and running heads, which interrupt the text of a document with pages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from refashion.documents.document import TextLine

# How many lines at either end of a page may be one, and in which share of its height.
MOST_LINES = 2
MARGIN = 0.12
FEWEST_PAGES = 3
SAME_HEIGHT = 6.0
LONGEST = 200
# White space that separates it from the text, in units of its own height.
GAP = 0.6

_DIGITS = re.compile(r"\d+")


class _Edge(NamedTuple):
    """A line at an end of a page: its page and place there, from 1 and 0, and its height."""

    page: int
    place: int
    top: float
    numbers: tuple[int, ...]


def without_running_heads(
    pages: Sequence[Sequence[TextLine]], heights: Sequence[float]
) -> list[list[TextLine]]:
    """Leave out the lines that stand at the same place of several pages.

    A number in them must be the same on all pages, or count the pages. So the lines of a log or of
    a table that goes on over several pages stay.

    Parameters
    ----------
    pages
        Lines by page.
    heights
        Heights of the pages.
    """
    groups: dict[tuple[bool, str], list[_Edge]] = defaultdict(list)
    for number, (lines, height) in enumerate(zip(pages, heights, strict=True), 1):
        for is_top, place in _edges(lines, height):
            text = " ".join(lines[place].text.split())
            if len(text) > LONGEST:
                continue
            box = lines[place].box
            numbers = tuple(int(found[:9]) for found in _DIGITS.findall(text))
            edge = _Edge(number, place, box.top if box else 0, numbers)
            groups[is_top, _DIGITS.sub("#", text)].append(edge)
    n_pages = sum(map(bool, pages))
    left_out = {
        (edge.page, edge.place)
        for (_, shape), edges in groups.items()
        for edge in _repeated(edges, 2 if shape == "#" and n_pages == 2 else FEWEST_PAGES)
    }
    return [
        _without_empty_ends(
            [line for place, line in enumerate(lines) if (number, place) not in left_out]
        )
        for number, lines in enumerate(pages, 1)
    ]


def _edges(lines: Sequence[TextLine], height: float) -> Iterator[tuple[bool, int]]:
    """Yield lines that may be a running head: whether it is at the top, and its place."""
    filled = sorted(
        (place for place, line in enumerate(lines) if line.box),
        key=lambda place: _top(lines[place]),
    )
    for is_top, ends in ((True, filled), (False, filled[::-1])):
        for rank, place in enumerate(ends[:MOST_LINES]):
            box = lines[place].box
            assert box is not None
            inside = box.bottom if is_top else height - box.top
            if inside > MARGIN * height:
                break
            after = lines[ends[rank + 1]].box if rank + 1 < len(ends) else None
            gap = (
                (after.top - box.bottom if is_top else box.top - after.bottom) if after else height
            )
            if gap > GAP * (box.bottom - box.top):
                # What is beyond a running head is one too, or stands by itself.
                yield from ((is_top, each) for each in ends[: rank + 1])


def _top(line: TextLine) -> float:
    return line.box.top if line.box else 0.0


def _repeated(edges: Sequence[_Edge], fewest: int) -> Iterator[_Edge]:
    """Yield the lines of one shape that repeat, and whose numbers stay the same or count pages."""
    clusters: dict[tuple[object, ...], list[_Edge]] = defaultdict(list)
    for edge in edges:
        for kinds in _readings(edge):
            for shift in (0, 0.5):  # so that a height on the border of two ranges is in a third
                clusters[shift, round(edge.top / SAME_HEIGHT + shift), kinds].append(edge)
    for cluster in clusters.values():
        if len({edge.page for edge in cluster}) >= fewest:
            yield from cluster


def _readings(edge: _Edge) -> Iterator[tuple[tuple[str, int], ...]]:
    """Yield what the numbers of a line may be: all fixed, or one of them a page number."""
    fixed = tuple(("fixed", number) for number in edge.numbers)
    yield fixed
    for place, number in enumerate(edge.numbers):
        yield (*fixed[:place], ("page", number - edge.page), *fixed[place + 1 :])


def _without_empty_ends(lines: list[TextLine]) -> list[TextLine]:
    start, end = 0, len(lines)
    while start < end and not lines[start].text:
        start += 1
    while end > start and not lines[end - 1].text:
        end -= 1
    return lines[start:end]
