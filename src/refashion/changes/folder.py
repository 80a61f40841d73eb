"""Reading of a results folder for the comparison, finished or not.

The configuration of this project is not used, since the folder may come from another machine or
another version of a study.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.changes import archive
from refashion.errors import RefashionError, did_you_mean, shown
from refashion.ledger.entry import Verdict
from refashion.spec.config import RESERVED

Run = tuple[str, str]
Scores = dict[Run, dict[tuple[str, str], dict[int, float]]]

# Files of a finished results folder, as properties of `Layout`.
FINISHED = ("manifest", "config", "verdicts_json")


@dataclass(frozen=True)
class JudgedClaim:
    """A claim and its verdict, as stored in a results folder.

    It is not an `Entry` of the ledger, because the study may have changed since then.

    Attributes
    ----------
    study, id
        Names of the study and of the claim.
    run, split, where
        Run and split of the claim, and its place in the source; empty if not applicable.
    kind, quote
        Kind of the claim, and the words of the source.
    reported, reproduced
        Reported number, as printed, and the re-created one.
    tolerance
        Tolerance of the claim.
    verdict, reason
        Verdict on the claim, and the reason for it.
    cells
        Verdicts on the numbers of a table, by their names.
    fitted
        Whether it agrees because a search chose a setting by it.
    """

    study: str
    id: str
    run: str
    split: str
    where: str
    kind: str
    quote: str
    reported: str | int | None
    reproduced: float | None
    tolerance: float | None
    verdict: Verdict
    reason: str
    cells: Mapping[str, Verdict]
    fitted: bool = False

    @property
    def counts_as(self) -> Verdict:
        """Its verdict, or `FITTED`."""
        return Verdict.FITTED if self.fitted else self.verdict


@dataclass(frozen=True)
class ResultsFolder:
    """Content of a results folder.

    Attributes
    ----------
    name
        The folder as the user named it.
    manifest, config
        Content of `manifest.json` and `config.json`; empty without the file.
    states
        Content of `run.json`, by study and run, then by seed.
    scores
        Metrics by study and run, then by split and metric, then by seed.
    claims
        Claims with verdicts, by study and id.
    missing
        Names of missing files that a finished folder has.
    """

    name: str
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]
    states: Mapping[Run, Mapping[int, Mapping[str, Any]]]
    scores: Scores
    claims: Mapping[tuple[str, str], JudgedClaim]
    missing: tuple[str, ...]

    @property
    def runs(self) -> set[Run]:
        """Runs with results, as study and run."""
        return set(self.states) | set(self.scores)

    def seeds(self, run: Run) -> set[int]:
        """Return the seeds of a run, whether or not they finished."""
        scored = (seed for values in self.scores.get(run, {}).values() for seed in values)
        return set(self.states.get(run, {})) | set(scored)

    def study(self, name: str) -> Mapping[str, Any] | None:
        """Return the configuration of a study; None if it was not part of the last command."""
        return self.config.get("studies", {}).get(name)


def read(given: str, which: str) -> ResultsFolder:
    """Read a results folder, or one that was published: a folder or an archive.

    Parameters
    ----------
    given
        Path of the folder or of the archive.
    which
        "A" or "B", for error messages.

    Raises
    ------
    RefashionError
        If the folder does not exist, contains no results, or has a file that cannot be read.
    """
    with archive.unpacked(Path(given)) as path:
        if not given or not is_results(path):
            raise RefashionError(_no_results(given, path, which))
        return _read_folder(given, path)


def _read_folder(given: str, path: Path) -> ResultsFolder:
    layout = Layout(path)
    files = {name: getattr(layout, name) for name in FINISHED}
    states = _states(path)
    return ResultsFolder(
        name=given,
        manifest=_read_if_there(files["manifest"], dict) or {},
        config=_read_if_there(files["config"], dict) or {},
        states=states,
        scores=_scores(path, states),
        claims={(claim.study, claim.id): claim for claim in _claims(layout)},
        missing=tuple(file.name for file in files.values() if not file.exists()),
    )


def is_results(path: Path) -> bool:
    """Return whether a folder contains a run, the metrics of a study, or a manifest."""
    patterns = ("*/*/seed-*/run.json", "*/metrics.csv", "manifest.json")
    return path.is_dir() and any(next(path.glob(pattern), None) for pattern in patterns)


def _no_results(given: str, path: Path, which: str) -> str:
    exists = bool(given) and path.is_dir()
    what = "no results in this folder" if exists else "no such folder"
    accepted = "accepted: a folder that the workflow has written, such as results"
    if given and Path(given).is_file():
        return f"{which}: {shown(given)}; no results in this file; {accepted}, or a published .zip"
    # Suggest a folder within the given one or around it, otherwise one with a similar name.
    near = [*_folders(path), *_folders(path / "results"), *list(path.absolute().parents)[:2]]
    found = next((_relative(other) for other in near if exists and is_results(other)), None)
    if found and found.isprintable():
        return f"{which}: {shown(given)}; {what}; {accepted}; did you mean {shown(found)}?"
    siblings = [str(p) for p in _folders(path.parent) if str(p).isprintable() and is_results(p)]
    return f"{which}: {shown(given)}; {what}; {accepted}{did_you_mean(given, siblings)}"


def _relative(path: Path) -> str:
    """Return a path relative to the current folder, if it is inside."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _folders(path: Path) -> list[Path]:
    try:
        return sorted(p for p in (path, *path.iterdir()) if p.is_dir())
    except OSError:
        return []


def _states(path: Path) -> dict[Run, dict[int, dict[str, Any]]]:
    states: dict[Run, dict[int, dict[str, Any]]] = {}
    for run, seed, folder in _executions(path):
        if folder.run_json.exists():
            states.setdefault(run, {})[seed] = _read(folder.run_json, dict)
    return states


def _executions(path: Path) -> Iterator[tuple[Run, int, RunFolder]]:
    for folder in sorted(path.glob("*/*/seed-*")):
        study, run, seed = folder.relative_to(path).parts
        if study not in RESERVED and seed.removeprefix("seed-").isdigit():
            yield (study, run), int(seed.removeprefix("seed-")), RunFolder(folder)


def _scores(path: Path, states: Mapping[Run, Mapping[int, Any]]) -> Scores:
    """Read the metrics of each run, and those of removed runs from the table of the study.

    The table is not used for other runs: while a run is trained again, the table still contains
    its old metrics.
    """
    scores: Scores = {}
    for file in sorted(path.glob("*/metrics.csv")):
        for row in _table(file).to_dict("records"):
            run, seed = (row["study"], row["run"]), row["seed"]
            if seed not in states.get(run, {}):
                _put(scores, run, seed, row["split"], row["metric"], row["value"])
    for run, seed, folder in _executions(path):
        if folder.metrics.exists():
            for split, values in _read(folder.metrics, dict).items():
                for metric, value in values.items():
                    _put(scores, run, seed, split, metric, math.nan if value is None else value)
    return scores


def _put(scores: Scores, run: Run, seed: int, split: str, metric: str, value: float) -> None:
    of_run = scores.setdefault(run, {})
    of_run.setdefault((str(split), str(metric)), {})[seed] = float(value)


def _table(file: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(file)
        if "fold" in table:  # only the means over folds
            table = table[table["fold"].isna()]
        return table.astype({"seed": int, "value": float})
    except (OSError, ValueError, KeyError) as error:
        raise RefashionError(f"{file}: not a table of metrics ({error})") from None


def _claims(layout: Layout) -> Iterator[JudgedClaim]:
    """Read the claims of each study; those of studies without a file from the whole ledger."""
    studies = set()
    for file in sorted(layout.results.glob("*/verdicts.json")):
        for row in _read(file, list):
            claim = _claim(row, file)
            if claim.study == file.parent.name:  # or it is the ledger of other results, in these
                studies.add(claim.study)
                yield claim
    for row in _read_if_there(layout.verdicts_json, list) or []:
        claim = _claim(row, layout.verdicts_json)
        if claim.study not in studies:
            yield claim


def _claim(row: Any, file: Path) -> JudgedClaim:
    try:
        return JudgedClaim(
            row["study"],
            row["id"],
            run=row.get("run") or "",
            split=row.get("split") or "",
            where=row.get("where") or "",
            kind=row.get("kind") or "",
            quote=row.get("quote") or "",
            reported=row.get("reported"),
            reproduced=row.get("reproduced"),
            tolerance=row.get("tolerance"),
            verdict=Verdict(row["verdict"]),
            reason=row.get("reason") or "",
            cells={cell["name"]: Verdict(cell["verdict"]) for cell in row.get("cells", [])},
            fitted=row.get("fitted") is True,
        )
    except KeyError as error:
        raise RefashionError(f"{file}: a claim has no {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise RefashionError(f"{file}: not a list of claims with verdicts ({error})") from None


def _read_if_there(file: Path, kind: type) -> Any:
    return _read(file, kind) if file.exists() else None


def _read(file: Path, kind: type) -> Any:
    try:
        content = artifacts.read_json(file)
    except OSError as error:
        raise RefashionError(f"{file}: cannot be read ({error})") from None
    if not isinstance(content, kind):
        expected = "an object" if kind is dict else "a list"
        raise RefashionError(f"{file}: expected {expected}, found {shown(content)}")
    return content
