"""What all stages share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from refashion.workflow.plan import Plan

# Time limit of notebooks that train nothing. The limit of runs may be short on purpose.
DISPLAY_SECONDS = 3600


def plan_of_job() -> Plan:
    """Return the plan of the workflow that started this job."""
    from refashion.workflow.plan import Plan

    return Plan.of_job()
