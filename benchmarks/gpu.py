"""Headline networks on a GPU: time of a step compared with the processor, and the same bits twice.

It needs the environment of `make env GPU=1` and a GPU, and is skipped elsewhere. It is meant to
take five minutes: `make bench GPU=1 PARTS=gpu`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks import training
from benchmarks.rows import Row, Skipped, compared
from benchmarks.scratch import CommandError, Scratch
from refashion.execution import environment, gpus

PART = "gpu"

PROCESSOR, GPU = "one core of the processor", "GPU"
# The same library, which then sees no GPU.
HIDDEN = {"CUDA_VISIBLE_DEVICES": "-1"}


def measure(
    scratch: Scratch, runs: Mapping[str, int | None] = training.RUNS
) -> Iterator[Row | Skipped]:
    """Train each network twice on the GPU and once on the processor, in new processes.

    Parameters
    ----------
    scratch
        Copy of the project.
    runs
        Number of steps per epoch, by run.
    """
    if why := why_not():
        yield Skipped(PART, "networks on a GPU", why)
        return
    for case in training.cases(scratch, runs, PART):
        if isinstance(case, Skipped):
            yield case
            continue
        name, steps, asked, arrays = case
        on_gpu = training.Processes(scratch, asked, arrays, {})
        try:
            (first, digest), (second, again) = on_gpu.epochs("gpu"), on_gpu.epochs("gpu")
            hidden = training.Processes(scratch, asked, arrays, HIDDEN)
            seconds, _ = hidden.epochs("processor")
        except CommandError as error:  # for example, an operation that is not deterministic
            yield Skipped(PART, name, error.why)
            continue
        values = {
            PROCESSOR: training.summary([seconds], steps or 1)[0],
            GPU: training.summary([first, second], steps or 1)[0],
        }
        yield from compared(PART, f"{name}, step", "ms", values, PROCESSOR)
        yield Row(PART, f"{name}, a second time", "other bits", float(digest != again), "(0 or 1)")


def why_not() -> str | None:
    """Return why nothing can be measured here, or None."""
    if not environment.is_for_gpu():
        return "this environment is that of the processor; `make env GPU=1` builds one for a GPU"
    return gpus.why_none()
