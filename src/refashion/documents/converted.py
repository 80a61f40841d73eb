"""Lines of HTML, Word documents and TeX, which pandoc reads."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import nh3
import pypandoc

from refashion.documents.document import Document, LineKind, TextLine, Unit, numbered
from refashion.documents.faults import UnreadableError
from refashion.documents.formats import Format
from refashion.documents.markdown import EMBEDDED, pipe_table

MEMORY = "1g"
DIALECTS = {Format.HTML: "html", Format.WORD: "docx", Format.TEX: "latex"}
MOST_SPANNED = 1_000
# What pandoc returns if memory ran out.
HEAP_EXHAUSTED = 251
# What pandoc itself writes before the width of a column: with it, it loses numbers in reading.
_ALIGNMENT = re.compile(rb">\s*\{\\[a-z]+\\arraybackslash\}")
# Elements of HTML whose content is no text.
NOT_SHOWN = {"script", "style", "title", "noscript", "template", "annotation", "annotation-xml"}
SPANS = {"colspan", "rowspan"}

Node = Mapping[str, Any]


def read(content: bytes, kind: Format, name: str) -> Document:
    """Read a document by pandoc.

    Parameters
    ----------
    content
        The document; text in UTF-8.
    kind
        Its format.
    name
        Name of the document.

    Raises
    ------
    UnreadableError
        pandoc cannot read it.
    """
    tree = _tree(content, kind)
    return Document(name, Unit.NONE, 1, numbered(_Writer().blocks(tree["blocks"])))


def _tree(content: bytes, kind: Format) -> Node:
    if kind is Format.HTML:
        content = _well_formed(content)
    elif kind is Format.TEX:
        content = _ALIGNMENT.sub(b"", content)
    limits = ("+RTS", f"-M{MEMORY}", "-RTS")
    command = [pypandoc.get_pandoc_path(), f"--from={DIALECTS[kind]}", "--to=json", "--sandbox"]
    done = subprocess.run([*command, *limits], input=content, capture_output=True)
    if done.returncode == HEAP_EXHAUSTED or done.returncode < 0:
        raise UnreadableError("needs too much memory or time to read", "a smaller document")
    if done.returncode:
        raise UnreadableError(
            f"is a broken {kind}" if kind is Format.WORD else f"is not valid {kind}"
        )
    tree: Node = json.loads(done.stdout)
    return tree


def _well_formed(html: bytes) -> bytes:
    """Close all elements, as browsers do and pandoc does not, and leave out what is not shown."""
    text = nh3.clean(
        EMBEDDED.sub("data:", html.decode()),
        tags=nh3.ALLOWED_TAGS - NOT_SHOWN | {"section", "main", "dl", "dt", "dd", "label"},
        clean_content_tags=NOT_SHOWN,
        attributes={"*": {"class"}, "td": SPANS, "th": SPANS, "ol": {"start"}},
        link_rel=None,
    )
    return text.encode()


class _Writer:
    """Writes pandoc's document tree as lines: a paragraph, row of a table or line of code each."""

    def __init__(self) -> None:
        self._notes: list[Sequence[Node]] = []
        self._is_output = False

    def blocks(self, blocks: Sequence[Node], indent: str = "") -> Iterator[TextLine]:
        """Yield the lines of blocks, with an empty one between two."""
        is_first = True
        for block in blocks:
            lines = [*self._block(block, indent)]
            while self._notes:  # footnotes follow the paragraph
                lines += [TextLine(0, ""), *self.blocks(self._notes.pop(0), indent)]
            if lines and not is_first and block["t"] != "Plain":
                yield TextLine(0, "")
            yield from lines
            is_first = is_first and not lines

    def _block(self, block: Node, indent: str) -> Iterator[TextLine]:
        content: Any = block.get("c")
        match block["t"]:
            case "Para" | "Plain":
                yield from self._paragraph(content, indent)
            case "Header":
                level, _, inlines = content
                yield TextLine(
                    0, f"{'#' * level} {self._one_line(inlines).rstrip('¶')}", kind=LineKind.HEADING
                )
            case "CodeBlock":
                kind = LineKind.OUTPUT if self._is_output else LineKind.CODE
                yield from (TextLine(0, line, kind=kind) for line in content[1].split("\n"))
            case "LineBlock":
                for inlines in content:
                    yield from self._paragraph(inlines, indent)
            case "BlockQuote":
                yield from self.blocks(content, indent)
            case "BulletList":
                for item in content:
                    yield from self._item(item, indent, "- ")
            case "OrderedList":
                for number, item in enumerate(content[1], content[0][0]):
                    yield from self._item(item, indent, f"{number}. ")
            case "DefinitionList":
                for term, definitions in content:
                    yield from self._paragraph(term, indent)
                    for item in definitions:
                        yield from self._item(item, indent, ": ")
            case "Div":
                yield from self._division(content, indent)
            case "Figure":
                yield from self.blocks(content[2], indent)
                yield from self.blocks(content[1][1], indent)
            case "Table":
                yield from self._table(content)

    def _division(self, content: Any, indent: str) -> Iterator[TextLine]:
        (_, classes, _), blocks = content
        before = self._is_output
        # Notebooks as HTML: jp-OutputArea-output, output_text, cell-output and so on, but
        # jp-MarkdownOutput is text.
        names = " ".join(classes).lower()
        self._is_output = before or ("output" in names and "markdown" not in names)
        yield from self.blocks(blocks, indent)
        self._is_output = before

    def _item(self, blocks: Sequence[Node], indent: str, mark: str) -> Iterator[TextLine]:
        is_first = True
        for line in self.blocks(blocks, indent + " " * len(mark)):
            text = indent + mark + line.text.lstrip() if is_first else line.text
            is_first = False
            yield TextLine(0, text, kind=line.kind)

    def _paragraph(self, inlines: Sequence[Node], indent: str) -> Iterator[TextLine]:
        kind = LineKind.OUTPUT if self._is_output else LineKind.TEXT
        for line in self._text(inlines).split("\n"):
            if line.strip():
                yield TextLine(0, indent + line.strip(), kind=kind)

    def _one_line(self, inlines: Sequence[Node]) -> str:
        return " ".join(self._text(inlines).split())

    def _text(self, inlines: Sequence[Node]) -> str:
        text = ""
        for inline in inlines:
            piece = self._inline(inline)
            if inline["t"] in ("Superscript", "Subscript") and text[-1:].isdigit():
                # 0.91 with footnote 2 is not 0.912.
                text += "^" if inline["t"] == "Superscript" else "_"
            text += piece
        return text

    def _inline(self, inline: Node) -> str:
        content: Any = inline.get("c")
        match inline["t"]:
            case "Str":
                return content.replace("\xa0", " ").replace("\xad", "")
            case "Space" | "SoftBreak":
                return " "
            case "LineBreak":
                return "\n"
            case "Code":
                return content[1]
            case "Math":
                mark = "$" if content[0]["t"] == "InlineMath" else "$$"
                return f"{mark}{content[1]}{mark}"
            case "Quoted":
                first, last = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
                return f"{first}{self._text(content[1])}{last}"
            case "Note":
                self._notes.append(content)
                return ""
            case "Cite" | "Link" | "Span":
                return self._text(content[1])
            case "Emph" | "Underline" | "Strong" | "Strikeout" | "SmallCaps":
                return self._text(content)
            case "Superscript" | "Subscript":
                return self._text(content)
        return ""  # images and raw markup

    def _table(self, content: Any) -> Iterator[TextLine]:
        _, (_, caption), _, (_, head), bodies, (_, foot) = content
        yield from self.blocks(caption)
        rows = [row for _, _, heads, body in bodies for row in (*heads, *body)]
        head = [row for row in head if self._cells(row)]
        is_headed = bool(head or (bodies and bodies[0][2]))
        whole = [*head, *rows, *foot]
        kind = LineKind.OUTPUT if self._is_output else LineKind.TEXT
        for line in pipe_table(self._grid(whole), is_headed):
            yield TextLine(0, line, kind=kind)

    def _cells(self, row: Any) -> list[Any]:
        cells: list[Any] = row[1]
        return cells

    def _grid(self, rows: Sequence[Any]) -> Iterator[list[str]]:
        """Yield the texts of all cells; those that another cell spans are empty."""
        spanned: dict[int, int] = {}  # rows that are still spanned, by column
        for row in rows:
            texts: list[str] = []
            for _, _, n_rows, n_columns, blocks in self._cells(row):
                _fill(texts, spanned)
                for place in range(len(texts), len(texts) + min(n_columns, MOST_SPANNED)):
                    spanned[place] = n_rows - 1
                inside = (line.text for line in self.blocks(blocks))
                texts += [
                    " ".join(" ".join(inside).split()),
                    *[""] * min(n_columns - 1, MOST_SPANNED),
                ]
            _fill(texts, spanned)
            yield texts


def _fill(texts: list[str], spanned: dict[int, int]) -> None:
    while spanned.get(len(texts), 0) > 0:
        spanned[len(texts)] -= 1
        texts.append("")
