"""Figures are drawn again where what they show has changed, and only there."""

from functools import partial

import pandas as pd
import pytest

from refashion.figures import values as value_figures
from refashion.figures.style import WIDTH
from refashion.render.text import figure_files


def counts(n=3):
    return pd.DataFrame({"category": "stops", "level": ["none", "one"], "examples": [n, 5]})


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draw the file, and say what is known of it and whether it was drawn."""
    drawn = []
    to_svg = figure_files.style.to_svg
    monkeypatch.setattr(
        "refashion.figures.style.to_svg", lambda figure: drawn.append(figure) or to_svg(figure)
    )

    def make(table):
        before = len(drawn)
        plot = partial(value_figures.plot_categories, table)
        known = figure_files.draw(plot, tmp_path / "figure.svg")
        return known, len(drawn) > before

    return make


def test_the_same_is_not_drawn_again(draw, tmp_path):
    first, _ = draw(counts())
    written = (tmp_path / "figure.svg").read_bytes()
    again, was_drawn = draw(counts())
    assert (again, was_drawn) == (first, False)
    assert (tmp_path / "figure.svg").read_bytes() == written


def test_other_data_and_other_code_are_drawn(draw, monkeypatch):
    draw(counts())
    assert draw(counts(4))[1]
    monkeypatch.setattr(figure_files, "_code", lambda: "changed")
    assert draw(counts(4))[1]


def test_a_file_that_was_cut_is_drawn_again(draw, tmp_path):
    draw(counts())
    path = tmp_path / "figure.svg"
    whole = path.read_text()
    path.write_text(whole[:-200])
    assert draw(counts())[1]
    assert path.read_text() == whole


def test_size_and_whether_it_tells_anything(draw):
    known, _ = draw(counts())
    assert known.width == pytest.approx(WIDTH)
    assert 0 < known.height < 3
    assert not known.values
