"""A made-up study with small results, as the stages before the report leave them."""

import json
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pypdf
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.audit.record import source_record
from refashion.datasets.fashion_mnist import CLASSES
from refashion.judgement.entries import judge_study
from refashion.ledger import rows as ledger_rows
from refashion.render.render import render
from refashion.runs import evaluation
from refashion.spec.config import Config
from support.page_text import plain, text_of

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


def _check(name: str, check: str, numbers: dict, **more: object) -> dict:
    usual = {"id": name, "where": f"Part {name}", "quote": f"words of {name}"}
    return {**usual, "kind": "consistency", "check": check, "numbers": numbers, **more}


# A contradiction and another place of it, one that depends on the reading, a check that could fail,
# and one that says nothing.
CHECKS = (
    _check("clash", "same_value", {"values": ["0.31", "0.35"]}),
    _check("reading", "same_setting", {"values": ["28", "32"]})
    | {"doubt": {"contradicts_if": "32 is meant", "agrees_if": "32 is an example"}},
    _check("agreeing", "counts_add_up", {"parts": ["8", "3"], "total": "11"}),
    _check("restated", "same_setting", {"values": ["Adam", "adam"]}),
    _check("echo", "same_value", {"values": ["0.5", "0.8"]}, same_cause_as="clash"),
)


@dataclass
class Sample:
    """A project folder with results, as the stages before the report leave them."""

    root: Path
    seeds: int = 2
    limits: dict = field(default_factory=lambda: {"minutes": 5, "examples": None, "epochs": None})
    statuses: dict = field(default_factory=dict)  # by (run, seed), where not "ok"
    data: str = "available"
    checks: tuple = ()  # further claims
    source: dict = field(default_factory=dict)  # further keys of the source
    deposit: dict = field(default_factory=dict)

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
            "study_dirs": ["studies"],
            "on_missing_data": "report",
            "seed_sd_prior": 0.003,
            "limits": self.limits,
            "deposit": self.deposit,
            "data": "data",
            "results": "results",
        }
        return Config.model_validate_json(json.dumps(options))

    def study(self) -> dict:
        """Give the study of the project, in the form in which runs are resolved."""
        path = self.root / "studies" / STUDY / "study.yaml"
        study = yaml.safe_load(path.read_text()) | {"name": STUDY, "folder": str(path.parent)}
        del study["assumes"]
        more = {"preprocess": study["preprocess"]}
        study["runs"] = {n: study["runs"][n] | more | {"name": n} for n in ("cnn", "gru")}
        for run in study["runs"].values():
            run["assumes"] = {key: {"value": 1, "why": HOSTILE} for key in run["assumes"]}
        simple = ("cnn_accuracy", "cnn_loss", "gru_accuracy", "gru_loss")
        study["claims"] = [c for c in study["claims"] if c["id"] in simple]
        study["claims"] += self.checks
        study["source"] |= self.source
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
        if document := self.config.studies[STUDY].document([]):
            artifacts.write_json(self.layout.audit(STUDY), source_record(document))
        entries = judge_study(self.config, STUDY, scores, self.layout)
        ledger_rows.write_study(entries, STUDY, self.layout)
        ledger_rows.write_ledger(entries, self.layout)
        artifacts.write_json(self.layout.manifest, MANIFEST)
        artifacts.write_json(self.layout.config, self.config.model_dump(mode="json"))
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
