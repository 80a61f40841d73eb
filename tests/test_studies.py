"""Every headline run of every study, trained on a few real examples, in one process."""

import json
from pathlib import Path

import numpy as np
import pytest

from refashion import artifacts, datasets
from refashion.artifacts import Layout, RunFolder
from refashion.data import fetching
from refashion.runs import evaluation, training
from refashion.runs.folds import load_folds
from refashion.spec.config import load
from refashion.workflow.plan import Plan

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[1]
LIMITS = {"examples": 200, "epochs": 1}
STUDIES = load(PROJECT).studies
HEADLINE = [
    pytest.param(study, run, id=f"{study.name}-{run.name}")
    for study in STUDIES.values()
    for run in study.runs.values()
    if run.group == "headline"
]


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """Folder of prepared data, of each dataset that can be had."""
    layout = Layout(data=tmp_path_factory.mktemp("data"))
    for name in {study.dataset for study in STUDIES.values()}:
        module = datasets.module(name)
        # Files of an earlier call of the workflow serve as well.
        fetched = fetching.fetch(module, layout.raw(name), [Layout().raw(name)])
        artifacts.write_json(layout.fetch(name), {"reason": fetched.reason})
        if fetched.status == "available":
            layout.arrays(name).mkdir(parents=True)
            for part, array in module.read(layout.raw(name)).items():
                np.save(layout.arrays(name) / f"{part}.npy", array)
    return layout


@pytest.mark.parametrize(("study", "run"), HEADLINE)
def test_trains_on_a_few_examples(study, run, layout, tmp_path):
    if not layout.arrays(study.dataset).exists():
        reason = artifacts.read_json(layout.fetch(study.dataset))["reason"]
        pytest.skip(f"{study.dataset} cannot be had here: {reason}")
    config = load(PROJECT, {"studies": [study.name], "limits": LIMITS})
    recipe = Plan(config, {}, PROJECT).recipe(study.name, run.name, 0)
    result = trained(json.loads(recipe), layout)
    assert np.isfinite(result.measurements["fit_seconds"])
    assert result.measurements["n_parameters"] >= 0
    assert {f"{split}_pred" for split in result.true} <= set(result.arrays())

    training.save(result, RunFolder(tmp_path))
    artifacts.write_json(RunFolder(tmp_path).run_json, {"status": "ok"})
    task = datasets.module(study.dataset).TASK
    scores = evaluation.score_run(task, study.classes, RunFolder(tmp_path), True)
    assert set(scores) == set(result.true)


def trained(recipe, layout):
    """Do what the notebook of a run does."""
    module = datasets.module(recipe["dataset"])
    splits = load_folds(
        layout.arrays(recipe["dataset"]),
        recipe["split"],
        recipe["preprocess"],
        recipe["seed"],
        recipe["examples"],
        module,
    )[0]
    model = training.build(
        recipe["model"],
        recipe["settings"],
        task=module.TASK,
        input_shape=splits["train"].x.shape[1:],
        n_outputs=len(datasets.classes(recipe["dataset"], recipe["split"]["classes"])) or 1,
        seed=recipe["seed"],
        threads=recipe["threads"],
    )
    return training.fit(model, splits, module.TASK, recipe["train_score"])
