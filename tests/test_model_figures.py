"""Figures of models show what they are given, and say so where there is nothing to show."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from refashion.figures import models as model_figures

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def texts(figure):
    figure.canvas.draw()
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


def scores(*rows):
    return pd.DataFrame(rows, columns=["run", "seed", "split", "metric", "value"])


NOTHING_REPORTED = pd.DataFrame(columns=["run", "split", "metric", "value"])


def test_scores_stand_beside_what_is_reported():
    made = scores(
        ("CNN", 0, "test", "accuracy", 0.9),
        ("CNN", 1, "test", "accuracy", 0.92),
        ("CNN", 0, "train", "accuracy", 0.95),
        ("$x$ <b>", 0, "test", "accuracy", 0.8),
    )
    reported = pd.DataFrame(
        [("CNN", "test", "accuracy", 0.93), ("gone", "test", "accuracy", 0.5)],
        columns=NOTHING_REPORTED.columns,
    )
    figure = model_figures.plot_scores(made, reported)
    [panel] = figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in panel.lines}
    lane = model_figures.LANES
    assert drawn["test"] == [[pytest.approx(0.91), lane], [0.8, 1 + lane]]
    assert drawn["training"] == [[0.95, -lane]]
    assert drawn["reported"] == [[0.93, lane]]
    assert {"Accuracy", "CNN", "$x$ <b>"} <= set(texts(figure))


def test_validation_is_drawn_where_the_source_prints_it():
    made = scores(
        *(("CNN", 0, split, "accuracy", 0.9) for split in ("train", "validation", "test"))
    )
    reported = pd.DataFrame(
        [("CNN", "validation", "accuracy", 0.93)], columns=NOTHING_REPORTED.columns
    )
    [panel] = model_figures.plot_scores(made, reported).axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in panel.lines}
    assert drawn["validation"] == [[0.9, 0]]
    assert drawn["reported"] == [[0.93, 0]]
    [panel] = model_figures.plot_scores(made, NOTHING_REPORTED).axes
    assert "validation" not in {line.get_label() for line in panel.lines}


def test_what_is_far_off_is_named_and_leaves_the_others_their_scale():
    made = scores(*((run, 0, "test", "log_loss", 0.3 + i / 10) for i, run in enumerate("abc")))
    reported = pd.DataFrame(
        [("b", "test", "log_loss", 17839964.0), ("c", "test", "log_loss", 0.4)],
        columns=NOTHING_REPORTED.columns,
    )
    figure = model_figures.plot_scores(made, reported)
    [panel] = figure.axes
    assert "reported: 1.784e+07 ▸" in texts(figure)
    assert panel.get_xlim()[1] < 1
    drawn = {line.get_label(): line.get_xydata().tolist() for line in panel.lines}
    assert drawn["reported"] == [[0.4, 2]]  # with one split, in the middle of its row


def test_scores_that_are_no_numbers_are_left_out():
    made = scores(("a", 0, "test", "accuracy", np.nan), ("a", 0, "test", "log_loss", np.inf))
    assert "no run has a score that is a finite number" in texts(
        model_figures.plot_scores(made, NOTHING_REPORTED)
    )
    made = scores(("a", 0, "test", "accuracy", 0.5), ("b", 0, "test", "log_loss", np.nan))
    figure = model_figures.plot_scores(made, NOTHING_REPORTED)
    assert len(figure.axes) == 1 and "b" in texts(figure)


def test_no_scores_at_all():
    figure = model_figures.plot_scores(scores(), NOTHING_REPORTED)
    assert "no run has a score that is a finite number" in texts(figure)


def test_every_layer_of_a_network_has_its_box():
    layers = pd.DataFrame(
        {
            "type": ["MaxPooling2D", "LeakyReLU", *["Dense"] * 7],
            "output_shape": ["14 × 14 × 8", "14 × 14 × 8", *["10"] * 7],
            "n_parameters": [0, 0, *[1234] * 7],
        }
    )
    figure = model_figures.plot_network(layers, "28 × 28")
    shown = texts(figure)
    assert {"Input", "28 × 28", "Max Pooling2D", "Leaky ReLU", "1,234"} <= set(shown)
    assert shown.count("Dense") == 7
    assert sum(len(panel.patches) for panel in figure.axes) == 10
    one_sided = layers.tail(2).assign(output_shape=10)
    assert texts(model_figures.plot_network(one_sided, "28")).count("10") == 2


def test_most_confused_pairs_come_first():
    true = np.array([0, 0, 0, 1, 1, 2])
    predicted = np.array([1, 1, 0, 2, 1, -1])
    figure = model_figures.plot_confused(np.ones((6, 4, 4)), true, predicted, ["a", "b", "$c$"])
    labels = [text for text in texts(figure) if text]
    assert labels == ["a,\ntaken for\nb: 2", "b,\ntaken for\n$c$: 1"]
    none = model_figures.plot_confused(np.ones((6, 4, 4)), true, true, ["a", "b", "c"])
    assert "no example is taken for another class" in texts(none)


def test_most_important_input_comes_first():
    figure = model_figures.plot_importances(pd.Series({"stops": 0.1, "class": 0.9}))
    [panel] = figure.axes
    assert [label.get_text() for label in panel.get_yticklabels()] == ["class", "stops"]
    assert [bar.get_width() for bar in panel.patches] == [0.9, 0.1]
