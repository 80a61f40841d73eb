"""Chapters of studies, written from the narrative or, if that fails, from the results alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import matplotlib as mpl

from refashion.errors import RefashionError
from refashion.judgement.wording import leak_text
from refashion.render.chapter.claims import Claims
from refashion.render.chapter.class_values import ClassValues
from refashion.render.chapter.explanations import Explanations
from refashion.render.chapter.figures import Figures
from refashion.render.chapter.glance import Glance
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.chapter.recoveries import Recoveries
from refashion.render.chapter.source_pages import SourcePages
from refashion.render.chapter.tables import Tables
from refashion.render.chapter.usual import usual_narrative
from refashion.render.chapter.values import Values
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.render.text.templates import fill_template, fill_text, template_functions
from refashion.spec.study import Study

BROKEN = "This part has a mistake and could not be written as intended."
FALLBACK = "The rest of this chapter is written from the results alone."


class Form(Enum):
    """How a part of the report was written.

    A part that cannot be written in one form is written in the next.
    """

    NARRATED = "from the narrative or the template"
    PLAIN = "from the results alone"
    NOTICE = "only a list of problems"


@dataclass
class Part:
    """A part of the report: a chapter, or the text before or after the chapters.

    Attributes
    ----------
    name
        Name of the study, or of the template before or after the chapters.
    text
        Markdown in which figures and tables have no numbers yet.
    references
        The figures, tables and anchors of the text.
    problems
        What went wrong, one message each, with file and line.
    discarded
        Figures drawn for a narrative that then failed.
    form
        How the part was written.
    """

    name: str
    text: str
    references: CrossReferences
    problems: list[str] = field(default_factory=list)
    discarded: set[Path] = field(default_factory=set)
    form: Form = Form.NARRATED


def narrative_of(study: Study, root: Path) -> str:
    """Return the path of a study's narrative, relative to the project if it stands there."""
    path = study.folder / "narrative.md"
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def write_chapter(outcomes: Outcomes, root: Path) -> Part:
    """Fill the narrative of a study and draw its figures.

    A study without one gets a chapter in the usual order. If a narrative cannot be filled, return a
    plain chapter that names the mistake. The function can run in any process.

    Parameters
    ----------
    outcomes
        Results of the study.
    root
        Folder of the project.
    """
    mpl.use("Agg")
    study, references = outcomes.study, CrossReferences(outcomes.layout)
    functions = template_functions(Values(outcomes)) | template_functions(ClassValues(outcomes))
    for exhibits in (Figures, Tables, Claims, Recoveries, Explanations):
        functions |= template_functions(exhibits(outcomes, references))
    name = narrative_of(study, root)
    try:
        if os.path.lexists(root / name):  # also a broken link, which is a mistake
            text = fill_template(root, name, functions)
        else:
            text = fill_text(usual_narrative(outcomes), name, functions)
    except RefashionError as error:
        return replace(plain_chapter(outcomes, [str(error)]), discarded=references.files)
    head = [markdown.heading(study.title, 1, study.name), *_notices(outcomes)]
    head.append(_content_or_error(Glance(outcomes, references).claims_at_a_glance))
    return Part(study.name, markdown.join(head) + text, references)


def _notices(outcomes: Outcomes) -> list[Markdown]:
    """Warn of runs whose preprocessing has seen the test examples, and of an unreadable source."""
    texts = [text for run in outcomes.study.runs.values() if (text := leak_text(run))]
    audit = SourcePages(outcomes).audit
    if audit and "fault" in audit:
        texts.append(f"The source was not audited: {audit['fault'].rstrip('.')}.")
    return [markdown.block(markdown.bullets(texts), "notice")] if texts else []


def plain_chapter(outcomes: Outcomes, problems: list[str]) -> Part:
    """Write a chapter without its narrative: the problems, then claims, assumptions and runs.

    Parameters
    ----------
    outcomes
        Results of the study.
    problems
        Messages about the narrative, with file and line.
    """
    study, references = outcomes.study, CrossReferences(outcomes.layout)
    claims, tables = Claims(outcomes, references), Tables(outcomes, references)
    sections = {
        "Reported against re-created": claims.claims,
        "Assumptions": tables.table_assumptions,
        "Runs": tables.table_runs,
    }
    pieces = [_problem_list(study.title, study.name, problems), *_notices(outcomes)]
    pieces.append(_content_or_error(Glance(outcomes, references).claims_at_a_glance))
    pieces.append(markdown.paragraph(FALLBACK))
    for title, show in sections.items():
        anchor = f"{study.name}-plain_{title.split()[0].lower()}"
        pieces += [markdown.heading(title, 2, anchor), _content_or_error(show)]
    return Part(study.name, markdown.join(pieces), references, problems, form=Form.PLAIN)


def _content_or_error(show: Callable[[], Markdown]) -> Markdown:
    try:
        return show()
    except Exception as error:  # One damaged file must not cost the rest of the chapter.
        return markdown.block(f"This section cannot be shown: {error}", "absent")


def error_notice(
    name: str, title: str, references: CrossReferences, problems: list[str], css_class: str = ""
) -> Part:
    """Write a part that only lists its problems.

    Parameters
    ----------
    name
        Name of the part.
    title
        Heading of the part.
    references
        References of the failed part, for the paths of the report.
    problems
        Messages, with file and line.
    css_class
        CSS class of the heading.
    """
    text = _problem_list(title, name, problems, css_class)
    return Part(name, text, CrossReferences(references.layout), problems, form=Form.NOTICE)


def _problem_list(
    title: str, anchor: str, problems: Sequence[str], css_class: str = ""
) -> Markdown:
    notice = markdown.join([markdown.strong(BROKEN), markdown.bullets(problems)])
    heading = markdown.heading(title, 1, anchor, css_class)
    return markdown.join([heading, markdown.block(notice, "notice")])
