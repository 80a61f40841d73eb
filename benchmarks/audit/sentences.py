"""Sentences of reports about data, settings and results, each with the facts that it states."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.random import Generator

from benchmarks.audit.drafts import Draft, Fact
from benchmarks.audit.experiments import Experiment, Model
from benchmarks.audit.printing import share

OPENING = (
    "We predict a price from the other columns of the table. All models were tested alike.",
    "Several regressors were compared on held-out rows.",
    "This notebook compares regression models.",
)
CLOSING = (
    "In the future we would like to try more data and other networks.",
    "More training time may give better results.",
    "Overall we are satisfied with these results.",
    "The confusion matrix shows which classes are hard to tell apart.",
)
COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 10: "ten"}


def data(draft: Draft, rng: Generator, experiment: Experiment) -> None:
    """State the sizes of the splits, the images, the classes and the settings."""
    e = experiment
    whole = e.train + e.test
    if draft.is_planted("split sizes"):
        whole += int(rng.choice([100, 500, 1000]))
        draft.plant(f"{whole:,}", str(whole))
    ways = [
        f"The dataset contains {whole:,} examples: {e.train:,} training examples and "
        f"{e.test:,} test examples.",
        f"We used {e.train:,} samples for training and {e.test:,} samples for testing.",
        f"The data were split into a training set of {e.train} images and a test set of "
        f"{e.test} images.",
    ]
    way = 0 if draft.planted == "split sizes" else int(rng.integers(len(ways)))
    draft.add("text", ways[way])
    if experiment.models[0].layers:
        pixels = e.side**2
        if draft.is_planted("product"):
            pixels += 10
            draft.plant(str(pixels), checks=("product",))
        if draft.planted == "product" or rng.random() < 0.3:
            draft.add("text", f"Each image has {e.side} x {e.side} = {pixels} pixels.")
        batch = e.batch
        if draft.is_planted("setting"):
            batch *= 2
            draft.plant(str(batch), checks=("same_setting",))
        settings = [
            f"The networks were trained for {e.epochs} epochs with a batch size of {batch}.",
            f"Training used the Adam optimizer, a batch size of {batch} and {e.epochs} epochs.",
        ]
        if draft.planted in ("setting", "steps") or rng.random() < 0.6:
            draft.add("text", settings[rng.integers(len(settings))])
    _classes(draft, rng, experiment)


def _classes(draft: Draft, rng: Generator, experiment: Experiment) -> None:
    names, count = list(experiment.classes), len(experiment.classes)
    if draft.is_planted("number of classes"):
        count += 1
        draft.plant(str(count), COUNTS.get(count, str(count)), checks=("count_matches_list",))
    if draft.planted == "number of classes" or rng.random() < 0.4:
        stated = COUNTS.get(count, str(count))
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        draft.add("text", f"There are {stated} classes: {listed}.")


def result(draft: Draft, rng: Generator, experiment: Experiment, model: Model) -> None:
    """State the results of a model."""
    if draft.planted == "best class" or rng.random() < 0.25:
        _best_class(draft, rng, model)
    if draft.planted == "errors against accuracy" or rng.random() < 0.25:
        _errors(draft, rng, model)
        return
    name, printed = model.name, share(rng, model.accuracy)
    if draft.is_planted("share as per cent"):
        printed = f"{model.accuracy:.4f}%"
        draft.plant(printed)
    precision, recall, f1 = (f"{value:.3f}" for value in model.averages())
    accuracy = Fact(printed, "accuracy", model=name)
    ways = [
        (f"The {name} reached an accuracy of {printed} on the test set.", [accuracy]),
        (f"On the test data, {name} achieves a test accuracy of {printed}.", [accuracy]),
        (f"With {name} we obtained a test accuracy of {printed}.", [accuracy]),
        (f"As can be seen, the test accuracy of the {name} is {printed}.", [accuracy]),
        (
            f"The {name} model got {printed} accuracy on the test set, with a macro F1 score of "
            f"{f1}.",
            [accuracy, Fact(f1, "f1", model=name)],
        ),
        (
            f"Precision, recall and F1 score of the {name} are {precision}, {recall} and {f1} "
            f"(macro averages), and its accuracy on the test set is {printed}.",
            [
                *(accuracy, Fact(precision, "precision", model=name)),
                *(Fact(recall, "recall", model=name), Fact(f1, "f1", model=name)),
            ],
        ),
    ]
    text, facts = ways[rng.integers(len(ways))]
    draft.add("text", text, facts)


def _errors(draft: Draft, rng: Generator, model: Model) -> None:
    """State how many test examples were wrong, and the accuracy."""
    n = len(model.true)
    wrong = n - model.right
    accuracy = f"{model.accuracy:.4f}"
    if draft.is_planted("errors against accuracy"):
        wrong += max(5, n // 20)
        draft.plant(str(wrong), f"{wrong:,}")
    text = (
        f"The {model.name} misclassified {wrong} of the {n} test images, which is an accuracy "
        f"of {accuracy} on the test set."
    )
    facts = [
        Fact(str(wrong), "errors", model=model.name),
        Fact(accuracy, "accuracy", model=model.name),
    ]
    draft.add("text", text, facts)


def _best_class(draft: Draft, rng: Generator, model: Model) -> None:
    recalls = np.round(model.recalls, 2)
    order = np.argsort(recalls)
    is_tied = recalls[order[-1]] == recalls[order[-2]]
    if is_tied and not draft.is_planted("best class"):
        return
    place = int(order[-1])
    if draft.is_planted("best class"):
        place = int(order[0])
        draft.plant(model.classes[place], checks=("is_extreme",))
    text = f'With the {model.name}, class "{model.classes[place]}" has the highest recall.'
    draft.add("text", text)


def comparison(
    draft: Draft, rng: Generator, experiment: Experiment, accuracies: Mapping[str, str]
) -> None:
    """Compare the models of a table."""
    order = sorted(experiment.models, key=lambda model: -model.accuracy)
    best, second = order[0], order[1]
    if accuracies[best.name] == accuracies[second.name] and draft.planted not in PAIRED:
        return
    way = str(rng.choice(["repeat", "best", "change"]))
    way = {"text against table": "repeat", "best model": "best", "stated change": "change"}.get(
        draft.planted or "", way
    )
    if way == "repeat":
        _repeat(draft, rng, best, accuracies[best.name])
    elif way == "best":
        named = best
        if draft.is_planted("best model"):
            named = order[-1]
            draft.plant(named.name, checks=("is_extreme", "same_setting"))
        draft.add("text", f"The {named.name} has the highest accuracy of all models.")
    else:
        _change(draft, rng, best, order[-1], accuracies)


PAIRED = ("text against table", "best model", "stated change")


def _repeat(draft: Draft, rng: Generator, best: Model, printed: str) -> None:
    if draft.is_planted("text against table"):
        value, sign = (printed[:-1], "%") if printed.endswith("%") else (printed, "")
        digits = len(value.partition(".")[2])
        by = rng.uniform(0.01, 0.04) * (100 if sign else 1)
        printed = f"{float(value) - by:.{digits}f}{sign}"
        draft.plant(printed)
    text = f"The best model is the {best.name}, with an accuracy of {printed} on the test set."
    draft.add("text", text, [Fact(printed, "accuracy", model=best.name)])


def _change(
    draft: Draft, rng: Generator, best: Model, worst: Model, accuracies: Mapping[str, str]
) -> None:
    gain = 100 * (best.accuracy - worst.accuracy)
    if draft.is_planted("stated change"):
        gain += rng.uniform(2, 6)
        draft.plant(f"{gain:.1f}", checks=("stated_change",))
    text = (
        f"Compared with the {worst.name}, the {best.name} improves the accuracy by "
        f"{gain:.1f} percentage points."
    )
    draft.add("text", text, [Fact(f"{gain:.1f}", "accuracy")])
