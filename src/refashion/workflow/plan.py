"""The plan of a workflow: a validated configuration in the form that the Snakefile needs."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from refashion import artifacts, datasets, models, sources, workspace
from refashion.artifacts import Layout
from refashion.data import readers
from refashion.errors import ConfigError, RefashionError
from refashion.execution import environment
from refashion.spec import config, recovered
from refashion.spec import split as splits
from refashion.spec.config import Execution
from refashion.spec.result_files import find_results
from refashion.spec.study import Study, outside_folders
from refashion.workflow import folders, resources

OVERRIDES_VARIABLE = "REFASHION_CONFIG"

# Smoke runs spend their time on imports, not on training.
SMOKE_MINUTES = 0.5

# Runs that share a job of a cluster, by the most minutes that one of them is expected to take.
GROUPS = {"short": 3, "medium": 15}

# How many times slower than expected a run may be, before a cluster ends it, and the time to start.
SLOWNESS = 3
START_MINUTES = 2


@dataclass(frozen=True)
class Plan:
    """A validated configuration and the paths of its files.

    Attributes
    ----------
    config
        The validated configuration.
    overrides
        The part of it that was given with `snakemake --config`.
    root
        Working folder, to which the folders of data and results are relative.
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
            Values given with `snakemake --config`.
        root
            Working folder.
        project
            Folder with `config.yaml`; None for the project of this library.

        Raises
        ------
        ConfigError
            The configuration is invalid.
        """
        folder = sources.in_project() if project is None else project
        return cls(config.load(folder, overrides), overrides, root)

    @classmethod
    def of_job(cls) -> Plan:
        """Load the configuration of the workflow that started this job; see `publish`."""
        return cls.load(json.loads(os.environ.get(OVERRIDES_VARIABLE, "{}")))

    def check_folders(self) -> None:
        """Check that the workflow may write to its folders.

        Raises
        ------
        ConfigError
            It may not; see `folders.check`.
        """
        own = {"data": self.layout.data, "results": self.layout.results}
        for key, folder in own.items():
            folders.check(key, folder)
        folders.check_apart(own)

    def publish(self) -> None:
        """Pass the overrides and what searches have found to every job in environment variables.

        They are not `params` of the rules, because most of them must not cause a re-run.
        """
        os.environ[OVERRIDES_VARIABLE] = json.dumps(dict(self.overrides))
        studies = self.config.studies.values()
        searches = [(study.name, name) for study in studies for name in study.recover]
        recovered.publish(searches, self.config.results)

    @cached_property
    def layout(self) -> Layout:
        """Paths of all files."""
        return Layout(self.root / self.config.results, self.root / self.config.data)

    @property
    def datasets(self) -> list[str]:
        """Names of the datasets of all studies, sorted."""
        return sorted(self._first_with)

    @cached_property
    def _first_with(self) -> dict[str, Study]:
        """The first study with each dataset; all others mean the same one by its name."""
        studies = reversed(self.config.studies.values())
        return {study.dataset: study for study in studies if study.dataset is not None}

    def source(self, dataset: str) -> Any:
        """Return the module of a dataset, which may be a study's own, or its description."""
        return self._first_with[dataset].dataset_module

    def folder_of(self, dataset: str) -> Path:
        """Return the folder of a study with a dataset."""
        return self._first_with[dataset].folder

    @cached_property
    def executions(self) -> dict[tuple[str, str, int], Execution]:
        """All runs with all seeds, by (study, run, seed)."""
        return {(e.study.name, e.run.name, e.seed): e for e in self.config.executions()}

    def targets(self) -> list[Path]:
        """Return the output files of the whole pipeline.

        The list includes intermediate files, because Snakemake does not create a missing
        intermediate file again if the files made from it exist.
        """
        files, studies = self.layout, self.config.studies
        runs = [files.run(*key) for key in self.executions]
        return [
            *(files.report_html, files.report_pdf, files.verdicts_csv, files.verdicts_json),
            *map(files.explore, self.datasets),
            *map(files.metrics, studies),
            *map(files.study_verdicts, studies),
            *(files.audit(name) for name, study in studies.items() if study.source.file),
            *(run.run_json for run in runs),
            *(run.notebook for run in runs),
            *self.recoveries(),
        ]

    def scores(self, wildcards: Mapping[str, str]) -> tuple[bool, list[str]]:
        """Return whether a study asks for a confusion matrix of the training split, and for more.

        Parameters
        ----------
        wildcards
            Wildcards of the rule, with the name of the study.
        """
        study = self.config.studies[wildcards["study"]]
        return study.confusion_matrix_train, study.asked_metrics

    def runs_of(self, study: str) -> list[Path]:
        """Return the paths of `run.json` of every execution of a study."""
        return [self.layout.run(*key).run_json for key in self.executions if key[0] == study]

    def document_of(self, study: str) -> Path:
        """Return the document of a study's source, which validation has found."""
        whole = self.config.studies[study]
        found = whole.document(self.config.data_dirs)
        if found is None:
            raise ConfigError(f"{whole.folder}/study.yaml: source.file: not there any more")
        return found

    def judged(self, study: str) -> list[Path]:
        """Return what the judgement of a study reads: runs, metrics, the audit of its source."""
        audited = [self.layout.audit(study)] if self.config.studies[study].source.file else []
        return [*self.runs_of(study), self.layout.metrics(study), *audited]

    def shown(self) -> list[Path]:
        """Return the notebooks that the report shows besides those of runs."""
        files = self.layout
        of_studies = map(files.judge, self.config.studies)
        return [*map(files.explore, self.datasets), *of_studies, *self.recoveries()]

    def recoveries(self) -> list[Path]:
        """Return the results of the searches for open settings that are selected."""
        return [self.layout.recovery(*search) for search in self.config.searches()]

    def searched(self, study: str, name: str) -> list[Path]:
        """Return the files that a search reads: those of its run."""
        return self.read_by(study, self.config.studies[study].recover[name].run)

    def search(self, study: str, name: str) -> str:
        """Return all that a search is made of besides these files, as canonical JSON.

        Snakemake repeats a search if it has changed, or if the last attempt failed.
        """
        search = self.config.studies[study].recover[name]
        own = {
            "search": search.model_dump(mode="json"),
            "code": sources.library_digest(self.code_of(study, search.run)),
            "attempt": artifacts.next_attempt(self.layout.recovery_failures(study, name)),
        }
        return artifacts.canonical_json({**self.config.question(study, name), **own})

    def dataset_of(self, study: str) -> str | None:
        """Return the name of the dataset of a study; None if its notebooks bring their own data."""
        return self.config.studies[study].dataset

    def data_of(self, study: str, run: str) -> list[Path]:
        """Return the file of the prepared data that a run needs; none for an author's notebook.

        Results from outside are compared with the test examples, if the study has them.
        """
        whole = self.config.studies[study]
        if whole.dataset is None or whole.runs[run].is_notebook:
            return []
        return [self.layout.prepared(whole.dataset)]

    def is_described(self, dataset: str) -> bool:
        """Whether a study describes a dataset, which then has no module."""
        return self._first_with[dataset].described is not None

    def next_fetch(self, dataset: str) -> tuple[int, str]:
        """Return the number of the next attempt to fetch a dataset, and what its arrays depend on.

        Snakemake repeats the fetch if one of them has changed, such as after an edit of a file that
        a study describes. For a dataset with a module, the second is empty.
        """
        attempt = artifacts.next_attempt(self.layout.fetch_failures(dataset))
        return attempt, self.source(dataset).version if self.is_described(dataset) else ""

    def texts(self, dataset: str) -> dict[str, str]:
        """Return the texts about a described dataset, which change no array; else none."""
        return self.source(dataset).texts if self.is_described(dataset) else {}

    def dataset_files(self, dataset: str) -> list[Path]:
        """Return the file of a dataset's module, and those of a study's own that it imports.

        For a dataset that a study describes, this is the code that reads its format.
        """
        if self.is_described(dataset):
            reader = readers.MODULES[self.source(dataset).description["format"]]
            return sources.closure(f"data.readers.{reader}")
        file = datasets.file(dataset, self.folder_of(dataset))
        # Of the library only the module itself: how files are fetched changes no number.
        own = [*sources.own_files(sources.closure_of(file))]
        return own or [sources.in_project(str(file.relative_to(sources.PROJECT)))]

    def read_by(self, study: str, run: str) -> list[Path]:
        """Return the files that a run reads: its data, and the code of its study."""
        return [*self.data_of(study, run), *sources.own_files(self.code_of(study, run))]

    def code_of(self, study: str, run: str) -> tuple[Path, ...]:
        """Return the files of the dataset and of the model of a run."""
        whole = self.config.studies[study]
        chosen = whole.runs[run]
        key = study, chosen.model if chosen.has_model else None, None if chosen.has_model else run
        if key not in self._code:
            files = self.model_files(study, run)
            if whole.dataset is not None and not chosen.is_notebook:
                files = [*self.dataset_files(whole.dataset), *files]
            self._code[key] = tuple(files)
        return self._code[key]

    @cached_property
    def _code(self) -> dict[tuple[str, str | None, str | None], tuple[Path, ...]]:
        """What is known, by study and model, which many runs may share, or run without one."""
        return {}

    def model_files(self, study: str, run: str) -> list[Path]:
        """Return the files of a run's model: its module, and all that this imports.

        Those of an author's notebook, or of a command, are all files of the study that it may read.
        Those of results are the files in which they stand.
        """
        whole = self.config.studies[study]
        chosen = whole.runs[run]
        if chosen.outside and chosen.outside.results:
            files = {path for each in self._results(study, run).values() for path in each.values()}
            return [*sources.closure("runs.outside"), *sorted(files)]
        if not chosen.has_model:
            code = sources.closure("hosting" if chosen.is_notebook else "execution.programs")
            return [*code, *workspace.files_of(whole.folder)]
        return sources.closure_of(models.file(whole.runs[run].model, whole.folder))

    def notebook_of(self, study: str, run: str) -> Path:
        """Return the notebook that a run executes: the author's own, or `train.ipynb`.

        A command, or results, have none; the code that deals with them stands in its place.
        """
        whole = self.config.studies[study]
        if whole.runs[run].outside:
            return sources.in_project("src/refashion/execution/evidence.py")
        if whole.runs[run].is_notebook:
            return whole.folder / whole.runs[run].model
        return sources.in_project("notebooks", "train.ipynb")

    def uses_keras(self, study: str, run: str) -> bool:
        """Whether a run trains a network of Keras, which takes seconds to import."""
        return sources.in_project("src/refashion/backends/keras.py") in self.code_of(study, run)

    def gpu(self, study: str, run: str) -> int:
        """Return 1 if a run computes on a GPU, and 0 otherwise.

        What a notebook or a program computes on is not known, so it counts as one that does.
        """
        chosen = self.config.studies[study].runs[run]
        has_results = chosen.outside is not None and chosen.outside.results is not None
        if has_results or not environment.is_for_gpu():
            return 0
        return int(not chosen.has_model or self.uses_keras(study, run))

    def gpu_of_search(self, study: str, name: str) -> int:
        """Return 1 if the trials of a search compute on a GPU, and 0 otherwise."""
        return self.gpu(study, self.config.studies[study].recover[name].run)

    @cached_property
    def places(self) -> str:
        """Folders of every run, as options of the command that executes one.

        They are no resource of the rule, because jobs of one group must have the same texts there.
        """
        studies = [sources.in_project(str(folder)) for folder in self.config.study_dirs]
        own = ["--data", self.layout.data, "--results", self.layout.results]
        return shlex.join(map(str, [*own, "--study-dirs", *studies]))

    def recipe(self, study: str, run: str, seed: int) -> str:
        """Return everything that determines the numbers of one execution, as canonical JSON.

        Snakemake repeats a run if its recipe has changed.
        """
        execution = self.executions[study, run, seed]
        given = execution.run.outside
        read = {"dataset", "split", "train_score"}
        of_study, of_run = execution.study.model_dump(mode="json", include=read), execution.run
        own: dict[str, Any] = {} if of_run.has_model else {"classes": execution.study.classes}
        if of_run.is_notebook:
            own |= {"network": of_run.network, "requirements": of_run.requirements}
        if given and given.command:
            own |= {"command": given.command}
        if given and given.results:
            files = self._results(study, run)[seed]
            digests = {name: sources.sha256(path) for name, path in files.items()}
            own |= {"results": given.results.model_dump(mode="json"), "files": digests}
        return artifacts.canonical_json(
            own
            | {
                "study": study,
                "run": run,
                "seed": seed,
                "dataset": of_study["dataset"],
                "split": splits.with_digests(of_study["split"], execution.study.folder),
                **of_run.model_dump(mode="json", include={"preprocess"}),
                "train_score": of_study["train_score"],
                "predict_train": execution.study.predicts_train(run),
                "model": of_run.model,
                "settings": self._limited(of_run.settings),
                "threads": self.config.threads,
                "examples": self.config.limits.examples,
            }
        )

    def _results(self, study: str, run: str) -> Mapping[int, Mapping[str, Path]]:
        """Return the files of results that are there, by seed and name."""
        key = study, run
        if key not in self._found:
            whole = self.config.studies[study]
            given = whole.runs[run].outside
            assert given is not None and given.results is not None
            found = find_results(
                given.results, outside_folders(whole.folder, self.config.data_dirs)
            )
            self._found[key] = {seed: each.files for seed, each in found.items()}
        return self._found[key]

    @cached_property
    def _found(self) -> dict[tuple[str, str], Mapping[int, Mapping[str, Path]]]:
        return {}

    def _limited(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        limit = self.config.limits.epochs
        if limit and "epochs" in settings:
            return {**settings, "epochs": min(limit, settings["epochs"])}
        return dict(settings)

    def minutes(self, study: str, run: str) -> float:
        """Return the rough duration of one execution on one core, in minutes."""
        return (
            SMOKE_MINUTES if self.config.is_smoke else self.config.studies[study].runs[run].minutes
        )

    def group(self, study: str, run: str) -> str | None:
        """Return the name of the group whose runs share a job of a cluster; None for long runs.

        `group-components` in a profile of Snakemake says how many runs of each group share a job.
        """
        minutes = self.minutes(study, run)
        return next((name for name, most in GROUPS.items() if minutes <= most), None)

    def wall_minutes(self, study: str, run: str, attempt: int = 1) -> int:
        """Return the time that a run asks a cluster for, in minutes.

        It is more than the expected duration, and more with each attempt, but no more than the time
        limit of the run.

        Parameters
        ----------
        study, run
            The run.
        attempt
            Number of times that the job was started, from 1.
        """
        asked = attempt * SLOWNESS * self.minutes(study, run)
        return START_MINUTES + math.ceil(min(asked, self.config.limits.minutes))

    def wall_minutes_of_search(self, study: str, name: str) -> int:
        """Return the time that a search asks a cluster for, in minutes; its last trial is a run."""
        search = self.config.studies[study].recover[name]
        return START_MINUTES + math.ceil(search.minutes + self.config.limits.minutes)

    def memory_mb(self, study: str, run: str, is_shared: bool) -> int:
        """Return the memory that a run asks for, in MB.

        Parameters
        ----------
        study, run
            The run.
        is_shared
            Whether the runs share the memory of this machine. On a cluster, the peak of a seed that
            is there already is used: too little is noticed, and asked for again.
        """
        if is_shared:
            return resources.MEMORY_MB
        if (study, run) not in self._memory:
            peak = self._peak_mb(study, run)
            asked = resources.MEMORY_MB if peak is None else resources.memory_for(peak)
            self._memory[study, run] = asked
        return self._memory[study, run]

    def _peak_mb(self, study: str, run: str) -> float | None:
        for key in self._seeds[study, run]:
            with suppress(OSError, RefashionError):
                state = artifacts.read_json(self.layout.run(*key).run_json)
                if state["status"] == "ok" and state["peak_memory_mb"]:
                    return state["peak_memory_mb"]
        return None

    @cached_property
    def _memory(self) -> dict[tuple[str, str], int]:
        return {}

    @cached_property
    def _seeds(self) -> dict[tuple[str, str], list[tuple[str, str, int]]]:
        """The executions of each run."""
        found: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        for study, run, seed in self.executions:
            found.setdefault((study, run), []).append((study, run, seed))
        return found

    def digest(self, *studies: str) -> str:
        """Return a hash of everything that the judgement of some studies depends on."""
        # No number depends on where a study stands, or on what is said of it in a deposit.
        unread = {"folder", "experience"}
        whole = self.config.model_dump(
            mode="json", exclude={"deposit": True, "studies": {"__all__": unread}}
        )
        chosen = {name: whole["studies"][name] for name in studies}
        return _digest({**whole, "studies": chosen})

    @property
    def report_digest(self) -> str:
        """Hash of everything that the report and its deposit depend on."""
        return _digest(
            self.config.model_dump(mode="json", exclude={"studies": {"__all__": {"folder"}}})
        )


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(artifacts.canonical_json(content).encode()).hexdigest()
