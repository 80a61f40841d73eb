"""Explanation of one claim that is not reproduced, from the results that are there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from refashion.errors import RefashionError
from refashion.explanation.shares import RunValues, Share, share_closed
from refashion.judgement import numbers
from refashion.ledger.entry import Entry, Verdict
from refashion.reported import Reported
from refashion.runs.results import StudyResults
from refashion.spec.claims import ValueClaim
from refashion.spec.config import Config
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
class SingleChange:
    """Another run of the study that is that of the claim but for one change.

    Attributes
    ----------
    run
        The other run.
    settings
        What differs: one setting, or a few that belong together, as a further layer needs a
        further rate of dropout.
    """

    run: Run
    settings: tuple[ChangedSetting, ...]


@dataclass(frozen=True)
class Closed:
    """A change that was run, with the share of the gap that it closes.

    Attributes
    ----------
    change
        The change; None for the same run in other results.
    share
        The share.
    seeds
        Number of seeds of the changed run.
    versions
        Packages whose versions differ from ours, as "name old → new"; for other results only.
    """

    change: SingleChange | None
    share: Share
    seeds: int
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """Something to run that would tell more.

    Attributes
    ----------
    settings
        What it changes; the value is empty if it is not known.
    run
        A run that the study has; None if one has to be written.
    minutes
        Rough cost on one core, all its seeds together.
    seeds
        Number of seeds.
    """

    settings: tuple[ChangedSetting, ...]
    run: Run | None
    minutes: float
    seeds: int


@dataclass(frozen=True)
class Explanation:
    """What is known of the gap between a reported number and ours.

    Attributes
    ----------
    entry
        The claim with its verdict.
    ours
        Mean of our values.
    gap
        Reported minus ours.
    of_seed
        Deviation between our seeds as a share of the gap; None from one seed.
    closed
        Changes that were run, those that close most of the gap first.
    proposals
        What would tell more, the cheapest first.
    """

    entry: Entry[ValueClaim]
    ours: float
    gap: float
    of_seed: float | None
    closed: tuple[Closed, ...]
    proposals: tuple[Proposal, ...]

    @property
    def best(self) -> Closed | None:
        """The change that comes nearest to closing the gap, among those that surely close some.

        One that goes beyond the reported number by more than the gap closes nothing.
        """
        clear = [one for one in self.closed if one.share.is_clear and one.share.value < 2]
        return min(clear, key=lambda closed: abs(1 - closed.share.value), default=None)


def single_changes(study: Study, base: Run) -> list[SingleChange]:
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
        SingleChange(run, settings)
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
    theirs, ours = _facts(run), _facts(base)
    return tuple(
        ChangedSetting(name, setting_text(theirs.get(name)), setting_text(ours.get(name)))
        for name in {**ours, **theirs}
        if ours.get(name) != theirs.get(name)
    )


def _facts(run: Run) -> dict[str, Any]:
    dumped = run.model_dump(mode="json", include={PREPROCESS})[PREPROCESS]
    return {**run.settings, PREPROCESS: dumped}


def is_explained(entry: Entry[Any]) -> bool:
    """Whether a claim is of a kind that can be explained, and is not reproduced."""
    claim = entry.claim
    is_single = isinstance(claim, ValueClaim) and claim.minus is None and not claim.is_of_folds
    return is_single and entry.verdict is Verdict.NOT_REPRODUCED


def explain(
    config: Config,
    entry: Entry[ValueClaim],
    results: StudyResults,
    other: StudyResults | None = None,
    versions: tuple[str, ...] = (),
) -> Explanation:
    """Say which single changes close how much of the gap of a claim.

    Parameters
    ----------
    config
        The whole configuration.
    entry
        A claim for which `is_explained` holds.
    results
        Results of its study, of all runs that have any.
    other
        Results of the same study with other versions of libraries.
    versions
        Packages whose versions differ between the two.

    Raises
    ------
    RefashionError
        Results of the run of the claim are missing or not finite.
    """
    claim, prior = entry.claim, config.seed_sd_prior
    base = results.study.runs[claim.run]
    ours = values_of(base.name, claim, results, prior)
    if ours is None:
        raise RefashionError(f"{claim.id}: the run {base.name!r} has no finite result")
    changes = single_changes(results.study, base)
    closed = [
        Closed(change, share, len(changed.values))
        for change in changes
        if (changed := values_of(change.run.name, claim, results, prior))
        if (share := _share(claim, ours, changed))
    ]
    same = values_of(base.name, claim, other, prior) if other else None
    if same and (share := _share(claim, ours, same)):
        closed.append(Closed(None, share, len(same.values), versions))
    gap = Reported.parse(claim.reported).value - ours.mean
    return Explanation(
        entry,
        ours.mean,
        gap,
        ours.scatter.sd / abs(gap) if len(ours.values) > 1 and ours.scatter.is_random else None,
        tuple(sorted(closed, key=lambda one: -one.share.value)),
        tuple(sorted(_proposals(config, base, results, changes), key=lambda one: one.minutes)),
    )


def values_of(run: str, claim: ValueClaim, results: StudyResults, prior: float) -> RunValues | None:
    """Return what a run gives for the number of a claim; None without finite results."""
    if not results.seeds(run):
        return None
    values, scatter, of_examples = numbers.values_of_run(run, claim, results, prior)
    return RunValues(values, scatter, of_examples) if np.isfinite(values).all() else None


def _share(claim: ValueClaim, ours: RunValues, changed: RunValues) -> Share | None:
    reported = Reported.parse(claim.reported)
    return share_closed(reported.value, reported.half_unit**2 / 3, ours, changed)


def _proposals(
    config: Config, base: Run, results: StudyResults, changes: list[SingleChange]
) -> Iterator[Proposal]:
    """Yield the changes of the study that were not run, and open settings that no run changes."""
    pace = _pace(base, results)
    seeds = max(1, len(results.seeds(base.name)))
    for change in changes:
        if not results.seeds(change.run.name):
            yield Proposal(change.settings, change.run, pace * change.run.minutes * seeds, seeds)
    changed = {setting.name for change in changes for setting in change.settings}
    open_settings = dict.fromkeys(key.partition(".")[0] for key in base.assumes)
    for name in open_settings:
        if name not in changed:
            open_setting = (ChangedSetting(name, "", setting_text(_facts(base).get(name))),)
            yield Proposal(open_setting, None, pace * base.minutes * seeds, seeds)


def _pace(base: Run, results: StudyResults) -> float:
    """Return how long a run takes here, as a multiple of what the study expects."""
    seconds = [state["wall_seconds"] for state in results.of_run(base.name).values()]
    known = [second for second in seconds if second]
    pace = float(np.mean(known)) / 60 / base.minutes if known and base.minutes else 1.0
    return pace if math.isfinite(pace) else 1.0
