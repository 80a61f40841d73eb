"""One row of the ledger, and the verdict in it.

Judgement makes entries; tables, figures and pages read them. `ledger.rows` writes them to files and
reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from refashion.spec.claims import Claim, Statement, runs_of
from refashion.spec.config import Config

GOOD, OPEN, BAD, NEUTRAL = "#0b6b4f", "#e3b448", "#a8321a", "#d5dae0"


class Verdict(Enum):
    """What the re-created results say of a claim. Its value is its name in the files."""

    EXACT = "exact"
    REPRODUCED = "reproduced"
    HOLDS = "holds"
    CONSISTENT = "consistent"
    INCONCLUSIVE = "inconclusive"
    DOUBTFUL = "doubtful"
    NOT_REPRODUCED = "not_reproduced"
    FAILS = "fails"
    INCONSISTENT = "inconsistent"
    NOT_RUN = "not_run"
    # Stated times are shown beside ours; null in the files.
    NOT_JUDGED = None

    @property
    def words(self) -> str:
        """Name of the verdict in a text."""
        return _LOOKS[self].words

    @property
    def several(self) -> str:
        """Name of the verdict after a number of claims: two hold, one holds."""
        return {Verdict.HOLDS: "hold", Verdict.FAILS: "fail"}.get(self, self.words)

    @property
    def mark(self) -> str:
        """One character that says the same."""
        return _LOOKS[self].mark

    @property
    def colour(self) -> str:
        """Fill colour in figures, as `#rrggbb`."""
        return _LOOKS[self].colour

    @property
    def rank(self) -> float | None:
        """Distance from the worst verdict, from 0 to about 2; None without a place on the scale."""
        return _LOOKS[self].rank

    @property
    def name_in_pages(self) -> str:
        """Class of the verdict in style sheets, and its value in links to the ledger."""
        return self.value or "not_judged"


class _Look(NamedTuple):
    words: str
    mark: str
    colour: str
    rank: float | None


_LOOKS = {
    Verdict.EXACT: _Look("exact", "=", GOOD, 2.1),
    Verdict.REPRODUCED: _Look("reproduced", "✓", GOOD, 2.0),
    Verdict.HOLDS: _Look("holds", "✓", GOOD, 2.0),
    Verdict.CONSISTENT: _Look("consistent", "✓", GOOD, 2.0),
    Verdict.INCONCLUSIVE: _Look("inconclusive", "?", OPEN, 1.0),
    Verdict.DOUBTFUL: _Look("doubtful", "?", OPEN, 1.0),
    Verdict.NOT_REPRODUCED: _Look("not reproduced", "✗", BAD, 0.0),
    Verdict.FAILS: _Look("fails", "✗", BAD, 0.0),
    Verdict.INCONSISTENT: _Look("inconsistent", "✗", BAD, 0.0),
    Verdict.NOT_RUN: _Look("not run", "–", NEUTRAL, None),
    Verdict.NOT_JUDGED: _Look("not judged", "·", NEUTRAL, None),
}


class Cell(NamedTuple):
    """One number of a table of the source.

    Attributes
    ----------
    row, column
        Headings, as the claim names them.
    reported
        The number as printed.
    reproduced
        Mean of the re-created values; None without any.
    verdict
        On this number alone.
    leaning
        The verdict that more seeds would bring; None if it is settled, or if none would settle it.
    by_chance
        Probability that it is called not reproduced though only chance separates the two; None if
        there is no interval.
    """

    row: str
    column: str
    reported: str
    reproduced: float | None
    verdict: Verdict
    leaning: Verdict | None = None
    by_chance: float | None = None


@dataclass(frozen=True)
class Judgement:
    """What the results say of one claim.

    Attributes
    ----------
    verdict
        The verdict.
    reason
        Why, in one sentence or a few.
    reproduced, sd
        Mean and standard deviation of the re-created values, in the metric's unit.
    seeds
        Number of seeds behind them.
    lower, upper
        Interval of the difference, reported minus re-created.
    direction
        Of the re-created value against the reported one, where it is not reproduced.
    preliminary
        Whether the deviation between seeds is assumed, because there is one seed only.
    leaning
        Of an inconclusive claim, the verdict that more seeds of the same kind would bring; None if
        no number of them would.
    settled_by
        About how many seeds would bring it; None if it is more than a hundred.
    by_chance
        Number of verdicts "not reproduced" that chance alone would bring, of a number or of the
        cells of a table; None for other claims.
    cells
        The numbers of a table; empty for other claims.
    """

    verdict: Verdict
    reason: str = ""
    reproduced: float | None = None
    sd: float | None = None
    seeds: int = 0
    lower: float | None = None
    upper: float | None = None
    direction: Literal["higher", "lower"] | None = None
    preliminary: bool = False
    leaning: Verdict | None = None
    settled_by: int | None = None
    by_chance: float | None = None
    cells: tuple[Cell, ...] = ()


class AssumedSetting(NamedTuple):
    """A setting of a run that the source does not state.

    Attributes
    ----------
    run, setting
        Names of the run and of its setting.
    value
        The value assumed.
    why
        The reason that the study gives.
    recovered
        The search that found the value; None for one that a person assumed.
    """

    run: str
    setting: str
    value: Any
    why: str
    recovered: str | None = None


class Evidence(NamedTuple):
    """An execution whose notebook shows where a verdict comes from."""

    run: str
    seed: int


C_co = TypeVar("C_co", bound=Statement, covariant=True)


@dataclass(frozen=True)
class Entry(Generic[C_co]):
    """A claim with its verdict.

    Attributes
    ----------
    study
        Name of the study.
    source
        Citation of the report that it re-creates.
    claim
        The claim.
    judgement
        What the results say of it.
    assumes
        Settings that its runs assume.
    evidence
        Executions of its runs.
    """

    study: str
    source: str
    claim: C_co
    judgement: Judgement
    assumes: tuple[AssumedSetting, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Verdict on the claim."""
        return self.judgement.verdict


def entry_of(config: Config, study: str, claim: Claim, judgement: Judgement) -> Entry[Claim]:
    """Make the entry of a claim: its judgement, with what the study and the runs add.

    Parameters
    ----------
    config
        The whole configuration.
    study
        Name of the study.
    claim
        One of its claims.
    judgement
        What the results say of it.
    """
    whole, runs = config.studies[study], runs_of(claim)
    assumed = [
        AssumedSetting(run, name, assumed.value, assumed.why, assumed.recovered)
        for run in runs
        for name, assumed in whole.runs[run].assumes.items()
    ]
    evidence = [
        Evidence(run, seed) for run in runs for seed in config.seeds_of(whole, whole.runs[run])
    ]
    return Entry(study, whole.source.citation, claim, judgement, tuple(assumed), tuple(evidence))
