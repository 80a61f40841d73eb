"""Long texts, cut in the middle or at the end."""

from __future__ import annotations

# Characters of an error message in a report: enough to see what went wrong.
MOST_QUOTED = 400


def shortened(text: str, most: int = MOST_QUOTED) -> str:
    r"""Keep the beginning and the end of a text, and state how much was left out.

    Parameters
    ----------
    text
        Text of any length.
    most
        Number of characters to keep.

    Examples
    --------
    >>> shortened("abcdefghij", 4)
    'ab\n[6 characters left out]\nij'
    """
    if len(text) <= most:
        return text
    half = most // 2
    end = len(text) - half
    return f"{text[:half]}\n[{end - half:,} characters left out]\n{text[end:]}"


def clipped(text: str, most: int) -> str:
    """Cut the end of a text, and say so with an ellipsis.

    Parameters
    ----------
    text
        Text of any length.
    most
        Number of characters, the ellipsis included.

    Examples
    --------
    >>> clipped("abcdef", 6), clipped("abcdefg", 6)
    ('abcdef', 'abcde…')
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"
