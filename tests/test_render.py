"""The report of a made-up study with small results, from files to HTML, PDF and pages."""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import pypdf
import pytest

from refashion import artifacts
from refashion.render.site import pandoc
from refashion.render.site.site import Site, anchors, nodes
from refashion.render.text import markdown
from refashion.render.text.cache import TextCache
from refashion.render.text.markdown import Markdown
from support.page_text import dead_links, plain, squeezed
from support.sample import CHECKS, EMPTY, ERROR, HOSTILE, STUDY, Sample, sample


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Sample:
    """Give a study with two runs and two seeds, of which one run failed once."""
    how = {"statuses": {("gru", 1): "failed"}}
    return sample(tmp_path_factory.mktemp("project"), project, **how).render()


@pytest.fixture
def quick(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch):
    """Render a sample to HTML alone, with empty figures."""
    monkeypatch.setattr("refashion.render.render.write_pdf", lambda *_: None)
    monkeypatch.setattr("refashion.figures.style.to_svg", lambda figure: plt.close(figure) or EMPTY)

    def make(**how: object) -> Sample:
        return sample(tmp_path, project, **how).render()

    return make


def pages(made: Sample) -> list[Path]:
    return sorted(made.layout.report.rglob("*.html"))


def has_chapter(page: Path) -> bool:
    """Whether a page is one of the report's own, not of a notebook."""
    return "notebooks" not in page.parts


def root(page: Path) -> str:
    return "../" if page.parent.name == "studies" else ""


@pytest.mark.parametrize("value", [HOSTILE, "1. a", "- a", "# a", "| a", "<!-- a", "a  \nb", "\\"])
def test_escaped_text_is_the_same_text_in_html(value, tmp_path):
    page = pandoc.convert(markdown.join(["x ", value, " y"]), "html5")
    assert plain(re.sub(r"</?p>", "", page)) == plain(f"x {value} y")


@pytest.mark.parametrize("after", [".y(z)", "(z)", "[z]", ";", "; z", "{z}"])
def test_text_after_a_mark_or_link_is_no_code_in_typst(after, project):
    marks = [markdown.span("x", "verdict"), markdown.link("x", "#a"), markdown.strong("x")]
    text = markdown.join(piece for mark in marks for piece in (mark, after, " "))
    made = pandoc.convert(text, "typst", f"--lua-filter={project / 'report' / 'report.lua'}")
    assert made.count("[x];") == 3
    assert made.replace("\\", "").count(f"[x];{after}") == 3


def test_what_is_markup_stays_markup():
    assert markdown.escape(Markdown("**a**")) == "**a**"
    assert markdown.table(["a"], [["b|c"]], "l").count("|") == 7


def test_html_and_pdf_say_the_same(rendered):
    for text in (rendered.text, rendered.pdf_text):
        assert "Reported against re-created" in text
        assert "0.919" in text
        assert squeezed("CNN without") not in squeezed(text)
        assert squeezed("1,234") in squeezed(text)


def test_without_a_narrative_a_chapter_has_the_usual_order(tmp_path, project, quick):
    made = sample(tmp_path, project)
    (tmp_path / "studies" / STUDY / "narrative.md").unlink()
    made.render()
    text = made.text
    parts = ["Abstract", "Introduction", "Data", "Models", "Results", "Comparison", "Reported ag"]
    places = [text.index(part, text.index("Abstract")) for part in parts]
    assert places == sorted(places)
    assert artifacts.read_json(made.layout.report_problems)["problems"] == []
    for exhibit in ("Confusion matrix on the test", "Loss and accuracy by epoch", "Assumptions: "):
        assert exhibit in text


def test_many_runs_share_a_table_and_a_chart(tmp_path, project, quick, monkeypatch):
    monkeypatch.setattr("refashion.render.chapter.usual.MOST_SECTIONS", 1)
    made = sample(tmp_path, project)
    (tmp_path / "studies" / STUDY / "narrative.md").unlink()
    made.render()
    assert "Scores of CNN" in made.text
    assert "Confusion matrix on the test" not in made.text
    assert "Stated settings that differ between the runs" in made.text
    monkeypatch.setattr("refashion.render.chapter.tables.MOST_ROWS", 1)
    made.render()
    page = (made.layout.report / "studies" / f"{STUDY}.html").read_text(encoding="utf-8")
    assert re.search("<details><summary>\\s*Settings that differ between the 2 runs", page)


def test_a_number_of_a_table_of_runs_leads_to_its_own_run_alone(quick):
    table = {
        **{"id": "benchmark", "where": "there", "quote": "it", "kind": "table", "table": "runs"},
        **{"split": "test", "columns": ["accuracy"], "tolerance": 0.01},
        "rows": {"cnn": "0.91", "gru": "0.90"},
    }
    made = quick(checks=(table,))
    ledger = (made.layout.report / "ledger.html").read_text(encoding="utf-8")
    (line,) = re.findall(r"<tr[^>]*benchmark-2.*?</tr>", ledger, re.DOTALL)
    shown = line.partition('class="citation"')[0]  # a citation names the source as a whole
    assert "GRU, accuracy" in shown and "CNN" not in shown
    assert "notebooks/cnn_vs_gru/gru" in line and "notebooks/cnn_vs_gru/cnn/" not in line


def test_checks_that_say_nothing_are_counted_apart_and_folded(quick):
    made = quick(checks=CHECKS)
    tally = "✓ 1 consistent, ? 1 doubtful, ✗ 1 inconsistent."
    assert tally in made.text_at("index.html")
    chapter = (made.layout.report / "studies" / f"{STUDY}.html").read_text(encoding="utf-8")
    shown, rest = chapter.split("<details><summary>")[-2:]
    folded = rest.partition("</details>")[0]
    assert folded.strip().startswith("1 further check says nothing about the results")
    assert "words of restated" in folded
    # Contradictions first, each followed by its other places.
    names = ["clash", "echo", "reading", "agreeing"]
    assert re.findall("words of ([a-z]+)", shown) == names
    assert "3 consistency checks of the source" in shown


def test_a_contradiction_in_two_places_is_one_finding(quick):
    overview = quick(checks=CHECKS).text_at("index.html")
    assert "Contradictions within a source (1)" in overview
    assert "The same cause shows in 1 more place." in overview
    assert "words of echo" not in overview and "words of reading" not in overview


def test_the_first_screen_says_what_was_checked_how_much_holds_and_how_sure(quick):
    text = " ".join(quick(checks=CHECKS).text_at("index.html").split())
    told = (
        "This report runs 1 published report on Fashion-MNIST again, from the data to the numbers."
    )
    assert f"{told} It compares 4 printed numbers with the new results and makes 3 checks" in text
    places = [text.index(part) for part in (told, "How sure is this?", "More findings")]
    assert places == sorted(places)
    counts = re.findall(r"[✓✗?–] (\d+) (?:holds?|do(?:es)? not hold|(?:is|are) open) ", text)
    assert sum(map(int, counts)) == 4


def test_hostile_text_is_text_everywhere(rendered):
    wanted = squeezed(HOSTILE)
    assert squeezed(rendered.text).count(wanted) >= 5
    # A PDF may write ligatures and hyphens of its own; the parts that matter are whole.
    for part in ("<script>alert(1)</script>", '$x$\\$#include"a"|*b*', "#emph[l]{{m}}{%n%}"):
        assert squeezed(rendered.pdf_text).count(part) >= 5


def test_nothing_runs_and_nothing_is_loaded_from_anywhere(rendered):
    assert len(pages(rendered)) == 1 + 1 + 1 + 2 + 4 + 2
    for page in pages(rendered):
        html = page.read_text(encoding="utf-8")
        tabled = page.name in ("ledger.html", "search.html")
        ours = ["tables.js", "report.js"] if tabled else ["chapter.js"] * has_chapter(page)
        scripts = re.findall(r'<script src="([^"]+)"(?: defer)?></script>', html)
        assert scripts == [f"{root(page)}{name}" for name in ours]
        assert html.count("<script") == len(scripts)
        assert not re.search(r"(src|srcset|data)\s*=\s*[\"']?\s*(https?:)?//", html)
        styles = re.findall(r'<link rel="stylesheet" href="(?:\.\./)*(\w+\.css)">', html)
        assert styles == ["tables.css", "report.css"][not tabled :]
        assert html.count("<link") == len(styles)
        assert not re.search(r"@import|url\((?!data:)|<object|<style", html)
        frames = re.findall("<iframe[^>]*>", html)
        assert all(re.search(r' src="(\.\./)?figures/[\w-]+\.svg"', frame) for frame in frames)
        assert all(' sandbox=""' in frame for frame in frames)
        assert not re.search(r"<[^>]*\son\w+\s*=", html)
        assert not re.search(r"href\s*=\s*[\"']?\s*javascript:", html)


def test_every_link_inside_the_report_leads_somewhere(rendered):
    assert dead_links(rendered.layout.report) == []


def test_a_claim_leads_to_its_line_in_the_ledger_and_back(rendered):
    chapter = (rendered.layout.report / "studies" / f"{STUDY}.html").read_text()
    page = (rendered.layout.report / "ledger.html").read_text()
    claim = f"{STUDY}-claim-cnn_accuracy"
    assert f'href="../ledger.html#{claim}"' in chapter
    assert f'<tr id="{claim}" data-study="{STUDY}" data-kind="value Numbers"' in page
    assert f'href="studies/{STUDY}.html#{claim}"' in page
    assert f'href="notebooks/{STUDY}/cnn/seed-0.html"' in page
    assert len(re.findall("<tr id=", page)) == 4


def test_hostile_text_is_text_in_ledger_and_search(rendered):
    for page in ("ledger.html", "search.html"):
        assert squeezed(HOSTILE) in squeezed(rendered.text_at(page))


def test_contents_show_the_sections_of_one_chapter(rendered):
    overview = rendered.layout.report_html.read_text()
    contents = overview.split('<nav class="contents"')[1].split("</nav>")[0]
    assert f'href="studies/{STUDY}.html"' in contents
    assert "What was run" in contents
    assert "Abstract" not in contents


def test_a_page_of_an_unchanged_notebook_stays_as_it_is(quick, monkeypatch):
    made = quick()
    page = made.layout.run_page(STUDY, "cnn", 0)
    changed = made.layout.run(STUDY, "cnn", 1).notebook
    changed.write_text(changed.read_text().replace("One run", "Another run"))
    before = page.stat().st_mtime_ns
    made.render()
    assert page.stat().st_mtime_ns == before
    assert "Another run" in made.layout.run_page(STUDY, "cnn", 1).read_text()


def test_a_change_of_style_or_prose_makes_only_what_shows_it(quick, monkeypatch):
    made, converted = quick(), []
    convert = pandoc._run_pandoc

    def counting(text: str, to: str, *how: object) -> str:
        converted.append(to)
        return convert(text, to, *how)

    monkeypatch.setattr("refashion.render.site.pandoc._run_pandoc", counting)
    report, study = made.layout.report, f"studies/{STUDY}.html"
    style = made.root / "report" / "report.css"
    style.write_text(style.read_text() + "body { color: red }\n")
    before = {page: page.stat().st_mtime_ns for page in pages(made)}
    made.render()
    assert {page for page in pages(made) if page.stat().st_mtime_ns != before[page]} == set()
    assert not converted and "color: red" in (report / "report.css").read_text()
    narrative = made.root / "studies" / STUDY / "narrative.md"
    narrative.write_text(narrative.read_text() + "\n\nA sentence on zebras.\n")
    made.render()
    changed = {page for page in pages(made) if page.stat().st_mtime_ns != before[page]}
    # The search finds the sentence too.
    assert changed <= {report / study, report / "search.html"}
    assert "zebras" in (report / study).read_text()
    assert converted.count("json") == converted.count("typst") == 1


def test_what_is_kept_of_earlier_reports_is_removed(quick):
    made = quick()
    kept = made.layout.results / ".rendered"
    (kept / "old").write_text("of an earlier report")
    names = {file.name for file in kept.iterdir()}
    made.render()
    assert {file.name for file in kept.iterdir()} == names - {"old"}


def test_headings_of_parts_may_read_the_same_and_links_lead_to_their_own(tmp_path):
    text = "# {name}\n\n## Data\n\n[see](#data), [all](#a)\n\n## Results {{#{name}-r}}\n"
    parts = {name: text.format(name=name) for name in ("a", "b")}
    with ThreadPoolExecutor(1) as threads:
        site = Site.from_document(pandoc.read_parts(parts, TextCache(tmp_path / "kept"), threads))
    assert [list(anchors(page.blocks)) for page in site.pages] == [
        [name, f"{name}--data", f"{name}-r"] for name in ("a", "b")
    ]
    links = [node["c"][2][0] for node in nodes(site.pages[1].blocks) if node["t"] == "Link"]
    assert links == ["#b--data", "#a"]


def test_the_pdf_has_bookmarks_title_and_numbered_exhibits(rendered):
    reader = pypdf.PdfReader(rendered.layout.report_pdf)
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles[0] == "Summary"
    assert titles[-2:] == ["Provenance", "The ledger"]
    assert reader.metadata.title == "Reported and re-created"
    numbers = [int(n) for n in re.findall(r"Table (\d+)\. ", rendered.pdf_text)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_same_results_give_the_same_bytes(rendered):
    before = {p: p.read_bytes() for p in rendered.layout.report.rglob("*") if p.is_file()}
    rendered.render()
    after = {p: p.read_bytes() for p in rendered.layout.report.rglob("*") if p.is_file()}
    assert after == before


def test_a_failed_run_is_told_at_the_top_with_its_notebook(rendered):
    top = rendered.html.split("One study re-runs a published report")[0]
    assert "1 execution failed." in top
    assert "MemoryError" in top
    assert f'href="notebooks/{STUDY}/gru/seed-1.html"' in top


def test_a_message_without_end_is_quoted_in_brief(quick, monkeypatch):
    monkeypatch.setitem(ERROR, "type", "E" * 100_000)
    monkeypatch.setitem(ERROR, "message", "x" * 200_000)
    made = quick(statuses={("gru", 0): "failed", ("gru", 1): "failed"})
    state = artifacts.read_json(made.layout.run(STUDY, "gru", 1).run_json)
    assert state["error"]["message"] == "x" * 200_000
    note = "characters left out]"
    assert note in made.text and note in made.text_at("ledger.html")
    for page in pages(made):
        assert len(page.read_text()) < 200_000
    assert f'href="notebooks/{STUDY}/gru/seed-1.html"' in made.html


@pytest.mark.parametrize("content", ["", '{"cells": [', "[]"], ids=["empty", "cut", "none"])
def test_a_damaged_notebook_costs_its_page_and_no_other(content, quick, monkeypatch):
    made = quick()
    made.layout.report_pdf.touch()
    monkeypatch.setattr("refashion.render.render.write_pdf", lambda *_: made.layout.report_pdf)
    made.layout.run(STUDY, "cnn", 0).notebook.write_text(content)
    made.render()
    assert "This notebook cannot be shown." in made.layout.run_page(STUDY, "cnn", 0).read_text()
    assert "epoch 2/2" in made.layout.run_page(STUDY, "cnn", 1).read_text()
    assert not made.layout.run_page(STUDY, "cnn", 0).with_suffix(".ipynb").exists()
    assert dead_links(made.layout.report) == []
    assert f'href="../notebooks/{STUDY}/cnn/seed-0.html"' in made.html


def test_every_page_has_a_policy_and_nothing_that_it_forbids(rendered):
    for page in pages(rendered):
        html = page.read_text(encoding="utf-8")
        [policy] = re.findall('http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        assert policy.startswith("default-src 'none'; ")
        assert not re.search(r"unsafe-inline|unsafe-eval|https?:|\*", policy)
        assert ("script-src 'self'" in policy) == has_chapter(page)
        # Before all that it is to govern.
        assert html.index("Content-Security-Policy") < html.index("<link")


@pytest.mark.parametrize("target", ["javascript:x", "JAVA\tscript:x", "file:///x", "data:,x"])
def test_links_of_the_pdf_run_nothing(target, project):
    filter = f"--lua-filter={project / 'report' / 'report.lua'}"
    assert "#link" not in pandoc.convert(f"[x](<{target}>)", "typst", filter)
    assert "#link" in pandoc.convert("[x](https://a.example)", "typst", filter)


def test_pages_of_notebooks_lead_back_and_keep_headings_and_tables(rendered):
    page = rendered.layout.run_page(STUDY, "cnn", 0).read_text()
    assert f'href="../../../studies/{STUDY}.html#{STUDY}-cnn"' in page
    assert f'href="../../../ledger.html?study={STUDY}&amp;run={STUDY}/cnn"' in page
    raw = rendered.layout.run_page(STUDY, "cnn", 0).with_suffix(".ipynb")
    published = json.loads(raw.read_text())
    executed = json.loads(rendered.layout.run(STUDY, "cnn", 0).notebook.read_text())
    assert published["cells"] == json.loads(
        json.dumps(executed["cells"]).replace(f"{sys.prefix}/", "")
    )
    assert "lib/some.py:1: Warning" in page and sys.prefix not in raw.read_text() + page
    assert "/on/this/machine" not in raw.read_text()
    assert re.search(r"<h1[^>]*>One run</h1>", page)
    assert re.search(r"<pre>epoch 1/2.*\nepoch 2/2</pre>", page)
    assert "<th>head</th>" in page
    assert 'src="data:image/png' in page
    assert "a.example" not in page


def test_what_is_gone_from_the_results_goes_from_the_report(quick):
    made = quick()
    stale = made.layout.run_page(STUDY, "old_run", 0)
    old = [stale, *(made.layout.report / name for name in ("figures/old.svg", "studies/old.html"))]
    for path in old:
        artifacts.write_text(path, "old")
    listed = artifacts.read_json(made.layout.report_files)
    names = [path.relative_to(made.layout.report).as_posix() for path in old]
    artifacts.write_json(made.layout.report_files, listed + names)
    foreign = made.layout.report / "thesis.tex"
    foreign.write_text("of the user")
    made.layout.run(STUDY, "cnn", 1).notebook.unlink()
    made.render()
    assert not stale.parent.exists()
    assert foreign.exists() and not any(path.exists() for path in old)
    assert not made.layout.run_page(STUDY, "cnn", 1).exists()
    assert made.layout.run_page(STUDY, "cnn", 0).exists()


def test_a_smoke_run_says_so_and_gives_no_verdict(quick):
    made = quick(limits={"minutes": 5, "examples": 500, "epochs": 2})
    assert "Smoke run. It used only the first 500 examples of each split and at most 2 epochs" in (
        made.text
    )
    assert "not run" in made.text


def test_missing_data_says_how_to_supply_it(quick):
    everything = {(run, seed): "no_data" for run in ("cnn", "gru") for seed in (0, 1)}
    made = quick(data="unavailable", statuses=everything)
    assert "The dataset Fashion-MNIST is missing" in made.text
    assert "data_dirs in config.yaml" in made.text
    assert "train-images-idx3-ubyte" in made.text
    assert squeezed(HOSTILE) in squeezed(made.text)
    assert "not run: the dataset Fashion-MNIST is missing" in made.text
    assert not re.search(r"\bnan\b", made.text, flags=re.IGNORECASE)


def test_one_seed_has_values_without_deviation_and_is_preliminary(quick):
    made = quick(seeds=1)
    assert "Over one seed, the CNN" in made.text
    assert "one seed" in made.text
    assert "mean of" not in made.text
    assert not re.search(r"\d ± 0\.\d{3}\b.*Reported against", made.text)


def test_a_run_that_diverged_is_shown_as_such(quick):
    made = quick(statuses={("cnn", 0): "diverged", ("cnn", 1): "diverged"})
    assert "not a number" in made.text
    assert "diverged" in made.text


def test_a_run_past_its_time_is_shown_as_such(quick):
    made = quick(statuses={("gru", 0): "timeout", ("gru", 1): "timeout"})
    assert "2 executions failed." in made.text
    assert "not run: it exceeded the limit of 5 minutes" in made.text
    assert "(not shown)" in made.text or "cannot be compared" in made.text


def test_a_narrative_with_an_unknown_run_says_which_there_are(quick):
    made = quick()
    path = made.root / "studies" / STUDY / "narrative.md"
    path.write_text("## Abstract\n\n{{ value('cmn', 'accuracy') }}\n")
    made.render()
    assert re.search(r"narrative.md:3: no run 'cmn'.*did you mean 'cnn'", made.text)
