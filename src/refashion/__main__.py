"""The command line: commands for users, and the stages that the rules of the Snakefile call."""

from __future__ import annotations

import argparse
import json
import logging
import os
import select
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

# When nbformat imports jsonschema, jsonschema compiles a grammar of addresses, which takes longer
# than all other imports of a job. Without this package, it skips that.
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
        Arguments after `refashion`; None for those of this process.

    Returns
    -------
    int
        0, or 1 after an error that the user can correct, whose message goes to standard error.
    """
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    # Papermill logs the temporary path that it writes to, which would mislead.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    given = vars(parser().parse_args(arguments))
    lifetime.exit_on_signals()
    lifetime.end_with_command()
    command = given.pop("command")
    try:
        status = command(**given) or 0
        sys.stdout.flush()
    except BrokenPipeError as error:
        if not _has_lost_its_reader():
            print(error, file=sys.stderr)
        return 1
    except (RefashionError, OSError) as error:
        # OSError: for example a full disk, or missing permissions.
        print(error, file=sys.stderr)
        return 1
    return status


def _has_lost_its_reader() -> bool:
    """Whether nobody reads the output any more, such as after `| head`; then no more is sent."""
    output, watched = sys.stdout.fileno(), select.poll()
    watched.register(output, 0)
    is_lost = any(event & (select.POLLERR | select.POLLHUP) for _, event in watched.poll(0))
    if is_lost:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return is_lost


def run() -> NoReturn:
    """Run the command line of this process in an environment without the user's configuration."""
    environment.restart_if_misled()
    environment.replace(
        environment.job_environment(os.environ, environment.home(environment.workplace()))
    )
    sys.exit(main())


def parser() -> argparse.ArgumentParser:
    """Build the argument parser: commands for users first, stages last."""
    whole = argparse.ArgumentParser(
        prog="refashion",
        description="Re-run published machine-learning reports and check every number in them.",
        epilog="The commands from fetch on are the stages of the workflow; snakemake calls them.",
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    _add_commands(commands.add_parser)
    _add_stages(commands.add_parser)
    return whole


def _add_commands(add: AddCommand) -> None:
    new_study = _add(add, _new_study)
    new_study.add_argument("name", metavar="NAME", help="name of the study and its folder")
    new_study.add_argument(
        "--from",
        dest="document",
        type=Path,
        metavar="DOCUMENT",
        help="report to read runs and claims from, such as report.pdf",
    )
    new_study.add_argument(
        "--in",
        dest="place",
        type=Path,
        metavar="FOLDER",
        help="folder for it (default: studies/ of the project)",
    )
    adopt = _add(add, _adopt)
    adopt.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="notebook with its outputs")
    adopt.add_argument(
        "folder",
        type=Path,
        nargs="?",
        metavar="FOLDER",
        help="new folder of the study; studies/<name of the notebook> if left out",
    )
    quotes = _add(add, _quotes)
    quotes.add_argument(
        "folder", type=Path, metavar="FOLDER", help="folder with the original reports"
    )
    quotes.add_argument(
        "--study-dirs",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="folders that hold the studies (default: study_dirs of config.yaml)",
    )
    audit = _add(add, _audit)
    audit.add_argument(
        "paths",
        type=Path,
        nargs="+",
        metavar="DOCUMENT",
        help="a report (pdf, docx, html, ipynb, md, tex, txt), or a folder of reports; or a study, "
        "by its name or folder, whose source is audited",
    )
    audit.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="folder for audit.html and audit.json (default: the current one)",
    )
    audit.add_argument(
        "--source",
        type=Path,
        metavar="FILE",
        help="the source of the study (default: source.file in its study.yaml)",
    )
    audit.add_argument(
        "--strict", action="store_true", help="end with status 1 if there are contradictions"
    )
    compare = _add(add, _compare)
    compare.add_argument("a", metavar="A", help="results folder or deposit, the baseline")
    compare.add_argument("b", metavar="B", help="results folder or deposit to compare with A")
    compare.add_argument(
        "--out", type=Path, required=True, help="folder for the page and the table"
    )
    explain = _add(add, _explain)
    explain.add_argument("study", metavar="STUDY", help="name of the study")
    explain.add_argument(
        "claim", metavar="CLAIM", help="a number that is not reproduced, or a statement that fails"
    )
    explain.add_argument(
        "cell",
        metavar="CELL",
        nargs="?",
        help='one number of a table, "ROW, COLUMN" as in the ledger (default: the largest gaps)',
    )
    explain.add_argument(
        "--results",
        type=Path,
        metavar="FOLDER",
        help="results folder (default: results of config.yaml)",
    )
    explain.add_argument(
        "--also",
        type=Path,
        metavar="FOLDER",
        help="results of the same study with other versions of libraries",
    )
    check = _add(add, _check)
    check.add_argument("results", metavar="RESULTS", help="results folder")
    check.add_argument("--against", metavar="FOLDER", help="results folder to compare with")
    check.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="REASON",
        help="claims, contradictions, runs; with --against also flips, metrics; may be repeated",
    )
    publish = _add(add, _publish)
    publish.add_argument("results", type=Path, metavar="RESULTS", help="results folder")
    publish.add_argument(
        "out", type=Path, metavar="OUT", help="new folder for the copy, or a new file OUT.zip"
    )
    _add(add, _schemas)
    _add(add, _keras_table)


def _add_stages(add: AddCommand) -> None:
    for function in (stages.fetch, stages.prepare):
        _add(add, function).add_argument("dataset")
    explore = _add(add, stages.explore)
    explore.add_argument("dataset")
    explore.add_argument("--notebook", type=Path, required=True)
    _add(add, stages.audit_source).add_argument("study")
    train = _add(add, _train)
    train.add_argument("--recipe", required=True)
    for name in ("--attempt", "--seconds"):
        train.add_argument(name, type=int, required=True)
    train.add_argument("--executions", type=int, default=1)
    for name in ("--notebook", "--data", "--results"):
        train.add_argument(name, type=Path, required=True)
    train.add_argument("--study-dirs", type=Path, nargs="+", required=True)
    evaluate = _add(add, stages.evaluate)
    evaluate.add_argument("study")
    evaluate.add_argument("--processes", type=int, default=1)
    recover = _add(add, stages.recover)
    for name in ("study", "name"):
        recover.add_argument(name)
    recover.add_argument("--notebook", type=Path, required=True)
    judge = _add(add, stages.judge)
    judge.add_argument("study")
    judge.add_argument("--notebook", type=Path, required=True)
    report = _add(add, stages.report)
    report.add_argument("--lock", type=Path, required=True)
    report.add_argument("--processes", type=int, default=1)


def _add(add: AddCommand, function: Callable[..., int | None]) -> argparse.ArgumentParser:
    name = function.__name__.lstrip("_").replace("_", "-")
    summary = (function.__doc__ or "").partition("\n")[0]  # python -OO removes docstrings
    added = add(name, help=summary, description=summary)
    added.set_defaults(command=function)
    return added


def _new_study(name: str, document: Path | None, place: Path | None) -> None:
    """Create a study that runs as it is, or a draft from a document, for you to edit."""
    if document:
        from refashion.audit.draft import command

        command.new_study(name, document, place)
    else:
        from refashion.spec import scaffold

        scaffold.new_study(name, place)


def _adopt(notebook: Path, folder: Path | None) -> None:
    """Create a study in which every number that a notebook printed is a claim."""
    from refashion.spec import adoption

    adoption.adopt(notebook, folder)


def _quotes(folder: Path, study_dirs: list[Path]) -> int:
    """Check every quote in the studies against the text of the original report."""
    from refashion.spec import quotes

    return quotes.check_all(folder, study_dirs)


def _audit(paths: list[Path], out: Path | None, source: Path | None, strict: bool) -> int:
    """Check the numbers of a report against each other, in seconds, with nothing run."""
    from refashion.audit import command

    try:
        return command.command(paths, out, strict, source)
    except RefashionError as error:  # 1 is for contradictions
        print(error, file=sys.stderr)
        return command.UNREADABLE


def _compare(a: str, b: str, out: Path) -> None:
    """Show what changed between two results folders, as a page and a table."""
    from refashion.changes import command

    command.changes(a, b, out)


def _explain(
    study: str, claim: str, cell: str | None, results: Path | None, also: Path | None
) -> None:
    """Show which single changes close how much of the gap of a claim, and what to run next."""
    from refashion.explanation import command

    command.command(study, claim, cell, results, also)


def _check(results: str, against: str | None, fail_on: list[str]) -> int:
    """Fail if claims fail or verdicts get worse, and print why in Markdown."""
    from refashion.changes import gate

    return gate.check(results, against, fail_on)


def _publish(results: Path, out: Path) -> None:
    """Copy the report at about half its size with a record of the check, to send or deposit."""
    from refashion.deposit import publication

    publication.publish(results, out)


def _schemas() -> None:
    """Write the JSON schemas that editors use to check config.yaml and study.yaml."""
    from refashion.spec import config

    config.write_schemas()


def _keras_table() -> None:
    """Write the table of the names and defaults of the installed Keras, after its update."""
    from refashion.backends import keras_table

    keras_table.write()


def _train(recipe: str, data: Path, results: Path, study_dirs: list[Path], **given: Any) -> None:
    """Execute one run with one seed."""
    name = json.loads(recipe)["study"]
    study = next(place / name for place in study_dirs if (place / name / "study.yaml").is_file())
    stages.train(recipe, study=study, layout=Layout(results, data), **given)


if __name__ == "__main__":
    run()
