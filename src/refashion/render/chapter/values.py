"""Single values from the results for narratives, formatted as text."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from refashion import wording
from refashion.errors import RefashionError, shown
from refashion.ledger import words
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import NUMBERS, count_verdicts
from refashion.metrics import METRICS
from refashion.render.chapter.exhibits import SPLIT_NAMES
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import brief_verdict, tally
from refashion.render.text.names import check_name, look_up
from refashion.reported import Reported
from refashion.spec.claims import CostClaim, NumberClaim

DATASET_FACTS = ("title", "citation", "licence", "target", "unit")
SOURCE_FACTS = ("citation", "note")


class Values:
    """Functions for single values. A narrative can call every public method.

    Parameters
    ----------
    outcomes
        Results of the study.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    def ran(self, *runs: str) -> bool:
        """Whether each of the runs has a result for at least one seed."""
        return all(self._outcomes.good_seeds(run) for run in runs)

    def not_run(self, run: str) -> Markdown:
        """Reason why a run has no result."""
        return not_run(self._outcomes, run)

    def title(self, run: str) -> str:
        """Title of a run."""
        return self._outcomes.run(run).title

    def seeds(self, run: str) -> str:
        """Number of seeds with a result: "one seed", "5 seeds"."""
        n = len(self._outcomes.good_seeds(run))
        return "one seed" if n == 1 else f"{n} seeds"

    def value(self, run: str, metric: str, split: str = "test") -> str:
        """Mean ± standard deviation of a metric over seeds: "0.912 ± 0.003".

        A single seed has no deviation: "0.912".
        """
        row = self._score(run, metric, split)
        if not self.ran(run):
            return self.not_run(run)
        if row is None:
            return missing(f"no {METRICS[metric].label.lower()} on the {split} split")
        if not np.isfinite(row["mean"]):
            return missing(DIVERGED)
        return wording.plus_minus(row["mean"], row["sd"])

    def standing(self, run: str, other: str, metric: str) -> str:
        """How two runs compare on the test split: "ahead of", "behind" or "not clearly apart from".

        The difference rule decides, as it does for claims: a difference of means that chance may
        have made puts no run ahead.
        """
        scores = [self._score(name, metric, "test") for name in (run, other)]
        if not all(score and np.isfinite(score["mean"]) for score in scores):
            return missing("not comparable with")
        verdict = self._outcomes.compared(run, other, metric).verdict
        return {Verdict.HOLDS: "ahead of", Verdict.FAILS: "behind"}.get(
            verdict, "not clearly apart from"
        )

    def difference(self, run: str, other: str, metric: str) -> str:
        """Absolute difference between the means of two runs on the test split."""
        ours, theirs = (self._score(name, metric, "test") for name in (run, other))
        if ours is None or theirs is None:
            return missing("unknown")
        return wording.plus_minus(abs(ours["mean"] - theirs["mean"]), None)

    def _score(self, run: str, metric: str, split: str) -> Mapping[Hashable, Any] | None:
        self._outcomes.run(run)
        check_name(metric, METRICS, "metric")
        check_name(split, SPLIT_NAMES, "split")
        scores = self._outcomes.scores(split)
        chosen = scores[(scores["run"] == run) & (scores["metric"] == metric)]
        return None if chosen.empty else chosen.iloc[0].to_dict()

    def setting(self, run: str, name: str) -> str:
        """Value of a setting. A nested setting has a dotted name, such as `pool_size.0`."""
        return wording.setting_text(_at(self._outcomes.run(run).settings, name, "setting"))

    def given(self, name: str) -> str:
        """Value in the study's `split` or `preprocess`, such as `preprocess.divide_by`."""
        return wording.setting_text(self._given(name))

    def percent(self, name: str) -> str:
        """Fraction in the study's `split` or `preprocess` as a percentage."""
        return f"{self._share(name):.0%}"

    def percent_rest(self, name: str) -> str:
        """One minus a fraction in the study's `split` or `preprocess`, as a percentage."""
        return f"{1 - self._share(name):.0%}"

    def _share(self, name: str) -> float:
        share = self._given(name)
        if not isinstance(share, int | float) or isinstance(share, bool):
            raise RefashionError(f"{name!r} is {shown(share)}, not a number")
        return share

    def _given(self, name: str) -> Any:
        study = self._outcomes.study.model_dump(mode="json", include={"split", "preprocess"})
        return _at(study, name, "key")

    def why(self, run: str, name: str) -> str:
        """Reason for the value of an assumed setting."""
        return look_up(name, self._outcomes.run(run).assumes, "assumed setting").why

    def reported(self, claim: str) -> str:
        """Reported number of a claim, exactly as printed; a time with its unit."""
        match self._outcomes.entry(claim).claim:
            case CostClaim(reported=str(printed), unit=unit):
                return f"{printed} {unit}"
        return self._number(claim).claim.reported

    def _number(self, claim: str) -> Entry[NumberClaim]:
        entry = self._outcomes.entry(claim)
        if not isinstance(entry.claim, NumberClaim):
            raise RefashionError(
                f"the claim {claim!r} is of kind {entry.claim.kind} and has no number"
            )
        return entry

    def reported_square(self, claim: str) -> str:
        """Square of the reported number of a claim, rounded to an integer: "1,234"."""
        return f"{Reported.parse(self.reported(claim)).value ** 2:,.0f}"

    def reproduced(self, claim: str) -> str:
        """Re-created value of a claim, or the reason why there is none."""
        entry = self._number(claim)
        judged = entry.judgement
        return judged.reason if judged.reproduced is None else words.reproduced_text(entry)

    def verdict(self, claim: str) -> Markdown:
        """Verdict on a claim."""
        return brief_verdict(self._outcomes.entry(claim))

    def counts(self, claim: str) -> Markdown:
        """How many numbers of a table got which verdict: "✓ 3 reproduced, ? 1 inconclusive"."""
        entry = self._outcomes.entry(claim)
        return tally(count_verdicts([entry], NUMBERS), NUMBERS.verdicts)

    def epochs(self, run: str) -> str:
        """Number of epochs of a run: "14", or "12 to 14" if it differs between seeds."""
        return self._range(run, "epochs_run")

    def parameters(self, run: str) -> str:
        """Number of parameters of a model."""
        return self._range(run, "n_parameters")

    def fit_time(self, run: str) -> str:
        """Training time, mean over seeds: "4 min 12 s"."""
        records = self._outcomes.records(run)
        if not records:
            return self.not_run(run)
        if not all(record["fit_seconds"] for record in records):
            return missing("an unknown time")
        return wording.duration(float(np.mean([r["fit_seconds"] for r in records])))

    def time_ratio(self, run: str, other: str) -> str:
        """Training time of a run divided by that of another: "2.5"."""
        if not self.ran(run, other):
            return missing("unknown")
        times = [[r["fit_seconds"] for r in self._outcomes.records(n)] for n in (run, other)]
        if not all(map(all, times)):
            return missing("unknown")
        return f"{np.mean(times[0]) / np.mean(times[1]):.1f}"

    def _range(self, run: str, field: str) -> str:
        records = self._outcomes.records(run)
        if not records:
            return self.not_run(run)
        found = sorted({n for record in records if (n := record[field]) is not None})
        if not found:
            return missing("no")
        return " to ".join(f"{number:,.0f}" for number in dict.fromkeys((found[0], found[-1])))

    def examples(self, part: str) -> str:
        """Number of examples in the "train" or "test" part of the dataset."""
        check_name(part, self._outcomes.dataset.PARTS, "part of the dataset")
        array = self._outcomes.prepared.get("arrays", {}).get(f"{part}_x")
        return f"{array['shape'][0]:,}" if array else missing("an unknown number of")

    def example_shape(self) -> str:
        """Shape of one example: "28 × 28"."""
        return self._outcomes.input_shape() or missing("unknown size")

    def split_examples(self, split: str) -> str:
        """Number of examples in the "train", "validation" or "test" split of the first seed."""
        check_name(split, SPLIT_NAMES, "split")
        found = self._outcomes.labels().get(split)
        return missing("an unknown number of") if found is None else f"{len(found):,}"

    def n_features(self) -> str:
        """Number of features of the dataset."""
        return str(len(self._outcomes.dataset.FEATURES))

    def n_classes(self) -> str:
        """Number of classes of the study."""
        return str(len(self._outcomes.study.classes))

    def classes(self) -> str:
        """Names of the classes of the study: "Sandal, Sneaker and Ankle boot"."""
        if not self._outcomes.study.classes:
            raise RefashionError("the study predicts a number and has no classes")
        *names, last = self._outcomes.study.classes
        if not names:
            return last
        return f"{', '.join(names)} and {last}"

    def dataset(self, fact: str) -> str:
        """The "title", "citation", "licence", "target" or "unit" of the dataset."""
        check_name(fact, DATASET_FACTS, "fact about the dataset")
        return getattr(self._outcomes.dataset, fact.upper())

    def source(self, fact: str) -> str:
        """The "citation" or the "note" of the source."""
        check_name(fact, SOURCE_FACTS, "fact about the source")
        return getattr(self._outcomes.study.source, fact)


DIVERGED = "not a number (the run diverged)"


def missing(text: str) -> Markdown:
    """Return text that stands in place of a missing value, with the style for it."""
    return markdown.span(text, "missing")


def not_run(outcomes: Outcomes, run: str) -> Markdown:
    """Return the reason why a run has no result, to stand in place of a value.

    Parameters
    ----------
    outcomes
        Results of the study.
    run
        Name of the run.
    """
    why = outcomes.why_not(run)
    return missing(why if outcomes.good_seeds(run) else f"not run: {why}")


def _at(settings: Mapping[str, Any], name: str, noun: str) -> Any:
    """Look up a dotted name; an integer in it is an index into a list, from 0."""
    found: Any = settings
    for n, key in enumerate(keys := name.split(".")):
        if isinstance(found, list | tuple):
            found = {str(index): entry for index, entry in enumerate(found)}
        if not isinstance(found, Mapping):
            raise RefashionError(f"no {noun} {name!r}: {'.'.join(keys[:n])!r} is not nested")
        found = look_up(key, found, f"{noun} {'.'.join(keys[:n])}".strip())
    return found
