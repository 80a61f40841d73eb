"""Two small made-up folders of results, of which is known what changed between them."""

import csv
import json
import math
import os
import re
import shutil
import subprocess

import pandas as pd
import pytest

from refashion import artifacts
from refashion.__main__ import main
from refashion.artifacts import Layout
from refashion.changes import chance, comparison, folder
from refashion.changes.change import CHANGE_COLUMNS, table_changes
from refashion.changes.page import write_page
from refashion.errors import RefashionError

HOSTILE = "<script>alert(1)</script> | $x$ *b* [d](javascript:e) ![f](g) {{ m }}"
SCORES = {"accuracy": 0.9, "log_loss": 0.25}
MANIFEST = {
    "git": {"commit": "a" * 40, "clean": True},
    "lock_sha256": "0" * 64,
    "datasets": {"fashion_mnist": {"train": "1" * 64}},
    "packages": {"keras": "3.15.1", "numpy": "2.4.6"},
    "python": "3.11.7",
    "platform": "Linux",
    "cpu": {"model": "A processor", "flags": ["avx", "avx2"]},
    "started": "2026-03-02T10:11:12+00:00",
    "ended": "2026-03-02T10:31:42+00:00",
    "command": "snakemake",
    "seeds": {"headline": 1},
}
CONFIG = {"threads": 1, "seed_sd_prior": 0.003, "limits": {"epochs": None}, "studies": {}}


def claim(name="accuracy", verdict="reproduced", reason="It is so.", **more):
    usual = {"study": "study", "id": name, "run": "cnn", "split": "test", "where": "Table 1"}
    return (
        usual | {"reported": "0.9", "tolerance": 0.01, "verdict": verdict, "reason": reason} | more
    )


@pytest.fixture
def make(tmp_path):
    """Give a function that writes a folder of results and gives its path."""

    def make(name, runs=None, rows=None, manifest=MANIFEST, config=CONFIG, model="cnn", **state):
        """`runs` are scores by run and seed; of None there are no scores."""
        layout = Layout(tmp_path / name)
        runs = {"cnn": {0: SCORES}} if runs is None else runs
        for run, seeds in runs.items():
            for seed, scores in seeds.items():
                of_run = layout.run("study", run, seed)
                usual = {} if "." in model else {"epochs": 3, "dropout": [0.25]}
                settings = usual | state.get("settings", {})
                record = {"status": "ok", "error": None, "diverged": False, "model": model}
                record |= {"epochs_run": 3, "n_parameters": 10, "fit_seconds": 2.0, "threads": 1}
                artifacts.write_json(of_run.run_json, record | state | {"settings": settings})
                if scores is not None:
                    artifacts.write_json(of_run.metrics, {"test": scores})
        if manifest:
            artifacts.write_json(layout.manifest, manifest)
            artifacts.write_json(layout.config, config)
            artifacts.write_json(layout.verdicts_json, rows if rows is not None else [claim()])
        return str(layout.results)

    return make


def compared(a, b):
    return comparison.compare(folder.read(a, "A"), folder.read(b, "B"))


def described(found):
    table = table_changes(found.changes)[["kind", "name", "a", "b", "change"]]
    return list(table.itertuples(index=False, name=None))


def page_of(found, tmp_path, project):
    write_page(found, tmp_path / "page" / "index.html", project)
    return (tmp_path / "page" / "index.html").read_text()


def seeds(*values, first=0):
    return {"cnn": {n: {"accuracy": v} for n, v in enumerate(values, first)}}


def test_same_folder_has_no_changes(make, tmp_path, project):
    a = make("a")
    found = compared(a, a)
    assert found.changes == ()
    assert found.metrics == {("test", "identical"): 2}
    assert "Nothing changed." in page_of(found, tmp_path, project)
    assert [line.split(":")[0] for line in comparison.summary(found)] == [
        *("Runs", "Metrics", "Verdicts"),
    ]


def test_dates_and_command_are_no_changes(make):
    later = MANIFEST | {"started": "2027-01-01T00:00:00+00:00", "command": "make report"}
    assert compared(make("a"), make("b", manifest=later)).changes == ()


def test_changed_setting_names_its_run(make):
    found = compared(make("a"), make("b", settings={"dropout": [0.5]}, threads=2))
    assert described(found) == [
        ("setting", "threads", "1", "2", "changed"),
        ("setting", "dropout", "[0.25]", "[0.5]", "changed"),
    ]
    assert found.runs_with_other_settings == [("study", "cnn")]


def test_setting_of_the_study_counts_for_all_its_runs(make):
    runs = {"cnn": {0: SCORES}, "gru": {0: SCORES}}
    sides = (
        make(
            name,
            runs,
            config=CONFIG | {"studies": {"study": {"split": {"validation": share}, "runs": {}}}},
        )
        for name, share in (("a", 0.1), ("b", 0.2))
    )
    found = compared(*sides)
    assert described(found) == [("setting", "split.validation", "0.1", "0.2", "changed")]
    assert len(found.runs_with_other_settings) == 2


@pytest.mark.parametrize(
    ("b", "change"),
    [(0.9 + 1e-12, "rounding"), (0.95, "within_noise"), (0.97, "beyond_noise")],
)
def test_metric_of_one_seed_is_held_against_the_prior(make, b, change):
    found = compared(make("a", seeds(0.9)), make("b", seeds(b)))
    (only,) = found.changes
    assert (only.change, only.a, only.b, only.seeds_a) == (change, "0.9", repr(b), 1)
    assert only.difference == pytest.approx(b - 0.9)
    if change != "rounding":
        assert only.upper - only.lower == pytest.approx(2 * 12.706 * 0.003 * math.sqrt(2), rel=1e-3)


def test_larger_changes_come_first(make):
    b = make("b", {"cnn": {0: {"accuracy": 0.95, "log_loss": 0.5}}})
    assert [c.name for c in compared(make("a"), b).changes] == ["log_loss", "accuracy"]


def test_not_a_number_comes_first_and_is_beyond(make, tmp_path, project):
    b = make("b", {"cnn": {0: {"accuracy": 0.5, "log_loss": None}}}, diverged=True)
    found = compared(make("a"), b)
    assert described(found)[0] == ("metric", "log_loss", "0.25", "NaN", "not_a_number")
    assert ("run", "status", "ok", "diverged", "changed") in described(found)
    assert "2 of 2 metrics" in page_of(found, tmp_path, project)


def test_no_number_in_both_is_identical(make):
    runs = {"cnn": {0: {"accuracy": None}}}
    assert compared(make("a", runs), make("b", runs)).changes == ()


def test_without_prior_one_seed_says_nothing(make):
    found = compared(make("a", seeds(0.9), config={}), make("b", seeds(0.91), config={}))
    assert [c.change for c in found.changes] == ["unknown_noise"]
    assert "1 undecided with one seed" in comparison.summary(found)[1]


def test_without_randomness_a_pair_has_no_chance(make):
    model = "sklearn.linear_model.LinearRegression"
    sides = (make(n, seeds(v), model=model) for n, v in (("a", 0.9), ("b", 0.9001)))
    assert [c.change for c in compared(*sides).of("metric")] == ["beyond_noise"]


def difference(a, b, **more):
    return chance.difference(
        dict(enumerate(a)), dict(enumerate(b, more.pop("first", 0))), seed_sd_prior=0.003
    )


def test_pairs_tell_more_than_means():
    a, b = [0.90, 0.92, 0.94], [0.911, 0.930, 0.951]
    assert difference(a, b).change == "beyond_noise"
    assert difference(a, b, first=7).change == "within_noise"
    assert not difference(a, b, first=7).paired


def test_only_common_seeds_are_paired():
    found = difference([0.9, 0.91], [0.91, 0.5, 0.6], first=1)
    assert (found.change, found.seeds, found.paired) == ("identical", (1, 1), True)


def test_one_seed_against_others_and_none_in_common():
    several = [0.90, 0.91, 0.92]
    assert difference([0.915], several, first=1).change == "within_noise"
    assert difference([0.5], several, first=1).change == "beyond_noise"
    assert difference([0.8, 0.8], [0.9, 0.9], first=5).change == "beyond_noise"
    assert difference([0.8], [0.8, 0.8], first=5).change == "identical"


def test_same_shift_in_every_pair_is_no_chance():
    found = difference([0.5, 0.25], [0.75, 0.5])
    assert (found.change, found.lower, found.upper) == ("beyond_noise", 0.25, 0.25)


def test_flipped_verdicts_opposites_first(make, tmp_path, project):
    before = [claim("x", "inconclusive"), claim("y", "holds"), claim("z", "exact"), claim("gone")]
    after = [claim("x", "reproduced"), claim("y", "fails", HOSTILE), claim("z", "exact")]
    found = compared(make("a", rows=before), make("b", rows=after))
    assert described(found) == [
        ("verdict", "y", "holds", "fails", "flipped"),
        ("verdict", "x", "inconclusive", "reproduced", "flipped"),
        ("verdict", "gone", "reproduced", "", "only_a"),
    ]
    assert HOSTILE in found.changes[0].note
    page = page_of(found, tmp_path, project)
    assert "2 of 3 verdicts" in page and "✗" in page


def test_cells_and_tolerances(make):
    cells = [[{"name": "Shirt, recall", "verdict": v}] for v in ("reproduced", "not_reproduced")]
    before = [claim("t", "not_reproduced", cells=cells[0])]
    after = [claim("t", "not_reproduced", cells=cells[1], tolerance=0.02)]
    assert described(compared(make("a", rows=before), make("b", rows=after))) == [
        ("cell", "t: Shirt, recall", "reproduced", "not_reproduced", "flipped"),
        ("claim", "t: tolerance", "0.01", "0.02", "changed"),
    ]


def test_runs_and_seeds_that_only_one_has(make):
    a = make("a", {"cnn": {0: SCORES}, "old": {0: SCORES}})
    b = make("b", {"cnn": {0: SCORES, 1: SCORES}, "new": {0: SCORES}})
    assert described(compared(a, b)) == [
        ("run", "seeds", "0", "0, 1", "changed"),
        ("run", "seeds", "", "0", "only_b"),
        ("run", "seeds", "0", "", "only_a"),
    ]


def test_failed_run_says_why(make):
    error = {"type": "MemoryError", "message": "too large", "cell": 3}
    b = make("b", {"cnn": {0: None}}, status="failed", error=error)
    (only,) = compared(make("a"), b).changes
    assert (only.name, only.b, only.note) == ("status", "failed", "MemoryError: too large")


def test_versions_machine_and_data(make):
    other = MANIFEST | {
        "packages": {"keras": "3.16.0", HOSTILE: "1"},
        "cpu": {"model": "Another", "flags": ["avx2", "sve"]},
        "datasets": {"fashion_mnist": {"train": "2" * 64}},
    }
    assert {
        (c.kind, c.name, c.change) for c in compared(make("a"), make("b", manifest=other)).changes
    } == {
        ("package", "keras", "changed"),
        ("package", "numpy", "only_a"),
        ("package", HOSTILE, "only_b"),
        ("environment", "cpu", "changed"),
        ("environment", "cpu.flags", "changed"),
        ("data", "fashion_mnist.train", "changed"),
    }


def test_unfinished_folder_is_compared_as_far_as_it_goes(make, tmp_path, project):
    found = compared(make("a"), make("b", seeds(0.95), manifest=None))
    assert {c.kind for c in found.changes} == {"metric", "verdict"}
    page = page_of(found, tmp_path, project)
    assert "B is not finished." in page and "manifest.json is missing" in page.replace("\n", " ")


def test_table_of_scores_stands_in_for_runs_that_are_gone(make):
    a, b = make("a"), make("b")
    columns = ["study", "run", "seed", "split", "metric", "value"]
    rows = [["study", run, 0, "test", m, v] for run in ("cnn", "gone") for m, v in SCORES.items()]
    for side in (a, b):
        frame = pd.DataFrame(rows, columns=columns).assign(value=lambda t: t["value"] / 3)
        artifacts.write_csv(Layout(folder.Path(side)).metrics("study"), frame)
    scores = folder.read(a, "A").scores
    assert scores["study", "cnn"]["test", "accuracy"] == {0: 0.9}
    assert scores["study", "gone"]["test", "accuracy"] == {0: 0.9 / 3}


def test_page_and_table_of_the_command(make, tmp_path, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    other = MANIFEST | {"packages": {HOSTILE: HOSTILE}, "cpu": {"model": HOSTILE, "flags": []}}
    a = make("a", rows=[claim(HOSTILE, "holds", where=HOSTILE)])
    b = make(
        "b", seeds(0.95), [claim(HOSTILE, "fails", HOSTILE)], other, settings={HOSTILE: HOSTILE}
    )
    out = tmp_path / "out"
    assert main(["compare", a, b, "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == str(out / "index.html") and len(lines) == 4
    page = (out / "index.html").read_text()
    assert "<script" not in page and "javascript:e" not in re.findall(r'href="([^"]*)"', page)
    assert "<img" not in page and 'href="changes.csv"' in page and "report.pdf" not in page
    with (out / "changes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CHANGE_COLUMNS
    assert {row["kind"] for row in rows} >= {"verdict", "metric", "setting", "package"}


def test_out_that_cannot_be_written_to(make, tmp_path, project, monkeypatch, capsys):
    monkeypatch.chdir(project)
    (tmp_path / "file").write_text("")
    assert main(["compare", make("a"), make("b"), "--out", str(tmp_path / "file")]) == 1
    assert "OUT: " in capsys.readouterr().err


def test_missing_folder_names_the_nearest(make, tmp_path, monkeypatch):
    make("results")
    monkeypatch.chdir(tmp_path)  # long paths are told in short
    with pytest.raises(RefashionError, match=r"A: .*resutls'; no such folder; .*mean '.*results'"):
        folder.read("resutls", "A")
    with pytest.raises(RefashionError, match="B: ''; no such folder; accepted: a folder"):
        folder.read("", "B")


@pytest.mark.parametrize("inside", ["..", "study", "study/cnn"])
def test_folder_without_results_names_those_around(make, tmp_path, inside, monkeypatch):
    results = folder.Path(make("results"))
    monkeypatch.chdir(results.parent.parent)
    wrong = os.path.relpath((results / inside).resolve())
    with pytest.raises(RefashionError, match=r"no results in this folder.*mean '.*results'"):
        folder.read(wrong, "A")


@pytest.mark.parametrize("text", ["{", "[]", "\x00"])
def test_broken_file_is_named(make, text):
    a = make("a")
    Layout(folder.Path(a)).manifest.write_text(text)
    with pytest.raises(RefashionError, match=r"manifest\.json: "):
        folder.read(a, "A")


def test_broken_table_of_scores_is_named(make):
    a = folder.Path(make("a"))
    (a / "study" / "metrics.csv").write_text("study,run\nx,y\n")
    with pytest.raises(RefashionError, match=r"metrics\.csv: not a table of metrics"):
        folder.read(str(a), "A")


def test_column_list_of_the_documentation_is_whole(project):
    text = (project / "docs" / "guide" / "compare-results.md").read_text()
    documented = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.M)))
    assert documented[: len(CHANGE_COLUMNS)] == list(CHANGE_COLUMNS)


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("given", [[], ["A=x"], ["B=x"]])
def test_make_says_how_it_is_called(project, given):
    done = subprocess.run(
        ["make", "-n", "compare", *given], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "usage: make compare A=<folder> B=<folder>" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_json_of_settings_is_plain(make):
    found = compared(make("a"), make("b", settings={"schedule": {"decay": 0.1}}))
    assert [json.loads(c.b) for c in found.changes] == [0.1]


def gate(capsys, *arguments):
    status = main(["check", *arguments])
    out, error = capsys.readouterr()
    return status, out, error


def test_the_gate_refuses_failed_claims_and_runs(make, capsys):
    assert gate(capsys, make("good"))[0] == 0
    bad = make("bad", rows=[claim(verdict="not_reproduced", reason="It is | far.")])
    status, out, _ = gate(capsys, bad)
    assert status == 1
    assert "✗ refashion: 1 refused" in out and "1 claims: 1 not reproduced." in out
    assert out.splitlines()[-1] == (
        r"| claims | study: accuracy |  | not reproduced | It is \| far. |"
    )
    lost = make("lost", status="failed", error={"message": "it broke"})
    assert "| runs | study/cnn, seed 0 |  | failed | it broke |" in gate(capsys, lost)[1]


def test_the_gate_refuses_what_is_worse_than_before(make, capsys):
    before = make("before", seeds(0.90, 0.91, 0.92), [claim(), claim("other", "inconclusive")])
    after = make("after", seeds(0.50, 0.51, 0.52), [claim("other", "reproduced")])
    status, out, _ = gate(capsys, after, "--against", before)
    assert status == 1
    assert "| flips | study/cnn: accuracy | reproduced |  |" in out
    assert "| metrics | study/cnn: accuracy (test) | 0.91 | 0.51 |" in out
    assert "other" not in out  # it is better than before
    assert gate(capsys, after, "--against", before, "--fail-on", "runs")[0] == 0
    assert gate(capsys, before, "--against", before)[0] == 0


def test_the_gate_refuses_what_is_gone(make, capsys):
    before = make("before", {"cnn": {0: SCORES}, "gru": {0: SCORES}})
    after = make("after", {"cnn": {0: {"accuracy": 0.9}}})
    status, out, _ = gate(capsys, after, "--against", before)
    assert status == 1
    assert "refashion: 2 refused" in out
    assert "| runs | study/gru | seeds 0 | gone | only the baseline has this run |" in out
    assert "| metrics | study/cnn: log\\_loss (test) | 0.25 | gone | only the baseline has" in out
    assert gate(capsys, before, "--against", after)[0] == 0  # more than before


def test_the_gate_tells_what_it_accepts(make, capsys):
    good = make("good")
    status, _, error = gate(capsys, good, "--fail-on", "flip")
    assert status == 1 and error.endswith("flips, metrics; did you mean 'flips'?\n")
    assert "needs a baseline" in gate(capsys, good, "--fail-on", "flips")[2]
    assert "RESULTS: 'nowhere'; no such folder" in gate(capsys, "nowhere")[2]
