"""A draft as a file: text, Markdown, HTML, a notebook, Word, TeX, and PDF by several writers."""

from __future__ import annotations

import html
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import nbformat.v4 as notebooks
import pypandoc
import typst
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from nbformat import write

from benchmarks.audit.drafts import Block, Draft

# Lines on a page that matplotlib draws.
PAGE = 62
BROWSER = "chromium"

Writer = Callable[[Draft, Path], None]


def markdown(draft: Draft) -> str:
    """Write a draft in Markdown, with pipe tables and fenced code."""
    return "\n\n".join(map(_markdown, draft.blocks)) + "\n"


def _markdown(block: Block) -> str:
    match block.style:
        case "heading":
            return f"## {block.text}"
        case "code":
            return f"```python\n{block.text}\n```"
        case "output":
            return f"```\n{block.text}\n```"
        case "table":
            return _pipes(block.rows)
    return block.text.replace("_", "\\_").replace("*", "\\*")


def _pipes(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cell.replace('_', chr(92) + '_') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def text(draft: Draft) -> str:
    """Write a draft as plain text, with tables in aligned columns."""
    return "\n\n".join(map(_text, draft.blocks)) + "\n"


def _text(block: Block) -> str:
    if block.style == "table":
        widths = [max(map(len, column)) + 2 for column in zip(*block.rows, strict=True)]
        return "\n".join(
            "".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in block.rows
        )
    return block.text if block.style != "text" else textwrap.fill(block.text, 80)


def page(draft: Draft) -> str:
    """Write a draft as a page in HTML."""
    body = "\n".join(map(_html, draft.blocks))
    style = "table, td, th { border: 1px solid; border-collapse: collapse; padding: 2px 6px }"
    style += " pre { font-size: 9px }"
    head = f"<head><meta charset='utf-8'><style>{style}</style></head>"
    return f"<!DOCTYPE html><html>{head}<body>{body}</body></html>"


def _html(block: Block) -> str:
    if block.style == "table":
        head, *rows = [[html.escape(cell) for cell in row] for row in block.rows]
        first = "".join(f"<th>{cell}</th>" for cell in head)
        rest = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows
        )
        return f"<table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table>"
    tag = {"heading": "h2", "text": "p"}.get(block.style, "pre")
    return f"<{tag}>{html.escape(block.text)}</{tag}>"


def _as_text(draft: Draft, path: Path) -> None:
    path.write_text(text(draft), "utf-8")


def _as_markdown(draft: Draft, path: Path) -> None:
    path.write_text(markdown(draft), "utf-8")


def _as_html(draft: Draft, path: Path) -> None:
    path.write_text(page(draft), "utf-8")


def _as_notebook(draft: Draft, path: Path) -> None:
    cells, prose = [], []
    for block in draft.blocks:
        if block.style not in ("code", "output"):
            prose.append(_markdown(block))
            continue
        if prose:
            cells.append(notebooks.new_markdown_cell("\n\n".join(prose)))
            prose = []
        if block.style == "code":
            cells.append(notebooks.new_code_cell(block.text, execution_count=len(cells)))
        else:
            output = notebooks.new_output("stream", name="stdout", text=block.text + "\n")
            cell = notebooks.new_code_cell("show()", execution_count=len(cells), outputs=[output])
            cells.append(cell)
    if prose:
        cells.append(notebooks.new_markdown_cell("\n\n".join(prose)))
    write(notebooks.new_notebook(cells=cells), path)


def _by_pandoc(draft: Draft, path: Path) -> None:
    form = {".docx": "docx", ".tex": "latex"}[path.suffix]
    pypandoc.convert_text(
        markdown(draft), form, "markdown", outputfile=str(path), extra_args=["--standalone"]
    )


def _by_typst(draft: Draft, path: Path) -> None:
    source = path.with_suffix(".typ")
    body = pypandoc.convert_text(markdown(draft), "typst", "markdown", extra_args=["--standalone"])
    small = "#show raw: set text(size: 6pt)\n#show table: set text(size: 7pt)\n"
    source.write_text(small + body, "utf-8")
    typst.compile(str(source), output=str(path))
    source.unlink()


def _by_browser(draft: Draft, path: Path) -> None:
    """Print a page by Chromium, as people print notebooks."""
    source = path.with_suffix(".print.html")
    source.write_text(page(draft), "utf-8")
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += [f"--user-data-dir={path.parent / 'browser'}", f"--print-to-pdf={path}"]
    subprocess.run([*command, source.as_uri()], check=True, capture_output=True, timeout=120)
    source.unlink()


def _by_matplotlib(draft: Draft, path: Path) -> None:
    """Draw the plain text in a font of fixed width, one page after the other."""
    lines = text(draft).expandtabs(16).splitlines()
    with PdfPages(path) as pages:
        for first in range(0, len(lines), PAGE):
            figure = Figure(figsize=(8.3, 11.7))
            shown = "\n".join(lines[first : first + PAGE]).replace("$", r"\$")
            figure.text(0.04, 0.96, shown, family="monospace", fontsize=6.5, va="top")
            pages.savefig(figure)


WRITERS: Mapping[str, tuple[str, Writer]] = {
    "text": (".txt", _as_text),
    "Markdown": (".md", _as_markdown),
    "HTML": (".html", _as_html),
    "notebook": (".ipynb", _as_notebook),
    "Word": (".docx", _by_pandoc),
    "TeX": (".tex", _by_pandoc),
    "PDF by typst": (".pdf", _by_typst),
    "PDF by a browser": (".pdf", _by_browser),
    "PDF by matplotlib": (".pdf", _by_matplotlib),
}


def available() -> list[str]:
    """Return the names of the writers that work here."""
    return [name for name in WRITERS if "browser" not in name or shutil.which(BROWSER)]
