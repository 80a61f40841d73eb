"""Audits of documents, as a reviewer uses them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from refashion import __main__ as command_line
from refashion.audit import audit as audits
from refashion.ledger.entry import Verdict

REPORT = """\
# A report

The test set has 200 images.

## The CNN

The CNN has an accuracy of 0.915 on the test set. It incorrectly classified 18 images and correctly
classified 182 images.

Figure 1: Classification report of the CNN

```
              precision    recall  f1-score   support

           a       0.90      0.93      0.92       100
           b       0.93      0.90      0.91       100

    accuracy                           0.92       200
   macro avg       0.92      0.92      0.91       200
weighted avg       0.92      0.92      0.91       200
```
"""
SCORES = """\
Figure 1: Results of the ridge regression

MSE: 4.0
RMSE: {rmse}
MAE: 1.5
R2: 0.75
"""


def written(folder: Path, text: str, name: str = "report.md") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def titles(path: Path, verdict: Verdict) -> list[str]:
    return [answer.question.title for answer in audits.audit(path).with_verdict(verdict)]


def test_counts_of_answers_have_to_give_the_accuracy(tmp_path):
    bad = written(tmp_path, REPORT)
    assert titles(bad, Verdict.INCONSISTENT) == ["Accuracy and errors"]
    good = written(tmp_path, REPORT.replace("0.915", "0.910"))
    assert titles(good, Verdict.INCONSISTENT) == titles(good, Verdict.DOUBTFUL) == []
    assert "Accuracy and errors" in titles(good, Verdict.CONSISTENT)


def test_a_wrong_cell_of_a_classification_report_is_found(tmp_path):
    good = REPORT.replace("0.915", "0.910")
    bad = good.replace("b       0.93      0.90      0.91", "b       0.93      0.90      0.97")
    assert titles(written(tmp_path, bad), Verdict.INCONSISTENT) == ["Classification report"]


@pytest.mark.parametrize(("rmse", "found"), [("2.0", []), ("3.0", ["RMSE and MSE"])])
def test_scores_of_a_regression_have_to_fit(tmp_path, rmse, found):
    path = written(tmp_path, SCORES.format(rmse=rmse))
    assert titles(path, Verdict.INCONSISTENT) == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("On the test set, the ridge regression has an MSE of 4.0, an RMSE of 3.0 and R² 0.7.", 1),
        ("The ridge regression obtains MSE = 4.0, RMSE = 3.0 and R^2 = 0.7.", 1),
        ("The ridge regression has a test MSE of 4.0, an RMSE of 2.0 and R² of 0.7.", 0),
        ("The MSE of the ridge regression is 4.0, and the RMSE of the random forest is 3.0.", 0),
        ("OLS has a test MSE of 4.0, and Huber has a test RMSE of 3.0.", 0),
        ("For the price the test MSE is 4.0, and for the rent the test RMSE is 3.0.", 0),
    ],
)
def test_scores_in_one_sentence_have_to_fit(tmp_path, sentence, found):
    path = written(tmp_path, f"# Results\n\n{sentence}\n")
    assert titles(path, Verdict.INCONSISTENT) == ["RMSE and MSE"] * (found and "=" in sentence)
    assert titles(path, Verdict.DOUBTFUL) == ["RMSE and MSE"] * (found and "=" not in sentence)


def test_results_of_two_models_are_not_the_same_to_the_last_digit(tmp_path):
    lines = "{}:\n\nFigure {}: Result\n\nTest loss: 0.3103218972682953\nTest accuracy: {}\n\n"
    one = lines.format("CNN model", 1, "0.8943809270858765")
    same = one + lines.format("Random forest model", 2, "0.8943809270858765")
    other = one + lines.format("Random forest model", 2, "0.8712381124496460")
    assert titles(written(tmp_path, same), Verdict.INCONSISTENT) == ["Two results alike"]
    assert titles(written(tmp_path, other), Verdict.INCONSISTENT) == []
    again = one + lines.format("CNN model", 2, "0.8943809270858765")
    assert titles(written(tmp_path, again), Verdict.INCONSISTENT) == []


def test_a_setting_in_text_and_code_that_differs_is_doubtful(tmp_path):
    text = (
        "We trained the CNN with a batch size of 64.\n\n```\nmodel.fit(x, y, batch_size={})\n```\n"
    )
    differing = written(tmp_path, text.format(32))
    assert titles(differing, Verdict.INCONSISTENT) == []
    assert titles(differing, Verdict.DOUBTFUL) == ["A setting with two values: batch size"]
    assert titles(written(tmp_path, text.format(64)), Verdict.DOUBTFUL) == []


def run(*arguments: object) -> int:
    return command_line.main(["audit", *map(str, arguments)])


def test_the_command_shows_writes_and_ends_with_a_status(tmp_path, capsys):
    path = written(tmp_path, REPORT)
    assert run(path, "--out", tmp_path / "out") == 0
    shown = capsys.readouterr().out
    assert "1 contradiction" in shown and "0.915 of 200 is 183 right answers" in shown
    assert run(path, "--out", tmp_path / "out", "--strict") == 1
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["counts"]["inconsistent"] == 1
    [finding] = [each for each in found["findings"] if each["verdict"] == "inconsistent"]
    assert finding["places"][0]["line"] == 7
    support = [number for number in found["numbers"] if number["metric"] == "support"]
    assert {number["value"] for number in support} == {"100", "200"}
    page = (tmp_path / "out" / "audit.html").read_text()
    assert "✗ 1 contradiction" in page and "183 right answers" in page


def test_a_document_that_cannot_be_read_ends_with_two(tmp_path, capsys):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing")
    assert run(path, "--out", tmp_path) == 2
    assert "report.pdf" in capsys.readouterr().err
    assert not (tmp_path / "audit.json").exists()


def test_the_audit_of_another_document_is_kept(tmp_path, capsys):
    run(written(tmp_path, REPORT), "--out", tmp_path)
    assert run(written(tmp_path, REPORT, "other.md"), "--out", tmp_path) == 2
    assert "the audit of report.md" in capsys.readouterr().err


def test_a_folder_gives_a_table(tmp_path, capsys):
    stack = tmp_path / "stack"
    (stack / "deeper").mkdir(parents=True)
    written(stack, REPORT, "bad.md")
    written(stack / "deeper", REPORT.replace("0.915", "0.910"), "good.txt")
    (stack / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    assert run(stack, "--out", tmp_path / "out") == 2
    rows = [*csv.DictReader((tmp_path / "out" / "audits.csv").open())]
    assert [row["document"] for row in rows] == ["bad.md", "good.txt", "broken.pdf"]
    assert [row["contradictions"] for row in rows] == ["1", "0", ""]
    assert (tmp_path / "out" / "bad" / "audit.html").exists()


def test_the_page_shows_text_of_the_document_as_text(tmp_path):
    hostile = REPORT.replace("18 images", "18 images <script>alert(1)</script> ")
    run(written(tmp_path, hostile, "<b>report.md"), "--out", tmp_path / "out")
    page = (tmp_path / "out" / "audit.html").read_text()
    assert "<script" not in page and "<b>report" not in page
    assert re.search(r"default-src 'none'", page)


TRUE_REPORTS = {
    "means of runs": "The test set has 500 images. The mean test accuracy of ten runs was "
    "92.86 %.\n",
    "parts": "The test set has 200 people. On the test set, the accuracy is 83.33 % for women.\n",
    "scales": "| Model | RMSE (log) | MAE ($) |\n|---|---|---|\n| Ridge | 0.1416 | 19,429 |\n",
    "data sets": "ResNet has the highest accuracy: 99.58 % on MNIST.\n\n"
    "| Model | MNIST acc. | CIFAR acc. |\n|---|---|---|\n| LeNet | 99.05 | 68.33 |\n"
    "| ResNet | 99.58 | 93.02 |\n",
    "some models": "Of the models without pre-training, the CNN has the best accuracy.\n\n"
    "| Model | Accuracy |\n|---|---|\n| SVM | 0.87 |\n| CNN | 0.91 |\n| BERT | 0.94 |\n",
    "counts": "The test set has 1400 reviews. The CNN has a test accuracy of 0.9100. 126 of the "
    "1400 reviews were misclassified and 1274 were classified correctly.\n",
    "epochs": "".join(
        f"Test set: Average loss: 0.{50 - i}, Accuracy: {9000 + i}/10000 (90%)\n\n"
        for i in range(5)
    )
    + "## A CNN\n",
    "left out": "The data set contains 1,001 customers. We removed 12 duplicates. There are 791 "
    "training examples and 198 test examples.\n",
}


@pytest.mark.parametrize("name", TRUE_REPORTS)
def test_a_true_report_is_not_accused(tmp_path, name):
    path = written(tmp_path, TRUE_REPORTS[name])
    assert not titles(path, Verdict.INCONSISTENT) + titles(path, Verdict.DOUBTFUL)


def test_a_document_without_numbers_is_read(tmp_path, capsys):
    assert run(written(tmp_path, "Nothing.\n"), "--out", tmp_path / "out") == 0
    assert "0 numbers read" in capsys.readouterr().out


def test_a_folder_without_documents_ends_with_two(tmp_path, capsys):
    assert run(tmp_path, "--out", tmp_path / "out") == 2
    assert "no document" in capsys.readouterr().err
