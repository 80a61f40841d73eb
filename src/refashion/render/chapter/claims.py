"""Claims of a source beside the results: the part of a chapter that comes from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from refashion.ledger import causes, words
from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import AssumedSetting, Entry, Verdict
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, STATEMENTS, C, Question
from refashion.render.chapter.evidence import linked_value, notebooks
from refashion.render.chapter.exhibits import SPLIT_NAMES, Exhibits
from refashion.render.chapter.explanations import Explanations
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.chapter.source_pages import SourcePages
from refashion.render.text import markdown
from refashion.render.text.cross_references import CrossReferences
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import (
    brief_verdict,
    cell_numbers,
    entry_verdict,
    tally,
    verdict_head,
    widths_of,
)
from refashion.spec.claims import (
    Claim,
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    NumberClaim,
    OrderingClaim,
    Statement,
    TableClaim,
    TextClaim,
)
from refashion.wording import counted, headed

LEVEL = 3
# In a table with at least this many columns, the two numbers of a cell are stacked.
MANY_COLUMNS = 6
COLUMN_TITLES = {"f1_score": "F1", "mae": "Mean absolute error", "val_mae": "Validation error"}
CHECK_HEADER = ["Check", "Result", "Verdict"]
CORNERS = {
    "confusion_matrix": "True",
    "history": "Epoch",
    "classification_report": "Class",
    "runs": "Run",
    "output": "Row",
}
TOPICS: dict[type[Statement], str] = {
    OrderingClaim: "which run is better",
    ExtremeClaim: "the best or worst class",
    CurveClaim: "the course of training",
    CostClaim: "time",
    TextClaim: "what an estimator has learned",
}


class Claims(Exhibits):
    """Functions for the claims of the source. A narrative can call every public method.

    Parameters
    ----------
    outcomes
        Results of the study.
    references
        Numbers the figures and tables of the chapter.
    """

    def __init__(self, outcomes: Outcomes, references: CrossReferences) -> None:
        super().__init__(outcomes, references)
        self._pages = SourcePages(outcomes)

    def claims(self) -> Markdown:
        """Show all claims of the source beside the results, with a heading for each kind."""
        if not self._outcomes.entries:
            return self._absent("claims", "the study does not list any")
        parts = (
            ("Numbers", "value", self.claimed_numbers()),
            ("Tables", "table", self.claimed_tables()),
            ("Statements", "statement", self.claimed_statements()),
            ("What closes the gaps", "explained", self._explained()),
            ("Consistency of the source", "own", self.own_numbers()),
            ("Statements left out", "untestable", self.left_out()),
        )
        return markdown.join(
            piece
            for title, label, part in parts
            if part
            for piece in (markdown.heading(title, LEVEL, self._anchor("claims", label)), part)
        )

    def _explained(self) -> Markdown:
        return Explanations(self._outcomes, self._references).explanations()

    def claimed_numbers(self) -> Markdown:
        """Show the single reported numbers beside their re-created values."""
        found = self._of(NumberClaim)
        if not found:
            return Markdown("")
        numbers = counted(len(found), "single number")
        intro = self._lead(f"{numbers}: ", self._tally(found, NUMBERS), ".")
        return markdown.join([intro, self.figure_comparison(), self.table_verdicts()])

    def figure_comparison(self) -> Markdown:
        """Plot the single reported numbers with their re-created values."""
        numbers = ledger_tables.table_comparison(self._of(NumberClaim), self._outcomes.titles)
        if numbers.empty:
            return self._absent("comparison", "no number outside tables can be plotted")
        caption = (
            "Reported numbers with their tolerances, and re-created values with their intervals. "
            "A number is reproduced if the interval lies within the tolerance."
        )
        alt = (
            "Points with intervals on bars that show the tolerance, with a row for each number and "
            "a panel for each metric"
        )
        plot = partial(ledger_figures.plot_comparison, numbers)
        return self._references.figure(self._anchor("comparison"), plot, caption, alt)

    def table_verdicts(self) -> Markdown:
        """List the single reported numbers with re-created value, interval and verdict."""
        found = self._of(NumberClaim)
        if not found:
            return self._absent("verdicts", "the study has no numbers outside tables")
        rows = [
            [
                self._claim(entry, self._number(entry.claim)),
                markdown.join([entry_verdict(entry), *self._notes(entry)], ". "),
                entry.claim.reported,
                linked_value(entry, self._outcomes.layout),
                words.interval_text(entry),
                words.tolerance_text(entry.claim),
            ]
            for entry in found
        ]
        header = ["Number", "Verdict", "Reported", "Re-created", "Difference", "Tolerance"]
        caption = (
            "Reported and re-created numbers. The difference is reported minus re-created, as a "
            "95\u00a0% interval."
        )
        if any(words.is_percent(entry.claim) for entry in found):
            caption += " Differences of percentages are in percentage points (pp)."
        longest = max(len(entry.claim.reported) for entry in found)
        # The longest printed number fits its column; the text columns share the rest.
        narrow = (
            (10, 13, 15, 11) if longest <= 10 else (max(14, 1 + round(0.85 * longest)), 16, 13, 11)
        )
        wide = 100 - sum(narrow)
        widths = (wide - wide // 2, wide // 2, *narrow)
        return self._references.table(
            self._anchor("verdicts"), caption, header, rows, "llrrrr", widths
        )

    def _number(self, claim: NumberClaim) -> str:
        """Name a number by its metric, run and split, such as "Accuracy, CNN, test"."""
        parts = words.measured_text(claim), self._outcomes.titles[claim.run], claim.split
        return ", ".join(filter(None, parts))

    def claimed_tables(self) -> Markdown:
        """Summarise the tables of the source, then show each with its re-created numbers."""
        tables = self._of(TableClaim)
        if not tables:
            return Markdown("")
        numbers = counted(sum(len(entry.judgement.cells) for entry in tables), "number")
        text = f"{counted(len(tables), 'table')} with {numbers}, each judged on its own: "
        intro = self._lead(text, self._tally(tables, NUMBERS), ".")
        return markdown.join([intro, self._table_of_tables(tables), *map(self._cells, tables)])

    def _table_of_tables(self, tables: Sequence[Entry[TableClaim]]) -> Markdown:
        counts = [ledger_tables.count_verdicts([entry], NUMBERS) for entry in tables]
        verdicts = [v for v in NUMBERS.verdicts if any(count[v] for count in counts)]
        listed = [
            [
                self._claim(entry, self._table_name(entry)),
                str(len(entry.judgement.cells)),
                *(str(count[verdict]) for verdict in verdicts),
            ]
            for entry, count in zip(tables, counts, strict=True)
        ]
        header = ["Table", "Numbers", *map(verdict_head, verdicts)]
        caption = "Tables of the source, with the number of cells for each verdict."
        widths = widths_of(["Numbers", *(verdict.words for verdict in verdicts)])
        align = "l" + "r" * (len(header) - 1)
        return self._references.table(
            self._anchor("tables"), caption, header, listed, align, widths
        )

    def _table_name(self, entry: Entry[TableClaim]) -> Markdown:
        return markdown.link(self._table_title(entry.claim), f"#{cells_anchor(entry)}")

    def _table_title(self, claim: TableClaim) -> str:
        split = f", {SPLIT_NAMES.get(claim.split, claim.split)} split" if claim.split else ""
        of_run = f": {self._outcomes.titles[claim.run]}" if claim.run else ""
        return f"{words.measured_text(claim)}{of_run}{split}"

    def _cells(self, entry: Entry[TableClaim]) -> Markdown:
        """Show one table of the source, with both numbers in each cell."""
        columns, lines = ledger_tables.columns_of(entry), ledger_tables.cells_by_row(entry)
        is_above = len(columns) >= MANY_COLUMNS
        listed = [
            [
                self._row_title(entry.claim, name),
                *(cell_numbers(line[c], is_above) if c in line else "" for c in columns),
            ]
            for name, line in lines.items()
        ]
        header = [
            CORNERS[entry.claim.table],
            *(_column_title(entry.claim, column) for column in columns),
        ]
        order = "reported above, re-created below" if is_above else "reported, then re-created"
        legend = ", ".join(ledger_tables.legend(entry.judgement.cells))
        pages = notebooks(entry, self._outcomes.layout, self._outcomes.titles)
        title = f"{self._table_title(entry.claim)} ({entry.claim.where})"
        align = "l" + "r" * len(columns)
        caption = markdown.join([f"{title}, {order}. {legend}.", *pages], " ")
        return self._references.table(cells_anchor(entry), caption, header, listed, align)

    def _row_title(self, claim: TableClaim, row: str) -> str:
        return self._outcomes.titles[row] if claim.table == "runs" else row

    def claimed_statements(self) -> Markdown:
        """List the statements of the source on runs, classes, training and time."""
        found = self._of(*STATEMENTS.kinds)
        if not found:
            return Markdown("")
        text = f"{counted(len(found), 'statement')} about runs, classes, training and time: "
        intro = self._lead(text, self._tally(found, STATEMENTS), ".")
        return markdown.join([intro, *map(self._statements, STATEMENTS.kinds)])

    def _statements(self, kind: type[Claim]) -> Markdown:
        found = self._of(kind)
        if not found:
            return Markdown("")
        rows = [
            [self._claim(entry, self._statement(entry)), self._found(entry), self._verdict(entry)]
            for entry in found
        ]
        header = ["Statement", "Result", "Verdict"]
        label = f"statements_{found[0].claim.kind}"
        return self._texts(label, f"Statements about {TOPICS[kind]}.", header, rows)

    def _statement(self, entry: Entry[Any]) -> str:
        claim, titles = entry.claim, self._outcomes.titles
        stated = words.statement_text(claim, titles)
        if isinstance(claim, CurveClaim) and claim.against:
            return f"{stated}, compared with {titles[claim.against]}"
        return stated

    def _found(self, entry: Entry[Any]) -> Markdown:
        if entry.verdict is Verdict.NOT_RUN:
            return markdown.escape(words.found_text(entry))
        pages = notebooks(entry, self._outcomes.layout, self._outcomes.titles)
        return markdown.join([words.found_text(entry), *pages], " ")

    def _verdict(self, entry: Entry[Any]) -> Markdown:
        assumed = self._assumed(entry) if entry.verdict is not Verdict.NOT_RUN else []
        return markdown.join([brief_verdict(entry), *assumed], ". ")

    def own_numbers(self) -> Markdown:
        """List the consistency checks of the source's own numbers, contradictions first."""
        found = ledger_tables.own_numbers(self._outcomes.entries)
        if not found:
            return self._audit()
        n = len(ledger_tables.counting(found, ConsistencyClaim))
        text = f"{counted(n, 'consistency check')} of the source's own numbers, which need no run: "
        intro = self._lead(text, self._tally(found, OWN_NUMBERS), ".") if n else ""
        vacuous = [self._check(entry)[:2] for entry in found if causes.is_vacuous(entry)]
        listed = [self._check(entry) for entry in found if not causes.is_vacuous(entry)]
        caption = "Consistency of the source's own numbers, contradictions first."
        table = self._texts("own_numbers", caption, CHECK_HEADER, listed) if listed else ""
        return markdown.join([intro, table, self._vacuous(vacuous), self._audit()])

    def _audit(self) -> Markdown:
        """Say what the audit of the source asked and found, and how much of it the study states."""
        audit = self._pages.audit
        if audit is None or "fault" in audit:
            return Markdown("")
        counts = audit["counts"]
        checks = counted(sum(counts.values()), "check")
        numbers = counted(len(audit["numbers"]), "number")
        told = (
            f"The audit of the source ({audit['document']['name']}) read {numbers} and made "
            f"{checks}: {counted(counts['inconsistent'], 'contradiction')}, "
            f"{counts['doubtful']:,} doubtful, {counts['consistent']:,} consistent. "
            "What no claim states is listed as found by the audit."
        )
        share = f" Of its results, {covered.words}." if (covered := self._pages.coverage) else ""
        return markdown.paragraph(f"{told}{share}")

    def _check(self, entry: Entry[ConsistencyClaim]) -> list[Any]:
        claim, verdict = entry.claim, self._verdict(entry)
        if claim.same_cause_as:
            anchor = f"#{entry.study}-claim-{claim.same_cause_as}"
            verdict = markdown.join([verdict, markdown.link("Same cause", anchor)], ". ")
        return [self._claim(entry, words.check_text(claim)), words.found_text(entry), verdict]

    def _vacuous(self, rows: Sequence[Sequence[Any]]) -> Markdown:
        """Fold away the checks that say nothing; all of them agree."""
        if not rows:
            return Markdown("")
        n = counted(len(rows), "further check says", "further checks say")
        table = markdown.table(CHECK_HEADER[:2], rows, "ll")
        return markdown.folded(f"{n} {words.VACUOUS}.", table)

    def left_out(self) -> Markdown:
        """List the statements of the source that cannot be tested, with the reason."""
        untestable = self._outcomes.study.untestable
        if not untestable:
            return Markdown("")
        statements = counted(len(untestable), "statement is", "statements are")
        intro = self._lead(f"{statements} left out, because no run or calculation can test them.")
        rows = [
            [markdown.join([f"“{one.quote}”, ", place]), one.why]
            for one in untestable
            for place in [markdown.span(self._pages.where(one), "where")]
        ]
        caption = "Statements that cannot be tested."
        header, widths = ["Statement", "Reason"], (50, 50)
        anchor = self._anchor("untestable")
        listed = self._references.table(anchor, caption, header, rows, "ll", widths)
        return markdown.join([intro, listed])

    def _texts(
        self, label: str, caption: str, header: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> Markdown:
        return self._references.table(
            self._anchor(label), caption, header, rows, "lll", (46, 34, 20)
        )

    def _of(self, *kinds: type[C]) -> list[Entry[C]]:
        return ledger_tables.of_kinds(self._outcomes.entries, *kinds)

    def _tally(self, entries: Sequence[Entry[Any]], question: Question) -> Markdown:
        return tally(ledger_tables.count_verdicts(entries, question), question.verdicts)

    def _lead(self, *pieces: Any) -> Markdown:
        return markdown.block(markdown.join(pieces), "lead")

    def _claim(self, entry: Entry[Any], subject: Any) -> Markdown:
        """Show the subject of a claim with its quote and its place in the source."""
        claim, anchor = entry.claim, claim_anchor(entry)
        where = markdown.span(self._pages.where(claim), "where")
        named = self._references.place(anchor, markdown.strong(markdown.join([subject, "."])))
        ledger = markdown.span(markdown.link("ledger", f"ledger.html#{anchor}"), "pages")
        picture = self._pages.picture(claim)
        self._references.files |= {*self._pages.files.values()}
        return markdown.join([named, f" “{claim.quote}”, ", where, ledger, picture])

    def _notes(self, entry: Entry[Any]) -> list[str]:
        """Return the reason for a missing value and the number of assumptions, if any."""
        judged = entry.judgement
        notes = [] if judged.reproduced is not None else [judged.reason.rstrip(".")]
        return [*notes, *self._assumed(entry)]

    def _assumed(self, entry: Entry[Any]) -> list[Markdown]:
        if not entry.assumes:
            return []
        assumptions = assumptions_text(entry.assumes)
        return [markdown.join([f"Rests on {assumptions} (", self.ref("assumptions"), ")"])]


def assumptions_text(assumes: Sequence[AssumedSetting]) -> str:
    """Say how many assumptions a verdict rests on, and how many of them a search has found."""
    n = sum(assumed.recovered is not None for assumed in assumes)
    found = f", {counted(n, 'recovered value')} among them" if n else ""
    return f"{counted(len(assumes), 'assumption')}{found}"


def claim_anchor(entry: Entry[Any]) -> str:
    """Return the anchor of a claim in its chapter."""
    return f"{entry.study}-claim-{entry.claim.id}"


def cells_anchor(entry: Entry[TableClaim]) -> str:
    """Return the anchor of a reported table in its chapter."""
    return f"{entry.study}-cells_{entry.claim.id}"


def _column_title(claim: TableClaim, column: str) -> str:
    if claim.table == "output":  # as it was printed
        return column
    return COLUMN_TITLES.get(column, headed(words.column_text(column)))
