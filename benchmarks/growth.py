"""How what is beside training grows with the number of runs, on made-up results."""

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

PLAN, NOTHING = "plan (snakemake -n)", "find nothing to do (snakemake -n)"
EVALUATE, JUDGE = "evaluate", "judge (a notebook)"
FIRST, AGAIN = "report", "report again"


def measure(scratch: Scratch, sizes: Sequence[int] = SIZES) -> Iterator[Row | Skipped]:
    """Take the processor time of each stage with so many runs: seeds of one study with two runs.

    Parameters
    ----------
    scratch
        Where to run.
    sizes
        Numbers of runs, the smallest first.

    Notes
    -----
    Processor time, because most of it is spent in one thread, and a busy machine changes it less.
    """
    if scratch.arrays("fashion_mnist") is None:
        yield Skipped(PART, STUDY, "Fashion-MNIST cannot be had here")
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
    """Seconds of the processor of each stage."""
    results = f"results/growth-{size}"
    given = {"studies": [STUDY], "seeds": size // RUNS_A_SEED, "results": results}
    plan = scratch.plan(given)

    def stage(*arguments: str) -> Done:
        return scratch.stage(*arguments, overrides=given)

    def dry() -> Done:
        return scratch.snakemake("-n", "--quiet", "all", overrides=given, cores=1)

    taken = {PLAN: dry()}
    made_up.make(plan, model)
    taken[EVALUATE] = stage("evaluate", STUDY)
    taken[JUDGE] = stage("judge", STUDY, "--notebook", "notebooks/judge.ipynb")
    taken[FIRST] = stage("report", "--lock", "envs/run.lock")
    taken[AGAIN] = stage("report", "--lock", "envs/run.lock")
    taken[NOTHING] = dry()
    shutil.rmtree(scratch.path / results)
    return {name: done.processor for name, done in taken.items()}
