"""Small pictures of single entries, as SVG that stands in a page.

Each shape has a class, so that a style sheet can colour it for dark pages. Its attributes say how
it looks elsewhere, such as on paper. No difference is told by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

from refashion.ledger import words
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.standing import Standing
from refashion.reported import Reported
from refashion.spec.claims import NumberClaim

WIDTH, HEIGHT = 240, 62
EDGE = 14
LINE = 31  # where the numbers are drawn, from the top
ROOM = 0.35  # beside the numbers, as a share of their range
# Width of a letter, to keep texts within the picture.
LETTER = 6.4
BAR, THICK = 480, 18
LIGHT = (Standing.OPEN, Standing.UNTESTED, Standing.FITTED)
INK, BAND, FOUND, SOFT = "#1f2933", "#d5dae0", "#0b5d8a", "#52606d"
FONT = 'font-family="system-ui, DejaVu Sans, sans-serif" font-size="11.5"'


class Picture(NamedTuple):
    """A picture that stands in a page.

    Attributes
    ----------
    svg
        An SVG element with a title and a description.
    alt
        What it shows, for readers who cannot see it.
    """

    svg: str
    alt: str


def picture_of(entry: Entry[Any]) -> Picture | None:
    """Draw what was found for a claim; None if there is nothing to draw.

    Parameters
    ----------
    entry
        A number, which is drawn beside its re-created value, or a statement that was judged by a
        margin, which is drawn beside zero.
    """
    judged = entry.judgement
    numbers = (judged.reproduced, judged.lower, judged.upper)
    if None in numbers or not all(map(math.isfinite, filter(None, numbers))):
        return None
    if isinstance(entry.claim, NumberClaim):
        return _number(entry)
    if entry.verdict in (Verdict.HOLDS, Verdict.FAILS, Verdict.INCONCLUSIVE):
        return _margin(entry)
    return None


def _number(entry: Entry[NumberClaim]) -> Picture | None:
    """Draw the reported number with its tolerance, and ours with its interval."""
    judged, tolerance = entry.judgement, float(entry.claim.tolerance)
    reported, ours = (
        float(Reported.parse(entry.claim.reported).value),
        float(judged.reproduced or 0),
    )
    low, high = reported - (judged.upper or 0), reported - (judged.lower or 0)
    scale = _Scale.around(reported - tolerance, reported + tolerance, ours)
    if scale is None:
        return None
    found = words.reproduced_text(entry)
    shapes = [
        *_band(scale(reported - tolerance), scale(reported + tolerance)),
        *_axis(),
        *_interval(scale, low, high),
        *_tick(scale(reported)),
        *_dot(scale(ours)),
        *_label(scale(reported), 12, f"reported {entry.claim.reported}", "reported-text", INK),
        *_label(scale(ours), HEIGHT - 5, f"ours {found}", "found-text", FOUND),
    ]
    alt = (
        f"Reported: {entry.claim.reported}, tolerance {words.tolerance_text(entry.claim)}. "
        f"Re-created: {found}. Difference, 95 % interval: {words.interval_text(entry)}."
    )
    return _picture(shapes, words.measured_text(entry.claim), alt)


def _margin(entry: Entry[Any]) -> Picture | None:
    """Draw the margin of a statement, with its interval, beside zero."""
    judged = entry.judgement
    value, low, high = (float(n or 0) for n in (judged.reproduced, judged.lower, judged.upper))
    scale = _Scale.around(0.0, value, low, high)
    if scale is None:
        return None
    zero = scale(0)
    shapes = [
        *_axis(),
        *_interval(scale, low, high),
        *_tick(zero),
        *_dot(scale(value)),
        *_label(zero, 12, "no difference", "reported-text", INK),
        *_label(EDGE, HEIGHT - 5, "← the opposite", "soft-text", SOFT),
        *_label(WIDTH - EDGE, HEIGHT - 5, "as stated →", "soft-text", SOFT),
    ]
    alt = f"Margin {value:.3g}, interval {low:.3g} to {high:.3g}; above zero, it is as stated."
    return _picture(shapes, "Margin of the statement", alt.replace("-", "−"))


def share_bar(counts: Mapping[Standing, int]) -> Picture | None:
    """Draw how many of all claims hold, as parts of one bar; None without claims."""
    total = sum(counts.values())
    if not total:
        return None
    shapes, begin = [], 0.0
    for standing in Standing:
        if standing is Standing.FITTED and not counts.get(standing):
            continue
        width = BAR * counts.get(standing, 0) / total
        mark, colour = standing.verdict.mark, standing.verdict.colour
        shapes.append(
            f'<rect class="{standing.verdict.name_in_pages}-part" x="{begin:.1f}" y="0" '
            f'width="{width:.1f}" height="{THICK}" fill="{colour}" stroke="#ffffff"/>'
        )
        if width > 2 * LETTER:
            letters = INK if standing in LIGHT else "#ffffff"
            shapes.append(
                f'<text x="{begin + width / 2:.1f}" y="{THICK - 5}" text-anchor="middle" '
                f'fill="{letters}" {FONT}>{mark}</text>'
            )
        begin += width
    told = [f"{n:,} {s.words(n)}" for s in Standing if (n := counts.get(s, 0))]
    return _picture(shapes, f"Of {total:,} claims", f"{', '.join(told)}.", BAR, THICK)


class _Scale(NamedTuple):
    low: float
    high: float

    @classmethod
    def around(cls, *numbers: float) -> _Scale | None:
        """Return a scale with room around some numbers; None if they are all one number."""
        low, high = min(numbers), max(numbers)
        room = ROOM * (high - low)
        return cls(low - room, high + room) if math.isfinite(room) and room > 0 else None

    def __call__(self, number: float) -> float:
        share = (number - self.low) / (self.high - self.low)
        return round(EDGE + min(1.0, max(0.0, share)) * (WIDTH - 2 * EDGE), 1)


def _axis() -> Iterator[str]:
    yield (
        f'<line class="axis" x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{LINE}" y2="{LINE}" '
        f'stroke="{SOFT}" stroke-width="0.7"/>'
    )


def _band(low: float, high: float) -> Iterator[str]:
    width = max(1.5, high - low)
    yield (
        f'<rect class="band" x="{low}" y="{LINE - 10}" width="{width:.1f}" height="20" '
        f'fill="{BAND}"/>'
    )


def _tick(x: float) -> Iterator[str]:
    yield (
        f'<line class="stated" x1="{x}" x2="{x}" y1="{LINE - 13}" y2="{LINE + 10}" '
        f'stroke="{INK}" stroke-width="2"/>'
    )


def _dot(x: float) -> Iterator[str]:
    yield f'<circle class="ours" cx="{x}" cy="{LINE}" r="4.5" fill="{FOUND}"/>'


def _interval(scale: _Scale, low: float, high: float) -> Iterator[str]:
    """Draw an interval; an end outside the picture is left open."""
    style = f'class="interval" stroke="{FOUND}" stroke-width="2.5"'
    left, right = scale(low), scale(high)
    yield f'<line {style} x1="{left}" x2="{right}" y1="{LINE}" y2="{LINE}"/>'
    for end, x in ((low, left), (high, right)):
        if scale.low <= end <= scale.high:
            yield f'<line {style} x1="{x}" x2="{x}" y1="{LINE - 5}" y2="{LINE + 5}"/>'


def _label(x: float, y: float, text: str, css_class: str, colour: str) -> Iterator[str]:
    half = LETTER * len(text) / 2
    anchor = "start" if x < half else "end" if x > WIDTH - half else "middle"
    at = {"start": min(x, EDGE), "end": max(x, WIDTH - EDGE), "middle": x}[anchor]
    yield (
        f'<text class="{css_class}" x="{at}" y="{y}" text-anchor="{anchor}" fill="{colour}" '
        f"{FONT}>{escape(text)}</text>"
    )


def _picture(
    shapes: list[str], title: str, alt: str, width: int = WIDTH, height: int = HEIGHT
) -> Picture:
    head = f"<title>{escape(title)}</title><desc>{escape(alt)}</desc>"
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    named = f'role="img" aria-label="{escape(f"{title}. {alt}")}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" class="entry" {size} {named}>{head}'
    return Picture(f"{svg}{''.join(shapes)}</svg>", f"{title}. {alt}")
