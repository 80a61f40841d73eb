"""The narrative of a study that has none: the usual order, written from the results.

It is a template like any other narrative, so it can be written to a file and edited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.spec.claims import ValueClaim
from refashion.spec.split import CrossValidation
from refashion.spec.study import Run

# With more runs, they share one table and one chart instead of a section each.
MOST_SECTIONS = 6
# Columns of a table of settings that can be read.
MOST_COLUMNS = 4
# Numbers of the source that the abstract names.
MOST_NUMBERS = 5
MOST_CLASSES = 30


def usual_narrative(outcomes: Outcomes) -> str:
    """Write the narrative of a study in the usual order, as a template.

    Parameters
    ----------
    outcomes
        Results of the study.
    """
    parts = (_abstract, _introduction, _data, _runs, _comparison, _claims)
    return "\n\n".join(text for part in parts for text in part(outcomes)) + "\n"


def _abstract(outcomes: Outcomes) -> Iterator[str]:
    yield "## Abstract"
    yield "This chapter runs a report again: {{ source('citation') }}."
    claims = [entry.claim for entry in outcomes.entries if isinstance(entry.claim, ValueClaim)]
    numbers = [claim for claim in claims if claim.split == "test"][:MOST_NUMBERS]
    if numbers:
        yield "\n".join(map(_number, numbers))


def _number(claim: ValueClaim) -> str:
    of_run = f"{{{{ title('{claim.run}') }}}}, {_metric(claim)}"
    reported = f"reported: {{{{ reported('{claim.id}') }}}}"
    verdict = f"verdict: {{{{ verdict('{claim.id}') }}}}"
    return f"- {of_run}: {{{{ reproduced('{claim.id}') }}}} ({reported}, {verdict})"


def _metric(claim: ValueClaim) -> str:
    of_class = f" of {claim.of_class}" if claim.of_class else ""
    text = f"{claim.metric.replace('_', ' ')}{of_class}{_of_folds(claim)}"
    # Names of classes come from the data, and are text in a template.
    return markdown.escape(text.replace("{", "(").replace("}", ")"))


def _of_folds(claim: ValueClaim) -> str:
    if claim.fold is not None:
        return f" of fold {claim.fold}"
    return ", standard deviation over folds" if claim.is_of_folds else ""


def _introduction(outcomes: Outcomes) -> Iterator[str]:
    yield "## Introduction"
    text = "Every run below repeats a model of the report, with the settings that it states."
    if any(run.assumes for run in _selected(outcomes)):
        text += " {{ ref('assumptions') }} lists what it leaves open, with the chosen values."
    yield f"{{{{ source('note') }}}} {text}"


def _selected(outcomes: Outcomes) -> list[Run]:
    return [run for name, run in outcomes.study.runs.items() if name in outcomes.states]


def _data(outcomes: Outcomes) -> Iterator[str]:
    dataset, arrays = outcomes.dataset, outcomes.prepared.get("arrays", {})
    parts = [part for part in dataset.PARTS if f"{part}_x" in arrays]
    yield "## Data"
    sizes = " and ".join(f"{{{{ examples('{part}') }}}} ({part})" for part in parts)
    what = f" The number of examples is {sizes}." if parts else ""
    yield (
        f"The data are {{{{ dataset('title') }}}}.{what} Source: {{{{ dataset('citation') }}}} "
        "Licence: {{ dataset('licence') }}."
    )
    yield from _pictures(outcomes)
    yield "The {{ explore('notebook of the dataset') }} shows more of the data."


def _pictures(outcomes: Outcomes) -> Iterator[str]:
    """Show what there is to see in the data: images, categories, values, classes."""
    is_image = len((outcomes.input_shape() or "").split(" × ")) == 2
    classes = outcomes.study.classes
    if is_image and classes and len(classes) <= MOST_CLASSES:
        yield "{{ figure_samples() }}"
    if outcomes.dataset.CATEGORIES:
        yield "{{ figure_categories() }}"
    if outcomes.is_regression:
        yield "{{ figure_values() }}"
    elif len(classes) <= MOST_CLASSES:
        yield "{{ table_class_counts() }}"


def _runs(outcomes: Outcomes) -> Iterator[str]:
    runs = _selected(outcomes)
    yield "## Models"
    for first in range(0, len(runs), MOST_COLUMNS) if len(runs) <= MOST_SECTIONS else ():
        yield f"{{{{ table_settings({_quoted(runs[first : first + MOST_COLUMNS])}) }}}}"
    if any(run.assumes for run in runs):
        yield f"{{{{ table_assumptions({_quoted(runs)}) }}}}"
    if len(runs) > MOST_SECTIONS:
        return
    yield "## Results"
    for run in runs:
        yield f"### {{{{ title('{run.name}') }}}} {{{{ place('{run.name}') }}}}"
        yield from _run(run, outcomes)


def _quoted(runs: Sequence[Run]) -> str:
    return ", ".join(f"'{run.name}'" for run in runs)


def _run(run: Run, outcomes: Outcomes) -> Iterator[str]:
    """Show the results of one run; a figure for which there are no results is left out."""
    if not outcomes.finite_seeds(run.name):
        yield f"This run has no result ({{{{ not_run('{run.name}') }}}})."
        return
    shown: list[str] = []
    if outcomes.tables(run.name, "architecture"):
        shown.append("figure_network")
    if run.title in set(outcomes.history.get("run", ())):
        shown.append("figure_history")
    if outcomes.is_regression:
        shown += ["figure_predictions", "figure_residuals"]
    elif len(outcomes.study.classes) <= MOST_CLASSES:
        shown += ["figure_confusion_matrix", "table_classification_report"]
        if outcomes.test_inputs(min(outcomes.finite_seeds(run.name))).ndim == 3:
            shown.append("figure_confused")
    if outcomes.tables(run.name, "importances") and outcomes.dataset.FEATURES:
        shown.append("figure_importances")
    for function in shown:
        yield f"{{{{ {function}('{run.name}') }}}}"


def _comparison(outcomes: Outcomes) -> Iterator[str]:
    yield "## Comparison"
    if outcomes.metrics["value"].notna().any():
        yield "{{ figure_scores() }}"
        if isinstance(outcomes.study.split, CrossValidation):
            metric = "root_mean_squared_error" if outcomes.is_regression else "accuracy"
            yield f"{{{{ table_folds('{metric}') }}}}"
        yield "{{ table_metrics() }}"
    yield "{{ table_runs() }}"


def _claims(outcomes: Outcomes) -> Iterator[str]:
    yield "## Reported against re-created"
    yield "The {{ judge('notebook that judges the study') }} shows every claim in detail."
    yield "{{ claims() }}"
