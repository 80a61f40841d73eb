"""Entries as rows of files: `verdicts.json` and `verdicts.csv`.

Here facts become text. Nothing reads them back from that text: an entry that is read takes its
claim from the study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.ledger import words
from refashion.ledger.entry import Cell, Entry, Judgement, Verdict, entry_of
from refashion.spec.claims import (
    AttributeClaim,
    AuditedCheck,
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    OrderingClaim,
    OutputClaim,
    TableClaim,
    TextClaim,
    ValueClaim,
    runs_of,
)
from refashion.spec.config import Config

FIELDS = (
    *("id", "study", "source", "where", "quote", "kind", "run", "metric", "split", "reported"),
    *("reproduced", "sd", "seeds", "lower", "upper", "tolerance", "verdict", "leaning"),
    *("direction", "preliminary", "assumes", "reason", "evidence"),
)
# What a row of a check by the audit has besides.
_OF_AUDIT = ("found_by", "title", "line", "numbers")
# What the report needs of a number in a table, and the ledger has no field for.
_OF_CELL = ("by_chance", "lower", "upper", "seeds")


def row_of(entry: Entry[Claim], layout: Layout) -> dict[str, Any]:
    """Give an entry as a row, with the keys `FIELDS`.

    That of a table has `cells` as well, and that of a check by the audit has `found_by` and what
    was checked: it stands in no study. `fitted` is there, and true, if the claim agrees because a
    search chose a setting by it; then it is not counted. So it is with each cell.
    """
    claim, judged, runs = entry.claim, entry.judgement, runs_of(entry.claim)
    tolerance = getattr(claim, "tolerance", None)
    row = {
        **claim.model_dump(include={"id", "where", "quote", "kind"}),
        **asdict(judged),
        "study": entry.study,
        "source": entry.source,
        "run": getattr(claim, "run", None),
        "metric": measured(claim),
        "split": getattr(claim, "split", None),
        "reported": reported(claim),
        "tolerance": None if isinstance(tolerance, dict) else tolerance,
        "verdict": judged.verdict.value,
        "leaning": judged.leaning and judged.leaning.value,
        "assumes": list(_assumed(entry, has_prefix=len(runs) > 1)),
        "evidence": [
            layout.run_page(entry.study, *execution).relative_to(layout.results).as_posix()
            for execution in entry.evidence
        ],
    }
    ordered = {field: row[field] for field in FIELDS} | _fitted(entry)
    if isinstance(claim, AuditedCheck):
        return ordered | claim.model_dump(include={*_OF_AUDIT})
    if not isinstance(claim, TableClaim):
        return ordered
    return {**ordered, "cells": [_cell_row(cell) for cell in judged.cells]}


def reported(claim: Claim) -> str | int:
    """Give what the source says: a number as printed, a table's size, or a statement in short."""
    match claim:
        case TableClaim():
            return sum(1 for _ in claim.cells())
        case OrderingClaim():
            return f"better than {', '.join(claim.than)}"
        case ExtremeClaim():
            return f"{words.classes_of(claim)} {claim.extreme}"
        case CurveClaim():
            return claim.property.replace("_", " ")
        case CostClaim(reported=None):
            return f"slower than {', '.join(claim.slower_than)}"
        case CostClaim():
            return f"{claim.reported} {claim.unit}"
        case ConsistencyClaim():
            return "; ".join(f"{name} {_in_short(value)}" for name, value in claim.numbers.items())
        case ValueClaim() | AttributeClaim() | OutputClaim() | TextClaim():
            return claim.reported


def _in_short(value: Any) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_in_short, value))})"
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_in_short(item)}' for name, item in value.items())})"
    return str(value)


def measured(claim: Claim) -> str:
    """Name what a claim measures; a class stands in brackets."""
    match claim:
        case TableClaim():
            return claim.table
        case CurveClaim():
            return claim.property
        case CostClaim():
            return claim.measure
        case ConsistencyClaim():
            return claim.check
        case ExtremeClaim():
            return f"{claim.metric}[{words.classes_of(claim)}]"
        case OutputClaim():
            return f"{claim.metric}[{words.output_name(claim)}]"
        case AttributeClaim() | TextClaim():
            return claim.attribute
        case ValueClaim(is_of_folds=True):
            return f"{claim.metric}[{f'fold {claim.fold}' if claim.fold else claim.statistic}]"
        case ValueClaim(minus=str(other)):
            of_class = f"{claim.of_class}, " if claim.of_class else ""
            return f"{claim.metric}[{of_class}minus {other}]"
        case ValueClaim() | OrderingClaim():
            return f"{claim.metric}[{claim.of_class}]" if claim.of_class else claim.metric


def _assumed(entry: Entry[Claim], has_prefix: bool) -> Iterator[dict[str, Any]]:
    for run, setting, value, why, recovered in entry.assumes:
        name = f"{run}: {setting}" if has_prefix else setting
        origin = {"origin": "recovered"} if recovered else {}
        yield {"name": name, "value": value, "why": why, **origin}


def _cell_row(cell: Cell) -> dict[str, Any]:
    return {
        "name": words.cell_name(cell),
        **{name: getattr(cell, name) for name in ("row", "column", "reported", "reproduced")},
        "verdict": cell.verdict.value,
        "leaning": cell.leaning and cell.leaning.value,
        **_fitted(cell),
    }


def _fitted(judged: Entry[Claim] | Cell) -> dict[str, bool]:
    """Say of what agrees because a search chose a setting by it that it is fitted."""
    return {"fitted": True} if judged.counts_as is Verdict.FITTED else {}


def write_study(entries: Sequence[Entry[Claim]], study: str, layout: Layout) -> None:
    """Write the entries of one study as JSON: the rows of the ledger, and what the report adds.

    The report also needs how many seeds would settle a claim, what chance may have done, and the
    intervals of the numbers in tables. These are not fields of the ledger.
    """
    rows = []
    for entry in entries:
        judged = entry.judgement
        row = {
            **row_of(entry, layout),
            "settled_by": judged.settled_by,
            "by_chance": judged.by_chance,
        }
        for cell, cell_row in zip(judged.cells, row.get("cells", []), strict=True):
            cell_row |= {name: getattr(cell, name) for name in _OF_CELL}
        rows.append(row)
    artifacts.write_json(layout.study_verdicts(study), rows)


def write_ledger(entries: Sequence[Entry[Claim]], layout: Layout) -> None:
    """Write the entries of all studies, as JSON and as CSV."""
    rows = [row_of(entry, layout) for entry in entries]
    artifacts.write_csv(layout.verdicts_csv, as_table(rows))
    artifacts.write_json(layout.verdicts_json, rows)


def as_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Give rows as a table with the columns `FIELDS`, each list as one text."""
    table = pd.DataFrame(list(rows), columns=list(FIELDS))
    table["assumes"] = table["assumes"].map(
        lambda assumed: "; ".join(
            f"{a['name']} = {artifacts.canonical_json(a['value'])}"
            f"{' (recovered)' if 'origin' in a else ''}"
            for a in assumed
        )
    )
    table["evidence"] = table["evidence"].map(" ".join)
    return table


def read(path: Path, config: Config) -> list[Entry[Claim]]:
    """Read the entries that a file holds.

    Parameters
    ----------
    path
        JSON, as `write_study` writes it.
    config
        The configuration with which the claims were judged.

    Raises
    ------
    RefashionError
        A verdict is about a claim that its study does not have, or lacks a field, because the study
        has changed since, or another version has written the file.
    """
    claims = {(s.name, claim.id): claim for s in config.studies.values() for claim in s.claims}
    entries = []
    for row in artifacts.read_json(path):
        claim = _audited(row) or claims.get((row["study"], row["id"]))
        if claim is None:
            text = f"a verdict on {row['id']!r}, a claim that {row['study']} no longer has"
            raise RefashionError(f"{path}: {text}; run the workflow again")
        try:
            judgement = _judgement_of(row)
        except KeyError as error:
            text = f"the verdict on {row['id']!r} has no field {error}: it is of another version"
            raise RefashionError(f"{path}: {text}; run the workflow again") from None
        entries.append(entry_of(config, row["study"], claim, judgement))
    return entries


def _audited(row: Mapping[str, Any]) -> AuditedCheck | None:
    """Return the check of a row that the audit has added; None for a claim of the study."""
    if "found_by" not in row:
        return None
    same = {name: row[name] for name in ("id", "where", "quote", "kind", *_OF_AUDIT)}
    return AuditedCheck(check=row["metric"], **same)


def _judgement_of(row: Mapping[str, Any]) -> Judgement:
    same = ("reproduced", "sd", "seeds", "lower", "upper", "direction", "preliminary")
    return Judgement(
        Verdict(row["verdict"]),
        row["reason"],
        **{name: row[name] for name in (*same, "settled_by", "by_chance")},
        leaning=_leaning(row),
        cells=tuple(_cell_of(cell) for cell in row.get("cells", [])),
    )


def _cell_of(row: Mapping[str, Any]) -> Cell:
    cell = {name: row[name] for name in Cell._fields if name != "fitted"}
    return Cell(**cell | {"verdict": Verdict(row["verdict"]), "leaning": _leaning(row)})


def _leaning(row: Mapping[str, Any]) -> Verdict | None:
    return None if row["leaning"] is None else Verdict(row["leaning"])
