"""The table of the results of a benchmark, compared with earlier ones."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from benchmarks.rows import Row
from benchmarks.store import Results


def change(row: Row, before: Row | None) -> float | None:
    """Return a row relative to an earlier one; ratios are compared if possible.

    Ratios depend less on the machine than values.
    """
    if before is None:
        return None
    if row.ratio is not None and before.ratio and row.reference == before.reference:
        return row.ratio / before.ratio
    return row.value / before.value if before.value else None


def table(results: Results, before: Mapping[tuple[str, str, str], Row]) -> Table:
    """Make a table of results, one line for each row and for each measurement without one.

    Parameters
    ----------
    results
        The results.
    before
        Earlier rows to compare with, by key.
    """
    shown = Table(title=f"Benchmarks of {results.made}", title_justify="left")
    for heading in ("part", "what", "measure"):
        shown.add_column(heading, overflow="fold")
    for heading in ("value", "ratio"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("to, or why there is none", overflow="fold")
    if before:
        shown.add_column("ratio before", justify="right")
        shown.add_column("now / before", justify="right")
    last = None
    # A measurement that failed stands beside the others of its name.
    entries = [*results.rows, *results.skipped]
    # Growth is measured for one size after the other, but shown for one stage after the other.
    places = {name: place for place, name in enumerate(entry.key[:2] for entry in entries[::-1])}
    for entry in sorted(entries, key=lambda entry: -places[entry.key[:2]]):
        if last and entry.name != last.name:
            shown.add_section()
        cells = [entry.part, entry.name, entry.measure]
        if isinstance(entry, Row):
            cells += [f"{number(entry.value)} {entry.unit}", number(entry.ratio)]
            cells.append(entry.reference or "")
            if before:
                then = before.get(entry.key)
                cells += [number(then and then.ratio), number(change(entry, then))]
        else:
            cells += ["none", "", entry.why]
        shown.add_row(*cells)
        last = entry
    return shown


def number(value: float | None) -> str:
    """Format a number to three digits; empty for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
