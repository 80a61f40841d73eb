"""Runs of a study that are another one but for one change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from refashion.spec.study import Run, Study
from refashion.wording import setting_text

PREPROCESS = "preprocess"
# A run that differs in more settings is another model.
MOST_SETTINGS = 3


class ChangedSetting(NamedTuple):
    """A setting that two runs have with different values.

    Attributes
    ----------
    name
        Its name; "preprocess" for the preparation of the data.
    value, before
        Its value in the other run and in the run of the claim, as text.
    """

    name: str
    value: str
    before: str


@dataclass(frozen=True)
class ChangedRuns:
    """Other runs in place of some of a claim, with the same difference everywhere.

    Attributes
    ----------
    runs
        The other run, by the name of the one that it replaces.
    settings
        What differs: one setting, or a few that belong together, as a further layer needs a
        further rate of dropout.
    """

    runs: Mapping[str, Run]
    settings: tuple[ChangedSetting, ...]

    @property
    def replaced(self) -> dict[str, str]:
        """Names of the other runs, by the names of those that they replace."""
        return {base: run.name for base, run in self.runs.items()}


def changes_of(study: Study, runs: Sequence[str]) -> list[ChangedRuns]:
    """Return the single changes of a claim: each of one of its runs, or the same of all of them.

    What the claim compares stays as it is: a claim on two activations is not about a third.

    Parameters
    ----------
    study
        The study.
    runs
        Names of the runs of the claim.
    """
    bases = [study.runs[name] for name in runs]
    single = [
        change
        for base in bases
        for change in single_changes(study, base)
        if not _compared(bases).intersection(setting.name for setting in change.settings)
        and not {*runs}.intersection(run.name for run in change.runs.values())
    ]
    return [*single, *_of_all(single, runs)] if len(runs) > 1 else single


def _compared(runs: Sequence[Run]) -> set[str]:
    """Name the settings that a claim is about: those that alone tell two of its runs apart."""
    pairs = (differences(one, other) or () for one, other in combinations(runs, 2))
    return {settings[0].name for settings in pairs if len(settings) == 1}


def single_changes(study: Study, base: Run) -> list[ChangedRuns]:
    """Return the runs of a study that are one of its runs but for one change.

    They differ from it in one setting; or they are of another group, and the study states them as
    `like` it, with a few settings that belong together.

    Parameters
    ----------
    study
        The study.
    base
        One of its runs.
    """
    pairs = ((run, differences(run, base)) for run in study.runs.values())
    return [
        ChangedRuns({base.name: run}, settings)
        for run, settings in pairs
        if settings
        and (len(settings) == 1 or (_is_variant(run, base) and len(settings) <= MOST_SETTINGS))
    ]


def _is_variant(run: Run, base: Run) -> bool:
    """Whether the study states a run as a variant of another, not as a model of the source."""
    return run.like == base.name and run.group != base.group


def differences(run: Run, base: Run) -> tuple[ChangedSetting, ...] | None:
    """Return what differs between two runs of one model; None for runs of different models."""
    if run.model != base.model or not (run.has_model and base.has_model):
        return None
    theirs, ours = facts(run), facts(base)
    return tuple(
        ChangedSetting(name, setting_text(theirs.get(name)), setting_text(ours.get(name)))
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    )


def facts(run: Run) -> dict[str, Any]:
    """Return the settings of a run and its preprocessing."""
    dumped = run.model_dump(mode="json", include={PREPROCESS})[PREPROCESS]
    return {**run.settings, PREPROCESS: dumped}


def _of_all(single: Sequence[ChangedRuns], runs: Sequence[str]) -> Iterator[ChangedRuns]:
    """Yield the changes that every run of a claim has."""
    alike: dict[tuple[tuple[str, str], ...], list[ChangedRuns]] = {}
    for change in single:
        key = tuple((setting.name, setting.value) for setting in change.settings)
        alike.setdefault(key, []).append(change)
    for found in alike.values():
        merged = {base: run for change in found for base, run in change.runs.items()}
        if len(merged) == len(runs):
            yield ChangedRuns(merged, found[0].settings)
