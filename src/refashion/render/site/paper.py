"""The report as PDF, whatever typst refuses of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.render.chapter.chapters import BARE
from refashion.render.site import documents, proofs
from refashion.render.site.manuscript import Manuscript, Pages
from refashion.render.site.site import Node, Page, Site, nodes
from refashion.render.text import typesetting
from refashion.render.text.typesetting import Printed

logger = logging.getLogger(__name__)

# One chapter, to find the one that typst refuses.
SECONDS_ALONE = 60
MOST_LETTERS = 20
FONTS = (
    "install fonts that have them, such as Noto (Debian: fonts-noto, fonts-noto-cjk), then render "
    "again with `snakemake --forcerun report`"
)


def write_pdf(manuscript: Manuscript, pages: Pages, facts: Mapping[str, Any]) -> None:
    """Write the report as PDF. A chapter that typst refuses is printed plainly.

    What went wrong is added to the problems and warnings of the manuscript.

    Parameters
    ----------
    manuscript, pages
        The report, and what was made of it.
    facts
        As for `documents.write_pdf`.
    """
    try:
        printed = _print(manuscript, pages, facts)
    except RefashionError as error:
        logger.error("%s: %s", manuscript.layout.report_pdf, error)
        _write_plainly(manuscript, pages.site, facts, str(error))
        return
    _warn(manuscript, printed, pages.sheets)


def _print(manuscript: Manuscript, pages: Pages, facts: Mapping[str, Any]) -> Printed:
    sheets, templates = list(pages.sheets.values()), manuscript.root / "report"
    return documents.write_pdf(sheets, pages.site, templates, facts, manuscript.layout)


def _warn(manuscript: Manuscript, printed: Printed, sheets: Mapping[str, str]) -> None:
    pdf = manuscript.layout.report_pdf
    if printed.refused:
        standard = typesetting.STANDARD
        logger.warning(
            "%s is tagged, yet not to the standard %s: %s", pdf, standard, printed.refused
        )
    for name, letters in _lacking(printed.lacking, sheets):
        listed = ", ".join(f"{one} (U+{ord(one):04X})" for one in letters[:MOST_LETTERS])
        more = f" and {len(letters) - MOST_LETTERS} more" if len(letters) > MOST_LETTERS else ""
        warning = f"{pdf}: no font has {listed}{more} in the part {name}; {FONTS}"
        logger.warning("%s", warning)
        manuscript.warnings.append(warning)


def _lacking(letters: str, sheets: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for name, sheet in sheets.items():
        if found := sorted(set(letters) & set(sheet)):
            yield name, found


def _write_plainly(manuscript: Manuscript, site: Site, facts: Mapping[str, Any], why: str) -> None:
    """Write the chapters that typst refuses plainly, or where that does not help, one page."""
    refused = {name: error for name in manuscript.parts if (error := _why(manuscript, site, name))}
    for name, error in refused.items():
        manuscript.faults.setdefault(name, []).append(error)
    try:
        if not refused:
            raise RefashionError(why)
        _print_instead(manuscript, refused, facts)
    except RefashionError as error:
        whole = f"{manuscript.layout.report_pdf}: {error}"
        manuscript.faults.setdefault(next(iter(manuscript.parts)), []).append(whole)
        _write_notice(manuscript, whole)


def _print_instead(
    manuscript: Manuscript, refused: Mapping[str, str], facts: Mapping[str, Any]
) -> None:
    while True:
        manuscript = manuscript.plainer(refused)
        with ThreadPoolExecutor(1) as threads:
            pages = manuscript.set(threads)
        try:
            _print(manuscript, pages, facts)
            return
        except RefashionError as error:
            if all(manuscript.parts[name].manner == BARE for name in refused):
                raise
            logger.error("%s: %s", manuscript.layout.report_pdf, error)


def _why(manuscript: Manuscript, site: Site, name: str) -> str | None:
    """Say why typst refuses a part, with the line of its narrative; None where it does not."""
    page = site.page(name)
    if not (why := _refusal(manuscript, site, page, len(page.blocks))):
        return None
    low, high = 0, len(page.blocks)  # it prints so many blocks, and refuses so many
    while high - low > 1:
        middle = (low + high) // 2
        if error := _refusal(manuscript, site, page, middle):
            high, why = middle, error
        else:
            low = middle
    return proofs.located(manuscript.root, name, page.blocks[high - 1], f"typst: {why}")


def _refusal(manuscript: Manuscript, site: Site, page: Page, n_blocks: int) -> str | None:
    """Print the first blocks of a page by themselves."""
    templates, facts = manuscript.root / "report", {"started": "never", "title": "a", "lang": "en"}
    alone = replace(page, blocks=_without_links(page.blocks[:n_blocks]))
    try:
        sheet = documents.on_paper(alone, site, templates, manuscript.store)
        documents.printed_pdf([sheet], site, templates, facts, manuscript.layout, SECONDS_ALONE)
    except RefashionError as error:
        return str(error)
    return None


def _without_links(blocks: list[Node]) -> list[Node]:
    """Copy blocks; typst refuses links to places that it is not given."""
    copied = json.loads(json.dumps(blocks))
    for node in nodes(copied):
        if node["t"] == "Link":
            node["t"], node["c"] = "Span", [["", [], []], node["c"][1]]
    return copied


def _write_notice(manuscript: Manuscript, why: str) -> None:
    """Write one page that says why there are no more."""
    texts = [
        "The report could not be printed.",
        f"It is there as {manuscript.layout.report_html.name}, beside this file. What went wrong:",
        why[:2000],
    ]
    # A string of JSON is one of typst but for how it names letters.
    written = [json.dumps(text, ensure_ascii=False) for text in texts]
    source = '#set document(title: "No report")\n' + "\n\n".join(f"#{text}" for text in written)
    printed = typesetting.print_pdf(source, manuscript.layout.report, 0)
    with artifacts.atomic(manuscript.layout.report_pdf) as temporary:
        temporary.write_bytes(printed.pdf)
