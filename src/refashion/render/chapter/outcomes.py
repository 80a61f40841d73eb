"""Results of one study, read once for its chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.explanation.searches import all_finished
from refashion.judgement.rankings import judge_runs
from refashion.ledger.entry import Entry, Judgement
from refashion.render.text.names import look_up
from refashion.runs import results
from refashion.runs import tables as run_tables
from refashion.runs.folds import load_test_inputs
from refashion.shortening import shortened
from refashion.spec.config import Config, Execution
from refashion.spec.recovered import CHANGED
from refashion.spec.study import Run, Study


@dataclass(frozen=True)
class Outcomes:
    """Results of one study; files are read when they are first needed.

    Attributes
    ----------
    config
        The whole configuration.
    study
        The study.
    layout
        Paths of the results.
    entries
        The study's entries of the ledger.
    """

    config: Config
    study: Study
    layout: Layout
    entries: Sequence[Entry[Any]]

    @cached_property
    def executions(self) -> list[Execution]:
        """Executions of the study: each run with each of its seeds."""
        return [e for e in self.config.executions() if e.study.name == self.study.name]

    @cached_property
    def states(self) -> dict[str, dict[int, dict[str, Any]]]:
        """Content of `run.json`, by run and seed."""
        return results.load_states(self.layout, self.study.name, self.executions)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """Metrics of all runs, as in `metrics.csv`."""
        return results.load_metrics(self.layout, self.study.name)

    def scores(self, split: str) -> pd.DataFrame:
        """Return the mean scores on one split, as `table_scores` does."""
        if split not in self._scores:
            self._scores[split] = run_tables.table_scores(self.metrics, split)
        return self._scores[split]

    @cached_property
    def _scores(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def history(self) -> pd.DataFrame:
        """Training logs of all runs; the column `run` holds their titles."""
        history = results.load_histories(self.layout, self.study.name, self.executions)
        return history if history.empty else history.assign(run=history["run"].map(self.titles))

    @cached_property
    def prepared(self) -> dict[str, Any]:
        """Status of the dataset, and the shapes of its arrays."""
        if self.study.dataset is None:  # nothing is missing that the notebooks bring
            return {"status": "available", "reason": None}
        return artifacts.read_json(self.layout.prepared(self.study.dataset))

    def input_shape(self) -> str | None:
        """Return the shape of one example, such as "28 × 28"; None without the dataset."""
        arrays = self.prepared.get("arrays", {})
        shapes = [arrays[name]["shape"] for name in ("train_x", "all_x") if name in arrays]
        return " × ".join(map(str, shapes[0][1:])) if shapes else None

    def recovery(self, name: str) -> dict[str, Any] | None:
        """Return the result of a search; None if it was not made, or has changed since."""
        path = self.layout.recovery(self.study.name, name)
        if name in self.searches or not path.exists():
            return self.searches.get(name)
        found = artifacts.read_json(path)
        return found if found["status"] != "ok" else None

    @cached_property
    def searches(self) -> dict[str, Any]:
        """Results of all finished searches, by name."""
        return all_finished(self.config, self.study, self.layout)

    def why_not_searched(self, name: str) -> str:
        """Return why a search has no result, as a clause without a full stop."""
        awaited = self.run(self.study.recover[name].run).awaited
        if others := [other for other in awaited if other != name]:
            return f"it waits for the search {others[0]}"
        if self.layout.recovery(self.study.name, name).exists():
            return f"the search {CHANGED}"
        return "it belongs to the group recovery, which was not selected"

    @property
    def dataset(self) -> ModuleType:
        """Module of the study's dataset."""
        return self.study.dataset_module

    @property
    def is_regression(self) -> bool:
        """Whether the study predicts a number instead of a class."""
        return self.dataset.TASK == "regression"

    @property
    def titles(self) -> dict[str, str]:
        """Titles of the runs, by name."""
        return {name: run.title for name, run in self.study.runs.items()}

    def run(self, name: str) -> Run:
        """Return a run of the study.

        Raises
        ------
        RefashionError
            If the study has no run with this name.
        """
        return look_up(name, self.study.runs, "run")

    def entry(self, name: str) -> Entry[Any]:
        """Return the entry of the ledger for a claim.

        Raises
        ------
        RefashionError
            If the study has no claim with this name.
        """
        return look_up(name, {entry.claim.id: entry for entry in self.entries}, "claim")

    def compared(self, run: str, other: str, metric: str) -> Judgement:
        """Judge whether a run is better than another on the test split."""
        prior = self.config.seed_sd_prior
        return judge_runs(run, [other], metric, "test", self.study_results, prior)

    @cached_property
    def study_results(self) -> results.StudyResults:
        """Results of the study, as judgement reads them."""
        return results.StudyResults(self.study, self.states, self.metrics, self.layout)

    def good_seeds(self, run: str) -> list[int]:
        """Return the seeds with which a run finished."""
        self.run(run)
        return [s for s, state in self.states.get(run, {}).items() if state["status"] == "ok"]

    def finite_seeds(self, run: str) -> list[int]:
        """Return the seeds with which a run finished and has finite test predictions."""
        scores = self.metrics[(self.metrics["run"] == run) & (self.metrics["split"] == "test")]
        finite = set(scores.dropna(subset="value")["seed"])
        return [seed for seed in self.good_seeds(run) if seed in finite]

    def has_predictions(self, run: str) -> bool:
        """Return whether a run has predictions of the test split, as only notebooks may not."""
        seeds = self.finite_seeds(run)
        return bool(seeds) and all(self._folder(run, seed).predictions.exists() for seed in seeds)

    def why_not(self, run: str) -> str:
        """Return why a run has no result, as a clause without a full stop."""
        if self.good_seeds(run) and not self.run(run).has_model:
            what = "notebook recorded" if self.run(run).is_notebook else "files hold"
            return f"its {what} no predictions"
        if self.good_seeds(run):
            return "it diverged, so its predictions are not numbers"
        states = list(self.states.get(run, {}).values())
        if not states and (why := self.run(run).awaits):
            return why
        if not states:
            return f"its group, {self.run(run).group}, was not selected"
        status, error = states[0]["status"], states[0]["error"] or {}
        return {
            "no_data": f"the dataset {self.dataset.TITLE} is missing",
            "timeout": f"it exceeded the limit of {self.config.limits.minutes:g} minutes",
        }.get(status, f"it failed with {shortened(error.get('type', 'an error'))}")

    def records(self, run: str) -> list[dict[str, Any]]:
        """Return the content of `run.json` for every seed with which a run finished."""
        return [self.states[run][seed] for seed in self.good_seeds(run)]

    def tables(self, run: str, file: str) -> list[pd.DataFrame]:
        """Read one CSV file of a run for every seed that has it.

        Parameters
        ----------
        run
            Name of the run.
        file
            Property of `RunFolder` with the path of the file, such as "confusion_matrix".
        """
        return self._tables(run, self.good_seeds(run), file)

    def class_tables(self, run: str, file: str) -> list[pd.DataFrame]:
        """Like `tables`, but only for seeds with finite test predictions."""
        return self._tables(run, self.finite_seeds(run), file)

    def _tables(self, run: str, seeds: Sequence[int], file: str) -> list[pd.DataFrame]:
        key = run, tuple(seeds), file
        if key not in self._read:
            paths = [getattr(self._folder(run, seed), file) for seed in seeds]
            self._read[key] = [
                artifacts.read_csv(path, "class", "true") for path in paths if path.exists()
            ]
        return self._read[key]

    @cached_property
    def _read(self) -> dict[tuple[str, tuple[int, ...], str], list[pd.DataFrame]]:
        return {}

    def predictions(self, run: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Return true and predicted values of the test split, each of shape (n,)."""
        names = ("test_true", "test_pred")
        arrays = artifacts.read_arrays(self._folder(run, seed).predictions, *names)
        return arrays["test_true"], arrays["test_pred"]

    def test_inputs(self, seed: int) -> np.ndarray:
        """Return the inputs of the test split, without preprocessing.

        All runs with the same seed share them.
        """
        if self.study.dataset is None:
            raise RefashionError(f"{self.study.name}: the inputs stay in the notebooks")
        if seed not in self._inputs:
            split, limit = self.study.model_dump(mode="json")["split"], self.config.limits.examples
            arrays = self.layout.arrays(self.study.dataset)
            self._inputs[seed] = load_test_inputs(
                arrays, split, seed, limit, self.dataset, self.study.folder
            )
        return self._inputs[seed]

    @cached_property
    def _inputs(self) -> dict[int, np.ndarray]:
        return {}

    def labels(self) -> dict[str, Any]:
        """Return the labels of each split from the first finished run; empty without one.

        With folds, they are those of the first.
        """
        for run in self.states:
            for seed in self.good_seeds(run):
                if not self._folder(run, seed).predictions.exists():
                    continue
                arrays = artifacts.read_arrays(self._folder(run, seed).predictions)
                splits = ("train", "validation", "test")
                found = {s: arrays[f"{s}_true"] for s in splits if f"{s}_true" in arrays}
                folds = {s: arrays[f"{s}_fold"] for s in found if f"{s}_fold" in arrays}
                return {s: y[folds[s] == 1] if s in folds else y for s, y in found.items()}
        return {}

    def _folder(self, run: str, seed: int) -> artifacts.RunFolder:
        return self.layout.run(self.study.name, run, seed)

    def notebook(self, run: str, seed: int) -> Path:
        """Return the path of the executed notebook, whether or not it exists."""
        return self._folder(run, seed).notebook

    def page(self, run: str, seed: int) -> str | None:
        """Return the page of an executed notebook, relative to the report; None without one."""
        if not self.notebook(run, seed).exists():
            return None
        page = self.layout.run_page(self.study.name, run, seed)
        return page.relative_to(self.layout.report).as_posix()
