"""Files that are valid YAML, and absurd or hostile: each told in words, on one line, in no time.

The next case is a line of a table.
"""

from __future__ import annotations

import json
import os
import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from refashion.__main__ import main
from refashion.artifacts import Layout, read_csv
from refashion.datasets import fashion_mnist
from refashion.errors import ConfigError
from refashion.quantities import LONGEST_TEXT, LONGEST_TITLE, MOST_SEEDS
from refashion.render.text.cross_references import CrossReferences
from refashion.reported import Reported
from refashion.spec import fields, scaffold
from refashion.spec.config import load
from refashion.spec.fields import RESERVED_WORDS
from support.project_files import CLAIM, OPTIONS, SETTINGS, STUDY, STUDY_FILE, changed, write

# What never ends fails here; how long it takes is not asked.
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a project with one study."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, cnn_vs_gru=STUDY)
    return tmp_path


def failure(**overrides: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(overrides=overrides)
    return str(caught.value)


CNN = "runs/cnn/"
SETTING = "runs/cnn/settings/"
TABLE = {
    **{key: CLAIM[key] for key in ("id", "where", "quote", "run")},
    **{"kind": "table", "table": "classification_report", "split": "test", "tolerance": 0.01},
    **{"columns": ["precision"], "rows": {"Bag": "0.9"}},
}
HISTORY = {key: value for key, value in TABLE.items() if key != "split"} | {
    "table": "history",
    "columns": ["loss"],
    "rows": {"1": "0.9"},
}
CURVE = {
    **{key: CLAIM[key] for key in ("id", "where", "quote", "run")},
    **{"kind": "curve", "property": "close_together"},
    "settings": {"column": "loss", "within": 0.1},
}
CHECK = {
    **{key: CLAIM[key] for key in ("id", "where", "quote")},
    **{"kind": "consistency", "check": "product", "numbers": {"factors": ["2"], "result": "2"}},
}

# What stands in the study -> what is said of it.
ABSURD = [
    # Texts
    ("title", "x" * 900_000, "title: 'xxx", "900,000 characters; accepted: at most 10,000"),
    (
        "title",
        "x" * (LONGEST_TITLE + 1),
        "title: 'xxx",
        "text, not empty, at most 1,000 characters",
    ),
    (
        "title",
        "\u200b\u200d\u2060\ufeff",
        "title: ",
        "it has only invisible characters; accepted: visible text",
    ),
    (
        "title",
        "\u3164\u115f\u2800",
        "title: ",
        "it has only invisible characters; accepted: visible text",
    ),
    (
        "title",
        "\u0301\ufe0f\u034f",
        "title: ",
        "it has only invisible characters; accepted: visible text",
    ),
    ("title", "\u00a0\u2003", "title: ", "accepted: text, not empty"),
    ("title", "a\x07b", "title: ", r"control character '\x07'; accepted: visible text"),
    ("title", "a\u202egpj.exe", "title: ", r"control character '\u202e'; accepted: visible text"),
    ("title", "a\u2067b\u2069", "title: ", r"control character '\u2067'; accepted: visible text"),
    ("title", "a\u2028b", "title: ", r"control character '\u2028'; accepted: visible text"),
    ("title", "a\ud800b", "line 1: not valid YAML", "invalid Unicode character escape code"),
    ("title", "a\uffffb", "title: ", r"control character '\uffff'; accepted: visible text"),
    ("source/citation", "\u200b", "source.citation: ", "it has only invisible characters"),
    (
        "source/note",
        "x" * (LONGEST_TEXT + 1),
        "source.note: ",
        "10,001 characters; accepted: at most",
    ),
    ("assumes/split", "\u200b", "assumes.split: ", "it has only invisible characters"),
    (CNN + "title", "\u2063", "runs.cnn.title: ", "it has only invisible characters"),
    (
        CNN + "assumes/filters",
        "\u200b",
        "runs.cnn.assumes.filters: ",
        "it has only invisible characters",
    ),
    (
        "claims/0/quote",
        "\u200b",
        "claims[cnn_accuracy].quote: ",
        "it has only invisible characters",
    ),
    ("claims/0/where", "\u202d", "claims[0].where: ", "control character"),
    (
        "untestable",
        [{"where": "1", "quote": "q", "why": "\u200b"}],
        "untestable[0].why: ",
        "visible",
    ),
    (
        "k" * 300,
        1,
        "'kkk",
        "not a valid key; accepted: at most 200 characters, no control characters",
    ),
    (
        "k\u202e",
        1,
        "'k",
        "not a valid key; accepted: at most 200 characters, no control characters",
    ),
    # Other types
    ("claims/0/kind", [], "claims[cnn_accuracy].kind: []", "accepted: value, table"),
    ("claims/0/kind", {"a": 1}, "claims[cnn_accuracy].kind: {", "accepted: value, table"),
    ("claims/0/id", [[]], "claims[0].id: [[]]", "accepted: text (a name"),
    ("dataset", [], "dataset: []", "accepted: text"),
    (CNN + "model", {}, "runs.cnn.model: {}", "accepted: text"),
    ("runs/cnn_5_epochs/like", [], "runs.cnn_5_epochs.like: []", "accepted: text"),
    ("split/classes", {"0": 1}, "split.classes: {", "accepted: a list of text"),
    # Whole numbers
    (SETTING + "epochs", 10**18 - 1, "runs.cnn.settings.epochs: 9", "from 1 to 1,000,000"),
    (SETTING + "epochs", 10**18, "runs.cnn.settings.epochs: '1", "number too large"),
    (SETTING + "batch_size", 10**17, "runs.cnn.settings.batch_size: 1", "from 1 to 1,000,000"),
    (SETTING + "kernel_size", 10**6, "runs.cnn.settings.kernel_size: 1", "from 1 to 1,000"),
    (SETTING + "pool_size/0", 10**6, "runs.cnn.settings.pool_size[0]: 1", "from 0 to 1,000"),
    (SETTING + "filters/0", 10**17, "runs.cnn.settings.filters[0]: 1", "from 1 to 100,000"),
    (SETTING + "units/0", 10**17, "runs.cnn.settings.units[0]: 1", "from 1 to 100,000"),
    (SETTING + "units", [1] * 100_000, "runs.cnn.settings.units: 100,000 entries", "10,000"),
    (SETTING + "units", [1] * 1_001, "runs.cnn.settings.units: [1, 1", "at most 1,000"),
    (SETTING + "filters", [1] * 1_001, "runs.cnn.settings.filters: [1, 1", "at most 1,000"),
    (
        SETTING + "schedule/constant_epochs",
        10**17,
        "runs.cnn.settings.schedule.constant_epochs: 1",
        "a whole number from 0 to 1,000,000",
    ),
    (
        SETTING + "early_stopping",
        {"patience": 10**17, "restore_best_weights": True},
        "runs.cnn.settings.early_stopping.patience: 1",
        "a whole number from 0 to 1,000,000",
    ),
    ("split/validation", {"first": 10**17}, "split.validation.first: 1", "from 1 to 1,000,000,000"),
    # Numbers
    (CNN + "minutes", 1e300, "runs.cnn.minutes: 1e+300", "a number > 0 and <= 1,000,000"),
    (SETTING + "learning_rate", 1e308, "runs.cnn.settings.learning_rate: 1", "1e-15 to 1e+15"),
    (SETTING + "learning_rate", -0.0, "runs.cnn.settings.learning_rate: -0", "1e-15 to 1e+15"),
    (SETTING + "l2", 1e308, "runs.cnn.settings.l2: 1e+308", "a number from 0 to 1e+15"),
    (SETTING + "l2", ".inf", "runs.cnn.settings.l2: '.inf'", "a number from 0 to 1e+15"),
    ("preprocess/divide_by", 1e-320, "preprocess.divide_by: 1e-320", "1e-15 to 1e+15"),
    ("preprocess/divide_by", 1e308, "preprocess.divide_by: 1e+308", "1e-15 to 1e+15"),
    ("claims/0/tolerance", 1e308, "claims[cnn_accuracy].tolerance: 1e+308", "1e-15 to 1e+15"),
    ("claims/0/tolerance", ".inf", "claims[cnn_accuracy].tolerance: '.inf'", "1e-15 to 1e+15"),
    ("claims/0/tolerance", "Infinity", "claims[cnn_accuracy].tolerance: 'Inf", "1e-15 to 1e+15"),
    ("claims/0/tolerance", -0.0, "claims[cnn_accuracy].tolerance: -0.0", "1e-15 to 1e+15"),
    # Printed numbers
    *(
        ("claims/0/reported", text, "claims[cnn_accuracy].reported: ", "accepted: text (a number")
        for text in (
            *("1e999999", "0." + "9" * 9_000, "9" * 21, "\u0660.\u0669", "\uff10.9", "1_0", "inf"),
            *(
                "0x1p3",
                "1,5,5",
                "--1",
                "1e+",
                "0.9 0.8",
                "\u2212\u22120.5",
                "1e100%",
                "Infinity",
                "snan",
            ),
        )
    ),
    *(
        (
            "claims",
            [TABLE | {"rows": {"Bag": text}}],
            "claims[cnn_accuracy].rows.Bag: ",
            "is not a nu",
        )
        for text in ("1e999999", "1e9999999999", "\u0660.\u0669", "1_0", "inf", "snan", "0." * 9)
    ),
    # Long lists
    ("claims", [CLAIM] * 4_000, "claims[cnn_accuracy].id: ", "used twice; accepted: a unique id"),
    (
        "claims",
        [TABLE | {"columns": ["precision"] * 10_001}],
        "claims[0].columns: 10,001 entries",
        "accepted: at most 10,000",
    ),
    (
        "claims",
        [TABLE | {"columns": ["precision"] * 1_001}],
        "claims[cnn_accuracy].columns: [",
        "at most 1,000",
    ),
    (
        "claims",
        [TABLE | {"columns": ["precision"] * 999, "rows": {f"r{n}": "-" for n in range(99)}}],
        "claims[cnn_accuracy].rows: 999 columns of 99 rows",
        "accepted: at most 10,000 cells in total",
    ),
    (
        "claims",
        [CHECK | {"numbers": {"factors": ["9" * 18] * 101, "result": "2"}}],
        "claims[cnn_accuracy].numbers.factors: [",
        "at most 100",
    ),
    (
        "claims",
        [CHECK | {"check": "grim", "numbers": {"proportion": "1e99%", "examples": "1000"}}],
        "claims[cnn_accuracy].numbers: ",
        "too large or too small to calculate with; accepted: numbers of a report",
    ),
    # Epochs of a table
    *(
        ("claims", [HISTORY | {"rows": {row: "1"}}], "claims[cnn_accuracy].rows.", "not an epoch")
        for row in ("0", "\u0663", "-1", "1.5", "9" * 30, "x")
    ),
    ("claims/0/id", "nan", "claims[nan].id: 'nan'", "other programs read it"),
    # A run of that name
    *(
        ("runs", {**STUDY["runs"], name: STUDY["runs"]["cnn"]}, f"runs.{name}: ", "other programs")
        for name in RESERVED_WORDS
        if name not in ("true", "false", "null")  # as keys they are none in YAML
    ),
]


def shortened(value: object) -> str:
    return str(value)[:20]


@pytest.mark.parametrize(("key", "value", "start", "end"), ABSURD, ids=shortened)
def test_an_absurd_study_is_told_in_words(key: str, value: Any, start: str, end: str) -> None:
    write(Path(), cnn_vs_gru=as_json(changed(STUDY, key, value)))
    lines = failure().splitlines()
    line = next(line for line in lines if start in line)
    assert line.startswith(f"{STUDY_FILE}: ") and end in line
    # What stands beside it may be told as well, such as a schedule of a run that is no more.
    assert len(lines) <= 51 and max(map(len, lines)) < 500
    assert "".join(lines).isprintable()


def as_json(content: Any) -> str:
    """JSON is YAML, and its escapes let through every letter."""
    return json.dumps(content)


@pytest.mark.parametrize(
    ("key", "value", "start", "end"),
    [
        ("seeds", 10**9, "seeds: 1000000000", f"from 1 to {MOST_SEEDS:,}"),
        ("seeds", {"headline": 10**9}, "seeds.headline: 1000000000", f"from 1 to {MOST_SEEDS:,}"),
        ("limits/minutes", 1e300, "limits.minutes: 1e+300", "> 0 and <= 1,000,000"),
        ("limits/epochs", 10**17, "limits.epochs: 1", "a whole number from 1 to 1,000,000"),
        ("threads", 10**9, "threads: 1000000000", "a whole number from 1 to 64"),
        ("seed_sd_prior", 1e308, "seed_sd_prior: 1e+308", "a number from 1e-15 to 1e+15"),
        ("studies", ["x"] * 100_000, "studies: 100,000 entries", "at most 10,000"),
        ("groups", ["headline"] * 20_000, "groups: 20,000 entries", "at most 10,000"),
        ("data_dirs", ["a\0b"], "data_dirs[0]: control character", "accepted: visible text"),
    ],
    ids=shortened,
)
def test_an_absurd_option_is_told_in_words(key: str, value: Any, start: str, end: str) -> None:
    (Path() / "config.yaml").write_text(as_json(changed(OPTIONS, key, value)))
    (line,) = failure().splitlines()
    assert start in line and end in line and len(line) < 500


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.5, "\udcff", "a" * 10**6, None])
def test_what_snakemake_makes_of_a_study_is_told(value: Any) -> None:
    (line,) = failure(studies=value).splitlines()
    assert line.startswith("--config: studies: ") and "accepted: " in line and line.isprintable()
    assert len(line) < 500


LARGE = {"label": "7", "classes": "999999999999999999"}
CHECKS = {
    "one_hot": {"vector": "[0 1]", **LARGE},
    "product": {"factors": ["9" * 18] * 100, "result": "1"},
    "grim": {"proportion": "0.5", "examples": "9" * 18},
    "steps": {"steps": "9" * 18, "examples": "9" * 18, "batch_size": "1"},
    "counts_add_up": {"parts": ["9" * 18] * 10_000, "total": "1"},
}


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_of_huge_numbers_takes_neither_time_nor_memory(check: str) -> None:
    claim = CHECK | {"check": check, "numbers": CHECKS[check]}
    write(Path(), cnn_vs_gru=as_json(changed(STUDY, "claims", [claim])))
    tracemalloc.start()
    load()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_many_mistakes_are_told_in_a_few_lines() -> None:
    claims = [CLAIM | {"id": f"claim_{n}", "run": f"run_{n}"} for n in range(4_000)]
    write(Path(), cnn_vs_gru=as_json(changed(STUDY, "claims", claims)))
    lines = failure().splitlines()
    assert len(lines) == 51
    assert lines[-1].startswith(f"{STUDY_FILE}: problems: ") and "more" in lines[-1]


def test_many_runs_are_told_of_in_a_short_line() -> None:
    like = {"like": "cnn", "title": "x"}
    runs = {"cnn": STUDY["runs"]["cnn"], **{f"run_{n}": like for n in range(9_000)}}
    study = changed(changed(STUDY, "runs", runs), "claims/0/run", "run_xyz")
    write(Path(), cnn_vs_gru=as_json(study))
    (line,) = failure().splitlines()
    assert "claims[cnn_accuracy].run: 'run_xyz'; accepted: cnn, run_0" in line
    assert "and 8,901 more; did you mean" in line


@pytest.mark.parametrize(
    "text",
    [
        "a \u05e9\u05dc\u05d5\u05dd b\u200f",
        "\u4e09\u7a2e\u306e\u9774",
        "\U0001f45f",
        "x" * 1_000,
        ".",
    ],
)
def test_ordinary_titles_of_all_scripts_are_accepted(text: str) -> None:
    write(Path(), cnn_vs_gru=json.dumps(changed(STUDY, "title", text), ensure_ascii=False))
    assert load().studies["cnn_vs_gru"].title == text


# ---- names that are numbers

DIGITS = [*"0123456789"]
WITH_DIGITS = {
    **STUDY,
    "split": {"classes": [3, 0, 8], "test": "given", "validation": {"fraction": 0.2}},
    "claims": [
        CLAIM | {"id": "one", "class": 3, "metric": "recall"},
        TABLE | {"id": "report", "columns": ["recall"], "rows": {"3": "0.9", "macro avg": "0.9"}},
        TABLE
        | {"id": "matrix", "table": "confusion_matrix", "columns": [3, 0], "rows": {"8": "1 2"}},
        {
            **{"id": "pair", "where": "1", "quote": "q", "kind": "extreme", "run": "cnn"},
            **{"metric": "confusion", "classes": [0, 8], "split": "test", "extreme": "highest"},
        },
        {
            **{"id": "worst", "where": "1", "quote": "q", "kind": "extreme", "run": "cnn"},
            **{"metric": "recall", "class": 8, "split": "test", "extreme": "lowest"},
        },
    ],
}


@pytest.fixture
def digits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "CLASSES", DIGITS)


@pytest.mark.usefixtures("digits")
def test_classes_may_be_called_by_numbers_wherever_they_stand() -> None:
    # The keys as a person writes them, without quotes.
    text = as_json(WITH_DIGITS).replace('"8":', "8:").replace('{"3":', "{3:")
    assert text.count("8:") == 1 and text.count("{3:") == 1
    write(Path(), cnn_vs_gru=text)
    study = load().studies["cnn_vs_gru"]
    assert study.classes == ["3", "0", "8"]
    one, report, matrix, pair, worst = study.claims
    assert (one.of_class, worst.of_class, pair.classes) == ("3", "8", ("0", "8"))
    assert [*report.rows] == ["3", "macro avg"]
    assert (matrix.columns, [*matrix.rows]) == (("3", "0"), ["8"])


@pytest.mark.usefixtures("digits")
@pytest.mark.parametrize(
    ("classes", "told"),
    [
        ([3, 0, 10], "split.classes[2]: 10; accepted: 0, 1, 2"),
        ([3, "3"], "split.classes[1]: '3'; named twice"),
        ([3, 3.5], "split.classes[1]: 3.5; accepted: text"),
        ([True, 0], "split.classes[0]: true; accepted: text"),
        (3, "split.classes: 3; accepted: a list of text"),
    ],
)
def test_one_mistake_in_the_classes_is_one_line(classes: Any, told: str) -> None:
    split = WITH_DIGITS["split"] | {"classes": classes}
    claims = [] if classes == [3, "3"] else WITH_DIGITS["claims"]
    write(Path(), cnn_vs_gru=as_json(WITH_DIGITS | {"split": split, "claims": claims}))
    (line,) = failure().splitlines()
    assert line.startswith(f"{STUDY_FILE}: {told}")


def test_names_in_tables_are_read_as_names(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("class,recall\nNA,0.5\nnull,\n1,NaN\ntrue,1\n")
    read = read_csv(path, "class", "not there")
    assert read["class"].tolist() == ["NA", "null", "1", "true"]
    assert read["recall"].isna().tolist() == [False, True, True, False]


# ---- names


def test_figures_of_many_runs_have_names_that_a_file_may_have(tmp_path: Path) -> None:
    references = CrossReferences(Layout(tmp_path))
    runs = [f"{letter * 63}{n}" for n, letter in enumerate("abcd")]
    for anchor in ("_".join(["study-history", *runs]), "_".join(["study-history", *runs[::-1]])):
        references.figure(anchor, Plot(), "caption", "alt")
    names = [path.name for path in references.files]
    assert len({*names}) == 2 and max(map(len, names)) < 200
    assert all(path.exists() for path in references.files)
    references.figure("study-history_a", Plot(), "caption", "alt")
    assert tmp_path / "report/figures/study-history_a.svg" in references.files


def empty() -> Figure:
    return Figure((1, 1))


class Plot:
    """What `functools.partial` gives, of an empty figure."""

    func, args, keywords = staticmethod(empty), (), {}

    def __call__(self) -> Figure:
        return empty()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *((name, "other programs read it as a number") for name in RESERVED_WORDS),
        *(
            (name, "its end repeats twenty times")
            for name in ("s" * 64, "a_" + "xy" * 20, "a" * 20)
        ),
    ],
)
def test_a_study_of_such_a_name_is_refused_with_the_reason(name: str, why: str) -> None:
    shutil.move("studies/cnn_vs_gru", f"studies/{name}")
    (line,) = failure().splitlines()
    assert f"the study folder '{name}': {why}" in line
    with pytest.raises(ConfigError, match=why):
        scaffold.create(name)
    runs = {**STUDY["runs"], f"{name}": STUDY["runs"]["cnn"]}
    write(Path(), cnn_vs_gru=as_json(changed(STUDY, "runs", runs)))
    lines = failure(studies="cnn_vs_gru")
    assert name in ("true", "false", "null") or f"runs.{name}: not a valid name; {why}" in lines


def test_the_names_that_snakemake_refuses_are_known() -> None:
    """It says so when it plans, where a study can no longer be told by its file."""
    snakemake = pytest.importorskip("snakemake.io").PeriodicityDetector()
    for name in ("s" * 19, "s" * 20, "a" + "xyz" * 20, "xyz" * 20 + "a", "abcd" * 16, "a_1" * 21):
        assert bool(snakemake.is_periodic(name)) == bool(fields.why_invalid(name)), name


@pytest.mark.parametrize(
    "text", ["1e999999", "0." + "9" * 99, "\u0660.\u0669", "1_0", "inf", "", " ", "1e9999999999"]
)
def test_a_number_that_no_report_prints_is_no_error_of_the_program(text: str) -> None:
    with pytest.raises(ValueError, match="is not a number as a report would print it"):
        Reported.parse(text)


# ---- files


@pytest.mark.parametrize("file", ["config.yaml", STUDY_FILE])
def test_a_file_that_is_a_pipe_is_told_at_once(file: str) -> None:
    Path(file).unlink()
    os.mkfifo(file)
    assert failure() == f"{file}: is a pipe, not a regular file"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (os.mkfifo, "is a pipe, not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a regular file"),
        (
            lambda path: path.open("wb").truncate(2**41),
            "larger than the limit of 200,000,000 bytes",
        ),
    ],
)
def test_a_source_that_is_no_file_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture, make: Any, told: str
) -> None:
    (tmp_path / "texts").mkdir()
    make(tmp_path / "texts/a.txt")
    assert main(["quotes", str(tmp_path / "texts")]) == 1
    assert told in capsys.readouterr().err


def test_settings_of_the_study_above_are_those_of_its_model() -> None:
    """Lest a limit be tested on a setting that is refused for another reason."""
    assert load().studies["cnn_vs_gru"].runs["cnn"].settings.keys() == SETTINGS.keys()
