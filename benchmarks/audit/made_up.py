"""Made-up reports of many shapes, half of them with a contradiction that was planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.random import Generator

from benchmarks.audit import printing, sentences
from benchmarks.audit.drafts import Draft
from benchmarks.audit.experiments import Experiment, Model, classification, regression

TITLES = ("Project report", "Final project", "Classification of images", "Results", "Experiments")

Composer = Callable[[Draft, Generator], None]


def made_up(seed: int) -> Draft:
    """Draw a report; an odd seed plants a contradiction."""
    rng = np.random.default_rng(seed)
    draft = Draft()
    kinds = [*PLANTS]
    if seed % 2:
        draft.planted = kinds[(seed // 2) % len(kinds)]
    composer = PLANTS[draft.planted] if draft.planted else COMPOSERS[rng.integers(len(COMPOSERS))]
    draft.add("heading", str(rng.choice(TITLES)))
    composer(draft, rng)
    if draft.planted and not draft.wrong:
        raise ValueError(f"{draft.planted}: not planted")
    return draft


def networks(draft: Draft, rng: Generator) -> None:
    """Report networks with their code, logs, results and reports."""
    few = draft.planted == "accuracy of no count"
    experiment = classification(rng, int(rng.integers(1, 4)), deep=True, few=few)
    if draft.planted == "log ends elsewhere":
        while not experiment.validates_on_test:
            experiment = classification(rng, 2, deep=True)
    if draft.planted in PAIRS and len(experiment.models) < 2:
        experiment = classification(rng, 2, deep=True)
    sentences.data(draft, rng, experiment)
    whole = draft.planted is not None
    for model in experiment.models:
        draft.add("heading", f"{model.name} model" if rng.random() < 0.5 else model.name)
        if whole or rng.random() < 0.6:
            printing.listing(draft, rng, experiment, model)
        if whole or rng.random() < 0.5:
            printing.summary(draft, rng, model)
        if whole or rng.random() < 0.8:
            printing.log(draft, rng, experiment, model)
        _results(draft, rng, experiment, model, whole)
    _conclusion(draft, rng, experiment)


def shallow(draft: Draft, rng: Generator) -> None:
    """Report models of scikit-learn with their reports and matrices."""
    few = draft.planted == "accuracy of no count"
    count = int(rng.integers(2 if draft.planted in PAIRS else 1, 5))
    experiment = classification(rng, count, deep=False, few=few)
    sentences.data(draft, rng, experiment)
    for model in experiment.models:
        draft.add("heading", model.name)
        _results(draft, rng, experiment, model, whole=draft.planted is not None)
    _conclusion(draft, rng, experiment)


def _results(
    draft: Draft, rng: Generator, experiment: Experiment, model: Model, whole: bool
) -> None:
    """Print the results of a model; the second of two may be a copy of the first."""
    first = experiment.models[0]
    if model is not first and draft.is_planted("two results alike"):
        model.loss = first.loss
        model.predicted = first.predicted
        model.__dict__.pop("matrix", None)
        model.__dict__.pop("recalls", None)
        rows = printing.report_rows(rng, first)
        draft.plant(*(cell for _, cells in rows for cell in cells if cell), checks=("copied",))
        draft.add("output", printing.report_text(rows), [*printing.report_facts(rows, model)])
        return
    if draft.planted == "two results alike":
        rng = np.random.default_rng(1)  # the copy has to be printed with as many digits
        rows = printing.report_rows(rng, first)
        draft.add("output", printing.report_text(rows), [*printing.report_facts(rows, model)])
        return
    if whole or rng.random() < 0.7:
        printing.lines(draft, rng, model)
    if whole or rng.random() < 0.6:
        printing.report(draft, rng, model)
    if whole or rng.random() < 0.5:
        printing.matrix(draft, rng, model)
    if whole or rng.random() < 0.7:
        sentences.result(draft, rng, experiment, model)


def _conclusion(draft: Draft, rng: Generator, experiment: Experiment) -> None:
    draft.add("heading", str(rng.choice(["Conclusion", "Comparison", "Discussion", "Summary"])))
    if len(experiment.models) > 1:
        accuracies = printing.comparison(draft, rng, experiment.models)
        sentences.comparison(draft, rng, experiment, accuracies)
    draft.add("text", str(rng.choice(sentences.CLOSING)))


def errors(draft: Draft, rng: Generator) -> None:
    """Report regressors."""
    models = regression(rng, int(rng.integers(2, 5)))
    draft.add("text", str(rng.choice(sentences.OPENING)))
    printing.regressions(draft, rng, models)
    draft.add("text", str(rng.choice(sentences.CLOSING)))


COMPOSERS: Sequence[Composer] = (networks, networks, shallow, shallow, errors)
PAIRS = (*("two results alike", "text against table", "best model", "stated change"),)
PLANTS: Mapping[str, Composer] = {
    "report cell": shallow,
    "report total": shallow,
    "report average": shallow,
    "matrix against report": shallow,
    "accuracy against matrix": shallow,
    "accuracy of no count": shallow,
    "two results alike": shallow,
    "log ends elsewhere": networks,
    "epoch counter": networks,
    "steps": networks,
    "layer parameters": networks,
    "parameter total": networks,
    "setting": networks,
    "errors against accuracy": shallow,
    "share as per cent": shallow,
    "text against table": shallow,
    "best model": shallow,
    "best class": shallow,
    "stated change": shallow,
    "number of classes": shallow,
    "product": networks,
    "split sizes": networks,
    "MAE beside RMSE": errors,
    "RMSE beside MSE": errors,
    "R2 beside MSE": errors,
}
