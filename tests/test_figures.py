import math

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.figure import Figure

from refashion.data import tables as data_tables
from refashion.figures import classes as class_figures
from refashion.figures import data as data_figures
from refashion.figures import training as training_figures
from refashion.figures import values as value_figures
from refashion.figures.style import PALETTE
from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables

mpl.use("Agg")

CLASSES = ["T-shirt/top", "$x$ <b>", "_bag"]

NUMBER = {
    **{"run": "cnn", "measure": "Accuracy", "class": "", "split": "test", "reported": "91.9%"},
    **{"value": 0.919, "reproduced": 0.912, "lower": -0.004, "upper": 0.018, "tolerance": 0.01},
}
NOT_REPRODUCED = dict.fromkeys(("reproduced", "lower", "upper"), math.nan)


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def history(runs=("cnn",), seeds=1, epochs=4, names=("loss", "accuracy")) -> pd.DataFrame:
    return pd.DataFrame(
        {"run": run, "seed": seed, "epoch": epoch}
        | {f"{part}{name}": (seed + 1) / epoch for name in names for part in ("", "val_")}
        for run in runs
        for seed in range(seeds)
        for epoch in range(1, epochs + 1)
    )


def texts(figure: Figure) -> list[str]:
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def test_colours_are_those_of_seaborn():
    assert list(PALETTE) == sns.color_palette("colorblind").as_hex()


@pytest.mark.parametrize(
    ("runs", "seeds", "epochs"), [(["cnn"], 1, 4), (["cnn"], 1, 1), (["cnn", "gru"], 3, 4)]
)
def test_history_has_a_panel_for_loss_and_one_for_accuracy(runs, seeds, epochs):
    figure = training_figures.plot_history(history(runs, seeds, epochs))
    assert isinstance(figure, Figure)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    bands = sum(len(axes.collections) for axes in figure.axes)
    assert bands == (2 * 2 * len(runs) if seeds > 1 else 0)
    assert {"training", "validation"} <= set(texts(figure))
    assert ("gru" in texts(figure)) == ("gru" in runs)


def test_history_shows_what_the_source_prints():
    reported = pd.DataFrame(
        [("gru", 2, "loss", "training", 0.4), ("gone", 2, "loss", "training", 0.9)],
        columns=["run", "epoch", "curve", "part", "value"],
    )
    loss, accuracy = training_figures.plot_history(history(["cnn", "gru"]), reported).axes
    [marks] = [line for line in loss.lines if line.get_marker() == "D"]
    assert marks.get_xydata().tolist() == [[2, 0.4]]
    assert marks.get_markeredgecolor() == training_figures.INK
    assert not [line for line in accuracy.lines if line.get_marker() == "D"]
    assert "training, reported" in texts(loss.figure)


def test_history_of_one_run_needs_neither_run_nor_seed():
    alone = history().drop(columns=["run", "seed"])
    assert "run" not in texts(training_figures.plot_history(alone))


def test_history_of_seeds_that_stopped_at_different_epochs():
    uneven = history(seeds=2).query("seed == 0 or epoch < 3")
    assert len(training_figures.plot_history(uneven).axes) == 2


def test_history_without_validation_and_with_another_score():
    frame = history(names=("loss", "mae")).drop(columns=["val_loss", "val_mae"])
    assert "validation" not in texts(training_figures.plot_history(frame))


def test_history_of_a_run_that_diverged_says_so():
    lost = history().assign(loss=np.nan, val_loss=np.nan)
    figure = training_figures.plot_history(lost)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    assert "no finite number" in texts(figure)
    assert {"training", "validation"} <= set(texts(figure))


@pytest.mark.parametrize("lost", [np.nan, np.inf])
def test_history_of_runs_of_which_one_diverged(lost):
    frame = history(["cnn", "gru"])
    frame.loc[(frame["run"] == "gru") & (frame["epoch"] > 1), ["loss", "val_loss"]] = lost
    figure = training_figures.plot_history(frame)
    assert {"cnn", "gru"} <= set(texts(figure))
    nothing = frame.assign(loss=np.nan, val_loss=np.nan, accuracy=np.nan, val_accuracy=np.nan)
    assert "no finite number" in texts(training_figures.plot_history(nothing))


def test_history_of_a_model_without_epochs():
    assert "this model is not trained in epochs" in texts(training_figures.plot_history(None))


def test_history_of_more_runs_than_colours():
    runs = [f"a run with a long name {n}" for n in range(23)]
    assert set(runs) <= set(texts(training_figures.plot_history(history(runs))))


def test_of_very_many_epochs_the_first_and_the_last_are_drawn():
    figure = training_figures.plot_history(history(epochs=10_000, names=("loss", "mae")))
    drawn = figure.axes[0].lines[0].get_xdata()
    assert (drawn[0], drawn[-1]) == (1, 10_000) and len(drawn) < 600


def test_epochs_are_whole_numbers():
    figure = training_figures.plot_history(history(epochs=2))
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert all(label.isdigit() for label in labels if label)


def test_nothing_to_draw_says_so():
    assert "no run left a history" in texts(training_figures.plot_history(pd.DataFrame()))
    nothing = ledger_tables.table_comparison([])
    assert "the study states no number that can be drawn" in texts(
        ledger_figures.plot_comparison(nothing)
    )


def test_samples_of_classes_with_fewer_images():
    x, y = np.zeros((5, 28, 28), np.uint8), np.array([0, 0, 0, 2, 2])
    assert set(CLASSES) <= set(texts(data_figures.plot_samples(x, y, CLASSES, per_class=3)))


def test_class_counts_have_a_panel_per_split():
    labels = {"training": np.array([0, 1, 1]), "test": np.array([2])}
    figure = data_figures.plot_class_counts(data_tables.table_class_counts(labels, CLASSES))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["training", "test"]


def test_confusion_matrix_writes_counts_and_leaves_out_zeros():
    matrix = pd.DataFrame({"true": ["a", "b"], "a": [5.0, 0.5], "b": [0.0, 0.0]})
    written = texts(class_figures.plot_confusion_matrix(matrix))
    assert {"5", "<1", "predicted", "true"} <= set(written)
    assert "0" not in written


def test_comparison_has_a_panel_per_metric_and_a_row_per_claim():
    numbers = pd.DataFrame(
        [
            NUMBER,
            NUMBER | {"run": "gru", **NOT_REPRODUCED},
            NUMBER | {"measure": "Log loss", "reported": ".243", "value": 0.243},
        ]
    )
    figure = ledger_figures.plot_comparison(numbers)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Accuracy", "Log loss"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["cnn", "gru"]


def test_rows_of_a_comparison_that_are_alike_say_what_parts_them():
    numbers = pd.DataFrame(
        [
            NUMBER | {"class": "Shirt"},
            NUMBER,
            NUMBER | {"split": "train"},
            NUMBER | {"split": "train", "reported": "92%"},
        ]
    )
    figure = ledger_figures.plot_comparison(numbers)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["cnn, Shirt, test", "cnn, test", "cnn, train, 91.9%", "cnn, train, 92%"]


def test_comparison_without_any_value():
    numbers = pd.DataFrame([NUMBER | NOT_REPRODUCED])
    assert isinstance(ledger_figures.plot_comparison(numbers), Figure)


def test_svg_is_the_same_every_time_and_its_text_is_text():
    drawn = [
        training_figures.to_svg(training_figures.plot_history(history(["$x$ <b>"], 2)))
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert ">Accuracy</text>" in drawn[0]
    assert "dc:date" not in drawn[0]


def test_what_a_backend_switches_on_stays_on():
    with training_figures.style():
        plt.ion()
    assert plt.isinteractive()
    plt.ioff()


def test_names_are_drawn_as_they_are():
    labels = {"test": np.array([0, 1, 2])}
    svg = training_figures.to_svg(
        data_figures.plot_class_counts(data_tables.table_class_counts(labels, CLASSES))
    )
    assert "$x$ &lt;b&gt;" in svg
    assert "_bag" in svg


def test_drawing_closes_the_figure_and_leaves_the_style_alone():
    before = dict(mpl.rcParams)
    training_figures.to_svg(training_figures.plot_history(history()))
    assert not plt.get_fignums()
    assert dict(mpl.rcParams) == before


def regression(n=500):
    true = np.random.default_rng(0).normal(20_000, 5_000, n)
    return true, true + 1_000


@pytest.mark.parametrize("plot", [value_figures.plot_predictions, value_figures.plot_residuals])
def test_answers_of_a_regression(plot):
    true, predicted = regression()
    figure = plot(true, predicted, "price", "Indian rupees")
    assert any("price (Indian rupees)" in text for text in texts(figure))
    lost = np.where(np.arange(len(true)) < 5, np.nan, predicted)
    assert len(plot(true, lost, "price", "Indian rupees").axes) == len(figure.axes)
    constant = plot(true, np.full(len(true), true.mean()), "price", "Indian rupees")
    assert len(constant.axes) == len(figure.axes)


@pytest.mark.parametrize("lost", [np.nan, np.inf])
@pytest.mark.parametrize("plot", [value_figures.plot_predictions, value_figures.plot_residuals])
def test_answers_that_are_no_numbers_say_so(plot, lost):
    true, _ = regression()
    figure = plot(true, np.full(len(true), lost), "price", "Indian rupees")
    assert value_figures.NO_NUMBER in texts(figure)


def test_notebooks_draw_what_the_task_asks_for():
    true, predicted = regression()
    assert len(class_figures.plot_answers(true, predicted, [], "price", "rupees").axes) == 4
    labels = np.array([0, 1, 2])
    matrix = class_figures.plot_answers(labels, labels, CLASSES, "class", "")
    assert "predicted" in texts(matrix)
    lost = class_figures.plot_answers(labels, np.full(3, -1), CLASSES, "class", "")
    assert value_figures.NO_NUMBER in texts(lost)

    assert "price (rupees)" in texts(
        data_figures.plot_targets({"all": true}, [], "price", "rupees")
    )
    assert (
        len(data_figures.plot_targets({"a": labels, "b": labels}, CLASSES, "class", "").axes) == 2
    )

    levels = {"kind": ["a", "b"]}
    columns = np.eye(2)[[0, 1, 1]]
    drawn = data_figures.plot_examples(columns, labels, [], ["kind_a", "kind_b"], levels)
    assert {"kind", "a", "b"} <= set(texts(drawn))


def test_few_points_are_drawn_without_a_scale():
    true = np.arange(20.0)
    figure = class_figures.plot_answers(true, true[::-1], [], "score", "")
    assert len(figure.axes) == 2
    assert {"true score", "predicted score"} <= set(texts(figure))
    assert not any("math" in text for text in texts(figure))


def test_examples_of_every_kind_of_data_are_drawn():
    labels, classes = np.array([0, 1, 0]), ["u", "v"]
    numbers = np.array([[1, np.nan], [2, 3], [3, 4]])
    drawn = data_figures.plot_examples(numbers, labels, classes, ["width", "height"], {})
    assert {"width", "height"} <= set(texts(drawn))
    drawn = data_figures.plot_examples(np.ones((3, 30)), labels, classes, [], {})
    assert "the first 24 of 30 columns" in texts(drawn)
    sentences = np.array(["a b", "c", "d e f"])
    drawn = data_figures.plot_examples(sentences, labels, classes, [], {})
    assert "words" in texts(drawn)
    coloured = np.zeros((3, 4, 5, 3), np.uint8)
    assert {"u", "v"} <= set(texts(data_figures.plot_examples(coloured, labels, classes, [], {})))
    assert "examples" in texts(data_figures.plot_examples(coloured, labels / 2, [], [], {}))
