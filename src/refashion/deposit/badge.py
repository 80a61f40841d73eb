"""A badge for a README: how many claims are reproduced, as a small picture without a network."""

from __future__ import annotations

from html import escape

from refashion.deposit.counts import Counts
from refashion.ledger.entry import BAD, GOOD, NEUTRAL, OPEN

LABEL = "refashion"
FONT = "Verdana, 'DejaVu Sans', sans-serif"
HEIGHT, SIZE, PADDING, BAR = 24, 11, 8, 4
# Mean width of a character of this font at this size. The text is fitted to it.
PER_CHARACTER = 6.0

_BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img" \
aria-labelledby="title desc">
  <title id="title">{label}: {headline}</title>
  <desc id="desc">{sentences}</desc>
  <clipPath id="corners"><rect width="{width}" height="{height}" rx="4"/></clipPath>
  <g clip-path="url(#corners)">
    <rect width="{left}" height="{height}" fill="#1f2933"/>
    <rect x="{left}" width="{right}" height="{height}" fill="#f3f5f7"/>
{bar}
  </g>
  <g font-family="{font}" font-size="{size}" aria-hidden="true">
    <text x="{padding}" y="15" fill="#ffffff" textLength="{label_length}">{label}</text>
    <text x="{start}" y="15" fill="#1f2933" textLength="{length}">{headline}</text>
  </g>
</svg>
"""


def badge(counts: Counts) -> str:
    """Draw the badge as SVG.

    Its text has the numbers; a line below it shows their shares: reproduced, inconclusive, not
    reproduced.

    Parameters
    ----------
    counts
        Numbers of claims.
    """
    label_length, length = (round(PER_CHARACTER * len(t)) for t in (LABEL, counts.headline))
    left, right = label_length + 2 * PADDING, length + 2 * PADDING
    return _BADGE.format(
        width=left + right,
        height=HEIGHT,
        left=left,
        right=right,
        bar=_bar(counts, left, right),
        label=LABEL,
        headline=escape(counts.headline),
        sentences=escape(counts.sentences),
        font=FONT,
        size=SIZE,
        padding=PADDING,
        start=left + PADDING,
        label_length=label_length,
        length=length,
    )


def _bar(counts: Counts, left: int, width: int) -> str:
    shares = [
        (counts.reproduced, GOOD),
        (counts.inconclusive, OPEN),
        (counts.not_reproduced, BAD),
    ]
    if not counts.tested:
        shares = [(1, NEUTRAL)]
    total, lines, at = sum(n for n, _ in shares), [], float(left)
    for n, colour in shares:
        share = width * n / total
        place = f'x="{at:g}" y="{HEIGHT - BAR}" width="{share:g}" height="{BAR}"'
        lines += [f'    <rect {place} fill="{colour}"/>'] * bool(n)
        at += share
    return "\n".join(lines)
