"""Explanations in words."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from refashion.explanation.changes import PREPROCESS, ChangedRuns
from refashion.explanation.explanation import BEYOND, Closed, Explanation, Proposal, rank
from refashion.explanation.shares import Share
from refashion.explanation.subjects import Subject
from refashion.ledger.entry import Verdict
from refashion.ledger.words import alike, marked, measured_text, statement_text, uncapitalised
from refashion.shortening import shortened
from refashion.spec.claims import CostClaim, NumberClaim
from refashion.spec.fields import RECOVERY
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
    5 / 6: "five sixths",
    0.9: "nine tenths",
    1.0: "all",
}
PLURALS = ("two", "three", "four", "five", "seven", "nine")
LEAST, MOST = 0.05, 1.1
# Letters of a value that is quoted; of more, the title of the run tells.
LONGEST = 40
# Numbers of a table that are explained one by one, and changes that are compared over all of them.
MOST_CELLS = 5
MOST_CHANGES = 3
# Open settings that are proposed; the others are counted.
MOST_OPEN = 3


def share_text(share: Share) -> str:
    """Write a share as a percentage with its interval.

    Examples
    --------
    >>> share_text(Share(0.6, 0.52, 0.69)), share_text(Share(-0.1, None, None))
    ('60 % (52 to 69 %)', '−10 % (too few seeds for an interval)')
    >>> share_text(Share(1.53, 1.53, 1.53))  # without randomness
    '153 %'
    """
    text = _percent(share.value)
    if share.is_exact:
        return text
    if share.lower is None or share.upper is None:
        return f"{text} (too few seeds for an interval)"
    return f"{text} ({_percent(share.lower).removesuffix(' %')} to {_percent(share.upper)})"


def _percent(share: float) -> str:
    return f"{round(100 * share):,} %".replace("-", "−")


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


def change_text(closed: Closed, subject: Subject, titles: Mapping[str, str] | None = None) -> str:
    """Name what was changed: "widths 128 instead of none, with dropout 0".

    Parameters
    ----------
    closed
        The change.
    subject
        What it closes the gap of.
    titles
        Titles of the runs by name; a run without one is called by its name.
    """
    if closed.change is None:
        return f"other versions ({', '.join(closed.versions) or 'of nothing that is recorded'})"
    return named_change(closed.change, subject, titles)


def named_change(
    change: ChangedRuns, subject: Subject, titles: Mapping[str, str] | None = None
) -> str:
    """Name a change, see `change_text`; of a claim on several runs also the run that has it."""
    told = _of_settings(change)
    if len(subject.runs) == 1:
        return told
    [*bases] = change.runs
    if len(bases) == 1:
        return f"{told} ({(titles or {}).get(bases[0], bases[0])})"
    return f"{told} ({'both' if len(bases) == 2 else f'all {len(bases)}'} runs)"


def _of_settings(change: ChangedRuns) -> str:
    first, *others = change.settings
    titles = " and ".join(run.title for run in change.runs.values())
    if len(first.value) > LONGEST or first.name == PREPROCESS:
        return f"the {first.name} of {titles}"
    text = f"{first.name} {first.value} instead of {shortened(first.before, LONGEST)}"
    more = " and ".join(f"{setting.name} {setting.value}" for setting in others)
    told = f"{text}, with {more}" if more else text
    return told if len(told) <= 2 * LONGEST else f"{titles} ({_names(change)})"


def sentence(found: Explanation, titles: Mapping[str, str] | None = None) -> str:
    """Say in one sentence what closes the gap: "Three fifths of the gap close with units 128".

    Parameters
    ----------
    found
        The explanation.
    titles
        As for `change_text`.
    """
    best = found.best
    if best:
        text = _of_best(best, found, titles)
    elif found.closed:
        n = counted(len(found.closed), "single change that was run", "single changes that were run")
        text = f"none of the {n} surely closes any of the gap"
        if len(found.closed) == 1:
            text = "the only single change that was run does not surely close any of the gap"
    elif found.without:
        text = "no single change that was run has a result for this"
    else:
        text = "no single change of this has a result yet"
    return f"{text[:1].upper()}{text[1:]}."


def _of_best(best: Closed, found: Explanation, titles: Mapping[str, str] | None) -> str:
    change, share = change_text(best, found.subject, titles), share_text(best.share)
    if best.verdict is Verdict.HOLDS:
        return f"the statement holds with {change}: {share} of the gap"
    if found.subject.is_bound and best.share.value >= 1:
        open_yet = ", but whether the statement then holds is open"
        return f"{change} closes the gap: {share}{open_yet * (best.verdict is not None)}"
    if best.share.value > MOST:
        return f"{change} goes beyond the reported number: {share}"
    part = fraction(best.share.value)
    if found.subject.is_bound and part == FRACTIONS[1.0]:  # it is not reached
        part = f"nearly {part}"
    verb = "close" if part.split()[0] in PLURALS else "closes"
    return f"{part} of the gap {verb} with {change}: {share}"


def name_of(subject: Subject) -> str:
    """Name what is explained: "Accuracy of cnn, test", or the statement."""
    claim = subject.claim
    if subject.reported is None:
        return statement_text(claim)
    run = subject.runs[0]
    place = ", ".join(part for part in (run, getattr(claim, "split", None)) if part)
    if isinstance(claim, NumberClaim):
        return f"{measured_text(claim)} of {place}"
    # The row of a table of runs is the run.
    cell = subject.column if subject.row == run else subject.name
    return f"{cell} in the {uncapitalised(measured_text(claim))} of {place}"


def gap_text(found: Explanation) -> str:
    """Write both numbers, or by how much a statement fails."""
    reported = found.subject.reported
    gap = f"{found.gap:+.4g}".replace("-", "−")
    if isinstance(found.subject.claim, CostClaim):
        ratio = f"{math.exp(found.ours):.3g}"
        return f"re-created {ratio} times as long; the statement needs more than 1"
    if reported is None:
        margin = f"{found.ours:+.4g}".replace("-", "−")
        return f"re-created margin {margin}; the statement needs one above 0"
    best_of = getattr(found.subject.claim, "best_of", 1)
    best = f" (from the best of {best_of} that ours would give)" if best_of > 1 else ""
    return f"reported {reported}, re-created {alike(found.ours, reported)}, gap {gap}{best}"


def lines(found: Explanation) -> Iterator[str]:
    """Yield an explanation line by line, for a terminal."""
    subject = found.subject
    yield f"{found.study}: {subject.claim.id}: {name_of(subject)}"
    yield gap_text(found)
    yield sentence(found)
    yield from found.searches
    if found.of_seed is not None:
        what = "margin" if subject.reported is None else "number"
        moved = f"{100 * found.of_seed:.0f} % of the gap"
        yield f"Another seed moves the {what} by {moved} (one deviation)."
    for closed in found.closed:
        verdict = f": {marked(closed.verdict)}" if closed.verdict else ""
        change = change_text(closed, subject)
        yield f"  {share_text(closed.share)}  {change}, {_seeds(closed.seeds)}{verdict}"
    for lost in found.without:
        yield f"  without a result: {named_change(lost.change, subject)}. {lost.why}"
    yield from _proposed([found])


def proposal_text(proposal: Proposal) -> str:
    """Write what to run, with its cost: "model_1_sgd (optimizer), one seed: about 3 min"."""
    duration = rough_duration(60 * proposal.minutes)
    if proposal.search:
        names = _names(proposal)
        return f"the search {proposal.search} ({names}; group {RECOVERY}): at most {duration}"
    cost = f"{_seeds(proposal.seeds)}, about {duration}"
    if proposal.run is None:
        [setting] = proposal.settings
        is_data = setting.name == PREPROCESS
        what = "preparation of the data" if is_data else f"value of {setting.name}"
        like = f"a new run like {proposal.base}"
        return f"{like} with another {what}, which the source leaves open: {cost}"
    return f"{proposal.run.name} ({_names(proposal)}; group {proposal.run.group}): {cost}"


def proposal_texts(found: Sequence[Explanation]) -> list[str]:
    """Write what would tell more of some claims: of open settings the first few, then how many."""
    proposals = {proposal_text(one): one for each in found for one in each.proposals}
    ordered = sorted(proposals, key=lambda text: rank(proposals[text]))
    n_others = sum(not one.is_open for one in proposals.values())
    last = n_others + MOST_OPEN
    left = len(ordered) - last
    more = [f"{counted(left, 'further setting')} that the source leaves open"] if left > 0 else []
    return ordered[:last] + more


def _names(changed: ChangedRuns | Proposal) -> str:
    return ", ".join(setting.name for setting in changed.settings)


def _seeds(n: int) -> str:
    return "one seed" if n == 1 else f"{n} seeds"


def table_lines(found: Sequence[Explanation], n: int) -> Iterator[str]:
    """Yield what closes the gaps of a table line by line, for a terminal.

    Parameters
    ----------
    found
        Of its numbers that are not reproduced, the largest gaps first; at least one.
    n
        How many numbers the table has.
    """
    first = found[0]
    claim = first.subject.claim
    of_run = f" of {claim.run}" if claim.run else ""
    split = f", {claim.split}" if claim.split else ""
    yield f"{first.study}: {claim.id}: {measured_text(claim)}{of_run}{split}"
    yield f"{len(found)} of {counted(n, 'number')} {_are(len(found))} not reproduced."
    yield from dict.fromkeys(text for one in found for text in one.searches)
    for text, closer in _most_closing(found):
        yield f"Surely closes some of the gap of {closer} of {len(found)}: {text}"
    yield "The largest gap of each column, counted in tolerances:"
    columns = {one.subject.column: one for one in reversed(found)}
    largest = sorted(columns.values(), key=lambda one: -one.tolerances)
    for one in largest[:MOST_CELLS]:
        yield f"  {one.subject.name}: {gap_text(one)}. {sentence(one)}"
    yield from _proposed(found)
    cell = shlex.quote(first.subject.name)
    yield f"One of them alone: refashion explain {first.study} {claim.id} {cell}"


def _proposed(found: Sequence[Explanation]) -> Iterator[str]:
    if texts := proposal_texts(found):
        yield "Would tell more:"
        yield from (f"  {text}" for text in texts)


def _most_closing(found: Sequence[Explanation]) -> list[tuple[str, int]]:
    """Count by change of how many numbers it surely closes some of the gap."""
    counts = Counter(
        change_text(closed, one.subject)
        for one in found
        for closed in one.closed
        if closed.share.is_clear and closed.share.value < BEYOND
    )
    return counts.most_common(MOST_CHANGES)


def _are(n: int) -> str:
    return "is" if n == 1 else "are"
