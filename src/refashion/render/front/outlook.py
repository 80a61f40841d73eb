"""What more seeds would settle, what they would cost, and the command that runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from refashion import sources
from refashion.ledger.entry import Verdict
from refashion.render.chapter.outcomes import Outcomes
from refashion.render.text import markdown
from refashion.spec.config import AUTO_SEEDS, Config, study_folders
from refashion.spec.study import Run
from refashion.wording import counted, duration


def outlook(chapters: Sequence[Outcomes], seeds: int = AUTO_SEEDS) -> Iterator[Any]:
    """Say how many open claims so many seeds would settle, with the time and the command.

    Parameters
    ----------
    chapters
        Outcomes of every study.
    seeds
        Number of seeds of each run.
    """
    judged = [entry.judgement for chapter in chapters for entry in chapter.entries]
    opened = [found for found in judged if found.verdict is Verdict.INCONCLUSIVE]
    settled = sum(found.settled_by is not None and found.settled_by <= seeds for found in opened)
    missing = sum(_missing_seconds(chapter, seeds) for chapter in chapters)
    if not settled or not missing:
        return
    yield (
        f"{counted(settled, 'open claim', 'open claims')} would be settled by about {seeds} seeds, "
        f"which takes about {duration(missing)} of training on one core: "
    )
    yield markdown.code(command(chapters[0].config, f"seeds={seeds}"))
    yield ". Finished runs are kept. "


def _missing_seconds(chapter: Outcomes, seeds: int) -> float:
    """Time that the seeds take which the runs of a study still lack."""
    return sum(
        max(0, seeds - len(states)) * _seconds(chapter.study.runs[name], list(states.values()))
        for name, states in chapter.states.items()
    )


def _seconds(run: Run, states: Sequence[Any]) -> float:
    """Time of one more seed: as long as those before, or as long as the study expects."""
    measured = [state["fit_seconds"] for state in states if state.get("fit_seconds")]
    return sum(measured) / len(measured) if measured else 60 * run.minutes


def command(config: Config, *options: str, groups: Sequence[str] | None = None) -> str:
    """Write the command that runs the same studies into the same folder, with other options.

    Parameters
    ----------
    config
        The configuration.
    *options
        Options that change, in the form of `snakemake --config`.
    groups
        The groups; None for the same ones.
    """
    chosen = tuple(groups or config.groups)
    same = [f"'groups=[{','.join(chosen)}]'"] * (chosen != ("headline",))
    if config.study_dirs != (Path("studies"),):
        same.append(f"'study_dirs=[{','.join(map(str, config.study_dirs))}]'")
    if set(config.studies) != set(study_folders(sources.in_project(), config.study_dirs)):
        same.append(f"'studies=[{','.join(config.studies)}]'")
    if str(config.results) != "results":
        same.append(f"results={config.results}")
    return f"snakemake --cores all --config {' '.join([*options, *same])}"
