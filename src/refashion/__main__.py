"""Run one stage, as the rules of the Snakefile do and a person may; or what a person asks for."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

# jsonschema would compile a grammar of addresses when nbformat imports it, which takes longer than
# all the rest of a job's imports. It does without where the package is missing.
sys.modules.setdefault("rfc3987_syntax", None)

from refashion import lifetime, stages  # noqa: E402
from refashion.artifacts import Layout  # noqa: E402
from refashion.errors import RefashionError  # noqa: E402
from refashion.execution import environment  # noqa: E402


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stage that the command line names; give the exit status."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    # Papermill tells where it reads and writes, of which only we know the final place.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    given = vars(parser().parse_args(arguments))
    lifetime.leave_in_order()
    lifetime.end_with_command()
    stage = given.pop("stage")
    try:
        stage(**given)
    except (RefashionError, OSError) as error:
        # Also a full disk, or a folder that is closed to us.
        print(error, file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    whole = argparse.ArgumentParser(prog="refashion", description=__doc__)
    stage = whole.add_subparsers(required=True, metavar="STAGE")
    for function in (stages.fetch, stages.prepare):
        _add(stage, function).add_argument("dataset")
    explore = _add(stage, stages.explore)
    explore.add_argument("dataset")
    explore.add_argument("--notebook", type=Path, required=True)
    train = _add(stage, _train)
    train.add_argument("--recipe", required=True)
    train.add_argument("--attempt", type=int, required=True)
    train.add_argument("--seconds", type=int, required=True)
    train.add_argument("--notebook", type=Path, required=True)
    train.add_argument("--data", type=Path, required=True)
    train.add_argument("--results", type=Path, required=True)
    train.add_argument("--tries", type=int, default=1)
    evaluate = _add(stage, stages.evaluate)
    evaluate.add_argument("study")
    evaluate.add_argument("--processes", type=int, default=1)
    judge = _add(stage, stages.judge)
    judge.add_argument("study")
    judge.add_argument("--notebook", type=Path, required=True)
    report = _add(stage, stages.report)
    report.add_argument("--lock", type=Path, required=True)
    report.add_argument("--processes", type=int, default=1)
    _add(stage, _new_study).add_argument("name")
    between = _add(stage, _changes)
    between.add_argument("a", metavar="A")
    between.add_argument("b", metavar="B")
    between.add_argument("--out", type=Path, required=True)
    publish = _add(stage, _publish)
    publish.add_argument("results", type=Path)
    publish.add_argument("out", type=Path, metavar="OUT")
    return whole


def _add(stage: argparse._SubParsersAction, function: object) -> argparse.ArgumentParser:
    name = function.__name__.lstrip("_").replace("_", "-")
    summary = (function.__doc__ or "").partition("\n")[0]  # there is none under python -OO
    added = stage.add_parser(name, help=summary, description=summary)
    added.set_defaults(stage=function)
    return added


def _train(data: Path, results: Path, **given: object) -> None:
    """Execute one run with one seed."""
    stages.train(layout=Layout(results, data), **given)


def _new_study(name: str) -> None:
    """Begin a study: a folder in studies/ with files that run as they stand."""
    from refashion.spec import scaffold

    scaffold.new_study(name)


def _changes(**given: object) -> None:
    """Write a page and a table of what changed from one folder of results to another."""
    from refashion.changes import command

    command.changes(**given)


def _publish(**given: object) -> None:
    """Copy the report and the ledger into a folder for others, at about half their size."""
    from refashion.render.site import publishing

    publishing.publish(**given)


if __name__ == "__main__":
    environment.restart_if_misled(sys.orig_argv)
    environment.replace(environment.job_environment(os.environ, environment.home()))
    sys.exit(main())
