"""The chapters of all studies read well where nothing could be run."""

import re
from pathlib import Path

import pandas as pd
import pytest

from refashion import artifacts, datasets
from refashion.artifacts import Layout
from refashion.judgement.entries import judge_study
from refashion.processes import shared_by
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.render import _collect_parts, _fill_narratives
from refashion.render.site.pandoc import convert
from refashion.render.text.cross_references import CrossReferences
from refashion.spec import config
from support.sample import MANIFEST, NOT_MEASURED

CHANGE_COLUMNS = ["study", "run", "seed", "split", "metric", "value"]


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory, project: Path) -> str:
    """Give the text of the report of a run whose data could not be had."""
    root = tmp_path_factory.mktemp("nothing")
    layout, asked = Layout(root / "results", root / "data"), config.load(project)
    for dataset in datasets.names():
        lost = {"status": "unavailable", "reason": "no source was reached"}
        artifacts.write_json(layout.prepared(dataset), lost)
    for execution in asked.executions():
        folder = layout.run(execution.study.name, execution.run.name, execution.seed)
        record = {"status": "no_data", "error": None, "diverged": None} | NOT_MEASURED
        artifacts.write_json(folder.run_json, record)
    outcomes = []
    for name, study in asked.studies.items():
        scores = pd.DataFrame(columns=CHANGE_COLUMNS)
        artifacts.write_csv(layout.metrics(name), scores)
        entries = judge_study(asked, name, scores, layout)
        outcomes.append(Outcomes(asked, study, layout, entries))
    with shared_by(1) as pool:
        filled_in = _fill_narratives(outcomes, project, pool)
        parts = _collect_parts(outcomes, filled_in, MANIFEST, layout, project)
    assert [part.problems for part in parts.values()] == [[]] * len(parts)
    texts = CrossReferences(layout).resolve([part.text for part in parts.values()])
    return convert("".join(texts), "plain", "--columns=100000")


def test_every_chapter_has_its_parts(chapters, project):
    n_studies = len(list((project / "studies").glob("*/study.yaml")))
    for part in ("Abstract", "Introduction", "Data", "Reported against re-created", "Discussion"):
        assert len(re.findall(rf"^{part}$", chapters, flags=re.MULTILINE)) == n_studies


def test_no_sentence_breaks_where_values_are_missing(chapters):
    prose = [line for line in chapters.splitlines() if re.match(r"[A-Z]", line)]
    for line in prose:
        assert not re.search(r"\b(nan|None)\b|\{\{|%\}", line), line
        assert not re.search(r"\s[.,;:](\s|$)|\(\s*\)|[^.]\.\.(\s|$)|,\s*\.", line), line
        assert "not run: not run" not in line
    assert any("has no result (not run: the dataset" in line for line in prose)
