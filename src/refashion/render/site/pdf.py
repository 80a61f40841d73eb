"""The PDF of the report, with plain versions of the chapters that typst rejects."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.render.chapter.chapters import Form
from refashion.render.site import pandoc, proofreading
from refashion.render.site.manuscript import Manuscript, PreparedReport
from refashion.render.site.site import Node, Page, Site, nodes
from refashion.render.text import typesetting
from refashion.render.text.typesetting import CompiledPdf

logger = logging.getLogger(__name__)

# Time limit for one chapter, to find the one that typst rejects.
CHAPTER_SECONDS = 60
MOST_CHARACTERS_LISTED = 20
FONT_ADVICE = (
    "install fonts that contain them, such as Noto (Debian: fonts-noto, fonts-noto-cjk), then "
    "render the report again with `snakemake --forcerun report`"
)


def write_pdf(
    manuscript: Manuscript, prepared: PreparedReport, variables: Mapping[str, Any]
) -> None:
    """Write the PDF of the report. Chapters that typst rejects are replaced by plain ones.

    Problems and warnings are added to those of the manuscript.

    Parameters
    ----------
    manuscript
        Parts of the report.
    prepared
        The prepared report.
    variables
        Variables of the template, as for `pandoc.write_pdf`.
    """
    try:
        compiled = _write(manuscript, prepared, variables)
    except RefashionError as error:
        logger.error("%s: %s", manuscript.layout.report_pdf, error)
        _write_simplified(manuscript, prepared.site, variables, str(error))
        return
    _warn(manuscript, compiled, prepared.typst_sources)


def _write(
    manuscript: Manuscript, prepared: PreparedReport, variables: Mapping[str, Any]
) -> CompiledPdf:
    sources, templates = list(prepared.typst_sources.values()), manuscript.root / "report"
    return pandoc.write_pdf(sources, prepared.site, templates, variables, manuscript.layout)


def _warn(manuscript: Manuscript, compiled: CompiledPdf, sources: Mapping[str, str]) -> None:
    pdf = manuscript.layout.report_pdf
    if compiled.violation:
        standard = typesetting.STANDARD
        logger.warning(
            "%s is tagged, but does not conform to %s: %s", pdf, standard, compiled.violation
        )
    for name, source in sources.items():
        if not (missing := sorted(set(compiled.missing_characters) & set(source))):
            continue
        listed = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing[:MOST_CHARACTERS_LISTED])
        n_more = len(missing) - MOST_CHARACTERS_LISTED
        more = f" and {n_more} more" if n_more > 0 else ""
        warning = f"{pdf}: no font contains {listed}{more} in the part {name}; {FONT_ADVICE}"
        logger.warning("%s", warning)
        manuscript.warnings.append(warning)


def _write_simplified(
    manuscript: Manuscript, site: Site, variables: Mapping[str, Any], why: str
) -> None:
    """Write the PDF with simpler versions of the rejected chapters; if this fails, a notice."""
    errors = {name: _rejection(manuscript, site, name) for name in manuscript.parts}
    rejected = {name: error for name, error in errors.items() if error}
    for name, error in rejected.items():
        manuscript.faults.setdefault(name, []).append(error)
    try:
        if not rejected:
            raise RefashionError(why)
        _write_without(manuscript, rejected, variables)
    except RefashionError as error:
        message = f"{manuscript.layout.report_pdf}: {error}"
        manuscript.faults.setdefault(next(iter(manuscript.parts)), []).append(message)
        _write_notice(manuscript, message)


def _write_without(
    manuscript: Manuscript, rejected: Mapping[str, str], variables: Mapping[str, Any]
) -> None:
    while True:
        manuscript = manuscript.simplified(rejected)
        with ThreadPoolExecutor(1) as threads:
            prepared = manuscript.prepare(threads)
        try:
            _write(manuscript, prepared, variables)
            return
        except RefashionError as error:
            if all(manuscript.parts[name].form is Form.NOTICE for name in rejected):
                raise
            logger.error("%s: %s", manuscript.layout.report_pdf, error)


def _rejection(manuscript: Manuscript, site: Site, name: str) -> str | None:
    """Return why typst rejects a part, with the line of its narrative; None if it accepts it."""
    page = site.page(name)
    if not (why := _compile_error(manuscript, site, page, len(page.blocks))):
        return None
    # Bisect: typst accepts the first `low` blocks and rejects the first `high`.
    low, high = 0, len(page.blocks)
    while high - low > 1:
        middle = (low + high) // 2
        if error := _compile_error(manuscript, site, page, middle):
            high, why = middle, error
        else:
            low = middle
    block = page.blocks[high - 1]
    narrative = manuscript.written_in(name)
    return proofreading.locate_block(manuscript.root, narrative, block, f"typst: {why}")


def _compile_error(manuscript: Manuscript, site: Site, page: Page, n_blocks: int) -> str | None:
    """Compile the first blocks of a page by themselves, and return the error, if any."""
    templates = manuscript.root / "report"
    variables = {"started": "never", "title": "a", "lang": "en"}
    alone = replace(page, blocks=_without_links(page.blocks[:n_blocks]))
    try:
        source = pandoc.as_typst(alone, site, templates, manuscript.cache)
        pandoc.compile_report(
            [source], site, templates, variables, manuscript.layout, CHAPTER_SECONDS
        )
    except RefashionError as error:
        return str(error)
    return None


def _without_links(blocks: list[Node]) -> list[Node]:
    """Copy blocks without links, since typst rejects links to missing targets."""
    copied = json.loads(json.dumps(blocks))
    for node in nodes(copied):
        if node["t"] == "Link":
            node["t"], node["c"] = "Span", [["", [], []], node["c"][1]]
    return copied


def _write_notice(manuscript: Manuscript, why: str) -> None:
    """Write a PDF with one page that states why the report is missing."""
    texts = [
        "The PDF of the report could not be created.",
        f"Read {manuscript.layout.report_html.name} in the same folder instead. The error was:",
        why[:2000],
    ]
    # A JSON string is a valid typst string, except for escaped characters.
    quoted = [json.dumps(text, ensure_ascii=False) for text in texts]
    source = '#set document(title: "No report")\n' + "\n\n".join(f"#{text}" for text in quoted)
    compiled = typesetting.compile_pdf(source, manuscript.layout.report, 0)
    with artifacts.atomic(manuscript.layout.report_pdf) as temporary:
        temporary.write_bytes(compiled.pdf)
