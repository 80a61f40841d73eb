"""The command `refashion explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from refashion import artifacts, sources
from refashion.artifacts import Layout
from refashion.errors import RefashionError, choices
from refashion.explanation.explanation import explain, is_explained
from refashion.explanation.words import lines
from refashion.ledger import rows
from refashion.runs.results import StudyResults, load_metrics
from refashion.spec import config as configs
from refashion.spec.config import Config
from refashion.spec.study import Study

# Options that results were judged with.
RECORDED = ("groups", "seeds", "auto_minutes", "seed_sd_prior", "data", "data_dirs")


def command(study: str, claim: str, results: Path | None, also: Path | None) -> None:
    """Print which single changes close the gap of a claim.

    Parameters
    ----------
    study, claim
        Names.
    results
        Folder of results; None for that of `config.yaml`.
    also
        Folder of results of the same study with other versions of libraries.

    Raises
    ------
    RefashionError
        The study or the claim does not exist, has no results, or is not explained.
    """
    layout, config = _opened(study, results)
    whole = config.studies[study]
    entries = {entry.claim.id: entry for entry in _entries(layout, study, config)}
    able = [name for name, one in entries.items() if is_explained(one)]
    if claim not in entries:
        raise RefashionError(f"CLAIM: {study} has no {claim!r}; {choices(claim, able)}")
    entry = entries[claim]
    if not is_explained(entry):
        raise RefashionError(
            f"CLAIM: {claim!r} is {entry.verdict.words}, of kind {entry.claim.kind}; "
            f"accepted: a single number that is not reproduced ({', '.join(able) or 'none here'})"
        )
    other = StudyFolder(whole, Layout(also, layout.data)) if also else None
    found = explain(
        config,
        entry,
        StudyFolder(whole, layout).results,
        other.results if other else None,
        tuple(_versions(layout, other.layout)) if other else (),
    )
    print("\n".join(lines(found)))


def _opened(study: str, results: Path | None) -> tuple[Layout, Config]:
    """Read the configuration with which the results were made, wherever their studies stand."""
    root = sources.in_project()
    folder = results or Path(configs.load(root, {}).results)
    path = Layout(folder).config
    if not path.exists():
        raise RefashionError(f"{path}: not found; run the workflow first, or name --results FOLDER")
    recorded = artifacts.read_json(path)
    if study not in recorded["studies"]:
        raise RefashionError(f"STUDY: {study!r}; {choices(study, recorded['studies'])}")
    given = {name: recorded[name] for name in RECORDED if name in recorded}
    stood = recorded["studies"][study].get("folder")
    places = {"study_dirs": [str(Path(stood).parent)]} if stood else {}
    config = configs.load(root, {**given, **places, "studies": [study]})
    return Layout(folder, Path(config.data)), config


def _entries(layout: Layout, study: str, config: Config) -> list[Any]:
    path = layout.study_verdicts(study)
    if not path.exists():
        raise RefashionError(f"{path}: not found; run the workflow first, or name --results FOLDER")
    return rows.read(path, config)


class StudyFolder:
    """All results of a study in a folder, of every group and seed.

    Parameters
    ----------
    study
        The study.
    layout
        Paths of the results.
    """

    def __init__(self, study: Study, layout: Layout) -> None:
        self.layout = layout
        if not layout.metrics(study.name).exists():
            raise RefashionError(f"{layout.metrics(study.name)}: not found; nothing to explain")
        self._scores = load_metrics(layout, study.name)
        self._study = study

    @property
    def results(self) -> StudyResults:
        """Results of the runs that have scores, with the settings that the study has now."""
        return StudyResults(self._study, self._states(), self._scores, self.layout)

    def _states(self) -> dict[str, dict[int, Mapping[str, Any]]]:
        states: dict[str, dict[int, Mapping[str, Any]]] = {}
        scored = self._scores[["run", "seed"]].drop_duplicates()
        for run, seed in scored.itertuples(index=False):
            path = self.layout.run(self._study.name, str(run), int(seed)).run_json
            if run not in self._study.runs or not path.exists():
                continue
            state = artifacts.read_json(path)
            # A result of other settings is not one of this run.
            if state["settings"] == self._study.runs[run].model_dump(mode="json")["settings"]:
                states.setdefault(str(run), {})[int(seed)] = state
        return states


def _versions(ours: Layout, other: Layout) -> Iterator[str]:
    """Yield the packages whose versions differ, as "keras 3.14.0 → 3.15.1"."""
    before, after = (
        artifacts.read_json(layout.manifest).get("packages", {})
        for layout in (ours, other)
        if layout.manifest.exists()
    )
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name, 'absent')} → {after.get(name, 'absent')}"
