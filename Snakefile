# The pipeline, one rule a stage. What Snakemake does not do by itself is in refashion.workflow.
from refashion.execution import environment

environment.restart_if_misled()  # before anything else is imported
from refashion.workflow import command, inputs

PLAN = command.begin(workflow, config)
FILES, RUN = PLAN.layout, PLAN.layout.run("{study}", "{run}", "{seed}")


rule all:
    input:
        PLAN.targets(),


rule fetch:
    output:
        FILES.fetch("{dataset}"),
    log:
        FILES.log("fetch", "{dataset}"),
    params:
        lambda w: PLAN.next_fetch(w.dataset),
    shell:
        "python -m refashion fetch {wildcards.dataset} &> {log}"


rule prepare:
    input:
        FILES.fetch("{dataset}"),
        lambda w: PLAN.dataset_files(w.dataset),
    output:
        FILES.prepared("{dataset}"),
    log:
        FILES.log("prepare", "{dataset}"),
    params:
        code=inputs.code("data.arrays"),
    shell:
        "python -m refashion prepare {wildcards.dataset} &> {log}"


rule explore:
    input:
        lambda w: [FILES.prepared(w.dataset), *PLAN.dataset_files(w.dataset), inputs.LOCK],
        notebook=inputs.notebook("explore"),
    output:
        FILES.explore("{dataset}"),
    log:
        FILES.log("explore", "{dataset}"),
    params:
        lambda w: (inputs.next_attempt(FILES.explore_failures(w.dataset)), PLAN.texts(w.dataset)),
        code=inputs.code("figures.data", "data.tables", "data.splits", "datasets", "artifacts"),
    shell:
        "python -m refashion explore {wildcards.dataset} --notebook {input.notebook:q} &> {log}"


rule train:
    input:
        lambda w: [inputs.LOCK, *PLAN.read_by(w.study, w.run)],  # what can change a number
        notebook=lambda w: PLAN.notebook_of(w.study, w.run),
    output:
        *(RUN.run_json, RUN.notebook),
    log:
        RUN.log,
    priority: lambda w: PLAN.minutes(w.study, w.run)  # longest first, so that none is left at the end
    retries: 2 * workflow.is_main_process  # if a job is killed, the last try records the failure
    group:
        lambda w: PLAN.group(w.study, w.run)  # short runs share a job of a cluster
    threads: PLAN.config.threads
    resources:  # a new limit causes no re-run; in seconds, because Snakemake rounds resources
        time_limit=max(1, round(60 * PLAN.config.limits.minutes)),
        runtime=lambda w, attempt: PLAN.wall_minutes(w.study, w.run, attempt),
        gpu=lambda w: PLAN.gpu(w.study, w.run),
        mem_mb=lambda w, attempt: attempt * PLAN.memory_mb(w.study, w.run, workflow.local_exec),
        executions=lambda w, attempt: max(0, 2 + workflow.remote_exec - attempt),  # left, with this one
    params:
        recipe=lambda w: PLAN.recipe(w.study, w.run, int(w.seed)),
        attempt=lambda w: inputs.next_attempt(FILES.run(**w).failures),
        code=lambda w: inputs.code(*inputs.TRAINING, also=PLAN.code_of(w.study, w.run)),
    shell:
        "python -m refashion train --recipe {params.recipe:q} --attempt {params.attempt} --executions "
        "{resources.executions} --seconds {resources.time_limit} --notebook {input.notebook:q} {PLAN.places} &>> {log}"


rule evaluate:
    input:
        lambda w: PLAN.runs_of(w.study),
    output:
        FILES.metrics("{study}"),
    log:
        FILES.log("evaluate", "{study}"),
    threads: lambda w: 1 + len(PLAN.runs_of(w.study)) // 100  # one core is enough for few runs
    params:
        PLAN.scores,
        code=inputs.code("runs.evaluation"),
    shell:
        "python -m refashion evaluate {wildcards.study} --processes {threads} &> {log}"


rule audit_source:
    input:
        lambda w: PLAN.document_of(w.study),
    output:
        FILES.audit("{study}"),
    log:
        FILES.log("audit_source", "{study}"),
    params:
        code=inputs.code("audit.record"),
    shell:
        "python -m refashion audit-source {wildcards.study} &> {log}"


rule recover:
    input:
        lambda w: [inputs.LOCK, *PLAN.searched(w.study, w.name)],
        notebook=inputs.notebook("recover"),
    output:
        FILES.recovery("{study}", "{name}"),
    log:
        FILES.log("recover", "{study}-{name}"),
    threads: PLAN.config.threads
    resources:
        gpu=lambda w: PLAN.gpu_of_search(w.study, w.name),
        runtime=lambda w: PLAN.wall_minutes_of_search(w.study, w.name),
    params:
        lambda w: PLAN.search(w.study, w.name),
        code=inputs.code("workflow.plan", "recovery.*", "figures.recovery"),
    shell:
        "python -m refashion recover {wildcards.study} {wildcards.name} --notebook {input.notebook:q} &> {log}"


rule judge:
    input:
        lambda w: [inputs.LOCK, *PLAN.judged(w.study)],
        notebook=inputs.notebook("judge"),
    output:
        *(FILES.judge("{study}"), FILES.study_verdicts("{study}")),
    log:
        FILES.log("judge", "{study}"),
    params:
        lambda w: PLAN.digest(w.study),
        code=inputs.code(
            "judgement.*", "ledger.*", "checks.*", "runs.*", "figures.*", "workflow.plan"
        ),
    shell:
        "python -m refashion judge {wildcards.study} --notebook {input.notebook:q} &> {log}"


rule report:
    input:
        (inputs.LOCK, *PLAN.shown(), *inputs.texts(PLAN.config.studies.values())),
    output:
        FILES.written,
    log:
        FILES.log("report", "all"),
    threads: workflow.resource_settings.cores or 1  # None if nothing runs, as with --dag
    params:
        (PLAN.report_digest, inputs.report_attempt(FILES.report_problems)),
        code=inputs.code("render.render", "ledger.*", "workflow.provenance"),
    shell:
        "python -m refashion report --lock {inputs.LOCK:q} --processes {threads} &> {log}"
