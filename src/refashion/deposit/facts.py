"""What the files of a deposit are written from: results, and what the configuration states."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import ValidationError

from refashion.artifacts import Layout
from refashion.changes import folder
from refashion.changes.folder import JudgedClaim
from refashion.deposit.counts import Counts, count
from refashion.errors import RefashionError
from refashion.spec.config import Limits
from refashion.spec.deposit import Deposit, Experience
from refashion.spec.fields import Strict
from refashion.spec.original import OriginalReport
from refashion.spec.problems import explain, report

Model = TypeVar("Model", bound=Strict)


@dataclass(frozen=True)
class RunState:
    """One execution, as its `run.json` and the configuration tell.

    Attributes
    ----------
    run, title, seed
        Name and title of the run, and the seed.
    state
        Content of `run.json`.
    """

    run: str
    title: str
    seed: int
    state: Mapping[str, Any]

    @property
    def is_finished(self) -> bool:
        """Whether it has results."""
        return self.state.get("status") == "ok"


@dataclass(frozen=True)
class CheckedStudy:
    """A study and its results.

    Attributes
    ----------
    name, title
        Its names.
    place
        Folder of its own files in the deposit: that of the deposit if there is no other study.
    source, experience
        The report that it re-creates, and what a person adds.
    certificate
        Identifier of its certificate in the register of CODECHECK.
    dataset
        Name of its dataset.
    executions
        Executions of its runs.
    claims
        Its claims.
    assumed, untestable
        Number of settings of the runs made that the source leaves open, and of statements that no
        run can test.
    """

    name: str
    title: str
    place: PurePosixPath
    source: OriginalReport
    experience: Experience
    certificate: str | None
    dataset: str | None
    executions: Sequence[RunState]
    claims: Sequence[JudgedClaim]
    assumed: int
    untestable: int

    @property
    def counts(self) -> Counts:
        """Number of its claims by verdict."""
        return count(self.claims)

    def below(self, *parts: str) -> str:
        """Path of one of its results relative to the folder of its own files."""
        own = PurePosixPath(self.name, *parts)
        return own.relative_to(self.place).as_posix()


@dataclass(frozen=True)
class Facts:
    """The results, and what a person states for their deposit.

    Attributes
    ----------
    layout
        Paths of the results.
    manifest
        Content of `manifest.json`.
    deposit
        `deposit` of the configuration.
    limits
        Limits of the runs.
    studies
        The studies, in the order of the configuration.
    """

    layout: Layout
    manifest: Mapping[str, Any]
    deposit: Deposit
    limits: Limits | None
    studies: Sequence[CheckedStudy]

    @property
    def counts(self) -> Counts:
        """Number of all claims by verdict."""
        return count(claim for study in self.studies for claim in study.claims)

    @property
    def date(self) -> str:
        """Day on which the results were complete: `2026-03-02`."""
        return str(self.manifest["ended"])[:10]

    @property
    def timestamp(self) -> int:
        """That moment in seconds since 1970."""
        return int(datetime.fromisoformat(str(self.manifest["ended"])).timestamp())

    @property
    def title(self) -> str:
        """Title of the deposit."""
        titles = [study.source.title or study.title for study in self.studies]
        if len(titles) == 1:
            return f"Re-run of: {titles[0]}"
        return f"Re-runs of {len(titles)} reports"


def gather(results: Path) -> Facts:
    """Read a results folder.

    Raises
    ------
    RefashionError
        If a file is missing, or its content is not what the stages write.
    """
    layout = Layout(results)
    for path in (layout.manifest, layout.config):
        if not path.is_file():
            raise RefashionError(f"{path}: no such file; create the report first: make report")
    found = folder.read(str(results), "RESULTS")
    config = found.config
    try:
        datetime.fromisoformat(str(found.manifest.get("ended")))
    except ValueError:
        ended = found.manifest.get("ended")
        raise RefashionError(f"{layout.manifest}: ended: {ended!r}; accepted: a time") from None
    deposit = _model(Deposit, config.get("deposit", {}), layout.config)
    limits = config.get("limits")
    studies = config.get("studies", {})
    return Facts(
        layout=Layout(results.resolve()),
        manifest=found.manifest,
        deposit=deposit,
        limits=_model(Limits, limits, layout.config) if limits else None,
        studies=[
            _study(name, study, found, deposit, len(studies) == 1)
            for name, study in studies.items()
        ],
    )


def _study(
    name: str,
    study: Mapping[str, Any],
    found: folder.ResultsFolder,
    deposit: Deposit,
    is_alone: bool,
) -> CheckedStudy:
    runs, path = study.get("runs", {}), Path(found.name, "config.json")
    layout = Layout(Path(found.name))
    # A results folder keeps runs and seeds of earlier commands, which are no part of the report.
    executions = [
        RunState(run, runs.get(run, {}).get("title", run), seed, state)
        for (owner, run), seeds in found.states.items()
        if owner == name
        for seed, state in sorted(seeds.items())
        if layout.run_page(name, run, seed).is_file()
    ]
    made = {each.run for each in executions}
    assumed = {key for run in made for key in runs.get(run, {}).get("assumes", {})}
    return CheckedStudy(
        name=name,
        title=study.get("title", name),
        place=PurePosixPath() if is_alone else PurePosixPath(name),
        source=_model(OriginalReport, study.get("source", {}), path),
        experience=_model(Experience, study.get("experience") or {}, path),
        certificate=deposit.certificates.get(name),
        dataset=study.get("dataset"),
        executions=executions,
        claims=[claim for claim in found.claims.values() if claim.study == name],
        assumed=len(assumed),
        untestable=len(study.get("untestable", [])),
    )


def _model(kind: type[Model], data: Any, path: Path) -> Model:
    try:
        return kind.model_validate_json(json.dumps(data))
    except ValidationError as error:
        problems = explain(error, data, kind.model_json_schema())
    raise RefashionError(report(problems, data, lambda where: path))
