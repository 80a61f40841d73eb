"""What the searches of a study have found for a claim."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from refashion import artifacts
from refashion.errors import RefashionError
from refashion.explanation.subjects import Subject
from refashion.recovery.recovery import Conclusion
from refashion.recovery.tables import settings_text
from refashion.spec.config import Config
from refashion.spec.study import Study


def told_by_searches(
    subject: Subject, study: Study, searches: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Say in a sentence what each finished search has found, if our runs do not have its values.

    Parameters
    ----------
    subject
        A number or a statement.
    study
        Its study.
    searches
        The results of the study's searches, see `all_finished`.
    """
    for name, found in searches.items():
        search = study.recover[name]
        if search.run not in subject.runs or name in used(study.runs[search.run]):
            continue
        title = study.runs[search.run].title
        is_of = subject.claim.id in search.claims
        if found["verdict"] == Conclusion.FOUND.value:
            number = "this number" if is_of else f"other numbers of {title}"
            if is_of and len(search.claims) > 1:
                number = "this number and others"
            best = found["best"]["settings"]
            yield f"The search {name} found that {settings_text(best)} {gives(best)} {number}."
        elif is_of:
            is_none = found["verdict"] == Conclusion.NONE.value
            which = "none of the settings tried gives" if is_none else "several settings give"
            yield f"By the search {name}, {which} this number."


def gives(settings: Collection[Any]) -> str:
    """Return the verb of what some settings give."""
    return "gives" if len(settings) == 1 else "give"


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
    if not path.exists():
        return None
    try:
        found = artifacts.read_json(path)
    except RefashionError:  # a damaged file is that of a search that was not made
        return None
    is_current = found.get("question") == config.digest_of_search(study, name)
    return found if found.get("status") == "ok" and is_current else None


def all_finished(config: Config, study: Study, layout: artifacts.Layout) -> dict[str, Any]:
    """Return the results of all finished searches of a study, by name.

    Parameters
    ----------
    config
        The whole configuration.
    study
        The study.
    layout
        Paths of the results.
    """
    found = {name: finished(config, study.name, name, layout) for name in study.recover}
    return {name: one for name, one in found.items() if one}


def used(run: Any) -> set[str | None]:
    """Name the searches whose values a run has."""
    return {assumed.recovered for assumed in run.assumes.values()}
