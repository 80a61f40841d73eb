"""`refashion new-study NAME --from DOCUMENT`."""

from __future__ import annotations

import textwrap
from pathlib import Path

from refashion.audit import audit, wording
from refashion.audit.draft.drafting import Draft, draft
from refashion.audit.draft.writing import write
from refashion.spec import scaffold
from refashion.wording import counted

WIDTH = 100

NEXT = """\
Then, in the folder of refashion:
  . .venv/bin/activate
  snakemake -n --config {options}          # checks the files, in seconds
  snakemake --cores 2 --config {options}   # runs the study and writes results/report"""


def new_study(name: str, document: Path, place: Path | None = None) -> None:
    """Create a study from a document, and print what a person has to decide.

    Parameters
    ----------
    name
        Name of the study and its folder.
    document
        A report, in any format that can be audited.
    place
        Folder that holds studies; None for `studies/`.

    Raises
    ------
    DocumentError
        The document cannot be read.
    ConfigError
        See `refashion.spec.scaffold.create`.
    """
    found = draft(audit.audit(document))
    studies = scaffold.STUDIES if place is None else place.expanduser()
    folder = scaffold.create(name, studies, lambda folder: write(found, folder))
    print("\n".join(_lines(found, folder)))
    print(NEXT.format(options=scaffold.options(folder)))


def _lines(found: Draft, folder: Path) -> list[str]:
    stands = [line for line in found.claims if not line.entry.lacks]
    numbers = sum(line.entry.numbers for line in stands)
    described = [run for run in found.runs if not run.unclear]
    lines = [
        f"Created {folder}/ from {found.source.audit.document.name}: "
        f"{counted(len(found.runs), 'run')}, {len(described):,} of them described; "
        f"{counted(len(stands), 'claim')} with {counted(numbers, 'number')}, "
        f"{len(found.claims) - len(stands):,} in comments; "
        f"{counted(len(found.untestable), 'untestable statement')}."
    ]
    if gap := wording.scanned(found.source.audit.document):
        lines.append(gap)
    lines += ["", "To decide, as at the head of study.yaml:"]
    lines += [f"{n}. {text}" for n, text in enumerate(found.decisions, start=1)]
    wrapped = [textwrap.wrap(line, WIDTH, subsequent_indent="   ") or [""] for line in lines]
    return [part for line in wrapped for part in line] + [""]
