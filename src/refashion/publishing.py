"""A copy of the report that is small enough to be committed, mailed or put on a website."""

from __future__ import annotations

import re
import shutil
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from refashion.artifacts import Layout
from refashion.errors import RefashionError

# Of the figures of notebooks, which have few. With so many nobody sees a difference.
COLOURS = 128

_PICTURE = re.compile(r'(?<=src="data:image/png;base64,)[^"]*(?=")')
# As the template of notebook pages has it.
_LINK_TO_FILE = re.compile(r'\n<a href="[^"]*\.ipynb" download>[^<]*</a>')


def publish(results: Path, out: Path) -> None:
    """Copy the report and the ledger into a folder, at about half their size.

    Pictures in pages of notebooks get a palette. The notebooks' files, which hold the same once
    more, stay behind, and so do the links to them.

    Parameters
    ----------
    results
        Folder of results with a report.
    out
        Made anew; it may hold an earlier copy, and nothing else.

    Raises
    ------
    RefashionError
        There is no report, or `out` holds something else or cannot be written to.
    """
    there, copy = Layout(results), Layout(out)
    ledger = [there.verdicts_csv, there.verdicts_json]
    for path in (there.report_html, there.report_pdf, *ledger):
        if not path.is_file():
            raise RefashionError(f"{path}: no such file; make the report first: make report")
    _refuse_other_things(out, {copy.report.name, *(path.name for path in ledger)})
    without_notebooks = shutil.ignore_patterns("*.ipynb")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=".") as temporary:
            whole = Layout(Path(temporary, out.name))
            shutil.copytree(there.report, whole.report, ignore=without_notebooks)
            for path in ledger:
                shutil.copy(path, whole.results)
            for page in whole.report.glob("notebooks/**/*.html"):
                page.write_text(lightened(page.read_text(encoding="utf-8")), encoding="utf-8")
            shutil.rmtree(out, ignore_errors=True)
            whole.results.rename(out)
    except OSError as error:
        raise RefashionError(f"OUT: {out} cannot be written to ({error.strerror})") from None
    print(copy.report_html)


def _refuse_other_things(out: Path, ours: set[str]) -> None:
    held = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if others := sorted(held - ours):
        raise RefashionError(
            f"OUT: {out} holds other things ({', '.join(others[:3])}); "
            "name a new folder, or one that an earlier call has made"
        )


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
