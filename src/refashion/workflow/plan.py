"""What a configuration asks for, in the form in which the Snakefile needs it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from refashion import artifacts, sources
from refashion.artifacts import Layout
from refashion.spec import config
from refashion.spec.config import Execution
from refashion.workflow import folders

OVERRIDES_VARIABLE = "REFASHION_CONFIG"

# A smoke run spends its time on starting up, not on training.
SMOKE_MINUTES = 0.5


@dataclass(frozen=True)
class Plan:
    """A validated configuration and where its files lie.

    Attributes
    ----------
    config, overrides
        The whole, and what `snakemake --config` has given of it.
    root
        Working folder, that the folders of data and results are relative to.
    """

    config: config.Config
    overrides: Mapping[str, Any]
    root: Path

    @classmethod
    def load(
        cls, overrides: Mapping[str, Any], root: Path = Path(), project: Path | None = None
    ) -> Plan:
        """Load a configuration.

        Parameters
        ----------
        overrides
            As `snakemake --config` gives them.
        root
            Working folder.
        project
            Folder with `config.yaml` and `studies/`; None for that of this library.
        """
        folder = sources.in_project() if project is None else project
        return cls(config.load(folder, overrides), overrides, root)

    @classmethod
    def of_job(cls) -> Plan:
        """Load what the workflow around this job has published."""
        return cls.load(json.loads(os.environ.get(OVERRIDES_VARIABLE, "{}")))

    def check_folders(self) -> None:
        """Refuse folders that cannot be written to or are not ours, before any job finds out.

        Raises
        ------
        ConfigError
            Names the key, the folder and what stands against it.
        """
        own = {"data": self.layout.data, "results": self.layout.results}
        for key, folder in own.items():
            folders.check(key, folder)
        folders.check_apart(own)

    def publish(self) -> None:
        """Hand the overrides on to every job.

        They travel in an environment variable, because not all of them may cause a re-run: the
        `params` of a rule say what does.
        """
        os.environ[OVERRIDES_VARIABLE] = json.dumps(dict(self.overrides))

    @property
    def layout(self) -> Layout:
        return Layout(self.root / self.config.results, self.root / self.config.data)

    @property
    def datasets(self) -> list[str]:
        return sorted({study.dataset for study in self.config.studies.values()})

    @cached_property
    def executions(self) -> dict[tuple[str, str, int], Execution]:
        """Every run with every seed, by (study, run, seed)."""
        return {(e.study.name, e.run.name, e.seed): e for e in self.config.executions()}

    def targets(self) -> list[Path]:
        """Files that the whole pipeline leaves.

        Not only the last: Snakemake passes over what is missing on the way to files that are there.
        """
        files, studies = self.layout, self.config.studies
        runs = [files.run(*key) for key in self.executions]
        return [
            *(files.report_html, files.report_pdf, files.verdicts_csv, files.verdicts_json),
            *map(files.explore, self.datasets),
            *map(files.metrics, studies),
            *map(files.study_verdicts, studies),
            *(run.run_json for run in runs),
            *(run.notebook for run in runs),
        ]

    def scored_splits(self, wildcards: Mapping[str, str]) -> bool:
        """Whether confusions of the training split are counted, for `params` of a rule."""
        return self.config.studies[wildcards["study"]].confusion_matrix_train

    def runs_of(self, study: str) -> list[Path]:
        """`run.json` of every execution of a study."""
        return [self.layout.run(*key).run_json for key in self.executions if key[0] == study]

    def dataset_of(self, study: str) -> str:
        return self.config.studies[study].dataset

    def model_module(self, study: str, run: str) -> str:
        return f"models.{self.config.studies[study].runs[run].model}"

    def recipe(self, study: str, run: str, seed: int) -> str:
        """All that decides the numbers of one execution, as canonical JSON.

        It is what Snakemake compares to find out whether a run must be made again.
        """
        execution = self.executions[study, run, seed]
        of_study, of_run = execution.study.model_dump(mode="json"), execution.run
        return artifacts.canonical_json(
            {
                "study": study,
                "run": run,
                "seed": seed,
                "dataset": of_study["dataset"],
                "split": of_study["split"],
                "preprocess": of_run.model_dump(mode="json")["preprocess"],
                "train_score": of_study["train_score"],
                "model": of_run.model,
                "settings": self._limited(of_run.settings),
                "threads": self.config.threads,
                "examples": self.config.limits.examples,
            }
        )

    def _limited(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        limit = self.config.limits.epochs
        if limit and "epochs" in settings:
            return {**settings, "epochs": min(limit, settings["epochs"])}
        return dict(settings)

    def minutes(self, study: str, run: str) -> float:
        """Rough time that one execution takes on one core."""
        return (
            SMOKE_MINUTES if self.config.is_smoke else self.config.studies[study].runs[run].minutes
        )

    def digest(self, *studies: str) -> str:
        """Change with all that the judgement and the report of some studies depend on."""
        whole = self.config.model_dump(mode="json")
        chosen = {name: whole["studies"][name] for name in studies}
        return hashlib.sha256(
            artifacts.canonical_json({**whole, "studies": chosen}).encode()
        ).hexdigest()
