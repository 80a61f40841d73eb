"""The environment of an author's own notebook: pinned, built once, and used as its kernel."""

import json
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from refashion import artifacts, stages
from refashion.errors import ConfigError
from refashion.execution import requirements
from refashion.execution.requirements import EnvironmentBuildError, built
from refashion.workflow.plan import Plan

LOCAL = "--no-index\n--find-links wheels\ntinyprint\n"


def write_wheel(folder: Path, name="tinyprint", version="1.2", word="seventeen") -> None:
    folder.mkdir(exist_ok=True)
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"WORD = {word!r}\n",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


@pytest.fixture
def study(tmp_path):
    """Folder of a study with a wheel of its own, and a requirements.txt that asks for it."""
    folder = tmp_path / "studies" / "mine"
    folder.mkdir(parents=True)
    write_wheel(folder / "wheels")
    (folder / "requirements.txt").write_text(LOCAL)
    return folder


@pytest.fixture
def build(study, tmp_path, monkeypatch):
    """Give a function that builds the environment of the study, without a kernel."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    requirements.publish()
    folders = tmp_path / "pins", tmp_path / "environments"
    return lambda: built(study / "requirements.txt", *folders, more=())


def said(environment, code):
    return subprocess.check_output([environment.python, "-c", code], text=True).strip()


def test_packages_are_pinned_on_first_use_and_installed_once(study, build):
    first = build()
    assert said(first, "import tinyprint; print(tinyprint.WORD)") == "seventeen"
    pins = first.lock.read_text()
    assert pins.startswith("tinyprint==1.2 \\\n    --hash=sha256:")
    write_wheel(study / "wheels", version="1.3", word="eighteen")
    mark = first.folder / "mark"
    mark.touch()
    assert build() == first
    assert mark.exists() and first.lock.read_text() == pins
    (first.folder / requirements.COMPLETE).unlink()  # as if a job had been interrupted
    assert said(build(), "import tinyprint; print(tinyprint.WORD)") == "seventeen"
    assert not mark.exists()
    (study / "requirements.txt").write_text(LOCAL + "# other words\n")
    assert said(build(), "import tinyprint; print(tinyprint.WORD)") == "eighteen"


def test_a_package_with_other_content_is_refused(study, build, tmp_path):
    first = build()
    (first.folder / requirements.COMPLETE).unlink()
    (tmp_path / "cache").rename(tmp_path / "old_cache")
    write_wheel(study / "wheels", word="another")
    with pytest.raises(EnvironmentBuildError, match=r"(?s)ash.*to pin them anew, remove "):
        build()


def test_what_requirements_name_by_its_path_is_that_of_the_study(study, build, tmp_path):
    """Two studies may mean different files by one name, and files change."""
    places = tmp_path / "pins", tmp_path / "environments"
    show = "import tinyprint; print(tinyprint.WORD)"
    first = build()
    other = tmp_path / "studies" / "other"
    other.mkdir()
    write_wheel(other / "wheels", word="mine")
    (other / "requirements.txt").write_text(LOCAL)
    assert said(built(other / "requirements.txt", *places, more=()), show) == "mine"
    assert said(first, show) == "seventeen"
    write_wheel(study / "wheels", version="1.3", word="eighteen")
    (study / "requirements.txt").write_text("--no-index\n--find-links wheels\n-r base.txt\n")
    for version, word in (("1.2", "seventeen"), ("1.3", "eighteen")):
        (study / "base.txt").write_text(f"tinyprint=={version}\n")
        assert said(build(), show) == word


def test_what_cannot_be_built_is_told(study, build, monkeypatch):
    (study / "requirements.txt").write_text("--no-index\nnowhere>=2\n")
    with pytest.raises(EnvironmentBuildError, match="nowhere was not found in the provided"):
        build()
    (study / "requirements.txt").write_text("this is no requirement\n")
    with pytest.raises(EnvironmentBuildError, match=r"uv pip compile: .*requirements.txt"):
        build()
    monkeypatch.setattr(requirements.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(requirements.shutil, "which", lambda name: None)
    with pytest.raises(EnvironmentBuildError, match="uv is not installed, which builds it"):
        build()


@pytest.fixture
def load(project, study, tmp_path, monkeypatch):
    """Give a function that loads the plan of the study."""
    (tmp_path / "config.yaml").write_text((project / "config.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    requirements.publish()

    def load(code="1", **more):
        run = {"title": "Own", "group": "headline", "minutes": 0.1, "notebook": "own.ipynb"}
        nbformat.write(new_notebook(cells=[new_code_cell(code)]), study / "own.ipynb")
        source = {"citation": "Somebody", "note": "a notebook"}
        whole = {"title": "Own", "source": source, "runs": {"own": run | more}, "claims": []}
        (study / "study.yaml").write_text(yaml.safe_dump(whole))
        return Plan.load({"studies": ["mine"], "seeds": 1}, tmp_path, tmp_path)

    return load


def train(plan, study) -> dict:
    recipe, notebook = plan.recipe("mine", "own", 0), plan.notebook_of("mine", "own")
    stages.train(recipe, attempt=1, seconds=60, notebook=notebook, study=study, layout=plan.layout)
    return json.loads(plan.layout.run("mine", "own", 0).run_json.read_text())


def test_a_run_whose_environment_cannot_be_built_fails_with_the_reason(load, study):
    (study / "requirements.txt").write_text("--no-index\nnowhere\n")
    plan = load(requirements="requirements.txt")
    state = train(plan, study)
    assert (state["status"], state["error"]["type"]) == ("failed", "Environment")
    assert state["error"]["message"].startswith("requirements.txt: no environment can be built")
    notebook = artifacts.RunFolder(plan.layout.run("mine", "own", 0).path).notebook
    assert "Not executed" in nbformat.read(notebook, as_version=4).cells[0].source


def test_a_file_that_is_not_there_is_named_before_anything_runs(load):
    for stated in ("requirement.txt", "../requirements.txt", "/etc/passwd"):
        with pytest.raises(ConfigError, match="no such file in the folder of the study"):
            load(requirements=stated)
    with pytest.raises(ConfigError, match=r"did you mean 'requirements\.txt'"):
        load(requirements="requirement.txt")


@pytest.mark.slow
def test_a_notebook_runs_in_its_own_environment(load, study, tmp_path, monkeypatch):
    try:
        (tmp_path / "none.txt").write_text("")
        built(tmp_path / "none.txt", tmp_path / "data" / ".requirements", tmp_path / "other")
    except EnvironmentBuildError as error:
        pytest.skip(f"no index of packages: {error}")
    (study / "requirements.txt").write_text("--find-links wheels\ntinyprint\n")
    monkeypatch.setenv("UV_INDEX_EXAMPLE_PASSWORD", "secret")
    requirements.publish()
    code = (
        "import importlib.util, random, sys, tinyprint\n"
        "print(tinyprint.WORD, importlib.util.find_spec('sklearn'), random.random())\n"
        "print(sys.prefix)\n"
        "import os; print('secret' in str(os.environ))"
    )
    plan = load(code, requirements="requirements.txt")
    state = train(plan, study)
    assert state["status"] == "ok", state["error"]
    folder = plan.layout.run("mine", "own", 0)
    executed = nbformat.read(folder.notebook, as_version=4)
    printed = "".join(o.get("text", "") for c in executed.cells for o in c.get("outputs", []))
    # The packages of refashion are not there; its seed is.
    assert printed.startswith("seventeen None 0.8444218515250481")
    assert str(tmp_path / ".snakemake" / "refashion" / "environments") in printed
    assert printed.strip().endswith("False")  # nothing of where packages come from
    assert "tinyprint==1.2" in folder.requirements.read_text()
