"""One execution of a run with other settings, in this process, without leaving files."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout, canonical_json
from refashion.judgement.numbers import Measured, measured
from refashion.runs import cross_validation, evaluation, training
from refashion.runs.folds import Folds, load_folds
from refashion.runs.results import StudyResults
from refashion.spec import preprocess as preprocessing
from refashion.spec.claims import AttributeClaim, TableClaim, ValueClaim
from refashion.spec.recover import SECTIONS, Search, with_value
from refashion.spec.study import SECTION, Run, Study

EPOCHS = "epochs"
# Where files of a trial are written and read again: in memory, if the system offers that.
MEMORY = Path("/dev/shm")


def applied(study: Study, search: Search, settings: Mapping[str, Any]) -> Study:
    """Return a study whose run has other settings, split or preprocessing.

    Parameters
    ----------
    study
        The study.
    search
        One of its searches.
    settings
        Values by dotted name.
    """
    run = study.runs[search.run]
    stated: dict[str, Any] = {
        "split": SECTION["split"].dump_python(study.split, mode="json"),
        "preprocess": SECTION["preprocess"].dump_python(run.preprocess, mode="json"),
    }
    own: dict[str, Any] = dict(run.settings)
    for name, value in settings.items():
        first, *_ = keys = name.split(".")
        if first in SECTIONS:
            stated = with_value(stated, keys, value)
        else:
            own = with_value(own, keys, value)
    split, steps = (SECTION[n].validate_json(canonical_json(v)) for n, v in stated.items())
    changed = {"settings": own, "preprocess": preprocessing.completed(steps)[0]}
    runs = {**study.runs, search.run: run.model_copy(update=changed)}
    return study.model_copy(update={"split": split, "runs": runs})


class Executor:
    """Executes a run of a study with other settings, and measures the printed numbers.

    Parameters
    ----------
    study
        The study.
    search
        One of its searches.
    layout
        Paths of the data.
    threads
        Number of threads.
    """

    def __init__(self, study: Study, search: Search, layout: Layout, threads: int) -> None:
        self.study, self.search, self.layout, self.threads = study, search, layout, threads
        by_id = {claim.id: claim for claim in study.claims}
        self.claims = [by_id[name] for name in search.claims]
        self._folds: tuple[str, Folds] | None = None

    def __call__(
        self, settings: Mapping[str, Any], seed: int, epochs: int | None
    ) -> tuple[list[Measured], str | None]:
        """Execute the run; return the printed numbers in the order of the claims, and a digest.

        The digest stands for the outputs of the model, see `Trial.outputs`.
        """
        study = applied(self.study, self.search, settings)
        run = study.runs[self.search.run]
        if epochs is not None:
            run = run.model_copy(update={"settings": {**run.settings, EPOCHS: epochs}})
        with redirect_stdout(io.StringIO()), TemporaryDirectory(dir=_place()) as place:
            folder = Layout(Path(place)).run(study.name, run.name, seed)
            training.save(self._trained(study, run, seed), folder)
            artifacts.write_json(folder.run_json, {"status": "ok"})
            results = _results(study, run.name, seed, Layout(Path(place)))
            numbers = [
                number
                for claim in self.claims
                if isinstance(claim, ValueClaim | AttributeClaim | TableClaim)
                for number in measured(claim, run.name, results).values()
            ]
            return numbers, evaluation.digest_of_outputs(folder)

    def _trained(self, study: Study, run: Run, seed: int) -> training.Result:
        source, folds = study.dataset_module, self._examples(study, run, seed)
        build = training.builder(
            run.model,
            run.settings,
            study=study.folder,
            task=source.TASK,
            n_outputs=len(study.classes) or 1,
            seed=seed,
            threads=self.threads,
        )
        model = build(input_shape=folds[0]["train"].x.shape[1:])
        of_train = any(getattr(claim, "split", None) == "train" for claim in self.claims)
        return cross_validation.fit_folds(
            model, build, folds, source.TASK, study.train_score, of_train
        )

    def _examples(self, study: Study, run: Run, seed: int) -> Folds:
        """Return the examples; those of the last trial are used again if they are the same."""
        split = study.model_dump(mode="json", include={"split"})["split"]
        steps = run.model_dump(mode="json", include={"preprocess"})["preprocess"]
        key = canonical_json([split, steps, seed])
        if self._folds is None or self._folds[0] != key:
            self._folds = None
            arrays = self.layout.arrays(str(study.dataset))
            source = study.dataset_module
            examples = load_folds(arrays, split, steps, seed, None, source, study.folder)
            self._folds = key, examples
        return self._folds[1]


def _place() -> Path | None:
    return MEMORY if os.access(MEMORY, os.W_OK) else None


def _results(study: Study, run: str, seed: int, layout: Layout) -> StudyResults:
    folder = layout.run(study.name, run, seed)
    task, classes = study.dataset_module.TASK, study.classes
    scores = evaluation.score_run(task, classes, folder, False, study.asked_metrics)
    rows = evaluation.tidy(study.name, run, seed, scores, folder)
    table = pd.DataFrame(rows)
    whole = table[table["fold"].isna()] if "fold" in table else table
    return StudyResults(study, {run: {seed: {"status": "ok", "diverged": False}}}, whole, layout)
