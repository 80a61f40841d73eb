"""Values of single classes for narratives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from refashion.render.chapter.outcomes import Outcomes
from refashion.render.chapter.values import not_run
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import check_name
from refashion.runs import tables as run_tables

SCORES = ("precision", "recall", "f1_score")


class ClassValues:
    """Functions for values of single classes. A narrative can call every public method.

    Parameters
    ----------
    outcomes
        Results of the study.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        # Many values of a chapter come from the same means over seeds.
        self._confusions = cache(self._mean_confusions)
        self._classes = cache(self._mean_classes)

    def tested(self, run: str) -> str:
        """Number of test examples."""
        counts = self._confusions(run)
        return not_run(self._outcomes, run) if counts is None else f"{counts.to_numpy().sum():,.0f}"

    def right(self, run: str) -> str:
        """Number of correctly classified test examples, mean over seeds."""
        return self._count(run, is_right=True)

    def wrong(self, run: str) -> str:
        """Number of misclassified test examples, mean over seeds."""
        return self._count(run, is_right=False)

    def _count(self, run: str, is_right: bool) -> str:
        counts = self._confusions(run)
        if counts is None:
            return not_run(self._outcomes, run)
        right = np.trace(counts.to_numpy())
        return f"{right if is_right else counts.to_numpy().sum() - right:,.0f}"

    def confusion(self, run: str) -> Markdown:
        """Most frequent confusion of two classes: "Shirt classified as Coat, 121 of 1,000"."""
        counts = self._confusions(run)
        if counts is None:
            return not_run(self._outcomes, run)
        mistakes = counts.to_numpy(float, copy=True)
        np.fill_diagonal(mistakes, 0)
        true, predicted = map(int, np.unravel_index(mistakes.argmax(), mistakes.shape))
        names, total = counts.columns, counts.iloc[true].sum()
        often = f"{mistakes[true, predicted]:,.0f} of {total:,.0f}"
        return markdown.escape(f"{names[true]} classified as {names[predicted]}, {often}")

    def _mean_confusions(self, run: str) -> pd.DataFrame | None:
        matrices = self._outcomes.class_tables(run, "confusion_matrix")
        return run_tables.table_confusion_matrix(matrices).set_index("true") if matrices else None

    def best_class(self, run: str, score: str = "recall") -> str:
        """Class with the highest `score` (precision, recall or f1_score) on the test split."""
        return self._extreme_class(run, score, -1)

    def worst_class(self, run: str, score: str = "recall") -> str:
        """Class with the lowest `score` (precision, recall or f1_score) on the test split."""
        return self._extreme_class(run, score, 0)

    def _extreme_class(self, run: str, score: str, place: int) -> str:
        check_name(score, SCORES, "score")
        classes = self._classes(run)
        if classes is None:
            return not_run(self._outcomes, run)
        return classes[score].sort_values(kind="stable").index[place]

    def class_score(self, run: str, name: str, score: str = "recall") -> str:
        """The `score` (precision, recall or f1_score) of a class, mean over seeds, test split."""
        check_name(score, SCORES, "score")
        classes = self._classes(run)
        if classes is None:
            return not_run(self._outcomes, run)
        check_name(name, list(classes.index), "class")
        return f"{classes[score].loc[name]:.2f}"

    def _mean_classes(self, run: str) -> pd.DataFrame | None:
        reports = self._outcomes.class_tables(run, "classification_report")
        if not reports:
            return None
        report = run_tables.table_classification_report(reports).set_index("class")
        return report.drop(index=list(run_tables.AVERAGES), errors="ignore")
