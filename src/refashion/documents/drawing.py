"""Pictures of the pages of a PDF file, by pdfium."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import pypdfium2 as pdfium

from refashion.documents.faults import UnreadableError
from refashion.documents.pdf import open_pdf

MOST_PIXELS = 25_000_000


def draw(content: bytes, pages: Sequence[int], width: int) -> list[str]:
    """Draw pages of a PDF file.

    Parameters
    ----------
    content
        The file.
    pages
        Numbers of the pages, from 1.
    width
        Width of the pictures in pixels.

    Returns
    -------
    list of str
        A PNG file for each page, in base64.

    Raises
    ------
    UnreadableError
        The file cannot be read, or a page does not exist or is too long.
    """
    if not content.startswith(b"%PDF-") and b"%PDF-" not in content[:1024]:
        raise UnreadableError("has no pages that can be drawn", "a PDF file")
    document = open_pdf(content)
    for number in pages:
        if not 1 <= number <= len(document):
            raise UnreadableError(f"has no page {number}", f"a page from 1 to {len(document):,}")
    return [_draw(document, number, width) for number in pages]


def _draw(document: pdfium.PdfDocument, number: int, width: int) -> str:
    try:
        page = document[number - 1]
        page_width, page_height = page.get_size()
        scale = width / max(page_width, 1e-6)
        if width * page_height * scale > MOST_PIXELS:
            fault = f"has a page of {page_width:,.0f} x {page_height:,.0f} points"
            raise UnreadableError(fault, "a smaller picture, or a page of usual size")
        picture = page.render(scale=scale, may_draw_forms=False).to_pil()
    except pdfium.PdfiumError:
        raise UnreadableError(f"has a broken page {number}", "a whole PDF file") from None
    file = io.BytesIO()
    picture.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
