"""Growth of all stages except training with the number of runs, on synthetic results."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

from benchmarks import made_up
from benchmarks.rows import Row, Skipped
from benchmarks.scratch import Done, Scratch
from refashion.artifacts import Layout

PART = "growth"
STUDY, RUNS_A_SEED = "cnn_vs_gru", 2
SIZES = (10, 100, 1000)

PLAN, NOTHING = "plan (snakemake -n)", "nothing to do (snakemake -n)"
EVALUATE, JUDGE = "evaluate", "judge (a notebook)"
FIRST, AGAIN = "report", "report again"


def measure(scratch: Scratch, sizes: Sequence[int] = SIZES) -> Iterator[Row | Skipped]:
    """Measure the CPU time of each stage for different numbers of runs.

    The runs are seeds of a study with two runs. CPU time is used because most work is done in one
    thread, and because other processes affect it less than wall time.

    Parameters
    ----------
    scratch
        Copy of the project.
    sizes
        Numbers of runs, the smallest first.
    """
    if scratch.arrays("fashion_mnist") is None:
        yield Skipped(PART, STUDY, "Fashion-MNIST is not available here")
        return
    model = scratch.smoke("results/model", studies=[STUDY])
    before: dict[str, tuple[int, float]] = {}
    for size in sizes:
        for stage, seconds in _stages(scratch, model, size).items():
            if stage in before:
                smaller, base = before[stage]
                reference, ratio = f"{smaller:,} runs", seconds / base
                row = Row(PART, stage, f"{size:,} runs", seconds, "s", reference, ratio)
            else:
                row = Row(PART, stage, f"{size:,} runs", seconds, "s")
            before[stage] = size, seconds
            yield row


def _stages(scratch: Scratch, model: Layout, size: int) -> dict[str, float]:
    """CPU time of each stage, in seconds."""
    results = f"results/growth-{size}"
    given = {"studies": [STUDY], "seeds": size // RUNS_A_SEED, "results": results}
    plan = scratch.plan(given)

    def stage(*arguments: str) -> Done:
        return scratch.stage(*arguments, overrides=given)

    def dry() -> Done:
        return scratch.snakemake("-n", overrides=given, cores=1)

    taken = {PLAN: dry()}
    made_up.make(plan, model)
    taken[EVALUATE] = stage("evaluate", STUDY)
    taken[JUDGE] = stage("judge", STUDY, "--notebook", "notebooks/judge.ipynb")
    taken[FIRST] = stage("report", "--lock", "envs/run.lock")
    taken[AGAIN] = stage("report", "--lock", "envs/run.lock")
    taken[NOTHING] = dry()
    shutil.rmtree(scratch.path / results)
    return {name: done.processor for name, done in taken.items()}
