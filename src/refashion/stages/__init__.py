"""The stages of the workflow: one function each, called by the rule of the same name.

Every job imports this package, so stages import slow libraries only when they need them.
"""

from refashion.stages.datasets import explore, fetch, prepare
from refashion.stages.studies import audit_source, evaluate, judge, recover, report
from refashion.stages.training import train

__all__ = [
    "audit_source",
    "evaluate",
    "explore",
    "fetch",
    "judge",
    "prepare",
    "recover",
    "report",
    "train",
]
