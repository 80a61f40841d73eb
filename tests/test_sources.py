"""Rules declare as inputs the library files that their stage rests on."""

import nbformat
import pytest

from refashion.sources import closure, file_of


def names(*modules):
    return {
        path.stem if path.stem != "__init__" else path.parent.name for path in closure(*modules)
    }


def test_imports_are_followed_at_any_depth():
    assert {"training", "splits", "seeding", "artifacts"} <= names("training")
    assert "keras_training" not in names("training")
    assert "keras_training" in names("models.cnn")


def test_drawing_is_no_part_of_training():
    assert not {"figures", "tables", "render", "config", "ledger"} & names(
        "training", "execute", "models.cnn"
    )


def test_paths_are_relative_to_the_project(project):
    assert all((project / path).is_file() for path in closure("training"))


def test_unknown_module():
    with pytest.raises(FileNotFoundError, match="unheard_of"):
        file_of("unheard_of")


@pytest.mark.parametrize(
    ("notebook", "declared"),
    [
        ("explore", ["figures", "tables", "splits", "datasets", "artifacts"]),
        (
            "compare",
            [
                "ledger",
                "ledger_tables",
                "results",
                "figures",
                "model_figures",
                "tables",
                "plan",
                "artifacts",
            ],
        ),
        # Its figures and its display of scores change no number of a run.
        ("train", ["training", "splits", "datasets", "artifacts", "figures", "evaluation"]),
    ],
)
def test_what_a_notebook_imports_is_known(project, notebook, declared):
    cells = nbformat.read(project / f"notebooks/{notebook}.ipynb", as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    imported = {
        name.strip()
        for line in code.splitlines()
        if line.startswith("from refashion")
        for name in (
            line.split(" import ")[1].split(",")
            if line.startswith("from refashion import")
            else [line.split()[1].removeprefix("refashion.")]
        )
    }
    assert imported == set(declared)
