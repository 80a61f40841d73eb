"""The configuration: `config.yaml` and the studies that it selects, validated once and frozen.

Only this module reads `config.yaml`, and only `refashion.spec.study` reads the files of studies.
`load` returns a `Config`. `refashion schemas`, run in the project folder, writes the JSON schemas
that editors use to complete and check the files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    with_config,
)
from typing_extensions import TypedDict

from refashion import artifacts, datasets
from refashion.errors import ConfigError, shown
from refashion.quantities import Seeds
from refashion.spec import strict_yaml
from refashion.spec.deposit import Deposit
from refashion.spec.fields import (
    GROUPS,
    NAME,
    RECOVERY,
    Count,
    Known,
    Minutes,
    Positive,
    Selected,
    Strict,
    why_invalid,
)
from refashion.spec.problems import NAME_RULE, Where, explain, report
from refashion.spec.recover import with_value
from refashion.spec.recovered import CHANGED, result_of
from refashion.spec.study import (
    DRAFT,
    PACKAGES,
    Run,
    Study,
    load_study,
    study_schema,
)

PACKAGE = r"^[A-Za-z]\w*$"
PROGRAM = r"^\S{1,1000}$"
FOLDER = r"/?\w[\w.-]*(/\w[\w.-]*)*"
# Names that no study may have: `all`, folders in results/ that belong to no study, and parts of the
# report.
RESERVED = (
    *("all", "comparison", "datasets", "ledger", "logs", "overview", "provenance", "report"),
    *("scratch", "smoke", "summary"),
)
CONFIG, COMMAND_LINE = "config.yaml", "--config"
# Most seeds of a run with `seeds: auto`: as many as settle most claims.
AUTO_SEEDS = 5


def _allowed(study: str) -> str:
    folder = f"the study folder {shown(study)}"
    if not re.fullmatch(NAME, study):
        raise ValueError(f"{folder} does not have a valid name; accepted: {NAME_RULE}")
    if why := why_invalid(study):
        raise ValueError(f"{folder}: {why}; accepted: another name")
    if study in RESERVED:
        raise ValueError(f"{folder} has a reserved name; accepted: any but {', '.join(RESERVED)}")
    return study


def _all_studies(context: dict[str, list[str]] | None) -> tuple[str, ...]:
    if not context or not context["studies"]:
        raise ValueError("no folder in study_dirs has a study.yaml; accepted: one or more")
    return tuple(context["studies"])


def _listed(value: Any, info: ValidationInfo) -> Any:
    """Convert a list, a single name or `all` to a tuple."""
    if value == "all":
        return GROUPS if info.field_name == "groups" else _all_studies(info.context)
    if isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _per_group(value: Any, info: ValidationInfo) -> Any:
    is_mapping = isinstance(value, Mapping)
    return value if is_mapping else dict.fromkeys(_of_runs(info, GROUPS), value)


def _of_runs(info: ValidationInfo, default: Iterable[str]) -> list[str]:
    """Return the selected groups that hold runs: a search has seeds of its own."""
    return [group for group in info.data.get("groups", default) if group != RECOVERY]


def _complete(
    seeds: dict[str, int | Literal["auto"]], info: ValidationInfo
) -> dict[str, int | Literal["auto"]]:
    groups = _of_runs(info, seeds)
    if missing := [group for group in groups if group not in seeds]:
        raise ValueError(
            f"no number for {', '.join(missing)}; "
            f"accepted: one number, or one for each selected group ({', '.join(groups)})"
        )
    return {group: seeds[group] for group in groups}


def _wanted(minutes: float | None, info: ValidationInfo) -> float | None:
    if minutes is None and "auto" in info.data.get("seeds", {}).values():
        raise ValueError("missing with seeds: auto; accepted: a number of minutes")
    return minutes


def _simple(folder: Path) -> Path:
    if not re.fullmatch(FOLDER, str(folder)):
        raise ValueError("accepted: a folder of letters, digits, _ - . and /, without ..")
    return folder


def _expanded(folder: Path) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError:
        raise ValueError("accepted: a folder; there is no such user, and ~ is your own") from None


def _several(value: Any) -> Any:
    return (
        (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    )


StudyDirs = Annotated[
    tuple[Annotated[Path, AfterValidator(_expanded)], ...],
    BeforeValidator(_several, json_schema_input_type=str | list[str]),
]
SimplePath = Annotated[Path, AfterValidator(_simple)]


class StudyFolders(BaseModel):
    """The one key of the configuration that decides what others may name."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    study_dirs: StudyDirs


class Limits(Strict):
    """Limits of one run."""

    minutes: Minutes = Field(description="time limit of one run")
    examples: Annotated[int, Field(ge=50)] | None = Field(
        description="use only the first n examples of each split: a smoke run without verdicts"
    )
    epochs: Count | None = Field(
        description="train for at most n epochs: a smoke run without verdicts"
    )


@with_config(ConfigDict(extra="forbid", strict=True))
class GroupSeeds(TypedDict, total=False):
    """Number of executions of each run, by group."""

    headline: Seeds | Literal["auto"]
    ablation: Seeds | Literal["auto"]
    long: Seeds | Literal["auto"]


class _Options(Strict):
    groups: Annotated[
        tuple[Selected, ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=Literal["all"] | Selected | list[Selected]),
        AfterValidator(_once),
    ]
    seeds: Annotated[
        GroupSeeds,
        BeforeValidator(_per_group, json_schema_input_type=Seeds | Literal["auto"] | GroupSeeds),
        AfterValidator(_complete),
    ] = Field(
        description="number of executions of each run: auto, one number, or one for each group"
    )
    auto_minutes: Annotated[Positive | None, AfterValidator(_wanted)] = Field(
        None,
        validate_default=True,
        description="minutes that all seeds of a run may take together; needed by `seeds: auto`",
    )
    threads: Annotated[int, Field(ge=1, le=64)] = Field(description="threads of each run")
    study_dirs: Annotated[StudyDirs, Field(min_length=1)] = Field(
        description="folders that hold studies, relative to the project's folder"
    )
    data_dirs: tuple[Annotated[Path, AfterValidator(_expanded)], ...] = Field(
        description="folders to search for data files before downloading"
    )
    on_missing_data: Literal["report", "fail"]
    seed_sd_prior: Positive = Field(
        description="assumed standard deviation over seeds while there is only one seed"
    )
    limits: Limits
    packages: tuple[Annotated[str, Field(pattern=PACKAGE)], ...] = Field(
        PACKAGES, description="packages whose classes studies may use as models"
    )
    commands: tuple[Annotated[str, Field(pattern=PROGRAM)], ...] = Field(
        (), description="programs that runs with `command` may start"
    )
    deposit: Deposit = Field(
        default_factory=lambda: Deposit.model_validate({}),
        description="what `refashion publish` cannot know: who checks, DOI, licence",
    )
    data: SimplePath = Field(description="folder for data")
    results: SimplePath = Field(description="folder for results")


class ConfigFile(_Options):
    """config.yaml: the settings that a user changes between runs."""

    studies: Annotated[
        tuple[Annotated[Known, AfterValidator(_allowed)], ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
        AfterValidator(_once),
    ] = Field(description="all, or names of study folders")


class Execution(Strict):
    """One run with one seed."""

    study: Study
    run: Run
    seed: int

    @property
    def name(self) -> str:
        """Name of the form `<study>/<run>/seed-<n>`."""
        return f"{self.study.name}/{self.run.name}/seed-{self.seed}"


class Config(_Options):
    """The validated configuration with its studies."""

    studies: dict[str, Study]

    @property
    def is_smoke(self) -> bool:
        """Whether limits cut the training, so that there are no verdicts."""
        return self.limits.examples is not None or self.limits.epochs is not None

    def searches(self) -> list[tuple[str, str]]:
        """Return the searches for settings to make: names of their study and their own.

        They belong to a group of their own, which `all` does not include. On a part of the data or
        of the epochs, no setting gives the printed numbers, so a smoke run makes none.
        """
        if self.is_smoke or RECOVERY not in self.groups:
            return []
        return [
            (study.name, name)
            for study in self.studies.values()
            for name, search in study.recover.items()
            if not {*study.runs[search.run].awaited} - {name}  # it has all its other settings
        ]

    def question(self, study: str, name: str) -> dict[str, Any]:
        """Return all that the trials of a search depend on besides files, as JSON.

        What the run states about a setting that is searched is left out: it may be the value that
        the search has found.
        """
        whole = self.studies[study]
        search = whole.recover[name]
        run = whole.runs[search.run]
        of_study = whole.model_dump(mode="json", include={"dataset", "described", "split"})
        settings: dict[str, Any] = {
            **run.settings,
            "split": of_study.pop("split"),
            **run.model_dump(mode="json", include={"preprocess"}),
        }
        for setting in search.settings:
            settings = with_value(settings, setting.split("."), None)
        claims = {claim.id: claim.model_dump(mode="json") for claim in whole.claims}
        return {
            **of_study,
            "model": run.model,
            "settings": settings,
            "train_score": whole.train_score,
            "claims": [claims[claim] for claim in search.claims],
            "threads": self.threads,
            "seed_sd_prior": self.seed_sd_prior,
        }

    def digest_of_search(self, study: str, name: str) -> str:
        """Return what stands for the question of a search, without how it is computed.

        A result of another question is out of date.
        """
        question = self.question(study, name)
        for key in ("threads", "seed_sd_prior"):
            question.pop(key)
        return hashlib.sha256(artifacts.canonical_json(question).encode()).hexdigest()

    def executions(self) -> list[Execution]:
        """Return all runs of the selected groups with all seeds, in the order of the files."""
        return [
            Execution(study=study, run=run, seed=seed)
            for study in self.studies.values()
            for run in study.runs.values()
            for seed in self.seeds_of(study, run)
        ]

    def seeds_of(self, study: Study, run: Run) -> Sequence[int]:
        """Seeds of a run; none if its group is not selected, or if it waits for a search.

        Results that are there have the seeds that are there.

        With `auto`, a run that no seed changes has one. Another one of under a minute has five. A
        longer one has as many, up to five, as fit `auto_minutes`, and at least one. A smoke run has
        one.
        """
        n = 0 if run.awaits else self.seeds.get(run.group, 0)
        if n and run.outside and run.outside.seeds is not None:
            return run.outside.seeds
        if n != "auto":
            return range(n)
        if self.is_smoke or study.is_unseeded(run):
            return range(1)
        if run.minutes < 1 or self.auto_minutes is None:
            return range(AUTO_SEEDS)
        return range(min(AUTO_SEEDS, max(1, int(self.auto_minutes // run.minutes))))


def load(root: Path = Path(), overrides: Mapping[str, Any] | None = None) -> Config:
    """Read and check `config.yaml` and the studies that it selects.

    Parameters
    ----------
    root
        Folder of the project.
    overrides
        Values from the command line, which are merged recursively into those of the file. Text is
        parsed as in the file, because Snakemake passes `limits={epochs: 1}` as text.

    Raises
    ------
    ConfigError
        A file is invalid. The message has one line for each problem of `config.yaml`, or if there
        are none, of the studies.
    """
    options = _options(root, _typed(overrides or {}))
    studies, errors = {}, []
    folders = study_folders(root, options.study_dirs)
    for name in options.studies:
        try:
            places = options.data_dirs, options.data
            allowed = options.commands, options.results
            studies[name] = load_study(folders[name], options.packages, *places, *allowed)
        except ConfigError as error:
            errors.append(str(error))
    if not errors:
        errors = list(_ambiguous_datasets(studies.values()))
    if errors:
        raise ConfigError("\n".join(errors))
    config = Config(
        studies=studies, **{key: getattr(options, key) for key in _Options.model_fields}
    )
    return _without_outdated(config)


def _without_outdated(config: Config) -> Config:
    """Let runs wait for searches whose claims, data or other settings have changed since."""
    studies = {}
    for study in config.studies.values():
        runs = {
            name: _waiting(run, [each for each in _taken(run) if _is_outdated(config, study, each)])
            for name, run in study.runs.items()
        }
        studies[study.name] = study.model_copy(update={"runs": runs})
    return config.model_copy(update={"studies": studies})


def _taken(run: Run) -> set[str]:
    """Return the searches whose values a run has."""
    names = {assumed.recovered for assumed in run.assumes.values() if assumed.recovered}
    return names - {*run.awaited}


def _is_outdated(config: Config, study: Study, name: str) -> bool:
    found = result_of(study.name, name, config.results) or {}
    return found.get("question") != config.digest_of_search(study.name, name)


def _waiting(run: Run, outdated: Sequence[str]) -> Run:
    if not outdated:
        return run
    why = f"the search {outdated[0]} {CHANGED}"
    return run.model_copy(update={"awaits": why, "awaited": (*run.awaited, *outdated)})


def load_study_alone(folder: Path, root: Path = Path()) -> tuple[Study, Sequence[Path]]:
    """Read and check one study, with what `config.yaml` says of studies, if there is one.

    Parameters
    ----------
    folder
        Folder of the study, which may stand anywhere.
    root
        Folder of the project.

    Returns
    -------
    tuple
        The study, and `data_dirs`.

    Raises
    ------
    ConfigError
        A file is invalid.
    """
    if not (root / "config.yaml").is_file():
        return load_study(folder.resolve()), ()
    options = _options(root, {})
    places = options.data_dirs, options.data
    study = load_study(folder, options.packages, *places, options.commands, options.results)
    return study, options.data_dirs


def config_schema() -> dict[str, Any]:
    """Return the JSON schema of `config.yaml`, for editors."""
    return {"$schema": DRAFT, **ConfigFile.model_json_schema()}


SCHEMAS = {
    "src/refashion/schemas/config.schema.json": config_schema,
    "studies/study.schema.json": study_schema,
}


def _options(root: Path, overrides: dict[str, Any]) -> ConfigFile:
    path = root / "config.yaml"
    data = _merged(strict_yaml.load(path), overrides)
    try:
        # First the folders, because they decide which studies can be named.
        known = [*_found(root, data, COMMAND_LINE if "study_dirs" in overrides else CONFIG)]
        names = {"studies": known, "certificates": known}
        return ConfigFile.model_validate_json(json.dumps(data), context=names)
    except ValidationError as error:
        problems = explain(error, data, config_schema())
    raise ConfigError(
        report(problems, data, lambda where: COMMAND_LINE if _is_from(overrides, where) else path)
    )


def find_studies(root: Path) -> dict[str, Path]:
    """Find the folders of all studies, by name, in the `study_dirs` of `config.yaml`.

    Parameters
    ----------
    root
        Folder of the project.

    Raises
    ------
    ConfigError
        `config.yaml` is invalid, two studies have one name, or a folder does not exist.
    """
    path = root / "config.yaml"
    data = strict_yaml.load(path)
    try:
        return _found(root, data)
    except ValidationError as error:
        problems = explain(error, data, config_schema())
    raise ConfigError(report(problems, data, lambda where: path))


def _found(root: Path, data: dict[str, Any], source: str = CONFIG) -> dict[str, Path]:
    folders = StudyFolders.model_validate_json(json.dumps(data)).study_dirs
    return study_folders(root, folders, source)


def study_folders(root: Path, study_dirs: Sequence[Path], source: str = CONFIG) -> dict[str, Path]:
    """Find the folders of all studies, by name.

    Parameters
    ----------
    root
        Folder of the project.
    study_dirs
        Folders that hold studies, relative to `root`.
    source
        Where `study_dirs` stands, for messages.

    Raises
    ------
    ConfigError
        Two studies have one name, or a folder does not exist.
    """
    found: dict[str, Path] = {}
    for folder in dict.fromkeys(root / each for each in study_dirs):
        if not folder.is_dir():
            raise ConfigError(
                f"{source}: study_dirs: {shown(str(folder))}; accepted: a folder that exists"
            )
        for path in sorted(folder.glob("*/study.yaml")):
            study = path.parent
            if study.name in found:
                raise ConfigError(
                    f"{source}: study_dirs: {found[study.name]} and {study} have one name; "
                    "accepted: studies of different names"
                )
            if not study.name.startswith("."):
                found[study.name] = study
    return found


def _ambiguous_datasets(studies: Iterable[Study]) -> Iterator[str]:
    """Find studies that call different data by one name: the name is a folder in `data/`."""
    files: dict[str, tuple[Study, Path]] = {}
    for study in studies:
        if study.dataset is None:
            continue
        is_described = study.described is not None
        own = study.folder / "study.yaml"
        file = own if is_described else datasets.file(study.dataset, study.folder)
        other, known = files.setdefault(study.dataset, (study, file))
        if file != known:
            yield (
                f"{study.folder}/study.yaml: dataset: {shown(study.dataset)} is {file} here and "
                f"{known} in {other.name}; accepted: another name for one of them"
            )


def _typed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _typed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(entry) for entry in value]
    return strict_yaml.scalar(value) if isinstance(value, str) else value


def _merged(base: Any, over: Any) -> Any:
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return base | {key: _merged(base.get(key), value) for key, value in over.items()}


def _is_from(overrides: Any, where: Where) -> bool:
    for step in where:
        if not isinstance(overrides, dict):
            return True
        if step not in overrides:
            return False
        overrides = overrides[step]
    return True


def write_schemas() -> None:
    """Write the JSON schemas of `config.yaml` and `study.yaml` into the project."""
    for path, schema in SCHEMAS.items():
        Path(path).write_text(json.dumps(schema(), indent=2) + "\n", encoding="utf-8")
