"""What the runs of one study came to, read once for its chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from refashion import artifacts, datasets
from refashion.artifacts import Layout
from refashion.data.splits import load_test_inputs
from refashion.judgement.rankings import judge_runs
from refashion.ledger.entry import Entry, Judgement
from refashion.render.text.names import look_up
from refashion.runs import results
from refashion.runs import tables as run_tables
from refashion.shortening import shortened
from refashion.spec.config import Config, Execution
from refashion.spec.study import Run, Study


@dataclass(frozen=True)
class Outcomes:
    """The artifacts of one study.

    Attributes
    ----------
    config, study, layout
        What was asked for, and where the results lie.
    entries
        The study's entries of the ledger.
    """

    config: Config
    study: Study
    layout: Layout
    entries: Sequence[Entry[Any]]

    @cached_property
    def executions(self) -> list[Execution]:
        return [e for e in self.config.executions() if e.study.name == self.study.name]

    @cached_property
    def states(self) -> dict[str, dict[int, dict[str, Any]]]:
        """The content of `run.json`, by run and seed."""
        return results.load_states(self.layout, self.study.name, self.executions)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        return results.load_metrics(self.layout, self.study.name)

    def scores(self, split: str) -> pd.DataFrame:
        """Mean scores of one split, see `tables.table_scores`."""
        if split not in self._scores:
            self._scores[split] = run_tables.table_scores(self.metrics, split)
        return self._scores[split]

    @cached_property
    def _scores(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def history(self) -> pd.DataFrame:
        """Of all runs, named by their titles."""
        history = results.load_histories(self.layout, self.study.name, self.executions)
        return history if history.empty else history.assign(run=history["run"].map(self.titles))

    @cached_property
    def prepared(self) -> dict[str, Any]:
        """Status and shapes of the dataset's arrays."""
        return artifacts.read_json(self.layout.prepared(self.study.dataset))

    def input_shape(self) -> str | None:
        """Shape of one example, "28 × 28", where the dataset is there."""
        arrays = self.prepared.get("arrays", {})
        shapes = [arrays[name]["shape"] for name in ("train_x", "all_x") if name in arrays]
        return " × ".join(map(str, shapes[0][1:])) if shapes else None

    @property
    def dataset(self) -> ModuleType:
        return datasets.module(self.study.dataset)

    @property
    def is_regression(self) -> bool:
        return self.dataset.TASK == "regression"

    @property
    def titles(self) -> dict[str, str]:
        return {name: run.title for name, run in self.study.runs.items()}

    def run(self, name: str) -> Run:
        """Find a run of the study.

        Raises
        ------
        RefashionError
            There is none of that name.
        """
        return look_up(name, self.study.runs, "run")

    def entry(self, name: str) -> Entry[Any]:
        """Find an entry of the ledger by the name of its claim."""
        return look_up(name, {entry.claim.id: entry for entry in self.entries}, "claim")

    def compared(self, run: str, other: str, metric: str) -> Judgement:
        """Judge whether a run is better than another on the test split."""
        prior = self.config.seed_sd_prior
        return judge_runs(run, [other], metric, "test", self._results, prior)

    @cached_property
    def _results(self) -> results.StudyResults:
        return results.StudyResults(self.study, self.states, self.metrics, self.layout)

    def good_seeds(self, run: str) -> list[int]:
        """Seeds with which a run came to its end."""
        self.run(run)
        return [s for s, state in self.states.get(run, {}).items() if state["status"] == "ok"]

    def answering_seeds(self, run: str) -> list[int]:
        """Seeds with which a run came to its end, and to predictions that are numbers."""
        scores = self.metrics[(self.metrics["run"] == run) & (self.metrics["split"] == "test")]
        answering = set(scores.dropna(subset="value")["seed"])
        return [seed for seed in self.good_seeds(run) if seed in answering]

    def why_not(self, run: str) -> str:
        """Say why a run has no result: the end of a sentence, without full stop."""
        if self.good_seeds(run):
            return "it diverged, and its predictions are no numbers"
        states = list(self.states.get(run, {}).values())
        if not states:
            return f"its group, {self.run(run).group}, was not asked for"
        status, error = states[0]["status"], states[0]["error"] or {}
        return {
            "no_data": f"the dataset {self.dataset.TITLE} is missing",
            "timeout": f"it took longer than {self.config.limits.minutes:g} minutes",
        }.get(status, f"it failed with {shortened(error.get('type', 'an error'))}")

    def records(self, run: str) -> list[dict[str, Any]]:
        """Give the content of `run.json` for every seed that came to its end."""
        return [self.states[run][seed] for seed in self.good_seeds(run)]

    def tables(self, run: str, file: str) -> list[pd.DataFrame]:
        """Read one CSV file of a run, for every seed that has it.

        Parameters
        ----------
        run
            Name.
        file
            The property of `RunFolder` that names it, such as "confusion_matrix".
        """
        return self._tables(run, self.good_seeds(run), file)

    def class_tables(self, run: str, file: str) -> list[pd.DataFrame]:
        """Like `tables`, of the seeds whose test predictions are numbers."""
        return self._tables(run, self.answering_seeds(run), file)

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

    def answers(self, run: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """True and predicted values of the test split, shape (n,) each."""
        names = ("test_true", "test_pred")
        arrays = artifacts.read_arrays(self._folder(run, seed).predictions, *names)
        return arrays["test_true"], arrays["test_pred"]

    def test_inputs(self, seed: int) -> np.ndarray:
        """Inputs of the test split that all runs of one seed share, as they are in the dataset."""
        if seed not in self._inputs:
            split, limit = self.study.model_dump(mode="json")["split"], self.config.limits.examples
            arrays, classes = self.layout.arrays(self.study.dataset), self.dataset.CLASSES
            self._inputs[seed] = load_test_inputs(arrays, split, seed, limit, classes)
        return self._inputs[seed]

    @cached_property
    def _inputs(self) -> dict[int, np.ndarray]:
        return {}

    def labels(self) -> dict[str, Any]:
        """Labels of each split, from the first run that came to its end; empty without one."""
        for run in self.states:
            for seed in self.good_seeds(run):
                arrays = artifacts.read_arrays(self._folder(run, seed).predictions)
                splits = ("train", "validation", "test")
                return {s: arrays[f"{s}_true"] for s in splits if f"{s}_true" in arrays}
        return {}

    def _folder(self, run: str, seed: int) -> artifacts.RunFolder:
        return self.layout.run(self.study.name, run, seed)

    def notebook(self, run: str, seed: int) -> Path:
        """Give the executed notebook, whether it is there or not."""
        return self._folder(run, seed).notebook

    def page(self, run: str, seed: int) -> str | None:
        """Link of the page of an executed notebook, relative to the report, if there is one."""
        if not self.notebook(run, seed).exists():
            return None
        page = self.layout.run_page(self.study.name, run, seed)
        return page.relative_to(self.layout.report).as_posix()
