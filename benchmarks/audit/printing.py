"""Results as tools and people print them, each with the facts that it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.random import Generator
from sklearn.metrics import classification_report
from tabulate import tabulate

from benchmarks.audit.drafts import Draft, Fact
from benchmarks.audit.experiments import Experiment, Model, Regression

COLUMNS = ("precision", "recall", "f1", "support")
PLANTED_IN_REPORTS = ("report cell", "report total", "report average")


# --- scikit-learn --------------------------------------------------------------------------------


def report(draft: Draft, rng: Generator, model: Model) -> None:
    """Print a classification report, by scikit-learn itself or as a table."""
    rows = report_rows(rng, model)
    plant_in_report(draft, rng, rows)
    facts = list(report_facts(rows, model))
    way = rng.choice(["printed", "printed", "table", "frame"])
    if way == "table":
        draft.add_table([["class", *_heads(rng)], *([name, *row] for name, row in rows)], facts)
    elif way == "frame":
        frame = pd.DataFrame([row for _, row in rows], [name for name, _ in rows], COLUMNS)
        frame.columns = ["precision", "recall", "f1-score", "support"]
        draft.add("output", frame.to_string(), facts)
    else:
        draft.add("output", report_text(rows), facts)


def report_rows(rng: Generator, model: Model) -> list[tuple[str, list[str]]]:
    """Return the rows of scikit-learn's report, as strings."""
    digits = int(rng.choice([2, 2, 2, 3, 4]))
    labels = range(len(model.classes))
    printed = classification_report(
        model.true,
        model.predicted,
        labels=labels,
        target_names=list(model.classes),
        digits=digits,
        zero_division=0,
    )
    rows = []
    for line in printed.splitlines()[1:]:
        cells = line.split()
        if not cells:
            continue
        name = line.strip()
        if name.startswith("accuracy"):
            rows.append(("accuracy", ["", "", *cells[-2:]]))
        else:
            rows.append((" ".join(cells[:-4]), cells[-4:]))
    return rows


def report_text(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Align a report as scikit-learn does."""
    width = max(len("weighted avg"), *(len(name) for name, _ in rows))
    lines = [f"{'':>{width}}  precision    recall  f1-score   support", ""]
    for name, cells in rows:
        if name == "accuracy":
            lines.append("")
        lines.append(f"{name:>{width}} " + "".join(f" {cell:>9}" for cell in cells))
    return "\n".join(lines)


def report_facts(rows: Sequence[tuple[str, Sequence[str]]], model: Model) -> Iterator[Fact]:
    """Yield the numbers of a report."""
    for name, cells in rows:
        names = ("", "", "accuracy", "support") if name == "accuracy" else COLUMNS
        for column, cell in zip(names, cells, strict=True):
            if cell:
                yield Fact(cell, column, name, model=model.name)


def _heads(rng: Generator) -> Sequence[str]:
    """Choose names of columns as people write them."""
    ways = [
        ("precision", "recall", "f1-score", "support"),
        ("Precision", "Recall", "F1-Score", "Support"),
        ("Precision", "Recall", "F1 score", "Support"),
    ]
    return ways[rng.integers(len(ways))]


def plant_in_report(draft: Draft, rng: Generator, rows: Sequence[tuple[str, list[str]]]) -> None:
    """Change a cell, a total or an average of a report."""
    if not any(draft.is_planted(kind) for kind in PLANTED_IN_REPORTS):
        return
    averages = [cells for name, cells in rows if name.endswith("avg")]
    classes = [c for name, c in rows if name != "accuracy" and not name.endswith("avg")]
    if draft.planted == "report total":
        cells = classes[rng.integers(len(classes))]
        cells[3] = str(int(cells[3]) + int(rng.integers(5, 60)))
        draft.plant(cells[3])
        return
    alike = averages if draft.planted == "report average" else classes
    cells, column = alike[rng.integers(len(alike))], int(rng.integers(3))
    cells[column] = other(rng, cells[column], 0.06, 0.2)
    draft.plant(cells[column])


def other(rng: Generator, text: str, least: float, most: float) -> str:
    """Change a share by at least and at most so much, with the same number of digits."""
    digits = len(text.partition(".")[2].rstrip("%"))
    value = float(text)
    by = rng.uniform(least, most)
    value = value - by if value - by > 0.02 else value + by
    return f"{value:.{digits}f}"


# --- Matrices ------------------------------------------------------------------------------------


def matrix(draft: Draft, rng: Generator, model: Model) -> None:
    """Print a confusion matrix: by NumPy, by pandas with labels, or as a table."""
    counts = model.matrix.copy()
    if draft.is_planted("matrix against report"):
        place = int(rng.integers(len(counts)))
        counts[place, place] += int(rng.integers(5, 40))
        draft.plant(str(counts[place, place]), *_row_texts(counts[place]))
    facts = [
        Fact(str(count), "count", str(row), str(column), model.name)
        for (row, column), count in np.ndenumerate(counts)
    ]
    way = rng.choice(["numpy", "frame", "table", "list"])
    names = list(model.classes)
    if way == "numpy":
        title = str(rng.choice(["Confusion Matrix:\n", "confusion matrix\n", "Confusion matrix\n"]))
        draft.add("output", title + str(counts), facts)
    elif way == "list":
        draft.add("output", "Confusion Matrix:\n" + repr(counts), facts)
    elif way == "frame":
        draft.add("text", "The confusion matrix (a row is a true class):")
        draft.add("output", pd.DataFrame(counts, names, names).to_string(), facts)
    else:
        draft.add("text", f"Confusion matrix of {model.name} on the test set:")
        rows = [["true / predicted", *names]]
        rows += [[name, *map(str, row)] for name, row in zip(names, counts, strict=True)]
        draft.add_table(rows, facts)


def _row_texts(row: np.ndarray) -> list[str]:
    return [" ".join(map(str, row))]


# --- Logs ----------------------------------------------------------------------------------------


def log(draft: Draft, rng: Generator, experiment: Experiment, model: Model) -> None:
    """Print a training log of Keras or of a loop in PyTorch."""
    digits, style = 4, str(rng.choice(["bar", "bar", "keras3", "plain", "verbose2", "torch"]))
    numbers = [epoch.number for epoch in model.log]
    if draft.is_planted("epoch counter") and len(numbers) > 2:
        at = int(rng.integers(1, len(numbers)))
        numbers[at] = numbers[at - 1]
        draft.plant(str(numbers[at]), checks=("counts_up",))
    steps = model.log[0].steps
    if draft.is_planted("steps"):
        style, steps = "bar", steps + int(rng.integers(3, 40))
        draft.plant(str(steps), checks=("steps",))
    lines, facts = [], []
    for number, epoch in zip(numbers, model.log, strict=True):
        values = {name: f"{value:.{digits}f}" for name, value in epoch.values.items()}
        lines += LOG_LINES[style](number, len(numbers), values, steps, epoch.seconds)
        facts += [Fact(v, name, str(number), model=model.name) for name, v in values.items()]
        if style != "torch":
            seconds = str(epoch.seconds)
            facts.append(Fact(seconds, "seconds", str(number), model=model.name))
    draft.add("output", "\n".join(lines), facts)


def _joined(values: dict[str, str], order: Sequence[str]) -> str:
    return " - ".join(f"{name}: {values[name]}" for name in order)


_OLD = ("loss", "accuracy", "val_loss", "val_accuracy")
_NEW = ("accuracy", "loss", "val_accuracy", "val_loss")


def _bar(number: int, of: int, values: dict[str, str], steps: int, seconds: int) -> list[str]:
    return [
        f"Epoch {number}/{of}",
        f"{steps}/{steps} [==============================] - {seconds}s"
        f" {max(1, 1000 * seconds // steps)}ms/step - {_joined(values, _OLD)}",
    ]


def _keras3(number: int, of: int, values: dict[str, str], steps: int, seconds: int) -> list[str]:
    return [
        f"Epoch {number}/{of}",
        f"{steps}/{steps} ━━━━━━━━━━━━━━━━━━━━ {seconds}s {max(1, 1000 * seconds // steps)}ms/step"
        f" - {_joined(values, _NEW)}",
    ]


def _verbose2(number: int, of: int, values: dict[str, str], steps: int, seconds: int) -> list[str]:
    return [f"Epoch {number}/{of}", f"{steps}/{steps} - {seconds}s - {_joined(values, _OLD)}"]


def _plain(number: int, of: int, values: dict[str, str], steps: int, seconds: int) -> list[str]:
    return [f"Epoch {number}/{of}", f" - {seconds}s - {_joined(values, _OLD)}"]


def _torch(number: int, of: int, values: dict[str, str], steps: int, seconds: int) -> list[str]:
    return [
        f"Epoch [{number}/{of}], Train Loss: {values['loss']}, Train Acc: {values['accuracy']}, "
        f"Val Loss: {values['val_loss']}, Val Acc: {values['val_accuracy']}"
    ]


LOG_LINES = {
    "bar": _bar,
    "keras3": _keras3,
    "verbose2": _verbose2,
    "plain": _plain,
    "torch": _torch,
}


# --- Networks ------------------------------------------------------------------------------------


def listing(draft: Draft, rng: Generator, experiment: Experiment, model: Model) -> None:
    """Print the code of a network."""
    lines = ["model = Sequential()"]
    lines += [f"model.add({layer.code})" for layer in model.layers]
    validation = "(x_test, y_test)" if experiment.validates_on_test else "(x_val, y_val)"
    lines += [
        "model.compile(optimizer='adam', loss='sparse_categorical_crossentropy',",
        "              metrics=['accuracy'])",
        f"history = model.fit(x_train, y_train, epochs={experiment.epochs},"
        f" batch_size={experiment.batch},",
        f"                    validation_data={validation})",
    ]
    draft.add("code", "\n".join(lines))


def summary(draft: Draft, rng: Generator, model: Model) -> None:
    """Print a table of layers as Keras 2 or 3 does."""
    parameters = [layer.parameters for layer in model.layers]
    total = sum(parameters)
    if draft.is_planted("layer parameters"):
        place = int(rng.choice(np.flatnonzero(parameters)))
        parameters[place] += int(rng.choice([10, 64, 100]))
        total = sum(parameters)
        draft.plant(str(parameters[place]), checks=("layer_parameters",))
    if draft.is_planted("parameter total"):
        total += int(rng.choice([10, 64, 1000]))
        draft.plant(str(total), checks=("counts_add_up",))
    facts = [
        Fact(str(count), "parameters", layer.name, model=model.name)
        for layer, count in zip(model.layers, parameters, strict=True)
    ]
    facts.append(Fact(str(total), "parameters", "total", model=model.name))
    way = _keras2_summary if rng.random() < 0.5 else _keras3_summary
    draft.add("output", "\n".join(way(model, parameters, total)), facts)


def _keras2_summary(model: Model, parameters: Sequence[int], total: int) -> Iterator[str]:
    yield 'Model: "sequential"'
    yield "_" * 65
    yield f" {'Layer (type)':<28}{'Output Shape':<26}Param #"
    yield "=" * 65
    for layer, count in zip(model.layers, parameters, strict=True):
        shape = f"(None, {', '.join(map(str, layer.shape))})"
        name = f"{layer.name} ({layer.type})"
        yield f" {name[:27]:<28}{shape:<26}{count:<10}"
        yield f" {name[27:]}"  # Keras wraps what is too long for its column
    yield "=" * 65
    yield f"Total params: {total:,}"
    yield f"Trainable params: {total:,}"
    yield "Non-trainable params: 0"


def _keras3_summary(model: Model, parameters: Sequence[int], total: int) -> Iterator[str]:
    wide = (33, 24, 15)

    def row(*cells: str) -> str:
        left, middle, right = cells
        return f"│ {left:<{wide[0] - 2}} │ {middle:<{wide[1] - 2}} │ {right:>{wide[2] - 2}} │"

    yield 'Model: "sequential"'
    yield "┏" + "┳".join("━" * w for w in wide) + "┓"
    yield row("Layer (type)", "Output Shape", "Param #").replace("│", "┃")
    yield "┡" + "╇".join("━" * w for w in wide) + "┩"
    for number, (layer, count) in enumerate(zip(model.layers, parameters, strict=True)):
        if number:
            yield "├" + "┼".join("─" * w for w in wide) + "┤"
        shape = f"(None, {', '.join(map(str, layer.shape))})"
        yield row(f"{layer.name} ({layer.type})", shape, f"{count:,}")
    yield "└" + "┴".join("─" * w for w in wide) + "┘"
    kib = f"({total * 4 / 1024:.2f} KB)"
    yield f" Total params: {total:,} {kib}"
    yield f" Trainable params: {total:,} {kib}"
    yield " Non-trainable params: 0 (0.00 B)"


# --- Lines and tables ----------------------------------------------------------------------------


def share(rng: Generator, value: float, digits: int = 0) -> str:
    """Print a share as a fraction or with a percent sign."""
    if rng.random() < 0.5:
        return f"{value:.{digits or int(rng.choice([2, 3, 4]))}f}"
    sign = str(rng.choice(["%", "%", " %"]))
    return f"{100 * value:.{digits or int(rng.choice([1, 2]))}f}{sign}"


def lines(draft: Draft, rng: Generator, model: Model) -> None:
    """Print lines such as "Test accuracy: 0.91"."""
    single = float(np.float32(model.accuracy))
    loss = float(np.float32(model.loss))
    named = f"{model.name} " if rng.random() < 0.4 else ""
    way = int(rng.integers(5))
    accuracy = str(single) if way < 2 else share(rng, model.accuracy)
    if draft.is_planted("accuracy of no count"):
        accuracy = no_count(rng, len(model.true))
        draft.plant(accuracy)
    if draft.is_planted("log ends elsewhere") or draft.is_planted("accuracy against matrix"):
        wrong = model.accuracy - rng.uniform(0.02, 0.06)
        accuracy = f"{round(wrong * len(model.true)) / len(model.true):.4f}"
        draft.plant(accuracy)
    text = {
        0: f"{named}Test Loss: {loss}\n{named}Test Accuracy: {accuracy}",
        1: f"{named}Test loss: {loss:.4f}\n{named}Test accuracy: {accuracy}",
        2: f"{named}Test accuracy: {accuracy}",
        3: f"Accuracy of {model.name} on the test set: {accuracy}",
        4: f"{named}Test Accuracy = {accuracy}",
    }[way]
    facts = [Fact(accuracy, "accuracy", model=model.name)]
    if way < 2:
        facts.append(Fact(str(loss) if way == 0 else f"{loss:.4f}", "loss", model=model.name))
    draft.add("output", text, facts)


def no_count(rng: Generator, n: int) -> str:
    """Draw an accuracy with four digits that no whole count of n examples gives."""
    while True:
        text = f"{rng.uniform(0.7, 0.95):.4f}"
        nearest = [k / n for k in range(int(float(text) * n) - 1, int(float(text) * n) + 3)]
        if all(abs(value - float(text)) > 1.2e-4 for value in nearest):
            return text


def comparison(draft: Draft, rng: Generator, models: Sequence[Model]) -> dict[str, str]:
    """Print a table of all models; return its accuracies by model."""
    digits, percent = int(rng.choice([3, 4])), rng.random() < 0.4
    heads = ["Accuracy", "Precision", "Recall", "F1 score"]
    metrics = ["accuracy", "precision", "recall", "f1"]
    rows, facts, accuracies = [], [], {}
    for model in models:
        values = [model.accuracy, *model.averages("weighted")]
        if percent:
            cells = [f"{100 * value:.{digits - 2}f}%" for value in values]
        else:
            cells = [f"{value:.{digits}f}" for value in values]
        facts += [
            Fact(c, m, model.name, model=model.name) for c, m in zip(cells, metrics, strict=True)
        ]
        rows.append([model.name, *cells])
        accuracies[model.name] = cells[0]
    _print_table(draft, rng, [["Model", *heads], *rows], facts)
    return accuracies


def _print_table(
    draft: Draft, rng: Generator, rows: list[list[str]], facts: Sequence[Fact]
) -> None:
    way = rng.choice(["table", "table", "pandas", "tabs", "grid"])
    if way == "table":
        draft.add_table(rows, facts)
    elif way == "pandas":
        frame = pd.DataFrame(rows[1:], columns=rows[0])
        draft.add("output", frame.to_string(), facts)
    elif way == "tabs":
        draft.add("output", "\n".join("\t".join(row) for row in rows), facts)
    else:
        style = str(rng.choice(["grid", "simple", "psql"]))
        text = tabulate(rows[1:], rows[0], tablefmt=style, disable_numparse=True)
        draft.add("output", text, facts)


def regressions(draft: Draft, rng: Generator, models: Sequence[Regression]) -> None:
    """Print lines or a table of errors of regressors."""
    digits = int(rng.choice([2, 3, 4]))
    kept = [[m.mae, m.mse, m.rmse, m.r2] for m in models]
    rows = [[*(size(value, digits) for value in values[:3]), f"{values[3]:.4f}"] for values in kept]
    cells = rows[rng.integers(len(rows))]
    if draft.is_planted("MAE beside RMSE"):
        cells[0] = size(float(cells[2]) * rng.uniform(1.1, 2), digits)
        draft.plant(cells[0])
    if draft.is_planted("RMSE beside MSE"):
        cells[2] = size(float(cells[2]) * rng.uniform(1.1, 2), digits)
        draft.plant(cells[2])
    if draft.is_planted("R2 beside MSE"):
        cells[3] = f"{1 - (1 - float(cells[3])) / rng.uniform(2, 4):.4f}"
        draft.plant(cells[3])
    names = ("mae", "mse", "rmse", "r2")
    facts = [
        [Fact(c, m, model.name, model=model.name) for c, m in zip(row, names, strict=True)]
        for row, model in zip(rows, models, strict=True)
    ]
    if rng.random() < 0.5:
        heads = ["Model", "MAE", "MSE", "RMSE", "R2"]
        whole = [[m.name, *row] for m, row in zip(models, rows, strict=True)]
        _print_table(draft, rng, [heads, *whole], [fact for of in facts for fact in of])
        return
    heads = [["MAE", "MSE", "RMSE", "R2"], ["Mean Absolute Error", "Mean Squared Error"]]
    heads[1] += ["Root Mean Squared Error", "R2 Score"]
    chosen = heads[rng.integers(2)]
    for model, row, of in zip(models, rows, facts, strict=True):
        draft.add("heading", model.name)
        text = "\n".join(f"{head}: {cell}" for head, cell in zip(chosen, row, strict=True))
        own = [Fact(fact.value, fact.metric, model=model.name) for fact in of]
        draft.add("output", text, own)


def size(value: float, digits: int) -> str:
    """Print an error with enough digits."""
    return f"{value:.{digits}f}" if value > 1 else f"{value:.6f}"
