"""Figures that a narrative sets by name."""

from __future__ import annotations

from refashion import figures, tables
from refashion.render.exhibits import Exhibits, listed, mean_of
from refashion.render.markdown import Markdown
from refashion.splits import load_arrays


class Drawings(Exhibits):
    """What a narrative can call for a figure; every public method."""

    def figure_samples(self) -> Markdown:
        """Show the first images of each class."""
        arrays = self._outcomes.layout.arrays(self._outcomes.study.dataset)
        if self._outcomes.prepared["status"] != "available":
            return self._absent(
                "examples", f"the dataset {self._outcomes.dataset.TITLE} is missing"
            )
        train, classes = load_arrays(arrays)["train"], self._outcomes.dataset.CLASSES
        caption = f"The first training images of each class of {self._outcomes.dataset.TITLE}."
        figure = figures.plot_samples(train.x, train.y, classes)
        alt = f"Rows of small images, one row for each of {', '.join(classes)}"
        return self._book.figure(self._anchor("samples"), figure, caption, alt)

    def figure_class_counts(self) -> Markdown:
        """Show the number of examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", "no run has a result")
        caption = "Examples of each class in each split, as drawn for the first seed."
        alt = "Bars of the number of examples of each class, one panel a split"
        figure = figures.plot_class_counts(counts)
        return self._book.figure(self._anchor("class_counts"), figure, caption, alt)

    def figure_history(self, *runs: str) -> Markdown:
        """Show loss and accuracy by epoch, of all runs or of some."""
        history = self._outcomes.history
        titles = [self._outcomes.run(run).title for run in runs or self._outcomes.states]
        if not history.empty:
            history = history[history["run"].isin(titles)]
        if history.empty:
            return self._absent("curves", self._why_not(*runs))
        shown = list(history["run"].unique())
        caption = f"Loss and accuracy by epoch: {listed(shown)}{self._band(*runs)}."
        figure = figures.plot_history(history)
        alt = f"Curves by epoch, training dashed, validation solid: {listed(shown)}"
        return self._book.figure(self._anchor("history", *runs), figure, caption, alt)

    def _band(self, *runs: str) -> str:
        most = max(len(self._outcomes.good_seeds(run)) for run in runs or self._outcomes.states)
        return f", mean of {most} seeds with the range between them" if most > 1 else ""

    def figure_confusion_matrix(self, run: str) -> Markdown:
        """Show which classes one run takes for which."""
        title = self._outcomes.run(run).title
        matrices = self._outcomes.tables(run, "confusion_matrix")
        if not matrices:
            return self._absent("confusion matrix", self._why_not(run))
        figure = figures.plot_confusion_matrix(tables.table_confusion_matrix(matrices))
        caption = f"Confusion matrix of the {title} on the test split{mean_of(matrices)}."
        alt = f"Matrix of true against predicted classes of the {title}, shaded by share of the row"
        return self._book.figure(self._anchor("confusion_matrix", run), figure, caption, alt)

    def figure_comparison(self) -> Markdown:
        """Draw reported numbers beside their re-created values."""
        if not self._outcomes.verdicts:
            return self._absent("comparison", "the study makes no claim")
        rows = [
            {**row, "run": self._outcomes.titles.get(row["run"], row["run"])}
            for row in self._outcomes.verdicts
        ]
        caption = (
            "Reported numbers with the tolerance around them, and re-created values with their "
            "intervals. A number is reproduced where the interval lies within the tolerance."
        )
        alt = "Points with intervals on bars of tolerance, one row a claim, one panel a metric"
        figure = figures.plot_comparison(rows)
        return self._book.figure(self._anchor("comparison"), figure, caption, alt)
