"""A copy of the report that is small enough to be committed, mailed or put on a website."""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode, b64encode
from html import unescape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from refashion.artifacts import Layout
from refashion.errors import RefashionError

# Of the figures of notebooks, which have few. With so many nobody sees a difference.
COLOURS = 128

_PICTURE = re.compile(r'(?<=src="data:image/png;base64,)[^"]*(?=")')
# Of files in a copy.
KINDS = {".html", ".css", ".js", ".svg", ".pdf"}
_TARGET = re.compile(r'\b(?:href|src|action)="(?!data:|[a-z]+:|#)([^"#?]+)')
# As the template of notebook pages has it.
_LINK_TO_FILE = re.compile(r'\n<a href="[^"]*\.ipynb" download>[^<]*</a>')


def publish(results: Path, out: Path) -> None:
    """Copy the report and the ledger into a folder, at about half their size, for all to read.

    Pictures in pages of notebooks get a palette. The notebooks' files, which hold the same once
    more, stay behind, and so do the links to them. What lies in the folder of the report and is no
    part of it stays behind too.

    Parameters
    ----------
    results
        Folder of results with a report.
    out
        Made anew; it may hold an earlier copy, and nothing else.

    Raises
    ------
    RefashionError
        There is no report, a part of it is a link to elsewhere, or `out` holds something else or
        cannot be written to.
    """
    there = Layout(results)
    for path in (there.report_html, there.report_pdf, there.verdicts_csv, there.verdicts_json):
        if not path.is_file():
            raise RefashionError(f"{path}: no such file; make the report first: make report")
    results, out = results.resolve(), out.resolve()
    there = Layout(results)
    ledger = [there.verdicts_csv, there.verdicts_json]
    parts = [*ledger, there.report_pdf, *pages_and_parts(there.report_html)]
    for path in parts:
        _refuse_link(path)
    _refuse_other_things(out, {path.name for path in ledger})
    try:
        _make_folder(out.parent)
        with TemporaryDirectory(dir=out.parent, prefix=".") as temporary:
            whole = Path(temporary, out.name)
            for path in parts:
                _copy(path, whole / path.relative_to(results))
            shutil.rmtree(out, ignore_errors=True)
            whole.rename(out)
    except OSError as error:
        raise RefashionError(f"OUT: {out} cannot be written to ({error.strerror})") from None
    print(Layout(out).report_html)


def pages_and_parts(first: Path) -> list[Path]:
    """List what a site consists of: a page, what it shows and leads to in its folder, and so on.

    Files of notebooks are left out.

    Parameters
    ----------
    first
        Page in the folder of the site.
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


def _refuse_link(path: Path) -> None:
    if path.resolve() != path:
        raise RefashionError(
            f"{path} is a link, or in a folder that is one, to {path.resolve()}; "
            "only what lies in the folder of the results is published: make the report again"
        )


def _make_folder(folder: Path) -> None:
    """Make a folder, and those that it is in, which others may enter whatever the umask is."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir()
        folder.chmod(0o755)


def _copy(path: Path, copy: Path) -> None:
    _make_folder(copy.parent)
    if path.suffix == ".html":
        copy.write_text(lightened(path.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        shutil.copyfile(path, copy)
    copy.chmod(0o644)


def _refuse_other_things(out: Path, ledger: set[str]) -> None:
    """Refuse a folder that holds anything but an earlier copy, for it is replaced as a whole."""
    report = Layout(out).report
    is_copy = _is_page_of_ours(Layout(out).report_html)
    others = [
        path.relative_to(out).as_posix()
        for path in (sorted(out.rglob("*")) if out.is_dir() else [out] if out.exists() else [])
        if path.is_symlink() or not path.is_dir()
        if path.name not in ledger or path.parent != out
        if not is_copy or not path.is_relative_to(report) or path.suffix not in KINDS
    ]
    if others:
        raise RefashionError(
            f"OUT: {out} holds other things ({', '.join(others[:3])}); "
            "name a new folder, or one that an earlier call has made"
        )


def _is_page_of_ours(page: Path) -> bool:
    if not page.is_file():
        return False
    return '<meta name="made-from"' in page.read_text(encoding="utf-8", errors="replace")


def lightened(page: str) -> str:
    """Give the pictures of a notebook's page a palette, and leave out the link to its file."""
    return _PICTURE.sub(lambda match: _with_palette(match[0]), _LINK_TO_FILE.sub("", page))


def _with_palette(png: str) -> str:
    try:
        picture = Image.open(BytesIO(b64decode(png))).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        # A notebook may hold anything under this name.
        return png
    if picture.getextrema()[-1] != (255, 255):
        # What is not opaque would lose its background.
        return png
    few_colours = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small = BytesIO()
    few_colours.save(small, "PNG", optimize=True)
    return min(png, b64encode(small.getvalue()).decode(), key=len)
