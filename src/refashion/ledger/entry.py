"""One row of the ledger, and the verdict in it.

Judgement makes entries; tables, figures and pages read them. `ledger.rows` writes them to files and
reads them back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from refashion.spec.claims import Claim, Statement, TableClaim, runs_of
from refashion.spec.config import Config
from refashion.spec.fitted import settings_found_by, settings_found_by_cells

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
    # No verdict of a rule, and in no file: what an agreement counts as if a search made it.
    FITTED = "fitted"

    @property
    def words(self) -> str:
        """Name of the verdict in a text."""
        return _LOOKS[self].words

    @property
    def several(self) -> str:
        """Name of the verdict after a number of claims: two hold, one holds."""
        return {Verdict.HOLDS: "hold", Verdict.FAILS: "fail"}.get(self, self.words)

    @property
    def agrees(self) -> bool:
        """Whether the results agree with the source."""
        return self.rank is not None and self.rank >= 2

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
    Verdict.FITTED: _Look("fitted, not counted", "†", NEUTRAL, None),
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
    lower, upper
        Interval of the difference, reported minus re-created.
    seeds
        Number of seeds behind the re-created value.
    fitted
        Settings that a search has found by this number.
    """

    row: str
    column: str
    reported: str
    reproduced: float | None
    verdict: Verdict
    leaning: Verdict | None = None
    by_chance: float | None = None
    lower: float | None = None
    upper: float | None = None
    seeds: int = 0
    fitted: tuple[str, ...] = ()

    @property
    def counts_as(self) -> Verdict:
        """Its verdict, or `FITTED` if it agrees because a search has chosen a setting by it."""
        return Verdict.FITTED if self.fitted and self.verdict.agrees else self.verdict


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
    fitted
        Settings that a search has found by what the claim says; of a table, each cell has its own.
    """

    study: str
    source: str
    claim: C_co
    judgement: Judgement
    assumes: tuple[AssumedSetting, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    fitted: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Verdict on the claim."""
        return self.judgement.verdict

    @property
    def counts_as(self) -> Verdict:
        """Its verdict, or `FITTED` if it agrees because a search has chosen a setting by it.

        A table counts as fitted if that is so of all its numbers that agree.
        """
        agreeing = [cell for cell in self.judgement.cells if cell.verdict.agrees]
        chosen = all(cell.fitted for cell in agreeing) if agreeing else bool(self.fitted)
        return Verdict.FITTED if chosen and self.verdict.agrees else self.verdict

    @property
    def n_fitted(self) -> int:
        """Number of claims in it that count as fitted: each number of a table is one."""
        judged = self.judgement.cells or [self]
        return sum(one.counts_as is Verdict.FITTED for one in judged)


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
    if isinstance(claim, TableClaim) and judgement.cells:
        settings = settings_found_by_cells(claim, whole)
        cells = zip(judgement.cells, settings, strict=True)
        judged = replace(judgement, cells=tuple(cell._replace(fitted=s) for cell, s in cells))
    else:
        judged = judgement
    return Entry(
        study,
        whole.source.citation,
        claim,
        judged,
        tuple(assumed),
        tuple(evidence),
        settings_found_by(claim, whole),
    )
