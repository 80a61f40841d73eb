"""One of the two folders of results that are compared, finished or not, as it lies on the disk.

It is read without the configuration of this project: the folder may come from another machine or
from another version of a study.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.errors import RefashionError, did_you_mean, shown
from refashion.ledger.entry import Verdict
from refashion.spec.config import RESERVED

Run = tuple[str, str]
Scores = dict[Run, dict[tuple[str, str], dict[int, float]]]

NAN = float("nan")
FINISHED = ("manifest", "config", "verdicts_json")


@dataclass(frozen=True)
class JudgedClaim:
    """A claim and its verdict, as far as two folders can be compared by it.

    It is no entry of the ledger: the claim belongs to a study that may have another form here.

    Attributes
    ----------
    study, id, run, split, where
        As in the ledger; empty where it has none.
    reported, tolerance
        What the verdict rests on besides the results.
    verdict, reason
        The verdict, and why.
    cells
        Verdicts on the numbers of a table, by their names.
    """

    study: str
    id: str
    run: str
    split: str
    where: str
    reported: str | int | None
    tolerance: float | None
    verdict: Verdict
    reason: str
    cells: Mapping[str, Verdict]


@dataclass(frozen=True)
class ResultsFolder:
    """What a folder of results holds.

    Attributes
    ----------
    name
        The folder as the user named it.
    manifest, config
        The content of the files of that name, empty where there are none.
    states
        The content of `run.json`, by study and run, then by seed.
    scores
        Values by study and run, then by split and metric, then by seed.
    claims
        Judged claims, by study and id.
    missing
        Files that a finished folder has, and this one has not.
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
        return set(self.states) | set(self.scores)

    def seeds(self, run: Run) -> set[int]:
        """Seeds of a run, whether or not it came to its end."""
        scored = (seed for values in self.scores.get(run, {}).values() for seed in values)
        return set(self.states.get(run, {})) | set(scored)

    def study(self, name: str) -> Mapping[str, Any] | None:
        """Give the configuration of a study, if it belonged to the last call."""
        return self.config.get("studies", {}).get(name)


def read(given: str, which: str) -> ResultsFolder:
    """Read a folder of results.

    Parameters
    ----------
    given
        The folder.
    which
        "A" or "B", for messages.

    Raises
    ------
    RefashionError
        There is no such folder, it holds no results, or one of its files cannot be read.
    """
    path = Path(given)
    if not given or not is_results(path):
        raise RefashionError(_no_results(given, path, which))
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
    """Whether a folder holds a run or the scores of any study, or has been finished."""
    patterns = ("*/*/seed-*/run.json", "*/metrics.csv", "manifest.json")
    return path.is_dir() and any(next(path.glob(pattern), None) for pattern in patterns)


def _no_results(given: str, path: Path, which: str) -> str:
    is_there = bool(given) and path.is_dir()
    what = "no results in this folder" if is_there else "no such folder"
    wanted = "accepted: a folder that the workflow has written, such as results"
    # First what lies in the folder or around it, then what is only spelt alike.
    near = [*_folders(path), *_folders(path / "results"), *list(path.absolute().parents)[:2]]
    found = next((_near(other) for other in near if is_there and is_results(other)), None)
    if found and found.isprintable():
        return f"{which}: {shown(given)}; {what}; {wanted}; did you mean {shown(found)}?"
    siblings = [str(p) for p in _folders(path.parent) if str(p).isprintable() and is_results(p)]
    return f"{which}: {shown(given)}; {what}; {wanted}{did_you_mean(given, siblings)}"


def _near(path: Path) -> str:
    """Write a path as a user would from the current folder."""
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
    """Read the scores of each run; the table of a study stands in only for runs that are gone.

    A run that is trained again loses its own scores at once, while the table keeps the old ones
    until all runs are there.
    """
    scores: Scores = {}
    for file in sorted(path.glob("*/metrics.csv")):
        for row in _table(file).itertuples():
            run, seed = (row.study, row.run), int(row.seed)
            if seed not in states.get(run, {}):
                _put(scores, run, seed, row.split, row.metric, row.value)
    for run, seed, folder in _executions(path):
        if folder.metrics.exists():
            for split, values in _read(folder.metrics, dict).items():
                for metric, value in values.items():
                    _put(scores, run, seed, split, metric, NAN if value is None else value)
    return scores


def _put(scores: Scores, run: Run, seed: int, split: str, metric: str, value: float) -> None:
    of_run = scores.setdefault(run, {})
    of_run.setdefault((str(split), str(metric)), {})[seed] = float(value)


def _table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file).astype({"seed": int, "value": float})
    except (OSError, ValueError, KeyError) as error:
        raise RefashionError(f"{file}: no table of scores ({error})") from None


def _claims(layout: Layout) -> Iterator[JudgedClaim]:
    """Read the claims of each study, and from the whole ledger those of studies without a file."""
    studies = set()
    for file in sorted(layout.results.glob("*/verdicts.json")):
        for row in _read(file, list):
            claim = _claim(row, file)
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
            **{name: row.get(name) or "" for name in ("run", "split", "where", "reason")},
            **{name: row.get(name) for name in ("reported", "tolerance")},
            verdict=Verdict(row["verdict"]),
            cells={cell["name"]: Verdict(cell["verdict"]) for cell in row.get("cells", [])},
        )
    except KeyError as error:
        raise RefashionError(f"{file}: a claim without {error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        raise RefashionError(f"{file}: not a claim with its verdict ({error})") from None


def _read_if_there(file: Path, kind: type) -> Any:
    return _read(file, kind) if file.exists() else None


def _read(file: Path, kind: type) -> Any:
    try:
        content = artifacts.read_json(file)
    except OSError as error:
        raise RefashionError(f"{file}: cannot be read ({error})") from None
    if not isinstance(content, kind):
        wanted = "an object" if kind is dict else "a list"
        raise RefashionError(f"{file}: {wanted} is expected, found {shown(content)}")
    return content
