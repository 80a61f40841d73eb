"""Tables for narratives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from refashion import wording
from refashion.backends import estimators
from refashion.backends.estimator_settings import HOW
from refashion.data import categories
from refashion.figures.values import with_unit
from refashion.metrics import METRICS
from refashion.render.chapter.exhibits import Exhibits, listed, mean_of
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import check_name, look_up
from refashion.runs import results
from refashion.runs import tables as run_tables
from refashion.spec.preprocess import DivideBy
from refashion.spec.split import CrossValidation
from refashion.spec.study import Run
from refashion.wording import counted

# A table of scores with more runs has a row for each run instead of a column.
MOST_RUN_COLUMNS = 4
# Of more columns, the first one gets a width of its own.
MOST_NARROW_COLUMNS = 7
# A table with more settings that differ names them in the row of each run.
MOST_SETTING_COLUMNS = 4
# A table with more rows fills more than a screen.
MOST_ROWS = 20
# Of more runs, those of each model are counted.
MOST_LISTED = 6
# More assumptions are folded away.
MOST_ASSUMPTIONS = 6
ERRORS = {
    "mean_true": "Mean true value",
    "mean_error": "Mean error",
    "mean_absolute_error": "Mean absolute error",
    "root_mean_squared_error": "Root mean squared error",
}
STATUSES = {"ok": "finished", "no_data": "no data", "timeout": "time limit"}


class Tables(Exhibits):
    """Functions for tables. A narrative can call every public method."""

    def table_class_counts(self) -> Markdown:
        """Number of examples of each class in each split."""
        counts = self._class_counts()
        if counts is None:
            return self._absent("class counts", self._why_no_counts())
        wide = counts.pivot(index="class", columns="split", values="examples")
        wide = wide.loc[counts["class"].unique(), counts["split"].unique()]
        total = [markdown.strong("Total"), *(f"{n:,}" for n in wide.sum())]
        rows = [[name, *(f"{n:,}" for n in row)] for name, row in wide.iterrows()]
        header = ["Class", *(str(name).capitalize() for name in wide)]
        caption = "Number of examples of each class in each split, for the first seed."
        return self._table(
            "class_counts", caption, header, [*rows, total], numbers=len(wide.columns)
        )

    def table_architecture(self, run: str) -> Markdown:
        """Layers of the network of a run."""
        found = self._outcomes.tables(run, "architecture")
        title = self._outcomes.run(run).title
        if not found:
            return self._absent("architecture", self._why_not(run))
        layers = found[0]
        rows = [[r.type, r.output_shape, f"{r.n_parameters:,}"] for r in layers.itertuples()]
        total = [markdown.strong("Total"), "", f"{layers['n_parameters'].sum():,}"]
        header = ["Layer", "Output shape", "Parameters"]
        caption = f"Layers of the network: {title}."
        return self._table("architecture", caption, header, [*rows, total], run, numbers=1)

    def table_settings(self, *runs: str) -> Markdown:
        """Settings of the given runs, or of all, with an asterisk at assumed values.

        What all of several runs share stands in a sentence, so that the table shows what differs.
        """
        names = runs or tuple(self._outcomes.study.runs)
        columns = [self._settings(run) for run in names]
        settings = list(dict.fromkeys(name for column in columns for name in column))
        shared = _shared(columns)
        rows = [
            [markdown.code(name), *(column.get(name, "–") for column in columns)]
            for name in settings
            if name not in shared
        ]
        asterisk = "An asterisk marks a value that the source does not state."
        lead = self._shared_settings(len(names), shared, "" if rows else asterisk)
        if not rows:
            return lead
        what = "Settings that differ" if shared else "Settings"
        caption = f"{what}. {asterisk}"
        header = ["Setting", *(self._outcomes.run(run).title for run in names)]
        first = 36 if len(names) <= 2 else 25
        widths = (first, *[(100 - first) // len(names)] * len(names))
        table = self._table("settings", caption, header, rows, *runs, widths=widths)
        return markdown.join([lead, table])

    def _shared_settings(self, n: int, shared: Mapping[str, str], note: str) -> Markdown:
        if not shared:
            return Markdown("")
        of = "Both runs" if n == 2 else f"All {n} runs"
        pieces = [f"{of} share ", _settings_text(shared), f". {note}".rstrip()]
        return markdown.block(markdown.join(pieces), "shared")

    def _settings(self, name: str) -> dict[str, Any]:
        run = self._outcomes.run(name)
        whys = {key: assumed.why for key, assumed in run.assumes.items()}
        given = _what(run.settings) if estimators.is_path(run.model) else run.settings
        listed = run_tables.table_settings(given, whys)
        return {
            r["setting"]: f"{r['value']}{' *' * bool(r['why'])}" for r in listed.to_dict("records")
        }

    def table_differences(self, *runs: str) -> Markdown:
        """Stated settings of many runs, a row for each; what all of them share stands above it."""
        shown = [self._outcomes.run(run) for run in runs or self._outcomes.study.runs]
        shared, differing = run_tables.table_stated({run.name: _facts(run) for run in shown})
        names = list(dict.fromkeys(name for own in differing.values() for name in own))
        in_columns = len(names) <= MOST_SETTING_COLUMNS
        header = ["Run", *(map(markdown.code, names) if in_columns else ["Settings"])]
        rows = [
            [
                run.title,
                *(
                    [differing[run.name].get(name, "–") for name in names]
                    if in_columns
                    else [_settings_text(differing[run.name])]
                ),
            ]
            for run in shown
        ]
        lead = markdown.join(["All runs: ", _settings_text(shared), "."]) if shared else ""
        if not names:
            return markdown.paragraph(lead)
        widths = () if in_columns else (30, 70)
        if len(rows) > MOST_ROWS:
            text = f"Settings that differ between the {len(rows)} runs."
            table = markdown.folded(text, markdown.table(header, rows, "l" * len(header)))
        else:
            caption = "Stated settings that differ between the runs."
            table = self._table("differences", caption, header, rows, *runs, widths=widths)
        return markdown.join([markdown.paragraph(lead), table])

    def table_assumptions(self, *runs: str) -> Markdown:
        """Assumed settings of the given runs, or of all, with their values and reasons.

        Settings that are assumed for the same reason in the same runs share a row.
        """
        shown = [self._outcomes.run(run) for run in runs or self._outcomes.study.runs]
        models = {run.title: run.model.rpartition(".")[2] for run in shown}
        titles: dict[tuple[str, str, str], list[str]] = {}
        for run in shown:
            for name, setting in run.assumes.items():
                value = wording.setting_text(setting.value)
                value += " (recovered)" if setting.recovered else ""
                key = name, value, setting.why
                titles.setdefault(key, []).append(run.title)
        assumed: dict[tuple[str, str], list[Markdown]] = {}
        for (name, value, why), of in titles.items():
            text = markdown.join([markdown.code(name), f"\u00a0{value}"])
            runs_text = _runs_text(of, models)
            assumed.setdefault((runs_text, why), []).append(text)
        usual = _usual([why for _, why in assumed])
        rows = [
            [markdown.join(settings, ", "), of, "" if why == usual else why]
            for (of, why), settings in assumed.items()
        ]
        caption = "Assumptions: settings that the source does not state."
        header = ["Setting and assumed value", "Runs", "Reason"]
        if usual and not any(why for *_, why in rows):
            caption += f" The reason for all: {usual}"
            rows = [row[:2] for row in rows]
            table = self._table("assumptions", caption, header[:2], rows, widths=(60, 40))
        else:
            caption += f" Where no other reason is given: {usual}" if usual else ""
            table = self._table("assumptions", caption, header, rows, widths=(34, 24, 42))
        if len(rows) <= MOST_ASSUMPTIONS:
            return table
        n = sum(map(len, assumed.values()))
        summary = f"{counted(n, 'setting')} that the source does not state, and our reasons"
        return markdown.folded(summary, table, markdown.WHOLE)

    def table_metrics(self, *runs: str) -> Markdown:
        """Test scores of the given runs, or of all."""
        wide = run_tables.table_metrics(self._outcomes.metrics)
        names = [self._outcomes.run(run).name for run in runs or wide.index]
        wide = wide.loc[[name for name in names if name in wide.index]]
        if wide.empty:
            return self._absent("scores", self._why_not(*runs) if runs else "no run has a result")
        shown = wide.replace(wording.NOT_FINITE, "diverged")
        shown.index = [self._outcomes.titles[run] for run in wide.index]
        has_folds = isinstance(self._outcomes.study.split, CrossValidation)
        has_seeds = any(len(self._outcomes.good_seeds(name)) > 1 for name in wide.index)
        over_seeds = "mean ± standard deviation over seeds" + " of the means over folds" * has_folds
        what = over_seeds if has_seeds else "means over folds" * has_folds
        caption = f"Scores on the test split{f': {what}' if what else ''}."
        shown, corner = (shown.T, "Metric") if len(wide) <= MOST_RUN_COLUMNS else (shown, "Run")
        rows = [[name, *cells] for name, cells in zip(shown.index, shown.to_numpy(), strict=True)]
        header, n = [corner, *shown.columns], len(shown.columns)
        return self._table("metrics", caption, header, rows, *runs, numbers=n, widths=_narrow(n))

    def table_folds(self, metric: str, *runs: str) -> Markdown:
        """Test scores of each fold of the given runs, or of all, with their mean and deviation."""
        check_name(metric, METRICS, "metric")
        names = [self._outcomes.run(run).name for run in runs or self._outcomes.states]
        scores = results.load_fold_metrics(self._layout, self._outcomes.study.name)
        scores = scores[scores["run"].isin(names) & (scores["metric"] == metric)]
        if scores.empty:
            return self._absent("scores of folds", self._why_no_folds(*runs))
        table = run_tables.table_folds(scores, metric).replace(wording.NOT_FINITE, "diverged")
        table = table.rename(columns=self._outcomes.titles)
        corner = "Fold"
        if len(table.columns) > MOST_NARROW_COLUMNS:
            ends = {"mean": "Mean", "standard deviation": "SD"}
            table, corner = table.T.rename(columns=ends), "Run"
        rows = [
            [str(name), *cells] for name, cells in zip(table.index, table.to_numpy(), strict=True)
        ]
        header = [corner, *map(str, table)]
        caption = f"{METRICS[metric].label} of each fold on its test split, for the first seed."
        n = len(table.columns)
        return self._table(
            "folds", caption, header, rows, metric, *runs, numbers=n, widths=_narrow(n)
        )

    def _why_no_folds(self, *runs: str) -> str:
        has_folds = isinstance(self._outcomes.study.split, CrossValidation)
        return self._why_not(*runs) if has_folds else "the study has no folds"

    def table_categories(self) -> Markdown:
        """Number of examples and mean target for each level of each categorical feature."""
        counts, dataset = self._category_counts(), self._outcomes.dataset
        if counts is None:
            return self._absent("categories", self._why_no_data("categories"))
        # The mean of labels would say nothing.
        n_numbers = 2 if self._outcomes.is_regression else 1
        rows = [
            [r["category"], r["level"], f"{r['examples']:,}", _number(r["mean"], _brief)]
            for r in counts.to_dict("records")
        ]
        header = ["Feature", "Level", "Examples", f"Mean {with_unit(dataset.TARGET, dataset.UNIT)}"]
        shown = [row[: 2 + n_numbers] for row in rows]
        caption = f"Levels of the categorical features of {dataset.TITLE}."
        return self._table("categories", caption, header[: 2 + n_numbers], shown, numbers=n_numbers)

    def table_errors_by(self, run: str, *features: str) -> Markdown:
        """Test errors of a regression for each level of some categorical features."""
        dataset, title = self._outcomes.dataset, self._outcomes.run(run).title
        seeds = self._outcomes.finite_seeds(run) if self._outcomes.is_regression else []
        if not seeds:
            return self._absent("errors", self._why_not(run))
        predictions = {seed: self._outcomes.predictions(run, seed) for seed in seeds}
        rows = [
            [
                *(feature, row["level"], _number(row["examples"], "{:,.0f}")),
                *(_number(row[key], _brief) for key in ERRORS),
            ]
            for feature in features
            for row in self._errors_by(feature, predictions).to_dict("records")
        ]
        header = ["Feature", "Level", "Examples", *ERRORS.values()]
        mean = f", mean of {len(predictions)} seeds" if len(predictions) > 1 else ""
        unit = f", in {dataset.UNIT}" if dataset.UNIT else ""
        caption = f"Errors (predicted minus true{unit}) on the test split{mean}: {title}."
        label = ("errors_by", run, *features)
        return self._table("_".join(label), caption, header, rows, numbers=1 + len(ERRORS))

    def _errors_by(self, feature: str, predictions: Mapping[int, Any]) -> pd.DataFrame:
        dataset = self._outcomes.dataset
        names = look_up(feature, dataset.CATEGORIES, "categorical feature")
        found = []
        for seed, (true, predicted) in predictions.items():
            x = self._outcomes.test_inputs(seed)
            levels = categories.levels_of(x, dataset.FEATURES, dataset.CATEGORIES, feature)
            found.append(categories.table_errors_by(levels, names, true, predicted))
        return run_tables.mean_table(found, "level")

    def table_classification_report(self, run: str) -> Markdown:
        """Precision, recall and F1 of each class for a run, on the test split."""
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
        """Every execution with its status, its training time and a link to its notebook."""
        listed = run_tables.table_runs(self._outcomes.states)
        rows = [
            [
                self._outcomes.titles[r["run"]],
                self._linked(f"seed {r['seed']}", r["run"], r["seed"]),
                markdown.span(STATUSES.get(r["status"], r["status"]), f"status {r['status']}"),
                _number(r["epochs_run"], "{:.0f}"),
                _number(r["n_parameters"], "{:,.0f}"),
                _number(r["fit_seconds"], wording.duration),
                r["error"],
            ]
            for r in listed.to_dict("records")
        ]
        header = ["Run", "Notebook", "Status", "Epochs", "Parameters", "Training time", "Error"]
        if not listed["error"].any():
            header, rows = header[:-1], [row[:-1] for row in rows]
        caption = "All runs, with their executed notebooks."
        aligned = "lllrrrl"[: len(header)]
        widths = (16, 11, 11, 9, 13, 12, 28)[: len(header)] if len(header) == 7 else ()
        return self._references.table(self._anchor("runs"), caption, header, rows, aligned, widths)

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
        """Return a table; its last `numbers` columns are right-aligned."""
        align = "l" * (len(header) - numbers) + "r" * numbers
        return self._references.table(
            self._anchor(label, *runs), caption, header, rows, align, widths
        )


def _narrow(n: int) -> tuple[int, ...]:
    """Return the widths of many columns of numbers beside one of names; none for a few."""
    return (100 - n * (84 // n), *[84 // n] * n) if n > MOST_NARROW_COLUMNS else ()


def _facts(run: Run) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what determines a run: its model, preprocessing and settings, and why if assumed."""
    facts: dict[str, Any] = {}
    if run.has_model:
        facts["model"] = run.model.rpartition(".")[2]
    if isinstance(run.preprocess, DivideBy):
        facts["preprocess"] = run.preprocess.model_dump()
    elif run.preprocess is not None:
        steps = {step.step.rpartition(".")[2]: _what(step.settings) for step in run.preprocess}
        facts |= {"preprocess": ", ".join(steps)}
        facts |= {f"preprocess.{name}": settings for name, settings in steps.items() if settings}
    settings = _what(run.settings) if estimators.is_path(run.model) else run.settings
    return facts | settings, {key: assumed.why for key, assumed in run.assumes.items()}


def _what(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out settings of an estimator that change no number."""
    return {name: value for name, value in settings.items() if name not in HOW}


def _shared(columns: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the settings that several runs have in common, an asterisk included."""
    first, *others = columns
    return {
        name: value
        for name, value in first.items()
        if others and all(other.get(name) == value for other in others)
    }


def _settings_text(settings: Mapping[str, str]) -> Markdown:
    pairs = (
        markdown.join([markdown.code(name), f"\u00a0{value}"]) for name, value in settings.items()
    )
    return markdown.join(pairs, ", ")


def _usual(reasons: Sequence[str]) -> str:
    """Return the reason that most rows of a table would repeat; empty if none is repeated."""
    reason, n = next(iter(Counter(reasons).most_common(1)), ("", 0))
    return reason if n > 1 else ""


def _runs_text(titles: Sequence[str], models: Mapping[str, str]) -> str:
    """Name some of the runs, or the exceptions if they are fewer; of many, count those of a model.

    Parameters
    ----------
    titles
        Titles of these runs.
    models
        Names of the models of all runs, by their titles.

    Examples
    --------
    >>> _runs_text(["a", "b"], dict.fromkeys("ab", "SVC"))
    'all'
    >>> _runs_text(["a", "b"], dict.fromkeys("abc", "SVC"))
    'all except c'
    >>> _runs_text("abcdefgh", dict.fromkeys("abcdefg", "SVC") | dict.fromkeys("hijklmnop", "tree"))
    'all 7 of SVC and 1 of 9 of tree'
    """
    missing = [title for title in models if title not in titles]
    if not missing:
        return "all"
    fewer, before = (missing, "all except ") if len(missing) < len(titles) else (titles, "")
    if len(fewer) <= MOST_LISTED:
        return f"{before}{listed(fewer)}"
    every, these = Counter(models.values()), Counter(models[title] for title in titles)
    shares = {m: f"all {n}" if n == every[m] else f"{n} of {every[m]}" for m, n in these.items()}
    return listed([f"{share} of {model}" for model, share in shares.items()])


def _number(value: float | None, form: str | Callable[[float], str]) -> str:
    if value is None or pd.isna(value):
        return "–"
    return form.format(value) if isinstance(form, str) else form(value)


def _brief(value: float) -> str:
    return f"{value:,.{0 if abs(value) >= 100 else 2}f}".replace("-", "−")
