"""What closes the gaps of numbers that are not reproduced, for chapters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from refashion.explanation import words as explanation_words
from refashion.explanation.explanation import Explanation, explain, is_changed
from refashion.explanation.subjects import Subject, subjects_of
from refashion.figures import shares as share_figures
from refashion.ledger import words
from refashion.ledger.entry import Verdict
from refashion.ledger.rows import measured
from refashion.render.chapter.exhibits import Exhibits
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import NumberClaim, TableClaim, runs_of
from refashion.wording import counted

# A chapter explains no more numbers, and no more statements; the command explains each.
MOST = 3
MOST_STATEMENTS = 2
# Proposals that a chapter lists.
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
        numbers = [one for one in found if one.subject.reported is not None]
        statements = [one for one in found if one.subject.reported is None]
        shown = [*numbers[:MOST], *statements[:MOST_STATEMENTS]]
        pieces: list[Markdown] = []
        runs: set[str] = set()
        for one in shown:
            pieces += self._shown(one)
            pieces += self._proposals(one) if not runs.issuperset(one.subject.runs) else []
            runs.update(one.subject.runs)
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
            is_number = isinstance(claim, NumberClaim | TableClaim)
            key = (runs_of(claim), measured(claim), claim.split) if is_number else claim.id
            subjects = subjects_of(entry)[:1] if key not in seen else []
            for subject in subjects:
                if is_changed(subject, self._outcomes.study_results):
                    seen.add(key)
                    one = explain(config, study, subject, self._outcomes.study_results)
                    yield from [one] if one.closed else []

    def _shown(self, found: Explanation) -> Iterator[Markdown]:
        name = self._name(found.subject)
        numbers = f" ({explanation_words.gap_text(found)}). "
        told = explanation_words.sentence(found, self._outcomes.titles)
        yield markdown.paragraph(markdown.join([markdown.strong(name), numbers, told]))
        if len(found.closed) > 1:
            yield self._figure(found, name)

    def _name(self, subject: Subject) -> str:
        claim, titles = subject.claim, self._outcomes.titles
        if subject.reported is None:
            return words.statement_text(claim, titles)
        parts = [titles[subject.runs[0]], words.uncapitalised(words.measured_text(claim))]
        if isinstance(claim, TableClaim):
            parts.insert(1, subject.column if claim.table == "runs" else subject.name)
        return ", ".join(filter(None, [*parts, claim.split]))

    def _proposals(self, found: Explanation) -> Iterator[Markdown]:
        if found.proposals:
            texts = map(explanation_words.proposal_text, found.proposals[:MOST_PROPOSALS])
            yield markdown.paragraph("These runs would tell more:")
            yield markdown.bullets(texts)

    def _figure(self, found: Explanation, name: str) -> Markdown:
        titles, subject = self._outcomes.titles, found.subject
        changes = [explanation_words.change_text(one, subject, titles) for one in found.closed]
        shares = pd.DataFrame(
            [(change, *one.share) for change, one in zip(changes, found.closed, strict=True)],
            columns=["change", "share", "lower", "upper"],
        ).astype({"share": float, "lower": float, "upper": float})
        aim, reached = "reported", "A change that closes all of it gives the reported number."
        if subject.reported is None:
            aim, reached = "turns", "Where more than all of it closes, the statement is turned."
        caption = f"Share of the gap that single changes close, with 95\u00a0% intervals: {name}."
        texts = "; ".join(
            f"{change} {one.share.value:.0%}"
            for change, one in zip(changes, found.closed, strict=True)
        )
        plot = partial(share_figures.plot_shares, shares, aim)
        anchor = self._anchor("explained", subject.claim.id)
        alt = f"Dots with intervals: {texts}"
        return self._references.figure(anchor, plot, f"{caption} {reached}", alt)
