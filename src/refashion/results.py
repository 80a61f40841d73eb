"""What finished runs have left, read into tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from refashion import artifacts
from refashion.artifacts import Layout
from refashion.config import Execution


def load_states(
    layout: Layout, study: str, executions: Iterable[Execution]
) -> dict[str, dict[int, dict[str, Any]]]:
    """Read `run.json` of every execution of a study, by run and seed."""
    states: dict[str, dict[int, dict[str, Any]]] = {}
    for execution in executions:
        if execution.study.name == study:
            run, seed = execution.run.name, execution.seed
            path = layout.run(study, run, seed).run_json
            states.setdefault(run, {})[seed] = artifacts.read_json(path)
    return states


def load_histories(layout: Layout, study: str, executions: Iterable[Execution]) -> pd.DataFrame:
    """Read the history of every successful iterative run: run, seed, epoch, and what it logged."""
    histories = [
        pd.read_csv(path).assign(run=execution.run.name, seed=execution.seed)
        for execution in executions
        if execution.study.name == study
        and (path := layout.run(study, execution.run.name, execution.seed).history).exists()
    ]
    return pd.concat(histories, ignore_index=True) if histories else pd.DataFrame()


def load_metrics(layout: Layout, study: str) -> pd.DataFrame:
    """Read the tidy scores of a study."""
    return pd.read_csv(layout.metrics(study))
