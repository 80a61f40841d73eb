"""The record that is published with a report: what is in it, what is not, and reading it back."""

import hashlib
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pypdf
import pytest
import yaml
from rocrate.rocrate import ROCrate

from refashion import artifacts
from refashion.__main__ import main
from refashion.artifacts import Layout
from refashion.changes import archive, comparison, folder
from refashion.deposit import codecheck, page, publication
from refashion.deposit.badge import badge
from refashion.deposit.counts import Counts, count
from refashion.deposit.facts import gather
from refashion.deposit.page import StudyPage
from refashion.errors import ConfigError, RefashionError
from refashion.ledger.entry import Verdict
from refashion.render.site import publishing
from refashion.spec.config import load
from refashion.spec.deposit import Deposit, Experience
from refashion.spec.study import load_study
from support.project_files import OPTIONS, STUDY, changed, write
from support.sample import HOSTILE, sample
from support.sample import STUDY as NAME

ORCID = "0000-0002-1825-0097"
SOURCE = {
    "title": f"A report {HOSTILE}",
    "authors": [{"name": "Josiah Carberry", "orcid": ORCID}],
    "doi": "10.5555/12345678",
}
DEPOSIT = {
    "checkers": [{"name": "Stephen Example", "orcid": "https://orcid.org/0000-0001-8607-8025"}],
    "licence": "cc-by-4.0",
    "doi": "https://doi.org/10.5281/zenodo.3674056",
    "certificates": {NAME: "2026-001"},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory, project):
    how = {"source": SOURCE, "deposit": DEPOSIT, "statuses": {("gru", 1): "failed"}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("refashion.render.render.write_pdf", lambda *_: None)
        made = sample(tmp_path_factory.mktemp("deposit"), project, **how).render().layout
    made.report_pdf.write_bytes(b"%PDF")
    made.verdicts_csv.write_text("id\n")
    return made.results


@pytest.fixture(scope="module")
def deposit(results, tmp_path_factory):
    out = tmp_path_factory.mktemp("published") / "copy"
    publication.publish(results, out)
    return out


def entities(deposit: Path) -> dict[str, dict]:
    metadata = json.loads((deposit / publishing.METADATA).read_text())
    return {each["@id"]: each for each in metadata["@graph"]}


def references(value: object) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    return [value["@id"]] if isinstance(value, dict) and "@id" in value else []


def test_an_identifier_may_be_written_in_several_ways():
    for text in ("DOI: 10.5281/zenodo.1", "https://www.doi.org/10.5281/zenodo.1"):
        assert Deposit.model_validate({"doi": text}).doi == "10.5281/zenodo.1"
    address = codecheck.doi_address("10.1002/(SICI)1097(199806)49:8<693::AID-ASI4>3.0.CO;2-#")
    assert address.endswith("/(SICI)1097(199806)49:8%3C693::AID-ASI4%3E3.0.CO;2-%23")


# The crate


def test_every_file_is_described_with_its_checksum(deposit):
    files = {k: v for k, v in entities(deposit).items() if "File" in v["@type"]}
    for name, file in files.items():
        assert hashlib.sha256((deposit / name).read_bytes()).hexdigest() == file["sha256"]
    written = {
        path.relative_to(deposit).as_posix() for path in deposit.rglob("*") if path.is_file()
    }
    others = {name for name in written if not name.startswith("report/")}
    assert others == {*files, publishing.METADATA}
    assert len(ROCrate(deposit).data_entities) == len(files) + 1 + 4  # report and executions


def test_nothing_is_referred_to_that_is_not_there(deposit):
    found = entities(deposit)
    outside = {
        reference
        for each in found.values()
        for value in each.values()
        for reference in references(value)
        if reference not in found
    }
    assert all(re.match(r"https://(w3id|bioschemas)\.org/", each) for each in outside)


def test_executions_are_actions_that_the_workflow_starts(deposit):
    found = entities(deposit)
    engine = found["#organize"]
    controls = [found[name] for name in references(engine["object"])]
    runs = [found[name] for control in controls for name in references(control["object"])]
    assert {run["@id"] for run in runs} == {
        f"#run-{NAME}/{run}/seed-{seed}" for run in ("cnn", "gru") for seed in (0, 1)
    }
    assert {found[name]["@type"] for c in controls for name in references(c["instrument"])} == {
        "HowToStep"
    }
    failed = [run for run in runs if run["actionStatus"].endswith("FailedActionStatus")]
    assert [run["@id"] for run in failed] == [f"#run-{NAME}/gru/seed-1"]
    assert failed[0]["error"] == HOSTILE
    whole = found[engine["result"]["@id"]]
    assert whole["actionStatus"] == failed[0]["actionStatus"]
    assert whole["error"] == "1 of 4 executions gave no result"
    assert whole["endTime"] == "2026-03-02T10:31:42+00:00"
    assert whole["instrument"]["@id"] == found["./"]["mainEntity"]["@id"] == publication.WORKFLOW
    assert found["./"]["license"]["@id"] == "https://spdx.org/licenses/CC-BY-4.0"


def test_the_same_results_give_the_same_bytes_in_an_archive(results, tmp_path, capsys):
    archives = [tmp_path / "one" / "copy.zip", tmp_path / "two" / "copy.zip"]
    for out in archives:
        publication.publish(results, out)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    assert "lacks" not in capsys.readouterr().out
    other = tmp_path / "data.zip"
    with zipfile.ZipFile(other, "w") as made:  # a crate of another program
        made.writestr(f"data/{publishing.METADATA}", "{}")
        made.writestr("data/thesis.tex", "mine")
    with pytest.raises(RefashionError, match="is another file"):
        publication.publish(results, other)
    (tmp_path / "file").touch()
    with pytest.raises(RefashionError, match=r"OUT: cannot write to .*copy\.zip"):
        publication.publish(results, tmp_path / "file/copy.zip")


def test_an_earlier_deposit_is_replaced_and_nothing_else(deposit, results, tmp_path):
    out = Path(shutil.copytree(deposit, tmp_path / "copy"))
    publishing.publish(results, out)
    assert not (out / "codecheck.yml").exists()
    out = Path(shutil.copytree(deposit, tmp_path / "other"))
    (out / NAME / "thesis.tex").touch()
    with pytest.raises(RefashionError, match=r"other files \(.*thesis\.tex"):
        publishing.publish(results, out)


def test_runs_and_seeds_of_earlier_commands_are_left_behind(results, tmp_path):
    kept = Path(shutil.copytree(results, tmp_path / "results"))
    shutil.copytree(kept / NAME / "gru/seed-0", kept / NAME / "gru/seed-7")
    shutil.copytree(kept / NAME / "gru", kept / NAME / "lstm")
    made = {(each.run, each.seed) for each in gather(kept).studies[0].executions}
    assert made == {(run, seed) for run in ("cnn", "gru") for seed in (0, 1)}


def test_no_folder_of_this_machine_is_published(deposit, results):
    text = (deposit / "config.json").read_text()
    assert str(results.parent) not in text
    config = json.loads(text)
    assert config["studies"][NAME]["folder"] == NAME
    absolute = config | {"data": "/home/me/data", "results": "/home/me/results"}
    assert publication._without_places(absolute) == config


# Reading back


def test_a_deposit_is_compared_like_the_results_it_was_made_from(deposit, results, tmp_path):
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", deposit.parent, "copy"))
    original = folder.read(str(results), "A")
    for given in (deposit, packed):
        found = folder.read(str(given), "B")
        assert found.claims == original.claims and found.states == original.states
        assert found.scores == original.scores and found.manifest == original.manifest
        assert comparison.compare(original, found).changes == ()
    assert main(["compare", str(results), str(packed), "--out", str(tmp_path / "page")]) == 0


def test_an_archive_may_come_from_anywhere(tmp_path, monkeypatch):
    hostile = tmp_path / "hostile.zip"
    with zipfile.ZipFile(hostile, "w") as made:
        made.writestr("../../escaped/metrics.csv", "x")
        made.writestr("/study/run/seed-0/run.json", "x")
        made.writestr("top/thesis.tex", "x" * 100)
        made.writestr("top/manifest.json", json.dumps({"python": "3" * 10_000}))
    with archive.unpacked(hostile) as unpacked:
        assert [path.name for path in unpacked.rglob("*")] == ["manifest.json"]
    monkeypatch.setattr(archive, "MOST_BYTES", 5_000)
    with pytest.raises(RefashionError, match="more than 5,000 bytes of results"):
        folder.read(str(hostile), "A")
    hostile.write_bytes(hostile.read_bytes().replace(b"3" * 9, b"4" * 9, 1))
    with pytest.raises(RefashionError, match="a damaged archive"):
        folder.read(str(hostile), "A")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RefashionError, match=r"A: '.*'?; no results in this file"):
        folder.read(str(tmp_path / "notes.txt"), "A")


# CODECHECK, the citation, the summary


def test_codecheck_names_who_and_what(deposit):
    text = (deposit / "codecheck.yml").read_text()
    content = yaml.safe_load(text)
    assert text.startswith("%YAML 1.1\n---\nversion: https://codecheck.org.uk/spec/config/2.0/\n")
    assert content["paper"] == {
        "title": SOURCE["title"],
        "authors": [{"name": "Josiah Carberry", "ORCID": ORCID}],
        "reference": "https://doi.org/10.5555/12345678",
    }
    assert content["codechecker"] == [{"name": "Stephen Example", "ORCID": "0000-0001-8607-8025"}]
    assert (content["certificate"], content["report"]) == (
        *("2026-001", "https://doi.org/10.5281/zenodo.3674056"),
    )
    assert all((deposit / each["file"]).is_file() for each in content["manifest"])
    assert "#" not in text.partition("check_time")[2]
    assert yaml.safe_load((deposit / "CITATION.cff").read_text())["license"] == "CC-BY-4.0"


@pytest.fixture
def own(results, tmp_path):
    """Give a copy of the results that a test may change, and a function that does."""
    copied = Path(shutil.copytree(results, tmp_path / "results"))

    def change(source: dict | None = None, **deposit: object) -> Path:
        config = artifacts.read_json(Layout(copied).config)
        config["deposit"] = deposit
        config["studies"][NAME]["source"] = source or config["studies"][NAME]["source"]
        artifacts.write_json(Layout(copied).config, config)
        return copied

    return change


def test_what_nobody_has_stated_is_left_out_and_named(own, tmp_path, capsys):
    publication.publish(own({"citation": "Somebody", "note": "n"}), tmp_path / "copy")
    text = (tmp_path / "copy" / "codecheck.yml").read_text()
    content = yaml.safe_load(text)
    assert not {"codechecker", "report", "certificate"} & {*content}
    assert {*content["paper"]} == {"reference"}
    assert "#   codechecker: deposit.checkers in config.yaml\n" in text
    assert f"#   paper.authors: source.authors in study.yaml of {NAME}\n" in text
    assert "1 codecheck.yml lacks fields that CODECHECK demands" in capsys.readouterr().out
    for name in ("codecheck/certificate.pdf", "reproducibility_summary.pdf"):
        (only,) = pypdf.PdfReader(tmp_path / "copy" / name).pages
        assert "ot stated" in only.extract_text()


def test_the_summary_is_one_page_whatever_is_said(results, project, tmp_path):
    facts = gather(results)
    said = Experience(scope="word " * 99, easy="W" * 500, hard=HOSTILE, contact="word " * 99)
    claims = [
        replace(claim, verdict=Verdict.NOT_REPRODUCED, quote="quoted " * 99)
        for claim in facts.studies[0].claims * 9
    ]
    study = replace(facts.studies[0], experience=said, claims=claims)
    page.write_pdf(StudyPage(facts, study, []), page.SUMMARY, project, tmp_path / "page.pdf")
    (only,) = pypdf.PdfReader(tmp_path / "page.pdf").pages
    text = " ".join(only.extract_text().split())
    assert "Communication with original authors" in text and "more, in the ledger" in text
    assert "<script>alert(1)</script>" in text


# The badge


@pytest.mark.parametrize(
    ("counts", "text", "colours"),
    [
        (Counts(41, 0, 6, 3, 0, 0), "41 of 47 claims reproduced", 2),
        (Counts(1, 8, 2, 0, 9, 1), "1 of 11 claims reproduced, 8 inconclusive", 3),
        (Counts(0, 0, 0, 5, 2, 0), "no claims tested", 1),
        (Counts(3, 0, 1, 0, 0, 0, 2), "3 of 4 claims reproduced; 2 fitted, not counted", 2),
    ],
)
def test_badge_says_in_words_what_it_shows(counts, text, colours):
    drawn = ElementTree.fromstring(badge(counts))
    named = "{http://www.w3.org/2000/svg}"
    assert drawn.find(f"{named}title").text == f"refashion: {text}"
    bars = [each for each in drawn.iter(f"{named}rect") if each.get("y")]
    assert len(bars) == colours
    width = sum(float(each.get("width")) for each in bars)
    assert width == pytest.approx(float(drawn.get("width")) - 70, abs=0.01)
    assert "http" not in badge(counts).replace("http://www.w3.org/2000/svg", "")


def test_tables_and_statements_count_once_and_checks_not_at_all(results):
    claim = gather(results).studies[0].claims[0]
    verdicts = (Verdict.EXACT, Verdict.HOLDS, Verdict.FAILS, Verdict.NOT_RUN, Verdict.CONSISTENT)
    found = count(replace(claim, verdict=verdict) for verdict in verdicts)
    assert (found.reproduced, found.tested, found.untested, found.checks) == (2, 3, 1, 1)


def test_what_a_search_was_fitted_to_is_counted_apart(results):
    claim = replace(gather(results).studies[0].claims[0], verdict=Verdict.EXACT)
    found = count([claim, replace(claim, fitted=True), replace(claim, fitted=True)])
    assert (found.reproduced, found.tested, found.fitted) == (1, 1, 2)
    assert (
        "2 further claims are fitted, not counted: a search chose a setting by" in found.sentences
    )


# What a person states


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "checkers",
            [{"name": "A", "orcid": "0000-0002-1825-0098"}],
            "checkers[0].orcid: '0000-0002-1825-0098'; a character is wrong: after the other "
            "digits, the last one would be 7; accepted: an ORCID iD, such as 0000-0002-1825-0097",
        ),
        (
            "checkers",
            [{"name": "A", "orcid": "Ada"}],
            "checkers[0].orcid: 'Ada'; accepted: an ORCID iD, such as 0000-0002-1825-0097",
        ),
        ("doi", "zenodo.1", "doi: 'zenodo.1'; accepted: a DOI, such as 10.5281/zenodo.3674056"),
        ("licence", "CC-BY4", "licence: 'CC-BY4'; accepted: the SPDX name of one licence, such"),
        ("licence", "MIT OR 0BSD", "licence: 'MIT OR 0BSD'; accepted: the SPDX name of one"),
        ("licence", "LicenseRef-mine", "licence: 'LicenseRef-mine'; accepted: the SPDX name"),
        ("licence", "(MIT)", "licence: '(MIT)'; accepted: the SPDX name of one"),
        ("doi", "10.\u0663333/x", "doi: '10.\u0663333/x'; accepted: a DOI, such as"),
        ("repository", "mine", "repository: 'mine'; accepted: a web address, such as https://"),
        (
            "certificates",
            {"cnn_vs_gru": "26-1"},
            "certificates.cnn_vs_gru: '26-1'; accepted: the identifier of a CODECHECK certificate",
        ),
        (
            "certificates",
            {"cnn_vs_gur": "2026-001"},
            "certificates.cnn_vs_gur: unknown name; accepted: cnn_vs_gru; did you mean",
        ),
        ("checker", [], "checker: unknown key (value []); accepted: checkers, licence, doi"),
    ],
)
def test_a_mistake_in_the_deposit_is_named(key, value, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, changed(OPTIONS, "deposit", {key: value}), cnn_vs_gru=STUDY)
    with pytest.raises(ConfigError) as error:
        load()
    assert str(error.value).startswith(f"config.yaml: deposit.{message}")


def test_a_mistake_in_a_source_is_named(tmp_path):
    write(tmp_path, cnn_vs_gru=changed(STUDY, "source/doi", "10.1"))
    with pytest.raises(ConfigError, match=r"source\.doi: '10\.1'; accepted: a DOI"):
        load_study(tmp_path / "studies" / "cnn_vs_gru")


def test_results_that_are_damaged_are_named(own, tmp_path):
    with pytest.raises(RefashionError, match=r"config\.json: doi: 'nowhere'; accepted: a DOI"):
        publication.publish(own(doi="nowhere"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
