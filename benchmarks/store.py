"""Storage of the results of benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.rows import Row, Skipped
from benchmarks.scratch import cores
from refashion import artifacts, sources
from refashion.execution import gpus
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
    """Results of one benchmark command.

    Attributes
    ----------
    made
        Time in UTC, as in the file name.
    conditions
        Commit, machine and versions of libraries.
    rows, skipped
        The measured values, and the measurements that were not possible.
    """

    made: str
    conditions: dict[str, Any]
    rows: list[Row]
    skipped: list[Skipped]

    @classmethod
    def of(cls, rows: Sequence[Row], skipped: Sequence[Skipped]) -> Results:
        """Create results with the current time and conditions."""
        versions = provenance.package_versions()
        conditions = {
            "git": provenance.git_state(sources.PROJECT),
            "cpu": provenance.cpu()["model"],
            **gpus.recorded(),
            "cores": cores(),
            "packages": {name: versions[name] for name in LIBRARIES if name in versions},
        }
        made = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
        return cls(made, conditions, list(rows), list(skipped))

    def write(self, folder: Path) -> Path:
        """Write the results as JSON, and return the path."""
        path = folder / f"{self.made}.json"
        artifacts.write_json(path, asdict(self))
        return path


def read(path: Path) -> Results:
    """Read a file written by `Results.write`."""
    content = artifacts.read_json(path)
    rows = [Row(**row) for row in content["rows"]]
    skipped = [Skipped(**entry) for entry in content["skipped"]]
    return Results(content["made"], content["conditions"], rows, skipped)


def rows_before(folder: Path) -> dict[tuple[str, str, str], Row]:
    """Return the latest row of each key over all stored results.

    Several files are needed because a command may measure only some parts.
    """
    return {row.key: row for path in sorted(folder.glob("*.json")) for row in read(path).rows}
