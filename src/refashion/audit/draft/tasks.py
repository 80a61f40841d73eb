"""Whether a result can be of the task of the study's data."""

from __future__ import annotations

from refashion.audit.draft import vocabulary
from refashion.audit.draft.dataset import Data
from refashion.audit.reading.readings import Log, PrintedResult
from refashion.reported import Reported

# A network that knows nothing of 1,000 classes has a cross-entropy of 7.
LARGEST_LOSS = 1_000


def is_of_task(result: PrintedResult, data: Data) -> bool:
    other = vocabulary.OF_VALUES if data.task == "classification" else vocabulary.OF_LABELS
    return result.metric not in other and is_plausible(result.metric, result.value, data)


def is_plausible(metric: str, value: str, data: Data) -> bool:
    """Whether a loss can be one of the task: no cross-entropy is in the thousands."""
    if data.task == "regression" or not metric.endswith("loss"):
        return True
    try:
        return Reported.parse(value).value < LARGEST_LOSS
    except ValueError:
        return True


def is_log_plausible(log: Log, data: Data) -> bool:
    """Whether the losses of a log can be of the task."""
    values = [(name, value) for epoch in log.epochs for name, value in epoch.values.items()]
    return all(is_plausible(name, value, data) for name, value in values)
