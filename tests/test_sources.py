"""Rules declare the library files that their stage rests on."""

import ast
import re
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

from refashion import sources
from refashion.sources import closure, file_of
from refashion.workflow import inputs

EXPLORE = ("figures.data", "data.tables", "data.splits", "datasets")


def names(*modules):
    return {
        path.stem if path.stem != "__init__" else path.parent.name for path in closure(*modules)
    }


def test_imports_are_followed_at_any_depth():
    assert {"training", "splits", "seeding", "artifacts"} <= names("runs.training")
    assert "keras" not in names("runs.training")
    assert "keras" in names("models.cnn")


def test_imports_of_this_library_are_found_without_parsing_everything():
    for file in sources.PACKAGE.rglob("*.py"):
        whole = sources._imports_in(file.read_bytes())
        quick = sources._import_statements(file)
        assert {*map(ast.dump, whole)} <= {*map(ast.dump, quick)}, file


def test_a_module_that_was_added_to_the_library_may_import_its_neighbours(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "refashion")
    models = tmp_path / "refashion" / "models"
    models.mkdir(parents=True)
    (models / "a.py").touch()
    latin = "# -*- coding: latin-1 -*-\nfrom .a import x  # \xe4"
    (models / "b.py").write_bytes(latin.encode("latin-1"))
    assert {*sources.closure_of(models / "b.py")} == {models / "a.py", models / "b.py"}


@pytest.mark.parametrize("place", ["refashion/models", "study"])
@pytest.mark.parametrize(
    "code",
    [
        "from refashion.models import a",
        "import refashion.models.b as b, refashion.models.a  # both",
        "from refashion.models.a import *",
        "from  refashion.models  import  a",
        "from refashion.models import(a)",
        "from refashion.models import (\n    b,  # (b)\n    a,\n)",
        "from refashion.models import b, \\\n    a",
        "from refashion.models \\\n    import a",
        "import os; from refashion.models import a",
        "try: from .a import x\nexcept ImportError: pass",
        "if True:\n\tfrom .a import x",
        "if __name__ != 'x': from refashion.models.a import *",
        "X = {'k': 1}; import refashion.models.a",
        "'Text.'; from refashion.models import a",
        "\ufefffrom .a import x",
        "from \\\n    .a import x",
        "x = 1; \\\n  from .a import x",
        "x = 1\rfrom .a import x",
        '"""Text.\n\nimport the table first.\n"""\nfrom refashion.models import a',
        '"""Text,\nfrom a import (say\n"""\nfrom refashion.models import a\nprint()',
        '"""Text\nfrom tables import and export\n"""\nfrom .a import x',
    ],
)
def test_every_form_of_import_is_found(tmp_path, monkeypatch, place, code):
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "refashion")
    folder = tmp_path / place
    for each in {tmp_path / "refashion" / "models", folder}:
        each.mkdir(parents=True)
        for name in "ab":
            (each / f"{name}.py").touch()
    (folder / "c.py").write_text(code, newline="")
    assert "a.py" in {path.name for path in sources.closure_of(folder / "c.py")}


def test_a_folder_that_is_a_link_is_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PACKAGE", tmp_path / "refashion")
    models, elsewhere = tmp_path / "refashion" / "models", tmp_path / "elsewhere"
    models.mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "a.py").touch()
    (models / "lab").symlink_to(elsewhere)
    (models / "b.py").write_text("from refashion.models.lab import a")
    assert models / "lab" / "a.py" in sources.closure_of(models / "b.py")


def test_packages_around_a_module_are_run_before_it():
    assert "src/refashion/models/__init__.py" in map(Path.as_posix, closure("models.cnn"))


def test_all_modules_of_a_package():
    assert {"averages", "counts", "matrices"} <= names("checks.consistency.*")
    assert "averages" not in names("checks.consistency")


def test_drawing_is_no_part_of_training():
    assert not {"figures", "tables", "render", "config", "ledger"} & names(
        "runs.training", "execution.notebook", "models.cnn"
    )


def test_exploring_a_dataset_knows_nothing_of_claims_or_verdicts():
    folders = {path.parent.name for path in closure(*EXPLORE)}
    assert not {"ledger", "judgement", "spec", "checks", "render", "runs", "workflow"} & folders


def test_paths_are_relative_to_the_project(project):
    assert all((project / path).is_file() for path in closure("runs.training"))


def test_unknown_module():
    with pytest.raises(FileNotFoundError, match="unheard_of"):
        file_of("unheard_of")


def test_equal_code_has_the_same_digest_and_other_code_another(tmp_path, monkeypatch):
    files = []
    for place in ("here", "there"):
        monkeypatch.setattr(sources, "PACKAGE", tmp_path / place)
        (tmp_path / place / "models").mkdir(parents=True)
        files.append(tmp_path / place / "models" / "a.py")
        files[-1].write_text("x = 1")
        files.append(sources.library_digest([files[-1], Path("pyproject.toml")]))
    (_, here, file, there) = files
    assert here == there  # whatever is no file of the library
    file.write_text("x = 2")
    assert sources.library_digest([file]) != there
    file.rename(file.with_name("b.py")).write_text("x = 1")
    assert sources.library_digest([file.with_name("b.py")]) not in (here, there)


def imported_by(project, notebook):
    """Files of this library that a notebook imports."""
    cells = nbformat.read(project / f"notebooks/{notebook}.ipynb", as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    assert "from refashion" in code
    for name in sources._names_in(sources._imports_in(code)):
        with suppress(FileNotFoundError):
            yield file_of(name)


def declared_by(project, rule):
    """Files of this library that a rule of the Snakefile declares as its code."""
    text = (project / "Snakefile").read_text()
    of_rule = re.search(rf"rule {rule}:(.*?)\n\n\n", text, re.DOTALL)[1]
    (declared,) = re.findall(r"inputs\.code\(([^)]*)\)", of_rule)
    names = re.findall(r'"([\w.*]+)"', declared) or inputs.TRAINING
    return {(project / path).resolve() for path in closure(*names)}


@pytest.mark.parametrize("notebook", ["explore", "judge", "recover"])
def test_every_import_of_a_notebook_is_code_of_its_rule(project, notebook):
    missing = set(imported_by(project, notebook)) - declared_by(project, notebook)
    assert not missing


def test_what_decides_the_numbers_of_a_run_is_code_of_its_rule(project):
    missing = set(imported_by(project, "train")) - declared_by(project, "train")
    names = {path.relative_to(sources.PACKAGE).as_posix() for path in missing}
    # Its figures and its display of scores change no number of a run.
    shows = {"figures/__init__.py", "figures/classes.py", "figures/training.py"}
    assert names <= shows | {"runs/evaluation.py"}
