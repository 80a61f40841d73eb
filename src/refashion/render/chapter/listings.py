"""Tables that a narrative sets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from refashion import wording
from refashion.data import categories
from refashion.render.chapter.exhibits import Exhibits, listed, mean_of
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import look_up
from refashion.runs import tables as run_tables

DIVERGED = "diverged"
MOST_COLUMNS = 4
ERRORS = {
    "mean_true": "Mean, true",
    "mean_error": "Mean error",
    "mean_absolute_error": "Mean absolute error",
    "root_mean_squared_error": "Root mean squared error",
}
STATUSES = {"ok": "finished", "no_data": "no data", "timeout": "time limit"}


class Listings(Exhibits):
    """What a narrative can call for a table; every public method."""

    def table_class_counts(self) -> Markdown:
        """Count the examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", self._why_no_counts())
        wide = counts.pivot(index="class", columns="split", values="examples")
        wide = wide.loc[counts["class"].unique(), counts["split"].unique()]
        total = [markdown.strong("all"), *(f"{n:,}" for n in wide.sum())]
        rows = [[name, *(f"{n:,}" for n in row)] for name, row in wide.iterrows()]
        header = ["Class", *(name.capitalize() for name in wide)]
        caption = "Examples of each class in each split, as drawn for the first seed."
        return self._table(
            "class_counts", caption, header, [*rows, total], numbers=len(wide.columns)
        )

    def table_architecture(self, run: str) -> Markdown:
        """List the layers of one run's network."""
        found = self._outcomes.tables(run, "architecture")
        title = self._outcomes.run(run).title
        if not found:
            return self._absent("architecture", self._why_not(run))
        layers = found[0]
        rows = [[r.type, r.output_shape, f"{r.n_parameters:,}"] for r in layers.itertuples()]
        total = [markdown.strong("all"), "", f"{layers['n_parameters'].sum():,}"]
        header = ["Layer", "Output shape", "Parameters"]
        caption = f"Layers: {title}."
        return self._table("architecture", caption, header, [*rows, total], run, numbers=1)

    def table_settings(self, *runs: str) -> Markdown:
        """Set the settings of runs side by side; assumed values carry an asterisk."""
        names = runs or tuple(self._outcomes.study.runs)
        columns = [self._settings(run) for run in names]
        settings = list(dict.fromkeys(name for column in columns for name in column))
        rows = [
            [markdown.code(name), *(column.get(name, "–") for column in columns)]
            for name in settings
        ]
        caption = "Settings. An asterisk marks what the source leaves open."
        header = ["Setting", *(self._outcomes.run(run).title for run in names)]
        first = 36 if len(names) <= 2 else 25
        widths = (first, *[(100 - first) // len(names)] * len(names))
        return self._table("settings", caption, header, rows, *runs, widths=widths)

    def _settings(self, name: str) -> dict[str, Any]:
        run = self._outcomes.run(name)
        whys = {key: assumed.why for key, assumed in run.assumes.items()}
        listed = run_tables.table_settings(run.settings, whys)
        return {r.setting: f"{r.value}{' *' * bool(r.why)}" for r in listed.itertuples()}

    def table_assumptions(self, *runs: str) -> Markdown:
        """List what the source leaves open, the value taken, and why; for all runs or some.

        Settings that are open for the same reason in the same runs share a row.
        """
        shown = [self._outcomes.run(run) for run in runs or self._outcomes.study.runs]
        titles: dict[tuple[str, str, str], list[str]] = {}
        for run in shown:
            for name, assumed in run.assumes.items():
                key = name, wording.setting_text(assumed.value), assumed.why
                titles.setdefault(key, []).append(run.title)
        taken: dict[tuple[str, str], list[Markdown]] = {}
        for (name, value, why), of in titles.items():
            setting = markdown.join([markdown.code(name), f"\u00a0{value}"])
            key = _named(of, [run.title for run in shown]), why
            taken.setdefault(key, []).append(setting)
        rows = [[markdown.join(settings, ", "), of, why] for (of, why), settings in taken.items()]
        caption = "What the source leaves open, and what was taken instead."
        header = ["Setting and value taken", "Runs", "Why"]
        return self._table("assumptions", caption, header, rows, widths=(34, 24, 42))

    def table_metrics(self, *runs: str) -> Markdown:
        """Set the scores on the test split side by side, of all runs or of some."""
        wide = run_tables.table_metrics(self._outcomes.metrics)
        names = [self._outcomes.run(run).name for run in runs or wide.index]
        wide = wide.loc[[name for name in names if name in wide.index]]
        if wide.empty:
            return self._absent("scores", self._why_not(*runs) if runs else "no run has a result")
        shown = wide.replace(wording.NOT_FINITE, DIVERGED)
        shown.index = [self._outcomes.titles[run] for run in wide.index]
        caption = "Scores on the test split, mean ± standard deviation over seeds."
        # As many runs as fit beside each other; more of them stand one below the other.
        shown, corner = (shown.T, "Metric") if len(wide) <= MOST_COLUMNS else (shown, "Run")
        rows = [[name, *cells] for name, cells in zip(shown.index, shown.to_numpy(), strict=True)]
        header = [corner, *shown.columns]
        return self._table("metrics", caption, header, rows, *runs, numbers=len(shown.columns))

    def table_categories(self) -> Markdown:
        """Count the examples of each level of each category, with the mean of what is predicted."""
        counts, dataset = self._category_counts(), self._outcomes.dataset
        if counts is None:
            return self._absent("categories", self._why_no_data("categories"))
        rows = [
            [r.category, r.level, f"{r.examples:,}", _number(r.mean, _brief)]
            for r in counts.itertuples()
        ]
        header = ["Category", "Level", "Examples", f"Mean {dataset.TARGET}"]
        caption = f"Levels of the categories of {dataset.TITLE}; the mean is in {dataset.UNIT}."
        return self._table("categories", caption, header, rows, numbers=2)

    def table_errors_by(self, run: str, *features: str) -> Markdown:
        """Give the errors of a regression on the test split by the levels of some categories."""
        dataset, title = self._outcomes.dataset, self._outcomes.run(run).title
        seeds = self._outcomes.answering_seeds(run) if self._outcomes.is_regression else []
        if not seeds:
            return self._absent("errors", self._why_not(run))
        answers = {seed: self._outcomes.answers(run, seed) for seed in seeds}
        rows = [
            [
                *(feature, row["level"], _number(row["examples"], "{:,.0f}")),
                *(_number(row[key], _brief) for key in ERRORS),
            ]
            for feature in features
            for row in self._errors_by(feature, answers).to_dict("records")
        ]
        header = ["Category", "Level", "Examples", *ERRORS.values()]
        mean = f", mean of {len(answers)} seeds" if len(answers) > 1 else ""
        caption = (
            f"Errors on the test split in {dataset.UNIT}, predicted minus true{mean}: {title}."
        )
        label = ("errors_by", run, *features)
        return self._table("_".join(label), caption, header, rows, numbers=1 + len(ERRORS))

    def _errors_by(self, feature: str, answers: Mapping[int, Any]) -> pd.DataFrame:
        dataset = self._outcomes.dataset
        names = look_up(feature, dataset.CATEGORIES, "category")
        found = []
        for seed, answer in answers.items():
            x = self._outcomes.test_inputs(seed)
            levels = categories.levels_of(x, dataset.FEATURES, dataset.CATEGORIES, feature)
            found.append(categories.table_errors_by(levels, names, *answer))
        return run_tables.mean_table(found, "level")

    def table_classification_report(self, run: str) -> Markdown:
        """Give precision, recall and F1 of each class of one run."""
        title = self._outcomes.run(run).title
        reports = self._outcomes.class_tables(run, "classification_report")
        if not reports:
            return self._absent("classification report", self._why_not(run))
        report = run_tables.table_classification_report(reports)
        scores = ["precision", "recall", "f1_score"]
        rows = [
            [
                r["class"],
                *("" if pd.isna(r[s]) else f"{r[s]:.3f}" for s in scores),
                f"{r['support']:,.0f}",
            ]
            for r in report.to_dict("records")
        ]
        caption = f"Classification report on the test split{mean_of(reports)}: {title}."
        header = ["Class", "Precision", "Recall", "F1", "Support"]
        return self._table("classification_report", caption, header, rows, run, numbers=4)

    def table_runs(self) -> Markdown:
        """List every execution: how it ended, what it took, and its notebook."""
        listed = run_tables.table_runs(self._outcomes.states)
        rows = [
            [
                self._outcomes.titles[r.run],
                self._linked(f"seed {r.seed}", r.run, r.seed),
                markdown.span(STATUSES.get(r.status, r.status), f"status {r.status}"),
                _number(r.epochs_run, "{:.0f}"),
                _number(r.n_parameters, "{:,.0f}"),
                _number(r.fit_seconds, wording.duration),
                r.error,
            ]
            for r in listed.itertuples()
        ]
        header = ["Run", "Notebook", "Status", "Epochs", "Parameters", "Training", "Error"]
        if not listed["error"].any():
            header, rows = header[:-1], [row[:-1] for row in rows]
        caption = "Every run, with its executed notebook."
        aligned = "lllrrrl"[: len(header)]
        widths = (16, 11, 11, 9, 13, 12, 28)[: len(header)] if len(header) == 7 else ()
        return self._book.table(self._anchor("runs"), caption, header, rows, aligned, widths)

    def _linked(self, text: str, run: str, seed: int) -> Any:
        page = self._outcomes.page(run, seed)
        return markdown.link(text, page) if page else text

    def _table(
        self,
        label: str,
        caption: Any,
        header: Sequence[Any],
        rows: Sequence[Sequence[Any]],
        *runs: str,
        numbers: int = 0,
        widths: Sequence[int] = (),
    ) -> Markdown:
        """Set a table whose last columns are numbers."""
        align = "l" * (len(header) - numbers) + "r" * numbers
        return self._book.table(self._anchor(label, *runs), caption, header, rows, align, widths)


def _named(titles: Sequence[str], among: Sequence[str]) -> str:
    """Name some of many runs in the shortest way: by themselves, or by those that are missing.

    Examples
    --------
    >>> _named(["a", "b"], ["a", "b"]), _named(["a", "b"], ["a", "b", "c"]), _named(["a"], "abc")
    ('all', 'all but c', 'a')
    """
    missing = [title for title in among if title not in titles]
    if not missing:
        return "all"
    return f"all but {listed(missing)}" if len(missing) < len(titles) else listed(titles)


def _number(value: float | None, form: str | Callable[[float], str]) -> str:
    if value is None or pd.isna(value):
        return "–"
    return form.format(value) if isinstance(form, str) else form(value)


def _brief(value: float) -> str:
    return f"{value:,.{0 if abs(value) >= 100 else 2}f}".replace("-", "−")
