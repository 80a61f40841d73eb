"""What closes the gaps of numbers that are not reproduced, for chapters."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from refashion.explanation import words as explanation_words
from refashion.explanation.explanation import Explanation, explain, is_explained
from refashion.figures import shares as share_figures
from refashion.ledger import words
from refashion.render.chapter.exhibits import Exhibits
from refashion.render.text import markdown
from refashion.render.text.markdown import Markdown
from refashion.spec.claims import ValueClaim
from refashion.wording import counted

# A chapter explains no more numbers than this; the command explains each.
MOST = 3
# Proposals that a chapter lists.
MOST_PROPOSALS = 3


class Explanations(Exhibits):
    """Functions for what closes gaps. A narrative can call every public method."""

    def explanations(self) -> Markdown:
        """Show which single changes close the gaps of numbers that are not reproduced.

        Each number of a run is shown once, those with a clear answer first; nothing without such a
        number or without a change that was run.
        """
        found = list(self._found())
        if not found:
            return Markdown("")
        found.sort(key=lambda one: one.best is None)
        pieces: list[Markdown] = []
        runs: set[str] = set()
        for one in found[:MOST]:
            pieces += self._shown(one)
            pieces += self._proposals(one) if one.entry.claim.run not in runs else []
            runs.add(one.entry.claim.run)
        if len(found) > MOST:
            more = counted(len(found) - MOST, "further number")
            command = markdown.code(f"refashion explain {self._outcomes.study.name} CLAIM")
            pieces.append(markdown.paragraph(markdown.join([more, ": ", command, "."])))
        return markdown.join(pieces)

    def _found(self) -> Iterator[Explanation]:
        seen = set()
        for entry in self._outcomes.entries:
            if not is_explained(entry):
                continue
            key = entry.claim.run, entry.claim.metric, entry.claim.split
            if key in seen or not self._outcomes.finite_seeds(entry.claim.run):
                continue
            seen.add(key)
            one = explain(self._outcomes.config, entry, self._outcomes.study_results)
            if one.closed:
                yield one

    def _shown(self, found: Explanation) -> Iterator[Markdown]:
        claim = found.entry.claim
        name = f"{self._outcomes.titles[claim.run]}, {_measure(claim)}"
        ours = words.alike(found.ours, claim.reported)
        numbers = f" (reported {claim.reported}, re-created {ours}). "
        told = explanation_words.sentence(found)
        yield markdown.paragraph(markdown.join([markdown.strong(name), numbers, told]))
        if len(found.closed) > 1:
            yield self._figure(found, name)

    def _proposals(self, found: Explanation) -> Iterator[Markdown]:
        if found.proposals:
            texts = map(explanation_words.proposal_text, found.proposals[:MOST_PROPOSALS])
            yield markdown.paragraph("These runs would tell more:")
            yield markdown.bullets(texts)

    def _figure(self, found: Explanation, name: str) -> Markdown:
        shares = pd.DataFrame(
            [(explanation_words.change_text(one), *one.share) for one in found.closed],
            columns=["change", "share", "lower", "upper"],
        ).astype({"share": float, "lower": float, "upper": float})
        caption = (
            f"Share of the gap that single changes close, with 95\u00a0% intervals: {name}. "
            "A change that closes all of it gives the reported number."
        )
        texts = "; ".join(
            f"{explanation_words.change_text(one)} {one.share.value:.0%}" for one in found.closed
        )
        plot = partial(share_figures.plot_shares, shares)
        anchor = self._anchor("explained", found.entry.claim.id)
        return self._references.figure(anchor, plot, caption, f"Dots with intervals: {texts}")


def _measure(claim: ValueClaim) -> str:
    measure = words.measured_text(claim)
    small = measure[1:2].islower() or measure[1:2] == " "
    return f"{measure[:1].lower() if small else measure[:1]}{measure[1:]}, {claim.split}"
