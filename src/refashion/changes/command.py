"""What changed between two folders of results: settings, metrics, verdicts, versions.

So a change of seed, of a library or of the machine can be judged. The folders may be unfinished,
and come from elsewhere: only what they hold is read.
"""

from __future__ import annotations

from pathlib import Path

from refashion import artifacts
from refashion.errors import RefashionError


def changes(a: str, b: str, out: Path) -> None:
    """Write a page and a table of what changed from one folder of results to another.

    Parameters
    ----------
    a, b
        Folders of results.
    out
        Folder for `index.html` and `changes.csv`, see `change.Change`.

    Raises
    ------
    RefashionError
        One of the folders holds no results, or nothing can be written to `out`.
    """
    # Here, lest every stage wait for them.
    from refashion.changes import change, comparison, folder
    from refashion.changes.page import write_page

    found = comparison.compare(folder.read(a, "A"), folder.read(b, "B"))
    page = out / "index.html"
    try:
        artifacts.write_csv(out / "changes.csv", change.table_changes(found.changes))
        write_page(found, page)
    except OSError as error:
        raise RefashionError(f"OUT: {out} cannot be written to ({error.strerror})") from None
    print(page, *comparison.summary(found), sep="\n")
