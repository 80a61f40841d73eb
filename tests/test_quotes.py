"""Quotes of made-up studies, searched in made-up sources."""

from pathlib import Path

import pytest

from refashion.__main__ import main
from refashion.spec import quotes
from refashion.spec.quotes import Quote

SOURCES = {
    "one.txt": "The network reached an accuracy of\n  0.919, and\ta loss of .243 for the test set.",
    "two.txt": "The forest remained the best performing model. It took nine minutes.",
}
STUDY = """\
claims:
  - id: accuracy
    kind: value
    quote: an accuracy of 0.919
  - id: loss
    quote: "a loss of .243"
untestable:
  - quote: "for the
      test set"
    why: "Nothing to run."
"""
TREES = """\
claims:
  - {id: time, quote: took ten minutes}
  - {id: best, quote: the best performing model}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder with both sources, in a project with one study."""
    monkeypatch.chdir(tmp_path)
    for name, text in SOURCES.items():
        (tmp_path / "texts" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "texts" / name).write_text(text)
    (tmp_path / "config.yaml").write_text("study_dirs: [studies]")
    write_study("networks", STUDY)
    return tmp_path / "texts"


def write_study(name, text):
    folder = Path("studies") / name
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(text)


def run(folder, capsys):
    status = main(["quotes", str(folder)])
    captured = capsys.readouterr()
    return status, captured.out.splitlines(), captured.err


def test_all_quotes_are_found(folder, capsys):
    status, lines, _ = run(folder, capsys)
    assert (status, lines) == (0, ["networks: 3 of 3 quotes found in one.txt"])


def test_a_missing_quote_is_told_with_the_nearest_passage(folder, capsys):
    write_study("trees", TREES)
    status, lines, _ = run(folder, capsys)
    assert status == 1
    assert lines == [
        "networks: 3 of 3 quotes found in one.txt",
        'trees: time: not found: "took ten minutes"; nearest: "took nine minutes."',
        "trees: 1 of 2 quotes found in two.txt",
    ]


@pytest.mark.parametrize(
    ("quote", "is_there"),
    [
        ("an accuracy of 0.919", True),
        ("accuracy\n of   0.919", True),
        ("An accuracy of 0.919", False),
        ("an accuracy of .919", False),
        ("accuracy of 0.91", False),
        ("curacy of 0.919", False),
        ("The network", True),
        ("for the test set.", True),
        ("accuracy 0.919", False),
        ("", False),
    ],
)
def test_only_white_space_may_differ(quote, is_there):
    text = quotes.single_blanks(SOURCES["one.txt"])
    assert quotes.is_quoted(quotes.single_blanks(quote), text) == is_there


def test_a_later_place_counts_where_the_first_is_within_a_word():
    assert quotes.is_quoted("rained", "It trained while it rained.")


def test_the_source_is_the_file_with_most_quotes():
    sources = {"a.txt": "alpha beta", "b.txt": "beta gamma delta"}
    found = quotes.match_source(
        [Quote(name, name) for name in ("beta", "gamma", "delta", "alpha")], sources
    )
    assert found == ("b.txt", [("alpha", "alpha")])


def test_a_study_without_a_source(folder, capsys):
    write_study("other", "claims:\n  - {id: nowhere, quote: not in any of them}\n")
    status, lines, _ = run(folder, capsys)
    assert status == 1
    assert lines[1:] == [
        'other: nowhere: not found: "not in any of them"',
        "other: 0 of 1 quotes found",
    ]


def test_claims_need_not_be_valid_otherwise():
    study = {
        "claims": [{"quote": 3}, "no mapping", {"id": ["a"], "quote": " two\nwords "}],
        "untestable": None,
    }
    assert list(quotes.quotes_of(study)) == [
        ("claims[0]", ""),
        ("claims[1]", ""),
        ("claims[2]", "two words"),
    ]


def test_a_claim_without_quote_is_missing(folder, capsys):
    write_study("bare", "claims:\n  - {id: no_quote, kind: value}\n")
    status, lines, _ = run(folder, capsys)
    assert status == 1
    assert 'bare: no_quote: not found: ""' in lines[0]


def test_control_characters_of_a_source_are_not_printed(folder, capsys):
    (folder / "one.txt").write_text(SOURCES["one.txt"].replace("for", "\x1b[31mfor"))
    write_study("again", STUDY.replace("for the", "for one"))
    assert "\x1b" not in "".join(run(folder, capsys)[1])


@pytest.mark.parametrize("content", [None, b"caf\xe9"])
def test_a_folder_that_cannot_be_used(folder, capsys, content):
    for path in folder.iterdir():
        path.unlink() if content is None else path.write_bytes(content)
    status, lines, error = run(folder, capsys)
    assert (status, lines) == (1, [])
    assert "accepted: " in error


def test_without_studies(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    status, _, error = run(folder, capsys)
    assert status == 1
    assert "config.yaml" in error


def test_studies_of_another_folder(folder, capsys, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "studies" / "networks").rename(tmp_path / "elsewhere" / "networks")
    status = main(["quotes", str(folder), "--study-dirs", str(tmp_path / "elsewhere")])
    assert (status, "networks: 3 of 3 quotes found" in capsys.readouterr().out) == (0, True)
