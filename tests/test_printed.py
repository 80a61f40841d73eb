"""Numbers that a notebook printed: which of them are results, and how they are found again."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from refashion.printed import (
    NotebookFileError,
    PrintedLine,
    code_cells,
    find_number,
    find_row,
    lines_of,
    parameters,
    read_notebook,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Test accuracy: 0.8943", ["0.8943"]),
        ("accuracy 95.2 %, error −0.5, n = 1,234", ["95.2 %", "−0.5", "1,234"]),
        ("0.912±0.003", ["0.912", "0.003"]),
        ("[0.1 0.2 -0.3] np.float64(2e-05)", ["0.1", "0.2", "-0.3", "2e-05"]),
        ("1875/1875 ━━━━━━━ 3s 2ms/step - accuracy: 0.89 - loss: 0.3", ["0.89", "0.3"]),
        ("100%|█████| 938/938 [00:05<00:00, 170.1it/s]", []),
        ("CPU times: user 1.5 s, sys: 2 ms, total: 1.6 s", []),
        ("Training time: 12.3, score 0.9", ["0.9"]),
        ("took 3.4 seconds at 2026-03-02 10:11:12", []),
        ("<sklearn.svm.SVC object at 0x7f12a>", []),
        ("version 1.2.3, 10-fold, conv2d_1, img12.png", []),
    ],
)
def test_only_results_count_as_numbers(text, numbers):
    assert PrintedLine(text).numbers == numbers


LOG = ["Epoch 1, loss: 0.9", "Epoch 2, loss: 0.5", "Epoch 3, loss: 0.4"]


def lines(*texts):
    return [PrintedLine(text) for text in texts]


def test_a_number_is_found_where_its_line_has_moved():
    moved = lines("a new warning", "Epoch 1, loss: 0.8", "Epoch 2, loss: 0.6")
    assert find_number(moved, LOG[1], line=2, number=2) == "0.6"


def test_of_lines_that_look_alike_the_nearest_counts():
    alike = lines("score 0.1", "score 0.2", "other", "score 0.3")
    assert find_number(alike, "score 0.9", line=4, number=1) == "0.3"


def test_a_part_of_the_line_is_enough_to_find_it():
    assert find_number(lines("The accuracy is 0.91 now"), "accuracy is 0.93", 1, 1) == "0.91"


def test_what_was_not_printed_is_not_found():
    assert find_number(lines("nothing like it 0.5"), "Test accuracy: 0.9", 1, 1) is None
    assert find_number([], "Test accuracy: 0.9", 1, 1) is None


def test_a_row_is_found_by_its_name_in_the_nearest_table():
    report = lines("train", "cat 0.9 0.8", "dog 0.7 0.6", "test", "cat 0.5 0.4", "dog 0.3 0.2")
    assert find_row(report, "cat", 5) == ("0.5", "0.4")
    assert find_row(report, "dog", 2) == ("0.7", "0.6")
    assert find_row(report, "cow", 2) == ()


def test_the_printed_text_the_value_and_the_table_of_a_cell_are_read():
    html = "<table><tr><th>a</th><td>0.5</td></tr></table>"
    outputs = [
        new_output("stream", name="stdout", text="one 1.5\nhalf "),
        new_output("stream", name="stdout", text="a line\n"),
        new_output("stream", name="stderr", text="warning 3.5"),
        new_output("stream", name="stdout", text="10%\r50%\rdone 2.5\n\n"),
        new_output("execute_result", data={"text/plain": "0.25"}),
        new_output("display_data", data={"text/plain": "<Styler>", "text/html": html}),
        new_output("display_data", data={"image/png": "0.1"}),
    ]
    found = [line.text for line in lines_of(new_code_cell("", outputs=outputs))]
    assert found == ["one 1.5", "half a line", "done 2.5", "0.25", "a 0.5"]


def test_cells_that_were_added_do_not_count():
    added = [
        new_code_cell("", metadata={"tags": [tag]}) for tag in ("refashion", "injected-parameters")
    ]
    own = new_code_cell("n = 1\nm: int = 2", metadata={"tags": ["parameters"]})
    notebook = new_notebook(cells=[*added, own])
    assert code_cells(notebook) == [own]
    assert parameters(notebook) == ["n", "m"]


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        json.dumps({"nbformat": 3, "worksheets": []}),
        json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "outputs": 5}]}),
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path, content):
    path = tmp_path / "a.ipynb"
    path.write_text(content)
    with pytest.raises(NotebookFileError, match="not a notebook"):
        read_notebook(path)


def test_a_notebook_of_another_language_is_refused(tmp_path):
    path = tmp_path / "a.ipynb"
    info = {"kernelspec": {"name": "ir", "language": "R"}}
    path.write_text(json.dumps({"nbformat": 4, "metadata": info, "cells": []}))
    with pytest.raises(NotebookFileError, match="a notebook of R; accepted: one of Python"):
        read_notebook(path)
