"""The narrative of a study that has none: the usual order, written from the results.

It is a template like any other narrative, so it can be written to a file and edited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from refashion.data.described import NOT_STATED
from refashion.ledger import words
from refashion.ledger.entry import Entry
from refashion.ledger.tables import of_kinds
from refashion.render.chapter.exhibits import listed
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.shortening import shortened
from refashion.spec.claims import NumberClaim, TableClaim
from refashion.spec.split import CrossValidation
from refashion.spec.study import Run
from refashion.wording import counted

# With more runs, they share one table and one chart instead of a section each.
MOST_SECTIONS = 6
# Columns of a table of settings that can be read.
MOST_COLUMNS = 4
# Numbers of the source that the abstract names.
MOST_NUMBERS = 5
MOST_CLASSES = 30
USES = {"train": "training", "validation": "validation", "test": "testing"}


def usual_narrative(outcomes: Outcomes) -> str:
    """Write the narrative of a study in the usual order, as a template.

    Parameters
    ----------
    outcomes
        Results of the study.
    """
    parts = (_abstract, _introduction, _data, _runs, _comparison, _recovery, _claims)
    return "\n\n".join(text for part in parts for text in part(outcomes)) + "\n"


def _abstract(outcomes: Outcomes) -> Iterator[str]:
    yield "## Abstract"
    citation = outcomes.study.source.citation
    yield f"This chapter runs a report again: {{{{ source('citation') }}}}{_stop(citation)}"
    claims = [entry.claim for entry in outcomes.entries if isinstance(entry.claim, NumberClaim)]
    numbers = [claim for claim in claims if claim.split in ("test", None)][:MOST_NUMBERS]
    tables = of_kinds(outcomes.entries, TableClaim)
    lines = [*map(_number, numbers), *map(_table, tables[:MOST_NUMBERS])]
    left_out = {"number": len(claims) - len(numbers), "table": len(tables) - MOST_NUMBERS}
    more = [counted(n, f"more {noun}") for noun, n in left_out.items() if n > 0]
    if lines and more:
        lines.append(f"- and {listed(more)}, below")
    if lines:
        yield "\n".join(lines)


def _table(entry: Entry[TableClaim]) -> str:
    claim, n = entry.claim, len(entry.judgement.cells)
    text = _plain(f"{words.measured_text(claim)} ({claim.where}), {counted(n, 'number')}")
    return f"- {text}: {{{{ counts('{claim.id}') }}}}"


def _stop(text: str) -> str:
    """End a sentence that ends with a text, which may have a full stop already."""
    return "" if text.rstrip().endswith((".", "!", "?")) else "."


def _number(claim: NumberClaim) -> str:
    of_run = f"{_metric(claim)}, {{{{ title('{claim.run}') }}}}"
    reported = f"reported: {{{{ reported('{claim.id}') }}}}"
    verdict = f"verdict: {{{{ verdict('{claim.id}') }}}}"
    return f"- {of_run}: {{{{ reproduced('{claim.id}') }}}} ({reported}, {verdict})"


def _metric(claim: NumberClaim) -> str:
    return _plain(words.measured_text(claim))


def _plain(text: str) -> str:
    # Names of classes come from the data, and are text; a backslash keeps braces from being read
    # as a template.
    return markdown.escape(text)


def _introduction(outcomes: Outcomes) -> Iterator[str]:
    yield "## Introduction"
    text = "Every run below repeats a model of the report, with the settings that it states."
    if all(run.is_notebook for run in _selected(outcomes)):
        text = "Every run below executes a notebook of the report again, with several seeds."
    elif any(run.outside for run in _selected(outcomes)):
        text = "The runs below repeat the report, or are results that others have made."
    if any(run.assumes for run in _selected(outcomes)):
        text += " {{ ref('assumptions') }} lists what it leaves open, with the chosen values."
    yield f"{{{{ source('note') }}}} {text}"


def _selected(outcomes: Outcomes) -> list[Run]:
    return [run for name, run in outcomes.study.runs.items() if name in outcomes.states]


def _data(outcomes: Outcomes) -> Iterator[str]:
    dataset, arrays = outcomes.dataset, outcomes.prepared.get("arrays", {})
    parts = [part for part in dataset.PARTS if f"{part}_x" in arrays]
    yield "## Data"
    if outcomes.study.dataset is None:
        yield "The runs bring their data themselves."
        return
    names = {"all": "", "train": " for training", "test": " for testing"}
    sizes = " and ".join(f"{{{{ examples('{part}') }}}}{names[part]}" for part in parts)
    sentences = ["The data are {{ dataset('title') }}."]
    sentences += [f"The number of examples is {sizes}."] if parts else []
    for title, fact in (("Source", "citation"), ("Licence", "licence")):
        if (text := getattr(dataset, fact.upper())) != NOT_STATED:
            sentences.append(f"{title}: {{{{ dataset('{fact}') }}}}{_stop(text)}")
    sentences += _split(outcomes)
    yield " ".join(sentences)
    yield from _pictures(outcomes)
    yield "The {{ explore('notebook of the dataset') }} shows more of the data."


def _split(outcomes: Outcomes) -> Iterator[str]:
    """Say how the examples are divided."""
    split, found = outcomes.study.split, outcomes.labels()
    if isinstance(split, CrossValidation):
        repeated = f", {split.repeats} times" if split.repeats > 1 else ""
        yield f"They are divided into {split.folds} folds{repeated}."
    elif found:
        uses = [f"{{{{ split_examples('{name}') }}}} for {USES[name]}" for name in found]
        yield f"Used are {listed(uses)}."


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
    stated = [run for run in runs if run.settings] if len(runs) <= MOST_SECTIONS else []
    for first in range(0, len(stated), MOST_COLUMNS):
        yield f"{{{{ table_settings({_quoted(stated[first : first + MOST_COLUMNS])}) }}}}"
    if len(runs) > MOST_SECTIONS and any(run.settings for run in runs):
        yield f"{{{{ table_differences({_quoted(runs)}) }}}}"
    if others := [run for run in runs if not run.has_model]:
        yield "\n".join(map(_own_code, others))
    if any(run.assumes for run in runs):
        yield f"{{{{ table_assumptions({_quoted(runs)}) }}}}"
    if len(runs) > MOST_SECTIONS:
        return
    yield "## Results"
    for run in runs:
        yield f"### {{{{ title('{run.name}') }}}} {{{{ place('{run.name}') }}}}"
        yield from _run(run, outcomes)


def _own_code(run: Run) -> str:
    """Name the notebook, the command or the files of a run."""
    name = " ".join(run.model.split())
    kind = "results that were there, " if run.outside and run.outside.results else ""
    return f"- {{{{ title('{run.name}') }}}}: {kind}{markdown.code(shortened(name))}"


def _quoted(runs: Sequence[Run]) -> str:
    return ", ".join(f"'{run.name}'" for run in runs)


def _run(run: Run, outcomes: Outcomes) -> Iterator[str]:
    """Show the results of one run, or say why there are none."""
    if not run.has_model and outcomes.good_seeds(run.name):
        given = "this notebook printed" if run.is_notebook else "this run gave"
        yield f"What {given} is compared with the report below."
    elif not outcomes.finite_seeds(run.name):
        yield f"This run has no result ({{{{ not_run('{run.name}') }}}})."
        return
    yield from _results(run, outcomes)


def _results(run: Run, outcomes: Outcomes) -> Iterator[str]:
    """Show the results of one run; a figure for which there are no results is left out."""
    shown: list[str] = []
    if outcomes.tables(run.name, "architecture"):
        shown.append("figure_network")
    if run.title in set(outcomes.history.get("run", ())):
        shown.append("figure_history")
    if not outcomes.finite_seeds(run.name) or not outcomes.has_predictions(run.name):
        pass  # a notebook that recorded none
    elif outcomes.is_regression:
        shown += ["figure_predictions", "figure_residuals"]
    elif len(outcomes.study.classes) <= MOST_CLASSES:
        shown += ["figure_confusion_matrix", "table_classification_report"]
        first = min(outcomes.finite_seeds(run.name))
        if run.has_model and outcomes.test_inputs(first).ndim == 3:
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


def _recovery(outcomes: Outcomes) -> Iterator[str]:
    if outcomes.study.recover:
        yield "## What the source leaves open"
        yield "{{ recoveries() }}"


def _claims(outcomes: Outcomes) -> Iterator[str]:
    yield "## Reported against re-created"
    yield "The {{ judge('notebook that judges the study') }} shows every claim in detail."
    yield "{{ claims() }}"
