# The stages of refashion, one rule each: fetch, prepare, explore, train, evaluate, compare, report.
# What is asked for comes from config.yaml and studies/; file names come from refashion.artifacts.

import shlex
import sys
from pathlib import Path

from refashion.execution import environment

# Before anything else is imported, of which there might be another version.
environment.restart_if_misled(sys.orig_argv)

from refashion import folders, guard, progress, provenance, scratch, timestamps
from refashion.artifacts import next_attempt, remove_unfinished
from refashion.errors import ConfigError
from refashion.kernels import service
from refashion.plan import Plan
from refashion.sources import closure, in_project

try:
    guard.check_installation(workflow)
    PLAN = Plan.load(config)
    PLAN.check_folders()
except ConfigError as error:
    raise WorkflowError(str(error))

# As it can be given again: quoted, and wherever Snakemake lies.
COMMAND = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
if holder := guard.hold_folder(workflow, COMMAND):
    raise WorkflowError(
        f"This folder is in use by {holder}. Wait for it, or end it first."
    )

LAYOUT = PLAN.layout
timestamps.bring_back(
    workflow,
    *map(in_project, ("src", "notebooks", "studies", "report", "envs")),
    LAYOUT.data,
    LAYOUT.results,
)
PLAN.publish()
if guard.executes(workflow):
    provenance.announce(COMMAND)
    for folder in (LAYOUT.data, LAYOUT.results):
        folders.mark(folder)
        remove_unfinished(folder)
    scratch.remove_left_behind()
LOCK = in_project("envs/run.lock")
SOURCE = in_project("src/refashion")
# What the largest run was seen to take: a convolutional network on 59,500 images.
MEMORY_MB = 4500

RUN = LAYOUT.run("{study}", "{run}", "{seed}")


wildcard_constraints:
    dataset="[a-z][a-z0-9_]*",
    study="[a-z][a-z0-9_]*",
    run="[a-z][a-z0-9_]*",
    seed=r"\d+",


rule all:
    input:
        LAYOUT.report_html,
        LAYOUT.report_pdf,
        LAYOUT.verdicts_csv,
        LAYOUT.verdicts_json,
        # Snakemake passes over what is missing on the way to files that are there.
        [LAYOUT.explore(dataset) for dataset in PLAN.datasets],
        [LAYOUT.metrics(study) for study in PLAN.config.studies],
        [LAYOUT.study_verdicts(study) for study in PLAN.config.studies],
        [LAYOUT.run(*key).run_json for key in PLAN.executions],
        [LAYOUT.run(*key).notebook for key in PLAN.executions],


rule fetch:
    output:
        LAYOUT.fetch("{dataset}"),
    log:
        LAYOUT.log("fetch", "{dataset}"),
    conda:
        "envs/environment.yaml"
    params:
        attempt=lambda w: next_attempt(LAYOUT.fetch_failures(w.dataset)),
    shell:
        "python -m refashion fetch {wildcards.dataset} &> {log}"


rule prepare:
    input:
        fetched=LAYOUT.fetch("{dataset}"),
        module=SOURCE / "datasets/{dataset}.py",
        library=closure("preparation"),
    output:
        LAYOUT.prepared("{dataset}"),
    log:
        LAYOUT.log("prepare", "{dataset}"),
    conda:
        "envs/environment.yaml"
    shell:
        "python -m refashion prepare {wildcards.dataset} &> {log}"


rule explore:
    input:
        prepared=LAYOUT.prepared("{dataset}"),
        module=SOURCE / "datasets/{dataset}.py",
        library=closure("figures", "tables", "splits"),
        notebook=in_project("notebooks/explore.ipynb"),
        lock=LOCK,
    output:
        LAYOUT.explore("{dataset}"),
    log:
        LAYOUT.log("explore", "{dataset}"),
    conda:
        "envs/environment.yaml"
    shell:
        "python -m refashion explore {wildcards.dataset} --notebook {input.notebook:q} &> {log}"


rule train:
    input:
        prepared=lambda w: LAYOUT.prepared(PLAN.dataset_of(w.study)),
        # Only what can change a number of the run: not what the notebook merely draws with.
        library=lambda w: closure(
            "training", "execute", PLAN.model_module(w.study, w.run)
        ),
        notebook=in_project("notebooks/train.ipynb"),
        lock=LOCK,
    output:
        RUN.run_json,
        RUN.notebook,
    log:
        RUN.log,
    # The longest runs first, so that none of them is left alone at the end.
    priority: lambda w: PLAN.minutes(w.study, w.run)
    # A job that is killed leaves a result, too: the second try records that it was.
    retries: 1
    conda:
        "envs/environment.yaml"
    threads: PLAN.config.threads
    resources:
        # A limit is no reason for a re-run, and resources are none.
        # In seconds, since Snakemake rounds resources.
        time_limit=max(1, round(60 * PLAN.config.limits.minutes)),
        mem_mb=MEMORY_MB,
        tries=lambda w, attempt: attempt,
    params:
        recipe=lambda w: PLAN.recipe(w.study, w.run, int(w.seed)),
        attempt=lambda w: next_attempt(LAYOUT.run(w.study, w.run, w.seed).failures),
        folders=f"--data {LAYOUT.data} --results {LAYOUT.results}",
    shell:
        "if [ {resources.tries} = 1 ]; then : > {log}; fi; "
        "python -m refashion train --recipe {params.recipe:q} --attempt {params.attempt} "
        "--tries {resources.tries} --seconds {resources.time_limit} "
        "--notebook {input.notebook:q} {params.folders} &>> {log}"


rule evaluate:
    input:
        runs=lambda w: PLAN.runs_of(w.study),
        library=closure("evaluation"),
    output:
        LAYOUT.metrics("{study}"),
    log:
        LAYOUT.log("evaluate", "{study}"),
    conda:
        "envs/environment.yaml"
    # A study of few runs does not wait for a second core.
    threads: lambda w: 1 + len(PLAN.runs_of(w.study)) // 100
    params:
        confusion_matrix_train=lambda w: PLAN.config.studies[
            w.study
        ].confusion_matrix_train,
    shell:
        "python -m refashion evaluate {wildcards.study} --processes {threads} &> {log}"


rule compare:
    input:
        runs=lambda w: PLAN.runs_of(w.study),
        metrics=LAYOUT.metrics("{study}"),
        library=closure(
            "ledger", "ledger_tables", "results", "figures", "model_figures", "tables"
        ),
        notebook=in_project("notebooks/compare.ipynb"),
        lock=LOCK,
    output:
        LAYOUT.compare("{study}"),
        LAYOUT.study_verdicts("{study}"),
    log:
        LAYOUT.log("compare", "{study}"),
    conda:
        "envs/environment.yaml"
    params:
        digest=lambda w: PLAN.digest(w.study),
    shell:
        "python -m refashion compare {wildcards.study} --notebook {input.notebook:q} &> {log}"


rule report:
    input:
        datasets=[LAYOUT.explore(dataset) for dataset in PLAN.datasets],
        studies=[LAYOUT.compare(study) for study in PLAN.config.studies],
        narratives=[
            in_project("studies", study, "narrative.md")
            for study in PLAN.config.studies
        ],
        templates=sorted(
            path for path in in_project("report").rglob("*") if path.is_file()
        ),
        library=closure("render", "ledger", "provenance"),
        lock=LOCK,
    output:
        LAYOUT.report_html,
        LAYOUT.report_pdf,
        LAYOUT.verdicts_csv,
        LAYOUT.verdicts_json,
        LAYOUT.manifest,
        LAYOUT.config,
    log:
        LAYOUT.log("report", "all"),
    conda:
        "envs/environment.yaml"
    # None where a command only looks, as with --dag.
    threads: workflow.resource_settings.cores or 1
    params:
        digest=PLAN.digest(*PLAN.config.studies),
    shell:
        "python -m refashion report --lock {input.lock:q} --processes {threads} &> {log}"


onstart:
    progress.announce(PLAN, workflow, guard.share_memory(workflow, MEMORY_MB))
    guard.end_with_last_job(workflow)
    guard.end_jobs_with_command()
    service.serve_workflow(PLAN, workflow)


onsuccess:
    progress.conclude(PLAN)
