"""Chapters: the narrative of a study filled in, or what stands in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import matplotlib as mpl

from refashion.errors import RefashionError
from refashion.render.chapter.claims import Claims
from refashion.render.chapter.class_values import ClassValues
from refashion.render.chapter.drawings import Drawings
from refashion.render.chapter.listings import Listings
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.chapter.values import Values
from refashion.render.text import markdown
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.render.text.templates import filled, public

BROKEN = "This part could not be written as its author meant it."
INSTEAD = "What follows comes from the results alone."


NARRATED, PLAIN, BARE = range(3)


@dataclass
class Part:
    """A part of the report: a chapter, or what stands before or after the chapters.

    Attributes
    ----------
    name
        Of the study; of the template of what is no chapter.
    text
        Markdown, whose exhibits have no numbers yet.
    book
        What the text shows.
    problems
        What went wrong, a sentence each, with file and line.
    left
        Files drawn for it before it was given up.
    manner
        `NARRATED`, as its author wrote it; `PLAIN`, from the results alone; `BARE`, only saying
        what went wrong.
    """

    name: str
    text: str
    book: Book
    problems: list[str] = field(default_factory=list)
    left: set[Path] = field(default_factory=set)
    manner: int = NARRATED


def narrative_of(study: str) -> str:
    """Path of the narrative of a study within the project."""
    return f"studies/{study}/narrative.md"


def chapter(outcomes: Outcomes, root: Path) -> Part:
    """Fill the narrative of a study, and draw its figures, in whichever process.

    A narrative that cannot be filled gives a plain chapter, which says so.
    """
    mpl.use("Agg")
    study, book = outcomes.study, Book(outcomes.layout)
    calls = public(Values(outcomes)) | public(ClassValues(outcomes))
    for exhibits in (Drawings, Listings, Claims):
        calls |= public(exhibits(outcomes, book))
    try:
        text = filled(root, narrative_of(study.name), calls)
    except RefashionError as error:
        return replace(plain(outcomes, [str(error)]), left=book.files)
    return Part(study.name, markdown.heading(study.title, 1, study.name) + text, book)


def plain(outcomes: Outcomes, problems: list[str]) -> Part:
    """Write a chapter without its narrative: what went wrong, then what the results say."""
    study, book = outcomes.study, Book(outcomes.layout)
    claims, listings = Claims(outcomes, book), Listings(outcomes, book)
    shown = {
        "Reported against re-created": claims.claims,
        "Assumptions": listings.table_assumptions,
        "Runs": listings.table_runs,
    }
    pieces = [_head(study.title, study.name, problems), markdown.paragraph(INSTEAD)]
    for title, show in shown.items():
        anchor = f"{study.name}-plain_{title.split()[0].lower()}"
        pieces += [markdown.heading(title, 2, anchor), _shown_if_possible(show)]
    return Part(study.name, markdown.join(pieces), book, problems, manner=PLAIN)


def _shown_if_possible(show: Callable[[], Markdown]) -> Markdown:
    try:
        return show()
    except Exception as error:  # Whatever is damaged, the rest of the chapter is there.
        return markdown.block(f"Cannot be shown: {error}", "absent")


def bare(name: str, title: str, book: Book, problems: list[str], css_class: str = "") -> Part:
    """Write a part that says what went wrong, and nothing else."""
    text = _head(title, name, problems, css_class)
    return Part(name, text, Book(book.layout), problems, manner=BARE)


def _head(title: str, anchor: str, problems: Sequence[str], css_class: str = "") -> Markdown:
    told = markdown.join([markdown.strong(BROKEN), markdown.bullets(problems)])
    heading = markdown.heading(title, 1, anchor, css_class)
    return markdown.join([heading, markdown.block(told, "notice")])
