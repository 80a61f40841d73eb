"""Documents of all formats, made here and read as lines."""

from __future__ import annotations

import io
import json
import subprocess
import time
from pathlib import Path

import pypandoc
import pytest
import typst
from PIL import Image

from refashion import documents
from refashion.__main__ import main
from refashion.documents import pictures
from refashion.documents.document import LineKind, Unit
from refashion.documents.faults import DocumentError

PROSE = "We train a network on images of shoes, and count how often its answer is right. " * 12
REPORT = """\
              precision    recall  f1-score   support

      Sandal       0.97      0.94      0.96      1000
     Sneaker       0.93      0.95      0.94      1000

    accuracy                           0.95      2000
   macro avg       0.95      0.95      0.95      2000"""


@pytest.fixture
def pdf(tmp_path):
    """Give a function that makes a PDF file from typst source."""

    def make(source, name="report.pdf"):
        path = tmp_path / name
        typst.compile(f"#set page(width: 210mm, height: 297mm)\n{source}".encode(), path)
        return path

    return make


def texts(document, kind=None):
    return [line.text for line in document.lines if line.text and kind in (None, line.kind)]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def by_pandoc(path, markdown):
    command = [pypandoc.get_pandoc_path(), "--standalone", "--output", path]
    if path.suffix == ".tex":
        command.append("--syntax-highlighting=none")  # pandoc does not read its own macros for it
    subprocess.run(command, input=markdown.encode(), check=True)
    return path


# PDF


def test_lines_know_where_they_stand(pdf):
    document = documents.read(pdf("First page.\n#pagebreak()\n#v(100pt)\nSecond page."))
    assert (document.unit, document.n_parts, document.name) == (Unit.PAGE, 2, "report.pdf")
    first, second = document.lines
    assert [(line.number, line.text, line.part) for line in (first, second)] == [
        (1, "First page.", 1),
        (2, "Second page.", 2),
    ]
    width, height = document.page_sizes[0]
    assert (round(width), round(height)) == (595, 842)
    margin = 2.5 / 21 * width  # of typst
    assert first.box.left == pytest.approx(margin, abs=1)
    assert first.box.top == pytest.approx(margin, abs=5)
    assert second.box.top == pytest.approx(first.box.top + 100, abs=5)
    assert 8 < first.box.bottom - first.box.top < 14


@pytest.mark.parametrize("turned", [False, True])
def test_cells_of_a_table_stay_apart(pdf, turned):
    cells = "[Model], [Test accuracy], [Loss], [CNN], [0.919], [0.243], [GRU], [], [0.301]"
    table = f"#table(columns: 3, {cells})"
    document = documents.read(
        pdf(f"#rotate(-90deg, reflow: true)[{table * 3}]" if turned else table)
    )
    rows = texts(document)[:3]
    assert [row.split("  ") for row in rows[:2]] != [[row] for row in rows[:2]]
    header, full, sparse = rows
    assert [cell.strip() for cell in header.split("  ") if cell] == [
        "Model",
        "Test accuracy",
        "Loss",
    ]
    assert full.split() == ["CNN", "0.919", "0.243"]
    # The number of a row with an empty cell stands below its column.
    assert abs(sparse.index("0.301") - full.index("0.243")) <= 2


def test_what_a_program_printed_keeps_its_columns(pdf):
    document = documents.read(pdf(f"```\n{REPORT}\n```"))
    left = min(len(line) - len(line.lstrip()) for line in REPORT.splitlines() if line)
    # Nothing but this report is on the page, so its font says nothing.
    assert texts(document, LineKind.TEXT) == [line[left:] for line in REPORT.splitlines() if line]


def test_code_and_output_are_told_apart_from_prose(pdf):
    code = ["from keras import Model", "model.fit(", "    x, epochs=10", ")", "# the end", "y = 1"]
    log = ["Epoch 1/10", "9/9 [=====] - 41s 22ms/step - loss: 0.5", "Test accuracy: 0.91"]
    printed = "\n".join((*code, *log, *REPORT.splitlines()))
    document = documents.read(pdf(f"```\n{printed}\n```\n{PROSE}\n\n{PROSE}"))
    assert texts(document, LineKind.CODE) == code
    assert texts(document, LineKind.OUTPUT) == [*log, *filter(None, REPORT.splitlines())]
    assert texts(document, LineKind.TEXT)[0].startswith("We train a network on images of shoes")


def test_columns_of_a_page_are_read_one_after_the_other(pdf):
    source = f"""
        #set page(columns: 2)
        #set par(justify: true)
        #place(top, scope: "parent", float: true)[
            #text(18pt)[A title that is as wide as both columns]
        ]
        Alpha. {PROSE * 2} Beta.
        #table(columns: 3, [Model], [Accuracy], [Loss], [CNN], [0.919], [0.243])
        Gamma. {PROSE * 4} Delta.
        #place(bottom, scope: "parent", float: true)[
            #table(columns: (1fr,) * 6, ..range(18).map(str))
        ]
    """
    document = documents.read(pdf(source))
    lines = [" ".join(line.split()) for line in texts(document)]
    assert lines[0] == "A title that is as wide as both columns"
    assert "CNN 0.919 0.243" in lines
    assert lines[-3:] == ["0 1 2 3 4 5", "6 7 8 9 10 11", "12 13 14 15 16 17"]
    joined = " ".join(lines).replace("- ", "")
    assert f"Alpha. {PROSE * 2} Beta.".replace("  ", " ") in joined
    assert f"Gamma. {PROSE * 4} Delta.".replace("  ", " ") in joined


def test_a_wide_table_is_no_page_with_columns(pdf):
    names = "".join(
        f"[A network called number {n}], [is better than {n}0 % of all]," for n in range(9)
    )
    document = documents.read(pdf(f"#table(columns: (1fr, 1fr), {names})"))
    row = next(line for line in texts(document) if "number 3" in line)
    assert row.endswith("is better than 30 % of all")


def test_headings_are_larger_than_the_text(pdf):
    document = documents.read(pdf(f"= Results\n{PROSE}\n== Loss\n{PROSE} #text(20pt)[0.91]"))
    assert texts(document, LineKind.HEADING) == ["Results", "Loss"]


def test_page_numbers_and_running_heads_are_left_out(pdf):
    source = f"""
        #set page(numbering: "1 / 1", header: [A made-up report])
        {"".join(f"Page {n} of 5 begins. {PROSE} #pagebreak()" for n in (1, 2, 3))} The end.
    """
    lines = texts(documents.read(pdf(source)))
    assert not [line for line in lines if "made-up" in line or line.strip().endswith(" / 4")]
    assert [line[:6] for line in lines if line.startswith("Page")] == ["Page 1", "Page 2", "Page 3"]


def test_a_log_that_goes_on_over_pages_stays_whole(pdf):
    log = [f"Epoch {n}/200 - loss: 0.5" for n in range(1, 201)]
    document = documents.read(pdf("```\n" + "\n".join(log) + "\n```"))
    assert document.n_parts > 2
    assert texts(document) == log


def test_letters_are_normalised(pdf):
    lines = texts(
        documents.read(pdf("The efficient office, −0.3 and 1 000 “quotes”: 0.91#super[3]."))
    )
    assert lines == ["The efficient office, −0.3 and 1 000 “quotes”: 0.91^3."]
    spaced = texts(
        documents.read(pdf("0.91#super(typographic: false)[3], 10#super(typographic: false)[−3]"))
    )
    assert spaced == ["0.91^3, 10^−3"]


def test_hyphens_at_the_ends_of_lines_stay(pdf):
    document = documents.read(pdf("#block(width: 60pt)[misclassi-?fication]"))
    assert texts(document) == ["misclassi-", "fication"]


def test_pages_without_text_are_named(pdf):
    document = documents.read(pdf("Text.\n#pagebreak()\n#rect()\n#pagebreak()\nText."))
    assert document.without_text == [2]


def test_a_page_that_is_shown_turned(pdf, tmp_path):
    from pypdf import PdfWriter

    sideways = f"#rotate(-90deg, reflow: true)[#block(width: 200mm)[First. {PROSE}]]"
    writer = PdfWriter(pdf(sideways))
    writer.pages[0].rotate(90)
    writer.write(tmp_path / "turned.pdf")
    document = documents.read(tmp_path / "turned.pdf")
    first, second, *_ = document.lines
    assert first.text.startswith("First. We train")
    width, height = document.page_sizes[0]
    assert width > height
    for line in (first, second):
        assert 0 < line.box.left < line.box.right < width
        assert 8 < line.box.bottom - line.box.top < 14
    assert first.box.bottom < second.box.bottom < height


def test_thirty_pages_take_seconds(pdf):
    path = pdf("#set page(columns: 2)\n" + f"{PROSE} {PROSE}\n\n" * 90)
    before = time.monotonic()
    document = documents.read(path)
    assert document.n_parts >= 30
    assert time.monotonic() - before < 10


# Pictures


def test_pictures_of_pages(pdf):
    path = pdf("First.\n#pagebreak()\n#rect(fill: red, width: 100%, height: 100%)")
    one, two = (Image.open(io.BytesIO(each)) for each in pictures.page_pictures(path, [1, 2], 300))
    assert one.size == two.size == (300, 425)
    assert two.convert("RGB").getpixel((150, 200)) == (255, 65, 54)
    with pytest.raises(DocumentError, match="has no page 3; accepted: a page from 1 to 2"):
        pictures.page_picture(path, 3, 300)


def test_text_has_no_pictures(tmp_path):
    with pytest.raises(DocumentError, match="accepted: a PDF file"):
        pictures.page_picture(written(tmp_path / "a.txt", "text"), 1, 300)


# Text and Markdown


def test_text_stays_as_it_is(tmp_path):
    text = "# Results\n\n  An accuracy\tof 0.91\n```python\nx = 1\n```\n| a | b |\n"
    document = documents.read(written(tmp_path / "a.txt", text))
    assert document.text == text.rstrip("\n")
    kinds = [LineKind.HEADING, *[LineKind.TEXT] * 2, *[LineKind.CODE] * 3, LineKind.TEXT]
    assert [line.kind for line in document.lines] == kinds
    assert (document.unit, document.n_parts) == (Unit.NONE, 1)


def test_form_feeds_part_pages(tmp_path):
    document = documents.read(written(tmp_path / "a.txt", "one\ntwo\f\fthree\f"))
    assert [(line.text, line.part) for line in document.lines if line.text] == [
        ("one", 1),
        ("two", 1),
        ("three", 3),
    ]
    assert (document.unit, document.n_parts, document.without_text) == (Unit.PAGE, 3, [2])


def test_of_progress_the_last_state_counts(tmp_path):
    log = "Epoch 1/2\r\n 1/9 loss: 0.9\r\x1b[1m9/9\x1b[0m loss: 0.5\r\nend\r\n"
    assert texts(documents.read(written(tmp_path / "a.log", log))) == [
        "Epoch 1/2",
        "9/9 loss: 0.5",
        "end",
    ]


def test_tables_in_html_within_markdown(tmp_path):
    rows = "<tr><th>a</th><th>b</th></tr>\n<tr><td>1</td><td>2|3</td></tr>"
    text = f"Before\n<table>\n{rows}</table>\nAfter"
    document = documents.read(written(tmp_path / "a.md", text))
    assert texts(document) == ["Before", "| a | b |", "|---|---|", "| 1 | 2\\|3 |", "After"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(tmp_path, encoding):
    document = documents.read(written(tmp_path / "a.txt", "Größe −0.3 µs".encode(encoding)))
    assert (document.text, document.encoding, document.notes) == ("Größe −0.3 µs", "utf-8", [])


def test_a_text_that_is_not_in_utf_8_is_said_to_be(tmp_path):
    document = documents.read(written(tmp_path / "a.txt", "“Größe” of 0.3".encode("cp1252")))
    assert (document.text, document.encoding) == ("“Größe” of 0.3", "cp1252")
    assert document.notes == ["It is not in UTF-8; it was read as Windows-1252."]


# What pandoc reads

MARKDOWN = """\
# Results

The network has an accuracy of 91.9 % and val_loss of 0.3 on the *test* set.^[After ten epochs.]

| Model         | Accuracy |
|---------------|---------:|
| CNN           |    0.919 |
| Random forest |     0.88 |

- one
- two

```python
model.fit(x, y)
```
"""


@pytest.mark.parametrize("suffix", [".docx", ".tex", ".html"])
def test_formats_of_pandoc(tmp_path, suffix):
    document = documents.read(by_pandoc(tmp_path / f"a{suffix}", MARKDOWN))
    assert texts(document, LineKind.HEADING)[0] == "# Results"
    assert texts(document, LineKind.CODE) == ["model.fit(x, y)"]
    lines = texts(document)
    assert lines[1].startswith(
        "The network has an accuracy of 91.9 % and val_loss of 0.3 on the test set."
    )
    assert [line for line in lines if "|" in line] == [
        "| Model | Accuracy |",
        "|---|---|",
        "| CNN | 0.919 |",
        "| Random forest | 0.88 |",
    ]
    assert "- one" in lines and "After ten epochs." in " ".join(lines)
    assert document.notes == []


def test_html_as_browsers_show_it(tmp_path):
    html = """<!doctype html><title>No</title><style>p {x: "No"}</style><script>No()</script>
        <p>0.91<sup>2</sup> at 10<sup>&minus;3</sup><p onclick="No()">Table:
        <table><tr><th rowspan=2>Model<th colspan=2>Accuracy<tr><th>train<th>test
        <tr><td>CNN<td>0.95<td>0.91</table>
        <div class="jp-OutputArea-output"><pre>loss:  0.5\nloss:  0.4</pre></div>
        <noscript>No</noscript>"""
    document = documents.read(written(tmp_path / "a.html", html))
    assert texts(document) == [
        "0.91^2 at 10^−3",
        "Table:",
        "| Model | Accuracy |  |",
        "|---|---|---|",
        "|  | train | test |",
        "| CNN | 0.95 | 0.91 |",
        "loss:  0.5",
        "loss:  0.4",
    ]
    assert texts(document, LineKind.OUTPUT) == ["loss:  0.5", "loss:  0.4"]


def test_tex_that_pandoc_refuses_is_read_as_text(tmp_path):
    broken = "\\documentclass{article}\\begin{document}\nAn accuracy of 0.91. \\begin{table}"
    document = documents.read(written(tmp_path / "a.tex", broken))
    assert "An accuracy of 0.91." in document.text
    assert "plain text" in document.notes[0]


def test_tex_reads_no_other_file(tmp_path):
    written(tmp_path / "secret.tex", "secret")
    body = f"\\begin{{document}}A \\input{{{tmp_path}/secret}}\\end{{document}}"
    source = f"\\documentclass{{article}}{body}"
    assert "secret" not in texts(documents.read(written(tmp_path / "a.tex", source)))


# Notebooks


def notebook(*cells):
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}
    return json.dumps(content)


def code(source, *outputs):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs)}


def test_notebooks(tmp_path):
    stream = {"output_type": "stream", "name": "stdout"}
    rows = "<tr><th></th><th>acc</th></tr></thead><tr><th>CNN</th><td>0.9</td></tr>"
    frame = f"<table><thead>{rows}</table>"
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title\n", "Text"]},
        code(
            "fit()",
            {**stream, "text": ["Epoch 1/2\n", " 1/9 loss: 0.9\r"]},
            {**stream, "text": "\x1b[1m9/9\x1b[0m  loss: 0.5\n"},
            {**stream, "name": "stderr", "text": "a warning"},
        ),
        code(
            "table",
            {"output_type": "execute_result", "data": {"text/html": frame, "text/plain": "acc"}},
            {"output_type": "display_data", "data": {"text/plain": "<Figure size 1x1>"}},
            {"output_type": "execute_result", "data": {"text/plain": f"{REPORT}"}},
        ),
    ]
    document = documents.read(written(tmp_path / "a.ipynb", notebook(*cells)))
    assert (document.unit, document.n_parts) == (Unit.CELL, 3)
    assert [(line.part, line.kind, line.text) for line in document.lines][:9] == [
        (1, LineKind.HEADING, "# Title"),
        (1, LineKind.TEXT, "Text"),
        (2, LineKind.CODE, "fit()"),
        (2, LineKind.OUTPUT, "Epoch 1/2"),
        (2, LineKind.OUTPUT, "9/9  loss: 0.5"),
        (3, LineKind.CODE, "table"),
        (3, LineKind.OUTPUT, "|  | acc |"),
        (3, LineKind.OUTPUT, "|---|---|"),
        (3, LineKind.OUTPUT, "| CNN | 0.9 |"),
    ]
    assert "\n".join(line.text for line in document.lines[9:]) == REPORT


# Names that lie


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.txt", "<!DOCTYPE html><p>Words</p>", "HTML"),
        ("a.pdf", "Words", "text"),
        ("a.html", notebook({"cell_type": "markdown", "source": "Words"}), "notebook"),
        ("a.docx", "\\documentclass{article}\\begin{document}Words\\end{document}", "TeX"),
    ],
)
def test_a_lying_name_is_told(tmp_path, name, content, found):
    document = documents.read(written(tmp_path / name, content))
    assert texts(document) == ["Words"]
    suffix = Path(name).suffix
    assert document.notes == [f"It is named {suffix}, but was read as what it is: {found}."]


def test_a_pdf_file_by_another_name(pdf):
    document = documents.read(pdf("Words").rename(pdf("Words").with_suffix(".txt")))
    assert (texts(document), document.unit) == (["Words"], Unit.PAGE)
    assert document.notes == ["It is named .txt, but was read as what it is: PDF."]


# Quotes


def test_quotes_from_documents(pdf, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "config.yaml", "study_dirs: [studies]")
    study = tmp_path / "studies" / "shoes" / "study.yaml"
    study.parent.mkdir(parents=True)
    quotes = ["a misclassification of shoes", "ends here and goes on there", "state-of-the-art"]
    study.write_text(
        "claims:\n" + "".join(f"  - {{id: q{n}, quote: {q}}}\n" for n, q in enumerate(quotes))
    )
    source = (
        '#set page(header: [Head], numbering: "1")\nA page.\n#pagebreak()\nA second.\n'
        "#pagebreak()\n"
        "#block(width: 80pt)[a misclassi-?fication of shoes] The page ends here"
        "\n#pagebreak()\nand goes on there #block(width: 60pt)[in a state-of-the-art way]"
    )
    (tmp_path / "reports").mkdir()
    pdf(source).rename(tmp_path / "reports" / "shoes.pdf")
    assert main(["quotes", str(tmp_path / "reports")]) == 0
    assert capsys.readouterr().out == "shoes: 3 of 3 quotes found in shoes.pdf\n"
