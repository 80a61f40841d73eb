"""A study that stands outside the project, with its own modules and a claims.yaml."""

import importlib
from pathlib import Path

import pytest
import yaml

from refashion import datasets, models, sources
from refashion.errors import ConfigError
from refashion.workflow.plan import Plan

DATASET = """
import numpy as np
from .shape import CENTRES

TITLE, TASK, TARGET, UNIT = "Clouds", "classification", "cloud", ""
CLASSES, PARTS, FEATURES, CATEGORIES = ["left", "right"], ("all",), ["x", "y"], {}
CITATION, LICENCE, FILES, SOURCES, SUBFOLDERS = "None.", "none", {}, (), ()

def read(raw):
    y = np.arange(100) % 2
    return {"all_x": np.random.default_rng(0).normal(y[:, None] * CENTRES, 1, (100, 2)), "all_y": y}
"""

MODEL = """
from sklearn.neighbors import KNeighborsClassifier
from refashion.backends.sklearn import SklearnModel

DETERMINISTIC, TASKS = True, ("classification",)

def build(*, n_outputs: int, task: str, neighbours: int) -> SklearnModel:
    return SklearnModel(KNeighborsClassifier(neighbours), task=task, n_outputs=n_outputs)
"""

STUDY = {
    "title": "Two clouds",
    "source": {"citation": "Somebody, 2024", "note": "a report"},
    "dataset": "clouds",
    "split": {"test": {"fraction": 0.25}, "validation": None},
    "preprocess": None,
    "runs": {
        "knn": {
            **{"title": "Neighbours", "group": "headline", "minutes": 0.1, "model": "nearest"},
            "settings": {"neighbours": 5},
        }
    },
}

CLAIMS = {
    "claims": [
        {
            **{"id": "accuracy", "kind": "value", "where": "p. 1", "quote": "0.93", "run": "knn"},
            **{"metric": "accuracy", "split": "test", "reported": "0.93", "tolerance": 0.01},
        }
    ]
}


@pytest.fixture
def study(tmp_path):
    """Give the folder of the study."""
    folder = tmp_path / "anywhere" / "two_clouds"
    files = {
        "study.yaml": yaml.safe_dump(STUDY, sort_keys=False),
        "claims.yaml": yaml.safe_dump(CLAIMS),
        "datasets/clouds.py": DATASET,
        "datasets/shape.py": "CENTRES = [0, 2]",
        "models/nearest.py": MODEL,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def load(study: Path, project: Path, **more: object) -> Plan:
    chosen = {"study_dirs": [str(study.parent)], "studies": study.name}
    return Plan.load({**chosen, **more}, project=project)


def test_a_study_brings_its_modules_and_claims(study, project):
    plan = load(study, project)
    whole = plan.config.studies["two_clouds"]
    assert whole.dataset_module.TITLE == "Clouds"
    assert whole.classes == ["left", "right"]
    assert whole.model_module("knn").DETERMINISTIC
    assert [claim.id for claim in whole.claims] == ["accuracy"]
    assert whole.runs["knn"].settings == {"neighbours": 5}


def test_the_rules_depend_on_the_files_of_the_study_that_they_use(study, project):
    plan = load(study, project)
    (study / "models" / "other.py").write_text(MODEL)
    own = {path for path in plan.model_files("two_clouds", "knn") if not sources.is_library(path)}
    assert own == {study / "models" / "nearest.py"}
    assert any(p.name == "sklearn.py" for p in plan.model_files("two_clouds", "knn"))
    assert set(plan.dataset_files("clouds")) == {
        study / "datasets" / "clouds.py",
        study / "datasets" / "shape.py",
    }


def test_packages_in_the_study_are_files_that_it_uses(study, project):
    package = study / "shared"
    (package / "deep").mkdir(parents=True)
    for init in (study / "models", package, package / "deep"):
        (init / "__init__.py").write_text("")
    (package / "deep" / "tool.py").write_text("")
    (study / "models" / "late.py").write_bytes("# coding: latin-1\n# é\n".encode("latin-1"))
    (study / "models" / "broken.py").write_text("def (")
    within = "    from . import broken, late\n    from ..shared.deep import tool\n"
    (study / "models" / "nearest.py").write_text(f"{MODEL}\ndef later():\n{within}")
    own = {p for p in load(study, project).model_files("two_clouds", "knn") if study in p.parents}
    assert {str(path.relative_to(study)) for path in own} == {
        *("models/__init__.py", "models/broken.py", "models/late.py", "models/nearest.py"),
        *("shared/__init__.py", "shared/deep/__init__.py", "shared/deep/tool.py"),
    }


def test_a_module_of_the_study_comes_before_that_of_the_library(study):
    (study / "models" / "dense.py").write_text(MODEL)
    assert models.file("dense", study) == study / "models" / "dense.py"
    assert models.file("dense") == sources.PACKAGE / "models" / "dense.py"
    assert models.module("dense") is importlib.import_module("refashion.models.dense")
    assert "neighbours" in models.settings_model("dense", study).model_fields


def test_studies_of_the_project_and_others_run_together(study, project):
    both = {"study_dirs": ["studies", str(study.parent)], "studies": ["cnn_vs_gru", "two_clouds"]}
    assert set(Plan.load(both, project=project).datasets) == {"clouds", "fashion_mnist"}


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("models/nearest.py", "import nowhere", "nearest.py: cannot be imported: ModuleNotFound"),
        ("models/nearest.py", "def build(:", "nearest.py: cannot be imported: SyntaxError"),
        ("models/nearest.py", "TASKS = ()", "nearest.py: does not define DETERMINISTIC, build"),
        (
            "models/nearest.py",
            "DETERMINISTIC, TASKS = True, ()\ndef build(*, size): ...",
            "accepted: keyword arguments that are all annotated",
        ),
        ("datasets/clouds.py", "TITLE = 'Clouds'", "clouds.py: does not define FILES, SOURCES"),
        ("claims.yaml", "claim: []", "claims.yaml: claim: unknown key; accepted: claims, untest"),
        ("claims.yaml", "claims: [{id: a}]", "claims.yaml: claims[a].kind: missing"),
    ],
)
def test_a_mistake_is_told_with_its_file(study, project, file, text, told):
    (study / file).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(study, project)
    assert f"{study}/{file}"[: len(str(study))] in str(caught.value)
    assert told in str(caught.value)


def test_claims_stand_in_one_file(study, project):
    (study / "study.yaml").write_text(yaml.safe_dump(STUDY | {"claims": []}))
    with pytest.raises(ConfigError, match=r"claims\.yaml: claims: stands in .*study\.yaml as well"):
        load(study, project)


def test_names_are_unique(study, project, tmp_path):
    again = tmp_path / "elsewhere" / "two_clouds"
    again.mkdir(parents=True)
    (again / "study.yaml").write_text("{}")
    with pytest.raises(ConfigError, match="two_clouds have one name; accepted"):
        load(study, project, study_dirs=[str(study.parent), str(again.parent)])
    with pytest.raises(
        ConfigError, match=r"^--config: study_dirs: '.*nowhere'; accepted: a folder"
    ):
        load(study, project, study_dirs="nowhere")


def test_a_name_means_one_dataset(study, project):
    (study / "datasets" / "clouds.py").rename(study / "datasets" / "fashion_mnist.py")
    (study / "study.yaml").write_text(yaml.safe_dump(STUDY | {"dataset": "fashion_mnist"}))
    assert datasets.module("fashion_mnist", study).TITLE == "Clouds"
    both = {"study_dirs": ["studies", str(study.parent)], "studies": ["cnn_vs_gru", "two_clouds"]}
    with pytest.raises(ConfigError, match=r"dataset: 'fashion_mnist' is .* here and .* in cnn_vs_"):
        Plan.load(both, project=project)


def test_a_run_that_no_seed_changes_runs_once(study, project):
    assert len(load(study, project).executions) == 5  # each seed draws a test set
    fixed = STUDY | {"split": {"test": {"fraction": 0.25, "random_state": 0}, "validation": None}}
    (study / "study.yaml").write_text(yaml.safe_dump(fixed, sort_keys=False))
    assert len(load(study, project).executions) == 1
    assert len(load(study, project, seeds=3).executions) == 3
