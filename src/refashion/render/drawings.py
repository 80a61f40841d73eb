"""Figures that a narrative sets by name."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from refashion import figures, tables, value_figures
from refashion.render.exhibits import SPLITS, Exhibits, listed, mean_of
from refashion.render.markdown import Markdown
from refashion.splits import choose_classes


class Drawings(Exhibits):
    """What a narrative can call for a figure; every public method."""

    def figure_samples(self) -> Markdown:
        """Show the first images of each class."""
        dataset, study = self._outcomes.dataset, self._outcomes.study
        part, classes = self._first_part(), study.classes
        if part is None or not classes:
            return self._absent("examples", self._why_no_data("images"))
        chosen = choose_classes(part, study.split.classes, dataset.CLASSES)
        caption = f"The first training images of each class of {dataset.TITLE}."
        figure = figures.plot_samples(chosen.x, chosen.y, classes)
        alt = f"Rows of small images, one row for each of {', '.join(classes)}"
        return self._book.figure(self._anchor("samples"), figure, caption, alt)

    def figure_class_counts(self) -> Markdown:
        """Show the number of examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", self._why_no_counts())
        caption = "Examples of each class in each split, as drawn for the first seed."
        alt = "Bars of the number of examples of each class, one panel a split"
        figure = figures.plot_class_counts(counts)
        return self._book.figure(self._anchor("class_counts"), figure, caption, alt)

    def figure_values(self) -> Markdown:
        """Show how the values to be predicted are spread in each split."""
        parts, dataset = self._targets(), self._outcomes.dataset
        if not parts or not self._outcomes.is_regression:
            return self._absent("values", self._why_no_counts())
        caption = f"The {dataset.TARGET} in each split, as drawn for the first seed."
        alt = f"Histograms of the {dataset.TARGET}, one panel a split"
        figure = figures.plot_targets(parts, [], dataset.TARGET, dataset.UNIT)
        return self._book.figure(self._anchor("values"), figure, caption, alt)

    def figure_categories(self) -> Markdown:
        """Show how many examples of the whole dataset each level of each category has."""
        counts, dataset = self._category_counts(), self._outcomes.dataset
        if counts is None:
            return self._absent("categories", self._why_no_data("categories"))
        caption = f"Examples of each level of the categories of {dataset.TITLE}."
        alt = f"Bars of numbers of examples, one panel for each of {listed([*dataset.CATEGORIES])}"
        figure = value_figures.plot_categories(counts)
        return self._book.figure(self._anchor("categories"), figure, caption, alt)

    def figure_predictions(self, run: str) -> Markdown:
        """Set the predictions of a regression against the true values of the test split."""
        caption = "Predicted against true {target}: the {title} on the test split{seed}."
        return self._answers("predictions", run, value_figures.plot_predictions, caption)

    def figure_residuals(self, run: str) -> Markdown:
        """Show the errors of a regression on the test split."""
        caption = "Errors, predicted minus true {target}: the {title} on the test split{seed}."
        return self._answers("residuals", run, value_figures.plot_residuals, caption)

    def _answers(self, what: str, run: str, plot: Callable[..., Figure], caption: str) -> Markdown:
        title, dataset = self._outcomes.run(run).title, self._outcomes.dataset
        answers = self._outcomes.answers(run) if self._outcomes.is_regression else {}
        if not answers:
            return self._absent(what, self._why_not(run))
        seed = min(answers)
        of_seed = f", seed {seed}" if len(answers) > 1 else ""
        told = caption.format(target=dataset.TARGET, title=title, seed=of_seed)
        alt = f"Density of test examples: {told}"
        figure = plot(*answers[seed], dataset.TARGET, dataset.UNIT)
        return self._book.figure(self._anchor(what, run), figure, told, alt)

    def figure_history(self, *runs: str) -> Markdown:
        """Show loss and accuracy by epoch, of all runs or of some."""
        history = self._outcomes.history
        titles = [self._outcomes.run(run).title for run in runs or self._outcomes.states]
        if not history.empty:
            history = history[history["run"].isin(titles)]
        if history.empty:
            return self._absent("curves", self._why_not(*runs))
        shown = list(history["run"].unique())
        score = "mean absolute error" if self._outcomes.is_regression else "accuracy"
        caption = f"Loss and {score} by epoch: {listed(shown)}{self._band(*runs)}."
        figure = figures.plot_history(history)
        alt = f"Curves by epoch, training dashed, validation solid: {listed(shown)}"
        return self._book.figure(self._anchor("history", *runs), figure, caption, alt)

    def _band(self, *runs: str) -> str:
        most = max(len(self._outcomes.good_seeds(run)) for run in runs or self._outcomes.states)
        return f", mean of {most} seeds with the range between them" if most > 1 else ""

    def figure_confusion_matrix(self, run: str, split: str = "test") -> Markdown:
        """Show which classes one run takes for which, on the test or the train split."""
        title = self._outcomes.run(run).title
        label = "confusion_matrix" if split == "test" else f"confusion_matrix_{split}"
        matrices = self._outcomes.class_tables(run, label)
        if not matrices:
            return self._absent("confusion matrix", self._why_not(run))
        figure = figures.plot_confusion_matrix(tables.table_confusion_matrix(matrices))
        on = f"the {SPLITS[split]} split{mean_of(matrices)}"
        caption = f"Confusion matrix of the {title} on {on}."
        alt = f"Matrix of true against predicted classes of the {title}, shaded by share of the row"
        return self._book.figure(self._anchor(label, run), figure, caption, alt)
