"""Publish a copy of the report that is small enough to commit, to mail or to put on a website."""

from __future__ import annotations

import json
import os
import re
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from PIL import Image

from refashion.artifacts import Layout
from refashion.errors import RefashionError

# Size of the colour palette of images in notebook pages, where the reduction is invisible.
N_COLOURS = 128
# Name of the file that describes the other files of a copy, as RO-Crate fixes it.
METADATA = "ro-crate-metadata.json"

_PNG = re.compile(r'(?<=src="data:image/png;base64,)[^"]*(?=")')
# Suffixes of the files in a copy.
SUFFIXES = {".html", ".css", ".js", ".svg", ".png", ".pdf"}
_TARGET = re.compile(r'\b(?:href|src|action)="(?!data:|[a-z]+:|#)([^"#?]+)')
# The download link, as the template of notebook pages writes it.
_LINK_TO_FILE = re.compile(r'\n<a href="[^"]*\.ipynb" download>[^<]*</a>')


def publish(results: Path, out: Path, add_files: Callable[[Path], None] | None = None) -> None:
    """Copy the report and the ledger into a folder, at about half their size.

    Images in notebook pages get a colour palette. The notebook files and the links to them are
    left out, and so are files in the folder of the report that do not belong to the report.

    Parameters
    ----------
    results
        Results folder with a report.
    out
        Folder of the copy. It may contain an earlier copy, which is replaced, and nothing else.
    add_files
        Adds further files to the copy before it is in place, given its folder.

    Raises
    ------
    RefashionError
        If there is no report, if a file of it is a symbolic link, or if `out` contains anything
        but an earlier copy or cannot be written to.
    """
    layout = Layout(results)
    for path in (layout.report_html, layout.report_pdf, layout.verdicts_csv, layout.verdicts_json):
        if not path.is_file():
            raise RefashionError(f"{path}: no such file; create the report first: make report")
    results, out = results.resolve(), out.resolve()
    layout = Layout(results)
    ledger = [layout.verdicts_csv, layout.verdicts_json]
    files = [*ledger, layout.report_pdf, *linked_files(layout.report_html)]
    for path in files:
        check_not_link(path)
    _check_replaceable(out, {path.name for path in ledger})
    with writing_to(out):
        _make_folder(out.parent)
        with TemporaryDirectory(dir=out.parent, prefix=".") as temporary:
            whole = Path(temporary, out.name)
            for path in files:
                _copy(path, whole / path.relative_to(results))
            if add_files:
                add_files(whole)
                _make_readable(whole)
            shutil.rmtree(out, ignore_errors=True)
            whole.rename(out)


@contextmanager
def writing_to(out: Path) -> Iterator[None]:
    """Name the place of a copy where it cannot be written to."""
    try:
        yield
    except OSError as error:
        raise RefashionError(f"OUT: cannot write to {out} ({error.strerror})") from None


def linked_files(first: Path) -> list[Path]:
    """Return the files of a site: a page and all files that it links to, directly or indirectly.

    Notebook files and files outside the folder of the site are left out.

    Parameters
    ----------
    first
        First page, in the folder of the site.
    """
    folder, found, waiting = first.parent, {first}, [first]
    while waiting:
        page = waiting.pop()
        for target in _TARGET.findall(page.read_text(encoding="utf-8", errors="replace")):
            path = Path(os.path.normpath(page.parent / unescape(target)))
            if path in found or not path.is_relative_to(folder) or path.suffix == ".ipynb":
                continue
            if path.is_file():
                found.add(path)
                waiting += [path] if path.suffix == ".html" else []
    return sorted(found)


def check_not_link(path: Path) -> None:
    """Check that a file stands where it is, and not elsewhere behind a link.

    Raises
    ------
    RefashionError
        It, or a folder that it is in, is a symbolic link.
    """
    if path.resolve() != path:
        raise RefashionError(
            f"{path}: a symbolic link to {path.resolve()}, or in a linked folder; "
            "only files in the results folder are published; create the report again"
        )


def _make_folder(folder: Path) -> None:
    """Create a folder and its parents, readable by other users whatever the umask."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def _copy(path: Path, copy: Path) -> None:
    _make_folder(copy.parent)
    if path.suffix == ".html":
        copy.write_text(compressed(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    copy.chmod(0o644)


def _check_replaceable(out: Path, ledger: set[str]) -> None:
    """Check that a folder, which will be replaced, contains nothing but an earlier copy."""
    report = Layout(out).report
    page = Layout(out).report_html
    is_copy = page.is_file() and is_report_page(page.read_bytes())
    described = _described_files(out) if is_copy else set()
    others = [
        path.relative_to(out).as_posix()
        for path in (sorted(out.rglob("*")) if out.is_dir() else [out] if out.exists() else [])
        if path.is_symlink() or not path.is_dir()
        if path.name not in ledger or path.parent != out
        if path.relative_to(out).as_posix() not in described or path.is_symlink()
        if not is_copy or not path.is_relative_to(report) or path.suffix not in SUFFIXES
    ]
    if others:
        raise RefashionError(
            f"OUT: {out} contains other files ({', '.join(others[:3])}); "
            "choose a new folder, or one that holds an earlier copy"
        )


def _described_files(out: Path) -> set[str]:
    """Return the files of an earlier copy besides the report, as its description lists them."""
    try:
        entities = json.loads((out / METADATA).read_text(encoding="utf-8"))["@graph"]
        files = [each["@id"] for each in entities if "File" in each["@type"]]
    except (OSError, ValueError, LookupError, TypeError):
        return set()
    return {METADATA, *(unquote(str(name)) for name in files)}


def _make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def is_report_page(content: bytes) -> bool:
    """Return whether a file is a page of a report."""
    return b'<meta name="made-from"' in content


def compressed(page: str) -> str:
    """Reduce the colours of the images in a notebook page, and remove its download link."""
    return _PNG.sub(lambda match: _with_palette(match[0]), _LINK_TO_FILE.sub("", page))


def _with_palette(png: str) -> str:
    try:
        picture = Image.open(BytesIO(b64decode(png))).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        # Not every image that a notebook declares as PNG is one.
        return png
    if picture.getextrema()[-1] != (255, 255):
        # A palette would lose the transparency.
        return png
    few_colours = picture.convert("RGB").quantize(N_COLOURS, dither=Image.Dither.NONE)
    small = BytesIO()
    few_colours.save(small, "PNG", optimize=True)
    return min(png, b64encode(small.getvalue()).decode(), key=len)
