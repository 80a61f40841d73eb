"""Long texts, shortened in the middle."""

from __future__ import annotations

# Of a message that a report quotes: enough to tell what went wrong.
MOST_QUOTED = 400


def shortened(text: str, most: int = MOST_QUOTED) -> str:
    r"""Keep the beginning and the end of a text, and say how much is left out between them.

    Parameters
    ----------
    text
        Of any length.
    most
        Letters to keep.

    Examples
    --------
    >>> shortened("abcdefghij", 4)
    'ab\n[6 letters left out]\nij'
    """
    if len(text) <= most:
        return text
    half = most // 2
    end = len(text) - half
    return f"{text[:half]}\n[{end - half:,} letters left out]\n{text[end:]}"
