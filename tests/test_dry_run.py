"""A dry run says what would run, and why, and finds the mistakes that a run would end with."""

import inspect
from types import SimpleNamespace

import pytest
import snakemake.api
import snakemake.dag
import snakemake.workflow
from snakemake.jobs import Reason
from snakemake.scheduling.job_scheduler import JobScheduler

from refashion.workflow.progress import dry_run
from support.clone import Clone


def planned(rule, wildcards=None, **causes):
    """Give a job, and its reason with some files or facts."""
    reason = Reason()
    for name, value in causes.items():
        if isinstance(value, set):
            getattr(reason, name).update(value)
        else:
            setattr(reason, name, value)
    rule = SimpleNamespace(name=rule)
    job = SimpleNamespace(rule=rule, wildcards_dict=wildcards, resources=None, shellcmd=None)
    return job, reason


def workflow_with(*planned):
    reasons = {id(job): reason for job, reason in planned}
    dag = SimpleNamespace(needrun_jobs=lambda: [job for job, _ in planned])
    dag.reason = lambda job: reasons[id(job)]
    rules = [SimpleNamespace(name=name) for name in ("all", "train", "judge", "report")]
    return SimpleNamespace(dag=dag, rules=rules)


def test_jobs_are_summed_up_by_rule_and_reason():
    missing = {"missing_output": {"a", "b"}, "updated_input_run": {"c"}}
    workflow = workflow_with(
        planned("report", {}, updated_input_run={"c"}, updated_input={"c"}),
        planned("judge", {"study": "t"}, updated_input={"c"}),
        planned("judge", {"study": "s"}, code_changed=True, params_changed=True),
        *(planned("train", {"study": "s", "run": "cnn", "seed": n}, **missing) for n in "102"),
        planned("train", {"study": "s", "run": "rnn", "seed": "0"}, forced=True, **missing),
        planned("all"),
    )
    assert list(dry_run.summary(workflow, {("s", "cnn"): 30})) == [
        "7 jobs would run:",
        "  train, 1 job (forced execution): s/rnn seed 0",
        "  train, 3 jobs (missing output files): s/cnn seeds 0 to 2",
        "  judge, 1 job (code has changed, params have changed): s",
        "  judge, 1 job (updated input files): t",
        "  report, 1 job (input files updated by another job)",
        "On one core, the runs take 1 h 30 min by the minutes that their studies state.",
        "For each job with its files: snakemake -n --verbose",
    ]


def test_snakemake_knows_the_reasons_that_are_named():
    assert all(hasattr(Reason(), name) for name in dry_run.CAUSES)


def test_snakemake_says_what_is_not_shown_again():
    said = inspect.getsource(snakemake.workflow) + inspect.getsource(snakemake.dag)
    assert not [head for head in dry_run.SUMMED_UP if head not in said]


@pytest.mark.parametrize(("rule", "is_described"), [("judge", False), ("of no rule", True)])
def test_only_jobs_that_cannot_be_summed_up_are_described(rule, is_described, monkeypatch):
    described = []
    monkeypatch.setattr(
        JobScheduler, "schedule", lambda scheduler: bool(described.append(scheduler)) or True
    )
    dry_run.sum_up(workflow_with(planned(rule, {})), {})
    assert JobScheduler.schedule("scheduler") is True
    assert described == ["scheduler"] * is_described


def test_a_dry_run_finds_mistakes_in_a_profile_and_changes_nothing(tmp_path, project):
    clone = Clone(tmp_path / "clone", project, tmp_path / "no data")
    assert clone.planned() == {
        **{"fetch": 1, "prepare": 1, "explore": 1, "train": 2},
        **{"evaluate": 1, "judge": 1, "report": 1},
    }
    for options, said in [
        (["--default-resources", "mem_mb=4000 * atempt"], "mem_mb"),
        (["--set-resources", "judge:runtime=foo+1"], "could not be parsed as minutes"),
    ]:
        done = clone.snakemake(options=["--dry-run", *options])
        assert done.returncode == 1 and said in done.stdout
        assert "would run" not in done.stdout
    assert not (clone.path / "results").exists()
