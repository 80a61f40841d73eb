"""Functions for the first page of the report: counts of verdicts, and the main findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import pandas as pd

from refashion.explanation.searches import gives
from refashion.judgement.difference import ERROR_RATE
from refashion.ledger import causes, pictures, words
from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.standing import Standing, count_standings
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, QUESTIONS, STATEMENTS, Question
from refashion.recovery.recovery import Conclusion
from refashion.recovery.tables import settings_text
from refashion.render.chapter.exhibits import listed
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.front import findings
from refashion.render.front.findings import Highlight
from refashion.render.site import ledger_page
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import tally, verdict_head, verdict_name, widths_of
from refashion.spec.claims import ConsistencyClaim, NumberClaim, Statement, TableClaim
from refashion.wording import counted

CAPTIONS = {
    NUMBERS.title: "Verdicts on numbers by study: single numbers and cells of tables.",
    STATEMENTS.title: "Verdicts on statements by study, about runs, classes, training and time.",
    OWN_NUMBERS.title: (
        "Consistency checks of each source's own numbers, which need no run. A contradiction that "
        "shows in several places counts once."
    ),
}


@dataclass(frozen=True)
class Overview:
    """Functions for the whole ledger. The template of the report can call every public method.

    Attributes
    ----------
    chapters
        Results of every study.
    references
        Numbers the figures and tables of the page.
    """

    chapters: Sequence[Outcomes]
    references: CrossReferences

    def counts(self) -> Markdown:
        """Number of claims of each kind."""
        numbers, tables = self._of(NumberClaim), self._of(TableClaim)
        statements, checks = self._of(*STATEMENTS.kinds), self._of(ConsistencyClaim)
        cells = self._n_cells
        parts = f" ({len(numbers):,} single, {cells:,} in {counted(len(tables), 'table')})"
        untestable = sum(len(chapter.study.untestable) for chapter in self.chapters)
        left_out = counted(untestable, "further statement is", "further statements are")
        counts = [
            f"{counted(len(numbers) + cells, 'reported number')}{parts * bool(cells)}",
            *([counted(len(statements), "statement")] * bool(statements)),
            *([counted(len(checks), "consistency check")] * bool(checks)),
        ]
        text = f"{listed(counts)}. {left_out} left out as untestable."
        return markdown.join([text, *self._not_counted(checks)])

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
        """Number of numbers, statements and checks with each verdict."""
        lines = [
            [markdown.strong(f"{question.title}: "), tally(counts, question.verdicts), "."]
            for question in QUESTIONS
            if (counts := ledger_tables.count_verdicts(self._entries, question))
        ]
        return markdown.bullets(map(markdown.join, lines)) if lines else Markdown("")

    def figure_verdicts(self) -> Markdown:
        """Plot the share of each verdict by study."""
        of_each = [
            ledger_tables.table_counts(chapter.entries).assign(study=chapter.study.title)
            for chapter in self.chapters
        ]
        counts = pd.concat(of_each, ignore_index=True)
        counts = counts[counts.groupby("question")["count"].transform("sum") > 0]
        if counts.empty:
            return Markdown("")
        totals = counts.groupby(["question", "verdict"], sort=False)["count"].sum()
        bars = [
            f"{question}: {n:,} {verdict.words}"
            for (question, verdict), n in zip(totals.index, totals, strict=True)
            if n
        ]
        alt = f"Bars of the share of each verdict, one for each study. {'; '.join(bars)}"
        caption = (
            "Share of each verdict among the claims of each study. Grey claims are not judged."
        )
        plot = partial(ledger_figures.plot_verdicts, counts)
        return self.references.figure("overview-verdicts", plot, caption, alt)

    def checked(self) -> Markdown:
        """Say in a sentence what was checked."""
        sources, data = {c.study.source.citation for c in self.chapters}, self._datasets()
        numbers = self._verdicts(NUMBERS).total()
        statements, checks = self._verdicts(STATEMENTS), self._verdicts(OWN_NUMBERS)
        in_tables = self._n_cells
        cells = f" ({in_tables:,} of them in tables)" * (0 < in_tables < numbers)
        what = [f"{counted(numbers, 'printed number')}{cells}"] * bool(numbers)
        what += [counted(statements.total(), "statement")] * bool(statements)
        reports = f"{counted(len(sources), 'published report')}{data}"
        does = [f"compares {' and '.join(what)} with the new results"] * bool(what)
        does += [f"makes {counted(checks.total(), 'check')} of the sources’ own arithmetic"] * bool(
            checks
        )
        return markdown.paragraph(
            f"This report runs {reports} again, from the data to the numbers."
            + f" It {' and '.join(does)}." * bool(does)
        )

    def _datasets(self) -> str:
        titles = [c.dataset.TITLE for c in self.chapters if c.study.dataset is not None]
        return f" on {listed(list(dict.fromkeys(titles)))}" if titles else ""

    def glance(self) -> Markdown:
        """Say how much holds: four numbers, and a bar of their shares."""
        counts = self._standings
        bar = pictures.share_bar(counts)
        if bar is None:
            return Markdown("")
        shown = [
            markdown.join(
                [
                    markdown.span(f"{s.verdict.mark}\u00a0{counts[s]:,}", _look(s, "big")),
                    " ",
                    markdown.link(s.words(counts[s]), ledger_page.standing_address(s)),
                ]
            )
            for s in Standing
            if counts[s]
        ]
        picture = self.references.picture("overview-glance", bar)
        return markdown.block(markdown.join([markdown.bullets(shown), picture]), "glance")

    def main_findings(self) -> Markdown:
        """Show the few findings that matter most, each with its picture."""
        found = findings.main_findings(self.chapters, self.references)
        titles = {chapter.study.name: chapter.study.title for chapter in self.chapters}
        cards = [self._card(n, one, titles) for n, one in enumerate(found, start=1)]
        return markdown.block(markdown.join(cards), "findings") if cards else Markdown("")

    def _card(self, n: int, found: Highlight, titles: Mapping[str, str]) -> Markdown:
        anchor = f"overview-finding_{n}"
        drawn = pictures.picture_of(found.entry)
        quoted = markdown.block(f"“{found.entry.claim.quote}”", "excerpt")
        picture = self.references.picture(f"{anchor}_picture", drawn) if drawn else quoted
        content = [
            markdown.paragraph(verdict_name(found.entry.verdict)),
            markdown.heading(found.heading, 2, anchor, "unnumbered unlisted"),
            picture,
            markdown.paragraph(found.sentence),
            markdown.paragraph(markdown.span(titles[found.entry.study], "where")),
        ]
        return markdown.block(markdown.join(content), "finding")

    def sure(self) -> Markdown:
        """Say how sure the verdicts are, in the words of a layman."""
        counts, numbers = self._standings, self._verdicts(NUMBERS)
        if not (counts[Standing.HOLDS] + counts[Standing.AGAINST] + counts[Standing.OPEN]):
            return Markdown("")
        sentences = [f"The rules call at most {_percent(ERROR_RATE)} of true claims wrong."]
        in_tables = ledger_tables.count_verdicts(self._of(TableClaim), NUMBERS)
        if n := count_standings(in_tables)[Standing.HOLDS]:
            holds = counted(counts[Standing.HOLDS], "claim holds", "claims hold")
            sentences.append(f"{holds}, {n:,} of them numbers in tables, each judged by itself.")
        if wrong := numbers[Verdict.NOT_REPRODUCED]:
            sentences.append(
                f"If every number were right, chance alone would make "
                f"{_about(self._expected)} of {numbers.total():,} look wrong; {wrong:,} "
                f"{'do' if wrong != 1 else 'does'}."
            )
        if n := counts[Standing.OPEN]:
            alone = sum(map(_open_by_one_seed, self._entries))
            why = f", {alone:,} of them because there is one seed only" if alone else ""
            sentences.append(
                f"{counted(n, 'claim is', 'claims are')} open: the runs cannot tell{why}."
            )
        if n := counts[Standing.FITTED]:
            sentences.append(words.fitted_text(n))
        return markdown.paragraph(
            markdown.join([markdown.strong("How sure is this? "), " ".join(sentences)])
        )

    def searched(self) -> Markdown:
        """List what the finished searches for open settings have found."""
        lines = [
            self._search(chapter, name, found)
            for chapter in self.chapters
            for name, found in chapter.searches.items()
        ]
        if not lines:
            return Markdown("")
        head = markdown.strong("What the sources leave open was searched.")
        return markdown.join([markdown.paragraph(head), markdown.bullets(lines)])

    def _search(self, chapter: Outcomes, name: str, found: Mapping[str, Any]) -> Markdown:
        search, study, best = chapter.study.recover[name], chapter.study, found["best"] or {}
        verdict, names = Conclusion(found["verdict"]), listed([*search.settings])
        what = "value" if len(search.settings) == 1 else "combination"
        if not best or best["error"]:
            before, subject, after = f"no {what} of ", names, " could be tried for"
        elif verdict is Conclusion.FOUND:
            subject = settings_text(best["settings"])
            before, after = "", f" {gives(best['settings'])}"
        elif verdict is Conclusion.SEVERAL:
            before, subject, after = f"several {what}s of ", names, " give"
        else:
            before, subject, after = f"no {what} of ", names, " that was tried gives"
        linked = self.references.link(subject, f"{study.name}-recovery_{name}", study.name)
        of = f" the printed numbers of {chapter.titles[search.run]} that it was searched by"
        limit = found["stopped"]
        ended = f"; the search ended at its limit of {limit}" * bool(limit)
        where = markdown.span(study.title, "where")
        return markdown.join([before, linked, f"{after}{of}{ended} (", where, ")."])

    def matrix(self) -> Markdown:
        """Show the number of verdicts by study: a table for each question of the ledger."""
        return markdown.join(map(self._matrix, QUESTIONS))

    def _matrix(self, question: Question) -> Markdown:
        counts = [ledger_tables.count_verdicts(c.entries, question) for c in self.chapters]
        total = sum(counts, Counter())
        if not total:
            return Markdown("")
        verdicts = [verdict for verdict in question.verdicts if total[verdict]]
        untestable = [len(chapter.study.untestable) for chapter in self.chapters]
        has_untestable = question is STATEMENTS and any(untestable)
        names = [markdown.link(c.study.title, f"#{c.study.name}") for c in self.chapters]
        rows = [
            [name, *_row(question, count, verdicts, study), *([f"{n:,}"] if has_untestable else [])]
            for name, study, count, n in zip(
                [*names, markdown.strong("Total")],
                [*(chapter.study.name for chapter in self.chapters), None],
                [*counts, total],
                [*untestable, sum(untestable)],
                strict=True,
            )
        ]
        last = ["Left out"] * has_untestable
        header = ["Study", question.title, *map(verdict_head, verdicts), *last]
        widths = widths_of([question.title, *(v.words for v in verdicts), *last])
        anchor = f"overview-{question.title.lower().replace(' ', '_')}"
        align = "l" + "r" * (len(header) - 1)
        return self.references.table(anchor, CAPTIONS[question.title], header, rows, align, widths)

    def chance(self) -> Markdown:
        """Set what chance alone would bring beside what was found."""
        expected, wrong = self._expected, self._verdicts(NUMBERS)[Verdict.NOT_REPRODUCED]
        sentences = [
            f"{counted(wrong, 'number is', 'numbers are')} not reproduced. If all of them were "
            f"true, chance alone would make {_about(expected)} so."
        ] * bool(wrong or expected)
        statements = self._of(*STATEMENTS.kinds)
        settled = [e for e in statements if e.counts_as in (Verdict.HOLDS, Verdict.FAILS)]
        sentences += [
            f"{counted(len(settled), 'statement is', 'statements are')} settled. Of all "
            f"{len(statements):,}, chance alone would settle at most "
            f"{_about(ERROR_RATE * len(statements))} the wrong way on average: the rules do so "
            f"with at most {_percent(ERROR_RATE)} of comparisons of equals."
        ] * bool(settled)
        if sentences and any(entry.judgement.preliminary for entry in self._entries):
            sentences.append(
                "With one seed, the deviation between seeds is assumed; these rates hold as long "
                "as it is not several times larger."
            )
        return markdown.paragraph(" ".join(sentences)) if sentences else Markdown("")

    def findings(self) -> Markdown:
        """List the main findings, a few of each kind."""
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

    def _verdicts(self, question: Question) -> Counter[Verdict]:
        return ledger_tables.count_verdicts(self._entries, question)

    @cached_property
    def _standings(self) -> Counter[Standing]:
        return count_standings(self._verdicts(NUMBERS) + self._verdicts(STATEMENTS))

    @property
    def _n_cells(self) -> int:
        """Number of numbers in tables."""
        return sum(len(entry.judgement.cells) for entry in self._of(TableClaim))

    @property
    def _expected(self) -> float:
        """How many numbers would be called not reproduced if all of them were true."""
        judged = [entry.judgement.by_chance for entry in self._of(*NUMBERS.kinds)]
        return sum(found for found in judged if found is not None)

    @cached_property
    def _found(self) -> dict[str, list[Markdown]]:
        return findings.select_findings(self.chapters, self.references)

    @property
    def _entries(self) -> list[Entry[Any]]:
        return [entry for chapter in self.chapters for entry in chapter.entries]

    def _of(self, *kinds: type[Statement]) -> list[Entry[Any]]:
        return ledger_tables.of_kinds(self._entries, *kinds)


def _row(
    question: Question,
    counts: Counter[Verdict],
    verdicts: Sequence[Verdict],
    study: str | None,
) -> list[Markdown | str]:
    """Return the numbers of claims, each linked to those claims in the ledger."""
    found = [(counts.total(), None), *((counts[verdict], verdict) for verdict in verdicts)]
    return [
        markdown.link(f"{n:,}", ledger_page.address(question, verdict, study)) if n else "0"
        for n, verdict in found
    ]


def _look(standing: Standing, css_class: str) -> str:
    return f"verdict {standing.verdict.name_in_pages} {css_class}"


def _open_by_one_seed(entry: Entry[Any]) -> int:
    """Count the open claims in an entry that has one seed."""
    if not entry.judgement.preliminary or isinstance(entry.claim, ConsistencyClaim):
        return 0
    judged = entry.judgement.cells or [entry]
    return sum(Standing.of(one.verdict) is Standing.OPEN for one in judged)


def _about(n: float) -> str:
    return f"about {n:.0f}" if n >= 10 else f"about {n:.1f}" if n >= 0.05 else "almost none"


def _percent(share: float) -> str:
    return f"{round(100 * share, 6):g}\u00a0%"
