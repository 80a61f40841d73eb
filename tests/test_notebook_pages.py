"""Pages of notebooks that are damaged, or sound and absurd: each is there, small, and soon."""

import json
import os
import re
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from refashion.render.site.parameters import over_lines
from support.notebook_pages import FOLLOWS, cell_of, print_file, printed, prints, shows, source_of

# What never ends fails here; how long it takes is not asked.
pytestmark = pytest.mark.timeout(120)

MOST_BYTES = 40_000_000


WHOLE = source_of(cell_of(prints("a")))
DAMAGED = {
    "empty": (b"", "is empty"),
    "blank": (b" \n", "is empty"),
    "cut": (WHOLE[: len(WHOLE) // 2], "not valid JSON"),
    "cut at its end": (WHOLE[:-1], "not valid JSON"),
    "zeros": (b"\0" * 4096, "not valid JSON"),
    "half zeros": (WHOLE[:100] + b"\0" * 400, "not valid JSON"),
    "not UTF-8": (WHOLE.replace(b"Ordinary", b"\xff\xfe\xfd"), "not valid JSON"),
    "a number": (b"4", "not a notebook"),
    "a list": (b"[]", "not a notebook"),
    "null": (b"null", "not a notebook"),
    "nothing in it": (b"{}", "not a notebook"),
    "cells that are none": (b'{"nbformat": 4, "cells": {}}', "not a notebook"),
    "an older format": (b'{"nbformat": 3, "worksheets": []}', "has format 3, not 4"),
    "a later format": (b'{"nbformat": 99, "notebook": []}', "has format 99, not 4"),
    "HTML": (b"<script>alert(1)</script>", "not valid JSON"),
    "deep": (b'{"cells": [' + b"[" * 200_000, "not valid JSON|deeply|cannot be converted"),
    "a long integer": (b'{"cells": [' + b"9" * 5_000 + b"]}", "not valid JSON"),
}


@pytest.mark.parametrize(("source", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_the_page_of_a_damaged_notebook_says_why_it_is_not_shown(source, reason, tmp_path, project):
    html, written = printed(source, tmp_path, project)
    assert "This notebook cannot be shown." in html
    assert [path.suffix for path in written] == [".html"]
    assert ".ipynb" not in html and "<script" not in html
    assert re.search(reason, html)


def test_a_notebook_that_was_mended_is_shown(tmp_path, project):
    printed(b"", tmp_path, project)
    html, written = printed(WHOLE, tmp_path, project)
    assert FOLLOWS in html and "cannot be shown" not in html
    assert [path.suffix for path in written] == [".html", ".ipynb"]


NO_FILES = {"folder": Path.mkdir, "pipe": os.mkfifo, "device": lambda p: p.symlink_to("/dev/zero")}


@pytest.mark.parametrize("make", NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_is_not_read(make, tmp_path, project):
    make(tmp_path / "train.ipynb")
    assert "not a regular file" in print_file(tmp_path / "train.ipynb", tmp_path, project)[0]


def test_a_huge_file_is_not_read(tmp_path, project):
    path = tmp_path / "train.ipynb"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)
    html, _ = print_file(path, tmp_path, project)
    assert "Its file has 3,000 MB; the limit is 100 MB." in html


MALFORMED = {
    "no cell": 7,
    "cell of nothing": {},
    "cell of no kind": {"cell_type": "zebra", "source": "x"},
    "source that is a number": cell_of(source=7),
    "source in lines": cell_of(source=["1 +\n", "1"]),
    "source in lines of numbers": cell_of(source=[1, 2]),
    "tags that are a number": {**cell_of(), "metadata": {"tags": 7}},
    "metadata that is a list": {**cell_of(), "metadata": [1]},
    "outputs that are text": {**cell_of(), "outputs": "abc"},
    "outputs that are null": {**cell_of(), "outputs": None},
    "output that is text": cell_of("abc"),
    "output of no kind": cell_of({"output_type": "zebra"}),
    "stream without text": cell_of({"output_type": "stream", "name": "stdout"}),
    "stream of a number": cell_of(prints(7)),
    "stream of lists": cell_of(prints([["a"]])),
    "stream of a strange name": cell_of({**prints("a"), "name": ["x"]}),
    "data that is a list": cell_of(shows([1, 2])),
    "data that is missing": cell_of({"output_type": "display_data"}),
    "HTML that is a number": cell_of(shows({"text/html": 7})),
    "HTML that is a mapping": cell_of(shows({"text/html": {"a": 1}})),
    "text that is null": cell_of(shows({"text/plain": None})),
    "PNG that is no base 64": cell_of(shows({"image/png": "<script>"})),
    "PNG that is a list of numbers": cell_of(shows({"image/png": [1]})),
    "SVG that is no XML": cell_of(shows({"image/svg+xml": "<svg"})),
    "metadata that is text": cell_of(shows({"text/plain": "a"}, "abc")),
    "no kind that is known": cell_of(shows({"application/x-zebra": {"a": 1}})),
    "error without anything": cell_of({"output_type": "error"}),
    "error of numbers": cell_of({"output_type": "error", "ename": 1, "traceback": [1, None]}),
    "error of a mapping": cell_of({"output_type": "error", "evalue": {"a": 1}, "traceback": {}}),
    "half a pair of surrogates": cell_of(prints("\ud800"), shows({"text/html": "\udc00"})),
    "zeros": cell_of(prints("a\0b"), source="\0"),
    "attachments that are a list": {**new_markdown_cell("x"), "attachments": [1]},
    "attachment that is not there": dict(new_markdown_cell("![x](attachment:none.png)")),
    "a colour of many digits": cell_of(
        prints("\x1b[" + "9" * 5_000 + "mx\x1b[38;5mx\x1b[48;2;1mx")
    ),
    "colours without end": cell_of(prints("\x1b[" * 1_000)),
}


@pytest.mark.parametrize("cell", MALFORMED.values(), ids=MALFORMED)
def test_a_cell_that_is_malformed_costs_no_other(cell, tmp_path, project):
    html, _ = printed(source_of(cell, cell_of(prints("before"))), tmp_path, project)
    assert "cannot be shown" not in html
    assert FOLLOWS in html and "before" in html


TOLD = {
    "papermill": {
        "parameters": {"a": {"b": [1, {"c": None}]}},
        "duration": float("nan"),
        "start_time": 7,
    },
    "numbers": {"papermill": 1, "kernelspec": 2, "language_info": 3, "title": 4},
    "lists": {"papermill": [1], "kernelspec": [2], "language_info": [3], "widgets": [4]},
    "odd values": {
        "papermill": {"parameters": [1], "duration": -1e300, "start_time": "soon"},
        "kernelspec": {"display_name": ["<script>"]},
        "language_info": {"name": {"a": 1}, "version": None, "pygments_lexer": "zebra"},
    },
    "no mapping": [1],
    "many": {"papermill": {"parameters": {f"p{n}": "x" * 1_000 for n in range(5_000)}}},
    "deep": {"papermill": {"parameters": json.loads('{"a":' * 400 + "1" + "}" * 400)}},
}


@pytest.mark.parametrize("metadata", TOLD.values(), ids=TOLD)
def test_odd_metadata_costs_no_page(metadata, tmp_path, project):
    notebook = json.loads(source_of()) | {"metadata": metadata}
    html, _ = printed(json.dumps(notebook).encode(), tmp_path, project)
    assert FOLLOWS in html and "cannot be shown" not in html and "<script" not in html
    assert len(html) < 300_000


LEFT_OUT = r"characters left out\]"
ABSURD = {
    "a message of 200,000 letters": (
        cell_of({"output_type": "error", "evalue": "x" * 200_000}),
        LEFT_OUT,
    ),
    "a traceback of marks": (
        cell_of(
            new_output("error", ename="E", evalue="", traceback=["<b>&" * 100_000, "\x1b[1m" * 9])
        ),
        LEFT_OUT,
    ),
    "a million escapes": (cell_of(prints("\x1b[31mx\x1b[0m" * 500_000)), LEFT_OUT),
    "a line of 10 MB": (cell_of(prints("x" * 10_000_000)), LEFT_OUT),
    "10 MB of returns": (cell_of(prints("x\r" * 5_000_000)), "x"),
    "10 MB of backspaces": (cell_of(prints("x\b" * 5_000_000)), LEFT_OUT),
    "100,000 lines, each by itself": (cell_of(*[prints("x\n")] * 100_000), LEFT_OUT),
    "100,000 outputs": (
        cell_of(*[shows({"text/plain": "x"})] * 100_000),
        r"\[99,800 outputs left out\]",
    ),
    "deep HTML": (
        cell_of(shows({"text/html": "<div>" * 19_000, "text/plain": "a"})),
        "<pre>a</pre>",
    ),
    "deep lists": (cell_of(shows({"text/html": "<ul><li>" * 9_000})), "not shown here: text/html"),
    "HTML of 20 MB": (cell_of(shows({"text/html": "<p>x" * 5_000_000})), "not shown here"),
    "an image of 40 MB": (
        cell_of(shows({"image/png": "A" * 40_000_000, "text/plain": "<Figure>"})),
        "&lt;Figure&gt;",
    ),
    "Markdown of 10 MB": (dict(new_markdown_cell("\\\\(" * 3_000_000)), LEFT_OUT),
    "Markdown of brackets": (dict(new_markdown_cell("[" * 19_000)), r"\[\["),
    "Markdown of quotes": (dict(new_markdown_cell("> " * 9_000)), "blockquote"),
    "Markdown of elements": (dict(new_markdown_cell("<b>" * 6_000)), "&lt;b&gt;"),
    "code of 10 MB": (cell_of(source="x = '" + "y" * 10_000_000), LEFT_OUT),
}


def bounded(source: bytes, folder: Path, project: Path) -> str:
    """Print a page, which comes to an end, and is of a size that a browser can show."""
    html, _ = printed(source, folder, project)
    assert len(html) < MOST_BYTES
    return html


@pytest.mark.parametrize(("cell", "told"), ABSURD.values(), ids=ABSURD)
def test_what_is_absurd_takes_little_time_and_room(cell, told, tmp_path, project):
    html = bounded(source_of(cell), tmp_path, project)
    assert FOLLOWS in html and "cannot be shown" not in html
    assert re.search(told, html) or re.search(told, re.sub("<[^>]*>", "", html))


MANY = {
    "cells": ([cell_of(prints("x"))] * 100_000, "cells left out"),
    "cells of text": ([dict(new_markdown_cell("*x*"))] * 100_000, "cells left out"),
    "long cells": ([cell_of(prints("y" * 90_000), source="x = 1\n" * 9_000)] * 300, "left out"),
    "long Markdown": ([dict(new_markdown_cell("\\\\(" * 6_000))] * 300, "left out"),
    "many tables": (
        [cell_of(shows({"text/html": "<table><tr><td>x</table>" * 3_000}))] * 300,
        "not shown here",
    ),
    "images": ([cell_of(shows({"image/jpeg": "A" * 1_000_000}))] * 90, "not shown here"),
}


@pytest.mark.parametrize(("cells", "told"), MANY.values(), ids=MANY)
def test_a_page_has_an_end(cells, told, tmp_path, project):
    html = bounded(source_of(*cells), tmp_path, project)
    assert told in html and "cannot be shown" not in html


def test_the_file_beside_the_page_holds_all(tmp_path, project):
    _, written = printed(source_of(cell_of(prints("x" * 300_000))), tmp_path, project)
    [raw] = [path for path in written if path.suffix == ".ipynb"]
    assert "x" * 300_000 in raw.read_text()


def test_lines_that_were_written_over_are_shown_as_they_became(tmp_path, project):
    text = "10%\r50%\r100%\nnext\r\nlast\r"
    html, _ = printed(source_of(cell_of(prints(text))), tmp_path, project)
    assert "<pre>100%\nnext\nlast</pre>" in html


def test_an_attached_image_is_shown(tmp_path, project):
    cell = {
        **new_markdown_cell("![x](attachment:a.png)"),
        "attachments": {"a.png": {"image/png": "iVBO"}},
    }
    html, _ = printed(source_of(cell), tmp_path, project)
    assert 'src="data:image/png;base64,iVBO"' in html


def test_ordinary_notebooks_stay_whole(tmp_path, project):
    cells = [
        new_markdown_cell(
            "# Title\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n\n- [x](https://a.example)\n"
        ),
        new_code_cell(
            "import numpy as np", outputs=[new_output("stream", text="\x1b[31mred\x1b[0m")]
        ),
    ]
    source = json.dumps(new_notebook(cells=cells)).encode()
    html, _ = printed(source, tmp_path, project)
    assert "<h1>Title</h1>" in html
    assert '<td style="text-align: right">2</td>' in html
    assert '<a href="https://a.example">x</a>' in html
    assert '<span class="ansi-red-fg">red</span>' in html
    assert '<span class="kn">import</span>' in html


def test_parameters_that_would_be_cut_at_the_edge_take_a_line_each():
    code = '# Parameters\nseed = 0\nsettings = {"units": [128], "schedule": {"decay": 0.1}, '
    code += ", ".join(f'"name_{n}": {n}' for n in range(9)) + "}\n"
    shown = over_lines(code)
    assert max(map(len, shown.splitlines())) <= 88
    assert '\n    "schedule": {"decay": 0.1},\n    "name_0": 0,\n' in shown
    before, after = {}, {}
    exec(code, before)
    exec(shown, after)
    assert before["settings"] == after["settings"]


@pytest.mark.parametrize(
    "code",
    [
        f"a = {'[' * 5000}",
        "a = {**b, " + "'x': 1, " * 40 + "}",
        "a = '\ud800'",
        "a = " + "1 + " * 99,
    ],
)
def test_other_parameters_stay_what_they_are(code):
    assert "".join(over_lines(code).split()).replace(",}", "}") == "".join(code.split()).replace(
        ",}", "}"
    )
