"""The command line: commands for people, and the stages that the rules of the Snakefile call."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

# jsonschema would compile a grammar of addresses when nbformat imports it, which takes longer than
# all the rest of a job's imports. It does without where the package is missing.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not found

from refashion import lifetime, stages  # noqa: E402
from refashion.artifacts import Layout  # noqa: E402
from refashion.errors import RefashionError  # noqa: E402
from refashion.execution import environment  # noqa: E402

AddCommand: TypeAlias = Callable[..., argparse.ArgumentParser]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Parameters
    ----------
    arguments
        The words after `refashion`; None for those of this process.
    """
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    # Papermill tells where it reads and writes, of which only we know the final place.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    given = vars(parser().parse_args(arguments))
    lifetime.leave_in_order()
    lifetime.end_with_command()
    command = given.pop("command")
    try:
        return command(**given) or 0
    except (RefashionError, OSError) as error:
        # Also a full disk, or a folder that is closed to us.
        print(error, file=sys.stderr)
        return 1


def run() -> NoReturn:
    """Run the command of this process, in an environment without the user's configuration."""
    environment.restart_if_misled(sys.orig_argv)
    environment.replace(environment.job_environment(os.environ, environment.home()))
    sys.exit(main())


def parser() -> argparse.ArgumentParser:
    """Describe the command line: commands for people first, stages last."""
    whole = argparse.ArgumentParser(
        prog="refashion",
        description="Re-run published reports that train models, and judge every number in them.",
        epilog="The stages at the end of the list are called by the rules of the Snakefile.",
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _add_commands(commands.add_parser)
    _add_stages(commands.add_parser)
    return whole


def _add_commands(add: AddCommand) -> None:
    new_study = _add(add, _new_study)
    new_study.add_argument("name", metavar="NAME", help="of the study and its folder")
    quotes = _add(add, _quotes)
    quotes.add_argument("folder", type=Path, metavar="FOLDER", help="with the sources, *.txt")
    compare = _add(add, _compare)
    compare.add_argument("a", metavar="A", help="results folder")
    compare.add_argument("b", metavar="B", help="results folder")
    compare.add_argument(
        "--out", type=Path, required=True, help="folder for the page and the table"
    )
    publish = _add(add, _publish)
    publish.add_argument("results", type=Path, metavar="RESULTS", help="results folder")
    publish.add_argument("out", type=Path, metavar="OUT", help="new folder for the copy")
    _add(add, _schemas)


def _add_stages(add: AddCommand) -> None:
    for function in (stages.fetch, stages.prepare):
        _add(add, function).add_argument("dataset")
    explore = _add(add, stages.explore)
    explore.add_argument("dataset")
    explore.add_argument("--notebook", type=Path, required=True)
    train = _add(add, _train)
    train.add_argument("--recipe", required=True)
    for name in ("--attempt", "--seconds"):
        train.add_argument(name, type=int, required=True)
    train.add_argument("--tries", type=int, default=1)
    for name in ("--notebook", "--data", "--results"):
        train.add_argument(name, type=Path, required=True)
    evaluate = _add(add, stages.evaluate)
    evaluate.add_argument("study")
    evaluate.add_argument("--processes", type=int, default=1)
    judge = _add(add, stages.judge)
    judge.add_argument("study")
    judge.add_argument("--notebook", type=Path, required=True)
    report = _add(add, stages.report)
    report.add_argument("--lock", type=Path, required=True)
    report.add_argument("--processes", type=int, default=1)


def _add(add: AddCommand, function: Callable[..., int | None]) -> argparse.ArgumentParser:
    name = function.__name__.lstrip("_").replace("_", "-")
    summary = (function.__doc__ or "").partition("\n")[0]  # there is none under python -OO
    added = add(name, help=summary, description=summary)
    added.set_defaults(command=function)
    return added


def _new_study(name: str) -> None:
    """Start a study: create a folder in studies/ with files that run as they are."""
    from refashion.spec import scaffold

    scaffold.new_study(name)


def _quotes(folder: Path) -> int:
    """Check that every quote in the studies stands in the text of its source."""
    from refashion.spec import quotes

    return quotes.check_all(folder)


def _compare(a: str, b: str, out: Path) -> None:
    """Show what changed between two results folders, as a page and a table."""
    from refashion.changes import command

    command.changes(a, b, out)


def _publish(results: Path, out: Path) -> None:
    """Copy the report for others, at about half its size."""
    from refashion.render.site import publishing

    publishing.publish(results, out)


def _schemas() -> None:
    """Write the JSON schemas with which editors check config.yaml and study.yaml."""
    from refashion.spec import config

    config.write_schemas()


def _train(data: Path, results: Path, **given: Any) -> None:
    """Execute one run with one seed."""
    stages.train(layout=Layout(results, data), **given)


if __name__ == "__main__":
    run()
