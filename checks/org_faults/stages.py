"""All scenarios: importing this module registers those of every stage."""

from checks.org_faults import (
    app_stage,
    authorize_stage,
    bulk_stage,
    data_stage,
    refresh_stage,
    soap_stage,
    token_stage,
)
from checks.org_faults.scenarios import ALL, Scenario

STAGES = (
    token_stage,
    refresh_stage,
    app_stage,
    authorize_stage,
    soap_stage,
    data_stage,
    bulk_stage,
)


def in_order() -> list[Scenario]:
    """Return every scenario, stage by stage."""
    names = [one.__name__ for one in STAGES]
    return sorted(ALL.values(), key=lambda one: names.index(one.play.__module__))
