"""The pages of the PDF: lists of claims in a ledger, narrow figures and tables side by side."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdf
import pytest

from refashion.artifacts import Layout
from refashion.ledger.pictures import Picture
from refashion.render.site import pandoc, paper
from refashion.render.site.site import Site, anchors, html_page, nodes
from refashion.render.text import markdown
from refashion.render.text.cache import TextCache

LISTED = """# Study {#s}

[See](#s-claim-a), [a table](#s-verdicts), [gone](#nowhere).

| Claim | Verdict |
|---|---|
| [first]{#s-claim-a} | holds |

: Reported numbers. {#s-verdicts}

| Run | Score |
|---|---|
| [two]{#s-claim-b} | 0.9 |

: Scores. {#s-scores}
"""
LEDGER = """# The ledger {#ledger .unnumbered}

## Study {#ledger-s}

[a]{#s-claim-a} [b]{#s-claim-b}
"""


@pytest.fixture
def site(tmp_path):
    """Give a function from the texts of parts to their site."""

    def make(**parts):
        with ThreadPoolExecutor(1) as threads:
            return Site.from_document(pandoc.read_parts(parts, TextCache(tmp_path), threads))

    return make


def printed(site, text, ledger=LEDGER):
    pages = paper.on_paper({"s": site(s=text).pages[0]}, site(ledger=ledger).pages[0])
    return pages["s"].blocks, pages["ledger"].blocks


def test_lists_of_claims_are_a_caption_that_leads_to_the_ledger(site):
    chapter, ledger = printed(site, LISTED)
    assert "s-verdicts" in [*anchors(chapter)] and "first" not in json.dumps(chapter)
    links = [node["c"][2][0] for node in nodes(chapter) if node["t"] == "Link"]
    assert links == ["#s-claim-a", "#s-verdicts", "#ledger-s"]
    # Each place is there once: a table that stays keeps its own.
    assert [name for name in anchors(ledger) if "claim" in name] == ["s-claim-a"]
    assert "s-claim-b" in [*anchors(chapter)]


def exhibits(*widths, rows=3):
    made = []
    for n, width in enumerate(widths):
        if isinstance(width, str):
            made.append(f"![Figure {n}](a.svg){{#s-f{n} width={width}}}")
        else:
            made.append(markdown.table(["a"], [["x" * width]] * rows, "l", f"T {n}", f"s-t{n}"))
    return "# Study {#s}\n\n" + "\n\n".join(made) + "\n\nText.\n"


def groups(blocks):
    """Name what stands together in each block of a page."""
    return [[name for name in anchors([block]) if name != "s"] for block in blocks[1:-1]]


def test_figures_and_tables_that_fit_stand_side_by_side_and_wide_ones_alone(site):
    between = str(markdown.folded("Values", "one", markdown.NOTHING))
    text = exhibits("100%", "90%", "68%", 20).replace("![Figure 1]", f"{between}![Figure 1]")
    chapter, _ = printed(site, text)
    assert groups(chapter) == [["s-f0", "s-f2"], ["s-f1"], ["s-t3"]]
    assert chapter[1]["c"][0] == ["", ["pair"], [["shares", "100, 68"]]]
    chapter, _ = printed(site, exhibits(20, 90, rows=12))
    assert [block["c"][0][1] for block in chapter[1:-1]] == [["halves"], []]
    chapter, _ = printed(site, exhibits(20, rows=paper.MOST_ROWS + 1))
    assert [block["t"] for block in chapter[1:-1]] == ["Table"]


def test_a_page_is_filled_with_its_pictures_only(site):
    made = site(s="# Study {#s}\n\n::: {#s-p .picture}\n:::\n")
    drawn = Picture("<svg>one</svg>", "One")
    made.pictures |= {"s-p": drawn, "row-p": drawn._replace(svg="<svg>two</svg>")}
    chapter = made.pages[0]
    ledger = html_page("ledger.html", "Ledger", '<div id="row-p" class="picture"></div>')
    assert [*made.pictures_of(chapter)] == ["s-p"] and [*made.pictures_of(ledger)] == ["row-p"]
    html = '<div id="s-p" class="picture">\n</div><div id="other" class="picture"></div>'
    shown = '<div class="picture"><svg>one</svg></div><div id="other" class="picture"></div>'
    assert made.with_pictures(html) == shown
    (call,) = [n["c"] for n in nodes(made.on_paper(chapter)) if n["t"] == "RawBlock"]
    assert call == ["typst", '#picture("<svg>one</svg>", "One");']


def chapter_of(n):
    sections = [f"## Section {n}.{k}\n\n![Drawn {n}.{k}](a.svg)\n" for k in range(2 + n)]
    box = f"::: counts\nBox {n}\n\n{'Line. ' * 600}\n\nEnd {n}\n:::\n"
    return "\n".join([f"# Chapter {n} {{#c{n}}}\n", box, *sections])


def test_figures_stay_in_their_sections_and_boxes_are_whole(site, tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="400pt" height="400pt"></svg>'
    (report / "a.svg").write_text(svg)
    made = site(**{f"c{n}": chapter_of(n) for n in range(5)})
    templates = Path(__file__).parents[1] / "report"
    cache = TextCache(tmp_path)
    sources = [pandoc.as_typst(page, made, templates, cache) for page in made.pages]
    variables = {"started": "never", "title": "Checked", "lang": "en"}
    compiled = pandoc.compile_report(sources, made, templates, variables, Layout(tmp_path))
    pages = pypdf.PdfReader(io.BytesIO(compiled.pdf)).pages[2:]
    told = [re.findall(r"(?:Box|End|Section|Drawn) [0-9.]+", page.extract_text()) for page in pages]
    assert [name for page in told for name in page] == [
        name
        for n in range(5)
        for name in re.findall(r"(?:Box|End|Section|Drawn) [0-9.]+", chapter_of(n))
    ]
    for page in told:
        # A box is whole, and a heading stands on the page of what follows it.
        assert not page or page[-1].startswith(("End", "Drawn"))
        assert not page or page[0].startswith(("Box", "Section"))
