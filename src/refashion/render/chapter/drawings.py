"""Figures that a narrative sets by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from refashion.data import categories
from refashion.data.splits import choose_classes
from refashion.figures import classes as class_figures
from refashion.figures import data as data_figures
from refashion.figures import models as model_figures
from refashion.figures import training as training_figures
from refashion.figures import values as value_figures
from refashion.ledger import tables as ledger_tables
from refashion.render.chapter import descriptions
from refashion.render.chapter.exhibits import SPLITS, Exhibits, listed, mean_of
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import accept
from refashion.runs import tables as run_tables


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
        plot = partial(data_figures.plot_samples, chosen.x, chosen.y, classes)
        alt = f"Rows of small images, one row for each of {', '.join(classes)}"
        return self._book.figure(self._anchor("samples"), plot, caption, alt)

    def figure_class_counts(self) -> Markdown:
        """Show the number of examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", self._why_no_counts())
        caption = "Examples of each class in each split, as drawn for the first seed."
        alt = "Bars of the number of examples of each class, one panel a split"
        plot = partial(data_figures.plot_class_counts, counts)
        return self._book.figure(self._anchor("class_counts"), plot, caption, alt)

    def figure_values(self) -> Markdown:
        """Show how the values to be predicted are spread in each split."""
        parts, dataset = self._targets(), self._outcomes.dataset
        if not parts or not self._outcomes.is_regression:
            return self._absent("values", self._why_no_counts())
        caption = f"The {dataset.TARGET} in each split, as drawn for the first seed."
        alt = f"Histograms of the {dataset.TARGET}, one panel a split"
        plot = partial(data_figures.plot_targets, parts, [], dataset.TARGET, dataset.UNIT)
        return self._book.figure(self._anchor("values"), plot, caption, alt)

    def figure_categories(self) -> Markdown:
        """Show how many examples of the whole dataset each level of each category has."""
        counts, dataset = self._category_counts(), self._outcomes.dataset
        if counts is None:
            return self._absent("categories", self._why_no_data("categories"))
        caption = f"Examples of each level of the categories of {dataset.TITLE}."
        alt = f"Bars of numbers of examples, one panel for each of {listed([*dataset.CATEGORIES])}"
        plot = partial(value_figures.plot_categories, counts)
        return self._book.figure(self._anchor("categories"), plot, caption, alt)

    def figure_predictions(self, run: str) -> Markdown:
        """Set the predictions of a regression against the true values of the test split."""
        caption = "Predicted against true {target} on the test split{seed}: {title}."
        return self._answers("predictions", run, value_figures.plot_predictions, caption)

    def figure_residuals(self, run: str) -> Markdown:
        """Show the errors of a regression on the test split."""
        caption = "Errors on the test split{seed}, predicted minus true {target}: {title}."
        return self._answers("residuals", run, value_figures.plot_residuals, caption)

    def _answers(self, what: str, run: str, plot: Callable[..., Figure], caption: str) -> Markdown:
        title, dataset = self._outcomes.run(run).title, self._outcomes.dataset
        seeds = self._outcomes.answering_seeds(run) if self._outcomes.is_regression else []
        if not seeds:
            return self._absent(what, self._why_not(run))
        of_seed = f", seed {min(seeds)}" if len(seeds) > 1 else ""
        answers = self._outcomes.answers(run, min(seeds))
        told = caption.format(target=dataset.TARGET, title=title, seed=of_seed)
        alt = f"Density of test examples: {told}"
        drawn = partial(plot, *answers, dataset.TARGET, dataset.UNIT)
        return self._book.figure(self._anchor(what, run), drawn, told, alt)

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
        reported = ledger_tables.reported_history(self._outcomes.entries)
        reported = reported.assign(run=reported["run"].map(self._outcomes.titles))
        reported = reported[reported["run"].isin(shown)]
        if not reported.empty:
            caption = f"{caption[:-1]}; diamonds are what the source prints."
        plot = partial(training_figures.plot_history, history, reported)
        told = descriptions.ends_of_curves(history)
        alt = f"Curves by epoch, training dashed, validation solid. {told}"
        return self._book.figure(self._anchor("history", *runs), plot, caption, alt)

    def _band(self, *runs: str) -> str:
        counts = {len(self._outcomes.good_seeds(run)) for run in runs or self._outcomes.states}
        up_to = "up to " if len(counts - {0}) > 1 else ""
        n = max(counts)
        return f", mean of {up_to}{n} seeds with the range between them" if n > 1 else ""

    def figure_confusion_matrix(self, run: str, split: str = "test") -> Markdown:
        """Show which classes one run takes for which, on the test or the train split."""
        title = self._outcomes.run(run).title
        accept(split, ("test", "train"), "split of a confusion matrix")
        label = "confusion_matrix" if split == "test" else f"confusion_matrix_{split}"
        matrices = self._outcomes.class_tables(run, label)
        if not matrices:
            return self._absent("confusion matrix", self._why_not(run))
        matrix = run_tables.table_confusion_matrix(matrices)
        plot = partial(class_figures.plot_confusion_matrix, matrix)
        on = f"the {SPLITS[split]} split{mean_of(matrices)}"
        caption = f"Confusion matrix on {on}: {title}."
        told = descriptions.matrix(matrix)
        alt = f"Matrix of true against predicted classes, shaded by share of the row: {told}"
        return self._book.figure(self._anchor(label, run), plot, caption, alt)

    def figure_scores(self, *runs: str) -> Markdown:
        """Set the scores of all runs or of some below one another, with what the source prints."""
        scores = self._outcomes.metrics
        names = [self._outcomes.run(run).name for run in runs or self._outcomes.states]
        scores = scores[scores["run"].isin(names)].dropna(subset="value")
        if scores.empty:
            return self._absent("scores", self._why_not(*runs) if runs else "no run has a result")
        order = sorted(scores["run"].unique(), key=names.index)
        scores = scores.set_index("run").loc[order].reset_index()
        reported = ledger_tables.reported_scores(self._outcomes.entries)
        by_title = [
            table.assign(run=table["run"].map(self._outcomes.titles))
            for table in (scores, reported)
        ]
        plot = partial(model_figures.plot_scores, *by_title)
        shown = [self._outcomes.titles[run] for run in order]
        marks = "; strokes are what the source prints" if reported["run"].isin(order).any() else ""
        caption = f"Scores of {_few(shown)}{self._band(*order)}{marks}."
        told = descriptions.first_scores(self._outcomes.metrics, self._outcomes.titles, order)
        alt = f"Dots of scores, a row for each run. On the test split: {told}"
        return self._book.figure(self._anchor("scores", *runs), plot, caption, alt)

    def figure_network(self, run: str) -> Markdown:
        """Draw a network's layers in their order."""
        title = self._outcomes.run(run).title
        found = self._outcomes.tables(run, "architecture")
        shape = self._outcomes.input_shape()
        if not found or shape is None:
            return self._absent("drawing", self._why_not(run))
        caption = (
            f"Layers of a network, with the shapes of their outputs below and the numbers of what "
            f"they learn above; the higher a box, the larger the output: {title}."
        )
        layers = [f"{row.type} {row.output_shape}" for row in found[0].itertuples()]
        alt = f"Row of boxes: input {shape}, {', '.join(layers)}"
        plot = partial(model_figures.plot_network, found[0], shape)
        return self._book.figure(self._anchor("network", run), plot, caption, alt)

    def figure_confused(self, run: str) -> Markdown:
        """Show images of the classes that a run most often takes for another."""
        title, classes = self._outcomes.run(run).title, self._outcomes.study.classes
        seeds = self._outcomes.answering_seeds(run) if classes else []
        if not seeds:
            return self._absent("confused images", self._why_not(run))
        true, predicted = self._outcomes.answers(run, min(seeds))
        images = self._outcomes.test_inputs(min(seeds))
        if images.ndim != 3:
            return self._absent("confused images", "its examples are no images")
        # Few of many, for a figure is told from its last drawing by all that it is given.
        wrong = np.flatnonzero(true != predicted)
        shown = images[wrong], true[wrong], predicted[wrong]
        plot = partial(model_figures.plot_confused, *shown, classes)
        of_seed = f", seed {min(seeds)}" if len(seeds) > 1 else ""
        caption = f"The most frequent errors on the test split{of_seed}, and the first images of "
        caption += f"each: {title}."
        pairs = [
            f"{classes[of]} taken for {classes[to]} {n:,} times"
            for of, to, n in model_figures.most_confused(true, predicted)
        ]
        alt = f"Rows of small images put into a wrong class, a row a pair: {', '.join(pairs)}"
        return self._book.figure(self._anchor("confused", run), plot, caption, alt)

    def figure_importances(self, run: str) -> Markdown:
        """Show what a run goes by, the levels of a category taken together."""
        title, dataset = self._outcomes.run(run).title, self._outcomes.dataset
        found = self._outcomes.tables(run, "importances")
        if not found or not dataset.FEATURES:
            return self._absent("importance of inputs", self._why_not(run))
        shares = pd.concat(
            [
                categories.sum_by_category(
                    table["importance"].to_numpy(), dataset.FEATURES, dataset.CATEGORIES
                )
                for table in found
            ],
            axis=1,
        )
        spread = shares.agg(["min", "max"], axis=1) if len(found) > 1 else None
        plot = partial(model_figures.plot_importances, shares.mean(axis=1), spread)
        caption = (
            "Share of each input in the decrease of the squared error within the trees, over all "
            f"training examples{mean_of(found)}: {title}."
        )
        largest = shares.mean(axis=1).sort_values(ascending=False)
        told = listed([f"{name} {share:.3f}" for name, share in largest.items()])
        alt = f"Bars of the importance of inputs: {told}"
        return self._book.figure(self._anchor("importances", run), plot, caption, alt)


def _few(titles: Sequence[str]) -> str:
    """List titles where they are few."""
    return listed(titles) if len(titles) <= 6 else f"{len(titles)} runs"
