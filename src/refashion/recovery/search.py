"""A search for the settings of a run that give the printed numbers, from its plan to its result."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from refashion import artifacts, models, sources
from refashion.artifacts import Layout
from refashion.execution import environment
from refashion.recovery import strategies
from refashion.recovery.executing import EPOCHS, Executor, applied
from refashion.recovery.fits import Fit, fit_of, share_of_independent, targets_of
from refashion.recovery.recovery import Conclusion, Recovery, Tried, least_apart
from refashion.recovery.trials import ExhaustedError, Measure, Trial, Trials, key_of
from refashion.spec.config import Config
from refashion.spec.preprocess import is_unseeded
from refashion.spec.recover import TRIALS, Search
from refashion.spec.split import has_same_examples
from refashion.spec.study import Study

# Modules whose code decides what a trial gives.
MODULES = (
    "recovery.executing",
    "recovery.trials",
    "judgement.numbers",
    "runs.cross_validation",
    "data.splits",
)
# Before the answer is that nothing fits, so many of the closest settings have so many seeds. Three
# seeds may agree by luck, and then exclude the settings of the source.
CLOSEST, TRUSTED_SEEDS = 3, 6


class Finder:
    """Makes one search.

    Parameters
    ----------
    study, search
        The study, and one of its searches.
    trials
        Makes the trials.
    prior
        `seed_sd_prior` of the configuration.
    """

    def __init__(self, study: Study, search: Search, trials: Trials, prior: float) -> None:
        self.study, self.search, self.trials, self.prior = study, search, trials, prior
        by_id = {claim.id: claim for claim in study.claims}
        self.targets = targets_of([by_id[name] for name in search.claims], search.run)
        self._fixed: dict[str, bool] = {}

    def run(self) -> str | None:
        """Make the trials; return the part of the budget that ended too early, or None."""
        try:
            combinations = self.search.combinations()
            if all(self._is_fixed(each) for each in combinations):
                return self._narrow(combinations)
            points = strategies.sampled(self.search, self.trials.most)
            seeds, most = self.search.seeds, self.trials.most
            strategies.halve(points, seeds, most, self._fit, self._epochs())
            self._try_rivals()
            self._doubt_none()
        except ExhaustedError as why:
            return str(why)
        return None

    def _narrow(self, combinations: Sequence[dict[str, Any]]) -> str | None:
        """Search the ranges of each combination, which all get their share of the trials."""
        stopped = None
        for n, each in enumerate(combinations):
            left = self.trials.most - len(self.trials.made)
            share = left // (len(combinations) - n)
            self.trials.allow(share)
            try:
                strategies.narrow(self.search, each, self._fit, share)
            except ExhaustedError as why:
                stopped = str(why)
                if stopped != TRIALS:
                    break
        return stopped

    def _try_rivals(self) -> None:
        """Give all seeds and epochs to settings that were given up too early to tell them apart."""
        for one in self.result(None).tried:
            left = self.trials.most - len(self.trials.made)
            lacking = self.search.seeds - (one.seeds if one.epochs is None else 0)
            if not one.is_apart and 0 < lacking <= left:
                self._fit(one.settings, self.search.seeds, None)

    def _doubt_none(self) -> None:
        """Give more seeds to the closest settings, as long as none fits."""
        while (found := self.result(None)).answer is Conclusion.NONE:
            doubtful = [
                one.settings
                for one in found.tried[:CLOSEST]
                if not (one.is_apart or one.error or self._is_fixed(one.settings))
                and (one.seeds < TRUSTED_SEEDS or one.epochs is not None)
            ]
            if not doubtful:
                break
            self._fit(doubtful[0], TRUSTED_SEEDS, None)

    def _is_fixed(self, settings: Mapping[str, Any]) -> bool:
        """Whether no seed changes the results with some settings.

        Of an estimator that may use its seed, two seeds with the same outputs show that it does
        not. They are tried once for all numbers in ranges, at both ends: a tree with one split may
        depend on no seed, and one with many splits does.
        """
        ranges = self.search.ranges
        combination = {name: value for name, value in settings.items() if name not in ranges}
        key = key_of(combination)
        if key not in self._fixed:
            self._fixed[key] = False  # as long as nothing shows that it is, should the budget end
            of = self.search.ranges_of(combination)
            ends = [{n: one.at(place) for n, one in of.items()} for place in (0, 1)[: 1 + bool(of)]]
            shown = [self._uses_no_seed({**combination, **end}) for end in ends]
            self._fixed[key] = True in shown and False not in shown
        return self._fixed[key]

    def _uses_no_seed(self, settings: Mapping[str, Any]) -> bool | None:
        """Whether no seed changes the results with some settings; None if these fail."""
        study = applied(self.study, self.search, settings)
        run = study.runs[self.search.run]
        if study.is_unseeded(run):
            return True
        declared = models.is_deterministic(run.model, run.settings, study.folder)
        has_same = has_same_examples(study.split, "train") and is_unseeded(run.preprocess)
        if declared is not None or not has_same:
            return False
        is_said = self.search.seeds == 1  # by the study; one pair of trials may show otherwise
        if is_said and any(self._fixed.values()):
            return True
        one, other = (self.trials(settings, seed) for seed in (0, 1))
        if one.error or other.error:
            return is_said or None
        if is_said:
            return (one.outputs, one.numbers) == (other.outputs, other.numbers)
        return one.outputs is not None and one.outputs == other.outputs

    def _epochs(self) -> int | None:
        """Return the number of epochs, if the first of them can be compared with a printed log."""
        epochs = self.study.runs[self.search.run].settings.get(EPOCHS)
        if EPOCHS in self.search.settings or not isinstance(epochs, int):
            return None
        printed = [target.epoch for target in self.targets]
        is_logged = all(printed) and min(filter(None, printed)) <= epochs // strategies.SHORT
        return epochs if is_logged else None

    def _fit(self, settings: Mapping[str, Any], seeds: int, epochs: int | None) -> Fit:
        is_fixed = self._is_fixed(settings)
        made = [self.trials(settings, s, epochs) for s in range(1 if is_fixed else seeds)]
        return fit_of(made, self.targets, self.prior, is_fixed)

    def result(self, stopped: str | None) -> Recovery:
        """Compare all settings that were tried."""
        made: dict[str, list[Trial]] = {}
        short: dict[str, Trial] = {}
        for trial in self.trials.made:
            if trial.epochs is None:
                made.setdefault(key_of(trial.settings), []).append(trial)
            else:
                short[key_of(trial.settings)] = trial
        of_all = {key: self._compared(each) for key, each in made.items()}
        dropped = {k: self._compared([t]) for k, t in short.items() if k not in made}
        if not of_all:  # not even one was tried with all its epochs
            of_all, dropped = dropped, {}
        is_fixed = all(fit.is_fixed for fit in of_all.values())
        apart = 1.0
        if is_fixed or not of_all:
            tried = [Tried.of(fit, fit.distance, apart) for fit in of_all.values()]
        else:
            groups = [[t for t in each if not t.error] for each in made.values()]
            share = share_of_independent([each for each in groups if each], self.targets)
            apart = least_apart(share * len(self.targets), self.search.seeds)
            tried = self._by_probability(of_all, dropped, made, short, share)
        facts = {
            "apart": apart,
            "trials": len(self.trials.made),
            "seconds": self.trials.seconds,
        }
        return Recovery.of(
            self.search, self.targets, tried, is_fixed=is_fixed, stopped=stopped, **facts
        )

    def _compared(self, trials: Sequence[Trial]) -> Fit:
        return fit_of(trials, self.targets, self.prior, self._is_fixed(trials[0].settings))

    def _by_probability(
        self,
        of_all: Mapping[str, Fit],
        dropped: Mapping[str, Fit],
        made: Mapping[str, Sequence[Trial]],
        short: Mapping[str, Trial],
        share: float,
    ) -> list[Tried]:
        """Say how much less probable the numbers are with each settings than with the best.

        Settings that were given up are compared with what was known of the best then: as many
        seeds, or as few epochs.
        """
        most = max(fit.seeds for fit in of_all.values() if not fit.is_fixed)
        last = {k: f for k, f in of_all.items() if f.seeds == most or f.is_fixed}
        best = max(last, key=lambda key: last[key].log_probability)
        tried = []
        for key, fit in {**of_all, **dropped}.items():
            if key in made:
                same = self._compared(made[best][: len(made[key])])
            else:
                same = self._compared([short[best]]) if best in short else of_all[best]
            behind = share * (same.log_probability - fit.log_probability)
            apart = least_apart(share * len(fit.log_probabilities), fit.seeds)
            tried.append(Tried.of(fit, behind if math.isfinite(behind) else math.inf, apart))
        return tried


def recover(config: Config, study: str, name: str, layout: Layout) -> Recovery:
    """Make a search of a study, or go on with one that was interrupted.

    Parameters
    ----------
    config
        The whole configuration.
    study, name
        Names of the study and of its search.
    layout
        Paths of the data and the results.
    """
    whole = config.studies[study]
    search = whole.recover[name]
    measure: Measure = Executor(whole, search, layout, config.threads)
    files = _files(whole, search, layout)
    trials = Trials(
        layout.trials(study, name),
        context_of(config, study, name, files),
        measure,
        search.trials,
        60 * search.minutes,
    )
    finder = Finder(whole, search, trials, config.seed_sd_prior)
    result = finder.result(finder.run())
    return replace(result, question=config.digest_of_search(study, name))


def context_of(config: Config, study: str, name: str, files: Sequence[Path]) -> str:
    """Return a digest of what a trial depends on besides its settings."""
    content = [config.question(study, name), *(sources.sha256(path) for path in files)]
    return hashlib.sha256(artifacts.canonical_json(content).encode()).hexdigest()


def _files(study: Study, search: Search, layout: Layout) -> list[Path]:
    """Return the files whose content decides what a trial gives: data, code, versions."""
    model = models.file(study.runs[search.run].model, study.folder)
    data = [layout.prepared(study.dataset)] if study.dataset else []
    lock = sources.in_project(environment.lock())
    return [*data, lock, *sources.closure_of(model), *sources.closure(*MODULES)]
