"""Adoption of a notebook: a study in which every number that it printed is a claim."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refashion import printed
from refashion.errors import ConfigError, shown
from refashion.printed import LONGEST_LINE, PrintedLine
from refashion.spec import scaffold
from refashion.spec.config import RESERVED
from refashion.spec.fields import NAME, why_invalid
from refashion.spec.problems import NAME_RULE
from refashion.spec.strict_yaml import INVISIBLE
from refashion.spec.writing import PLAIN, RULE, in_line, quoted, similar_name, tolerance_of
from refashion.wording import counted
from refashion.workspace import LARGEST_COPY

RUN = "notebook"
# How a name begins whose file's name does not begin with a letter.
OTHERWISE = "notebook"
# More claims than these nobody reads; the first are kept.
MOST_CLAIMS = 1000
# A table of fewer rows is read line by line.
FEWEST_ROWS = 2
MINUTES = 0.5
# Whole numbers after these words name something, and are no results.
_NAMED = re.compile(
    r"(?i)\b(?:epoch|step|fold|iter|iteration|round|batch|trial|run|seed|layer|cluster|component)"
    r"s?\W*$"
)

STUDY = """\
# A notebook that is executed again, with several seeds. Made by `refashion adopt`, for you to edit.
# docs/guide/add-your-report.md explains the keys, and claims.yaml holds the printed numbers.
title: {title}
source:
  citation: {citation}
  note: "The notebook of the author, executed as it stands."

# If the notebook calls refashion.record(predictions=..., true=...) with classes, list their names:
# classes: [first, second]

runs:
  {run}:
    title: {title}
    group: headline
    minutes: {minutes:g}  # rough duration on one core; under a minute means five seeds
    notebook: {notebook}
    network: false  # true if it downloads something
"""

CLAIMS = """\
# Every number that {notebook} printed, in the order of its cells. Left out: times and dates,
# addresses in memory, progress bars, standard error, versions, names such as "Epoch 3", and lines
# of more than {longest} characters. Delete what the report does not rely on.
#
"""

NEXT = """\
Created {folder}/ with a copy of the notebook and {claims}{left_out}.
Then:
  . .venv/bin/activate
  snakemake -n --config {options}          # checks the files, in seconds
  snakemake --cores 2 --config {options}   # executes the notebook and writes results/report"""


@dataclass(frozen=True)
class _Claim:
    """A claim about what one cell printed, as YAML holds it."""

    id: str
    keys: Mapping[str, Any]
    rows: Mapping[str, str] | None = None

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        if self.rows is None:
            return 1
        return sum(text != "-" for line in self.rows.values() for text in line.split())


def adopt(notebook: Path, folder: Path | None) -> None:
    """Write the study of a notebook, and print the next steps.

    Raises
    ------
    ConfigError
        See `write_study`.
    """
    place = folder or scaffold.STUDIES / similar_name(notebook.stem, OTHERWISE)
    n_claims, n_left_out = write_study(notebook, place)
    options = scaffold.options(place)
    left_out = f"; {n_left_out:,} more are left out" if n_left_out else ""
    claims = counted(n_claims, "printed number as a claim", "printed numbers as claims")
    print(NEXT.format(folder=place, claims=claims, left_out=left_out, options=options))


def write_study(notebook: Path, folder: Path) -> tuple[int, int]:
    """Write the folder of a study: `study.yaml`, `claims.yaml` and a copy of the notebook.

    Files beside the notebook that its code names, and modules that it imports, are copied as well.

    Parameters
    ----------
    notebook
        The author's notebook, saved with its outputs.
    folder
        The new folder, whose name is that of the study.

    Returns
    -------
    tuple of int
        How many numbers became claims, and how many were left out because there are too many.

    Raises
    ------
    ConfigError
        The notebook cannot be read or printed no number, or the folder's name is not accepted.
    """
    _check(folder)
    content = printed.read_notebook(notebook)
    every = list(_claims(content))
    if not every:
        raise ConfigError(
            f"{notebook}: its cells have printed no number; accepted: a notebook that was run and "
            "saved with its outputs"
        )
    kept = _first(every)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent, prefix=".") as temporary:
            whole = Path(temporary, folder.name)
            whole.mkdir()
            _write(whole, notebook, content, kept)
            whole.rename(folder)
    except OSError as error:
        raise ConfigError(
            f"{folder}: not writable ({error.strerror}); accepted: a folder that you may create"
        ) from None
    n_kept = sum(claim.size for claim in kept)
    return n_kept, sum(claim.size for claim in every) - n_kept


def _check(folder: Path) -> None:
    name = folder.name
    if not re.fullmatch(NAME, name) or why_invalid(name) or name in RESERVED:
        similar = similar_name(name, OTHERWISE)
        hint = f"; did you mean '{similar}'?" if similar != name else ""
        raise ConfigError(f"FOLDER: {shown(name)}; accepted: {NAME_RULE}{hint}")
    if os.path.lexists(folder):
        raise ConfigError(f"FOLDER: {folder} exists; accepted: a new folder")


def _first(claims: Sequence[_Claim]) -> list[_Claim]:
    """Keep the first claims that together hold no more numbers than anybody reads."""
    totals = accumulate(claim.size for claim in claims)
    return [claim for claim, total in zip(claims, totals, strict=True) if total <= MOST_CLAIMS]


def _write(
    folder: Path, notebook: Path, content: Mapping[str, Any], claims: Sequence[_Claim]
) -> None:
    texts = {
        "title": quoted(_title(content) or notebook.stem),
        "citation": quoted(notebook.name),
        "notebook": quoted(notebook.name),
    }
    study = STUDY.format(**texts, run=RUN, minutes=_minutes(content))
    (folder / "study.yaml").write_text(study, encoding="utf-8")
    head = CLAIMS.format(notebook=notebook.name, longest=LONGEST_LINE)
    listed = "\n".join(map(_in_yaml, claims))
    (folder / "claims.yaml").write_text(f"{head}{RULE}claims:\n{listed}\n", encoding="utf-8")
    shutil.copyfile(notebook, folder / notebook.name)
    for path in _needed(content, notebook.parent):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook.parent / path, target)


def _in_yaml(claim: _Claim) -> str:
    pairs = {"id": claim.id, **claim.keys}
    parts = [f"{key}: {value if key in PLAIN else in_line(value)}" for key, value in pairs.items()]
    if claim.rows is None:
        return f"  - {{{', '.join(parts)}}}"
    rows = [f"      {quoted(row)}: {quoted(line)}" for row, line in claim.rows.items()]
    return "\n".join(["  - " + "\n    ".join(parts), "    rows:", *rows])


def _title(content: Mapping[str, Any]) -> str | None:
    """Take the first heading of a notebook."""
    for cell in content["cells"]:
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if cell["cell_type"] == "markdown" and (found := re.search(r"^#+ +(.*\w.*)$", text, re.M)):
            return found[1].strip()[:200]
    return None


def _minutes(content: Mapping[str, Any]) -> float:
    """Take the duration of a notebook from the times that Jupyter or Papermill noted."""
    seconds = 0.0
    for cell in content["cells"]:
        noted = cell.get("metadata", {}).get("execution", {})
        if isinstance(noted, Mapping):
            ends = [str(noted.get(key)) for key in ("iopub.execute_input", "shell.execute_reply")]
            try:
                start, end = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in ends)
                seconds += max(0.0, (end - start).total_seconds())
            except (TypeError, ValueError):
                continue
    return max(0.1, round(seconds / 60, 1)) if seconds else MINUTES


def _needed(content: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Find files beside a notebook that its code names, and modules that it imports."""
    found: dict[str, None] = {}
    for cell in printed.code_cells(content):
        code = "".join(cell.get("source", ""))
        found |= dict.fromkeys(re.findall(r"""["']([^"'\n]{1,200})["']""", code))
        modules = re.findall(r"^\s*(?:from|import)\s+(\w+)", code, re.MULTILINE)
        found |= dict.fromkeys(f"{module}.py" for module in modules)
    for name in found:
        path = folder / name
        if "\0" in name or Path(name).is_absolute() or not path.is_file():
            continue
        is_inside = path.resolve().is_relative_to(folder.resolve())
        if is_inside and ".." not in Path(name).parts and path.stat().st_size <= LARGEST_COPY:
            yield Path(name)


def _claims(content: Mapping[str, Any]) -> Iterator[_Claim]:
    for number, cell in enumerate(printed.code_cells(content), start=1):
        lines = printed.lines_of(cell)
        at = 0
        while at < len(lines):
            if (n_rows := _rows_from(lines, at)) and (table := _table(lines, at, n_rows, number)):
                yield table
                at += n_rows
            else:
                yield from _singles(lines[at], number, at + 1)
                at += 1


def _singles(line: PrintedLine, cell: int, at: int) -> Iterator[_Claim]:
    if len(line.text) > LONGEST_LINE or INVISIBLE.search(line.text):
        return
    for number, text in enumerate(line.numbers, start=1):
        tolerance = tolerance_of(text)
        if tolerance is None or (text.isdigit() and _NAMED.search(line.before(number))):
            continue
        keys = {
            "where": f"Cell {cell}, line {at}",
            "quote": line.text,
            "kind": "output",
            "run": RUN,
            "cell": cell,
            "line": at,
            "number": number,
            "reported": text,
            "tolerance": tolerance,
        }
        yield _Claim(f"cell_{cell}_line_{at}_number_{number}", keys)


def _rows_from(lines: Sequence[PrintedLine], at: int) -> int:
    """Count the lines from a place on that are rows of one table; 0 for none."""
    widest, names = len(lines[at].row[1]), set()
    end = at
    for line in lines[at:]:
        name, numbers = line.row
        is_new = name not in names and len(name) <= 100 and not INVISIBLE.search(name)
        if not (is_new and 0 < len(numbers) <= widest and len(line.text) <= LONGEST_LINE):
            break
        names.add(name)
        end += 1
    full = sum(len(line.row[1]) == widest for line in lines[at:end])
    return end - at if widest > 1 and full >= FEWEST_ROWS else 0


def _table(lines: Sequence[PrintedLine], at: int, n_rows: int, cell: int) -> _Claim | None:
    """Make one claim of some rows; None if their numbers are of too different a kind."""
    rows = dict(line.row for line in lines[at : at + n_rows])
    n = max(map(len, rows.values()))
    columns = _columns(lines[at - 1] if at else None, n)
    filled = {row: ["-"] * (n - len(numbers)) + list(numbers) for row, numbers in rows.items()}
    tolerances: dict[str, float] = {}
    for place, column in enumerate(columns):
        found = [tolerance_of(line[place]) for line in filled.values() if line[place] != "-"]
        known = [each for each in found if each is not None]
        if len(known) < len(found) or not known:
            return None
        tolerances[column] = sorted(known)[len(known) // 2]
        if max(known) > 10 * min(known):  # one tolerance would not do for them
            return None
    keys = {
        "where": f"Cell {cell}, from line {at + 1}",
        "quote": lines[at - 1].text if columns[0] != "1" else lines[at].text,
        "kind": "table",
        "run": RUN,
        "table": "output",
        "cell": cell,
        "line": at + 1,
        "columns": columns,
        "tolerance": tolerances,
    }
    listed = {row: " ".join(numbers) for row, numbers in filled.items()}
    return _Claim(f"cell_{cell}_table_{at + 1}", keys, listed)


def _columns(head: PrintedLine | None, n: int) -> list[str]:
    """Take the names of columns from the line above a table, or else count them."""
    names = head.text.split() if head else []
    if len(names) == n and len(set(names)) == n and not (head and head.numbers):
        return names
    return [str(number) for number in range(1, n + 1)]
