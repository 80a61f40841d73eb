"""The report as PDF: what a reader of paper, and a reader of screens, finds in it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pypdf
import pytest

from refashion.artifacts import Layout
from refashion.render.site import pandoc
from refashion.render.site.site import Site
from refashion.render.text import markdown
from refashion.render.text.cache import TextCache
from refashion.render.text.typesetting import CompiledPdf
from support.page_text import squeezed
from support.pdf_text import spans
from support.sample import CHECKS, EMPTY, HOSTILE, Sample, sample

EVERYTHING = [(run, seed) for run in ("cnn", "gru") for seed in (0, 1)]
STATES = {
    "diverged": {"statuses": dict.fromkeys(EVERYTHING, "diverged")},
    "no data": {"statuses": dict.fromkeys(EVERYTHING, "no_data"), "data": "unavailable"},
    "one seed": {"seeds": 1},
}
TOLD = {"diverged": "diverged", "no data": "is missing", "one seed": "1 seed for each run"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Sample:
    """Give a study with two runs and two seeds, of which one run failed once."""
    how = {"statuses": {("gru", 1): "failed"}, "checks": CHECKS}
    return sample(tmp_path_factory.mktemp("pdf"), project, **how).render()


@pytest.fixture(scope="module")
def reader(rendered: Sample) -> pypdf.PdfReader:
    return pypdf.PdfReader(rendered.layout.report_pdf)


def texts(reader: pypdf.PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def test_checks_that_say_nothing_are_a_sentence_on_paper(reader):
    told = squeezed(" ".join(texts(reader)))
    assert squeezed("1 further check says nothing") in told
    # In the ledger, with its place in the source.
    assert squeezed("Part echo") in told
    assert squeezed("Part restated") not in told


def test_the_ledger_is_the_last_part_and_lists_each_claim_once(reader):
    _, _, ledger = " ".join(texts(reader)).rpartition("Every claim that stands alone")
    assert squeezed("= exact, ✓ reproduced") in squeezed(ledger)
    for name in ("clash", "echo", "reading", "agreeing"):
        assert ledger.count(f"Part {name}") == 1
    for number in ("Accuracy, CNN, test", "Log loss, GRU, test"):
        assert squeezed(ledger).count(squeezed(number)) == 1
    chapters = " ".join(texts(reader)).rpartition("Every claim that stands alone")[0]
    assert squeezed("Reported and re-created numbers.") in squeezed(chapters)
    assert "In the ledger" in chapters and "Part clash" not in chapters


def outline(entries: list[Any]) -> Iterator[Any]:
    for entry in entries:
        yield from outline(entry) if isinstance(entry, list) else [entry]


def tags(node: Any) -> Iterator[Any]:
    """Walk through the structure that a reader of screens follows."""
    node = node.get_object()
    if not isinstance(node, dict):
        return
    yield node
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        yield from tags(kid)


def test_title_page_and_contents_come_first(reader):
    title, contents, first, *_ = texts(reader)
    assert "Reported and re-created" in title and "Student report" not in contents
    assert "Untitled student report on Fashion-MNIST" in title
    assert contents.split(" 2 / ")[0].startswith("Reported and re-created Contents Contents")
    assert "1.1" in contents and "Provenance" in contents
    assert "One study re-runs a published report" in first


def test_pages_are_not_empty_and_not_too_many(reader):
    pages = texts(reader)
    assert 8 <= len(pages) <= 20
    assert min(map(len, pages[1:])) > 200


def test_no_text_leaves_its_page(reader):
    for page in reader.pages:
        found = list(spans(page))
        assert found
        # Running heads stand within the margin above, page numbers within the one below.
        left, right = (float(page.mediabox[side]) for side in (0, 2))
        top = float(page.mediabox.top)
        assert min(span.left for span in found) > left + 60
        assert max(span.right for span in found) < right - 60
        assert all(20 < span.height < top - 20 for span in found)


def test_bookmarks_lead_to_the_headings(reader):
    found = list(outline(reader.outline))
    titles = [entry.title for entry in found]
    assert "Reported against re-created" in " ".join(titles)
    pages = texts(reader)
    for entry in found:
        number = reader.get_destination_page_number(entry)
        assert squeezed(entry.title) in squeezed(pages[number])


def test_links_lead_to_pages_or_files(rendered, reader):
    links = [
        note.get_object()["/A"]
        for page in reader.pages
        for note in page.get("/Annots", [])
        if "/A" in note.get_object()
    ]
    addresses = {link["/URI"] for link in links if "/URI" in link}
    assert addresses
    for address in addresses:
        assert address.startswith("https:") or (rendered.layout.report / address).is_file()


def test_fonts_are_embedded(reader):
    fonts = {
        font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]["/FontName"]: font
        for page in reader.pages
        for font in page["/Resources"].get("/Font", {}).values()
    }
    assert any("LibertinusSerif" in name for name in fonts)
    for font in fonts.values():
        file = font.get_object()["/DescendantFonts"][0]["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(file)


def test_a_reader_of_screens_finds_structure_language_and_words_for_pictures(reader):
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part>1" in root["/Metadata"].get_data()
    found = list(tags(root["/StructTreeRoot"]))
    kinds = {node.get("/S") for node in found}
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/Formula", "/Caption", "/TOC"} <= kinds
    for node in found:
        if node.get("/S") in ("/Figure", "/Formula"):
            assert node.get("/Alt")


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_run_can_be_printed(state, tmp_path, project, monkeypatch):
    monkeypatch.setattr("refashion.figures.style.to_svg", lambda figure: plt.close(figure) or EMPTY)
    made = sample(tmp_path, project, **STATES[state]).render()
    text = squeezed(made.pdf_text)
    assert squeezed(TOLD[state]) in text
    assert squeezed("not run: not run") not in text
    assert "{{" not in text.replace(squeezed(HOSTILE), "").replace("{{m}}", "")


def print_text(text: str, facts: dict[str, Any], templates: Path, layout: Layout) -> CompiledPdf:
    site = Site.from_document(pandoc.read(text))
    store = TextCache(layout.results / "kept")
    parts = [pandoc.as_typst(page, site, templates, store) for page in site.pages]
    return pandoc.write_pdf(parts, site, templates, facts, layout)


def test_what_the_standard_refuses_is_printed_all_the_same(rendered, project):
    facts = {"title": "a", "subtitle": "b", "date": "c", "lang": "en", "started": "never"}
    skipped = [markdown.heading("A", 1, "a"), markdown.heading("B", 3, "b")]
    text = markdown.join([*skipped, "\U0001f9e6 \ue000 \u0f3a"])
    before = rendered.layout.report_pdf.read_bytes()
    try:
        printed = print_text(text, facts, project / "report", rendered.layout)
        assert "PDF/UA" in printed.violation
        assert len(pypdf.PdfReader(rendered.layout.report_pdf).pages) == 3
    finally:
        rendered.layout.report_pdf.write_bytes(before)


def test_titles_are_text(tmp_path, rendered, project):
    source = [{"title": HOSTILE, "citation": HOSTILE}]
    facts = {"title": HOSTILE, "subtitle": HOSTILE, "date": HOSTILE, "lang": "en"}
    before = rendered.layout.report_pdf.read_bytes()
    try:
        more = {"started": "never", "source": source}
        print_text("# A\n", facts | more, project / "report", rendered.layout)
        reader = pypdf.PdfReader(rendered.layout.report_pdf)
        assert squeezed(texts(reader)[0]).count("<script>alert(1)</script>") == 5
    finally:
        rendered.layout.report_pdf.write_bytes(before)
