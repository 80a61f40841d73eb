"""The last lines of a run of the workflow: where the report is, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from snakemake.logging import logger
from snakemake_interface_common.exceptions import WorkflowError

from refashion import artifacts
from refashion.checks.consistency.number import listed
from refashion.errors import RefashionError
from refashion.ledger.entry import Verdict
from refashion.spec.recover import MINUTES
from refashion.spec.recovered import FOUND
from refashion.wording import counted, setting_text
from refashion.workflow.progress.wording import one_line, run_name

if TYPE_CHECKING:
    from refashion.workflow.plan import Plan


class RunsFailedError(WorkflowError):
    """Runs ended without a result. The report is there all the same."""


class ReportFaultyError(WorkflowError):
    """Something is wrong with parts of the report. The others are as they should be."""


class Ended(NamedTuple):
    """A run that has ended: its study, its name, its seed and its `run.json`."""

    study: str
    run: str
    seed: int
    state: Mapping[str, Any]


def conclude(plan: Plan) -> None:
    """Log where the report is, how the verdicts are, and which runs gave no result.

    Parameters
    ----------
    plan
        What was asked for.

    Raises
    ------
    RunsFailedError
        A run failed or took longer than its limit. Missing data is no failure.
    ReportFaultyError
        No run failed, but a search did, or something is wrong with the report.
    """
    ended = list(_ended(plan))
    if _is_reported(plan):
        for line in (*_reports(plan), *_verdicts(plan), *_waiting(plan), *_to_use(plan)):
            logger.info(line)
    faulty, unseen = _faults(plan), _unsearched(plan) or _unseen(plan)
    for line in _without_data(plan, ended):
        logger.warning(line)
    failed = [e for e in ended if e.state["status"] in artifacts.FAILURES]
    if failed:
        head = f"{len(failed)} of {counted(len(ended), 'run')} failed"
        listed = [line for one in failed for line in _failure(plan, one)]
        again = "The same command tries " + ("it" if len(failed) == 1 else "them") + " again."
        logger.error("\n".join([f"{head}:", *listed, again]))
        raise RunsFailedError(f"{head}; the same command tries again")
    if faulty:
        raise ReportFaultyError(faulty)
    if unseen:
        raise ReportFaultyError(unseen)


def _faults(plan: Plan) -> str | None:
    """Log what is wrong with the report, if it knows all runs, and sum it up."""
    path = plan.layout.report_problems
    if not (_is_reported(plan) and path.exists()):
        return None
    told = _read(path)
    for warning in told["warnings"]:
        logger.warning(one_line(warning))
    problems = [problem["message"] for problem in told["problems"]]
    if not problems:
        return None
    head = f"The report is there, with {counted(len(problems), 'problem')}"
    again = "Mend what is named, and the same command writes the report again."
    logger.error("\n".join([f"{head}:", *(f"  {one_line(text)}" for text in problems), again]))
    return f"{head}; mend what is named"


def _to_use(plan: Plan) -> Iterator[str]:
    """Yield which values searches have found that their runs do not have, and how to use them."""
    if not (searches := plan.config.searches()):
        return
    from refashion.explanation.searches import finished, used  # which takes a second to import

    for study, name in searches:
        found = finished(plan.config, study, name, plan.layout) or {}
        whole = plan.config.studies[study]
        run = whole.recover[name].run
        if found.get("verdict") != FOUND or name in used(whole.runs[run]):
            continue
        settings = found["best"]["settings"]
        values = ", ".join(f"{key} {setting_text(value)}" for key, value in settings.items())
        says = f"The search {name} of {study} found {values}"
        reference = f"{{from: recover.{name}}}"
        yield f"{says}; to use it, write in the run {run}: {', '.join(settings)}: {reference}"


def _unsearched(plan: Plan) -> str | None:
    """Log which searches for open settings failed, and sum it up."""
    files = {search: plan.layout.recovery(*search) for search in plan.config.searches()}
    found = {search: _read(path) for search, path in files.items() if path.exists()}
    failed = {search: state for search, state in found.items() if state["status"] == "failed"}
    for (study, name), state in failed.items():
        said = one_line(f"{state['error']['type']}: {state['error']['message']}")
        logger.error(f"The search {name} of {study} failed: {said}")
        logger.error(f"    notebook: {plan.layout.recovery_notebook(study, name)}")
    if not failed:
        return None
    logger.error("The same command tries again.")
    n = counted(len(failed), "search", "searches")
    return f"{n} for open settings failed; the same command tries again"


def _unseen(plan: Plan) -> str | None:
    """Log which datasets could not be shown, and sum it up."""
    files = {dataset: plan.layout.explore_error(dataset) for dataset in plan.datasets}
    errors = {dataset: _read(path) for dataset, path in files.items() if path.exists()}
    for dataset, error in errors.items():
        said = one_line(f"{error['type']}: {error['message']}")
        logger.error(f"The notebook that shows {dataset} failed: {said}")
        logger.error(f"    page:     {plan.layout.explore_page(dataset)}")
    if not errors:
        return None
    logger.error("The same command tries again.")
    return f"{counted(len(errors), 'dataset')} could not be shown; the same command tries again"


def _read(path: Path) -> Any:
    try:
        return artifacts.read_json(path)
    except RefashionError as error:
        raise WorkflowError(str(error)) from None


def _ended(plan: Plan) -> Iterator[Ended]:
    for key in plan.executions:
        path = plan.layout.run(*key).run_json
        if path.exists():
            yield Ended(*key, _read(path))


def _is_reported(plan: Plan) -> bool:
    """Whether the report knows all runs: a target may stop short of it."""
    if not plan.layout.report_html.exists():
        return False
    written = plan.layout.report_html.stat().st_mtime_ns
    runs = (plan.layout.run(*key).run_json for key in plan.executions)
    return all(path.exists() and path.stat().st_mtime_ns <= written for path in runs)


def _reports(plan: Plan) -> Iterator[str]:
    layout = plan.layout
    for label, path in (("Report: ", layout.report_html), ("As PDF: ", layout.report_pdf)):
        if path.exists():
            yield f"{label}{path}"


def _verdicts(plan: Plan) -> Iterator[str]:
    why = " (smoke run: config.yaml or --config cuts the training)" if plan.config.is_smoke else ""
    if plan.layout.verdicts_json.exists():
        rows = artifacts.read_json(plan.layout.verdicts_json)
        tables = " (each table counts as one)" * any(row["kind"] == "table" for row in rows)
        claims = f" on {counted(len(rows), 'claim')}{tables}" * bool(rows)
        yield f"Verdicts{claims}: {_tally(rows)}{why}"


def _waiting(plan: Plan) -> Iterator[str]:
    """Tell which runs have waited for values that searches have found by now."""
    waiting = [
        f"{study.name}/{run.name}"
        for study in plan.config.studies.values()
        for run in study.runs.values()
        if run.awaited and all(_is_found(plan, study.name, search) for search in run.awaited)
    ]
    if waiting:
        yield (
            f"Run the same command once more: a search has found now what {listed(waiting)} "
            f"{'waits' if len(waiting) == 1 else 'wait'} for."
        )


def _is_found(plan: Plan, study: str, search: str) -> bool:
    path = plan.layout.recovery(study, search)
    found = _read(path) if path.exists() else {}
    return found.get("verdict") == FOUND and found.get("stopped") != MINUTES


def _tally(rows: Sequence[Mapping[str, Any]]) -> str:
    # Rows as they are in the file: entries would take pandas, for which a call that does nothing
    # has no time.
    fitted = sum("fitted" in row for row in rows)
    verdicts = Counter(Verdict(row["verdict"]).words for row in rows if "fitted" not in row)
    n_preliminary = sum(row["preliminary"] for row in rows)
    tally = ", ".join(f"{n} {verdict}" for verdict, n in verdicts.most_common()) or "no claims"
    tally += f"; {fitted} {Verdict.FITTED.words}" * bool(fitted)
    return f"{tally} ({n_preliminary} preliminary: one seed)" if n_preliminary else tally


def _without_data(plan: Plan, ended: Sequence[Ended]) -> Iterator[str]:
    """Tell, for each dataset that could not be had, why, and what to do."""
    lacking = [e for e in ended if e.state["status"] == "no_data"]
    # Only runs with a dataset can lack it.
    runs = Counter(plan.dataset_of(e.study) or "" for e in lacking)
    reasons = {plan.dataset_of(e.study) or "": e.state["error"]["message"] for e in lacking}
    for dataset, n in runs.items():
        brief = _in_brief(reasons[dataset], plan.layout.log("fetch", dataset))
        yield f"No data for {dataset}, {counted(n, 'run')} left out. {brief}"


def _in_brief(reason: str, log: Path) -> str:
    """Keep the first line of a reason, the files, and the last, the remedy; not what was tried."""
    first, *tried = map(one_line, reason.splitlines())
    return f"{first} see {log}. {tried[-1]}" if tried else first


def _failure(plan: Plan, failed: Ended) -> Iterator[str]:
    study, run, seed, state = failed
    error = state["error"] or {"type": state["status"], "message": "no reason recorded"}
    said = one_line(f"{error['type']}: {error['message']}")
    yield f"  {run_name(study, run, seed)}: {said}"
    pages: tuple[tuple[str, Path], ...] = (
        ("notebook", plan.layout.run(study, run, seed).notebook),
        ("page", plan.layout.run_page(study, run, seed)),
    )
    for label, path in pages:
        if path.exists():
            yield f"    {label + ':':<10}{path}"
