"""What a source claims, and what was found: the part of a chapter that the ledger fills."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from refashion.ledger import causes, words
from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables
from refashion.ledger.entry import Entry, Verdict
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, STATEMENTS, Question
from refashion.render.chapter.evidence import linked_value, notebooks
from refashion.render.chapter.exhibits import SPLITS, Exhibits
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import (
    cell_numbers,
    entry_verdict,
    tally,
    verdict_head,
    verdict_name,
    widths_of,
)
from refashion.spec.claims import (
    ConsistencyClaim,
    CostClaim,
    CurveClaim,
    ExtremeClaim,
    OrderingClaim,
    Statement,
    TableClaim,
    ValueClaim,
)
from refashion.wording import counted

C = TypeVar("C", bound=Statement)

LEVEL = 3
# From so many columns on, the two numbers of a cell stand one above the other.
MANY_COLUMNS = 6
COLUMNS = {"f1_score": "F1", "mae": "Mean absolute error", "val_mae": "Validation error"}
CHECKED = ["Checked", "Found", "Verdict"]
CORNERS = {"confusion_matrix": "True", "history": "Epoch", "classification_report": "Class"}
ABOUT: dict[type[Statement], str] = {
    OrderingClaim: "which run is better",
    ExtremeClaim: "which class is the best or the worst",
    CurveClaim: "how training goes",
    CostClaim: "time",
}


class Claims(Exhibits):
    """What a narrative can call for the claims of its source; every public method."""

    def claims(self) -> Markdown:
        """Set everything that the source claims beside what was found, with a heading a kind."""
        if not self._outcomes.entries:
            return self._absent("claims", "the study makes none")
        parts = (
            ("Numbers", "value", self.claimed_numbers()),
            ("Tables of numbers", "table", self.claimed_tables()),
            ("Statements", "statement", self.claimed_statements()),
            ("The source's own numbers", "own", self.own_numbers()),
            ("What was left out", "untestable", self.left_out()),
        )
        return markdown.join(
            piece
            for title, label, part in parts
            if part
            for piece in (markdown.heading(title, LEVEL, self._anchor("claims", label)), part)
        )

    def claimed_numbers(self) -> Markdown:
        """Set every number that stands alone in the source beside its re-created value."""
        found = self._of(ValueClaim)
        if not found:
            return Markdown("")
        noun = "number" if len(found) == 1 else "numbers"
        told = [f"{len(found)} {noun} one by one: ", self._tally(found, NUMBERS), "."]
        shown = [self._told(told), self.figure_comparison(), self.table_verdicts()]
        return markdown.join(shown)

    def figure_comparison(self) -> Markdown:
        """Draw reported numbers beside their re-created values."""
        numbers = ledger_tables.table_comparison(self._of(ValueClaim), self._outcomes.titles)
        if numbers.empty:
            return self._absent("comparison", "the study states no number that can be drawn")
        caption = (
            "Reported numbers with the tolerance around them, and re-created values with their "
            "intervals. A number is reproduced where the interval lies within the tolerance."
        )
        alt = "Points with intervals on bars of tolerance, one row a number, one panel a metric"
        plot = partial(ledger_figures.plot_comparison, numbers)
        return self._book.figure(self._anchor("comparison"), plot, caption, alt)

    def table_verdicts(self) -> Markdown:
        """Set every number beside its re-created value, with interval, tolerance and verdict."""
        found = self._of(ValueClaim)
        if not found:
            return self._absent("verdicts", "the study states no number one by one")
        rows = [
            [
                self._claim(entry, self._number(entry.claim)),
                entry.claim.reported,
                linked_value(entry, self._outcomes.layout),
                words.interval_text(entry),
                words.tolerance_text(entry.claim),
                markdown.join([entry_verdict(entry), *self._notes(entry)], ". "),
            ]
            for entry in found
        ]
        header = ["Number", "Reported", "Re-created", "Difference", "Tolerance", "Verdict"]
        caption = (
            "Reported against re-created. The difference is reported minus re-created, as a "
            "95\u00a0% interval"
        )
        caption += (
            "; pp are percentage points." * any(words.is_percent(e.claim) for e in found) or "."
        )
        longest = max(len(entry.claim.reported) for entry in found)
        # The longest printed number has its place, and what is left is for words.
        narrow = (
            (10, 13, 15, 11) if longest <= 10 else (max(14, 1 + round(0.85 * longest)), 16, 13, 11)
        )
        wide = 100 - sum(narrow)
        widths = (wide - wide // 2, *narrow, wide // 2)
        return self._book.table(self._anchor("verdicts"), caption, header, rows, "lrrrrl", widths)

    def _number(self, claim: ValueClaim) -> str:
        """Say what a number is of: "Accuracy, CNN, test"."""
        return f"{words.measured_text(claim)}, {self._outcomes.titles[claim.run]}, {claim.split}"

    def claimed_tables(self) -> Markdown:
        """Sum up the tables of numbers of the source, and show each with both its numbers."""
        tables = self._of(TableClaim)
        if not tables:
            return Markdown("")
        numbers = sum(len(entry.judgement.cells) for entry in tables)
        noun = "table" if len(tables) == 1 else "tables"
        told = [f"{len(tables)} {noun} with {numbers:,} numbers, each judged by itself: "]
        intro = self._told([*told, self._tally(tables, NUMBERS), "."])
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
        caption = "The tables of numbers of the source, and how many of their numbers are which."
        widths = widths_of(["Numbers", *(verdict.words for verdict in verdicts)])
        align = "l" + "r" * (len(header) - 1)
        return self._book.table(self._anchor("tables"), caption, header, listed, align, widths)

    def _table_name(self, entry: Entry[TableClaim]) -> Markdown:
        return markdown.link(self._of_what(entry.claim), f"#{cells_anchor(entry)}")

    def _of_what(self, claim: TableClaim) -> str:
        split = f", {SPLITS.get(claim.split, claim.split)} split" if claim.split else ""
        return f"{words.measured_text(claim)}: {self._outcomes.titles[claim.run]}{split}"

    def _cells(self, entry: Entry[TableClaim]) -> Markdown:
        """Show one table of the source, two numbers a cell."""
        columns, lines = ledger_tables.columns_of(entry), ledger_tables.cells_by_row(entry)
        is_above = len(columns) >= MANY_COLUMNS
        listed = [
            [name, *(cell_numbers(line[c], is_above) if c in line else "" for c in columns)]
            for name, line in lines.items()
        ]
        header = [CORNERS[entry.claim.table], *map(_heading, columns)]
        how = "reported above, re-created below" if is_above else "reported, then re-created"
        legend = ", ".join(ledger_tables.legend(entry.judgement.cells))
        pages = notebooks(entry, self._outcomes.layout, self._outcomes.titles)
        told = [f"{self._of_what(entry.claim)} ({entry.claim.where}), {how}. {legend}.", *pages]
        align = "l" + "r" * len(columns)
        caption = markdown.join(told, " ")
        return self._book.table(cells_anchor(entry), caption, header, listed, align)

    def claimed_statements(self) -> Markdown:
        """List what the source says of runs, classes, curves and times, and what was found."""
        found = self._of(*STATEMENTS.kinds)
        if not found:
            return Markdown("")
        noun = "statement" if len(found) == 1 else "statements"
        told = [f"{len(found)} {noun} on runs, classes, training and time: "]
        intro = self._told([*told, self._tally(found, STATEMENTS), "."])
        return markdown.join([intro, *map(self._statements, STATEMENTS.kinds)])

    def _statements(self, kind: type[Statement]) -> Markdown:
        found = self._of(kind)
        if not found:
            return Markdown("")
        rows = [
            [self._claim(entry, self._statement(entry)), self._found(entry), self._verdict(entry)]
            for entry in found
        ]
        header = ["Statement", "Found", "Verdict"]
        label = f"statements_{found[0].claim.kind}"
        return self._texts(label, f"Statements on {ABOUT[kind]}.", header, rows)

    def _statement(self, entry: Entry[Any]) -> str:
        claim, titles = entry.claim, self._outcomes.titles
        stated = words.statement_text(claim, titles)
        if isinstance(claim, CurveClaim) and claim.against:
            return f"{stated}, compared with {titles[claim.against]}"
        return stated

    def _found(self, entry: Entry[Any]) -> Markdown:
        if entry.verdict is Verdict.NOT_RUN:
            return markdown.escape(entry.judgement.reason)
        pages = notebooks(entry, self._outcomes.layout, self._outcomes.titles)
        return markdown.join([words.found_text(entry), *pages], " ")

    def _verdict(self, entry: Entry[Any]) -> Markdown:
        assumed = self._assumed(entry) if entry.verdict is not Verdict.NOT_RUN else []
        return markdown.join([verdict_name(entry.verdict), *assumed], ". ")

    def own_numbers(self) -> Markdown:
        """List the checks of the source's own numbers, contradictions first."""
        found = ledger_tables.own_numbers(self._outcomes.entries)
        if not found:
            return Markdown("")
        n = len(ledger_tables.counting(found, ConsistencyClaim))
        noun = "check" if n == 1 else "checks"
        told = [f"{n} {noun} of what the source prints, for which nothing is run: "]
        intro = self._told([*told, self._tally(found, OWN_NUMBERS), "."]) if n else ""
        vacuous = [self._check(entry)[:2] for entry in found if causes.is_vacuous(entry)]
        listed = [self._check(entry) for entry in found if not causes.is_vacuous(entry)]
        caption = "Whether the source's own numbers go together; contradictions first."
        table = self._texts("own_numbers", caption, CHECKED, listed) if listed else ""
        return markdown.join([intro, table, self._vacuous(vacuous)])

    def _check(self, entry: Entry[ConsistencyClaim]) -> list[Markdown | str]:
        claim, verdict = entry.claim, self._verdict(entry)
        if claim.same_cause_as:
            anchor = f"#{entry.study}-claim-{claim.same_cause_as}"
            verdict = markdown.join([verdict, markdown.link("Same cause", anchor)], ". ")
        return [self._claim(entry, words.check_text(claim)), entry.judgement.reason, verdict]

    def _vacuous(self, rows: Sequence[Sequence[Any]]) -> Markdown:
        """Fold away the checks that say nothing; all of them agree."""
        if not rows:
            return Markdown("")
        n = counted(len(rows), "further check says", "further checks say")
        told = f"{n} {words.VACUOUS}."
        return markdown.folded(told, markdown.table(CHECKED[:2], rows, "ll"))

    def left_out(self) -> Markdown:
        """List the statements of the source that nothing can be run for, with the reason."""
        untestable = self._outcomes.study.untestable
        if not untestable:
            return Markdown("")
        noun = "statement is" if len(untestable) == 1 else "statements are"
        why = "since there is nothing to run or to calculate that would test them."
        intro = self._told([f"{len(untestable)} {noun} left out, {why}"])
        rows = [
            [markdown.join([f"“{one.quote}”, ", markdown.span(one.where, "where")]), one.why]
            for one in untestable
        ]
        caption = "Statements that are left out."
        header, widths = ["Statement", "Why"], (50, 50)
        anchor = self._anchor("untestable")
        listed = self._book.table(anchor, caption, header, rows, "ll", widths)
        return markdown.join([intro, listed])

    def _texts(
        self, label: str, caption: str, header: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> Markdown:
        return self._book.table(self._anchor(label), caption, header, rows, "lll", (46, 34, 20))

    def _of(self, *kinds: type[C]) -> list[Entry[C]]:
        return ledger_tables.of_kinds(self._outcomes.entries, *kinds)

    def _tally(self, entries: Sequence[Entry[Any]], question: Question) -> Markdown:
        return tally(ledger_tables.count_verdicts(entries, question), question.verdicts)

    def _told(self, pieces: Sequence[Any]) -> Markdown:
        return markdown.block(markdown.join(pieces), "lead")

    def _claim(self, entry: Entry[Any], about: Any) -> Markdown:
        """Write what a claim is about, with the source's words and where they stand."""
        claim, anchor = entry.claim, claim_anchor(entry)
        where = markdown.span(claim.where, "where")
        named = self._book.place(anchor, markdown.strong(markdown.join([about, "."])))
        ledger = markdown.span(markdown.link("ledger", f"ledger.html#{anchor}"), "pages")
        return markdown.join([named, f" “{claim.quote}”, ", where, ledger])

    def _notes(self, entry: Entry[Any]) -> list[Markdown]:
        """Say why a number has no re-created value, and on what the verdict rests."""
        judged = entry.judgement
        notes = [] if judged.reproduced is not None else [judged.reason.rstrip(".")]
        return [*notes, *self._assumed(entry)]

    def _assumed(self, entry: Entry[Any]) -> list[Markdown]:
        if not (n := len(entry.assumes)):
            return []
        noun = "assumption" if n == 1 else "assumptions"
        return [markdown.join([f"Rests on {n} {noun}: ", self.ref("assumptions")])]


def claim_anchor(entry: Entry[Any]) -> str:
    """Name of the place of a claim in its chapter."""
    return f"{entry.study}-claim-{entry.claim.id}"


def cells_anchor(entry: Entry[TableClaim]) -> str:
    """Name of the place of a table of numbers in its chapter."""
    return f"{entry.study}-cells_{entry.claim.id}"


def _heading(column: str) -> str:
    plain = column.replace("val_", "validation ").replace("_", " ")
    return COLUMNS.get(column, plain[:1].upper() + plain[1:])
