"""Text for typst to PDF, in a process of its own, which can be stopped and may crash.

Fonts are those that come with typst and Matplotlib, so that a document is the same everywhere. Only
where these lack letters, the system's are taken too.
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

SECONDS = 600
# Accessible to readers of screens, as ISO 14289 asks it.
STANDARD: Literal["ua-1"] = "ua-1"
# It has a box for every letter, and so would hide that the letter is missing.
NOT_A_FONT = "LastResort"
# More are not looked at: one after the other is tried.
MOST_LETTERS = 20_000


@dataclass(frozen=True)
class Printed:
    """A document.

    Attributes
    ----------
    pdf
        Its bytes.
    refused
        Why it is not to the standard; None where it is.
    lacking
        Letters that no font has.
    """

    pdf: bytes
    refused: str | None
    lacking: str


def print_pdf(source: str, root: Path, timestamp: int, seconds: float = SECONDS) -> Printed:
    """Compile a text for typst.

    Parameters
    ----------
    source
        The text.
    root
        Folder of the files that it names.
    timestamp
        Date of the document.
    seconds
        Limit.

    Raises
    ------
    RefashionError
        typst refuses the text, takes longer, or crashes.
    """
    # Imported already by whoever draws, and not needed in the other process.
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
            said = done.stderr.decode(errors="replace").strip()
            raise RefashionError(said or f"typst ended with code {done.returncode}")
        told = json.loads(done.stdout)
        return Printed(pdf.read_bytes(), told["refused"], told["lacking"])


def compile_document(root: str, timestamp: str, fonts: str, output: str) -> None:
    """Compile standard input to a file, and tell on standard output what is wrong with it."""
    source = sys.stdin.buffer.read()
    letters = sorted({letter for letter in source.decode() if not letter.isascii()})
    with _without_boxes(Path(fonts)) as folder:
        bundled = typst.Fonts(include_system_fonts=False, font_paths=[folder])
        lacking = _lacking(letters[:MOST_LETTERS], bundled)
        chosen = typst.Fonts(include_system_fonts=True, font_paths=[folder]) if lacking else bundled
        told: dict[str, Any] = {"refused": None, "lacking": "".join(_lacking(lacking, chosen))}
        compiler = typst.Compiler(root=root, font_paths=chosen)
        compiled = partial(compiler.compile, source, format="pdf", timestamp=int(timestamp))
        try:
            pdf = compiled(pdf_standards=[STANDARD])
        except typst.TypstError as error:
            told["refused"] = error.message
            pdf = compiled()
    Path(output).write_bytes(cast(bytes, pdf))  # as one document in this format is
    print(json.dumps(told))


@contextmanager
def _without_boxes(fonts: Path) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        for path in fonts.iterdir():
            if not path.name.startswith(NOT_A_FONT):
                Path(folder, path.name).symlink_to(path)
        yield Path(folder)


def _lacking(letters: list[str], fonts: typst.Fonts) -> list[str]:
    """Letters that no font has: the standard refuses a document with one of them."""
    compiler = typst.Compiler(font_paths=fonts)
    return [letter for letter in letters if not _can_be_set(letter, compiler)]


def _can_be_set(letter: str, compiler: typst.Compiler) -> bool:
    text = f'#set document(title: "a")\n#"\\u{{{ord(letter):x}}}"'
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
