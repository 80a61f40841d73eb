"""The documentation names paths, links and commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
FILES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob(".github/*.md")]
# Some pages of the site only show a file of the project.
PAGES = [file for file in FILES if not file.read_text().startswith("```{include}")]
NAMES = [page.relative_to(PROJECT).as_posix() for page in PAGES]
# Code in the documentation that begins with one of these folders is a path of the project.
FOLDERS = "src|tests|docs|envs|studies|notebooks|benchmarks|profiles|\\.github|\\.ci"


@pytest.fixture(params=PAGES, ids=NAMES)
def page(request) -> Path:
    return request.param


def test_paths_exist(page):
    for path in re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", page.read_text()):
        if "my_report" not in path:
            assert (PROJECT / path).exists(), path


def test_relative_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text()):
        if "reference/" not in target:  # generated; the build of the site checks it
            assert (page.parent / target).exists(), target


def test_targets_of_make_exist(page):
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    code = re.findall(r"```.*?```|`[^`]+`", page.read_text(), re.DOTALL)
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", "\n".join(code), re.MULTILINE):
        assert target in targets


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_the_list_of_make_is_whole(project):
    listed = subprocess.run(["make"], cwd=project, capture_output=True, text=True, check=True)
    phony = re.search(r"^\.PHONY: FORCE (.*)$", (project / "Makefile").read_text(), re.MULTILINE)
    shown = re.findall(r"^  make ([a-z-]+) ", listed.stdout, re.MULTILINE)
    assert sorted(shown) == sorted(phony[1].split())


def test_every_decision_is_listed_and_has_its_three_headings(project):
    folder = project / "docs" / "decisions"
    listed = re.findall(r"^([a-z-]+)$", (folder / "index.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(p.stem for p in folder.glob("*.md") if p.stem != "index")
    for name in listed:
        headings = re.findall(r"^## (.*)$", (folder / f"{name}.md").read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], name
