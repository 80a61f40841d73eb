"""Reports, matrices, logs, tables and code are read as printed, and as PDF leaves them.

What is read is right, or carries a doubt.
"""

import re
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import classification_report, confusion_matrix

from refashion.audit.reading import (
    captions,
    layer_tables,
    listings,
    logs,
    matrices,
    reports,
    tables,
)
from refashion.audit.reading.readings import Readings
from refashion.documents.document import Document, TextLine, Unit

NAMES = ["T-shirt / top", "Ankle boot 2", "1.0", "bag"]
RANDOM = np.random.default_rng(0)
TRUE = RANDOM.integers(0, 4, 400)
FOUND = np.where(RANDOM.random(400) < 0.7, TRUE, RANDOM.integers(0, 4, 400))
MATRIX = confusion_matrix(TRUE, FOUND)
CELLS = [[str(cell) for cell in row] for row in MATRIX]


def document(text):
    lines = text.split("\n")
    return Document("report.txt", Unit.NONE, 1, [TextLine(n, t) for n, t in enumerate(lines, 1)])


def only(reader, text):
    (found,) = reader.find(document(text))
    return found


def rows_of_report(digits=2, names=NAMES):
    scores = classification_report(TRUE, FOUND, target_names=names, output_dict=True)
    for name, row in scores.items():
        if name == "accuracy":
            yield name, (None, None, f"{row:.{digits}f}", str(len(TRUE)))
        else:
            shares = (f"{value:.{digits}f}" for value in [*row.values()][:3])
            yield name, (*shares, str(int(row["support"])))


@pytest.mark.parametrize("digits", [2, 4])
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text,
        lambda text: re.sub(" +", " ", text),
        lambda text: re.sub(r"\s*\n\s*", "\n", text),
        lambda text: f"UndefinedMetricWarning: ill-defined\n  _warn_prf(average)\n{text}\nDone.",
        lambda text: re.sub(r"\n", "\n\n", text),
        lambda text: re.sub(" {2,}", "\t", text),
        lambda text: text.replace("macro avg", "12\n\fA running head\nmacro avg"),
        lambda text: re.sub(r" +(\d+|support)$", r"\n\1", text, flags=re.MULTILINE),
        lambda text: text.replace(" avg ", "     ").rstrip(),
    ],
    ids=[
        *("printed", "single", "stripped", "warning", "blank lines", "tabs", "page break"),
        *("narrow column", "broken names of averages"),
    ],
)
def test_a_classification_report_is_read(damage, digits):
    printed = classification_report(TRUE, FOUND, target_names=NAMES, digits=digits)
    found = only(reports, damage(printed))
    assert found.rows == dict(rows_of_report(digits))
    assert not found.doubts


@pytest.mark.parametrize(("part", "glue"), [(r"\s+", " "), (r"\s+", "\n")], ids=["line", "column"])
def test_a_report_on_one_line_or_in_one_column_is_read(part, glue):
    printed = classification_report(TRUE, FOUND)
    found = only(reports, re.sub(part, glue, printed.strip()))
    assert found.rows == dict(rows_of_report(names=["0", "1", "2", "3"]))


def test_a_report_of_pandas_and_one_in_markdown_are_read():
    frame = pd.DataFrame(classification_report(TRUE, FOUND, output_dict=True)).T
    assert [*only(reports, str(frame)).rows["accuracy"]][2][:4] in ("0.77", "0.78", "0.76", "0.75")
    lines = ["| | precision | recall | f1-score | support |", "|---|---|---|---|---|"]
    for name, row in rows_of_report():
        lines.append(f"| {name} | " + " | ".join(cell or "" for cell in row) + " |")
    assert only(reports, "\n".join(lines)).rows == dict(rows_of_report())


def test_lost_blanks_in_a_report_are_a_doubt_and_the_numbers_are_right():
    printed = classification_report(TRUE, FOUND)
    found = only(reports, re.sub(" +", "", printed))
    assert found.rows == dict(rows_of_report(names=["0", "1", "2", "3"]))
    assert found.doubts == ("the blanks between numbers are lost",)


def test_a_lost_row_a_lost_cell_and_a_lost_head_of_a_report():
    lines = classification_report(TRUE, FOUND).split("\n")
    assert only(reports, "\n".join(lines[:3] + lines[4:])).doubts == (
        "the row of class 1 is missing",
    )
    assert not only(reports, "\n".join(lines[1:])).doubts
    lines[3] = re.sub(r"0\.\d\d", "", lines[3], count=1)
    found = only(reports, "\n".join(lines))
    assert found.rows["1"][:3] == (None, None, None)
    assert found.doubts == ("a cell of the row 1 is lost",)


@pytest.mark.parametrize(
    "printed",
    [
        str(MATRIX),
        repr(MATRIX),
        str(MATRIX.tolist()),
        re.sub(r"\s+", " ", str(MATRIX)),
        re.sub(r" +", "\t", str(MATRIX)),
        str(MATRIX).replace("[[", "[").replace("]]", "]"),
        "\n".join(" ".join(row) for row in CELLS),
        str(pd.crosstab(pd.Series(TRUE, name="Actual"), pd.Series(FOUND, name="Predicted"))),
        str(
            pd.crosstab(
                pd.Series(TRUE, name="Actual"), pd.Series(FOUND, name="Predicted"), margins=True
            )
        ),
        str(pd.DataFrame(MATRIX, index=NAMES, columns=NAMES)),
        "\\prod\t0\t1\t2\t3\n" + "\n".join(f"{n}\t" + "\t".join(r) for n, r in enumerate(CELLS)),
        "| | a | b | c | d |\n|--|--|--|--|--|\n"
        + "\n".join(
            f"| {n} | " + " | ".join(row) + " |" for n, row in zip("abcd", CELLS, strict=True)
        ),
    ],
)
def test_a_confusion_matrix_is_read(printed):
    found = only(matrices, f"Figure 3: Confusion Matrix\n\n{printed}")
    assert [[*row] for row in found.rows] == CELLS
    assert not found.doubts


def test_a_wide_matrix_is_read_over_several_lines():
    wide = np.kron(np.eye(6, dtype=int), MATRIX)
    with np.printoptions(linewidth=40):
        found = only(matrices, f"confusion matrix\n{wide}")
    assert [[*row] for row in found.rows] == [[str(cell) for cell in row] for row in wide]


def test_brackets_that_were_read_as_digits_are_taken_off_or_doubted():
    text = "Confusion matrix\n[[50 3 1]\n1 2 40 1]\nſ 0 5 3111"
    found = only(matrices, text)
    assert [[*row] for row in found.rows] == [["50", "3", "1"], ["2", "40", "1"], ["0", "5", "31"]]
    assert len(found.doubts) == 1 and "3111" in found.doubts[0]


def test_lost_cells_of_a_matrix_are_none():
    lines = ["[[849", "        2  18", " [  4 977", "            0]", " [ 15", "          796]]"]
    broken = "\n".join(["Confusion matrix", *lines])
    found = only(matrices, broken)
    assert [[*row] for row in found.rows] == [
        ["849", "2", "18"],
        ["4", "977", "0"],
        ["15", None, "796"],
    ]
    assert found.doubts[0] == "a cell is lost"
    # Where nothing stands in a column, no square is made of what is left.
    shifted = broken.replace("        2  18", "    2 18").replace("          796", "    796")
    assert [*matrices.find(document(shifted))] == []
    table = "Confusion matrix\n|a|b|c|\n|--|--|--|\n|10|1|2|\n|1||3|\n|0|1|9|"
    assert only(matrices, table).rows[1] == ["1", None, "3"]


def test_pixels_weights_and_tables_of_counts_are_no_confusion_matrix():
    image = RANDOM.integers(0, 256, (28, 28)).astype(np.uint8)
    others = [
        repr(image),
        str(image),
        f"Confusion matrix below\n{image!r}",
        repr(np.eye(4)),
        str(np.eye(4, dtype=int)),
        str(np.round(RANDOM.random((3, 3)), 2)),
        "Sizes\na 1 2\nb 3 4",
    ]
    assert [text for text in others if [*matrices.find(document(text))]] == []


def test_a_matrix_that_nothing_names_is_doubtful():
    assert only(matrices, str(MATRIX)).doubts == ("the text does not call it a confusion matrix",)


EPOCHS = [{"loss": f"0.{50 - n}36", "accuracy": f"0.{81 + n}15"} for n in range(4)]
FULL = [
    row | {"val_loss": f"0.{40 - n}85", "val_accuracy": f"0.{85 + n}85"}
    for n, row in enumerate(EPOCHS)
]


def keras(rows, line):
    said = [" - ".join(f"{name}: {value}" for name, value in row.items()) for row in rows]
    return "\n".join(line.format(n, len(rows), text) for n, text in enumerate(said, 1))


BAR2 = "Epoch {}/{}\n1860/1860 [==============================] - 4s 2ms/step - {}"
BAR3 = "Epoch {}/{}\n\x1b[1m1860/1860\x1b[0m \x1b[32m━━━━━━━━\x1b[0m \x1b[1m4s\x1b[0m 2ms/step - {}"
BROKEN = keras(FULL, BAR2).replace("val_accuracy: 0.8685", "val_accu\nracy: 0.8685")


@pytest.mark.parametrize(
    "printed",
    [
        keras(FULL, BAR2),
        keras(FULL, BAR3),
        keras(FULL, "Epoch {}/{}\n1860/1860 - 4s - {} - 4s/epoch - 2ms/step"),
        keras(FULL, "Epoch {}/{} [=====] - 4s 2ms/step - {}"),
        keras(FULL, BAR2).replace("\n", " "),
        keras(FULL, BAR2).replace(" ", ""),
        keras(FULL, "Epoch {}/{}\n\n900/1860 [==>..] - ETA: 2s - loss: 9.0\n" + BAR2[12:]),
        keras(FULL, BAR2 + "\n\nEpoch 1: val_loss improved from 0.5 to 0.4, saving model to a.h5"),
        keras(FULL, BAR2).replace("Epoch 3", "Figure 8: Training\n\n12\n\nEpoch 3"),
        keras(FULL, BAR2).replace("val_loss: 0.39", "val_loss:\n0.39"),
        BROKEN,
        keras(FULL, BAR2).replace("2ms/", "2ms/\n").replace("val_loss: ", "val_loss:\n"),
        keras(FULL, BAR2)
        .replace(" [=", "\n[=")
        .replace(" 2ms", "\n2ms")
        .replace("- val_", "-\nval_"),
    ],
    ids=[
        *("bars", "Keras 3", "verbose 2", "no steps", "one line", "no blanks", "states"),
        *("checkpoints", "page break", "broken line", "broken word", "column", "narrow column"),
    ],
)
def test_a_log_of_keras_is_read(printed):
    found = only(logs, printed)
    assert [epoch.values for epoch in found.epochs] == FULL
    assert [epoch.number for epoch in found.epochs] == [1, 2, 3, 4]
    assert (found.announced, found.evaluation, [*found.doubts]) == (4, None, [])
    assert {epoch.steps for epoch in found.epochs} <= {1860, None}
    assert {epoch.seconds for epoch in found.epochs} == {"4"}


def test_an_evaluation_is_told_from_an_epoch():
    said = "329/329 [=====] - 0s 1ms/step - loss: 0.3103 - accuracy: 0.8944"
    found = only(logs, f"{keras(FULL, BAR2)}\n{said}\nTest accuracy: 0.8944")
    assert len(found.epochs) == 4 and found.evaluation.steps == 329
    assert found.evaluation.values == {"loss": "0.3103", "accuracy": "0.8944"}
    assert found.last == 9
    assert only(logs, said).evaluation.values == found.evaluation.values
    # The same number of steps as in training, but no values of the validation.
    again = said.replace("329/329", "1860/1860")
    assert only(logs, f"{keras(FULL, BAR2)}\n{again}").evaluation.values["loss"] == "0.3103"


def test_steps_that_are_examples_are_not_taken_for_batches():
    old = keras(EPOCHS, "Epoch {}/{}\n48000/48000 [===] - 4s 87us/step - {}")
    assert {epoch.steps for epoch in only(logs, old).epochs} == {None}
    verbose = keras(EPOCHS, "Epoch {}/{}\n48000/48000 - 4s - {}")
    found = only(logs, f"Train on 48000 samples, validate on 12000 samples\n{verbose}")
    assert {epoch.steps for epoch in found.epochs} == {None}


def test_lost_epochs_and_values_are_doubts():
    parts = keras(FULL, BAR2).split("Epoch")
    assert only(logs, "Epoch".join(parts[:3] + parts[4:])).doubts == (
        "epoch 3 cannot be found in it",
    )
    cut = keras(FULL, BAR2).replace(" - val_loss: 0.3985", "")
    assert only(logs, cut).doubts == ("epoch 2 lacks its val_loss",)
    unfinished = keras(FULL, BAR2)[::-1].replace("0681/0681", "0681/009", 1)[::-1]
    assert "epoch 4 is not finished" in only(logs, unfinished).doubts


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("Epoch [{n}/3], Step [600/600], Loss: 0.{n}1", {"loss": "0.{n}1"}),
        ("epoch {n} | train loss 0.{n} | val acc 0.9", {"loss": "0.{n}", "val_accuracy": "0.9"}),
        ("Epoch {n}/3\n-----\ntrain Loss: 0.{n} Acc: 0.8\nval Loss: 0.4 Acc: 0.9{n}\n",
         {"loss": "0.{n}", "accuracy": "0.8", "val_loss": "0.4", "val_accuracy": "0.9{n}"}),
        ("Epoch: 0{n} | Time: 0m 1s\n\tTrain Loss: 0.{n} | Train Acc: 8{n}%\n\t Val. Loss: 0.4",
         {"loss": "0.{n}", "accuracy": "8{n}%", "val_loss": "0.4"}),
        ("Epoch {n}: 100%|███| 469/469 [00:05<00:00, 80.1it/s, loss=0.{n}, v_num=0, val_acc=0.9]",
         {"loss": "0.{n}", "val_accuracy": "0.9"}),
        ("Iteration {n}, loss = 0.{n}2345", {"loss": "0.{n}2345"}),
        ("-- Epoch {n}\nNorm: 1.2, NNZs: 7, Bias: -1, T: 60, Avg. loss: 0.{n}", {"loss": "0.{n}"}),
        ("[{n}]\ttrain-rmse:0.{n}\ttest-rmse:0.5", {"train-rmse": "0.{n}", "test-rmse": "0.5"}),
        ("[{n}]\tvalid_0's l2: 0.{n}5", {"valid_0's l2": "0.{n}5"}),
        ("2023-01-01 12:00:00,123 - INFO - Epoch {n}: loss=0.{n}1, val_loss=1e-4",
         {"loss": "0.{n}1", "val_loss": "1e-4"}),
        ("step {n}: train loss 2.{n}, val loss 2.5", {"loss": "2.{n}", "val_loss": "2.5"}),
    ],
)  # fmt: skip
def test_logs_of_other_libraries_are_read(line, values):
    found = only(logs, "\n".join(line.replace("{n}", str(n)) for n in (1, 2, 3)))
    for epoch in found.epochs:
        own = {name: value.replace("{n}", str(epoch.number)) for name, value in values.items()}
        assert epoch.values == own
    assert [epoch.number for epoch in found.epochs] == [1, 2, 3]
    assert not found.doubts


def test_what_is_no_log_is_none_and_results_below_one_are_not_taken():
    prose = "Epoch 10 gave a loss of 0.5.\nEpochs: 10\nBatch size: 32\nWe used epoch 3, loss 0.3."
    assert [*logs.find(document(prose))] == []
    found = only(logs, "Epoch: 1000 Loss: 149983800.0\nTest Loss: 149370112.0")
    assert (found.first, found.last) == (1, 1)
    assert [epoch.values for epoch in found.epochs] == [{"loss": "149983800.0"}]


def test_two_trainings_are_two_logs():
    found = [*logs.find(document(f"{keras(FULL, BAR2)}\n{keras(FULL[:2], BAR2)}"))]
    assert [len(log.epochs) for log in found] == [4, 2]


RESULTS = [["CNN", "0.91", "0.25"], ["Big RNN", "0.89", "0.30"]]


@pytest.mark.parametrize(
    "printed",
    [
        "| Model | Accuracy | Loss |\n|:--|--:|--:|\n| **CNN** | **0.91** | 0.25 |\n"
        "| Big RNN | 0.89 | 0.30 |",
        "Model\tAccuracy\tLoss\nCNN\t0.91\t0.25\nBig RNN\t0.89\t0.30",
        "  Model     Accuracy  Loss\n  -------  ---------  -----\n"
        "  CNN       0.91  0.25\n  Big RNN   0.89  0.30",
        "  Model     Accuracy  Loss\n  -------  ---------  -----\n"
        "  CNN  0.91  0.25\n\n  Big RNN   0.89  0.30",
        "+---+---+---+\n| Model | Accuracy | Loss |\n+===+===+===+\n"
        "| CNN | 0.91 | 0.25 |\n+---+---+---+\n| Big RNN | 0.89 | 0.30 |\n+---+---+---+",
        "Model Accuracy Loss\nCNN 0.91 0.25\nBig RNN 0.89 0.30",
        "\\begin{tabular}{lcc}\n\\hline\nModel & Accuracy & Loss \\\\\n\\midrule\n"
        "CNN & \\textbf{0.91} & 0.25 \\\\\nBig RNN & 0.89 & 0.30 \\\\\n\\end{tabular}",
    ],
)  # fmt: skip
def test_a_table_is_read(printed):
    found = only(tables, f"Table 2: results\n\n{printed}\n\nThe CNN is better.")
    assert [*found.header] == ["Model", "Accuracy", "Loss"]
    assert [[*row] for row in found.rows] == RESULTS
    assert not found.doubts


def test_heads_of_two_lines_are_joined():
    gaps = (
        "          Train          Test\nModel     Loss  Acc    Loss   Acc\nCNN   0.1  0.9  0.2  0.8"
    )
    signs = (
        "| | Train | | Test | |\n|-|-|-|-|-|\n| Model | Loss | Acc | Loss | Acc |\n|A|.1|.9|.2|.8|"
    )
    expected = ["Model", "Train Loss", "Train Acc", "Test Loss", "Test Acc"]
    assert [*only(tables, gaps).header] == [*only(tables, signs).header] == expected


def test_glued_and_lost_cells_of_a_table_are_doubts():
    text = (
        "Model  P  R  F1\nA  0.91  0.88  0.89\nB  0.910.88  0.89\nC  0.92  0.90  0.91\nD  0.92  0.9"
    )
    found = only(tables, text)
    assert [*found.rows[1]] == ["B", "0.91", "0.88", "0.89"]
    assert [*found.doubts] == [
        "numbers of row 2 are glued together",
        "row 4 has 3 cells, not 4",
    ]


def test_prose_and_code_are_no_tables():
    text = "We took 3 models.  The first has 0.91.\nThe other has 3 layers.  It has 0.88.\n\n"
    code = "x = a | b\ny = c | d\n    if a  and  b == 3:\n        return  4"
    assert [*tables.find(document(text + code))] == []


SUMMARY = """\
Model: "sequential"
_________________________________________________________________
 Layer (type)                Output Shape              Param #
=================================================================
 conv2d (Conv2D)             (None, 26, 26, 32)        320

 max_pooling2d (MaxPooling2  (None, 13, 13, 32)        0
 D)

 dense (Dense)               (None, 10)                54090
=================================================================
Total params: 54,410 (212.54 KB)
Trainable params: 54,410 (212.54 KB)
Non-trainable params: 0 (0.00 Byte)
Done 7"""
NARROW = re.sub(r"(?m)(\)|Shape) {5,}(\d+|Param #)$", r"\1\n\2", SUMMARY)
DRAWN = """\
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┓
┃ Layer (type)    ┃ Output Shape    ┃   Param # ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━┩
│ conv2d (Conv2D) │ (None, 26, 26,  │       320 │
│                 │ 32)             │           │
├─────────────────┼─────────────────┼───────────┤
│ max_pooling2d   │ (None, 13, 13,  │         0 │
│ (MaxPooling2D)  │ 32)             │           │
├─────────────────┼─────────────────┼───────────┤
│ dense (Dense)   │ (None, 10)      │    54,090 │
└─────────────────┴─────────────────┴───────────┘
 Total params: 54,410 (212.54 KB)
 Trainable params: 54,410 (212.54 KB)
 Non-trainable params: 0 (0.00 B)"""


@pytest.mark.parametrize("printed", [SUMMARY, re.sub(" +", " ", SUMMARY), NARROW, DRAWN])
def test_a_table_of_layers_is_read(printed):
    found = only(layer_tables, printed)
    assert [(each.name, each.type, [*each.shape], each.parameters) for each in found.layers] == [
        ("conv2d", "Conv2D", [None, 26, 26, 32], 320),
        ("max_pooling2d", "MaxPooling2D", [None, 13, 13, 32], 0),
        ("dense", "Dense", [None, 10], 54090),
    ]
    assert (found.total, found.trainable, found.fixed) == (54410, 54410, 0)
    assert not found.doubts


LAYERS = [
    ("Conv2D", {"filters": "32", "kernel_size": "(3, 3)", "activation": "'relu'"}),
    ("Flatten", {}),
    ("Dropout", {"rate": "0.25"}),
    ("Dense", {"units": "10", "activation": "'softmax'"}),
]
FITTED = (
    "model.compile(optimizer='adam', loss=loss)\nepochs = 8\nmodel.fit(x, y, 64, epochs=epochs)"
)


@pytest.mark.parametrize(
    "code",
    [
        "model = tf.keras.Sequential([\n  layers.Conv2D(32, (3, 3), activation='relu'), # (a\n"
        "  Flatten(),\n  keras.layers.Dropout(0.25),\n  Dense(10, activation='softmax'),\n])",
        "[5] model = Sequential()\nmodel.add(Conv2D(32, (3, 3), activation='relu'))\n\n"
        "model.add(Flatten())\nmodel.add(Dropout(rate=0.25))\nmodel.add(Dense(10, 'softmax'))",
        "i = Input(shape=(28, 28, 1))\nx = Conv2D(32, (3, 3), activation='relu')(i)\n"
        "x = Flatten()(x)\nx = Dropout(0.25)(x)\no = Dense(10, 'softmax')(x)\nmodel = Model(i, o)",
        "4. my dense = partial(tf.keras.layers.Dense, activation='softmax')\n"
        "5. model = Sequential([\n6. Conv2D(32, (3, 3), activation='relu'),\n7. Flatten(),\n"
        "8. Dropout(0.25),\n9. my dense(10)\n10. ])",
    ],
    ids=["list", "add", "functional", "partial, with lost underscores"],
)
def test_code_of_keras_is_read(code):
    found = only(listings, f"{code}\n{FITTED}")
    assert [layer for layer in found.layers if layer[0] != "Input"] == LAYERS
    assert found.compiled == {"optimizer": "'adam'", "loss": "loss"}
    assert found.fitted == {"x": "x", "y": "y", "batch_size": "64", "epochs": "8"}
    assert bool(found.doubts) == ("my dense" in code)


def test_code_whose_end_is_lost_is_doubtful_and_descriptions_are_no_code():
    found = only(listings, "model = Sequential([\n Flatten(),\n Dense(10),\n\nThe model is good.")
    assert [kind for kind, _ in found.layers] == ["Flatten", "Dense"]
    assert found.doubts
    text = "model = Sequential([Dense(1)])\nmodel.compile(loss, optimizer): configures the model."
    assert only(listings, text).compiled == {}


def test_captions_and_headings_tell_what_a_thing_is_of():
    text = (
        "# Results\n\n## 6.1 The CNN\n\nFigure 3: Log\n\n| a | b |\n|--|--|\n| 1 | 2 |\n\n"
        "Figure 4 shows more.\n\n**Table 2.** Scores"
    )
    whole = document(text)
    found, headings = [*captions.find(whole)], [*captions.find_headings(whole)]
    assert [(each.label, each.number, each.text) for each in found] == [
        ("Figure", "3", "Log"),
        ("Table", "2", "Scores"),
    ]
    (table,) = tables.find(whole)
    assert captions.beside(table, found, whole) is found[0]
    assert [each.text for each in captions.section(table, headings)] == ["Results", "The CNN"]


def test_comments_in_code_are_no_headings_and_a_printed_title_parts_no_caption():
    prose = "The flights are described here in a sentence that is as long as a paragraph."
    text = f"Data Set Description\n\n{prose}\n\n# x = 3\n```\n# The model\n```\n\nFigure 8: Log\n\n"
    whole = document(f"{text}```\nSoftMax model:\n{keras(FULL, BAR2)}\n```")
    assert [each.text for each in captions.find_headings(whole)] == ["Data Set Description"]
    (log,), found = logs.find(whole), [*captions.find(whole)]
    assert captions.beside(log, found, whole).number == "8"


def test_lines_that_are_read_are_taken_and_those_between_are_not():
    text = keras(FULL, BAR2).replace("Epoch 3", "Figure 8: Training\n\nEpoch 3")
    log = only(logs, text)
    taken = Readings(logs=[log], captions=[*captions.find(document(text))]).taken
    assert taken == {*range(1, 11)} - {5, 6}


@pytest.mark.parametrize(
    "piece",
    ["[[", "[ 1 ", "Epoch 1 ", "a_", "(", "0.1 ", "| 1 ", "Sequential([", "'", "&", "1  2  ", "\t"],
)
def test_hostile_text_does_not_stop_the_readers(piece):
    texts = [piece * (100_000 // len(piece)), "\n".join([piece * 5] * 1_000)]
    started = time.process_time()
    for text in texts:
        whole = document(f"confusion precision recall f1-score support\n{text}")
        for reader in (reports, matrices, logs, tables, layer_tables, listings, captions):
            assert len([*reader.find(whole)]) <= len(whole.text)
        assert len([*captions.find_headings(whole)]) <= len(whole.lines)
    assert time.process_time() - started < 20
