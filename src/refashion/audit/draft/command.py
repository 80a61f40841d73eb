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
Then:
  . .venv/bin/activate
  snakemake -n --config studies={name}          # checks the files, in seconds
  snakemake --cores 2 --config studies={name}   # runs the study and writes results/report"""


def new_study(name: str, document: Path) -> None:
    """Create a study from a document, and print what a person has to decide.

    Parameters
    ----------
    name
        Name of the study and its folder.
    document
        A report, in any format that can be audited.

    Raises
    ------
    DocumentError
        The document cannot be read.
    ConfigError
        See `refashion.spec.scaffold.create`.
    """
    found = draft(audit.audit(document))
    folder = scaffold.create(name, write=lambda folder: write(found, folder))
    print("\n".join(_lines(found, folder)))
    print(NEXT.format(name=name))


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
