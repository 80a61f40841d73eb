# The pipeline: one rule for each stage. What is asked for comes from config.yaml and studies/;
# file names come from refashion.artifacts, and everything else that Snakemake does not do itself
# from refashion.workflow.

import sys

from refashion.execution import environment

environment.restart_if_misled(sys.orig_argv)  # before anything else is imported
from refashion.workflow import command, inputs

PLAN = command.begin(workflow, config)
LAYOUT = PLAN.layout
RUN = LAYOUT.run("{study}", "{run}", "{seed}")


wildcard_constraints:
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
    params:
        attempt=lambda w: inputs.next_attempt(LAYOUT.fetch_failures(w.dataset)),
    shell:
        "python -m refashion fetch {wildcards.dataset} &> {log}"


rule prepare:
    input:
        fetched=LAYOUT.fetch("{dataset}"),
        module=inputs.dataset("{dataset}"),
        library=inputs.library("data.arrays"),
    output:
        LAYOUT.prepared("{dataset}"),
    log:
        LAYOUT.log("prepare", "{dataset}"),
    shell:
        "python -m refashion prepare {wildcards.dataset} &> {log}"


rule explore:
    input:
        prepared=LAYOUT.prepared("{dataset}"),
        module=inputs.dataset("{dataset}"),
        library=inputs.library("figures.data", "data.tables", "data.splits"),
        notebook=inputs.notebook("explore"),
        lock=inputs.LOCK,
    output:
        LAYOUT.explore("{dataset}"),
    log:
        LAYOUT.log("explore", "{dataset}"),
    shell:
        "python -m refashion explore {wildcards.dataset} --notebook {input.notebook:q} &> {log}"


rule train:
    input:
        prepared=lambda w: LAYOUT.prepared(PLAN.dataset_of(w.study)),
        # Only what can change a number of the run: not what the notebook merely draws with.
        library=lambda w: inputs.library(
            "runs.training",
            "execution.notebook",
            "datasets",
            PLAN.model_module(w.study, w.run),
        ),
        # The names of its classes.
        module=lambda w: inputs.dataset(PLAN.dataset_of(w.study)),
        notebook=inputs.notebook("train"),
        lock=inputs.LOCK,
    output:
        RUN.run_json,
        RUN.notebook,
    log:
        RUN.log,
    # The longest runs first, so that none of them is left alone at the end.
    priority: lambda w: PLAN.minutes(w.study, w.run)
    # A job that is killed leaves a result, too: the second try records that it was.
    retries: 1
    threads: PLAN.config.threads
    resources:
        # A limit is no reason for a re-run, and resources are none.
        # In seconds, since Snakemake rounds resources.
        time_limit=max(1, round(60 * PLAN.config.limits.minutes)),
        mem_mb=inputs.MEMORY_MB,
        tries=lambda w, attempt: attempt,
    params:
        recipe=lambda w: PLAN.recipe(w.study, w.run, int(w.seed)),
        attempt=lambda w: inputs.next_attempt(
            LAYOUT.run(w.study, w.run, w.seed).failures
        ),
        folders=f"--data {LAYOUT.data} --results {LAYOUT.results}",
    shell:
        "if [ {resources.tries} = 1 ]; then : > {log}; fi; "
        "python -m refashion train --recipe {params.recipe:q} --attempt {params.attempt} "
        "--tries {resources.tries} --seconds {resources.time_limit} "
        "--notebook {input.notebook:q} {params.folders} &>> {log}"


rule evaluate:
    input:
        runs=lambda w: PLAN.runs_of(w.study),
        library=inputs.library("runs.evaluation"),
    output:
        LAYOUT.metrics("{study}"),
    log:
        LAYOUT.log("evaluate", "{study}"),
    # A study of few runs does not wait for a second core.
    threads: lambda w: 1 + len(PLAN.runs_of(w.study)) // 100
    params:
        confusion_matrix_train=lambda w: PLAN.config.studies[
            w.study
        ].confusion_matrix_train,
    shell:
        "python -m refashion evaluate {wildcards.study} --processes {threads} &> {log}"


rule judge:
    input:
        runs=lambda w: PLAN.runs_of(w.study),
        metrics=LAYOUT.metrics("{study}"),
        library=inputs.library(
            "ledger.rows",
            "ledger.tables",
            "ledger.figures",
            "runs.results",
            "runs.tables",
            "figures.models",
            "figures.training",
            "workflow.plan",
        ),
        notebook=inputs.notebook("judge"),
        lock=inputs.LOCK,
    output:
        LAYOUT.judge("{study}"),
        LAYOUT.study_verdicts("{study}"),
    log:
        LAYOUT.log("judge", "{study}"),
    params:
        digest=lambda w: PLAN.digest(w.study),
    shell:
        "python -m refashion judge {wildcards.study} --notebook {input.notebook:q} &> {log}"


rule report:
    input:
        datasets=[LAYOUT.explore(dataset) for dataset in PLAN.datasets],
        studies=[LAYOUT.judge(study) for study in PLAN.config.studies],
        texts=inputs.texts(PLAN.config.studies),
        library=inputs.library("render.render", "ledger.rows", "workflow.provenance"),
        lock=inputs.LOCK,
    output:
        LAYOUT.report_html,
        LAYOUT.report_pdf,
        LAYOUT.verdicts_csv,
        LAYOUT.verdicts_json,
        LAYOUT.manifest,
        LAYOUT.config,
    log:
        LAYOUT.log("report", "all"),
    # None where a command only looks, as with --dag.
    threads: workflow.resource_settings.cores or 1
    params:
        digest=PLAN.digest(*PLAN.config.studies),
        attempt=inputs.report_attempt(LAYOUT.report_problems),
    shell:
        "python -m refashion report --lock {input.lock:q} --processes {threads} &> {log}"


onstart:
    command.start_jobs(workflow, PLAN)


onsuccess:
    command.conclude(PLAN)
