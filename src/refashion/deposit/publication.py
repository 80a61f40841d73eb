"""Publish a report with the record of its check: a folder, or an archive, to deposit.

The record is read by people (certificate, summary, badge) and by programs (an RO-Crate, CODECHECK,
a citation). Nothing in it is invented: what nobody has stated is left out, or said to be so.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from refashion import artifacts, sources
from refashion.artifacts import Layout
from refashion.deposit import codecheck, crate, page
from refashion.deposit.badge import badge
from refashion.deposit.citation import citation_cff
from refashion.deposit.facts import CheckedStudy, Facts, gather
from refashion.deposit.page import StudyPage
from refashion.errors import RefashionError
from refashion.execution import environment
from refashion.render.site import publishing
from refashion.wording import counted

WORKFLOW = "workflow/Snakefile"
# The oldest date that an archive can hold.
FIRST_YEAR = 1980

# The files of a whole deposit that are not about one study.
OF_ALL = {
    "README.md": "What is in this deposit.",
    "CITATION.cff": "How to cite this deposit, and the reports that it is about.",
    "badge.svg": "How many claims are reproduced, as a badge.",
    "verdicts.csv": "The ledger: every claim with its re-created value and its verdict.",
    "verdicts.json": "The ledger, with the cells of tables.",
    "manifest.json": "Code, data, packages, machine and command of the results.",
    "config.json": "The whole configuration: studies, runs, settings and claims.",
}
README = """\
# {title}

{sentences}

| | |
|---|---|
| `report/index.html`, `report/report.pdf` | the report: every claim beside its re-created value |
| `verdicts.csv`, `verdicts.json` | the ledger of all claims |
| `<study>/<run>/seed-<n>/` | settings, scores and training log of each execution |
| `config.json` | the studies as they were read: runs, settings, assumptions and claims |
| `codecheck.yml`, `codecheck/certificate.pdf` | the check as CODECHECK describes it |
| `reproducibility_summary.pdf` | one page: scope, method, results, what was easy and hard |
| `manifest.json`, `environment/`, `workflow/` | code, packages, data and machine |
| `ro-crate-metadata.json` | all of this for programs (Workflow Run RO-Crate) |

If there are several studies, the files about one of them are in its folder `<study>/`. `refashion
compare` reads this deposit, as a folder or an archive, like a results folder.
"""


def publish(results: Path, out: Path) -> None:
    """Copy the report into a folder or an archive, and add the record of the check.

    Parameters
    ----------
    results
        Results folder with a report.
    out
        Folder of the copy, see `publishing.publish`; or a file whose name ends in `.zip`, which may
        be an earlier copy.

    Raises
    ------
    RefashionError
        If there is no report, if the results are damaged, or if `out` is something else or cannot
        be written to.
    """
    facts = gather(results)
    add_record = partial(_add_record, facts)
    if out.suffix != ".zip":
        publishing.publish(results, out, add_record)
        print(Layout(out).report_html)
    else:
        _check_archive(out)
        with publishing.writing_to(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=out.parent, prefix=".") as temporary:
                folder = Path(temporary, out.stem)
                publishing.publish(results, folder, add_record)
                _archive(folder, out, facts.date)
        print(out)
    _tell_missing(facts)


def _add_record(facts: Facts, folder: Path) -> None:
    _copy_results(facts, folder)
    lock = _copy_lock(facts, folder)
    _copy(sources.in_project("Snakefile"), folder / WORKFLOW)
    written = {**OF_ALL, WORKFLOW: "The pipeline."}
    if lock:
        written[lock] = "The packages of the results, with their checksums."
    described = {"title": facts.title, "sentences": facts.counts.sentences}
    artifacts.write_text(folder / "README.md", README.format(**described))
    artifacts.write_text(folder / "CITATION.cff", citation_cff(facts))
    artifacts.write_text(folder / "badge.svg", badge(facts.counts))
    for study in facts.studies:
        written |= dict(_add_study(facts, study, folder))
    crate.write_crate(facts, folder, written, WORKFLOW, lock)


def _add_study(facts: Facts, study: CheckedStudy, folder: Path) -> Iterator[tuple[str, str]]:
    """Write the files about one study, and yield the path and the description of each."""
    place, own = folder / study.place, f"{study.place}/" if study.place.name else ""
    manifest = list(_manifest(study, folder))
    for file, comment in manifest[:2]:
        yield f"{own}{file}", f"{study.title}: {comment}"
    texts = {"codecheck.yml": codecheck.codecheck_yml(facts, study, manifest)}
    if own:
        texts["badge.svg"] = badge(study.counts)
    for name, text in texts.items():
        artifacts.write_text(place / name, text)
        yield f"{own}{name}", f"{study.title}: {name}"
    about, root = StudyPage(facts, study, manifest), sources.in_project()
    for name, template in (
        (codecheck.CERTIFICATE, page.CERTIFICATE),
        (f"{page.SUMMARY}.pdf", page.SUMMARY),
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        page.write_pdf(about, template, root, place / name)
        yield f"{own}{name}", f"{study.title}: {template.replace('_', ' ')}"


def _manifest(study: CheckedStudy, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the re-created files of a study, relative to its place: first its two tables."""
    yield study.below("verdicts.json"), "every claim with its re-created value and its verdict"
    yield study.below("metrics.csv"), "scores of every run, seed and split"
    for each in study.executions:
        parts = (each.run, f"seed-{each.seed}", "metrics.json")
        if Path(folder, study.name, *parts).is_file():
            yield study.below(*parts), f"scores of {each.title}, seed {each.seed}"


def _copy_results(facts: Facts, folder: Path) -> None:
    layout = facts.layout
    config = _without_places(artifacts.read_json(layout.config))
    artifacts.write_json(Layout(folder).config, config)
    for path in _results_of(facts):
        publishing.check_not_link(path)
        _copy(path, folder / path.relative_to(layout.results))


def _results_of(facts: Facts) -> Iterator[Path]:
    layout = facts.layout
    yield layout.manifest
    for study in facts.studies:
        yield from (layout.study_verdicts(study.name), layout.metrics(study.name))
        for each in study.executions:
            files = layout.run(study.name, each.run, each.seed).scored
            yield from (path for path in files if path.is_file())


def _without_places(config: dict[str, Any]) -> dict[str, Any]:
    """Leave out folders of this machine, which tell nobody anything."""
    studies = {name: {**study, "folder": name} for name, study in config["studies"].items()}
    own: dict[str, Any] = {
        key: Path(config[key]).name for key in ("data", "results") if key in config
    }
    return {**config, **own, "studies": studies, "data_dirs": [], "study_dirs": []}


def _copy_lock(facts: Facts, folder: Path) -> str | None:
    """Copy the lock file of the results; none if that of the project is another by now."""
    for path in map(sources.in_project, (environment.LOCK, environment.LOCK_OF_GPU)):
        copy = f"environment/{path.name}"
        if path.is_file() and sources.sha256(path) == facts.manifest.get("lock_sha256"):
            _copy(path, folder / copy)
            return copy
    return None


def _copy(path: Path, copy: Path) -> None:
    if not path.is_file():
        raise RefashionError(f"{path}: no such file; create the report again: make report")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)


def _check_archive(out: Path) -> None:
    if not out.exists():
        return
    if zipfile.is_zipfile(out):
        with zipfile.ZipFile(out) as archive:
            page = Layout(Path(out.stem)).report_html.as_posix()
            is_copy = {page, f"{out.stem}/{publishing.METADATA}"} <= {*archive.namelist()}
            if is_copy and publishing.is_report_page(archive.read(page)):
                return
    raise RefashionError(f"OUT: {out} is another file; choose a new name, or an earlier copy")


def _archive(folder: Path, out: Path, date: str) -> None:
    """Write a folder as an archive, all files with one date: the same files, the same bytes."""
    year, month, day = (int(part) for part in date.split("-"))
    moment = (max(year, FIRST_YEAR), month, day, 0, 0, 0)
    with artifacts.atomic(out) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder.parent).as_posix()
                info = zipfile.ZipInfo(name, moment)
                info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(info, path.read_bytes())


def _tell_missing(facts: Facts) -> None:
    lacking = [s.name for s in facts.studies if [*codecheck.missing_fields(facts, s)]]
    if lacking:
        files = counted(len(lacking), "codecheck.yml lacks", "codecheck.yml files lack")
        print(f"{files} fields that CODECHECK demands; the last lines say where to state them")
