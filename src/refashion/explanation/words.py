"""Explanations in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from refashion.explanation.explanation import (
    PREPROCESS,
    Closed,
    Explanation,
    Proposal,
    SingleChange,
)
from refashion.explanation.shares import Share
from refashion.ledger.words import alike, measured_text
from refashion.shortening import shortened
from refashion.wording import counted, rough_duration

# Shares that have a name, and how far from it they are still called so.
FRACTIONS: Mapping[float, str] = {
    0.1: "a tenth",
    0.2: "a fifth",
    0.25: "a quarter",
    0.3: "three tenths",
    1 / 3: "a third",
    0.4: "two fifths",
    0.5: "half",
    0.6: "three fifths",
    2 / 3: "two thirds",
    0.7: "seven tenths",
    0.75: "three quarters",
    0.8: "four fifths",
    0.9: "nine tenths",
    1.0: "all",
}
PLURALS = ("two", "three", "four", "seven", "nine")
LEAST, MOST = 0.05, 1.1
# Letters of a value that is quoted; of more, the title of the run tells.
LONGEST = 40


def share_text(share: Share) -> str:
    """Write a share as a percentage with its interval.

    Examples
    --------
    >>> share_text(Share(0.6, 0.52, 0.69)), share_text(Share(-0.1, None, None))
    ('60 % (52 to 69 %)', '−10 % (too few seeds for an interval)')
    """
    text = f"{share.value:.0%}"
    if share.lower is None or share.upper is None:
        text += " (too few seeds for an interval)"
    else:
        text += f" ({100 * share.lower:.0f} to {share.upper:.0%})"
    return text.replace("%", "\u00a0%").replace("-", "−").replace("\u00a0%", " %")


def fraction(share: float) -> str:
    """Name a share of a gap.

    Examples
    --------
    >>> fraction(0.61), fraction(0.97), fraction(0.02)
    ('three fifths', 'all', 'hardly any')
    """
    if share < LEAST:
        return "hardly any"
    return FRACTIONS[min(FRACTIONS, key=lambda known: abs(known - share))]


def change_text(closed: Closed) -> str:
    """Name what was changed: "widths 128 instead of none, with dropout 0"."""
    if closed.change is None:
        return f"other versions ({', '.join(closed.versions) or 'of nothing that is recorded'})"
    first, *others = closed.change.settings
    if len(first.value) > LONGEST or first.name == PREPROCESS:
        return f"the {first.name} of {closed.change.run.title}"
    text = f"{first.name} {first.value} instead of {shortened(first.before, LONGEST)}"
    more = " and ".join(f"{setting.name} {setting.value}" for setting in others)
    told = f"{text}, with {more}" if more else text
    return (
        told if len(told) <= 2 * LONGEST else f"{closed.change.run.title} ({_names(closed.change)})"
    )


def sentence(found: Explanation) -> str:
    """Say in one sentence what closes the gap: "Three fifths of the gap close with units 128"."""
    best = found.best
    if best and best.share.value > MOST:
        text = f"{change_text(best)} goes beyond the reported number: {share_text(best.share)}"
    elif best:
        part = fraction(best.share.value)
        verb = "close" if part.split()[0] in PLURALS else "closes"
        text = f"{part} of the gap {verb} with {change_text(best)}: {share_text(best.share)}"
    elif found.closed:
        n = counted(len(found.closed), "single change that was run", "single changes that were run")
        text = f"none of the {n} surely closes any of the gap"
        if len(found.closed) == 1:
            text = "the only single change that was run does not surely close any of the gap"
    else:
        text = "no single change of this run has a result yet"
    return f"{text[:1].upper()}{text[1:]}."


def lines(found: Explanation) -> Iterator[str]:
    """Yield an explanation line by line, for a terminal."""
    claim = found.entry.claim
    ours = alike(found.ours, claim.reported)
    yield f"{found.entry.study}: {claim.id}: {measured_text(claim)} of {claim.run}, {claim.split}"
    gap = f"{found.gap:+.4g}".replace("-", "−")
    yield f"reported {claim.reported}, re-created {ours}, gap {gap}"
    yield sentence(found)
    if found.of_seed is not None:
        moved = f"{100 * found.of_seed:.0f} % of the gap"
        yield f"Another seed moves the number by {moved} (one deviation)."
    for closed in found.closed:
        yield f"  {share_text(closed.share)}  {change_text(closed)}, {_seeds(closed.seeds)}"
    if found.proposals:
        yield "Would tell more:"
        yield from (f"  {proposal_text(one)}" for one in found.proposals)


def proposal_text(proposal: Proposal) -> str:
    """Write what to run, with its cost: "model_1_sgd (optimizer), one seed: about 3 min"."""
    cost = f"{_seeds(proposal.seeds)}, about {rough_duration(60 * proposal.minutes)}"
    if proposal.run is None:
        [setting] = proposal.settings
        what = "preparation of the data" if setting.name == PREPROCESS else setting.name
        return f"a new run with another {what}, which the source leaves open: {cost}"
    return f"{proposal.run.name} ({_names(proposal)}; group {proposal.run.group}): {cost}"


def _names(changed: SingleChange | Proposal) -> str:
    return ", ".join(setting.name for setting in changed.settings)


def _seeds(n: int) -> str:
    return "one seed" if n == 1 else f"{n} seeds"
