"""Results of finished runs, read into tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from refashion import artifacts, printed
from refashion.artifacts import Layout, RunFolder
from refashion.metrics import METRICS
from refashion.printed import PrintedLine
from refashion.runs import evaluation
from refashion.spec.config import Execution
from refashion.spec.study import Study


def load_states(
    layout: Layout, study: str, executions: Iterable[Execution]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Read `run.json` of every execution of a study.

    Parameters
    ----------
    layout
        Paths of the results.
    study
        Name of the study.
    executions
        Executions of all studies.

    Returns
    -------
    dict
        Content of `run.json` by run and seed.
    """
    states: dict[str, dict[int, dict[str, Any]]] = {}
    for execution in executions:
        if execution.study.name == study:
            run, seed = execution.run.name, execution.seed
            path = layout.run(study, run, seed).run_json
            states.setdefault(run, {})[seed] = artifacts.read_json(path)
    return states


def load_histories(layout: Layout, study: str, executions: Iterable[Execution]) -> pd.DataFrame:
    """Read the histories of a study; parameters as for `load_states`.

    Returns
    -------
    pandas.DataFrame
        Columns run, seed, epoch, and the logged metrics; empty if no run has a history. With
        folds, these are means over folds.
    """
    histories = [
        _history(path).assign(run=execution.run.name, seed=execution.seed)
        for execution in executions
        if execution.study.name == study
        and (path := layout.run(study, execution.run.name, execution.seed).history).exists()
    ]
    return pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()


def _history(path: Path) -> pd.DataFrame:
    history = evaluation.mean_history(pd.read_csv(path))
    assert history is not None
    return history


def load_metrics(layout: Layout, study: str) -> pd.DataFrame:
    """Read the metrics of a study: columns study, run, seed, split, metric and value.

    With folds, these are means over folds.
    """
    table = _metrics(layout, study)
    return table[table["fold"] == ""].drop(columns="fold").reset_index(drop=True)


def load_fold_metrics(layout: Layout, study: str) -> pd.DataFrame:
    """Read the metrics of each fold: like `load_metrics`, with the column fold, from 1."""
    table = _metrics(layout, study)
    return table[table["fold"] != ""].astype({"fold": int}).reset_index(drop=True)


def _metrics(layout: Layout, study: str) -> pd.DataFrame:
    table = artifacts.read_csv(layout.metrics(study), "study", "run", "fold", "split", "metric")
    return table if "fold" in table else table.assign(fold="")


@dataclass(frozen=True)
class StudyResults:
    """Results of the finished runs of one study. Files are read on demand, and only once.

    Attributes
    ----------
    study
        The study.
    states
        Content of `run.json` by run and seed, see `load_states`.
    scores
        Content of `metrics.csv`.
    layout
        Paths of the results.
    """

    study: Study
    states: Mapping[str, Mapping[int, Mapping[str, Any]]]
    scores: pd.DataFrame
    layout: Layout
    _read: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    def of_run(self, run: str) -> Mapping[int, Mapping[str, Any]]:
        """Return the content of `run.json` by seed; empty for a run that was not selected."""
        return self.states.get(run, {})

    def seeds(self, *runs: str) -> list[int]:
        """Return the seeds with which all of the given runs succeeded, sorted."""
        good = [
            {seed for seed, state in self.of_run(run).items() if state["status"] == "ok"}
            for run in runs
        ]
        return sorted(set.intersection(*good))

    def folder(self, run: str, seed: int) -> RunFolder:
        """Return the folder of a run with a seed."""
        return self.layout.run(self.study.name, run, seed)

    def probabilities(self, run: str, seed: int, split: str) -> np.ndarray:
        """Return the probabilities of classes on one split, shape (n, classes).

        They are read each time: those of a thousand runs take more than a gigabyte.
        """
        name = f"{split}_score"
        return artifacts.read_arrays(self.folder(run, seed).predictions, name)[name]

    def pair(self, run: str, seed: int, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the true and predicted values of one split, shape (n,) each."""
        true, predicted = self._arrays(run, seed, f"{split}_true", f"{split}_pred")
        return true, predicted

    def fold_numbers(self, run: str, seed: int, split: str) -> np.ndarray | None:
        """Return the number of the fold of each example of a split, shape (n,); None without."""
        name = f"{split}_fold"
        if name not in self.names(run, seed):
            return None
        return self._arrays(run, seed, name)[0]

    def history(self, run: str, seed: int) -> pd.DataFrame | None:
        """Return the history of a run, one row for each epoch, or None if it has no history.

        With folds, it is the mean over folds.
        """
        path = self.folder(run, seed).history
        key = ("history", run, seed)
        return self.once(key, lambda: _history(path) if path.exists() else None)

    def attributes(self, run: str, seed: int) -> list[dict[str, Any]]:
        """Return the fitted attributes of an execution, of each fold; none if it has none."""
        path = self.folder(run, seed).attributes
        key = ("attributes", run, seed)
        return self.once(key, lambda: artifacts.read_json(path) if path.exists() else [])

    def fold_values(self, run: str, seed: int, metric: str, split: str) -> np.ndarray:
        """Return the values of a metric in each fold of an execution, shape (folds,)."""
        path = self.folder(run, seed).fold_metrics
        table = self.once(("folds", run, seed), lambda: artifacts.read_csv(path, "split", "metric"))
        chosen = table[(table["split"] == split) & (table["metric"] == metric)]
        return chosen.sort_values("fold")["value"].to_numpy()

    def confusion(self, run: str, seed: int, split: str) -> pd.DataFrame:
        """Return the number of examples of a split by true class (index) and predicted class."""

        def count() -> pd.DataFrame:
            pair = self.pair(run, seed, split)
            return evaluation.confusion_table(*pair, self.study.classes).set_index("true")

        return self.once(("confusion", run, seed, split), count)

    def report(self, run: str, seed: int, split: str) -> pd.DataFrame:
        """Return the classification report, indexed by class and average."""

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
        """Return one number of one execution; NaN if predictions are missing or not finite.

        Parameters
        ----------
        run, seed
            An execution that succeeded.
        metric
            A metric, "errors" or "correct", or with `of_class` a score of a class; see
            `refashion.spec.claims`.
        split
            Name of the split.
        of_class
            Name of a class, to which the number is limited; None for all examples.
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

    def printed(self, run: str, seed: int) -> list[list[PrintedLine]]:
        """Return the lines that each cell of code of an executed notebook printed."""
        path = self.folder(run, seed).notebook
        return self.once(("printed", run, seed), lambda: printed.printed_lines(path))

    def prints_alike(self, run: str) -> bool:
        """Return whether several seeds of a notebook print the same numbers, and at least one."""
        return self.once(("alike", run), lambda: self._prints_alike(run))

    def _prints_alike(self, run: str) -> bool:
        of_seeds = [
            [line.numbers for lines in self.printed(run, seed) for line in lines]
            for seed in self.seeds(run)
        ]
        return len(of_seeds) > 1 and any(of_seeds[0]) and all(of_seeds[0] == n for n in of_seeds)

    def n_agreeing(self, run: str) -> int:
        """Return how many numbers further seeds of a notebook repeat that prints alike."""
        seeds = self.seeds(run)
        n = sum(len(line.numbers) for lines in self.printed(run, seeds[0]) for line in lines)
        return n * (len(seeds) - 1)

    def shares_examples(self, split: str) -> bool:
        """Return whether all executions that recorded a split have the same true answers."""
        name = f"{split}_true"
        every = (
            artifacts.read_arrays(self.folder(run, seed).predictions, name)[name]
            for run in self.study.runs
            for seed in (self.seeds(run) if self.of_run(run) else ())
            if name in self.names(run, seed)
        )
        first = next(every, None)
        return first is not None and all(np.array_equal(first, each) for each in every)

    def has_predictions(self, run: str, split: str, metric: str = "") -> bool:
        """Return whether every seed of a run has the predictions of a split for a metric."""
        of_probabilities = metric in METRICS and METRICS[metric].of == "probabilities"
        name = f"{split}_{'score' if of_probabilities else 'pred'}"
        return all(name in self.names(run, seed) for seed in self.seeds(run))

    def has_one_size(self, run: str, split: str) -> bool:
        """Return whether all seeds of a run have the same number of examples in a split."""
        return len({len(self.pair(run, seed, split)[0]) for seed in self.seeds(run)}) == 1

    def names(self, run: str, seed: int) -> list[str]:
        """Return the names of the arrays in `predictions.npz`; none without such a file."""
        path = self.folder(run, seed).predictions
        read = self.once(("names", run, seed), lambda: artifacts.names_of_arrays(path))
        return list(read)

    def n_examples(self, run: str, seed: int, split: str, of_class: str | None = None) -> int:
        """Return the number of examples of a split, or of one true class in it.

        It is 0 if a notebook did not record them.
        """
        name = f"{split}_true"
        if not self.study.runs[run].has_model and name not in self.names(run, seed):
            return 0
        return int(self._is_chosen(self._arrays(run, seed, name)[0], of_class).sum())

    def has_metric(self, run: str, metric: str, split: str) -> bool:
        """Return whether every seed of a run has a metric on a split."""
        return all((run, s, split, metric) in self._scores_by_key() for s in self.seeds(run))

    def do_seeds_agree(self, run: str) -> bool:
        """Return whether all seeds of a run have the same predictions, as a single one has."""
        folders = [self.folder(run, seed) for seed in self.seeds(run)]
        return self.once(("agree", run), lambda: evaluation.do_agree(folders))

    def is_fixed(self, run: str) -> bool:
        """Return whether several seeds show that none of them matters; see `evaluation`."""
        folders = [self.folder(run, seed) for seed in self.seeds(run)]
        return self.once(("fixed", run), lambda: evaluation.is_fixed(folders))

    def _is_chosen(self, true: np.ndarray, of_class: str | None) -> np.ndarray:
        if of_class is None:
            return np.ones(len(true), dtype=bool)
        return true == self.study.classes.index(of_class)

    def _scores_by_key(self) -> Mapping[tuple[str, int, str, str], float]:
        keys = ["run", "seed", "split", "metric"]
        return self.once(("scores",), lambda: self.scores.set_index(keys)["value"].to_dict())

    def _arrays(self, run: str, seed: int, *names: str) -> list[np.ndarray]:
        """Return arrays of `predictions.npz`, which are kept in as little memory as they need.

        Probabilities of classes, which need far more, are left to `probabilities`.
        """
        keys = [("array", run, seed, name) for name in names]
        if not all(key in self._read for key in keys):
            found = artifacts.read_arrays(self.folder(run, seed).predictions, *names)
            for key, name in zip(keys, names, strict=True):
                self._read[key] = _small(found[name]), found[name].dtype
        return [small.astype(dtype) for small, dtype in map(self._read.__getitem__, keys)]

    def once(self, key: tuple[Any, ...], read: Callable[[], Any]) -> Any:
        """Call a function once, and return its cached result afterwards.

        Parameters
        ----------
        key
            Key of the result.
        read
            Function that computes it.
        """
        if key not in self._read:
            self._read[key] = read()
        return self._read[key]


def _small(array: np.ndarray) -> np.ndarray:
    """Return whole numbers, such as labels, in the smallest type that holds them.

    Thousands of runs with labels of eight bytes do not fit into memory.
    """
    if array.dtype.kind not in "iu" or not array.size:
        return array
    ends = (array.min(), array.max())
    return array.astype(np.result_type(*map(np.min_scalar_type, ends)))
