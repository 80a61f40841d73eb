"""`codecheck.yml`, the description of a check as CODECHECK wants it.

The fields and what is mandatory: https://codecheck.org.uk/spec/config/2.0/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import yaml

from refashion.deposit.facts import CheckedStudy, Facts
from refashion.spec.deposit import Person
from refashion.wording import counted

VERSION = "https://codecheck.org.uk/spec/config/2.0/"
CERTIFICATE = "codecheck/certificate.pdf"
WIDTH = 100
# Characters that may stand in the path of an address.
ALLOWED = "/:;()!$&'*+,=@~"


def codecheck_yml(facts: Facts, study: CheckedStudy, manifest: Sequence[tuple[str, str]]) -> str:
    """Write the configuration of a study's check. What nobody has stated is left out and listed.

    Parameters
    ----------
    facts
        The results.
    study
        The study.
    manifest
        Re-created files, relative to the study's place in the deposit, each with a comment.
    """
    content = {
        "version": VERSION,
        "manifest": [{"file": file, "comment": comment} for file, comment in manifest],
        "paper": _paper(study),
        "codechecker": _people(facts.deposit.checkers),
        "report": _report(facts),
        "summary": study.counts.sentences,
        "repository": facts.deposit.repository,
        "check_time": facts.manifest["ended"],
        "certificate": study.certificate,
    }
    stated = {key: value for key, value in content.items() if value}
    text = yaml.safe_dump(
        stated,
        explicit_start=True,
        version=(1, 1),
        sort_keys=False,
        allow_unicode=True,
        width=WIDTH,
    )
    missing = [f"#   {each}" for each in missing_fields(facts, study)]
    note = ["# CODECHECK demands these fields too, which nobody has stated:", *missing]
    return "\n".join([text.rstrip("\n"), *(note if missing else []), ""])


def missing_fields(facts: Facts, study: CheckedStudy) -> Iterator[str]:
    """Yield what CODECHECK demands and nobody has stated, each with the key to state it in."""
    source, of_study = study.source, f"study.yaml of {study.name}"
    if not source.title:
        yield f"paper.title: source.title in {of_study}"
    if not source.authors:
        yield f"paper.authors: source.authors in {of_study}"
    elif n := sum(author.orcid is None for author in source.authors):
        yield f"paper.authors.ORCID of {counted(n, 'author')}: source.authors in {of_study}"
    if not facts.deposit.checkers:
        yield "codechecker: deposit.checkers in config.yaml"
    if not facts.deposit.doi:
        yield "report: deposit.doi in config.yaml"
    if not study.certificate:
        yield f"certificate: deposit.certificates.{study.name} in config.yaml"


def doi_address(doi: str) -> str:
    """Return the web address of a DOI, in which some of its characters are escaped."""
    return f"https://doi.org/{quote(doi, safe=ALLOWED)}"


def reference(study: CheckedStudy) -> str:
    """Return the address of the report that was checked, or its citation where it has no DOI."""
    source = study.source
    return doi_address(source.doi) if source.doi else source.citation


def _paper(study: CheckedStudy) -> dict[str, Any]:
    paper = {
        "title": study.source.title,
        "authors": _people(study.source.authors),
        "reference": reference(study),
    }
    return {key: value for key, value in paper.items() if value}


def _people(people: Iterable[Person]) -> list[dict[str, str]]:
    return [
        {"name": person.name} | ({"ORCID": person.orcid} if person.orcid else {})
        for person in people
    ]


def _report(facts: Facts) -> str | None:
    return doi_address(facts.deposit.doi) if facts.deposit.doi else None
