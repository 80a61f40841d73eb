"""`CITATION.cff`: how to cite a deposit (https://citation-file-format.github.io/)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from refashion.deposit.codecheck import doi_address
from refashion.deposit.facts import CheckedStudy, Facts
from refashion.spec.deposit import Person

NOBODY = "not stated"
# What the schema of the format accepts.
DOI = r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+"


def citation_cff(facts: Facts) -> str:
    """Write the citation of a deposit, with the reports that were checked as references.

    Parameters
    ----------
    facts
        The results.
    """
    deposit = facts.deposit
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this check, please cite it, and the reports that it is about.",
        "type": "dataset",
        "title": facts.title,
        "authors": _authors(deposit.checkers),
        "date-released": facts.date,
        "abstract": facts.counts.sentences,
        **_doi(deposit.doi),
        "license": deposit.licence,
        "repository": deposit.repository,
        "references": [*map(_reference, facts.studies), _software(facts)],
    }
    stated = {key: value for key, value in content.items() if value}
    return yaml.safe_dump(stated, sort_keys=False, allow_unicode=True, width=100)


def _doi(doi: str | None) -> dict[str, str]:
    """Give a DOI, or its address where the format does not know all of its characters."""
    if doi is None:
        return {}
    return {"doi": doi} if re.fullmatch(DOI, doi) else {"url": doi_address(doi)}


def _authors(people: Iterable[Person]) -> list[dict[str, str]]:
    """List people by their whole names: which part is the family name, nobody has stated."""
    named = [
        {"name": person.name}
        | ({"orcid": f"https://orcid.org/{person.orcid}"} if person.orcid else {})
        for person in people
    ]
    return named or [{"name": NOBODY}]


def _reference(study: CheckedStudy) -> dict[str, Any]:
    source = study.source
    content = {
        "type": "report",
        "title": source.title or source.citation,
        "authors": _authors(source.authors),
        **_doi(source.doi),
        "notes": source.citation,
    }
    return {key: value for key, value in content.items() if value}


def _software(facts: Facts) -> dict[str, Any]:
    version = facts.manifest.get("packages", {}).get("refashion")
    content = {
        "type": "software",
        "title": "refashion",
        "authors": [{"name": "The refashion developers"}],
        "version": version,
        "commit": facts.manifest.get("git", {}).get("commit"),
    }
    return {key: value for key, value in content.items() if value}
