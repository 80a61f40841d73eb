"""Where results of benchmarks lie, and what was measured before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Skipped
from benchmarks.scratch import cores
from refashion import artifacts, sources
from refashion.workflow import provenance

FOLDER = Path("benchmarks/results")
LIBRARIES = (
    "keras",
    "numpy",
    "snakemake",
    "tensorflow-cpu",
    "tensorflow",
    "torch",
    "jax",
    "mlscorecheck",
)


@dataclass(frozen=True)
class Results:
    """All that one call has measured.

    Attributes
    ----------
    made
        When, in UTC, as it stands in the name of the file.
    conditions
        Commit, machine and libraries.
    rows, skipped
        What was measured, and what could not be.
    """

    made: str
    conditions: dict[str, Any]
    rows: list[Row]
    skipped: list[Skipped]

    @classmethod
    def of(cls, rows: Sequence[Row], skipped: Sequence[Skipped]) -> Results:
        """Results of this moment on this machine."""
        versions = provenance.package_versions()
        conditions = {
            "git": provenance.git_state(sources.PROJECT),
            "cpu": provenance.cpu()["model"],
            "cores": cores(),
            "packages": {name: versions[name] for name in LIBRARIES if name in versions},
        }
        made = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        return cls(made, conditions, list(rows), list(skipped))

    def write(self, folder: Path) -> Path:
        """Write them as JSON; give the path."""
        path = folder / f"{self.made}.json"
        artifacts.write_json(path, asdict(self))
        return path


def read(path: Path) -> Results:
    """Read what `Results.write` has written."""
    content = artifacts.read_json(path)
    rows = [Row(**row) for row in content["rows"]]
    skipped = [Skipped(**entry) for entry in content["skipped"]]
    return Results(content["made"], content["conditions"], rows, skipped)


def rows_before(folder: Path) -> dict[tuple[str, str, str], Row]:
    """Last row of each key in all results that are kept, for not every call measures all parts."""
    return {row.key: row for path in sorted(folder.glob("*.json")) for row in read(path).rows}
