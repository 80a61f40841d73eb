"""The gate: whether a results folder is good enough, for scripts and pull requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from refashion.changes import chance
from refashion.changes.change import ONLY_A, Change
from refashion.changes.claims import FLIPPED
from refashion.changes.comparison import Comparison, compare
from refashion.changes.folder import JudgedClaim, ResultsFolder, read
from refashion.errors import RefashionError, choices
from refashion.ledger.entry import Verdict

# What a gate can refuse, by the name of its option, and whether it needs a baseline.
REASONS = {
    "claims": False,  # a claim that is not reproduced, or fails
    "contradictions": False,  # numbers of the source that contradict each other
    "runs": False,  # a run without a result, or that only the baseline has
    "flips": True,  # a verdict that is worse than in the baseline
    # A metric that differs from the baseline by more than chance, or that only the baseline has.
    "metrics": True,
}
USUAL = ("claims", "runs")
USUAL_AGAINST = ("flips", "metrics", "runs")

MOST_ROWS = 50


@dataclass(frozen=True)
class Refusal:
    """One thing that the gate refuses.

    Attributes
    ----------
    reason
        Name of the reason, one of `REASONS`.
    subject
        The claim, run or metric, with its study.
    before, after
        What the baseline says, and what the results say; empty where there is nothing.
    why
        The reason in words.
    """

    reason: str
    subject: str
    before: str
    after: str
    why: str


def check(results: str, against: str | None, fail_on: Sequence[str]) -> int:
    """Print a summary in Markdown; return 1 if something is refused, and 0 otherwise.

    Parameters
    ----------
    results
        Results folder.
    against
        Results folder to compare with; None without a baseline.
    fail_on
        What to refuse, see `REASONS`; empty for the usual.

    Raises
    ------
    RefashionError
        A folder contains no results, or a reason is unknown or needs a baseline.
    """
    folder = read(results, "RESULTS")
    baseline = read(against, "--against") if against else None
    chosen = _chosen(fail_on, baseline is not None)
    comparison = compare(baseline, folder) if baseline else None
    refused = list(refusals(folder, comparison, chosen))
    print("\n".join(markdown(folder, refused, against)))
    return int(bool(refused))


def _chosen(fail_on: Sequence[str], has_baseline: bool) -> Sequence[str]:
    for reason in fail_on:
        if reason not in REASONS:
            raise RefashionError(f"--fail-on: {reason!r}; {choices(reason, REASONS)}")
        if REASONS[reason] and not has_baseline:
            raise RefashionError(
                f"--fail-on: {reason!r} needs a baseline; accepted: --against FOLDER as well"
            )
    return fail_on or (USUAL_AGAINST if has_baseline else USUAL)


def refusals(
    folder: ResultsFolder, comparison: Comparison | None, chosen: Sequence[str]
) -> Iterator[Refusal]:
    """Yield what the gate refuses.

    Parameters
    ----------
    folder
        The results.
    comparison
        Differences between a baseline and the results; None without a baseline.
    chosen
        Names of reasons.
    """
    if "claims" in chosen:
        yield from _claims(folder, "claims", Verdict.NOT_REPRODUCED, Verdict.FAILS)
    if "contradictions" in chosen:
        yield from _claims(folder, "contradictions", Verdict.INCONSISTENT)
    if "runs" in chosen:
        yield from _runs(folder)
    if comparison and "runs" in chosen:
        yield from (_gone("runs", change) for change in comparison.of("run", ONLY_A))
    if comparison and "flips" in chosen:
        yield from (_change("flips", flip) for flip in _worse(comparison))
    if comparison and "metrics" in chosen:
        far = comparison.of("metric", chance.BEYOND, chance.NOT_A_NUMBER)
        yield from (_change("metrics", change) for change in far)
        yield from (_gone("metrics", change) for change in comparison.of("metric", ONLY_A))


def _claims(folder: ResultsFolder, reason: str, *verdicts: Verdict) -> Iterator[Refusal]:
    for claim in folder.claims.values():
        if claim.verdict in verdicts:
            yield Refusal(reason, _subject(claim), "", claim.verdict.words, claim.reason)


def _subject(claim: JudgedClaim) -> str:
    return f"{claim.study}: {claim.id}"


def _runs(folder: ResultsFolder) -> Iterator[Refusal]:
    for (study, run), seeds in folder.states.items():
        for seed, state in seeds.items():
            if state.get("status") != "ok":
                why = (state.get("error") or {}).get("message") or ""
                name = f"{study}/{run}, seed {seed}"
                yield Refusal("runs", name, "", str(state.get("status")), str(why))


def _worse(comparison: Comparison) -> Iterator[Change]:
    """Yield verdicts on whole claims that are worse than in the baseline, or have gone."""
    for change in comparison.of("verdict", FLIPPED, ONLY_A):
        before, after = _rank(change.a), _rank(change.b)
        if before is not None and (after is None or after < before):
            yield change


def _rank(verdict: Verdict | None) -> float | None:
    return verdict.rank if verdict else None


def _change(reason: str, change: Change) -> Refusal:
    subject = f"{change.owner}: {change.name}"
    if change.split and reason == "metrics":
        subject += f" ({change.split})"
    return Refusal(reason, subject, _text(change.a), _text(change.b), change.note)


def _gone(reason: str, change: Change) -> Refusal:
    what = "run" if reason == "runs" else "metric"
    subject = change.owner if reason == "runs" else _change(reason, change).subject
    before = f"{change.name} {change.a}" if reason == "runs" else _text(change.a)
    return Refusal(reason, subject, before, "gone", f"only the baseline has this {what}")


def _text(value: object) -> str:
    if isinstance(value, Verdict):
        return value.words
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def markdown(
    folder: ResultsFolder, refused: Sequence[Refusal], against: str | None = None
) -> Iterator[str]:
    """Write the summary as lines of Markdown, for a comment on a pull request.

    Parameters
    ----------
    folder
        The results.
    refused
        What the gate refuses.
    against
        Name of the baseline, or None.
    """
    counts = Counter(claim.counts_as for claim in folder.claims.values())
    tally = ", ".join(
        f"{n} {verdict.several if n > 1 else verdict.words}" for verdict, n in counts.most_common()
    )
    compared = f", compared with `{against}`" if against else ""
    yield f"### {'✗' if refused else '✓'} refashion: {len(refused) or 'nothing'} refused{compared}"
    yield ""
    yield f"{len(folder.claims)} claims: {tally or 'none'}."
    if not refused:
        return
    yield ""
    yield "| refused for | what | before | now | why |"
    yield "|---|---|---|---|---|"
    for each in refused[:MOST_ROWS]:
        cells = (each.reason, each.subject, each.before, each.after, each.why)
        yield f"| {' | '.join(map(_cell, cells))} |"
    if len(refused) > MOST_ROWS:
        yield ""
        yield f"And {len(refused) - MOST_ROWS} more."


def _cell(text: str) -> str:
    """Keep text that may come from anywhere within its cell, as text."""
    flat = " ".join(text.split())
    for special in "\\`*_{}[]<>|#~":
        flat = flat.replace(special, f"\\{special}")
    return flat[:300]
