"""What a source claims, and what was found: the part of a chapter that the ledger fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from refashion.ledger import figures as ledger_figures
from refashion.ledger import tables as ledger_tables
from refashion.ledger import text as ledger_text
from refashion.ledger.tables import NUMBERS, OWN_NUMBERS, STATEMENTS, Question
from refashion.render.chapter.evidence import linked_value, notebooks
from refashion.render.chapter.exhibits import SPLITS, Exhibits
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.render.text.marks import (
    cell,
    tally,
    verdict_head,
    verdict_mark,
    verdict_name,
    widths_of,
)
from refashion.spec.claims import CurveClaim

Row = Mapping[str, Any]

LEVEL = 3
# From so many columns on, the two numbers of a cell stand one above the other.
MANY_COLUMNS = 6
COLUMNS = {"f1_score": "F1", "mae": "Mean absolute error", "val_mae": "Validation error"}
CORNERS = {"confusion_matrix": "True", "history": "Epoch", "classification_report": "Class"}
ABOUT = {
    "ordering": "which run is better",
    "extreme": "which class is the best or the worst",
    "curve": "how training goes",
    "cost": "time",
}


class Claims(Exhibits):
    """What a narrative can call for the claims of its source; every public method."""

    def claims(self) -> Markdown:
        """Set everything that the source claims beside what was found, with a heading a kind."""
        if not self._outcomes.verdicts:
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
        rows = self._of("value")
        if not rows:
            return Markdown("")
        noun = "number" if len(rows) == 1 else "numbers"
        told = [f"{len(rows)} {noun} one by one: ", self._tally(rows, NUMBERS), "."]
        shown = [self._told(told), self.figure_comparison(), self.table_verdicts()]
        return markdown.join(shown)

    def figure_comparison(self) -> Markdown:
        """Draw reported numbers beside their re-created values."""
        rows = [row for row in self._of("value") if not ledger_text.is_count(row)]
        if not rows:
            return self._absent("comparison", "the study states no number that can be drawn")
        caption = (
            "Reported numbers with the tolerance around them, and re-created values with their "
            "intervals. A number is reproduced where the interval lies within the tolerance."
        )
        alt = "Points with intervals on bars of tolerance, one row a number, one panel a metric"
        titles = self._outcomes.titles
        named = [{**row, "run": titles.get(row["run"], row["run"])} for row in rows]
        plot = partial(ledger_figures.plot_comparison, named)
        return self._book.figure(self._anchor("comparison"), plot, caption, alt)

    def table_verdicts(self) -> Markdown:
        """Set every number beside its re-created value, with interval, tolerance and verdict."""
        found = self._of("value")
        if not found:
            return self._absent("verdicts", "the study states no number one by one")
        rows = [
            [
                self._claim(row, self._number(row)),
                row["reported"],
                linked_value(row, self._outcomes.layout),
                ledger_text.interval_text(row),
                ledger_text.tolerance_text(row),
                markdown.join([verdict_mark(row), *self._notes(row)], ". "),
            ]
            for row in found
        ]
        header = ["Number", "Reported", "Re-created", "Difference", "Tolerance", "Verdict"]
        caption = (
            "Reported against re-created. The difference is reported minus re-created, as a "
            "95\u00a0% interval"
        )
        caption += "; pp are percentage points." * any(map(ledger_text.is_percent, found)) or "."
        longest = max(len(row["reported"]) for row in found)
        # The longest printed number has its place, and what is left is for words.
        narrow = (
            (10, 13, 15, 11) if longest <= 10 else (max(14, 1 + round(0.85 * longest)), 16, 13, 11)
        )
        words = 100 - sum(narrow)
        widths = (words - words // 2, *narrow, words // 2)
        return self._book.table(self._anchor("verdicts"), caption, header, rows, "lrrrrl", widths)

    def _number(self, row: Row) -> str:
        """Say what a number is of: "Accuracy, CNN, test"."""
        return f"{ledger_text.measure_text(row['metric'])}, {self._title(row)}, {row['split']}"

    def claimed_tables(self) -> Markdown:
        """Sum up the tables of numbers of the source, and show each with both its numbers."""
        rows = self._of("table")
        if not rows:
            return Markdown("")
        numbers = sum(len(row["cells"]) for row in rows)
        noun = "table" if len(rows) == 1 else "tables"
        told = [f"{len(rows)} {noun} with {numbers:,} numbers, each judged by itself: "]
        intro = self._told([*told, self._tally(rows, NUMBERS), "."])
        return markdown.join([intro, self._table_of_tables(rows), *map(self._cells, rows)])

    def _table_of_tables(self, rows: Sequence[Row]) -> Markdown:
        counts = [ledger_tables.count_verdicts([row], NUMBERS) for row in rows]
        verdicts = [v for v in NUMBERS.verdicts if any(count[v] for count in counts)]
        listed = [
            [
                self._claim(row, self._table_name(row)),
                str(len(row["cells"])),
                *(str(count[verdict]) for verdict in verdicts),
            ]
            for row, count in zip(rows, counts, strict=True)
        ]
        header = ["Table", "Numbers", *map(verdict_head, verdicts)]
        caption = "The tables of numbers of the source, and how many of their numbers are which."
        widths = widths_of(["Numbers", *map(ledger_text.words, verdicts)])
        align = "l" + "r" * (len(header) - 1)
        return self._book.table(self._anchor("tables"), caption, header, listed, align, widths)

    def _table_name(self, row: Row) -> Markdown:
        return markdown.link(self._of_what(row), f"#{cells_anchor(row)}")

    def _of_what(self, row: Row) -> str:
        split = row["split"] and f", {SPLITS.get(row['split'], row['split'])} split"
        return f"{ledger_text.measure_text(row['metric'])}: {self._title(row)}{split or ''}"

    def _cells(self, row: Row) -> Markdown:
        """Show one table of the source, two numbers a cell."""
        columns, lines = ledger_tables.columns_of(row), ledger_tables.cells_by_row(row)
        is_above = len(columns) >= MANY_COLUMNS
        listed = [
            [name, *(cell(line[c], is_above) if c in line else "" for c in columns)]
            for name, line in lines.items()
        ]
        header = [CORNERS.get(row["metric"], ""), *map(_heading, columns)]
        how = "reported above, re-created below" if is_above else "reported, then re-created"
        legend = ", ".join(ledger_tables.legend(row["cells"]))
        pages = notebooks(row, self._outcomes.layout, self._outcomes.titles)
        told = [f"{self._of_what(row)} ({row['where']}), {how}. {legend}.", *pages]
        align = "l" + "r" * len(columns)
        caption = markdown.join(told, " ")
        return self._book.table(cells_anchor(row), caption, header, listed, align)

    def claimed_statements(self) -> Markdown:
        """List what the source says of runs, classes, curves and times, and what was found."""
        rows = self._of(*STATEMENTS.kinds)
        if not rows:
            return Markdown("")
        noun = "statement" if len(rows) == 1 else "statements"
        told = [f"{len(rows)} {noun} on runs, classes, training and time: "]
        intro = self._told([*told, self._tally(rows, STATEMENTS), "."])
        return markdown.join([intro, *map(self._statements, STATEMENTS.kinds)])

    def _statements(self, kind: str) -> Markdown:
        rows = [
            [self._claim(row, self._statement(row)), self._found(row), self._verdict(row)]
            for row in self._of(kind)
        ]
        if not rows:
            return Markdown("")
        caption = f"Statements on {ABOUT[kind]}."
        return self._texts(f"statements_{kind}", caption, ["Statement", "Found", "Verdict"], rows)

    def _statement(self, row: Row) -> str:
        other = self._compared_with.get(row["id"])
        compared = f", compared with {self._outcomes.titles[other]}" if other else ""
        return ledger_text.statement_text(row, self._outcomes.titles) + compared

    @property
    def _compared_with(self) -> dict[str, str | None]:
        claims = self._outcomes.study.claims
        return {claim.id: claim.against for claim in claims if isinstance(claim, CurveClaim)}

    def _found(self, row: Row) -> Markdown:
        if row["verdict"] == "not_run":
            return markdown.escape(row["reason"])
        pages = notebooks(row, self._outcomes.layout, self._outcomes.titles)
        return markdown.join([ledger_text.found_text(row), *pages], " ")

    def _verdict(self, row: Row) -> Markdown:
        assumed = self._assumed(row) if row["verdict"] != "not_run" else []
        return markdown.join([verdict_name(row["verdict"]), *assumed], ". ")

    def own_numbers(self) -> Markdown:
        """List the checks of the source's own numbers, contradictions first."""
        rows = ledger_tables.own_numbers(self._outcomes.verdicts)
        if not rows:
            return Markdown("")
        noun = "check" if len(rows) == 1 else "checks"
        told = [f"{len(rows)} {noun} of what the source prints, for which nothing is run: "]
        intro = self._told([*told, self._tally(rows, OWN_NUMBERS), "."])
        listed = [
            [self._claim(row, ledger_text.check_text(row)), row["reason"], self._verdict(row)]
            for row in rows
        ]
        caption = "Whether the source's own numbers go together; contradictions first."
        header = ["Checked", "Found", "Verdict"]
        return markdown.join([intro, self._texts("own_numbers", caption, header, listed)])

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

    def _of(self, *kinds: str) -> list[Row]:
        return ledger_tables.of_kinds(self._outcomes.verdicts, *kinds)

    def _tally(self, rows: Sequence[Row], question: Question) -> Markdown:
        return tally(ledger_tables.count_verdicts(rows, question), question.verdicts)

    def _told(self, pieces: Sequence[Any]) -> Markdown:
        return markdown.block(markdown.join(pieces), "lead")

    def _title(self, row: Row) -> str:
        return self._outcomes.titles.get(row["run"], row["run"])

    def _claim(self, row: Row, about: Any) -> Markdown:
        """Tell what a claim is about, in whose words, and where they stand."""
        where = markdown.span(row["where"], "where")
        named = self._book.place(claim_anchor(row), markdown.strong(markdown.join([about, "."])))
        ledger = markdown.span(markdown.link("ledger", f"ledger.html#{claim_anchor(row)}"), "pages")
        return markdown.join([named, f" “{row['quote']}”, ", where, ledger])

    def _notes(self, row: Row) -> list[Markdown]:
        """Say why a number has no re-created value, and on what the verdict rests."""
        notes = [] if row["reproduced"] is not None else [row["reason"].rstrip(".")]
        return [*notes, *self._assumed(row)]

    def _assumed(self, row: Row) -> list[Markdown]:
        if not (n := len(row["assumes"])):
            return []
        noun = "assumption" if n == 1 else "assumptions"
        return [markdown.join([f"Rests on {n} {noun}: ", self.ref("assumptions")])]


def claim_anchor(row: Row) -> str:
    """Name of the place of a claim in its chapter."""
    return f"{row['study']}-claim-{row['id']}"


def cells_anchor(row: Row) -> str:
    """Name of the place of a table of numbers in its chapter."""
    return f"{row['study']}-cells_{row['id']}"


def _heading(column: str) -> str:
    plain = column.replace("val_", "validation ").replace("_", " ")
    return COLUMNS.get(column, plain[:1].upper() + plain[1:])
