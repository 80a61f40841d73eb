"""The format of a document, told from its content; and its text, in whatever encoding."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from enum import StrEnum
from typing import NamedTuple

from refashion.documents.faults import UnreadableError


class Format(StrEnum):
    """A format that can be read; the value is what it is called in a message."""

    PDF = "PDF"
    NOTEBOOK = "notebook"
    WORD = "Word document"
    HTML = "HTML"
    TEX = "TeX"
    TEXT = "text"


SUFFIXES = {
    ".pdf": Format.PDF,
    ".ipynb": Format.NOTEBOOK,
    ".docx": Format.WORD,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".xhtml": Format.HTML,
    ".tex": Format.TEX,
    ".txt": Format.TEXT,
    ".md": Format.TEXT,
    ".markdown": Format.TEXT,
}

# Formats that are not read, by how their files begin.
_OTHERS = {
    b"\xd0\xcf\x11\xe0": "an encrypted or old Word document (.doc)",
    b"{\\rtf": "a document in RTF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"II*\x00": "an image",
    b"MM\x00*": "an image",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"7z\xbc\xaf": "a compressed file (7z)",
    b"Rar!": "a compressed file (rar)",
    b"%!PS": "a PostScript file",
}
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_TEX = re.compile(
    r"(?:\s*%[^\n]{0,1000}\n){0,200}\s*\\(?:documentclass|documentstyle|RequirePackage)\b"
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{1,40})", re.I)
# Characters that no text has: all control characters but white space, backspace and escape.
_JUNK = re.compile(r"[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
MOST_JUNK = 0.002


class Text(NamedTuple):
    """A decoded text and its encoding."""

    text: str
    encoding: str


def tell(content: bytes, suffix: str) -> tuple[Format, Text | None]:
    """Tell the format of a document, and decode it if it is a text.

    Parameters
    ----------
    content
        The file.
    suffix
        The end of its name, in lower case, with a full stop. It decides only where the content
        does not: between texts.

    Raises
    ------
    UnreadableError
        It is none of the formats that are read.
    """
    if content.startswith(b"%PDF-") or (suffix == ".pdf" and b"%PDF-" in content[:1024]):
        return Format.PDF, None
    if content.startswith(b"PK\x03\x04"):
        return _require_word(content), None
    for start, kind in _OTHERS.items():
        if content.startswith(start):
            raise UnreadableError(f"is {kind}")
    if not content.strip():
        raise UnreadableError("is empty")
    text = decode(content)
    return _text_format(text.text, SUFFIXES.get(suffix, Format.TEXT)), text


def _text_format(text: str, named: Format) -> Format:
    if _is_html(text):
        return Format.HTML
    if named is Format.NOTEBOOK or (text.lstrip()[:1] == "{" and '"nbformat"' in text):
        return Format.NOTEBOOK
    if _TEX.match(text):
        return Format.TEX
    return named if named in (Format.HTML, Format.TEX) else Format.TEXT


def _is_html(text: str) -> bool:
    """Whether a text begins as HTML does, perhaps after comments and a declaration of XML."""
    at = 0
    for _ in range(20):
        while text[at : at + 1].isspace():
            at += 1
        marks = next(
            (m for m in (("<!--", "-->"), ("<?xml", "?>")) if text.startswith(m[0], at)), None
        )
        if not marks:
            break
        at = text.find(marks[1], at) + len(marks[1])
    return bool(_HTML.match(text, at))


def _require_word(content: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
        raise UnreadableError("is a broken Word document or zip archive") from None
    if "word/document.xml" not in names and "[Content_Types].xml" not in names:
        raise UnreadableError("is a zip archive that is not a Word document")
    if not any(name.startswith("word/") for name in names):
        raise UnreadableError("is an Office document that is not of Word")
    return Format.WORD


def decode(content: bytes) -> Text:
    """Decode a text: UTF-8, by its byte order mark, by what HTML states, or else Windows-1252.

    Raises
    ------
    UnreadableError
        It is not text.
    """
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            try:
                return Text(_require_text(content.decode(encoding)), "utf-8")
            except UnicodeDecodeError:
                raise UnreadableError(f"begins like {encoding[:6].upper()}, but is not") from None
    try:
        return Text(_require_text(content.decode()), "utf-8")
    except UnicodeDecodeError:
        pass
    stated = _CHARSET.search(content[:4096])
    if stated:
        try:
            encoding = codecs.lookup(stated[1].decode()).name
            return Text(_require_text(content.decode(encoding)), "utf-8")
        except (LookupError, ValueError):
            pass
    # Bytes that Windows-1252 leaves undefined are control characters of Latin-1.
    text = content.decode("cp1252", errors="replace")
    if text.count("\ufffd") > MOST_JUNK * len(text):
        raise UnreadableError("is not text")
    return Text(_require_text(text), "cp1252")


def _require_text(text: str) -> str:
    sample = text[:1_000_000]
    if len(_JUNK.findall(sample)) > MOST_JUNK * len(sample):
        raise UnreadableError("is not text")
    return _JUNK.sub("", text)
