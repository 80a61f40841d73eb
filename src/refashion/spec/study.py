"""A study, one re-created report: `<study>/study.yaml`, validated once and frozen.

Classes named `...File` describe the file; the others are what the program works with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)

from refashion import datasets, models
from refashion.backends import estimator_settings, estimators
from refashion.backends.keras_listing import further_metrics
from refashion.data.described import Described
from refashion.data.fetching import named_folders
from refashion.errors import ConfigError, choices, did_you_mean, shown
from refashion.metrics import METRICS
from refashion.quantities import MOST_ENTRIES
from refashion.spec import notebooks, original, outside_problems, recover, recovered, strict_yaml
from refashion.spec import preprocess as preprocessing
from refashion.spec import split as splits
from refashion.spec.claims import (
    Claim,
    KnownNames,
    Untestable,
    metrics_of,
    problems_of,
    runs_of,
)
from refashion.spec.dataset import describe
from refashion.spec.deposit import Experience
from refashion.spec.fields import (
    Group,
    Heading,
    Known,
    Minutes,
    Name,
    Strict,
    Text,
    Title,
    known,
)
from refashion.spec.formats import DatasetEntry, Description
from refashion.spec.notebooks import NotebookRun
from refashion.spec.original import OriginalReport
from refashion.spec.outside import CommandRun, Outside, ResultsRun
from refashion.spec.preprocess import Preprocess, is_unseeded
from refashion.spec.problems import MOST_PROBLEMS, Problem, Where, explain, report
from refashion.spec.recover import SECTIONS, Search
from refashion.spec.recovered import Taken
from refashion.spec.split import AnySplit, Split, has_same_examples
from refashion.wording import flatten

DRAFT = "http://json-schema.org/draft-07/schema#"

# Packages whose classes a study may use, unless config.yaml lists others.
PACKAGES = ("sklearn",)


# Of a study whose notebooks bring their own data.
WITHOUT_SPLIT = Split(classes=None, test="given", validation=None)

CLAIM_KEYS = ("claims", "untestable")
SECTION: dict[str, TypeAdapter[Any]] = {
    "split": TypeAdapter(AnySplit),
    "preprocess": TypeAdapter(Preprocess | None),
}


class Assumption(Strict):
    """A setting that the source does not state: the assumed value, and why."""

    value: JsonValue
    why: Text
    recovered: Name | None = None


def _model(name: str, info: ValidationInfo) -> str:
    """Accept the module of a model, or an estimator by its import path."""
    context = info.context or {}
    if estimators.is_path(name):
        estimators.check(name, context.get("packages"))
        return name
    if name[:1].isupper() and not did_you_mean(name, context.get("model", ())):
        raise ValueError(f"accepted: the import path of a class{estimators.nearest(name)}")
    return known(name, info)


Model = Annotated[str, AfterValidator(_model)]
MODEL_RULE = (
    "a module in models/ of the study or in src/refashion/models, or the import path of a class, "
    "such as sklearn.svm.SVC"
)


class Run(Strict):
    """A run: a model with its settings. `like` has been resolved."""

    name: Name
    title: Title
    group: Group
    minutes: Minutes
    model: Title
    preprocess: Preprocess | None
    settings: dict[str, JsonValue]
    assumes: dict[str, Assumption]
    network: bool = False
    requirements: Title | None = None
    outside: Outside | None = Field(None, description="of a command, or of results that are there")
    like: Name | None = Field(None, description="the run that the study states it as a variant of")
    awaits: Text | None = Field(None, description="why a recovered value is not known yet")
    awaited: tuple[Name, ...] = Field((), description="searches whose values are not known yet")

    @property
    def is_notebook(self) -> bool:
        """Whether the run is the author's own notebook, whose name stands for the model."""
        return self.outside is None and models.is_notebook(self.model)

    @property
    def has_model(self) -> bool:
        """Whether a model is trained here; other runs bring data and results of their own."""
        return self.outside is None and not self.is_notebook

    @property
    def leaks(self) -> tuple[str, ...]:
        """Steps of the preprocessing that are fitted on the test examples as well."""
        return preprocessing.leaks(self.preprocess)


class RunFile(Strict):
    """A run with all its keys."""

    title: Title
    group: Group
    minutes: Minutes = Field(
        description="rough duration on one core, in minutes; long runs start first"
    )
    model: Model = Field(description=MODEL_RULE)
    preprocess: Preprocess | None = Field(
        None, description="for this run only; null: that of the study"
    )
    settings: dict[str, JsonValue] = Field(
        {},
        description="settings of the model: all of a module, and those that are stated of a class",
    )
    assumes: dict[str, Text] = Field(
        {},
        description="settings that the source does not state (a.b if nested), and why this value",
    )


class LikeRunFile(Strict):
    """A run that is like another run of the study, except for the keys that it states."""

    like: Known = Field(description="the run whose keys and settings are copied")
    title: Title
    group: Group | None = None
    minutes: Minutes | None = None
    model: Model | None = None
    preprocess: Preprocess | None = None
    settings: dict[str, JsonValue] = Field({}, description="the settings that differ")
    assumes: dict[str, Text] = Field({})


def _tag_of_run(value: Any) -> str:
    if isinstance(value, LikeRunFile) or (isinstance(value, dict) and "like" in value):
        return "(like)"
    kinds: dict[str, type[Strict]] = {
        "notebook": NotebookRun,
        "command": CommandRun,
        "results": ResultsRun,
    }
    for key, kind in kinds.items():
        if isinstance(value, kind) or (isinstance(value, dict) and key in value):
            return f"({key})"
    return "(own)"


WholeRun = RunFile | NotebookRun | CommandRun | ResultsRun
AnyRun = WholeRun | LikeRunFile
RunEntry = Annotated[
    Annotated[RunFile, Tag("(own)")]
    | Annotated[NotebookRun, Tag("(notebook)")]
    | Annotated[CommandRun, Tag("(command)")]
    | Annotated[ResultsRun, Tag("(results)")]
    | Annotated[LikeRunFile, Tag("(like)")],
    Discriminator(_tag_of_run),
]
RUN_ENTRY: TypeAdapter[AnyRun] = TypeAdapter(RunEntry)


class _Head(Strict):
    title: Title
    source: OriginalReport
    dataset: Known | None
    split: AnySplit
    preprocess: Preprocess | None = Field(description="null: raw values")
    confusion_matrix_train: bool = Field(
        False, description="also compute a confusion matrix of the training split"
    )
    train_score: bool = Field(
        False, description="keep the class probabilities of the training split, for its log loss"
    )
    predict_train: bool = Field(
        False, description="score the training split also of models that do not train by epochs"
    )
    experience: Experience | None = Field(
        None, description="your words for the one-page summary that `refashion publish` writes"
    )


class Study(_Head):
    """One re-created report."""

    name: Name
    folder: Path
    described: Description | None = Field(None, description="the dataset, if it is described")
    recorded: tuple[str, ...] | None = Field(None, description="classes, without a dataset")
    runs: dict[str, Run]
    claims: tuple[Claim, ...]
    untestable: tuple[Untestable, ...]
    recover: dict[Name, Search] = Field({})

    @property
    def classes(self) -> list[str]:
        """Names of the classes, by label; empty for a regression."""
        if self.dataset is None:
            return list(self.recorded or ())
        return datasets.classes(self.dataset, self.split.classes, self.folder)

    def document(self, data_dirs: Sequence[Path]) -> Path | None:
        """Return the document of the source; None if the study names none, or if it is gone.

        Parameters
        ----------
        data_dirs
            `data_dirs` of the configuration.
        """
        if self.source.file is None:
            return None
        return original.find_document(self.source.file, outside_folders(self.folder, data_dirs))

    @property
    def asked_metrics(self) -> list[str]:
        """Names of metrics that only claims of this study ask for, sorted."""
        measured = {name for claim in self.claims for name in metrics_of(claim)}
        return sorted(name for name in measured if name in METRICS and not METRICS[name].is_usual)

    def is_unseeded(self, run: Run) -> bool:
        """Whether it is known before a run that its seed changes nothing."""
        return (
            run.has_model
            and has_same_examples(self.split, "train")
            and is_unseeded(run.preprocess)
            and bool(models.is_deterministic(run.model, run.settings, self.folder))
        )

    @property
    def dataset_module(self) -> Any:
        """Module of the dataset: the study's own, or one of the library; or its description."""
        if self.dataset is None:
            return datasets.of_notebooks(self.recorded)
        return datasets.module(self.dataset, self.folder)

    def model_module(self, run: str) -> Any:
        """Return the module of a run's model, or what stands for it; see `models.module`."""
        if not self.runs[run].has_model:
            return models.AUTHORED
        return models.module(self.runs[run].model, self.folder)

    def predicts_train(self, run: str) -> bool:
        """Whether a run predicts the training split, which can take hours for nearest neighbours.

        It does where the study or one of its claims asks for it, and where training by epochs has
        gone through the examples many times anyway.
        """
        return (
            any((self.predict_train, self.train_score, self.confusion_matrix_train))
            or "epochs" in self.runs[run].settings
            or any(
                run in runs_of(claim) and getattr(claim, "split", None) == "train"
                for claim in self.claims
            )
        )


class StudyFile(_Head):
    """study.yaml: one re-created report."""

    dataset: DatasetEntry | None = Field(  # type: ignore[assignment]  # the study has its name
        None,
        description="a module in src/refashion/datasets, or a description of data in place; "
        "left out if no run has a model",
    )
    split: AnySplit = Field(WITHOUT_SPLIT, description="left out if no run has a model")
    preprocess: Preprocess | None = Field(
        None, description="null: raw values; left out if no run has a model"
    )
    classes: Annotated[tuple[Heading, ...], Field(min_length=2, max_length=MOST_ENTRIES)] | None = (
        Field(None, description="without a dataset: names of the classes that the runs predict")
    )
    assumes: dict[str, Text] = Field(
        {},
        description="what the source does not state about split and preprocess, and why this value",
    )
    runs: Annotated[dict[Name, RunEntry], Field(min_length=1, max_length=MOST_ENTRIES)]
    claims: Annotated[tuple[Claim, ...], Field(max_length=MOST_ENTRIES)]
    untestable: Annotated[tuple[Untestable, ...], Field(max_length=MOST_ENTRIES)] = Field(
        (), description="statements that no run can test, each with the reason"
    )
    recover: Annotated[dict[Name, Search], Field(max_length=MOST_ENTRIES)] = Field(
        {}, description="searches for settings that the source does not state, by name"
    )


def study_schema() -> dict[str, Any]:
    """Return the JSON schema of `study.yaml`, for editors. It accepts any settings of models."""
    return {"$schema": DRAFT, **StudyFile.model_json_schema()}


def load_study(
    folder: Path,
    packages: tuple[str, ...] = PACKAGES,
    data_dirs: Sequence[Path] = (),
    data_folder: Path = Path("data"),
    commands: tuple[str, ...] | None = None,
    results_folder: Path = Path("results"),
) -> Study:
    """Read and check a study, and register its dataset if it describes one.

    Parameters
    ----------
    folder
        Its folder, with a `study.yaml` and perhaps a `claims.yaml`; the name of the folder is that
        of the study.
    packages
        Packages whose classes it may use as models.
    data_dirs, data_folder
        `data_dirs` and `data` of the configuration, for the files of a dataset that the study
        describes, and those with results.
    commands
        Programs that it may run; None for all.
    results_folder
        `results` of the configuration, for recovered values.

    Raises
    ------
    ConfigError
        A file is invalid. The message has one line for each problem.
    """
    read, file_of = read_files(folder)
    taken = recovered.take(read, folder.name, results_folder)
    data = taken.data
    described: Described | None = None
    problems: list[Problem] = [*taken.problems]
    if isinstance(data.get("dataset"), dict):
        places = folder, data_dirs, data_folder
        described, found = describe(data["dataset"], folder.name, *places)
        problems += found
    allowed = Allowed(packages, commands, outside_folders(folder, data_dirs))
    file, runs, defaults, seeds = _checked(data, file_of, folder, allowed, described, problems)
    shared = _assumptions(file.assumes, _open(data))
    whole = {key: getattr(file, key) for key in _Head.model_fields}
    if described:
        whole |= {"dataset": described.name, "described": file.dataset}
    return Study(
        name=folder.name,
        recorded=file.classes,
        folder=folder,
        runs={
            key: _with_recovered(
                _run(key, run, file.preprocess, shared | defaults[key], seeds.get(key, ())),
                {"split": file.split.model_dump(mode="json")},
                taken,
            ).model_copy(update={"like": getattr(file.runs[key], "like", None)})
            for key, run in runs.items()
        },
        claims=file.claims,
        untestable=file.untestable,
        recover=file.recover,
        **whole,
    )


def read_files(folder: Path) -> tuple[dict[str, Any], Callable[[Where], Path]]:
    """Read the YAML files of a study without checking what they say.

    Parameters
    ----------
    folder
        Folder of the study. The claims stand in `study.yaml`, or beside it in `claims.yaml`.

    Returns
    -------
    tuple
        The content of both, and a function that returns the file in which a key stands.

    Raises
    ------
    ConfigError
        A file is no valid YAML, or the claims stand in both.
    """
    path, beside = folder / "study.yaml", folder / "claims.yaml"
    data = strict_yaml.load(path)
    if not beside.exists():
        return data, lambda where: path
    claims = strict_yaml.load(beside)
    problems = [
        Problem((key,), f"unknown key; {choices(key, CLAIM_KEYS)}")
        for key in claims
        if key not in CLAIM_KEYS
    ]
    problems += [
        Problem((key,), f"stands in {path} as well; accepted: one of the two")
        for key in CLAIM_KEYS
        if key in claims and key in data
    ]
    if problems:
        raise ConfigError(report(problems, claims, lambda where: beside))
    return data | claims, lambda where: beside if where and where[0] in claims else path


class Allowed(NamedTuple):
    """What a study may use.

    Attributes
    ----------
    packages
        Packages whose classes it may use as models.
    commands
        Programs that it may run; None for all.
    folders
        Folders with results of its runs, see `outside_folders`.
    """

    packages: tuple[str, ...]
    commands: tuple[str, ...] | None
    folders: Sequence[Path]


def outside_folders(study: Path, data_dirs: Sequence[Path]) -> list[Path]:
    """Return the folders in which results may stand: that of the study, and the user's own."""
    named = [Path(source.path) for source in named_folders(data_dirs)]
    return [study, *named]


def _run(
    name: str,
    run: WholeRun,
    preprocess: Preprocess | None,
    shared: dict[str, Assumption],
    seeds: Sequence[int] = (),
) -> Run:
    """Add the preprocessing and assumptions of the study to a run, unless it has its own."""
    if isinstance(run, CommandRun | ResultsRun):
        place = run.outside() if isinstance(run, CommandRun) else run.outside(seeds)
        keys = {"title", "group", "minutes", "settings"}
        return Run(
            name=name,
            model=run.model,
            preprocess=None,
            assumes=_assumptions(run.assumes, run.settings),
            outside=place,
            **{key: value for key, value in dict(run).items() if key in keys},
        )
    if isinstance(run, NotebookRun):
        facts = {key: value for key, value in dict(run).items() if key != "notebook"}
        assumed = _assumptions(run.assumes, run.settings)
        own = {"model": run.notebook, "preprocess": None, "assumes": assumed}
        return Run(name=name, **facts | own)
    if run.preprocess is not None:
        shared = {key: why for key, why in shared.items() if key.split(".")[0] != "preprocess"}
        preprocess = run.preprocess
    steps, defaults = preprocessing.completed(preprocess)
    assumed = {key: Assumption(value=value, why=why) for key, (value, why) in defaults.items()}
    more = {
        "preprocess": steps,
        "assumes": assumed | shared | _assumptions(run.assumes, run.settings),
    }
    return Run(name=name, **dict(run) | more)


def _with_recovered(run: Run, shared: dict[str, Any], taken: Taken) -> Run:
    """Say which settings of a run a search has found: nothing that the source states."""
    names = taken.names_of(run.name)
    if not names:
        return run
    values = flatten(
        {**run.settings, **shared, "preprocess": run.model_dump(mode="json")["preprocess"]},
        with_groups=True,
    )
    assumed = dict(run.assumes)
    for name, search in names.items():
        why = f"{assumed[name].why} " if name in assumed else ""
        why += f"Recovered by the search {search} from printed numbers."
        assumed[name] = Assumption(value=values.get(name), why=why, recovered=search)
    awaited = {"awaits": taken.why_waiting(run.name), "awaited": taken.awaited_by(run.name)}
    return run.model_copy(update={"assumes": assumed, **awaited})


def _checked(
    stated_data: dict[str, Any],
    file_of: Callable[[Where], Path],
    folder: Path,
    allowed: Allowed,
    described: Described | None,
    problems: list[Problem],
) -> tuple[
    StudyFile, dict[str, WholeRun], dict[str, dict[str, Assumption]], dict[str, Sequence[int]]
]:
    """Validate a study; return it with the complete runs, or raise all problems at once.

    The last values hold the defaults of libraries that complete the settings, and the seeds of
    results that are there, by run.
    """
    data, packages = stated_data, allowed.packages
    if isinstance(data.get("dataset"), dict):
        data = data | {"dataset": described.name if described else None}
    if described:
        datasets.describe(described)
    context = _context(data, folder) | {"packages": packages}
    try:
        file = StudyFile.model_validate_json(json.dumps(stated_data), context=context)
    except ValidationError as error:
        # Problems in claims are found below, by the kind of each claim.
        found = explain(error, stated_data, study_schema())
        problems += (problem for problem in found if not _is_found_elsewhere(problem))
    if not notebooks.brings_own_data(stated_data):
        problems += _dataset_name_problems(stated_data, folder)
    problems += _step_problems(data, folder, packages)
    stated = _sound_runs(data, problems, context)
    stated_runs = _resolved(stated, problems)
    runs, defaults = _with_settings(stated, stated_runs, problems, folder, packages)
    problems += _assumes_problems(data, stated, runs)
    problems += notebooks.missing_sections(stated_data)
    found, printing = notebooks.read_all(runs, data.get("runs"), folder)
    problems += found
    found, seeds, programs = _outside(runs, data, allowed)
    problems += found
    problems += original.problems_of(data.get("source"), allowed.folders)
    printing = None if printing is None else printing | programs
    names = _known_names(data, context, folder)
    known = replace(names, notebooks=printing, logged=_logged(runs))
    problems += islice(problems_of(data.get("claims"), known), 4 * MOST_PROBLEMS)
    problems += [
        *_dataset_problems(data, folder),
        *_task_problems(data, stated, runs, folder, packages),
    ]
    if not problems:
        problems += _search_problems(file, data, runs, folder, packages)
    if problems:
        raise ConfigError(report(problems, stated_data, file_of))
    return file, {name: runs[name] for name in stated}, defaults, seeds


def _search_problems(
    file: StudyFile,
    data: dict[str, Any],
    runs: Mapping[str, WholeRun],
    folder: Path,
    packages: tuple[str, ...],
) -> Iterator[Problem]:
    """Find searches that do not match the runs and the claims of a study."""
    searched = {search.run for search in file.recover.values()}
    of_models = {n: run for n, run in runs.items() if isinstance(run, RunFile) and n in searched}
    open_ones = {
        name: {
            **run.settings,
            "split": SECTION["split"].dump_python(file.split, mode="json"),
            "preprocess": SECTION["preprocess"].dump_python(
                file.preprocess if run.preprocess is None else run.preprocess, mode="json"
            ),
        }
        for name, run in of_models.items()
    }

    def faults_of(name: str, setting: str, value: Any) -> Sequence[Problem]:
        keys = setting.split(".")
        changed = recover.with_value(open_ones[name], keys, value)
        if keys[0] in SECTIONS:
            return _section_problems(keys[0], changed[keys[0]], data, folder)
        settings = {key: changed[key] for key in of_models[name].settings}
        run = of_models[name].model_copy(update={"settings": settings})
        return _faults_of_settings(run, folder, packages)

    yield from recover.problems_of(file.recover, data.get("claims"), open_ones, faults_of)


def _section_problems(
    name: str, value: Any, data: dict[str, Any], folder: Path
) -> Sequence[Problem]:
    """Find what is wrong with a split or some preprocessing that a search would try."""
    try:
        SECTION[name].validate_json(json.dumps(value))
    except ValidationError as error:
        return explain(error, value, SECTION[name].json_schema())
    dataset = _dataset(data, folder)
    if name == "split" and dataset is not None:
        return [*splits.problems_of(value, dataset, folder)]
    return []


def _faults_of_settings(run: RunFile, folder: Path, packages: tuple[str, ...]) -> Sequence[Problem]:
    if estimators.is_path(run.model):
        return _completed_estimator(run, packages)[2]
    settings, _, faults = _completed(run, folder)
    return faults or _validated(settings, models.settings_model(run.model, folder))[1]


def _outside(
    runs: Mapping[str, WholeRun], data: Mapping[str, Any], allowed: Allowed
) -> tuple[list[Problem], dict[str, Sequence[int]], dict[str, int]]:
    """Check runs that are commands or results.

    Return the problems, the seeds that are there, and for each command that its output is one cell.
    """
    problems, seeds, programs = list[Problem](), dict[str, Sequence[int]](), dict[str, int]()
    split = data.get("split")
    n_folds = splits.n_folds(split) if isinstance(split, dict) else 0
    for name, run in runs.items():
        if isinstance(run, CommandRun | ResultsRun):
            stated, places = data["runs"][name], (allowed.folders, allowed.commands, n_folds)
            found, seeds[name] = outside_problems.problems_of(name, run, stated, *places)
            problems += found
        if isinstance(run, CommandRun):
            programs[name] = 1
    return problems, seeds, programs


def _is_found_elsewhere(problem: Problem) -> bool:
    """Whether a function that knows more of a part of the file describes its faults."""
    return (
        _is_in_claim(problem)
        or problem.where[:1] == ("dataset",)
        or preprocessing.is_in_step(problem.where)
        or splits.is_second_form(problem)
    )


def _step_problems(
    data: dict[str, Any], folder: Path, packages: tuple[str, ...]
) -> Iterator[Problem]:
    """Find the faults of steps of preprocessing, of the study and of its runs."""
    dataset = _dataset(data, folder)
    columns = splits.columns_of(dataset) if dataset else None
    runs = data.get("runs")
    stated: dict[Where, Any] = {(): data}
    if isinstance(runs, dict):
        stated |= {("runs", name): run for name, run in runs.items()}
    for where, section in stated.items():
        steps = section.get("preprocess") if isinstance(section, dict) else None
        yield from preprocessing.problems_of((*where, "preprocess"), steps, columns, packages)


def _dataset_name_problems(data: dict[str, Any], folder: Path) -> Iterator[Problem]:
    """Find what is wrong with the name of a dataset; `describe` finds faults of a description."""
    name, known = data.get("dataset"), datasets.names(folder)
    if isinstance(name, str):
        if name not in known:
            yield Problem(("dataset",), f"{shown(name)}; {choices(name, known)}")
    elif not isinstance(name, dict):
        found = shown(name) if "dataset" in data else "missing"
        accepted = "text, the name of a dataset, or a mapping that describes one"
        yield Problem(("dataset",), f"{found}; accepted: {accepted}")


def _is_in_claim(problem: Problem) -> bool:
    return problem.where[:1] == ("claims",) and len(problem.where) > 1


def _context(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Names that fields may contain; None if a mistake elsewhere makes them unknown."""
    dataset = _dataset(data, folder)
    runs = list(data["runs"]) if isinstance(data.get("runs"), dict) else None
    return {
        "dataset": datasets.names(folder),
        "model": models.names(folder),
        "classes": (_expected_classes(dataset) or None) if dataset else None,
        "run": runs,
        "like": runs,
    }


def _dataset(data: dict[str, Any], folder: Path) -> Any:
    """Return the dataset of a study; None if there is none of its name."""
    name = data.get("dataset")
    if notebooks.brings_own_data(data):
        named = data.get("classes")
        return datasets.of_notebooks([*map(str, named)] if isinstance(named, list) else None)
    if not isinstance(name, str) or not datasets.is_known(name, folder):
        return None
    return datasets.module(name, folder)


def _expected_classes(dataset: Any) -> list[str]:
    return list(getattr(dataset, "expected_classes", dataset.CLASSES))


def _sound_runs(
    data: dict[str, Any], problems: list[Problem], context: dict[str, Any]
) -> dict[str, AnyRun]:
    """Parse the runs without problems, so that later checks can find more problems in them."""
    unsound = {where[1:2] for where, _ in problems if where[:1] == ("runs",)}
    runs = {} if () in unsound else data.get("runs", {})
    return {
        name: RUN_ENTRY.validate_json(json.dumps(run), context=context)
        for name, run in runs.items()
        if (name,) not in unsound
    }


def _resolved(stated: dict[str, AnyRun], problems: list[Problem]) -> dict[str, WholeRun]:
    """Replace `like` by the keys of the other run. Parents come before their children."""
    parents = {name: getattr(run, "like", None) for name, run in stated.items()}
    order = TopologicalSorter({name: [like] if like else [] for name, like in parents.items()})
    try:
        order.prepare()
    except CycleError as error:
        problems.append(_circle(error.args[1]))
    whole: dict[str, WholeRun] = {}
    while ready := order.get_ready():
        order.done(*ready)
        for name in ready:
            run = stated.get(name)
            if isinstance(run, LikeRunFile):
                if run.like in whole:
                    whole[name] = _inherited(whole[run.like], run)
            elif run:
                whole[name] = run
    return whole


def _circle(names: list[str]) -> Problem:
    circle = names[::-1]
    way = " -> ".join(circle)
    return Problem(
        ("runs", circle[0], "like"),
        f"'{circle[1]}'; circular reference: {way}; accepted: a run that is not like this one",
    )


def _inherited(parent: WholeRun, child: LikeRunFile) -> WholeRun:
    own = {key: value for key, value in dict(child).items() if key != "like" and value is not None}
    if not isinstance(parent, RunFile):  # which has neither; a problem says so
        own = {key: value for key, value in own.items() if key not in ("model", "preprocess")}
    # The parent's assumptions do not apply to settings that the child states itself.
    kept = {k: why for k, why in parent.assumes.items() if k.split(".")[0] not in child.settings}
    merged = {"settings": parent.settings | child.settings, "assumes": kept | child.assumes}
    return parent.model_copy(update=own | merged)


def _with_settings(
    stated: dict[str, AnyRun],
    runs: dict[str, WholeRun],
    problems: list[Problem],
    folder: Path,
    packages: tuple[str, ...],
) -> tuple[dict[str, WholeRun], dict[str, dict[str, Assumption]]]:
    """Check settings against the signature of the model, and sort them in its order.

    Also return the defaults that complete the settings of estimators, by run.
    """
    of_models = {name: run for name, run in runs.items() if isinstance(run, RunFile)}
    own = {run.model for run in of_models.values() if not estimators.is_path(run.model)}
    fields = {model: models.settings_model(model, folder) for model in own}
    checked: dict[str, WholeRun] = dict(runs)  # with those of notebooks
    defaults: dict[str, dict[str, Assumption]] = {name: {} for name in runs}
    faults: dict[str | None, list[Problem]] = {None: []}
    for name, run in of_models.items():
        if run.model in own:
            completed, defaults[name], of_names = _completed(run, folder)
            settings, of_values = _validated(completed, fields[run.model])
            faults[name] = of_names + of_values
        else:
            settings, defaults[name], faults[name] = _completed_estimator(run, packages)
        checked[name] = run.model_copy(update={"settings": settings})
        # Problems of inherited settings are reported once, for the run that states them.
        inherited = faults[getattr(stated[name], "like", None)]
        problems += [
            Problem(("runs", name, "settings", *where), text)
            for where, text in faults[name]
            if (where, text) not in inherited
        ]
    return checked, defaults


def _completed(
    run: RunFile, folder: Path
) -> tuple[dict[str, Any], dict[str, Assumption], list[Problem]]:
    """Check the names in settings, and add the defaults of a library, if the module has some."""
    model = models.module(run.model, folder)
    if not hasattr(model, "complete"):
        return run.settings, {}, []
    settings, assumed = model.complete(run.settings)
    found = [Problem(*fault) for fault in model.faults(run.settings)]
    return settings, {k: Assumption(value=v, why=model.why()) for k, v in assumed.items()}, found


def _completed_estimator(
    run: RunFile, packages: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, Assumption], list[Problem]]:
    """Check the settings of an estimator, and add the defaults of its library."""
    faults = [Problem(*f) for f in estimator_settings.faults(run.model, run.settings, packages)]
    if faults:
        return run.settings, {}, faults
    settings, assumed = estimator_settings.complete(run.model, run.settings)
    why = estimator_settings.why(run.model)
    return settings, {k: Assumption(value=v, why=why) for k, v in assumed.items()}, []


def _validated(
    settings: dict[str, Any], fields: type[BaseModel]
) -> tuple[dict[str, Any], list[Problem]]:
    try:
        # As JSON, because YAML has no tuples; strict, because YAML distinguishes numbers from text.
        checked = fields.model_validate_json(json.dumps(settings), strict=True)
    except ValidationError as error:
        faults = explain(error, settings, fields.model_json_schema(), "setting")
        return dict.fromkeys(fields.model_fields) | settings, faults
    return checked.model_dump(mode="json"), []


def _open(data: dict[str, Any]) -> dict[str, Any]:
    """Sections of a study about which it may state assumptions for all its runs."""
    return {key: data.get(key) for key in ("split", "preprocess")}


def _assumptions(whys: dict[str, str], values: dict[str, Any]) -> dict[str, Assumption]:
    named = flatten(values, with_groups=True)
    return {name: Assumption(value=named[name], why=why) for name, why in whys.items()}


def _assumes_problems(
    data: dict[str, Any], stated: dict[str, AnyRun], runs: dict[str, WholeRun]
) -> Iterator[Problem]:
    whys = data.get("assumes")
    if isinstance(whys, dict):
        yield from _unknown(("assumes",), whys, _open(data))
    for name, run in runs.items():
        yield from _unknown(("runs", name, "assumes"), stated[name].assumes, run.settings)


def _unknown(at: Where, whys: dict[str, Any], values: dict[str, Any]) -> Iterator[Problem]:
    named = flatten(values, with_groups=True)
    for name in whys:
        if name not in named:
            yield Problem((*at, name), f"unknown setting; {choices(name, named)}")


def _known_names(data: dict[str, Any], context: dict[str, Any], folder: Path) -> KnownNames:
    """Collect the names that claims may refer to."""
    dataset, split = _dataset(data, folder), data.get("split")
    of_split = split if isinstance(split, dict) else {}
    absent = None if "folds" in of_split else ""
    has_validation = of_split.get("validation", absent) is not None
    has_validation = has_validation or notebooks.brings_own_data(data)
    chosen = _chosen(of_split)
    # The classes of a described dataset may be unknown until it is prepared.
    of_data = _expected_classes(dataset) if dataset else []
    is_unknown = dataset and dataset.TASK == "classification" and not of_data
    is_known = dataset is not None and not is_unknown and set(chosen or ()) <= {*of_data}
    return KnownNames(
        runs=context["run"],
        classes=(of_data if chosen is None else chosen) if is_known else None,
        task=dataset.TASK if dataset else None,
        splits=("train", "validation", "test") if has_validation else ("train", "test"),
        scored=("train", "test") if data.get("train_score") is True else ("test",),
        folds=splits.n_folds(of_split),
    )


def _logged(runs: dict[str, WholeRun]) -> dict[str, list[str] | None]:
    """Return what the log of each run contains besides the usual; an author's may have anything."""
    return {
        name: [*further_metrics(run.settings if run.model == "keras" else {})]
        if isinstance(run, RunFile)
        else None
        for name, run in runs.items()
    }


def _chosen(split: dict[str, Any]) -> tuple[str, ...] | None:
    chosen = split.get("classes")
    return tuple(map(str, chosen)) if isinstance(chosen, list) else None


def _dataset_problems(data: dict[str, Any], folder: Path) -> Iterator[Problem]:
    """Find sections that do not match the dataset."""
    dataset, split = _dataset(data, folder), data.get("split")
    if dataset is None:
        return
    if isinstance(split, dict):
        yield from splits.problems_of(split, dataset, folder)
        yield from _class_problems(split, dataset)
    if dataset.TASK == "regression":
        for key in ("confusion_matrix_train", "train_score"):
            if data.get(key) is True:
                text = f"true; {dataset.TITLE} has no classes; accepted: false"
                yield Problem((key,), text)


def _task_problems(
    data: dict[str, Any],
    stated: dict[str, AnyRun],
    runs: dict[str, WholeRun],
    folder: Path,
    packages: tuple[str, ...],
) -> Iterator[Problem]:
    """Find runs whose model does not support the task of the dataset."""
    dataset = _dataset(data, folder)
    if dataset is None:
        return
    for name, run in runs.items():
        if not isinstance(run, RunFile):
            continue
        # An inherited model is reported once, for the run that states it.
        supported = models.tasks(run.model, run.settings, folder, packages)
        if stated[name].model and dataset.TASK not in supported:
            able = [n for n in models.names() if dataset.TASK in models.module(n).TASKS]
            others = choices(run.model, able)
            if estimators.is_path(run.model):
                others = f"accepted: an estimator for {dataset.TASK}"
            text = f"{shown(run.model)}; not a model for {dataset.TASK}; {others}"
            yield Problem(("runs", name, "model"), text)


def _class_problems(split: dict[str, Any], dataset: Any) -> Iterator[Problem]:
    chosen = _chosen(split)
    if not chosen:
        return
    if dataset.TASK == "regression":
        text = f"{shown([*chosen])}; {dataset.TITLE} has no classes; accepted: null"
        yield Problem(("split", "classes"), text)
    for place, name in enumerate(chosen):
        if name in chosen[:place]:
            text = f"{shown(name)}; named twice; accepted: each class once"
            yield Problem(("split", "classes", place), text)
