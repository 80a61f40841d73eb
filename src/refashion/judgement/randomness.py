"""What differs between the seeds of a run: the model, and the examples that it sees."""

from __future__ import annotations

from refashion import models
from refashion.runs.results import StudyResults
from refashion.spec.split import has_same_examples


def share_examples(split: str, results: StudyResults) -> bool:
    """Whether all seeds of a study have the same examples in a split."""
    if results.study.dataset is None:  # the notebooks draw their examples themselves
        return results.shares_examples(split)
    return has_same_examples(results.study.split, split)


def is_deterministic(run: str, results: StudyResults) -> bool:
    """Whether all seeds of a run give the same: no randomness in the model, nor in the split.

    Of an estimator with a random state, nobody declares whether it uses it. Several seeds that give
    the same answers show that it does not; with one seed, or few answers, it counts as random.
    """
    study, chosen = results.study, results.study.runs[run]
    if not chosen.has_model:
        return results.has_predictions(run, "test") and results.is_fixed(run)
    if not share_examples("train", results):
        return False
    if study.is_unseeded(chosen):
        return results.do_seeds_agree(run)
    declared = models.is_deterministic(chosen.model, chosen.settings, study.folder)
    return declared is not False and results.is_fixed(run)
