"""What differs between the seeds of a run: the model, and the examples that it sees."""

from __future__ import annotations

from refashion import models
from refashion.runs.results import StudyResults


def share_examples(split: str, results: StudyResults) -> bool:
    """Whether all seeds of a study have the same examples in a split."""
    test, validation = results.study.split.test, results.study.split.validation
    is_given = test == "given" or test.random_state is not None
    if split == "test" or isinstance(validation, str):
        return is_given
    return is_given and (validation is None or not hasattr(validation, "fraction"))


def is_deterministic(run: str, results: StudyResults) -> bool:
    """Whether all seeds of a run give the same: no randomness in the model, nor in the split.

    Of an estimator with a random state, nobody declares whether it uses it. Several seeds that give
    the same answers show that it does not; with one seed, or few answers, it counts as random.
    """
    if not share_examples("train", results):
        return False
    chosen = results.study.runs[run]
    declared = models.is_deterministic(chosen.model, chosen.settings, results.study.folder)
    return results.is_fixed(run) if declared is None else declared
