"""What a notebook may hold: prose, one parameters cell, imports, calls and display."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

from refashion import models
from refashion.spec.split import Split
from refashion.workflow.plan import Plan

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_the_four_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["explore", "judge", "recover", "train"]


def test_one_cell_of_literal_parameters_before_all_other_code(notebook):
    tagged = [
        cell for cell in code_cells(notebook) if "parameters" in cell.metadata.get("tags", ())
    ]
    assert tagged == code_cells(notebook)[:1]
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)


def test_no_definitions_loops_or_magics(notebook):
    for cell in code_cells(notebook):
        assert not any(line.lstrip().startswith(("%", "!")) for line in cell.source.splitlines())
        assert not any(isinstance(node, FORBIDDEN) for node in ast.walk(ast.parse(cell.source)))


def test_no_file_names(notebook):
    for cell in code_cells(notebook)[1:]:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "/" not in node.value and not Path(node.value).suffix, node.value


def test_imports_only_from_the_library(notebook):
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.Import)
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] == "refashion"


def test_no_outputs_are_committed(notebook):
    for cell in code_cells(notebook):
        assert cell.outputs == [] and cell.execution_count is None


def test_short_enough_to_read(notebook):
    assert len(code_cells(notebook)) <= 12
    assert all(len(cell.source.splitlines()) <= 35 for cell in code_cells(notebook))


def test_a_run_declares_exactly_what_a_recipe_sets(project):
    notebook = nbformat.read(project / "notebooks" / "train.ipynb", as_version=4)
    statements = ast.parse(code_cells(notebook)[0].source).body
    declared = {s.targets[0].id: ast.literal_eval(s.value) for s in statements}
    plan = Plan.load({"studies": "cnn_vs_gru"}, project)
    recipe = json.loads(plan.recipe(*next(iter(plan.executions))))
    assert set(declared) == {*recipe, "study_folder", "data", "results"}
    # It also runs as it stands: its own recipe is a whole one.
    assert set(declared["split"]) == set(Split.model_fields)
    models.settings_model(declared["model"])(**declared["settings"])
