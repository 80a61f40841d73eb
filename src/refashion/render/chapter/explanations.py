"""What closes the gaps of numbers that are not reproduced, for chapters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from refashion.explanation import words as explanation_words
from refashion.explanation.explanation import Closed, Explanation, explain, is_changed
from refashion.explanation.subjects import Subject, subjects_of
from refashion.figures import shares as share_figures
from refashion.ledger import words
from refashion.ledger.entry import Verdict
from refashion.ledger.rows import measured
from refashion.render.chapter.exhibits import Exhibits
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import TableClaim
from refashion.wording import counted

# A chapter explains no more numbers, and no more statements; the command explains each.
MOST = 3
MOST_STATEMENTS = 2
# Changes of a claim that its figure shows, and proposals that a chapter lists.
MOST_CHANGES = 5
MOST_PROPOSALS = 3


class Explanations(Exhibits):
    """Functions for what closes gaps. A narrative can call every public method."""

    def explanations(self) -> Markdown:
        """Show which single changes close the gaps of numbers, and turn statements that fail.

        Those with a clear answer come first, then the largest gaps. Each number of a run is shown
        once, and of a table that is not reproduced the one with the largest gap. Nothing is shown
        without a change that was run.
        """
        found = sorted(self._found(), key=lambda one: (one.best is None, -one.tolerances))
        if not found:
            return Markdown("")
        numbers = [one for one in found if one.subject.reported is not None]
        statements = [one for one in found if one.subject.reported is None]
        shown = [*numbers[:MOST], *statements[:MOST_STATEMENTS]]
        pieces = [markdown.bullets(map(self._told, shown))]
        if sum(len(one.closed) for one in shown) > 1:
            pieces.append(self._figure(shown))
        pieces += self._proposals(shown)
        if len(found) > len(shown):
            more = counted(len(found) - len(shown), "further claim")
            command = markdown.code(f"refashion explain {self._outcomes.study.name} CLAIM")
            pieces.append(markdown.paragraph(markdown.join([more, ": ", command, "."])))
        return markdown.join(pieces)

    def _found(self) -> Iterator[Explanation]:
        config, study = self._outcomes.config, self._outcomes.study.name
        seen: set[Any] = set()
        for entry in self._outcomes.entries:
            claim = entry.claim
            # A single number of a table that is not reproduced as a whole may be so by chance.
            if isinstance(claim, TableClaim) and entry.verdict is not Verdict.NOT_REPRODUCED:
                continue
            subject = next((one for one in subjects_of(entry) if _key(one) not in seen), None)
            if subject and is_changed(subject, self._outcomes.study_results):
                seen.add(_key(subject))
                one = explain(config, study, subject, self._outcomes.study_results)
                yield from [one] if one.closed else []

    def _told(self, found: Explanation) -> Markdown:
        name = markdown.strong(self._name(found.subject))
        numbers = f" ({explanation_words.gap_text(found)}). "
        told = explanation_words.sentence(found, self._outcomes.titles)
        return markdown.join([name, numbers, " ".join([told, *found.searches])])

    def _name(self, subject: Subject) -> str:
        claim, titles = subject.claim, self._outcomes.titles
        if subject.reported is None:
            return words.statement_text(claim, titles)
        parts = [titles[subject.runs[0]], words.uncapitalised(words.measured_text(claim))]
        if isinstance(claim, TableClaim):
            epoch = "epoch " if claim.table == "history" else ""
            cell = subject.column if claim.table == "runs" else subject.name
            parts.insert(1, f"{epoch}{cell}")
        return ", ".join(filter(None, [*parts, claim.split]))

    def _proposals(self, shown: Sequence[Explanation]) -> Iterator[Markdown]:
        if texts := explanation_words.proposal_texts(shown):
            yield markdown.paragraph("These would tell more:")
            yield markdown.bullets(texts[:MOST_PROPOSALS])

    def _figure(self, shown: Sequence[Explanation]) -> Markdown:
        rows = [
            (self._name(one.subject), self._change(closed, one), closed.share)
            for one in shown
            for closed in one.closed[:MOST_CHANGES]
        ]
        columns = ["claim", "change", "share", "lower", "upper"]
        table = pd.DataFrame([(claim, change, *share) for claim, change, share in rows])
        shares = table.set_axis(columns, axis=1).astype(dict.fromkeys(columns[2:], float))
        caption = (
            "Share of the gap that single changes close, with 95\u00a0% intervals. A change that "
            "closes all of it gives the reported number; a statement is turned beyond that."
        )
        if any(len(one.closed) > MOST_CHANGES for one in shown):
            caption += f" Of each claim, the {MOST_CHANGES} changes that close most are shown."
        texts = "; ".join(
            f"{claim}: {change} {explanation_words.share_text(share)}"
            for claim, change, share in rows
        )
        plot = partial(share_figures.plot_shares, shares)
        alt = f"Dots with intervals: {texts}"
        return self._references.figure(self._anchor("explained_gaps"), plot, caption, alt)

    def _change(self, closed: Closed, found: Explanation) -> str:
        return explanation_words.change_text(closed, found.subject, self._outcomes.titles)


def _key(subject: Subject) -> Any:
    """Return what stands for a number, which a source may print in its text and in a table."""
    claim = subject.claim
    if subject.reported is None:
        return claim.id
    if not isinstance(claim, TableClaim):
        return subject.runs, measured(claim), claim.split
    if claim.table == "runs":  # whose rows are runs, and whose columns are metrics
        return subject.runs, subject.column, claim.split
    return subject.runs, claim.table, subject.row, subject.column, claim.split
