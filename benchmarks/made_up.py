"""Synthetic results of many runs, made from the results of a few."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout, RunFolder
from refashion.workflow import folders
from refashion.workflow.plan import Plan

EXAMPLES = {"train": 48_000, "validation": 12_000, "test": 10_000}
CLASSES = 10
EPOCHS = 20

# Number of different seeds; further seeds share their files.
VARIANTS = 8


def make(plan: Plan, model: Layout) -> None:
    """Write results of every execution of a plan, as large as real ones.

    Parameters
    ----------
    plan
        Plan with classification studies.
    model
        Results of the same runs with seed 0, from which notebooks and layers are copied.
    """
    layout = plan.layout
    folders.mark(layout.results)
    for dataset in plan.datasets:
        layout.explore(dataset).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(model.explore(dataset), layout.explore(dataset))
    variants = _variants(layout.results / "variants")
    for study, run, seed in plan.executions:
        folder, source = layout.run(study, run, seed), model.run(study, run, 0)
        folder.path.mkdir(parents=True)
        os.link(variants[seed % VARIANTS].predictions, folder.predictions)
        os.link(variants[seed % VARIANTS].history, folder.history)
        shutil.copy(source.architecture, folder.architecture)
        # All notebooks differ, like real ones.
        text = source.notebook.read_text(encoding="utf-8")
        folder.notebook.write_text(text.replace("seed = 0\\n", f"seed = {seed}\\n"), "utf-8")
        settings = json.loads(plan.recipe(study, run, seed))["settings"]
        more = {"seed": seed, "settings": settings, "epochs_run": EPOCHS}
        record = artifacts.read_json(source.run_json) | more
        folder.run_json.write_text(json.dumps(record), "utf-8")
    shutil.rmtree(layout.results / "variants")


def _variants(folder: Path) -> list[RunFolder]:
    made = [RunFolder(folder / str(number)) for number in range(VARIANTS)]
    for number, variant in enumerate(made):
        artifacts.write_arrays(variant.predictions, _predictions(number))
        artifacts.write_csv(variant.history, _history(number))
    return made


def _predictions(number: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(number)
    arrays = {}
    for split, n in EXAMPLES.items():
        # All runs have the same test examples.
        true = np.random.default_rng(0).integers(CLASSES, size=n)
        wrong = rng.random(n) < 0.1
        answers = np.where(wrong, rng.integers(CLASSES, size=n), true)
        arrays |= {f"{split}_true": true, f"{split}_pred": answers}
    score = rng.random((EXAMPLES["test"], CLASSES), dtype=np.float32)
    score[np.arange(len(score)), arrays["test_pred"]] += 10
    return arrays | {"test_score": score / score.sum(axis=1, keepdims=True)}


def _history(number: int) -> pd.DataFrame:
    rng = np.random.default_rng(number)
    epoch = np.arange(1, EPOCHS + 1)
    loss = 0.3 + 0.7 / epoch + rng.normal(0, 0.005, EPOCHS)
    table = {"epoch": epoch, "loss": loss, "accuracy": 1 - loss / 3}
    table |= {"val_loss": loss + 0.02, "val_accuracy": 0.99 - loss / 3}
    return pd.DataFrame(table | {"learning_rate": 0.001, "seconds": 10.0})
