"""Single values that a narrative takes from the results by name, as text that reads well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from refashion import wording
from refashion.errors import RefashionError
from refashion.ledger import words
from refashion.ledger.entry import Entry, Verdict
from refashion.metrics import METRICS
from refashion.render.chapter.exhibits import SPLITS
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import verdict_name
from refashion.render.text.names import accept, look_up
from refashion.reported import Reported
from refashion.spec.claims import CostClaim, ValueClaim

FACTS_OF_DATASETS = ("title", "citation", "licence", "target", "unit")
FACTS_OF_SOURCES = ("citation", "note")


class Values:
    """What a narrative can call for a value; every public method.

    Parameters
    ----------
    outcomes
        Of the study.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes

    def ran(self, *runs: str) -> bool:
        """Whether each of the runs has a result, with at least one seed."""
        return all(self._outcomes.good_seeds(run) for run in runs)

    def not_run(self, run: str) -> Markdown:
        """Say why a run has no result."""
        return not_run(self._outcomes, run)

    def title(self, run: str) -> str:
        return self._outcomes.run(run).title

    def seeds(self, run: str) -> str:
        """Count the seeds with a result: "one seed", "5 seeds"."""
        n = len(self._outcomes.good_seeds(run))
        return "one seed" if n == 1 else f"{n} seeds"

    def value(self, run: str, metric: str, split: str = "test") -> str:
        """Mean and deviation of a metric over seeds: "0.912 ± 0.003", one seed "0.912"."""
        row = self._score(run, metric, split)
        if not self.ran(run):
            return self.not_run(run)
        if row is None:
            return missing(f"no {METRICS[metric].label.lower()} of the {split} split")
        if not np.isfinite(row["mean"]):
            return missing(DIVERGED)
        return wording.plus_minus(row["mean"], row["sd"])

    def standing(self, run: str, other: str, metric: str) -> str:
        """Compare two runs on the test split: "ahead of", "behind" or "not clearly apart from".

        The difference rule decides, as it does for claims: a difference of means that chance may
        have made puts no run ahead.
        """
        scores = [self._score(name, metric, "test") for name in (run, other)]
        if None in scores:
            return missing("not comparable with")
        verdict = self._outcomes.compared(run, other, metric).verdict
        return {Verdict.HOLDS: "ahead of", Verdict.FAILS: "behind"}.get(
            verdict, "not clearly apart from"
        )

    def difference(self, run: str, other: str, metric: str) -> str:
        """Distance of the means of two runs on the test split, without sign."""
        scores = [self._score(name, metric, "test") for name in (run, other)]
        if None in scores:
            return missing("not known")
        return wording.plus_minus(abs(scores[0]["mean"] - scores[1]["mean"]), None)

    def _score(self, run: str, metric: str, split: str) -> Mapping[str, Any] | None:
        self._outcomes.run(run)
        accept(metric, METRICS, "metric")
        accept(split, SPLITS, "split")
        scores = self._outcomes.scores(split)
        chosen = scores[(scores["run"] == run) & (scores["metric"] == metric)]
        return None if chosen.empty else chosen.iloc[0].to_dict()

    def setting(self, run: str, name: str) -> str:
        """Value of a setting; a nested one by its dotted name, such as `pool_size.0`."""
        return wording.setting_text(_at(self._outcomes.run(run).settings, name, "setting"))

    def given(self, name: str) -> str:
        """Value of a dotted key of the study's `split` or `preprocess`."""
        return wording.setting_text(self._given(name))

    def percent(self, name: str) -> str:
        """Like `given`, a share as a percentage."""
        return f"{self._share(name):.0%}"

    def percent_rest(self, name: str) -> str:
        """Like `percent`, of what the share leaves."""
        return f"{1 - self._share(name):.0%}"

    def _share(self, name: str) -> float:
        share = self._given(name)
        if not isinstance(share, int | float) or isinstance(share, bool):
            raise RefashionError(f"{name!r} is no number")
        return share

    def _given(self, name: str) -> Any:
        study = self._outcomes.study.model_dump(mode="json", include={"split", "preprocess"})
        return _at(study, name, "key")

    def why(self, run: str, name: str) -> str:
        """Why an assumed setting has its value."""
        return look_up(name, self._outcomes.run(run).assumes, "assumed setting").why

    def reported(self, claim: str) -> str:
        """Give the number of a claim, exactly as printed; a time with its unit."""
        match self._outcomes.entry(claim).claim:
            case CostClaim(reported=str(printed), unit=unit):
                return f"{printed} {unit}"
        return self._number(claim).claim.reported

    def _number(self, claim: str) -> Entry[ValueClaim]:
        entry = self._outcomes.entry(claim)
        if not isinstance(entry.claim, ValueClaim):
            raise RefashionError(
                f"the claim {claim!r} is of kind {entry.claim.kind} and has no number"
            )
        return entry

    def reported_square(self, claim: str) -> str:
        """Give the square of the number of a claim, in whole units: "1,234"."""
        return f"{Reported.parse(self.reported(claim)).value ** 2:,.0f}"

    def reproduced(self, claim: str) -> str:
        """Give the re-created value of a claim."""
        entry = self._number(claim)
        judged = entry.judgement
        return judged.reason if judged.reproduced is None else words.reproduced_text(entry)

    def verdict(self, claim: str) -> Markdown:
        """Give the verdict on a claim, without its notes."""
        return verdict_name(self._outcomes.entry(claim).verdict)

    def epochs(self, run: str) -> str:
        """Epochs that were run: "14", or with seeds that differ "12 to 14"."""
        return self._span(run, "epochs_run", "{:,.0f}")

    def parameters(self, run: str) -> str:
        """Count the weights."""
        return self._span(run, "n_parameters", "{:,.0f}")

    def fit_time(self, run: str) -> str:
        """Time of training, mean over seeds: "4 min 12 s"."""
        records = self._outcomes.records(run)
        if not records:
            return self.not_run(run)
        return wording.duration(float(np.mean([r["fit_seconds"] for r in records])))

    def time_ratio(self, run: str, other: str) -> str:
        """How many times as long as another a run has trained."""
        if not self.ran(run, other):
            return missing("not known")
        times = [[r["fit_seconds"] for r in self._outcomes.records(n)] for n in (run, other)]
        return f"{np.mean(times[0]) / np.mean(times[1]):.1f}"

    def _span(self, run: str, field: str, form: str) -> str:
        found = sorted({record[field] for record in self._outcomes.records(run)})
        if not found:
            return self.not_run(run)
        return " to ".join(form.format(number) for number in dict.fromkeys((found[0], found[-1])))

    def examples(self, part: str) -> str:
        """Count the examples of the dataset's "train" or "test" part."""
        accept(part, self._outcomes.dataset.PARTS, "part of the dataset")
        array = self._outcomes.prepared.get("arrays", {}).get(f"{part}_x")
        return f"{array['shape'][0]:,}" if array else missing("an unknown number of")

    def example_shape(self) -> str:
        """Shape of one example: "28 × 28"."""
        return self._outcomes.input_shape() or missing("unknown size")

    def split_examples(self, split: str) -> str:
        """Count the examples of the train, validation or test split of the first seed."""
        accept(split, SPLITS, "split")
        found = self._outcomes.labels().get(split)
        return missing("an unknown number of") if found is None else f"{len(found):,}"

    def n_features(self) -> str:
        """Count the columns of a table."""
        return str(len(self._outcomes.dataset.FEATURES))

    def n_classes(self) -> str:
        return str(len(self._outcomes.study.classes))

    def classes(self) -> str:
        """Names of the classes that the study tells apart."""
        if not self._outcomes.study.classes:
            raise RefashionError("the study predicts a number and has no classes")
        *names, last = self._outcomes.study.classes
        if not names:
            return last
        return f"{', '.join(names)} and {last}"

    def dataset(self, fact: str) -> str:
        """Give the title, citation, licence, target or unit of the dataset."""
        accept(fact, FACTS_OF_DATASETS, "fact of a dataset")
        return getattr(self._outcomes.dataset, fact.upper())

    def source(self, fact: str) -> str:
        """Give the citation or the note of the source."""
        accept(fact, FACTS_OF_SOURCES, "fact of the source")
        return getattr(self._outcomes.study.source, fact)


DIVERGED = "not a number (the run diverged)"


def missing(text: str) -> Markdown:
    """Mark what stands in place of a value."""
    return markdown.span(text, "missing")


def not_run(outcomes: Outcomes, run: str) -> Markdown:
    """Say in place of a value why a run has none."""
    why = outcomes.why_not(run)
    return missing(why if outcomes.good_seeds(run) else f"not run: {why}")


def _at(settings: Mapping[str, Any], name: str, noun: str) -> Any:
    """Look up a dotted name; a number in it counts the entries of a list, from 0."""
    found: Any = settings
    for n, key in enumerate(keys := name.split(".")):
        if isinstance(found, list | tuple):
            found = {str(place): entry for place, entry in enumerate(found)}
        if not isinstance(found, Mapping):
            raise RefashionError(f"no {noun} {name!r}: {'.'.join(keys[:n])!r} has no parts")
        found = look_up(key, found, f"{noun} {'.'.join(keys[:n])}".strip())
    return found
