"""Numbers of made-up experiments, printed as reports print them: every one of them is true.

Each function draws one case: the name of a check and its numbers. `KINDS` has them all by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

Case = tuple[str, dict[str, Any]]
Kind = Callable[[Generator], Case]

SETTINGS = (
    ("1,000", "1000", "1 000", "1\u202f000", "1000.0", "1e3", "1,000 epochs"),
    ("28x28", "28 x 28", "28×28", "28 by 28", "(28, 28)", "28*28", "28 x 28 pixels"),
    ("Leaky ReLU", "LeakyReLU", "leaky_relu", "leaky-ReLU", "Leaky ReLU activation"),
    ("cross-entropy", "cross entropy", "crossentropy", "Cross-Entropy loss"),
    ("sparse_categorical_crossentropy", "Sparse Categorical Cross-Entropy"),
    ("MaxPooling2D", "max pooling 2D", "Max-Pooling 2D", "max_pooling2d"),
    ("Batch Normalization", "batch normalisation", "BatchNormalization", "batch norm"),
    ("0.2", ".2", "20%", "20 %", "0,2", "0.20", "20 percent"),
    ("0.001", "1e-3", "1E-3", "10^-3", "10⁻³", "1 x 10^-3", "0,001", "learning rate 0.001"),
    ("Adam", "adam", "ADAM", "Adam optimizer", "the Adam algorithm"),
    ("SGD", "stochastic gradient descent", "Stochastic Gradient Descent (SGD)"),
    ("softmax", "SoftMax", "Soft max", "softmax layer", "Softmax function"),
    ("two", "2", "2.0", "two layers"),
    ("60,000", "60000", "60 000", "60k", "60.000"),
    ("ReLU", "relu", "Rectified Linear Unit (ReLU)", "rectified linear units"),
    ("grayscale", "greyscale", "gray-scale", "gray scale"),
    ("3x3", "(3,3)", "3 × 3", "3 by 3"),
    ("128", "128 units", "128 neurons", "128 nodes"),
    ("same", "'same'", '"same"', "Same"),
    ("MSE", "mean squared error", "Mean-Squared Error", "mse loss"),
    ("early stopping", "EarlyStopping", "early-stopping"),
    ("80/20", "80:20", "80-20", "80% / 20%"),
)


def texts(value: float, digits: int, rng: Generator) -> str:
    """Print a proportion in one of the usual ways."""
    percent = f"{100 * value:.{max(0, digits - 2)}f}"
    plain = f"{value:.{digits}f}"
    ways = [plain, plain.replace(".", ","), f"{percent}%", f"{percent} %", f"{percent}\u202f%"]
    return str(rng.choice(ways)) if digits >= 2 else plain


def share(rng: Generator) -> tuple[int, int]:
    """Draw a number of examples, and how many of them are right."""
    n = int(10 ** rng.uniform(0.5, 4.5))
    return int(rng.binomial(n, rng.uniform(0.3, 1))), n


def rounded(rng: Generator) -> Case:
    k, n = share(rng)
    return "grim", {"proportion": texts(k / n, int(rng.integers(1, 17)), rng), "examples": f"{n:,}"}


def cut_off(rng: Generator) -> Case:
    k, n = share(rng)
    digits = int(rng.integers(1, 7))
    whole = k * 10**digits // n
    text = f"{whole / 10**digits:.{digits}f}"
    return "grim", {"proportion": text, "examples": str(n)}


def float32_cut_off(rng: Generator) -> Case:
    k, n = share(rng)
    text = f"{float(np.float32(k / n)):.12f}"[: int(rng.integers(4, 9))]
    return "grim", {"proportion": text, "examples": str(n)}


def float32_short(rng: Generator) -> Case:
    k, n = share(rng)
    return "grim", {"proportion": str(np.float32(k / n)), "examples": str(n)}


def float32_ten_digits(rng: Generator) -> Case:
    k, n = share(rng)
    digits = int(rng.integers(9, 17))
    number = np.float32(k / n)
    text = f"{float(number):.{digits}f}"
    if rng.random() < 0.3:
        text = f"{float(number * np.float32(100)):.{digits - 2}f}%"
    return "grim", {"proportion": text, "examples": str(n)}


def keras_and_scikit_learn(rng: Generator) -> Case:
    k, n = share(rng)
    return "same_value", {"values": [str(float(np.float32(k / n))), str(k / n)]}


def two_precisions(rng: Generator) -> Case:
    k, n = share(rng)
    one, other = rng.integers(2, 17, 2)
    kept = float(np.float32(k / n)) if rng.random() < 0.5 else k / n
    return "same_value", {"values": [texts(k / n, int(one), rng), texts(kept, int(other), rng)]}


def log_and_result(rng: Generator) -> Case:
    k, n = share(rng)
    log, result = f"{float(np.float32(k / n)):.4f}", str(float(np.float32(k / n)))
    return "log_ends_in_result", {"last_epoch": log, "result": result}


def errors(rng: Generator) -> Case:
    k, n = share(rng)
    accuracy = texts(k / n, int(rng.integers(1, 17)), rng)
    if rng.random() < 0.2 and k * 100 > n:
        accuracy = f"{100 * k / n:.2f}"  # a percentage without its sign
    return "errors_match_accuracy", {
        "accuracy": accuracy,
        "errors": str(n - k),
        "examples": f"{n:,}".replace(",", str(rng.choice([",", " ", "\u202f", ""]))),
    }


def deviation_over_runs(rng: Generator) -> Case:
    k, n = share(rng)
    return "grim", {"proportion": f"{100 * k / n:.1f} ± {rng.uniform(0.1, 3):.1f}", "examples": "7"}


def bound(rng: Generator) -> Case:
    k, n = share(rng)
    whole = 100 * k // n
    word, figure = [
        ("over", whole),
        ("more than", whole),
        ("at most", whole + 1),
        ("about", whole),
    ][rng.integers(4)]
    return "errors_match_accuracy", {
        "accuracy": f"{word} {figure} %",
        "errors": str(n - k),
        "examples": str(n),
    }


def grim_of_mean(rng: Generator) -> Case:
    n, runs = int(rng.integers(20, 2000)), int(rng.integers(2, 11))
    mean = np.mean(rng.binomial(n, 0.9, runs) / n)
    mean_of = str(rng.choice(["seeds", "batches", "folds"]))
    return "grim", {"proportion": f"{mean:.4f}", "examples": str(n), "mean_of": mean_of}


def folds(rng: Generator) -> np.ndarray:
    """Draw the mean squared errors of folds."""
    count, spread = int(rng.integers(2, 21)), rng.uniform(0.05, 1)
    return 10 ** rng.uniform(-3, 9) * np.exp(rng.normal(0, spread, count))


def rmse_over_folds(rng: Generator) -> Case:
    mse = folds(rng)
    return "root_of", {"root": f"{np.mean(np.sqrt(mse)):.6g}", "square": f"{np.mean(mse):.6g}"}


def rmse_over_folds_said(rng: Generator) -> Case:
    mse = folds(rng)
    texts = {"root": str(np.mean(np.sqrt(mse))), "square": str(np.mean(mse))}
    return "root_of", {**texts, "mean_of": "folds"}


def skewed_errors(rng: Generator) -> Case:
    size = np.exp(rng.normal(0, rng.uniform(0.5, 2.2), int(rng.integers(100, 2000))))
    mae, rmse = f"{np.mean(size):.6g}", f"{math.sqrt(np.mean(size**2)):.6g}"
    return "unit_slip", {"stated": mae, "reference": rmse, "low": "0.3", "high": "1"}


def last_batch_dropped(rng: Generator) -> Case:
    size = int(rng.integers(2, 513))
    n = size * int(rng.integers(1, 2000)) + int(rng.integers(0, size))
    steps = n // size if rng.random() < 0.5 else math.ceil(n / size)
    return "steps", {"steps": str(steps), "examples": str(n), "batch_size": str(size)}


def change_without_signs(rng: Generator) -> Case:
    before, after = np.round(rng.uniform(5, 99, 2), 1)
    by = after - before if rng.random() < 0.5 else 100 * (after / before - 1)
    size = f"{abs(by):.1f}"
    sign, change = str(rng.choice(["", "%", " %"])), str(rng.choice(["", "%", " %"]))
    return "stated_change", {
        "before": f"{before}{sign}",
        "after": f"{after}{sign}",
        "change": f"{size}{change}",
    }


def transposed(rng: Generator) -> Case:
    matrix = confusion(rng)
    rows = [" ".join(map(str, row)) for row in matrix.T]
    return "matrix_row_sums", {"matrix": rows, "totals": [str(n) for n in matrix.sum(1)]}


def f1_of_averages(rng: Generator) -> Case:
    row = report(confusion(rng))[str(rng.choice(["macro avg", "weighted avg"]))]
    digits = int(rng.integers(2, 5))
    names = ("precision", "recall", "f1")
    return "f1", {name: f"{value:.{digits}f}" for name, value in zip(names, row, strict=False)}


def f1_of_averages_said(rng: Generator) -> Case:
    name, numbers = f1_of_averages(rng)
    return name, {**numbers, "mean_of": "classes"}


def perfect_models(rng: Generator) -> Case:
    digits = int(rng.integers(1, 7))
    one = [f"{value:.{digits}f}" for value in [1.0] * int(rng.integers(1, 30)) + [0.0] * 2]
    return "copied", {"first": one, "second": one}


def equal_accuracy(rng: Generator) -> Case:
    n = int(rng.integers(5, 2000))
    accuracy = f"{rng.integers(0, n + 1) / n:.{rng.integers(2, 7)}f}"
    if rng.random() < 0.2:
        accuracy = "0.9200"
    return "copied", {"first": [accuracy], "second": [accuracy]}


def two_models(rng: Generator) -> Case:
    """Draw two models that differ in some of their answers on one test set; their whole reports."""
    first = confusion(rng)
    second, share = first.copy(), rng.uniform(0.05, 0.2)
    for row in range(len(first)):
        moved = rng.binomial(first[row], share)
        second[row] += rng.multinomial(moved.sum(), first[row] / max(1, first[row].sum())) - moved
    if (first == second).all():
        return two_models(rng)
    digits = int(rng.integers(2, 5))
    averages_only = rng.random() < 0.5
    cells = [
        [
            cell
            for name, line in printed(report(matrix), digits).items()
            if name in ("accuracy", "macro avg", "weighted avg") or not averages_only
            for cell in line.split()
        ]
        for matrix in (first, second)
    ]
    return "copied", {"first": cells[0], "second": cells[1]}


def settings(rng: Generator) -> Case:
    ways = SETTINGS[rng.integers(len(SETTINGS))]
    return "same_setting", {"values": [str(text) for text in rng.choice(ways, 2)]}


def classification_report(rng: Generator) -> Case:
    return "report_possible", {"rows": printed(report(confusion(rng)), int(rng.integers(2, 5)))}


def averages(rng: Generator) -> Case:
    made = printed(report(confusion(rng)), int(rng.integers(2, 6)))
    column = int(rng.integers(3))
    rows = [
        line.split() for name, line in made.items() if " avg" not in name and name != "accuracy"
    ]
    return "weighted_average", {
        "values": [row[column] for row in rows],
        "weights": [row[3] for row in rows],
        "average": made["weighted avg"].split()[column],
    }


def two_classes(rng: Generator) -> Case:
    right, wrong, false, true = outcomes(rng)
    digits = int(rng.integers(2, 7))
    scores = {
        name: f"{value:.{digits}f}" for name, value in scores_of(right, wrong, false, true).items()
    }
    return "two_class_scores", {
        "scores": scores,
        "positives": str(right + wrong),
        "negatives": str(false + true),
    }


def regression(rng: Generator) -> Case:
    """Draw predictions with errors that are normal, skewed, or nearly all 0."""
    n = int(rng.integers(2, 500))
    target = rng.normal(0, 10 ** rng.uniform(-3, 5), n)
    error = rng.choice(
        [
            rng.normal(0, 1, n),
            rng.exponential(1, n) ** 3,
            rng.normal(0, 1, n) * (rng.random(n) < 0.02),
        ]
    )
    error *= target.std() * rng.uniform(0.05, 2)
    mse = np.mean(error**2)
    scores = {
        "mae": np.mean(abs(error)),
        "mse": mse,
        "rmse": math.sqrt(mse),
        "max_error": max(abs(error)),
        "r2": 1 - mse / target.var(),
        "variance": target.var(ddof=int(rng.integers(2))),
    }
    chosen = rng.choice(list(scores), int(rng.integers(2, 7)), replace=False)
    digits = int(rng.integers(2, 17))
    kept = {str(name): f"{scores[name]:.{digits}g}" for name in chosen}
    return "regression_scores", {"scores": kept, "examples": str(n)}


KINDS: Mapping[str, Kind] = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        *(rounded, cut_off, float32_cut_off, float32_short, float32_ten_digits),
        *(keras_and_scikit_learn, two_precisions, log_and_result, errors, bound),
        *(deviation_over_runs, grim_of_mean, rmse_over_folds, rmse_over_folds_said, skewed_errors),
        *(last_batch_dropped, change_without_signs, transposed, f1_of_averages),
        *(f1_of_averages_said, perfect_models, equal_accuracy, two_models, settings, averages),
        *(classification_report, two_classes, regression),
    )
}


def confusion(rng: Generator, classes: int | None = None) -> np.ndarray:
    """Draw a confusion matrix of 2 to 10 classes and 50 to 10,000 examples, a row a true class."""
    k = classes or int(rng.integers(2, 11))
    n = int(rng.choice([50, 200, 1000, 10_000]))
    supports = rng.multinomial(n, rng.dirichlet(np.full(k, rng.choice([1.0, 5.0, 1000.0]))))
    accuracy, matrix = rng.uniform(0.5, 0.99), np.zeros((k, k), int)
    for own, support in enumerate(supports):
        right = np.clip(rng.normal(accuracy, 0.08), 0.05, 0.999)
        wrong = rng.dirichlet(np.ones(k - 1)) * (1 - right)
        chances = np.insert(wrong, own, right)
        matrix[own] = rng.multinomial(support, chances / chances.sum())
    return matrix


def report(matrix: np.ndarray) -> dict[str, list[float]]:
    """Give the lines of scikit-learn's classification report."""
    right, supports, answers = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    n = matrix.sum()
    columns = [ratio(right, answers), ratio(right, supports), ratio(2 * right, answers + supports)]
    lines = {
        str(own): [*(column[own] for column in columns), int(support)]
        for own, support in enumerate(supports)
    }
    return lines | {
        "accuracy": [right.sum() / n, int(n)],
        "macro avg": [*(column.mean() for column in columns), int(n)],
        "weighted avg": [*(np.average(column, weights=supports) for column in columns), int(n)],
    }


def printed(lines: Mapping[str, list[float]], digits: int) -> dict[str, str]:
    """Print a classification report."""
    return {
        name: " ".join([*(f"{value:.{digits}f}" for value in line[:-1]), str(line[-1])])
        for name, line in lines.items()
    }


def outcomes(rng: Generator) -> tuple[int, int, int, int]:
    """Draw right and wrong answers of the positives, wrong and right ones of the negatives."""
    n = int(rng.choice([50, 200, 1000, 5000]))
    p = int(np.clip(n * rng.uniform(0.1, 0.9), 2, n - 2))
    right = int(rng.binomial(p, rng.uniform(0.5, 1)))
    true = int(rng.binomial(n - p, rng.uniform(0.5, 1)))
    return right, p - right, n - p - true, true


def scores_of(tp: int, fn: int, fp: int, tn: int) -> dict[str, float]:
    """Scores of two classes."""
    p, n, whole = tp + fn, fp + tn, tp + fn + fp + tn
    by_chance = ((tp + fp) * p + (fn + tn) * n) / whole**2
    under = math.sqrt((tp + fp) * p) * math.sqrt(n * (tn + fn))
    return {
        "sensitivity": tp / p,
        "specificity": tn / n,
        "ppv": tp / (tp + fp) if tp + fp else 0.0,
        "npv": tn / (tn + fn) if tn + fn else 0.0,
        "mcc": (tp * tn - fp * fn) / under if under else 0.0,
        "kappa": ((tp + tn) / whole - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0,
        "f1": 2 * tp / (2 * tp + fp + fn),
    }


def ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divide, with 0 where nothing is to be divided by."""
    return np.divide(over, under, out=np.zeros(len(over)), where=under > 0)


def changed(text: str, rng: Generator, highest: float = 1.0) -> str:
    """Change a printed number by 1 to 3 in its last place."""
    digits = len(text.partition(".")[2])
    while True:
        by = int(rng.integers(1, 4)) * int(rng.choice([-1, 1]))
        value = round(float(text) + by * 10.0**-digits, digits)
        if -1 <= value <= highest and (value >= 0 or float(text) < 0):
            return f"{value:.{digits}f}"
