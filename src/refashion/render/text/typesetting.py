"""Compile typst source to PDF, in a separate process, which can be stopped and may crash.

The fonts are those that come with typst and Matplotlib, so that a document looks the same on every
machine. System fonts are used only for characters that these fonts lack.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, cast

import typst

from refashion.errors import RefashionError

COMPILE_SECONDS = 600
# PDF/UA-1 (ISO 14289-1), which makes a document accessible to screen readers.
STANDARD: Literal["ua-1"] = "ua-1"
# This font draws a box for every character, which would hide that the character is missing.
NOT_A_FONT = "LastResort"
# Each character is tried by itself, so no more than this are checked.
MOST_CHECKED = 20_000


@dataclass(frozen=True)
class CompiledPdf:
    """A compiled document.

    Attributes
    ----------
    pdf
        Content of the PDF file.
    violation
        Why the document does not conform to the standard; None if it does.
    missing_characters
        Characters that no font contains.
    """

    pdf: bytes
    violation: str | None
    missing_characters: str


def compile_pdf(
    source: str, root: Path, timestamp: int, seconds: float = COMPILE_SECONDS
) -> CompiledPdf:
    """Compile typst source to PDF.

    Parameters
    ----------
    source
        The typst source.
    root
        Folder that paths in the source are relative to.
    timestamp
        Date of the document, in seconds since 1970.
    seconds
        Time limit.

    Raises
    ------
    RefashionError
        If typst rejects the source, takes longer than `seconds`, or crashes.
    """
    # The calling process has imported Matplotlib for the figures; the other process never needs it.
    from matplotlib import get_data_path

    with TemporaryDirectory() as folder:
        pdf = Path(folder, "document.pdf")
        fonts = Path(get_data_path(), "fonts", "ttf")
        command = [sys.executable, "-m", __spec__.name, str(root), str(timestamp), str(fonts)]
        try:
            done = subprocess.run(
                [*command, str(pdf)], input=source.encode(), capture_output=True, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            raise RefashionError(f"typst was stopped after {seconds:g} seconds") from None
        if done.returncode or not pdf.exists():
            message = done.stderr.decode(errors="replace").strip()
            raise RefashionError(message or f"typst exited with code {done.returncode}")
        return CompiledPdf(pdf.read_bytes(), **json.loads(done.stdout))


def compile_document(root: str, timestamp: str, fonts: str, output: str) -> None:
    """Compile standard input to a PDF file, and print its faults as JSON.

    Parameters
    ----------
    root
        Folder that paths in the source are relative to.
    timestamp
        Date of the document, in seconds since 1970.
    fonts
        Folder of Matplotlib's fonts.
    output
        Path of the PDF file.
    """
    source = sys.stdin.buffer.read()
    characters = sorted({one for one in source.decode() if not one.isascii()})
    with _real_fonts(Path(fonts)) as folder:
        bundled = typst.Fonts(include_system_fonts=False, font_paths=[folder])
        missing = _missing(characters[:MOST_CHECKED], bundled)
        chosen = typst.Fonts(include_system_fonts=True, font_paths=[folder]) if missing else bundled
        lacking = "".join(_missing(missing, chosen))
        faults: dict[str, Any] = {"violation": None, "missing_characters": lacking}
        compiler = typst.Compiler(root=root, font_paths=chosen)
        compiled = partial(compiler.compile, source, format="pdf", timestamp=int(timestamp))
        try:
            pdf = compiled(pdf_standards=[STANDARD])
        except typst.TypstError as error:
            faults["violation"] = error.message
            pdf = compiled()
    Path(output).write_bytes(cast(bytes, pdf))  # a single document in this format is bytes
    print(json.dumps(faults))


@contextmanager
def _real_fonts(fonts: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        for path in fonts.iterdir():
            if not path.name.startswith(NOT_A_FONT):
                Path(folder, path.name).symlink_to(path)
        yield Path(folder)


def _missing(characters: list[str], fonts: typst.Fonts) -> list[str]:
    """Return the characters that no font contains; the standard rejects a document with one."""
    compiler = typst.Compiler(font_paths=fonts)
    return [character for character in characters if not _has_glyph(character, compiler)]


def _has_glyph(character: str, compiler: typst.Compiler) -> bool:
    text = f'#set document(title: "a")\n#"\\u{{{ord(character):x}}}"'
    try:
        compiler.compile(input=text.encode(), format="pdf", pdf_standards=[STANDARD])
    except typst.TypstError as error:
        return "could not be displayed" not in error.message
    return True


# Not a command of `refashion`: this process imports typst and little else.
if __name__ == "__main__":
    try:
        compile_document(*sys.argv[1:])
    except typst.TypstError as error:
        sys.exit(error.message)
