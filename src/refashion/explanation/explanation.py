"""Explanation of a claim that is not reproduced, from the results that are there."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from refashion.errors import RefashionError
from refashion.explanation.changes import ChangedRuns, ChangedSetting, changes_of, facts
from refashion.explanation.searches import all_finished, told_by_searches, used
from refashion.explanation.shares import Share, Signed, share_closed, total
from refashion.explanation.subjects import Subject
from refashion.judgement.entries import why_not_run
from refashion.ledger.entry import Verdict
from refashion.runs.results import StudyResults
from refashion.spec.config import Config
from refashion.spec.study import Run
from refashion.wording import DEFAULT_OF, setting_text

# Shares from here on leave the number as far from the reported one as it was.
BEYOND = 2
# A study has one split for all runs.
NOT_OF_A_RUN = ("split",)


@dataclass(frozen=True)
class Closed:
    """A change that was run, with the share of the gap that it closes.

    Attributes
    ----------
    change
        The change; None for the same runs in other results.
    share
        The share.
    seeds
        Number of seeds of the changed run; the fewest of several.
    verdict
        On a statement, with the change; None for a number.
    versions
        Packages whose versions differ from ours, as "name old → new"; for other results only.
    """

    change: ChangedRuns | None
    share: Share
    seeds: int
    verdict: Verdict | None = None
    versions: tuple[str, ...] = ()


@dataclass(frozen=True)
class WithoutResult:
    """A change that was run, but whose results have no such number.

    Attributes
    ----------
    change
        The change.
    why
        The reason, as a sentence.
    """

    change: ChangedRuns
    why: str


@dataclass(frozen=True)
class Proposal:
    """Something to run that would tell more.

    Attributes
    ----------
    settings
        What it changes; the value is empty if it is not known.
    base
        The run of the claim that it is like.
    run
        A run that the study has; None if one has to be written.
    minutes
        Rough cost on one core, all its seeds together; of a search, at most.
    seeds
        Number of seeds.
    search
        Name of a search that the study has and that was not made; empty for a run.
    is_assumed
        Whether the study says itself that it assumes the setting, which is no default of a library.
    """

    settings: tuple[ChangedSetting, ...]
    base: str
    run: Run | None
    minutes: float
    seeds: int
    search: str = ""
    is_assumed: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is a setting that nothing in the study changes yet."""
        return self.run is None and not self.search


@dataclass(frozen=True)
class Explanation:
    """What is known of the gap between a reported number and ours, or of a statement that fails.

    Attributes
    ----------
    study
        Name of the study.
    subject
        The number or the statement.
    ours
        Mean of our values; of a statement, its margin.
    gap
        What ours lacks: reported minus ours, or minus the margin.
    of_seed
        Deviation between our seeds as a share of the gap; None from one seed.
    closed
        Changes that were run, those that close most of the gap first.
    without
        Changes that were run without a result for this.
    proposals
        What would tell more: first what the study has, then settings that its source leaves open,
        those that the study says itself before defaults of libraries; the cheapest first.
    searches
        What finished searches say of it, in a sentence each.
    """

    study: str
    subject: Subject
    ours: float
    gap: float
    of_seed: float | None
    closed: tuple[Closed, ...]
    without: tuple[WithoutResult, ...]
    proposals: tuple[Proposal, ...]
    searches: tuple[str, ...] = ()

    @property
    def tolerances(self) -> float:
        """Size of the gap in tolerances; 0 for a statement."""
        return abs(self.gap) / self.subject.tolerance if self.subject.tolerance else 0.0

    @property
    def best(self) -> Closed | None:
        """The change that comes nearest to closing the gap, among those that surely close some.

        A statement is turned by a change with which it holds. What only has to be passed is passed
        best by the largest share. A change that goes beyond a reported number by more than the gap
        closes nothing.
        """
        if turning := [one for one in self.closed if one.verdict is Verdict.HOLDS]:
            return max(turning, key=lambda closed: closed.share.value)
        clear = [one for one in self.closed if one.share.is_clear]
        if self.subject.is_bound:
            return max(clear, key=lambda closed: closed.share.value, default=None)
        near = [one for one in clear if one.share.value < BEYOND]
        return min(near, key=lambda closed: abs(1 - closed.share.value), default=None)


def explain(
    config: Config,
    study: str,
    subject: Subject,
    results: StudyResults,
    other: StudyResults | None = None,
    versions: tuple[str, ...] = (),
) -> Explanation:
    """Say which single changes close how much of the gap of a claim.

    Parameters
    ----------
    config
        The whole configuration.
    study
        Name of the study.
    subject
        A number or a statement, see `subjects.subjects_of`.
    results
        Results of its study, of all runs that have any.
    other
        Results of the same study with other versions of libraries.
    versions
        Packages whose versions differ between the two.

    Raises
    ------
    RefashionError
        Results of the runs of the claim are missing or not finite.
    """
    ours = _measured(config, subject, results)
    if isinstance(ours, str):
        raise RefashionError(f"{subject.claim.id}: {ours}")
    aim, prior = subject.aim(ours), config.seed_sd_prior
    changes = changes_of(results.study, subject.runs)
    closed: list[Closed] = []
    without: list[WithoutResult] = []
    for change in changes:
        other_runs = subject.with_runs(change.replaced)
        if not all(map(results.seeds, other_runs.runs)):
            continue
        changed = _measured(config, other_runs, results)
        if isinstance(changed, str):
            without.append(WithoutResult(change, changed))
        # A rival that is not the closest leaves the statement as it is.
        elif changed.keys() != ours.keys() and (share := share_closed(aim, ours, changed)):
            seeds, verdict = _seeds(other_runs, results), other_runs.verdict(results, prior)
            closed.append(Closed(change, share, seeds, verdict))
    if other:
        same = _measured(config, subject, other)
        if isinstance(same, str):
            raise RefashionError(f"{other.layout.results}: {subject.claim.id}: {same}")
        same = {f"{name} (other)": values for name, values in same.items()}
        if share := share_closed(aim, ours, same):
            seeds, verdict = _seeds(subject, other), subject.verdict(other, prior)
            closed.append(Closed(None, share, seeds, verdict, versions))
    gap = aim.value - total(ours)
    searches = all_finished(config, results.study, results.layout)
    return Explanation(
        study,
        subject,
        total(ours),
        gap,
        _of_seed(ours, gap),
        tuple(sorted(closed, key=lambda one: -one.share.value)),
        tuple(without),
        tuple(sorted(_proposals(subject, results, changes, searches), key=rank)),
        tuple(told_by_searches(subject, results.study, searches)),
    )


def rank(proposal: Proposal) -> tuple[bool, bool, float]:
    """Order proposals, see `Explanation.proposals`."""
    return proposal.is_open, not proposal.is_assumed, proposal.minutes


def is_changed(subject: Subject, results: StudyResults) -> bool:
    """Return whether any single change of a subject was run."""
    return any(
        all(map(results.seeds, subject.with_runs(change.replaced).runs))
        for change in changes_of(results.study, subject.runs)
    )


def _measured(config: Config, subject: Subject, results: StudyResults) -> Signed | str:
    """Measure a subject, or say why it has no result."""
    if lacking := [run for run in subject.runs if not results.seeds(run)]:
        return f"There are no results of {lacking[0]} with the settings that the study has now."
    if why := why_not_run(config, subject.claim, results):
        return why
    signed = subject.measure(results, config.seed_sd_prior)
    return "There is no finite result for this." if signed is None else signed


def _seeds(subject: Subject, results: StudyResults) -> int:
    return min(len(results.seeds(run)) for run in subject.runs)


def _of_seed(ours: Signed, gap: float) -> float | None:
    scatters = [values.scatter for _, values in ours.values() if values.scatter.is_random]
    if not scatters or any(scatter.is_assumed for scatter in scatters) or gap == 0:
        return None
    return math.hypot(*(scatter.sd for scatter in scatters)) / abs(gap)


def _proposals(
    subject: Subject,
    results: StudyResults,
    changes: Sequence[ChangedRuns],
    finished: Collection[str],
) -> Iterator[Proposal]:
    """Yield runs and searches of the study that were not made, and open settings beside them."""
    for change in changes:
        if len(change.runs) > 1:  # each of its runs is proposed by itself
            continue
        [(base, run)] = change.runs.items()
        if not results.of_run(run.name) and not run.awaits:
            yield Proposal(change.settings, base, run, *_cost(run, base, results))
    changed = {setting.name for change in changes for setting in change.settings}
    for name, search in results.study.recover.items():
        if search.run in subject.runs:
            changed |= {setting.partition(".")[0] for setting in search.settings}
            if name not in finished and name not in used(results.study.runs[search.run]):
                searched = tuple(ChangedSetting(each, "", "") for each in search.settings)
                yield Proposal(searched, search.run, None, search.minutes, search.seeds, name)
    for base in subject.runs:
        run = results.study.runs[base]
        if not run.has_model:  # nobody can change the settings of a notebook from here
            continue
        open_settings: dict[str, bool] = {}
        for name, assumed in run.assumes.items():
            first = name.partition(".")[0]
            is_assumed = not assumed.why.startswith(DEFAULT_OF)
            open_settings[first] = is_assumed or open_settings.get(first, False)
        for name, is_assumed in open_settings.items():
            if name not in changed and name not in NOT_OF_A_RUN:
                changed.add(name)
                open_setting = (ChangedSetting(name, "", setting_text(facts(run).get(name))),)
                cost = _cost(run, base, results)
                yield Proposal(open_setting, base, None, *cost, is_assumed=is_assumed)


def _cost(run: Run, base: str, results: StudyResults) -> tuple[float, int]:
    """Give the minutes of a run with as many seeds as another one has, and their number."""
    seeds = max(1, len(results.seeds(base)))
    return _pace(results.study.runs[base], results) * run.minutes * seeds, seeds


def _pace(base: Run, results: StudyResults) -> float:
    """Return how long a run takes here, as a multiple of what the study expects."""
    seconds = [state["wall_seconds"] for state in results.of_run(base.name).values()]
    known = [second for second in seconds if second]
    pace = float(np.mean(known)) / 60 / base.minutes if known and base.minutes else 1.0
    return pace if math.isfinite(pace) else 1.0
