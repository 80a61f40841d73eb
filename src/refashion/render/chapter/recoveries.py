"""Searches for settings that the source leaves open, for narratives."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from refashion import wording
from refashion.errors import one_line
from refashion.figures import recovery as recovery_figures
from refashion.figures.style import short_number
from refashion.recovery import tables
from refashion.recovery.recovery import Conclusion
from refashion.render.chapter.exhibits import Exhibits, listed
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.names import look_up
from refashion.spec.recover import Search
from refashion.wording import counted

LEAD = (
    "A search tries values of settings that the source does not state, and tells which of them "
    "give its numbers."
)


class Recoveries(Exhibits):
    """Functions for searches. A narrative can call every public method."""

    def recoveries(self) -> Markdown:
        """All searches of the study, each with its answer and its figure."""
        names = list(self._outcomes.study.recover)
        if not names:
            return Markdown("")
        return markdown.join([markdown.paragraph(LEAD), *map(self.recovery, names)])

    def recovery(self, search: str) -> Markdown:
        """One search: its answer, the best settings, how far the second is behind, the figure."""
        stated = self._search(search)
        found = self._outcomes.recovery(search)
        head = [markdown.strong(f"{search}."), " ", self._question(stated), " "]
        if found is None:
            why = self._outcomes.why_not_searched(search)
            return markdown.paragraph(markdown.join([*head, f"Not searched: {why}."]))
        if found["status"] != "ok":
            why = one_line(found["error"]["message"])
            return markdown.paragraph(markdown.join([*head, f"Not searched: {why.rstrip('.')}."]))
        text = markdown.paragraph(markdown.join([*head, *self._answer(search, found)]))
        return markdown.join([text, self.figure_recovery(search)])

    def recovered(self, search: str, setting: str) -> str:
        """The value that a search has found for a setting, such as "90"."""
        look_up(setting, self._search(search).settings, "setting of the search")
        found = self._outcomes.recovery(search)
        if not found or found["status"] != "ok" or found["verdict"] != Conclusion.FOUND.value:
            return "not recovered"
        return tables.value_text(found["best"]["settings"].get(setting))

    def figure_recovery(self, search: str) -> Markdown:
        """Misfit of the settings that a search tried, with a panel for each setting."""
        stated, found = self._search(search), self._outcomes.recovery(search)
        if not found or found["status"] != "ok":
            return self._absent("search", "the group recovery was not selected, or it failed")
        plot = partial(
            recovery_figures.plot_misfit,
            tables.table_misfits(found),
            stated.scales,
            found["measure"],
            tables.least_shown(found),
        )
        if found["measure"] == "digits":
            what = "Largest distance from a printed number, in units of what its digits leave open."
            line = "Below the dotted line, all printed digits agree."
            filled = "Filled marks give the printed numbers"
        else:
            what = "How many times less probable the printed numbers are than with the best."
            line = "Below the dotted line, settings cannot be told apart from the best."
            filled = "Filled marks give the printed numbers and cannot be told apart"
        marks = f"{filled}; the ring marks the best."
        title = self._outcomes.run(stated.run).title
        caption = f"{search}: {what} {line} {marks} {title}."
        best = found["best"] and _settings(found["best"]["settings"])
        alt = f"Misfit against {listed([*stated.settings])}. {found['sentence']} Best: {best}"
        return self._references.figure(self._anchor("recovery", search), plot, caption, alt)

    def _search(self, name: str) -> Search:
        return look_up(name, self._outcomes.study.recover, "search")

    def _question(self, search: Search) -> Markdown:
        opened = [
            markdown.join([markdown.code(name), ": ", tables.open_text(one)])
            for name, one in search.settings.items()
        ]
        title = self._outcomes.run(search.run).title
        return markdown.join([f"{title}; ", markdown.join(opened, ", "), "."])

    def _answer(self, name: str, found: Mapping[str, Any]) -> list[Any]:
        """Answer in sentences: the verdict, the best, the second, what was set aside, the cost."""
        best, second = found["best"], found["second"]
        pieces: list[Any] = [markdown.strong(found["sentence"])]
        if best and best["error"]:
            pieces.append(f" No trial gave numbers: {one_line(best['error']).rstrip('.')}.")
        elif best:
            is_none = found["verdict"] == Conclusion.NONE.value
            label = " The closest: " if is_none else " The best: "
            pieces += [label, _settings(best["settings"]), *_distance(best, found, is_none), "."]
            pieces += _doubts(found)
        if second:
            pieces += [" The second, ", _settings(second["settings"]), ", ", _behind(found), "."]
        if aside := found["set_aside"]:
            others = markdown.join([_settings(one["settings"]) for one in aside[:3]], "; ")
            why = "Each gives the printed numbers as well, but by digits that nobody writes."
            pieces += [" Set aside: ", others, f". {why}"]
        if found["stopped"]:
            limit = found["stopped"]
            pieces.append(f" The search ended at its limit of {limit} before it had tried all.")
        cost = f"{counted(found['trials'], 'trial')} in {wording.duration(found['seconds'])}"
        layout, study = self._outcomes.layout, self._outcomes.study.name
        notebook = self._to_page(
            "notebook of the search",
            layout.recovery_notebook(study, name),
            layout.recovery_page(study, name),
        )
        return [*pieces, f" It took {cost}; see the ", notebook, "."]


def _settings(settings: Mapping[str, Any]) -> Markdown:
    pairs = [
        markdown.join([markdown.code(name), f"\u00a0{tables.value_text(value)}"])
        for name, value in settings.items()
    ]
    return markdown.join(pairs, ", ")


def _doubts(found: Mapping[str, Any]) -> list[str]:
    """Say why the answer may be another: digits that nobody writes, settings without numbers."""
    doubts = []
    if found["best"]["fits"] and not found["is_written"]:
        doubts.append(
            " Nobody writes so many digits, and some value of a continuous setting gives almost "
            "any number: other settings, data or code may be the reason."
        )
    tried = found["tried"]
    if errors := [one["error"] for one in tried if one["error"]]:
        first = one_line(errors[0]).rstrip(".")
        of = counted(len(tried), "settings", "settings")
        doubts.append(f" {len(errors):,} of {of} gave no numbers, the first because: {first}.")
    return doubts


def _distance(best: Mapping[str, Any], found: Mapping[str, Any], is_none: bool) -> list[str]:
    """Say how far even the closest settings are away."""
    if not is_none or found["measure"] != "digits" or best["misfit"] is None:
        return []
    return [f", {_times(best['misfit'])} as far away as the printed digits allow"]


def _behind(found: Mapping[str, Any]) -> str:
    if found["measure"] == "digits":
        if found["second"]["fits"]:
            return "gives the printed digits as well"
        return f"is {_times(found['second']['misfit'])} as far away as the printed digits allow"
    return f"makes the printed numbers {_times(tables.times(found['behind'] or 0.0))} less probable"


def _times(number: float) -> str:
    """Write a factor to three digits.

    Examples
    --------
    >>> _times(2209.96), _times(5340123.0), _times(3.14159)
    ('2,210 times', '5.34 million times', '3.14 times')
    """
    return f"{short_number(float(f'{number:.3g}'))} times"
