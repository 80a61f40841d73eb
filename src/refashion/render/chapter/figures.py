"""Figures for narratives."""

from __future__ import annotations

from collections.abc import Callable
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
from refashion.render.chapter import alt_texts
from refashion.render.chapter.exhibits import SPLIT_NAMES, Exhibits, listed, mean_of
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import check_name
from refashion.runs import tables as run_tables

# A caption names no more runs than this.
MOST_NAMED = 6


class Figures(Exhibits):
    """Functions for figures. A narrative can call every public method."""

    def figure_samples(self) -> Markdown:
        """First training images of each class."""
        dataset, study = self._outcomes.dataset, self._outcomes.study
        part, classes = self._first_part(), study.classes
        if part is None or not classes or not data_figures.are_images(part.x):
            return self._absent("examples", self._why_no_data("images"))
        chosen = choose_classes(part, study.split.classes, dataset.CLASSES)
        caption = f"The first training images of each class of {dataset.TITLE}."
        plot = partial(data_figures.plot_samples, chosen.x, chosen.y, classes)
        alt = f"Rows of small images, one row for each class: {', '.join(classes)}"
        return self._references.figure(self._anchor("samples"), plot, caption, alt)

    def figure_class_counts(self) -> Markdown:
        """Number of examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", self._why_no_counts())
        caption = "Number of examples of each class in each split, for the first seed."
        alt = "Bars of the number of examples of each class, with a panel for each split"
        plot = partial(data_figures.plot_class_counts, counts)
        return self._references.figure(self._anchor("class_counts"), plot, caption, alt)

    def figure_values(self) -> Markdown:
        """Distribution of the regression target in each split."""
        parts, dataset = self._targets(), self._outcomes.dataset
        if not parts or not self._outcomes.is_regression:
            return self._absent("values", self._why_no_counts())
        caption = f"Distribution of the {dataset.TARGET} in each split, for the first seed."
        alt = f"Histograms of the {dataset.TARGET}, with a panel for each split"
        plot = partial(data_figures.plot_targets, parts, [], dataset.TARGET, dataset.UNIT)
        return self._references.figure(self._anchor("values"), plot, caption, alt)

    def figure_categories(self) -> Markdown:
        """Number of examples for each level of each categorical feature."""
        counts, dataset = self._category_counts(), self._outcomes.dataset
        if counts is None:
            return self._absent("categories", self._why_no_data("categories"))
        caption = f"Number of examples for each level of the categorical features, {dataset.TITLE}."
        features = listed([*dataset.CATEGORIES])
        alt = f"Bars of the number of examples, with a panel for each feature: {features}"
        plot = partial(value_figures.plot_categories, counts)
        return self._references.figure(self._anchor("categories"), plot, caption, alt)

    def figure_predictions(self, run: str) -> Markdown:
        """Predicted against true values of a regression on the test split."""
        caption = "Predicted against true {target} on the test split{seed}: {title}."
        return self._regression("predictions", run, value_figures.plot_predictions, caption)

    def figure_residuals(self, run: str) -> Markdown:
        """Errors of a regression on the test split."""
        caption = "Errors on the test split{seed}, predicted minus true {target}: {title}."
        return self._regression("residuals", run, value_figures.plot_residuals, caption)

    def _regression(
        self, what: str, run: str, plot: Callable[..., Figure], caption: str
    ) -> Markdown:
        title, dataset = self._outcomes.run(run).title, self._outcomes.dataset
        seeds = self._outcomes.finite_seeds(run) if self._outcomes.is_regression else []
        if not seeds:
            return self._absent(what, self._why_not(run))
        of_seed = f", seed {min(seeds)}" if len(seeds) > 1 else ""
        predictions = self._outcomes.predictions(run, min(seeds))
        caption = caption.format(target=dataset.TARGET, title=title, seed=of_seed)
        alt = f"Density of test examples: {caption}"
        drawn = partial(plot, *predictions, dataset.TARGET, dataset.UNIT)
        return self._references.figure(self._anchor(what, run), drawn, caption, alt)

    def figure_history(self, *runs: str) -> Markdown:
        """Learning curves (loss and accuracy by epoch) of the given runs, or of all."""
        history = self._outcomes.history
        titles = [self._outcomes.run(run).title for run in runs or self._outcomes.states]
        if not history.empty:
            history = history[history["run"].isin(titles)]
        if history.empty:
            return self._absent("learning curves", self._why_not(*runs))
        shown = list(history["run"].unique())
        score = "mean absolute error" if self._outcomes.is_regression else "accuracy"
        further = [name.lower() for name in training_figures.further_curves(history).values()]
        scores = listed(["loss", score, *further])
        scores = scores[:1].upper() + scores[1:]
        caption = f"{scores} by epoch: {listed(shown)}{self._band(*runs)}."
        reported = ledger_tables.reported_history(self._outcomes.entries)
        reported = reported.assign(run=reported["run"].map(self._outcomes.titles))
        reported = reported[reported["run"].isin(shown)]
        if not reported.empty:
            caption = f"{caption} Diamonds mark values that the source reports."
        plot = partial(training_figures.plot_history, history, reported)
        last_epochs = alt_texts.ends_of_curves(history)
        alt = f"Learning curves, dashed for training, solid for validation. {last_epochs}"
        return self._references.figure(self._anchor("history", *runs), plot, caption, alt)

    def _band(self, *runs: str) -> str:
        counts = {len(self._outcomes.good_seeds(run)) for run in runs or self._outcomes.states}
        up_to = "up to " if len(counts - {0}) > 1 else ""
        n = max(counts)
        return f", mean and range of {up_to}{n} seeds" if n > 1 else ""

    def figure_confusion_matrix(self, run: str, split: str = "test") -> Markdown:
        """Confusion matrix of a run on the "test" or "train" split."""
        title = self._outcomes.run(run).title
        check_name(split, ("test", "train"), "split of a confusion matrix")
        label = "confusion_matrix" if split == "test" else f"confusion_matrix_{split}"
        matrices = self._outcomes.class_tables(run, label)
        if not matrices:
            return self._absent("confusion matrix", self._why_not(run))
        matrix = run_tables.table_confusion_matrix(matrices)
        plot = partial(class_figures.plot_confusion_matrix, matrix)
        split_name = f"{SPLIT_NAMES[split]} split{mean_of(matrices)}"
        caption = f"Confusion matrix on the {split_name}: {title}."
        described = alt_texts.matrix(matrix)
        alt = f"Matrix of true against predicted classes, shaded by share of the row: {described}"
        figure = self._references.figure(self._anchor(label, run), plot, caption, alt)
        return markdown.join([figure, self._matrix_differences(run, split, label, matrix)])

    def _matrix_differences(
        self, run: str, split: str, label: str, matrix: pd.DataFrame
    ) -> Markdown:
        """Show, folded away, by how much a matrix differs from that of the source."""
        entries, classes = self._outcomes.entries, self._outcomes.study.classes
        reported = ledger_tables.reported_matrix(entries, run, split, classes)
        if reported is None:
            return Markdown("")
        plot = partial(class_figures.plot_matrix_differences, matrix, reported)
        caption = "Confusion matrix minus that of the source, shaded by share of the row."
        alt = f"Matrix of differences: {alt_texts.matrix_differences(matrix, reported)}"
        anchor = self._anchor(label, run, "differences")
        figure = self._references.figure(anchor, plot, caption, alt, is_numbered=False)
        return markdown.folded("Differences from the source’s matrix", figure, markdown.NOTHING)

    def figure_scores(self, *runs: str) -> Markdown:
        """Scores of the given runs, or of all, with those that the source reports."""
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
        named = listed(shown) if len(shown) <= MOST_NAMED else f"{len(shown)} runs"
        caption = f"Scores of {named}{self._band(*order)}."
        if reported["run"].isin(order).any():
            caption += " Vertical strokes mark scores that the source reports."
        scores_text = alt_texts.first_scores(self._outcomes.metrics, self._outcomes.titles, order)
        alt = f"Dots for the scores, with a row for each run. On the test split: {scores_text}"
        return self._references.figure(self._anchor("scores", *runs), plot, caption, alt)

    def figure_network(self, run: str) -> Markdown:
        """Layers of a network."""
        title = self._outcomes.run(run).title
        found = self._outcomes.tables(run, "architecture")
        shape = self._outcomes.input_shape()
        if not found or shape is None:
            return self._absent("drawing of the network", self._why_not(run))
        caption = (
            f"Layers of the network: {title}. The number of parameters stands above each layer and "
            "the output shape below it. Taller boxes have larger outputs."
        )
        layers = [f"{row.type} {row.output_shape}" for row in found[0].itertuples()]
        alt = f"Row of boxes: input {shape}, {', '.join(layers)}"
        plot = partial(model_figures.plot_network, found[0], shape)
        return self._references.figure(self._anchor("network", run), plot, caption, alt)

    def figure_confused(self, run: str) -> Markdown:
        """Misclassified images of the classes that a run confuses most often."""
        title, classes = self._outcomes.run(run).title, self._outcomes.study.classes
        seeds = self._outcomes.finite_seeds(run) if classes else []
        if not seeds:
            return self._absent("misclassified images", self._why_not(run))
        true, predicted = self._outcomes.predictions(run, min(seeds))
        images = self._outcomes.test_inputs(min(seeds))
        if images.ndim != 3:
            return self._absent("misclassified images", "its examples are not images")
        # A figure is redrawn if its arguments change, so pass only what it shows.
        wrong = np.flatnonzero(true != predicted)
        shown = images[wrong], true[wrong], predicted[wrong]
        plot = partial(model_figures.plot_confused, *shown, classes)
        of_seed = f", seed {min(seeds)}" if len(seeds) > 1 else ""
        caption = f"Most frequent errors on the test split{of_seed}, with examples: {title}."
        pairs = [
            f"{classes[of]} classified as {classes[to]} {n:,} times"
            for of, to, n in model_figures.most_confused(true, predicted)
        ]
        alt = f"Rows of misclassified images, one row for each error: {', '.join(pairs)}"
        return self._references.figure(self._anchor("confused", run), plot, caption, alt)

    def figure_importances(self, run: str) -> Markdown:
        """Importance of each feature for a run, summed over the levels of categorical features."""
        title, dataset = self._outcomes.run(run).title, self._outcomes.dataset
        found = self._outcomes.tables(run, "importances")
        if not found or not dataset.FEATURES:
            return self._absent("feature importances", self._why_not(run))
        if any(len(table) != len(dataset.FEATURES) for table in found):
            why = "the preprocessing makes other inputs of the columns"
            return self._absent("feature importances", why)
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
            "Feature importances, as the model gives them: of trees, the share of each feature in "
            f"the reduction of the loss over all splits{mean_of(found)}. {title}."
        )
        largest = shares.mean(axis=1).sort_values(ascending=False)
        values = listed([f"{name} {share:.3f}" for name, share in largest.items()])
        alt = f"Bars of the feature importances: {values}"
        return self._references.figure(self._anchor("importances", run), plot, caption, alt)
