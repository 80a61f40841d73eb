"""First page of the report: how much was reproduced, and what is most telling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pandas as pd

from refashion.judgement.verdicts import CONFIDENCE, SURE
from refashion.ledger import causes, words
from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, QUESTIONS, STATEMENTS, Question
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front import findings
from refashion.render.site import ledger_page
from refashion.render.text import markdown
from refashion.render.text.book import Book
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import tally, verdict_head, widths_of
from refashion.spec.claims import ConsistencyClaim, ExtremeClaim, OrderingClaim, Statement
from refashion.wording import counted

CAPTIONS = {
    NUMBERS.title: "Numbers by study: those that stand alone, and every cell of a table.",
    STATEMENTS.title: "Statements by study: on runs, classes, training and time.",
    OWN_NUMBERS.title: (
        "Checks of the sources' own numbers by study; nothing is run for them. "
        "A contradiction that shows in several places counts once."
    ),
}


@dataclass(frozen=True)
class Overview:
    """What the template of the report can call for the ledger as a whole.

    Attributes
    ----------
    chapters
        Outcomes of every study.
    book
        Numbers the tables.
    """

    chapters: Sequence[Outcomes]
    book: Book

    def counts(self) -> Markdown:
        """How many claims there are, and of what kind."""
        numbers, tables = (self._of(kind) for kind in NUMBERS.kinds)
        statements, checks = self._of(*STATEMENTS.kinds), self._of(ConsistencyClaim)
        cells = sum(len(entry.judgement.cells) for entry in tables)
        parts = [
            counted(len(numbers), "number that stands alone", "numbers that stand alone"),
            f"{counted(len(tables), 'table')} with {cells:,} numbers",
            counted(len(statements), "statement"),
            counted(len(checks), "check") + " of a source's own numbers",
        ]
        listed = f"{', '.join(parts[:-1])} and {parts[-1]}"
        n = sum(len(chapter.study.untestable) for chapter in self.chapters)
        left = f"{counted(n, 'more statement is', 'more statements are')} left out as untestable"
        told = f"{counted(len(self._entries), 'claim')}: {listed}; {left}."
        return markdown.join([told, *self._not_counted(checks)])

    def _not_counted(self, checks: Sequence[Entry[ConsistencyClaim]]) -> list[str]:
        """Say how many checks do not count below, and why."""
        vacuous = sum(map(causes.is_vacuous, checks))
        further = sum(check.claim.same_cause_as is not None for check in checks)
        parts = [f"{counted(vacuous, 'says', 'say')} {words.VACUOUS}"] * bool(vacuous)
        parts += [
            counted(further, "is a further place", "are further places") + " of a contradiction"
        ] * bool(further)
        return [f" Not counted below: of the checks, {' and '.join(parts)}."] * bool(parts)

    def verdicts(self) -> Markdown:
        """How many numbers, statements and checks got which verdict."""
        lines = [
            [markdown.strong(f"{question.title}: "), tally(counts, question.verdicts), "."]
            for question in QUESTIONS
            if (counts := ledger_tables.count_verdicts(self._entries, question))
        ]
        return markdown.bullets(map(markdown.join, lines)) if lines else Markdown("")

    def figure_verdicts(self) -> Markdown:
        """Show the share of each verdict, study by study."""
        of_each = [
            ledger_tables.table_counts(chapter.entries).assign(study=chapter.study.title)
            for chapter in self.chapters
        ]
        counts = pd.concat(of_each, ignore_index=True)
        counts = counts[counts.groupby("question")["count"].transform("sum") > 0]
        if counts.empty:
            return Markdown("")
        told = counts.groupby(["question", "verdict"], sort=False)["count"].sum()
        listed = [
            f"{question}: {n:,} {verdict.words}" for (question, verdict), n in told.items() if n
        ]
        alt = f"Bars of the share of each verdict, one a study. {'; '.join(listed)}"
        caption = "Share of each verdict in a study's claims; grey is not judged."
        plot = partial(ledger_figures.plot_verdicts, counts)
        return self.book.figure("overview-verdicts", plot, caption, alt)

    def highlights(self) -> Markdown:
        """Tell the first finding of each sort."""
        if not self._found:
            return Markdown("")
        return markdown.bullets([lines[0] for lines in self._found.values()])

    def matrix(self) -> Markdown:
        """Set studies against verdicts, a table for each question of the ledger."""
        return markdown.join(map(self._matrix, QUESTIONS))

    def _matrix(self, question: Question) -> Markdown:
        counts = [ledger_tables.count_verdicts(c.entries, question) for c in self.chapters]
        total = sum(counts, Counter())
        if not total:
            return Markdown("")
        verdicts = [verdict for verdict in question.verdicts if total[verdict]]
        untested = [len(chapter.study.untestable) for chapter in self.chapters]
        has_untested = question is STATEMENTS and any(untested)
        names = [markdown.link(c.study.title, f"#{c.study.name}") for c in self.chapters]
        rows = [
            [name, *_line(question, count, verdicts, study), *([f"{n:,}"] if has_untested else [])]
            for name, study, count, n in zip(
                [*names, markdown.strong("all")],
                [*(chapter.study.name for chapter in self.chapters), None],
                [*counts, total],
                [*untested, sum(untested)],
                strict=True,
            )
        ]
        further = ["Left out"] * has_untested
        header = ["Study", question.title, *map(verdict_head, verdicts), *further]
        widths = widths_of([question.title, *(v.words for v in verdicts), *further])
        anchor = f"overview-{question.title.lower().replace(' ', '_')}"
        align = "l" + "r" * (len(header) - 1)
        return self.book.table(anchor, CAPTIONS[question.title], header, rows, align, widths)

    def chance(self) -> Markdown:
        """Say how many verdicts would be expected by chance, at most."""
        numbers = ledger_tables.count_verdicts(self._entries, NUMBERS)
        judged = sum(
            numbers[verdict]
            for verdict in (Verdict.REPRODUCED, Verdict.INCONCLUSIVE, Verdict.NOT_REPRODUCED)
        )
        ranked = Counter(entry.verdict for entry in self._of(OrderingClaim, ExtremeClaim))
        drawn = sum(ranked[v] for v in (Verdict.HOLDS, Verdict.INCONCLUSIVE, Verdict.FAILS))
        tail, either = (1 - CONFIDENCE) / 2, 1 - SURE
        told = [
            f"{judged:,} numbers are judged by intervals of {_percent(CONFIDENCE)}. If each of "
            f"them lay just at its tolerance, chance alone would make about "
            f"{_about(judged * tail)} of them not reproduced, and as many reproduced, "
            f"{_percent(tail)} each; found were {numbers[Verdict.NOT_REPRODUCED]:,} and "
            f"{numbers[Verdict.REPRODUCED]:,}."
        ] * bool(judged)
        told += [
            f"Of {counted(drawn, 'ordering or extreme', 'orderings and extremes')}, if there were "
            f"no difference at all, about {_about(drawn * either)} would be found to hold and "
            f"as many to fail, {_percent(either)} each; found were {ranked[Verdict.HOLDS]:,} and "
            f"{ranked[Verdict.FAILS]:,}."
        ] * bool(drawn)
        if not told:
            return Markdown("")
        told.append(
            "These are upper limits: the further a difference is from its limit, the less chance "
            "can do. Statements on training and time rest on the share of seeds alone, for which "
            "no such rate can be given, and checks of a source's own numbers on no chance at all."
        )
        if any(entry.judgement.preliminary for entry in self._entries):
            told.append(
                "With a single seed the scatter between seeds is assumed, not measured, and these "
                "rates hold as far as the assumption does."
            )
        return markdown.paragraph(" ".join(told))

    def findings(self) -> Markdown:
        """Tell what is most telling in the ledger, a handful of each sort."""
        if not self._found:
            return Markdown("")
        return markdown.join(
            piece
            for title, lines in self._found.items()
            for piece in (
                markdown.block(markdown.strong(f"{title}."), "lead"),
                markdown.bullets(lines),
            )
        )

    @cached_property
    def _found(self) -> dict[str, list[Markdown]]:
        return findings.most_telling(self.chapters, self.book)

    @property
    def _entries(self) -> list[Entry[Any]]:
        return [entry for chapter in self.chapters for entry in chapter.entries]

    def _of(self, *kinds: type[Statement]) -> list[Entry[Any]]:
        return ledger_tables.of_kinds(self._entries, *kinds)


def _line(
    question: Question,
    counts: Counter[Verdict],
    verdicts: Sequence[Verdict],
    study: str | None,
) -> list[Markdown | str]:
    """Give numbers of claims, each with a link to their lines in the ledger."""
    found = [(counts.total(), None), *((counts[verdict], verdict) for verdict in verdicts)]
    return [
        markdown.link(f"{n:,}", ledger_page.address(question, verdict, study)) if n else "0"
        for n, verdict in found
    ]


def _about(n: float) -> str:
    return f"{n:.0f}" if n >= 10 else f"{n:.1f}"


def _percent(share: float) -> str:
    return f"{round(100 * share, 6):g}\u00a0%"
