"""What differs between the seeds of a run: the model, and the examples that it sees."""

from __future__ import annotations

from refashion.runs.results import StudyResults


def share_examples(split: str, results: StudyResults) -> bool:
    """Whether all seeds of a study have the same examples in a split."""
    test, validation = results.study.split.test, results.study.split.validation
    is_given = test == "given" or test.random_state is not None
    if split == "test" or isinstance(validation, str):
        return is_given
    return is_given and (validation is None or not hasattr(validation, "fraction"))


def is_deterministic(run: str, results: StudyResults) -> bool:
    """Whether all seeds of a run give the same: no randomness in the model, nor in the split."""
    has_no_randomness = bool(results.study.model_module(run).DETERMINISTIC)
    return has_no_randomness and share_examples("train", results)
