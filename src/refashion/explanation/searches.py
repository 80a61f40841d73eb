"""What the searches of a study have found for a claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.explanation.subjects import Subject
from refashion.recovery.recovery import Conclusion
from refashion.recovery.tables import settings_text
from refashion.runs.results import StudyResults
from refashion.spec.config import Config


def told_by_searches(config: Config, subject: Subject, results: StudyResults) -> Iterator[str]:
    """Say in a sentence what each finished search has found, if our runs do not have its values.

    Parameters
    ----------
    config
        The whole configuration.
    subject
        A number or a statement.
    results
        Results of its study.
    """
    for name, found in _finished(config, subject, results).items():
        search = results.study.recover[name]
        title = results.study.runs[search.run].title
        is_of = subject.claim.id in search.claims
        if found["verdict"] == Conclusion.FOUND.value:
            settings = settings_text(found["best"]["settings"])
            number = "this number" if is_of else f"other numbers of {title}"
            if is_of and len(search.claims) > 1:
                number = "this number and others"
            verb = "give" if len(search.settings) > 1 else "gives"
            yield f"The search {name} found that {settings} {verb} {number}."
        elif is_of:
            is_none = found["verdict"] == Conclusion.NONE.value
            which = "none of the settings tried gives" if is_none else "several settings give"
            yield f"By the search {name}, {which} this number."


def finished(config: Config, study: str, name: str, layout: artifacts.Layout) -> Any:
    """Return the result of a search; None without one, or if its question has changed since.

    Parameters
    ----------
    config
        The whole configuration.
    study, name
        Names of the study and of its search.
    layout
        Paths of the results.
    """
    path = layout.recovery(study, name)
    try:
        found = artifacts.read_json(path) if path.exists() else {}
    except RefashionError:  # a damaged file is that of a search that was not made
        return None
    is_current = found.get("question") == config.digest_of_search(study, name)
    return found if found.get("status") == "ok" and is_current else None


def _finished(
    config: Config, subject: Subject, results: StudyResults
) -> Mapping[str, dict[str, Any]]:
    study = results.study
    return {
        name: found
        for name, search in study.recover.items()
        if search.run in subject.runs and name not in used(study.runs[search.run])
        if (found := finished(config, study.name, name, results.layout))
    }


def used(run: Any) -> set[str | None]:
    """Name the searches whose values a run has."""
    return {assumed.recovered for assumed in run.assumes.values()}
