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

STAGES = (
    token_stage,
    refresh_stage,
    app_stage,
    authorize_stage,
    soap_stage,
    data_stage,
    bulk_stage,
)
