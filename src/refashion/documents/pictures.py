"""Pictures of the pages of a document."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from refashion.documents import confined

WIDEST = 4_000


def page_picture(path: Path, page: int, width: int) -> bytes:
    """Draw a page of a PDF file.

    Parameters
    ----------
    path
        The file.
    page
        Number of the page, from 1.
    width
        Width of the picture in pixels, at most `WIDEST`.

    Returns
    -------
    bytes
        A PNG file.

    Raises
    ------
    DocumentError
        The file cannot be read within the limits, or has no such page.
    """
    return page_pictures(path, [page], width)[0]


def page_pictures(path: Path, pages: Sequence[int], width: int) -> list[bytes]:
    """Draw several pages of a PDF file, which is faster than one by one; see `page_picture`."""
    if not 1 <= width <= WIDEST:
        raise ValueError(f"a width of {width}; accepted: 1 to {WIDEST} pixels")
    found = confined.run(path, "draw", *pages, width) if pages else {"pictures": []}
    return [base64.b64decode(picture) for picture in found["pictures"]]
