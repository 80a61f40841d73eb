"""What figures and tables of a chapter have in common: names, references, and why one is absent."""

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
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.render.text.places import place_of_run

SPLITS = {"train": "training", "validation": "validation", "test": "test"}


class Exhibits:
    """References to exhibits; every public method can be called by a narrative.

    Parameters
    ----------
    outcomes
        Of the study.
    book
        Numbers and draws them.
    """

    def __init__(self, outcomes: Outcomes, book: Book) -> None:
        self._outcomes = outcomes
        self._book = book

    def ref(self, label: str) -> Markdown:
        """Refer to an exhibit: its function's name without the first word, then the run, if any.

        For example "history", or "confusion_matrix_cnn". Where a figure and a table, or two of
        them, would have one name, the second ends in "-figure_1" or "-table_1".
        """
        return self._book.reference(self._anchor(label))

    def place(self, run: str) -> Markdown:
        """Mark the heading of a run's results: pages of its notebooks link back to it."""
        self._outcomes.run(run)
        return Markdown(f"{{#{place_of_run(self._outcomes.study.name, run)}}}")

    def explore(self, words: str) -> Markdown:
        """Link words to the executed notebook of the dataset, where there is one."""
        layout, dataset = self._outcomes.layout, self._outcomes.study.dataset
        return self._to_page(words, layout.explore(dataset), layout.explore_page(dataset))

    def judge(self, words: str) -> Markdown:
        """Link words to the executed notebook of the study, where there is one."""
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
        """Targets of each split, as drawn for the first seed."""
        return {SPLITS[split]: y for split, y in self._outcomes.labels().items()}

    def _first_part(self) -> Examples | None:
        """Training examples of the dataset, or all where it has no test set, if it is there."""
        if self._outcomes.prepared["status"] != "available":
            return None
        return next(iter(load_arrays(self._layout.arrays(self._outcomes.study.dataset)).values()))

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
        """Say why there is nothing to count in the splits."""
        return "it does not apply to this dataset" if self._targets() else "no run has a result"

    @property
    def _layout(self) -> Layout:
        return self._outcomes.layout

    def _anchor(self, *parts: str) -> str:
        return f"{self._outcomes.study.name}-{'_'.join(parts)}"

    def _why_not(self, *runs: str) -> str:
        """Say why none of some runs has what is wanted."""
        for run in runs or self._outcomes.study.runs:
            if not self._outcomes.answering_seeds(run):
                return f"{self._outcomes.run(run).title}: {self._outcomes.why_not(run)}"
        return "it does not apply to this model"

    def _absent(self, what: str, why: str) -> Markdown:
        return markdown.block(f"No {what} here. {why[0].upper()}{why[1:]}.", "absent")


def listed(names: Sequence[str]) -> str:
    """List names; where one holds a comma, semicolons part them.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a", "b, c"]), listed(["a"])
    ('a, b and c', 'a; b, c', 'a')
    """
    if any("," in name for name in names):
        return "; ".join(names)
    return " and ".join([", ".join(names[:-1])] * bool(names[:-1]) + list(names[-1:]))


def mean_of(found: Sequence[pd.DataFrame]) -> str:
    return f", mean of {len(found)} seeds" if len(found) > 1 else ""
