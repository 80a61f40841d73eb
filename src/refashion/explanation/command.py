"""The command `refashion explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from refashion import artifacts, sources
from refashion.artifacts import Layout
from refashion.errors import RefashionError, choices, did_you_mean
from refashion.explanation.explanation import explain
from refashion.explanation.subjects import Subject, subjects_of, why_not
from refashion.explanation.words import MOST_CELLS, lines, table_lines
from refashion.ledger import rows
from refashion.ledger.entry import Entry
from refashion.ledger.words import cell_name
from refashion.runs.results import StudyResults, load_metrics
from refashion.spec import config as configs
from refashion.spec.claims import TableClaim
from refashion.spec.config import Config
from refashion.spec.study import Study

# Options that results were judged with.
RECORDED = ("groups", "seeds", "auto_minutes", "seed_sd_prior", "data", "data_dirs")


def command(
    study: str, claim: str, cell: str | None, results: Path | None, also: Path | None
) -> None:
    """Print which single changes close the gap of a claim.

    Parameters
    ----------
    study, claim
        Names.
    cell
        Name of one number of a table, "ROW, COLUMN"; None for a claim as a whole.
    results
        Folder of results; None for that of `config.yaml`.
    also
        Folder of results of the same study with other versions of libraries.

    Raises
    ------
    RefashionError
        The study, the claim or the number does not exist, has no results, or is not explained.
    """
    layout, config = _opened(study, results)
    whole = config.studies[study]
    entry, subjects = _chosen(_entries(layout, study, config), whole, claim, cell)
    found = StudyFolder(whole, layout).results
    other = StudyFolder(whole, Layout(also, layout.data)).results if also else None
    versions = tuple(_versions(layout, other.layout)) if other else ()
    explained = [explain(config, study, one, found, other, versions) for one in subjects]
    if isinstance(entry.claim, TableClaim) and cell is None:
        print("\n".join(table_lines(explained, len(entry.judgement.cells))))
    else:
        print("\n".join(lines(explained[0])))


def _chosen(
    listed: Sequence[Entry[Any]], study: Study, claim: str, cell: str | None
) -> tuple[Entry[Any], list[Subject]]:
    """Find the claim, and what there is to explain of it."""
    titles = {name: run.title for name, run in study.runs.items()}
    entries = {entry.claim.id: entry for entry in listed}
    able = [name for name, entry in entries.items() if subjects_of(entry)]
    if claim not in entries:
        raise RefashionError(f"CLAIM: {study.name} has no {claim!r}; {choices(claim, able)}")
    entry = entries[claim]
    subjects = subjects_of(entry)
    if cell is not None:
        return entry, [_of_cell(entry, cell, subjects, titles)]
    if not subjects:
        why = why_not(entry) or "its numbers are not finite"
        what = "a number that is not reproduced, or a statement that fails"
        raise RefashionError(
            f"CLAIM: {claim!r} cannot be explained: {why}; accepted: {what} "
            f"({', '.join(able) or 'none here'})"
        )
    return entry, subjects


def _of_cell(
    entry: Entry[Any], name: str, able: Sequence[Subject], titles: Mapping[str, str]
) -> Subject:
    """Find a number of a table by its name in the ledger, whose page calls runs by their titles."""
    listed_cells = entry.judgement.cells
    cells = {
        cell_name(cell._replace(row=titles.get(cell.row, cell.row))): cell for cell in listed_cells
    }
    cells |= {cell_name(cell): cell for cell in listed_cells}
    if not listed_cells:
        text = f"{entry.claim.id} is of kind {entry.claim.kind} and has no cells"
        raise RefashionError(f"CELL: {name!r}; {text}; accepted: leave it out")
    listed = "; ".join(one.name for one in able[:MOST_CELLS]) or "none here"
    accepted = f"accepted: a number that is not reproduced ({listed})"
    if name not in cells:
        hint = did_you_mean(name, cells)
        raise RefashionError(f"CELL: {entry.claim.id} has no {name!r}; {accepted}{hint}")
    if why := why_not(entry, cells[name]):
        raise RefashionError(f"CELL: {name!r} cannot be explained: {why}; {accepted}")
    return Subject(entry.claim, cells[name].row, cells[name].column)


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


def _entries(layout: Layout, study: str, config: Config) -> list[Entry[Any]]:
    path = layout.study_verdicts(study)
    if not path.exists():
        raise RefashionError(f"{path}: not found; run the workflow first, or name --results FOLDER")
    entries = rows.read(path, config)
    for entry in entries:
        cells = {cell[:2] for cell in entry.judgement.cells}
        if isinstance(entry.claim, TableClaim) and cells != {c[:2] for c in entry.claim.cells()}:
            text = f"verdicts on other numbers than {entry.claim.id} now has"
            raise RefashionError(f"{path}: {text}; run the workflow again")
    return entries


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
        for name, run in self._study.runs.items():
            stated = run.model_dump(mode="json")["settings"]
            for seed in self._seeds(name):
                path = self.layout.run(self._study.name, name, seed).run_json
                state = artifacts.read_json(path) if path.exists() else {}
                # A result of other settings is not one of this run.
                if state.get("settings") == stated:
                    states.setdefault(name, {})[seed] = state
        return states

    def _seeds(self, run: str) -> list[int]:
        """Return the seeds with scores; a notebook or a program may have left nothing to score."""
        if self._study.runs[run].has_model:
            return sorted(self._scores.loc[self._scores["run"] == run, "seed"].unique().tolist())
        folders = self.layout.run(self._study.name, run, 0).path.parent.glob("seed-*")
        numbers = (folder.name.removeprefix("seed-") for folder in folders)
        return sorted(int(number) for number in numbers if number.isdigit())


def _versions(ours: Layout, other: Layout) -> Iterator[str]:
    """Yield the packages whose versions differ, as "keras 3.14.0 → 3.15.1"."""
    before, after = (
        artifacts.read_json(layout.manifest).get("packages", {}) if layout.manifest.exists() else {}
        for layout in (ours, other)
    )
    if not (before and after):
        return
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name, 'absent')} → {after.get(name, 'absent')}"
