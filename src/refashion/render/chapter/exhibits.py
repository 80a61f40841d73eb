"""Functions that the figures and the tables of a chapter share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from refashion.artifacts import Layout
from refashion.data import categories
from refashion.data import tables as data_tables
from refashion.data.splits import Examples, load_arrays
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.render.text.addresses import run_anchor
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown

SPLIT_NAMES = {"train": "training", "validation": "validation", "test": "test"}


class Exhibits:
    """References and links. A narrative can call every public method.

    Parameters
    ----------
    outcomes
        Results of the study.
    references
        Numbers the figures and tables of the chapter.
    """

    def __init__(self, outcomes: Outcomes, references: CrossReferences) -> None:
        self._outcomes = outcomes
        self._references = references

    def ref(self, label: str) -> Markdown:
        """Return a reference to a figure or table, such as "Figure 3".

        The label is the name of its function without the first word, followed by the run, if any:
        "history", or "confusion_matrix_cnn". If two have the same label, that of the second ends
        in "-figure_1" or "-table_1".
        """
        return self._references.reference(self._anchor(label))

    def place(self, run: str) -> Markdown:
        """Mark the heading of a run's section, so that its notebook pages can link back to it."""
        self._outcomes.run(run)
        return Markdown(f"{{#{run_anchor(self._outcomes.study.name, run)}}}")

    def explore(self, words: str) -> Markdown:
        """Link words to the executed notebook that explores the dataset, if there is one."""
        layout, dataset = self._outcomes.layout, self._outcomes.study.dataset
        if dataset is None:
            return markdown.escape(words)
        return self._to_page(words, layout.explore(dataset), layout.explore_page(dataset))

    def judge(self, words: str) -> Markdown:
        """Link words to the executed notebook that judges the study, if there is one."""
        layout, study = self._outcomes.layout, self._outcomes.study.name
        return self._to_page(words, layout.judge(study), layout.judge_page(study))

    def _to_page(self, words: str, notebook: Path, page: Path) -> Markdown:
        if not notebook.exists():
            return markdown.escape(words)
        return markdown.link(words, page.relative_to(self._outcomes.layout.report).as_posix())

    def _class_counts(self) -> pd.DataFrame | None:
        labels, classes = self._targets(), self._outcomes.study.classes
        return data_tables.table_class_counts(labels, classes) if labels and classes else None

    def _targets(self) -> dict[str, np.ndarray]:
        """Return the targets of each split for the first seed."""
        return {SPLIT_NAMES[split]: y for split, y in self._outcomes.labels().items()}

    def _first_part(self) -> Examples | None:
        """Return the training examples, or all if there is no test set; None without data."""
        dataset = self._outcomes.study.dataset
        if dataset is None or self._outcomes.prepared["status"] != "available":
            return None
        return next(iter(load_arrays(self._layout.arrays(dataset)).values()))

    def _category_counts(self) -> pd.DataFrame | None:
        dataset, part = self._outcomes.dataset, self._first_part()
        if part is None or not dataset.CATEGORIES:
            return None
        return categories.table_categories(*part, dataset.FEATURES, dataset.CATEGORIES)

    def _why_no_data(self, wanted: str) -> str:
        title = self._outcomes.dataset.TITLE
        if self._outcomes.prepared["status"] != "available":
            return f"the dataset {title} is missing"
        return f"the dataset {title} has no {wanted}"

    def _why_no_counts(self) -> str:
        return "it does not apply to this dataset" if self._targets() else "no run has a result"

    @property
    def _layout(self) -> Layout:
        return self._outcomes.layout

    def _anchor(self, *parts: str) -> str:
        return f"{self._outcomes.study.name}-{'_'.join(parts)}"

    def _why_not(self, *runs: str) -> str:
        """Return why some runs, or all, do not have the data for a figure or table."""
        for run in runs or self._outcomes.study.runs:
            if not self._outcomes.finite_seeds(run):
                return f"{self._outcomes.run(run).title}: {self._outcomes.why_not(run)}"
        return "it does not apply to this model"

    def _absent(self, what: str, why: str) -> Markdown:
        return markdown.block(f"No {what} available. {why[0].upper()}{why[1:]}.", "absent")


def listed(names: Sequence[str]) -> str:
    """List names; if one of them contains a comma, separate them by semicolons.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b, c"]), listed(["a"])
    ('a, b and c', 'a; b, c', 'a')
    """
    if any("," in name for name in names):
        return "; ".join(names)
    return " and ".join([", ".join(names[:-1])] * bool(names[:-1]) + list(names[-1:]))


def mean_of(found: Sequence[pd.DataFrame]) -> str:
    """Return the end of a caption that states over how many seeds a table was averaged."""
    return f", mean of {len(found)} seeds" if len(found) > 1 else ""
