"""Compare two results folders: settings, metrics, verdicts and versions.

This shows the effect of other seeds, another library version or another machine. The folders may
be unfinished, and may come from another machine; nothing else is read.
"""

from __future__ import annotations

from pathlib import Path

from refashion import artifacts
from refashion.errors import RefashionError


def changes(a: str, b: str, out: Path) -> None:
    """Write a page and a table with the differences between two results folders.

    Parameters
    ----------
    a, b
        The results folders, or deposits: folders or archives that were published.
    out
        Folder for `index.html` and `changes.csv`, see `change.Change`.

    Raises
    ------
    RefashionError
        If a folder contains no results, or if `out` cannot be written to.
    """
    # These imports are slow, and other commands do not need them.
    from refashion.changes import change, comparison, folder
    from refashion.changes.page import write_page

    found = comparison.compare(folder.read(a, "A"), folder.read(b, "B"))
    page = out / "index.html"
    try:
        artifacts.write_csv(out / "changes.csv", change.table_changes(found.changes))
        write_page(found, page)
    except OSError as error:
        raise RefashionError(f"OUT: cannot write to {out} ({error.strerror})") from None
    print(page, *comparison.summary(found), sep="\n")
