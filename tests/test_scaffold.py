"""A study that `make new-study` begins: its files are valid, and run as they stand."""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import jsonschema
import pytest

from refashion.__main__ import main
from refashion.errors import ConfigError
from refashion.spec import config, quotes, scaffold, strict_yaml
from refashion.spec.claims import KINDS
from refashion.spec.fields import RESERVED_WORDS as WORDS
from refashion.spec.study import Study
from refashion.workflow.plan import Plan
from support.clone import Clone

NAME = "my_report"


@pytest.fixture
def root(project, tmp_path, monkeypatch) -> Path:
    """Clone of a project without studies, which is the working directory."""
    shutil.copy(project / "config.yaml", tmp_path)
    (tmp_path / "studies").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(root) -> Study:
    scaffold.create(NAME, root / "studies")
    return Plan.load({}, root, root).config.studies[NAME]


def entries(root: Path) -> list[str]:
    """Everything in studies/, hidden or not."""
    studies = root / "studies"
    return sorted(path.relative_to(studies).as_posix() for path in studies.rglob("*"))


def test_a_new_study_is_valid_and_joins_the_others(study):
    assert [run.group for run in study.runs.values()] == ["headline", "headline"]
    assert all(run.assumes for run in study.runs.values())


def test_every_kind_of_claim_is_there_once(study):
    # Only an author's own notebook has outputs, and only an estimator learns what is no number.
    kinds = [kind for kind in KINDS if kind not in ("output", "text")]
    assert [claim.kind for claim in study.claims] == kinds
    assert study.untestable


def test_every_claim_says_what_it_is_for(study):
    text = (Path("studies") / NAME / "study.yaml").read_text()
    for kind in {claim.kind for claim in study.claims}:
        assert re.search(rf"^  # {kind}: ", text, flags=re.MULTILINE)


def test_editors_accept_it(study, root, project):
    path = root / "studies" / NAME / "study.yaml"
    schema = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / schema).resolve().relative_to(root).as_posix() in config.SCHEMAS
    jsonschema.validate(strict_yaml.load(path), config.study_schema())


def test_its_quotes_stand_in_the_report_that_the_guide_prints(study, project):
    guide = quotes.single_blanks((project / "docs/guide/add-your-report.md").read_text())
    for statement in (*study.claims, *study.untestable):
        assert quotes.is_quoted(quotes.single_blanks(statement.quote), guide), statement.quote


def test_both_files_and_nothing_else_are_written(study, root):
    assert entries(root) == [NAME, f"{NAME}/narrative.md", f"{NAME}/study.yaml"]


def test_the_command_says_what_to_do_next(root, capsys):
    assert main(["new-study", NAME]) == 0
    told = capsys.readouterr().out
    assert f"studies/{NAME}" in told
    assert f"snakemake -n --config studies={NAME}" in told


def test_it_may_stand_in_any_folder(root, project, capsys):
    place = root / "my studies"
    assert main(["new-study", NAME, "--in", str(place)]) == 0
    told = capsys.readouterr().out
    (check,) = re.findall(r"snakemake -n --config (.*\S) +#", told)
    options = dict(word.split("=") for word in shlex.split(check))
    assert options == {"study_dirs": str(place), "studies": NAME}
    assert Plan.load(options, root, root).config.studies[NAME].folder == place / NAME
    schema = (place / NAME / "study.yaml").read_text().splitlines()[0].partition("$schema=")[2]
    assert (place / NAME / schema).resolve() == project / "studies/study.schema.json"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "NAME: missing; accepted: a name: lower-case letters"),
        ("My Report", r"NAME: 'My Report'; accepted: a name: .*; did you mean 'my_report'\?"),
        ("my-report", r"NAME: 'my-report'; .*; did you mean 'my_report'\?"),
        ("Étude 1", r"NAME: 'Étude 1'; .*; did you mean 'etude_1'\?"),
        ("NaN", r"NAME: 'NaN'; accepted: a name: .* 64 characters$"),
        ("靴", r"NAME: '靴'; accepted: a name: .* 64 characters$"),
        ("\udcff", r"NAME: '\\udcff'; accepted: a name: .* 64 characters$"),
        ("../x", r"NAME: '\.\./x'; accepted: a name: "),
        ("3_shoes", "NAME: '3_shoes'; accepted: a name: "),
        ("x" * 65, "NAME: 'xxx.*; accepted: a name: "),
        ("my_report\n", "NAME: .*; accepted: a name: "),
        *((name, f"NAME: '{name}'; reserved; accepted: any but ") for name in config.RESERVED),
        *((name, f"NAME: '{name}'; other programs read it as .*; accepted: ") for name in WORDS),
    ],
)
def test_names_that_are_refused(name, told, root, capsys):
    assert main(["new-study", "--", name]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(told, line)
    assert entries(root) == []


def test_what_is_there_is_left_alone(root):
    (root / "studies" / NAME).mkdir()
    (root / "studies" / NAME / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match=rf"^NAME: '{NAME}'; .*studies/{NAME} exists; accepted: "):
        scaffold.create(NAME, root / "studies")
    assert entries(root) == [NAME, f"{NAME}/notes.txt"]


def test_a_link_to_nothing_is_left_alone(root):
    (root / "studies" / NAME).symlink_to("nothing")
    with pytest.raises(ConfigError, match="exists"):
        scaffold.create(NAME, root / "studies")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (Path.touch, "studies: no such folder; run this in the project folder, or name one"),
        (lambda path: path.symlink_to("nothing"), "studies: no such folder; run this in the"),
        (lambda path: path.symlink_to(path.name), "studies: no such folder; run this in the"),
        (lambda path: path.mkdir(0o555), "is not writable (Permission denied"),
        (lambda path: path.mkdir(0o000), "is not writable (Permission denied"),
    ],
)
def test_a_folder_of_studies_that_is_none_is_told(root, make, told, capsys):
    (root / "studies").rmdir()
    make(root / "studies")
    if os.geteuid() == 0 and "Permission" in told:
        pytest.skip("root may write everywhere")
    assert main(["new-study", NAME]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_folder_of_studies_may_be_a_link(root):
    (root / "studies").rename(root / "elsewhere")
    (root / "studies").symlink_to("elsewhere")
    scaffold.create(NAME, root / "studies")
    assert (root / "elsewhere" / NAME / "study.yaml").is_file()


def test_both_files_or_none(root, monkeypatch):
    copy = shutil.copyfile

    def first_only(source: Path, target: Path) -> None:
        if target.name == scaffold.FILES[1]:
            raise OSError(28, "No space left on device")
        copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", first_only)
    with pytest.raises(ConfigError, match=r"is not writable \(No space left on device\)"):
        scaffold.create(NAME, root / "studies")
    assert entries(root) == []


def test_outside_the_project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigError, match="studies: no such folder; run this in the project folder, or name one"
    ):
        scaffold.create(NAME)


@pytest.mark.slow
def test_it_runs_as_it_stands(tmp_path_factory, project, request):
    folder = Clone(
        tmp_path_factory.mktemp("a fresh clone"), project, request.getfixturevalue("data")
    )
    scaffold.create(NAME, folder.path / "studies")
    # The helper makes a smoke run of another study.
    own = [f"studies={NAME}", "seeds=1", "limits={examples: null, epochs: null}"]
    done = folder.snakemake(*own)
    assert done.returncode == 0, done.stdout
    rows = json.loads(folder.layout.verdicts_json.read_text())
    verdicts = {row["id"]: row["verdict"] for row in rows}
    assert verdicts["small_errors"] == "inconsistent"
    assert verdicts["small_seconds"] is None
    assert "not_run" not in verdicts.values()
    title = strict_yaml.load(folder.path / "studies" / NAME / "study.yaml")["title"]
    assert title in folder.layout.report_html.read_text()
