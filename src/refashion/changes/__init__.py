"""What changed between two folders of results: settings, metrics, verdicts, versions.

So a change of seed, of a library or of the machine can be judged. The folders may be unfinished,
and come from elsewhere: only what they hold is read.
"""

from __future__ import annotations

from pathlib import Path

from refashion import artifacts
from refashion.changes import chance, folder, rows
from refashion.changes.rows import Comparison
from refashion.errors import RefashionError

OUT = Path("results/comparison")


def changes(a: str, b: str, out: Path = OUT) -> None:
    """Write a page and a table of what changed from one folder of results to another.

    Parameters
    ----------
    a, b
        Folders of results.
    out
        Folder for `index.html` and `changes.csv`, see `rows.Change`.

    Raises
    ------
    RefashionError
        One of the folders holds no results, or nothing can be written to `out`.
    """
    from refashion.render.changes import write_page

    found = rows.compare(folder.read(a, "A"), folder.read(b, "B"))
    page = out / "index.html"
    try:
        artifacts.write_csv(out / "changes.csv", rows.as_table(found.changes))
        write_page(found, page)
    except OSError as error:
        raise RefashionError(f"OUT: {out} cannot be written to ({error.strerror})") from None
    print(page, *summary(found), sep="\n")


def summary(found: Comparison) -> list[str]:
    """Say in three lines what changed: runs and settings, metrics, verdicts and the rest."""
    only = [len(found.of("run", change)) for change in (rows.ONLY_A, rows.ONLY_B)]
    settings = len({change.owner for change in found.of("setting")})
    beyond = found.count_metrics(chance.BEYOND, chance.NOT_A_NUMBER)
    within = found.count_metrics(chance.WITHIN, chance.ROUNDING)
    unknown = found.count_metrics(chance.UNKNOWN)
    around = [change for kind in ("package", "environment", "data") for change in found.of(kind)]
    return [
        f"Runs: {len(found.runs)} in both, {only[0]} only in A, {only[1]} only in B; "
        f"settings differ in {settings}",
        f"Metrics: {found.count_metrics(chance.IDENTICAL):,} identical, {within:,} within the luck "
        f"of the seed, {beyond:,} beyond"
        + f", {unknown:,} that one seed cannot tell"
        * bool(unknown),
        f"Verdicts: {len(found.of('verdict', rows.FLIPPED))} of {len(found.claims)} flipped; "
        f"versions, machine, data and code: {len(around)} changes",
    ]
