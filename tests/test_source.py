"""The document of a study's source: its audit in the ledger, its pages, and the coverage of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import typst
import yaml

from refashion import artifacts
from refashion.__main__ import main
from refashion.audit.record import source_record
from refashion.documents.document import Document, TextLine, Unit
from refashion.documents.quotes import Passages
from refashion.errors import ConfigError
from refashion.ledger import rows
from refashion.render.site.publishing import linked_files
from refashion.spec.study import load_study
from support.page_text import text_of
from support.sample import CHECKS, EMPTY, STUDY, Sample, sample

EXAMPLE = Path(__file__).parent / "examples/iris/study.yaml"
REPORT = """\
The test set has 200 images.

The network reached an accuracy of 0.915 on the test set. It incorrectly classified 18 images and
correctly classified 182 images.

The forest has an accuracy of 0.870 on the test set. The tree has an accuracy of 0.630 on the test
set.
"""
FOUND = {"accuracy": "0.915", "errors": "18", "examples": "200"}


@pytest.fixture
def study(tmp_path):
    """Give a function that writes a study beside its source, and returns its folder."""

    def make(*claims: dict, text: str = REPORT, name: str = "report.md", **source: object) -> Path:
        content = yaml.safe_load(EXAMPLE.read_text())
        content["source"] |= {"file": name} | source
        del content["recover"]  # it is about other claims
        usual = {"where": "Text", "kind": "value", "run": "knn", "metric": "accuracy"}
        content["claims"] = [usual | {"split": "test", "tolerance": 0.01} | c for c in claims]
        folder = tmp_path / "iris"
        folder.mkdir()
        (folder / "iris.csv").write_bytes((EXAMPLE.parent / "iris.csv").read_bytes())
        (folder / "study.yaml").write_text(yaml.safe_dump(content))
        (folder / "report.md").write_text(text)
        return folder

    return make


def value(name: str, quote: str, reported: str) -> dict:
    return {"id": name, "quote": quote, "reported": reported}


# The study file


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"name": "paper.pdf"}, "source.file: 'paper.pdf'; no such file in "),
        ({"name": "../iris.csv"}, "source.file: '../iris.csv'; accepted: the name of a file below"),
        ({"name": None, "show": True}, "source.show: true; there is no file to show"),
    ],
)
def test_a_source_that_is_not_there_is_named_before_anything_runs(study, source, message):
    with pytest.raises(ConfigError) as error:
        load_study(study(**source))
    assert message in str(error.value)


def test_a_source_may_stand_in_the_folder_of_the_users_data(study, tmp_path):
    folder = study()
    (tmp_path / "mine").mkdir()
    (folder / "report.md").rename(tmp_path / "mine/report.md")
    loaded = load_study(folder, data_dirs=[tmp_path / "mine"])
    assert loaded.document([tmp_path / "mine"]) == tmp_path / "mine/report.md"


# Places of quotes


def test_a_quote_is_found_across_lines_and_parted_words():
    texts = ["The net-", "work has an  accuracy", "of 0.9. A well-", "known fact."]
    lines = [TextLine(number, text, part=number) for number, text in enumerate(texts, 1)]
    passages = Passages.of(Document("a.pdf", Unit.PAGE, 4, lines, page_sizes=[(1, 1)] * 4))
    found = {q: passages.find(q) for q in ("network has an accuracy of 0.9", "well-known", "net")}
    numbers = {quote: [[line.number for line in one] for one in f] for quote, f in found.items()}
    assert numbers == {
        "network has an accuracy of 0.9": [[1, 2, 3]],
        "well-known": [[3, 4]],
        "net": [[1]],
    }


# Coverage


def test_numbers_that_no_claim_states_are_listed_with_their_places(study, capsys, tmp_path):
    folder = study(
        value("network", "network reached an accuracy of 0.915", "0.915"),
        value("forest", "The forest has an accuracy of 0.870", "0.870"),
    )
    assert main(["audit", str(folder), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    coverage = json.loads((tmp_path / "out/audit.json").read_text())["coverage"]
    missing = {number["value"] for number in coverage["missing"]}
    assert "0.630" in missing and not {"0.915", "0.870"} & missing
    assert coverage["covered"] == coverage["numbers"] - len(coverage["missing"]) >= 2
    share = re.search(r"iris: (\d+) of (\d+) numbers \(\d+ %\) are claimed or named", told)
    assert share is not None
    assert [int(n) for n in share.groups()] == [coverage["covered"], coverage["numbers"]]
    assert "0.630" in told.partition("no claim states")[2]


def test_a_number_elsewhere_is_not_covered_by_its_value(study, capsys, tmp_path):
    text = REPORT.replace("0.630", "0.870")
    folder = study(value("forest", "The forest has an accuracy of 0.870", "0.870"), text=text)
    # One line a sentence, because Markdown keeps the lines that it has.
    (folder / "report.md").write_text(text.replace("\n", " ").replace(". ", ".\n\n"))
    assert main(["audit", str(folder), "--out", str(tmp_path / "out")]) == 0
    coverage = json.loads((tmp_path / "out/audit.json").read_text())["coverage"]
    assert [n["line"] for n in coverage["missing"] if n["value"] == "0.870"] == [9]


def test_untestable_statements_cover_their_numbers(study, tmp_path):
    folder = study()
    content = yaml.safe_load((folder / "study.yaml").read_text())
    quote = "The tree has an accuracy of 0.630 on the test set."
    content["untestable"] = [{"where": "End", "quote": quote, "why": "There is no tree."}]
    (folder / "study.yaml").write_text(yaml.safe_dump(content))
    assert main(["audit", str(folder), "--out", str(tmp_path / "out")]) == 0
    coverage = json.loads((tmp_path / "out/audit.json").read_text())["coverage"]
    missing = {number["value"] for number in coverage["missing"]}
    assert "0.630" not in missing and "0.870" in missing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report.md", "--source", "other.md"], "no study; accepted: --source with the name"),
        (["{folder}"], "source.file: missing; accepted: the report as a document"),
    ],
)
def test_a_study_without_a_source_is_named(study, arguments, message, capsys, monkeypatch):
    folder = study(name=None)
    monkeypatch.chdir(folder)
    assert main(["audit", *(a.format(folder=folder) for a in arguments)]) == 2
    assert message in capsys.readouterr().err


# The ledger and the report


@pytest.fixture
def quick(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch):
    """Render a sample with a source to HTML alone, with empty figures."""
    monkeypatch.setattr("refashion.render.render.write_pdf", lambda *_: None)
    monkeypatch.setattr("refashion.figures.style.to_svg", lambda figure: plt.close(figure) or EMPTY)

    def make(content: bytes, name: str, checks: tuple = CHECKS, **source: object) -> Sample:
        monkeypatch.setattr(Sample, "make", _with_file(Sample.make, name, content))
        made = sample(tmp_path, project, checks=checks, source={"file": name} | source)
        return made.render()

    return make


def _with_file(make, name, content):
    def write_and_make(self: Sample) -> Sample:
        (self.root / "studies" / STUDY / name).write_bytes(content)
        return make(self)

    return write_and_make


def by_id(made: Sample) -> dict[str, dict]:
    return {row["id"]: row for row in json.loads(made.layout.verdicts_json.read_text())}


def test_what_the_audit_finds_stands_in_the_ledger_as_found_by_it(quick):
    made = quick(REPORT.encode(), "report.md")
    [row] = [row for row in by_id(made).values() if row.get("found_by") == "audit"]
    assert row["id"] == "audit_errors_match_accuracy_line_3"
    assert (row["kind"], row["verdict"]) == ("consistency", "inconsistent")
    assert "18" in row["reason"] and "0.915" in row["quote"] and row["where"].startswith("line 3")
    claims = [row for name, row in by_id(made).items() if not name.startswith("audit")]
    assert claims and not any("found_by" in row for row in claims)
    [entry] = [
        entry
        for entry in rows.read(made.layout.study_verdicts(STUDY), made.config)
        if entry.claim.id == row["id"]
    ]
    assert entry.claim.numbers == row["numbers"] and not entry.claim.found().agrees
    assert "found by the audit" in made.text
    assert re.search(r"audit of the source \(report\.md\) read \d+ numbers and made", made.text)
    assert re.search(r"Of its results, \d+ of \d+ numbers \(\d+ %\) are claimed", made.text)
    assert "found by the audit" in text_of((made.layout.report / "ledger.html").read_text())


@pytest.mark.parametrize(
    ("quote", "numbers"),
    [
        ("words of the study", FOUND),
        ("incorrectly classified 18 images", FOUND | {"errors": "20"}),
    ],
)
def test_what_a_claim_states_is_not_found_again(quick, quote, numbers):
    stated = {"id": "mine", "where": "Text", "quote": quote, "kind": "consistency"}
    stated |= {"check": "errors_match_accuracy", "numbers": numbers}
    made = quick(REPORT.encode(), "report.md", (stated,))
    assert by_id(made)["mine"]["verdict"] == "inconsistent"
    assert not [name for name in by_id(made) if name.startswith("audit")]


def test_a_source_that_cannot_be_read_costs_no_report(quick):
    made = quick(b"%PDF-1.7 broken", "report.pdf", show=True)
    row = by_id(made)["audit"]
    assert (row["kind"], row["verdict"]) == ("consistency", "not_run")
    assert row["reason"].startswith("The source was not audited: report.pdf: ")
    assert str(made.root) not in row["reason"]
    assert made.text.count("The source was not audited: report.pdf") >= 2  # notice and entry
    assert not list(made.layout.report.rglob("*.png"))


def pdf(text: str) -> bytes:
    return typst.compile(text.encode())


def test_pages_of_the_source_stand_beside_claims_where_its_licence_allows(quick):
    quotes = [check["quote"] for check in CHECKS[:2]]
    source = pdf(f"{REPORT}\n#pagebreak()\n{quotes[0]}\n#pagebreak()\nHere are {quotes[1]}.")
    made = quick(source, "report.pdf", show=True)
    chapter = made.layout.report / "studies" / f"{STUDY}.html"
    html = chapter.read_text()
    assert "Part clash, page 2" in text_of(html) and "Part reading, page 3" in text_of(html)
    shown = re.findall(r'<img src="\.\./(sources/[^"]*page-(\d)-[0-9a-f]{8}\.png)"[^>]*>', html)
    assert {page for _, page in shown} == {"1", "2", "3"}
    for path, _ in shown:
        assert (made.layout.report / path).read_bytes().startswith(b"\x89PNG")
        assert made.layout.report / path in linked_files(made.layout.report_html)
    # The quote of the first page is near its upper end, in a low part of it with full width.
    styles = dict(re.findall(r'page-(\d)[^"]*" alt="Page[^"]*"[^>]* style="([^"]*)"', html))
    width, height, _, above = map(int, re.findall(r"\d+", styles["2"])[:4])
    assert width == 595 and 60 < height < 150 and above < 10


def test_pages_are_only_numbered_unless_they_may_be_copied(quick):
    source = pdf(f"{REPORT}\n#pagebreak()\n{CHECKS[0]['quote']}")
    made = quick(source, "report.pdf")
    assert "Part clash, page 2" in made.text
    assert not (made.layout.report / "sources").exists()
    assert "<image " not in made.html


def test_the_audit_of_a_source_is_that_of_its_document(tmp_path):
    (tmp_path / "report.md").write_text(REPORT)
    found = source_record(tmp_path / "report.md")
    assert main(["audit", str(tmp_path / "report.md"), "--out", str(tmp_path)]) == 0
    other = artifacts.read_json(tmp_path / "audit.json")
    assert {**found, "seconds": 0} == {**other, "seconds": 0}
