"""Faults of runs that are programs, or results that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from refashion.errors import choices, did_you_mean, shown
from refashion.spec.outside import NAMED, PLACES, SETTING, CommandRun, OutsideRun
from refashion.spec.problems import Problem
from refashion.spec.result_files import AbsentError, find_results


def problems_of(
    name: str,
    run: OutsideRun,
    stated: Mapping[str, Any],
    folders: Sequence[Path],
    commands: tuple[str, ...] | None,
    n_folds: int,
) -> tuple[list[Problem], list[int]]:
    """Find the problems of a run, and the seeds that are there.

    Parameters
    ----------
    name, run
        The run, `like` resolved.
    stated
        The run as the file states it.
    folders
        See `find_results`.
    commands
        Programs that `config.yaml` allows; None if it is not known.
    n_folds
        Number of folds of the study; 0 without folds.
    """
    problems, seeds = list(_not_for_outside(name, stated)), list[int]()
    key = "command" if isinstance(run, CommandRun) else "results"
    if n_folds:
        text = "a study with folds, which these results do not have"
        problems.append(Problem(("runs", name, key), f"{text}; accepted: a split without folds"))
    if isinstance(run, CommandRun):
        problems += _setting_problems(name, run)
        # The command is that of the other run, which is checked by itself.
        problems += [] if "like" in stated else _command_problems(name, run, commands)
        return problems, seeds
    try:
        seeds = sorted(find_results(run.results, folders))
    except AbsentError as error:
        if "like" not in stated:
            problems.append(Problem(("runs", name, "results", *error.where), str(error)))
    return problems, seeds


def _not_for_outside(name: str, stated: Mapping[str, Any]) -> Iterator[Problem]:
    for key in ("model", "preprocess"):
        if "like" in stated and stated.get(key) is not None:
            text = f"the run {stated['like']} has no model; accepted: leave it out"
            yield Problem(("runs", name, key), text)


def _setting_problems(name: str, run: CommandRun) -> Iterator[Problem]:
    shouted: dict[str, str] = {}
    for setting in run.settings:
        where = ("runs", name, "settings", setting)
        if not re.match(SETTING, setting):  # those of a run that is like another
            text = "accepted: letters, digits and _, not a digit first"
            yield Problem(where, f"not a valid name; {text}")
        elif (other := shouted.setdefault(setting.upper(), setting)) != setting:
            text = f"the same variable as {other}; accepted: names that differ by more than case"
            yield Problem(where, text)


def _command_problems(
    name: str, run: CommandRun, commands: tuple[str, ...] | None
) -> Iterator[Problem]:
    where = ("runs", name, "command")
    program = run.command[0]
    if commands is not None and program not in commands:
        listed = ", ".join([*commands, program])
        text = f"{shown(program)}; config.yaml allows {', '.join(commands) or 'no program'}"
        hint = did_you_mean(program, commands)
        yield Problem(where, f"{text}; if you trust it, write commands: [{listed}] there{hint}")
    known = [*PLACES, *run.settings]
    for place, word in enumerate(run.command):
        for found in NAMED.findall(word):
            if found not in known:
                text = f"{shown('{' + found + '}')}; {choices(found, known)}"
                yield Problem((*where, place), text)
