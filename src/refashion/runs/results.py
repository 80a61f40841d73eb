"""What finished runs have left, read into tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.runs import evaluation
from refashion.spec.config import Execution
from refashion.spec.study import Study


def load_states(
    layout: Layout, study: str, executions: Iterable[Execution]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Read `run.json` of every execution of a study, by run and seed."""
    states: dict[str, dict[int, dict[str, Any]]] = {}
    for execution in executions:
        if execution.study.name == study:
            run, seed = execution.run.name, execution.seed
            path = layout.run(study, run, seed).run_json
            states.setdefault(run, {})[seed] = artifacts.read_json(path)
    return states


def load_histories(layout: Layout, study: str, executions: Iterable[Execution]) -> pd.DataFrame:
    """Read the history of every successful iterative run: run, seed, epoch, and what it logged."""
    histories = [
        pd.read_csv(path).assign(run=execution.run.name, seed=execution.seed)
        for execution in executions
        if execution.study.name == study
        and (path := layout.run(study, execution.run.name, execution.seed).history).exists()
    ]
    return pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()


def load_metrics(layout: Layout, study: str) -> pd.DataFrame:
    """Read the tidy scores of a study."""
    return artifacts.read_csv(layout.metrics(study), "study", "run", "split", "metric")


@dataclass(frozen=True)
class StudyResults:
    """All that the finished runs of one study have left, read when it is asked for, and once.

    Attributes
    ----------
    study
        The study.
    states
        Content of `run.json` by run and seed, see `load_states`.
    scores
        Content of `metrics.csv`.
    layout
        Where everything lies.
    """

    study: Study
    states: Mapping[str, Mapping[int, Mapping[str, Any]]]
    scores: pd.DataFrame
    layout: Layout
    _read: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    def of_run(self, run: str) -> Mapping[int, Mapping[str, Any]]:
        """Content of `run.json` by seed; empty for a run that was not asked for."""
        return self.states.get(run, {})

    def seeds(self, *runs: str) -> list[int]:
        """Seeds with which each of some runs came to its end, sorted."""
        good = [
            {seed for seed, state in self.of_run(run).items() if state["status"] == "ok"}
            for run in runs
        ]
        return sorted(set.intersection(*good))

    def folder(self, run: str, seed: int) -> RunFolder:
        return self.layout.run(self.study.name, run, seed)

    def predictions(self, run: str, seed: int) -> Mapping[str, np.ndarray]:
        """Give the arrays of `predictions.npz`."""
        path = self.folder(run, seed).predictions
        return self.once(("predictions", run, seed), lambda: artifacts.read_arrays(path))

    def pair(self, run: str, seed: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Truth and answers of one split, shape (n,) each."""
        path, names = self.folder(run, seed).predictions, (f"{split}_true", f"{split}_pred")
        # Not with the outputs, which take far more room.
        arrays = self.once((*names, run, seed), lambda: artifacts.read_arrays(path, *names))
        return tuple(arrays[name] for name in names)

    def history(self, run: str, seed: int) -> pd.DataFrame | None:
        """Give the history of a run, a row an epoch; None for a model that has none."""
        path = self.folder(run, seed).history
        key = ("history", run, seed)
        return self.once(key, lambda: pd.read_csv(path) if path.exists() else None)

    def confusion(self, run: str, seed: int, split: str) -> pd.DataFrame:
        """Count examples by true class (index) and predicted class (columns)."""

        def count() -> pd.DataFrame:
            pair = self.pair(run, seed, split)
            return evaluation.confusion_table(*pair, self.study.classes).set_index("true")

        return self.once(("confusion", run, seed, split), count)

    def report(self, run: str, seed: int, split: str) -> pd.DataFrame:
        """Classification report, indexed by class and average."""

        def score() -> pd.DataFrame:
            path = self.folder(run, seed).classification_report
            if split == "test" and path.exists():
                return artifacts.read_csv(path, "class")
            pair = self.pair(run, seed, split)
            return evaluation.classification_report(*pair, self.study.classes)

        return self.once(("report", run, seed, split), lambda: score().set_index("class"))

    def value(
        self, run: str, seed: int, metric: str, split: str, of_class: str | None = None
    ) -> float:
        """One number of one execution; NaN where its answers are no numbers.

        Parameters
        ----------
        run, seed
            Of an execution that came to its end.
        metric
            A metric, or a count, or with `of_class` a score of a class; see `claims`.
        split, of_class
            Of which examples.
        """
        if metric in ("errors", "correct"):
            return self._count(run, seed, metric, split, of_class)
        if of_class is not None:
            return float(self.report(run, seed, split)[metric].loc[of_class])
        return self._scores_by_key()[run, seed, split, metric]

    def _count(self, run: str, seed: int, metric: str, split: str, of_class: str | None) -> float:
        true, predicted = self.pair(run, seed, split)
        if (predicted < 0).any():
            return float("nan")
        is_right = true == predicted
        wanted = is_right if metric == "correct" else ~is_right
        return float((wanted & self._is_chosen(true, of_class)).sum())

    def n_examples(self, run: str, seed: int, split: str, of_class: str | None = None) -> int:
        """Count the examples of a split, or those of one true class in it."""
        true, _ = self.pair(run, seed, split)
        return int(self._is_chosen(true, of_class).sum())

    def _is_chosen(self, true: np.ndarray, of_class: str | None) -> np.ndarray:
        if of_class is None:
            return np.ones(len(true), dtype=bool)
        return true == self.study.classes.index(of_class)

    def _scores_by_key(self) -> Mapping[tuple[str, int, str, str], float]:
        keys = ["run", "seed", "split", "metric"]
        return self.once(("scores",), lambda: self.scores.set_index(keys)["value"].to_dict())

    def once(self, key: tuple[Any, ...], read: Callable[[], Any]) -> Any:
        """Give what was read, or made of these results, under a key before; else do so now."""
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]
