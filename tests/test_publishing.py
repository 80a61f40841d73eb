"""The copy of a report that others are given."""

import os
import re
import shutil
from base64 import b64decode, b64encode
from io import BytesIO

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from refashion.artifacts import Layout
from refashion.errors import RefashionError
from refashion.render.site import publishing
from support.page_text import dead_links
from support.sample import sample

PICTURE = 'src="data:image/png;base64,'


@pytest.fixture(scope="module")
def results(tmp_path_factory, project):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("refashion.render.render.write_pdf", lambda *_: None)
        made = sample(tmp_path_factory.mktemp("publishing"), project).render().layout
    made.report_pdf.write_bytes(b"%PDF")
    made.verdicts_csv.write_text("id\n")
    return made.results


def figure(**how: object) -> str:
    drawn, axes = plt.subplots()
    axes.imshow(np.eye(9), cmap="Blues")
    file = BytesIO()
    drawn.savefig(file, **how)
    plt.close(drawn)
    return b64encode(file.getvalue()).decode()


def test_copy_is_whole_without_the_files_of_notebooks(results, tmp_path):
    publishing.publish(results, tmp_path / "copy")
    copy, there = Layout(tmp_path / "copy"), Layout(results)
    pages = {page.relative_to(there.report) for page in there.report.rglob("*.html")}
    assert {page.relative_to(copy.report) for page in copy.report.rglob("*.html")} == pages
    assert list(there.report.rglob("*.ipynb")) and not list(copy.report.rglob("*.ipynb"))
    assert dead_links(copy.report) == [] == dead_links(there.report)
    assert copy.verdicts_csv.read_bytes() == there.verdicts_csv.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_an_earlier_copy_is_replaced_and_nothing_else(results, tmp_path):
    out = tmp_path / "copy"
    publishing.publish(results, out)
    stale = Layout(out).report / "stale.html"
    stale.touch()
    publishing.publish(results, out)
    assert not stale.exists()
    (out / "thesis.tex").touch()
    for others, named in ((out, "thesis.tex"), (results, "other files")):
        with pytest.raises(RefashionError, match=named):
            publishing.publish(results, others)
    assert (out / "thesis.tex").exists() and Layout(results).report_html.exists()


def test_everybody_can_read_it_whatever_the_umask(results, tmp_path):
    out = tmp_path / "site" / "of" / "copy"
    before = os.umask(0o077)
    try:
        publishing.publish(results, out)
    finally:
        os.umask(before)
    made = [out.parent.parent, out.parent, out, *out.rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_dir()} == {"0o755"}
    assert {oct(path.stat().st_mode & 0o777) for path in made if path.is_file()} == {"0o644"}


@pytest.fixture
def own(results, tmp_path):
    """Give a copy of the results that a test may change."""
    return Layout(shutil.copytree(results, tmp_path / "own" / "results"))


def test_what_is_no_part_of_the_report_stays_behind(own, tmp_path):
    (own.report / "thesis.tex").write_text("mine")
    (own.report / "notes.html").write_text("mine")
    (own.report / "figures" / "elsewhere").symlink_to("/etc")
    os.mkfifo(own.report / "studies" / "pipe")
    publishing.publish(own.results, tmp_path / "copy")
    copied = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert not copied & {"thesis.tex", "notes.html", "elsewhere", "pipe"}
    assert {"ledger.html", "search.html", "tables.js", "report.css"} <= copied


@pytest.mark.parametrize("linked", ["report.pdf", "studies", "report.css", "figures"])
def test_links_to_elsewhere_are_not_followed(linked, own, tmp_path):
    there = own.report / linked
    there.rename(tmp_path / "elsewhere")
    there.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefashionError, match=f"{linked}.*: a symbolic link to .*elsewhere"):
        publishing.publish(own.results, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_link_in_prose_takes_nothing_from_outside(own, tmp_path):
    (own.results / "secret.html").write_text("secret")
    page = own.report_html
    page.write_text(page.read_text().replace("<main", '<a href="../secret.html">x</a><main'))
    publishing.publish(own.results, tmp_path / "copy")
    assert not list((tmp_path / "copy").rglob("secret.html"))


def test_results_that_are_a_link_themselves_are_published(own, tmp_path):
    (tmp_path / "link").symlink_to(own.results)
    publishing.publish(tmp_path / "own" / ".." / "link", tmp_path / "copy")
    assert (tmp_path / "copy" / "report" / "ledger.html").is_file()


OTHERS = {
    "a report": ["report/index.html", "report/thesis.tex"],
    "a page": ["report/index.html"],
    "a ledger": ["verdicts.csv", "notes.txt"],
    "a file in a folder": ["report/chapters/one.tex"],
}


@pytest.mark.parametrize("files", OTHERS.values(), ids=OTHERS)
def test_a_folder_of_somebody_else_is_left_alone(files, results, tmp_path):
    out = tmp_path / "mine"
    for file in files:
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_text("mine")
    with pytest.raises(RefashionError, match="contains other files"):
        publishing.publish(results, out)
    assert all((out / file).read_text() == "mine" for file in files)


def test_without_a_report_it_says_how_to_make_one(tmp_path):
    with pytest.raises(RefashionError, match=r"index\.html: no such file; .*make report"):
        publishing.publish(tmp_path / "results", tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []


def test_pictures_look_the_same_at_half_their_size():
    before = figure()
    page = publishing.compressed(f'<img {PICTURE}{before}" alt="a figure">')
    after = re.search(r'base64,([^"]*)" alt="a figure">', page)[1]
    assert len(after) < len(before) / 2
    old, new = (
        np.asarray(Image.open(BytesIO(b64decode(png))).convert("RGB"), float)
        for png in (before, after)
    )
    assert np.abs(old - new).mean() < 1


@pytest.mark.parametrize(
    "png",
    ["", "no base 64", b64encode(b"no picture").decode(), figure(transparent=True)],
    ids=["nothing", "text", "bytes", "transparent"],
)
def test_what_cannot_have_a_palette_stays_as_it_is(png):
    page = f'<img {PICTURE}{png}" alt="">'
    assert publishing.compressed(page) == page
