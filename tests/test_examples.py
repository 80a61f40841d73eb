"""The examples of the guide, from their folders to a report."""

import json
import re
from pathlib import Path

import pytest

from refashion.workflow.plan import Plan
from support.clone import Clone
from support.page_text import text_of

EXAMPLES = Path(__file__).parent / "examples"


@pytest.mark.slow
def test_the_examples_run_to_a_report_with_their_verdicts(tmp_path, project, data):
    made = Clone(tmp_path, project, data)
    names = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
    options = (
        "study_dirs=tests/examples",
        f"studies=[{', '.join(names)}]",
        "groups=[headline, recovery]",
        "seeds=3",
        "limits={examples: null, epochs: null}",
    )
    done = made.snakemake(*options)
    assert done.returncode == 0, done.stdout
    rows = json.loads(made.layout.verdicts_json.read_text())
    verdicts = {(row["study"], row["id"]): row["verdict"] for row in rows}
    assert verdicts["iris", "best"] == "not_reproduced"  # all test examples are classified rightly
    assert verdicts["digits", "accuracy"] == "reproduced"
    assert verdicts["wine", "cell_1_line_1_number_1"] in ("exact", "reproduced")
    audit = json.loads(made.layout.audit("wine").read_text())
    assert audit["document"]["name"] == "wine.ipynb" and audit["numbers"]
    chapter = text_of((made.layout.report / "studies/wine.html").read_text())
    assert re.search(r"audit of the source \(wine\.ipynb\) read \d+ numbers", chapter)
    made.edit("tests/examples/wine/study.yaml", 'citation: "wine.ipynb"', 'citation: "A notebook"')
    planned = made.planned(*options)
    assert "judge" in planned and "audit_source" not in planned  # which reads the document alone
    found = json.loads(made.layout.recovery("iris", "neighbours").read_text())
    assert found["status"] == "ok" and len(found["tried"]) == 15
    chapter = text_of((made.layout.report / "studies/iris.html").read_text())
    assert found["sentence"] in chapter and "notebook of the search" in chapter
    assert made.layout.recovery_page("iris", "neighbours").exists()
    for name in names:
        assert (made.layout.report / "studies" / f"{name}.html").exists()


def test_the_examples_are_what_the_guide_shows(project):
    plan = Plan.load({"study_dirs": str(EXAMPLES)}, project=project)
    guide = (project / "docs/guide/examples.md").read_text()
    for name in plan.config.studies:
        assert f"tests/examples/{name}/study.yaml" in guide
