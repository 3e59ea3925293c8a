"""Faults: which kinds there are, and adding, showing and removing those of an org.

What belongs here: paths about them. What does not: reading one (``faults.kinds``) and what it does.
"""

from __future__ import annotations

from typing import Any

from sallyport_org import inputs
from sallyport_org.admin.access import NotThereError, body, done
from sallyport_org.faults import KINDS, Fault, read_fault
from sallyport_org.faults.actions import check
from sallyport_org.inputs import BadInput
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply


def list_kinds(visit: Visit) -> Reply:
    """Answer with every kind of fault, what it does and its settings."""
    kinds = [
        {
            "kind": one.name,
            "does": one.does,
            "where": one.where,
            "settings": [inputs.plain(_setting(each)) for each in one.settings],
        }
        for one in KINDS.values()
    ]
    return json_reply({"kinds": kinds})


def list_faults(visit: Visit, org: Org) -> Reply:
    """Answer with an org's faults, and how often each met its moment and struck."""
    return json_reply({"faults": [inputs.plain(one) for one in org.faults]})


def add_fault(visit: Visit, org: Org) -> Reply:
    """Add a fault; it strikes from now on, in this org only."""
    fault = read_fault(body(visit.call), org.faults.next_id(), org.clock.now())
    if org.faults.find(fault.id) is not None:
        raise BadInput("id", fault.id, "the org has a fault of that id; remove it first")
    if fault.sobject is not None and org.schema.find(fault.sobject) is None:
        raise BadInput("sobject", fault.sobject, "give the name of one of the org's objects")
    if fault.kind == "schema_changed":
        check(org, fault.settings)
    org.faults.add(fault)
    return json_reply(inputs.plain(fault), 201)


def read_one(visit: Visit, org: Org, fault_id: str) -> Reply:
    """Answer with one fault and the times it struck."""
    fault = _find(org, fault_id)
    strikes = [one for one in list(org.faults.strikes) if one.fault_id == fault_id]
    return json_reply({**inputs.plain(fault), "strikes": inputs.plain(strikes)})


def remove(visit: Visit, org: Org, fault_id: str) -> Reply:
    """Remove a fault; whatever it holds up goes on."""
    _find(org, fault_id)
    org.faults.remove(fault_id)
    return done(removed=1)


def clear(visit: Visit, org: Org) -> Reply:
    """Remove every fault of an org."""
    return done(removed=org.faults.clear())


def _find(org: Org, fault_id: str) -> Fault:
    fault = org.faults.find(fault_id)
    if fault is None:
        known = ", ".join(one.id for one in org.faults) or "none"
        raise NotThereError(f"no fault is called {fault_id!r}; there are {known}")
    return fault


def _setting(one: Any) -> dict[str, Any]:
    """Return a setting without bounds that say nothing."""
    bounds = {"least": one.least, "most": one.most}
    return {
        **{name: getattr(one, name) for name in ("name", "type", "means", "default")},
        **{name: value for name, value in bounds.items() if abs(value) != float("inf")},
        **({"unit": one.unit} if one.unit else {}),
    }
