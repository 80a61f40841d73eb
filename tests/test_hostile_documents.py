"""Documents that no reader may hang at, die of or be misled by: each ends in one clear line."""

from __future__ import annotations

import io
import json
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest
import typst

from refashion import documents
from refashion.documents import confined, pictures
from refashion.documents.faults import DocumentError

# What never ends fails here; how long it takes is asked where it matters.
pytestmark = pytest.mark.timeout(150)


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Make a PDF file; the first object is the catalog."""
    file, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    info = b"<< /Size %d /Root 1 0 R %s >>" % (len(objects) + 1, trailer)
    return file + end + b"trailer\n%s\nstartxref\n%d\n%%%%EOF" % (info, len(file))


def stream(content: bytes, filters: int = 1) -> bytes:
    for _ in range(filters):
        content = zlib.compress(content, 9)
    names = b" ".join([b"/FlateDecode"] * filters)
    head = b"<< /Length %d /Filter [%s] >>" % (len(content), names)
    return head + b"\nstream\n" + content + b"\nendstream"


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def with_content(content: bytes) -> bytes:
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R"
        b" /Resources << /Font << /F 5 0 R >> /XObject << /X 4 0 R >> >> >>"
    )
    return pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, content, FONT)


def many_pages(n: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, n + 3))
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>"
    return pdf(CATALOG, b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, n), *[page] * n)


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def word(body: bytes) -> bytes:
    kinds = "http://schemas.openxmlformats.org"
    types = f'<Types xmlns="{kinds}/package/2006/content-types"/>'
    target = f'Type="{kinds}/officeDocument/2006/relationships/officeDocument"'
    links = f'<Relationship Id="a" {target} Target="word/document.xml"/>'
    space = f'xmlns:w="{kinds}/wordprocessingml/2006/main"'.encode()
    return archive(
        **{
            "[Content_Types].xml": types.encode(),
            "_rels/.rels": f'<Relationships xmlns="{kinds}/package/2006/relationships">{links}'
            "</Relationships>".encode(),
            "word/document.xml": b"<w:document %s><w:body>%s</w:body></w:document>" % (space, body),
        }
    )


def good() -> bytes:
    return typst.compile(b"Words of a report.")


def encrypted(password: str) -> bytes:
    from pypdf import PdfWriter

    writer, file = PdfWriter(io.BytesIO(good())), io.BytesIO()
    writer.encrypt(password, "owner", algorithm="RC4-128")
    writer.write(file)
    return file.getvalue()


PARAGRAPH = b"<w:p><w:r><w:t>Words</w:t></w:r></w:p>"
UNREADABLE = {
    "encrypted.pdf": (lambda: encrypted("secret"), "is encrypted; accepted: a PDF file without"),
    "empty.pdf": (lambda: b"", "is empty"),
    "header.pdf": (lambda: b"%PDF-1.7\n", "is a broken PDF file"),
    "half.pdf": (lambda: good()[: len(good()) // 3], "is a broken PDF file"),
    "no_pages.pdf": (lambda: many_pages(0), "PDF file"),
    "many_pages.pdf": (lambda: many_pages(10_000), "has 10,000 pages; accepted: at most 1,000"),
    "letters.pdf": (
        lambda: with_content(stream(b"BT /F 9 Tf " + b"(aaaaaaaaaa) Tj " * 20_000 + b"ET")),
        "has a page with ",
    ),
    "junk.pdf": (lambda: os.urandom(100_000), "is not text"),
    "junk.txt": (lambda: bytes(range(256)) * 100, "is not text"),
    "zeros.txt": (lambda: bytes(10_000), "is not text"),
    "blank.md": (lambda: b" \n\n", "is empty"),
    "lines.txt": (lambda: b"\n" * 1_000_000 + b"x", "has 1,000,000 lines; accepted: at most"),
    "long.txt": (lambda: b"words " * 4_000_000, "has 24,000,000 bytes of text"),
    "bom.txt": (lambda: b"\xff\xfea\xd8\x00", "begins like UTF-16, but is not"),
    "image.txt": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "is an image"),
    "old.docx": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "is an encrypted or old Word document"),
    "other.docx": (lambda: archive(a=b"b"), "is a zip archive that is not a Word document"),
    "sheet.docx": (lambda: archive(**{"[Content_Types].xml": b"", "xl/a": b""}), "not of Word"),
    "half.docx": (lambda: word(PARAGRAPH)[:300], "is a broken Word document or zip archive"),
    "broken.docx": (lambda: word(b"<w:p>"), "is a broken Word document"),
    "bomb.docx": (lambda: word(PARAGRAPH * 5_000_000), "; accepted: "),
    "deep.docx": (lambda: word(b"<w:tbl><w:tr><w:tc>" * 100_000), "; accepted: "),
    "deep.html": (lambda: b"<html>" + b"<div><ul><li>" * 200_000, "; accepted: "),
    "cut.ipynb": (lambda: b'{"nbformat": 4, "cells": [', "is not a notebook, or not a whole one"),
    "deep.ipynb": (lambda: b'{"nbformat": ' + b"[" * 1_000_000, "is nested too deeply"),
    "old.ipynb": (
        lambda: json.dumps({"nbformat": 3, "worksheets": []}).encode(),
        "is not a notebook; accepted: a notebook of format 4",
    ),
    "list.ipynb": (lambda: b"[1, 2]", "is not a notebook"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_one_clear_line(tmp_path, monkeypatch, name):
    make, fault = UNREADABLE[name]
    path = tmp_path / name
    path.write_bytes(make())
    monkeypatch.setattr(confined, "SECONDS", 8)
    before = time.monotonic()
    with pytest.raises(DocumentError) as caught:
        documents.read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert fault in message
    assert "accepted: " in message and "\n" not in message and "Traceback" not in message
    assert time.monotonic() - before < confined.SECONDS + 10


READABLE = {
    "owner.pdf": lambda: encrypted(""),
    "cut.pdf": lambda: with_content(stream(b"BT /F 9 Tf 50 50 Td (Words) Tj ET"))[:-12],
    "loop.pdf": lambda: with_content(stream(b"BT /F 9 Tf 50 50 Td (Words) Tj ET /X Do")),
    "widths.pdf": lambda: with_content(
        stream(b"BT /F 9 Tf 50 50 Td (Words) Tj 1e30 0 Td (far) Tj 0 Tf (none) Tj ET")
    ),
    "recursive.tex": lambda: b"\\newcommand{\\a}{\\a\\a}\\documentclass{a}Words \\a",
    "script.html": lambda: b"<html><script>while (true) {}</script>Words",
    "unclosed.html": lambda: b"<html><p>Words<table><tr><td><script>",
    "fences.md": lambda: b"Words\n" + b"`" * 1_000_000 + b"\n" + b"<table>\n" * 5_000,
    "line.txt": lambda: b"Words" + b" 0.91 -" * 1_000_000,
    "heading.txt": lambda: b"Words\n" + b"#" * 1_000_000,
    "tildes.md": lambda: b"Words\n" + b"~" * 1_000_000 + b"`",
    "tables.md": lambda: b"Words\n" + b"<table>\n" * 400_000,
    "empty_comments.txt": lambda: b"<!---->" * 100_000 + b"Words",
    "comments.txt": lambda: b"Words\n" + b"<!-- " * 1_000_000,
    "percent.tex": lambda: b"%\n" * 100_000 + b"Words",
    "data.md": lambda: b"Words data:" + b"data:a/b;base64," * 100_000,
}


@pytest.mark.parametrize("name", READABLE)
def test_strange_documents_are_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(READABLE[name]())
    before = time.monotonic()
    assert "Words" in documents.read(path).text
    assert time.monotonic() - before < 30


def fault_of(path: Path) -> str:
    """Return why a document cannot be read; that it can be is no fault either."""
    try:
        documents.read(path)
    except DocumentError as error:
        return str(error)
    return "none; accepted: it was read"


@pytest.mark.parametrize("filters", [1, 2])
def test_a_pdf_bomb(tmp_path, monkeypatch, filters):
    path = tmp_path / "bomb.pdf"
    path.write_bytes(with_content(stream(b"0 0 m " * 40_000_000, filters)))
    monkeypatch.setattr(confined, "SECONDS", 8)
    before = time.monotonic()
    assert "; accepted: " in fault_of(path)
    assert time.monotonic() - before < confined.SECONDS + 10


def test_many_objects(tmp_path):
    path = tmp_path / "objects.pdf"
    path.write_bytes(with_content(stream(b"0 0 1 1 re f " * 2_000_000)))
    assert "; accepted: " in fault_of(path)


def test_a_page_that_is_too_large_to_draw(tmp_path):
    path = tmp_path / "long.pdf"
    path.write_bytes(many_pages(1).replace(b"[0 0 600 800]", b"[0 0 1 14400]"))
    with pytest.raises(DocumentError, match="accepted: a smaller picture"):
        pictures.page_picture(path, 1, 1_000)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to("loop.pdf")
    (tmp_path / "folder.pdf").mkdir()
    for name, fault in {
        "pipe.pdf": "is a pipe, not a regular file",
        "loop.pdf": "cannot be opened: Too many levels of symbolic links",
        "folder.pdf": "is a folder, not a regular file",
        "missing.pdf": "cannot be opened: No such file or directory",
        "null\0.pdf": "cannot be opened: embedded null byte",
        "new\nline.pdf": "cannot be opened: No such file or directory",
    }.items():
        with pytest.raises(DocumentError, match=fault) as caught:
            documents.read(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(DocumentError, match="is a device"):
        documents.read(Path("/dev/zero"))


def test_a_file_without_permission(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(confined, "open_regular", refuse)  # root may read all files
    with pytest.raises(DocumentError, match="cannot be opened: Permission denied"):
        documents.read(tmp_path / "a.pdf")


def test_a_text_of_a_gigabyte(tmp_path):
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    before = time.monotonic()
    with pytest.raises(DocumentError, match="is larger than the limit of 200,000,000 bytes"):
        documents.read(path)
    assert time.monotonic() - before < 5


def test_a_zip_that_states_a_wrong_size(tmp_path):
    content = bytearray(word(PARAGRAPH))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = struct.pack("<I", 2**32 - 1)
    path = tmp_path / "size.docx"
    path.write_bytes(content)
    assert "; accepted: " in fault_of(path)


def test_what_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(confined, "SECONDS", 1)
    path = tmp_path / "slow.pdf"
    path.write_bytes(with_content(stream(b"BT /F 9 Tf " + b"0 0 1 1 re f " * 5_000_000 + b"ET")))
    before = time.monotonic()
    with pytest.raises(DocumentError, match="takes more than 1 seconds to read"):
        documents.read(path)
    assert time.monotonic() - before < 10


def test_files_beside_a_document_are_not_imported(tmp_path, monkeypatch):
    for name in ("json.py", "refashion.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')")
    (tmp_path / "a.txt").write_text("Words")
    monkeypatch.chdir(tmp_path)
    assert documents.read(Path("a.txt")).text == "Words"
