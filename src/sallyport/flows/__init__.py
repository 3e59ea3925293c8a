"""Dataflows and their runs: what is copied from where to where, and what came of it.

Public names: ``Flows`` (``service``: flows and runs), ``Catalog`` (``catalog``: schemas, datasets,
mapping sets), ``Runs`` (``runs``: a run's life), and the typed views in ``model``.
"""

from sallyport.flows.catalog import Catalog
from sallyport.flows.model import (
    Dataset,
    Flow,
    MappingSet,
    Run,
    RunState,
    Schema,
    Source,
    Target,
    View,
)
from sallyport.flows.runs import Runs
from sallyport.flows.service import Flows, NewFlow

__all__ = [
    "Catalog",
    "Dataset",
    "Flow",
    "Flows",
    "MappingSet",
    "NewFlow",
    "Run",
    "RunState",
    "Runs",
    "Schema",
    "Source",
    "Target",
    "View",
]
