"""The report of a made-up study with small results, from files to HTML, PDF and pages."""

import json
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pypdf
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.datasets.fashion_mnist import CLASSES
from refashion.ledger import rows as rows_module
from refashion.render.render import render
from refashion.render.site import documents
from refashion.render.site.site import Site, anchors, nodes
from refashion.render.text import markdown
from refashion.render.text.made_from import Store
from refashion.render.text.markdown import Markdown
from refashion.runs import evaluation
from refashion.spec.config import Config

STUDY = "cnn_vs_gru"
EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="400pt" height="100pt"/>'

HOSTILE = (
    '<script>alert(1)</script> $x$ \\$ #include "a" | *b* _c_ [d](javascript:e) ![f](g) `h`{=html} '
    "@i ~j~ ^k^ #emph[l] {{ m }} {% n %} ::: o --- // p ].text(1) q;"
)

ERROR = {"type": "MemoryError", "message": HOSTILE, "cell": 3}

NOT_MEASURED = dict.fromkeys(
    ["epochs_run", "n_parameters", "fit_seconds", "predict_seconds", "peak_memory_mb"]
)


@dataclass
class Sample:
    """A project folder with results, as the stages before the report leave them."""

    root: Path
    seeds: int = 2
    limits: dict = field(default_factory=lambda: {"minutes": 5, "examples": None, "epochs": None})
    statuses: dict = field(default_factory=dict)  # by (run, seed), where not "ok"
    data: str = "available"

    @property
    def layout(self) -> Layout:
        return Layout(self.root / "results", self.root / "data")

    @property
    def config(self) -> Config:
        options = {
            "studies": {STUDY: self.study()},
            "groups": ["headline"],
            "seeds": self.seeds,
            "threads": 1,
            "data_dirs": [],
            "on_missing_data": "report",
            "seed_sd_prior": 0.003,
            "limits": self.limits,
            "data": "data",
            "results": "results",
        }
        return Config.model_validate_json(json.dumps(options))

    def study(self) -> dict:
        """Give the study of the project, in the form in which runs are resolved."""
        path = self.root / "studies" / STUDY / "study.yaml"
        study = yaml.safe_load(path.read_text()) | {"name": STUDY}
        del study["assumes"]
        more = {"preprocess": study["preprocess"]}
        study["runs"] = {n: study["runs"][n] | more | {"name": n} for n in ("cnn", "gru")}
        for run in study["runs"].values():
            run["assumes"] = {key: {"value": 1, "why": HOSTILE} for key in run["assumes"]}
        simple = ("cnn_accuracy", "cnn_loss", "gru_accuracy", "gru_loss")
        study["claims"] = [c for c in study["claims"] if c["id"] in simple]
        study["untestable"] = [{"where": "There", "quote": HOSTILE, "why": HOSTILE}]
        study["claims"][0]["quote"] = HOSTILE
        return study

    def make(self) -> "Sample":
        """Write everything that the report reads."""
        self._make_data()
        rows = []
        for execution in self.config.executions():
            name, seed = execution.run.name, execution.seed
            rows += self._make_run(name, seed, self.statuses.get((name, seed), "ok"))
        columns = ["study", "run", "seed", "split", "metric", "value"]
        scores = pd.DataFrame(rows, columns=columns)
        artifacts.write_csv(self.layout.metrics(STUDY), scores)
        verdicts = rows_module.judge_study(self.config, STUDY, scores, self.layout)
        artifacts.write_json(self.layout.verdicts_json, verdicts)
        artifacts.write_json(self.layout.manifest, MANIFEST)
        nbformat.write(notebook(), self.layout.judge(STUDY))
        self.layout.explore("fashion_mnist").parent.mkdir(parents=True)
        nbformat.write(notebook(), self.layout.explore("fashion_mnist"))
        return self

    def _make_data(self) -> None:
        prepared = {"status": self.data, "reason": None if self.data == "available" else HOSTILE}
        if self.data == "available":
            arrays = self.layout.arrays("fashion_mnist")
            arrays.mkdir(parents=True)
            for part in ("train", "test"):
                np.save(arrays / f"{part}_x.npy", np.zeros((60, 28, 28), np.uint8))
                np.save(arrays / f"{part}_y.npy", np.arange(60, dtype=np.uint8) % 10)
            prepared["arrays"] = {f"{p}_x": {"shape": [60, 28, 28]} for p in ("train", "test")}
        artifacts.write_json(self.layout.prepared("fashion_mnist"), prepared)

    def _make_run(self, run: str, seed: int, status: str) -> list[dict]:
        folder = self.layout.run(STUDY, run, seed)
        ok = status in ("ok", "diverged")
        measured = {"epochs_run": 2, "n_parameters": 1234, "fit_seconds": 3.0 + seed}
        record = {
            "status": "ok" if ok else status,
            "error": None if ok else ERROR,
            "diverged": status == "diverged" if ok else None,
            **(NOT_MEASURED | measured if ok else NOT_MEASURED),
        }
        artifacts.write_json(folder.run_json, record)
        nbformat.write(notebook(), folder.notebook)
        if not ok:
            return []
        self._make_files(folder, seed)
        scores = evaluation.score_run("classification", CLASSES, folder, False)
        if status == "diverged":
            scores["test"]["accuracy"] = scores["test"]["log_loss"] = float("nan")
        return evaluation.tidy(STUDY, run, seed, scores)

    def _make_files(self, folder: artifacts.RunFolder, seed: int) -> None:
        rng = np.random.default_rng(seed)
        arrays = {}
        for split in ("train", "validation", "test"):
            true = np.arange(60) % 10
            wrong = rng.random(60) < 0.1
            arrays |= {f"{split}_true": true, f"{split}_pred": np.where(wrong, 6, true)}
        score = np.eye(10, dtype=np.float32)[arrays["test_pred"]] * 0.9 + 0.01
        artifacts.write_arrays(folder.predictions, {**arrays, "test_score": score})
        epochs = pd.DataFrame({"epoch": [1, 2], "loss": [1.0, 0.5], "accuracy": [0.5, 0.8]})
        artifacts.write_csv(folder.history, epochs.assign(val_loss=0.7, val_accuracy=0.7))
        layer = {"layer": "a", "type": "Dense", "output_shape": "10", "n_parameters": 1234}
        artifacts.write_csv(folder.architecture, pd.DataFrame([layer]))

    def render(self) -> "Sample":
        render(self.config, self.layout, 1, self.root)
        return self

    @property
    def html(self) -> str:
        """The chapters, the overview first."""
        chapters = sorted((self.layout.report / "studies").glob("*.html"))
        paths = [self.layout.report_html, *chapters, self.layout.report / "provenance.html"]
        return "".join(path.read_text(encoding="utf-8") for path in paths)

    @property
    def text(self) -> str:
        """The text of the chapters, its white space as one blank."""
        return text_of(self.html)

    def text_at(self, page: str) -> str:
        return text_of((self.layout.report / page).read_text(encoding="utf-8"))

    @property
    def pdf_text(self) -> str:
        pages = pypdf.PdfReader(self.layout.report_pdf).pages
        return plain(" ".join(page.extract_text() for page in pages))


MANIFEST = {
    "git": {"commit": None, "clean": None, "reason": "not under version control"},
    "lock_sha256": "0" * 64,
    "datasets": {"fashion_mnist": {"train": "1" * 64}},
    "packages": {"keras": "3.15.1", "snake_case": HOSTILE},
    "cpu": {"model": HOSTILE, "flags": ["avx2"]},
    "threads": {"per_run": 1},
    "started": "2026-03-02T10:11:12+00:00",
    "ended": "2026-03-02T10:31:42+00:00",
    "command": HOSTILE,
    "groups": ["headline"],
    "seeds": {"headline": 2},
}


def text_of(html: str) -> str:
    shown = "".join(re.findall(r"<main.*?</main>", html, flags=re.S))
    body = re.sub(r"<annotation.*?</annotation>", "", shown, flags=re.S)
    return plain(re.sub(r"<[^>]*>", "", body))


def plain(text: str) -> str:
    for entity, character in (
        *(("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'")),
        ("&amp;", "&"),
    ):
        text = text.replace(entity, character)
    return " ".join(text.split())


def squeezed(text: str) -> str:
    """Give text without white space, which breaks lines in a PDF."""
    return re.sub(r"\s", "", text)


def dead_links(folder: Path) -> list[str]:
    """Links of pages to files or places that are not there."""
    texts = {page.resolve(): page.read_text() for page in folder.rglob("*.html")}
    places = {page: set(re.findall(r'\bid="([^"]*)"', text)) for page, text in texts.items()}
    dead = []
    for page, text in texts.items():
        for target in re.findall(r'\b(?:href|src|data)="(?!data:|https?:)([^"]*)"', text):
            address, _, anchor = target.partition("#")
            file = address.partition("?")[0]
            there = (page.parent / file).resolve() if file else page
            if not there.is_file() or (anchor and anchor not in places[there]):
                dead.append(f"{page}: {target}")
    return dead


def notebook() -> nbformat.NotebookNode:
    outputs = [
        new_output("stream", name="stdout", text="epoch 1/2 <script>alert(2)</script>\n"),
        new_output("stream", name="stdout", text="epoch 2/2"),
        new_output("stream", name="stderr", text=f"{sys.prefix}/lib/some.py:1: Warning"),
        new_output("display_data", data={"text/html": f"<style>a{{}}</style>{HOSTILE}"}),
        new_output("display_data", data={"text/html": "<table><th>head</th></table>"}),
        new_output("display_data", data={"text/html": '<img src="http://a.example/b.png">'}),
        new_output("display_data", data={"application/javascript": "alert(3)"}),
        new_output("display_data", data={"image/png": "iVBORw0KGgo="}),
        new_output("error", ename="MemoryError", evalue="<b>", traceback=["\x1b[31mMemoryError"]),
    ]
    cells = [new_markdown_cell(f"# One run\n\n{HOSTILE}"), new_code_cell("1 + 1", outputs=outputs)]
    papermill = {"input_path": "/on/this/machine", "output_path": "/on/this/machine", "duration": 1}
    return new_notebook(cells=cells, metadata={"papermill": papermill})


def sample(root: Path, project: Path, **how: object) -> Sample:
    shutil.copytree(project / "report", root / "report")
    shutil.copytree(project / "studies", root / "studies")
    return Sample(root, **how).make()


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


@pytest.mark.parametrize("value", [HOSTILE, "1. a", "- a", "# a", "| a", "<!-- a", "a  \nb", "\\"])
def test_escaped_text_is_the_same_text_in_html(value, tmp_path):
    page = documents.convert(markdown.join(["x ", value, " y"]), "html5")
    assert plain(re.sub(r"</?p>", "", page)) == plain(f"x {value} y")


@pytest.mark.parametrize("after", [".y(z)", "(z)", "[z]", ";", "; z", "{z}"])
def test_text_after_a_mark_or_link_is_no_code_in_typst(after, project):
    marks = [markdown.span("x", "verdict"), markdown.link("x", "#a"), markdown.strong("x")]
    text = markdown.join(piece for mark in marks for piece in (mark, after, " "))
    made = documents.convert(text, "typst", f"--lua-filter={project / 'report' / 'report.lua'}")
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
        ours = ["tables.js", "report.js"] if tabled else []
        assert re.findall(r"<script.*", html) == [
            f'<script src="{name}" defer></script>' for name in ours
        ]
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
    rows_module = (rendered.layout.report / "ledger.html").read_text()
    claim = f"{STUDY}-claim-cnn_accuracy"
    assert f'href="../ledger.html#{claim}"' in chapter
    assert f'<tr id="{claim}" data-study="{STUDY}" data-kind="value Numbers"' in rows_module
    assert f'href="studies/{STUDY}.html#{claim}"' in rows_module
    assert f'href="notebooks/{STUDY}/cnn/seed-0.html"' in rows_module
    assert len(re.findall("<tr id=", rows_module)) == 4


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
    convert = documents._converted

    def counting(text: str, to: str, *how: object) -> str:
        converted.append(to)
        return convert(text, to, *how)

    monkeypatch.setattr("refashion.render.site.documents._converted", counting)
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
        site = Site.parted(documents.read_parts(parts, Store(tmp_path / "kept"), threads))
    assert [list(anchors(page.blocks)) for page in site.pages] == [
        [name, f"{name}--data", f"{name}-r"] for name in ("a", "b")
    ]
    links = [node["c"][2][0] for node in nodes(site.pages[1].blocks) if node["t"] == "Link"]
    assert links == ["#b--data", "#a"]


def test_the_pdf_has_bookmarks_title_and_numbered_exhibits(rendered):
    reader = pypdf.PdfReader(rendered.layout.report_pdf)
    titles = [entry.title for entry in reader.outline if not isinstance(entry, list)]
    assert titles[0] == "Summary"
    assert titles[-1] == "Provenance"
    assert reader.metadata.title == "Reported and re-created"
    numbers = [int(n) for n in re.findall(r"Table (\d+)\. ", rendered.pdf_text)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_same_results_give_the_same_bytes(rendered):
    before = {p: p.read_bytes() for p in rendered.layout.report.rglob("*") if p.is_file()}
    rendered.render()
    after = {p: p.read_bytes() for p in rendered.layout.report.rglob("*") if p.is_file()}
    assert after == before


def test_a_failed_run_is_told_at_the_top_with_its_notebook(rendered):
    top = rendered.html.split("One study runs a published report again")[0]
    assert "One run failed." in top
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
        assert ("script-src 'self'" in policy) == (page.name in ("ledger.html", "search.html"))
        # Before all that it is to govern.
        assert html.index("Content-Security-Policy") < html.index("<link")


@pytest.mark.parametrize("target", ["javascript:x", "JAVA\tscript:x", "file:///x", "data:,x"])
def test_links_of_the_pdf_run_nothing(target, project):
    filter = f"--lua-filter={project / 'report' / 'report.lua'}"
    assert "#link" not in documents.convert(f"[x](<{target}>)", "typst", filter)
    assert "#link" in documents.convert("[x](https://a.example)", "typst", filter)


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
    assert "Smoke run. It used the first 500 examples of each split and at most 2 epochs" in (
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
    assert "preliminary" in made.text
    assert "mean of" not in made.text
    assert not re.search(r"\d ± 0\.\d{3}\b.*Reported against", made.text)


def test_a_run_that_diverged_is_shown_as_such(quick):
    made = quick(statuses={("cnn", 0): "diverged", ("cnn", 1): "diverged"})
    assert "not a number" in made.text
    assert "diverged" in made.text


def test_a_run_past_its_time_is_shown_as_such(quick):
    made = quick(statuses={("gru", 0): "timeout", ("gru", 1): "timeout"})
    assert "2 runs failed." in made.text
    assert "not run: it took longer than 5 minutes" in made.text
    assert "(not shown)" in made.text or "cannot be compared" in made.text


def test_a_narrative_with_an_unknown_run_says_which_there_are(quick):
    made = quick()
    path = made.root / "studies" / STUDY / "narrative.md"
    path.write_text("## Abstract\n\n{{ value('cmn', 'accuracy') }}\n")
    made.render()
    assert re.search(r"narrative.md:3: no run 'cmn'.*did you mean 'cnn'", made.text)
