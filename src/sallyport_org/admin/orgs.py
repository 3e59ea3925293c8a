"""Orgs: listing, making, moving, refreshing and closing them.

What belongs here: what is true of an org as a whole. What does not: its settings and clock
(``settings``), people (``people``), apps (``apps``) and rows (``tables``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from sallyport_org import ids, inputs
from sallyport_org.admin.access import NowNotError, body, done
from sallyport_org.admin.settings import read_settings
from sallyport_org.build import OrgShape
from sallyport_org.identity import approvals
from sallyport_org.inputs import BadInput
from sallyport_org.rows.engine import quoted
from sallyport_org.state import EDITIONS_WITH_API, EDITIONS_WITHOUT_API, Org, Status
from sallyport_org.web import Reply, Visit, json_reply

_LABEL = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_LABEL = 34
"""Letters of a My Domain name (documented)."""
_INSTANCE = re.compile("[A-Za-z]{1,6}[0-9]{1,5}[A-Za-z]{0,2}")
_DEVELOPER = "-dev-ed"
"""Ends the name of every Developer Edition (documented)."""
_MAKING = ("kind", "domain", "sandbox", "name", "edition", "instance", "rows", "seed", "settings")
_KINDS = ("production", "sandbox")


def show(org: Org, *, rows: bool = False) -> dict[str, Any]:
    """Return what an org is, as JSON has it; with its live rows by object if asked."""
    about = org.organization
    shown: dict[str, Any] = {
        "id": org.id,
        "name": about.name,
        "my_domain": org.my_domain,
        "edition": about.edition,
        "instance": about.instance,
        "is_sandbox": about.is_sandbox,
        "status": org.status,
        "waking": org.waking,
        "former_hosts": sorted(org.former_hosts),
        "now": inputs.plain(org.clock.now()),
        "api_calls": {"used": org.calls_used(), "limit": org.settings.api_limit},
    }
    if rows:
        counts = {one.name: org.engine.count(one) for one in org.schema}
        shown["rows"] = {name: count for name, count in counts.items() if count}
    return shown


def list_orgs(visit: Visit) -> Reply:
    """Answer with every org, the default first."""
    return json_reply({"orgs": [show(one) for one in visit.cloud.orgs]})


def show_org(visit: Visit, org: Org) -> Reply:
    """Answer with one org and the number of rows it has."""
    return json_reply(show(org, rows=True))


def make(visit: Visit) -> Reply:
    """Make an org and open a plain door for it."""
    given = body(visit.call)
    inputs.known(given, _MAKING, "a new org")
    settings = read_settings(given.get("settings", {}))
    rows = inputs.convert(given.get("rows"), dict[str, int] | None, "rows")
    seed = inputs.whole(given.get("seed", 1), "seed", 0, 1 << 31)
    with visit.cloud.founding:
        shape = _shape(visit, given)
        org, credentials, url = visit.cloud.founder.found(shape, rows=rows, seed=seed)
    for name, value in settings.items():
        setattr(org.settings, name, value)
    made = {**show(org, rows=True), "url": url, "credentials": credentials.as_json()}
    return json_reply(made, 201)


def change(visit: Visit, org: Org) -> Reply:
    """Change an org's status, edition or name, or whether it is waking."""
    given = body(visit.call)
    inputs.known(given, ("status", "waking", "edition", "name"), "an org")
    status = inputs.convert(given.get("status", org.status), Status, "status")
    waking = inputs.boolean(given.get("waking", org.waking), "waking")
    about = org.organization
    edition = _edition(given.get("edition", about.edition))
    name = inputs.text(given.get("name", about.name), "name")
    org.status, org.waking = status, waking
    org.organization = replace(about, edition=edition, name=name)
    _write_record(org, {"OrganizationType": edition, "Name": name})
    return json_reply(show(org))


def close(visit: Visit, org: Org) -> Reply:
    """Delete an org for good; the first one stays."""
    try:
        visit.cloud.founder.close_down(org)
    except ValueError as refused:
        raise NowNotError(f"{org.id} cannot be deleted: {refused}") from refused
    return done(deleted=org.id)


def move(visit: Visit, org: Org) -> Reply:
    """Move an org to another instance, to another My Domain, or both: old hosts become former."""
    given = body(visit.call)
    inputs.known(given, ("instance", "domain"), "a move")
    if not given:
        raise BadInput("instance", None, "give the new instance, a new domain, or both")
    others = [one for one in visit.cloud.orgs if one is not org]
    old = org.organization.instance
    instance = _instance(given["instance"]) if "instance" in given else None
    if "domain" in given:
        with visit.cloud.founding:
            address = _address(visit, given["domain"], org)
            org.former_hosts.add(org.host)
            org.my_domain = address
        org.former_hosts.discard(org.host)
    if instance is not None:
        if not any(one.organization.instance == old for one in others):
            org.former_hosts.add(f"{old.lower()}.salesforce.com")
        org.former_hosts.discard(f"{instance.lower()}.salesforce.com")
        org.organization = replace(org.organization, instance=instance)
        _write_record(org, {"InstanceName": instance})
    return json_reply(show(org))


def refresh(visit: Visit, org: Org) -> Reply:
    """Refresh a sandbox: a new org id; its own apps, every token and every session are gone.

    Its rows, people and settings stay as they are (assumed: the production org's look the same).
    """
    if not org.organization.is_sandbox:
        raise NowNotError(f"{org.id} is no sandbox; only sandboxes can be refreshed")
    before = org.id
    renewed = ids.record_id("00D", visit.cloud.free_number())
    directory = org.directory
    with directory.lock:
        directory.end_sessions()
        for client_id, app in list(org.apps.items()):
            if app.home == before:
                del org.apps[client_id]
                directory.deleted_apps.add(client_id)
        approvals.end_all(directory, lambda one: True, "the sandbox was refreshed")
        directory.codes.clear()
        directory.devices.clear()
        directory.policies.clear()
        directory.org_id = renewed
    org.organization = replace(org.organization, id=renewed)
    _write_record(org, {"Id": renewed})
    visit.cloud.renumber(before, org)
    return json_reply({**show(org), "before": before})


def _shape(visit: Visit, given: dict[str, Any]) -> OrgShape:
    kind = given.get("kind", "production")
    if kind not in _KINDS:
        raise BadInput("kind", kind, f"give one of {', '.join(_KINDS)}")
    domain = _label(given.get("domain"), "domain")
    name = given.get("name") and inputs.text(given["name"], "name")
    number = visit.cloud.free_number()
    if kind == "sandbox":
        shape = OrgShape.sandbox(domain, _label(given.get("sandbox"), "sandbox"), number, name)
    elif "sandbox" in given:
        raise BadInput("sandbox", given["sandbox"], "leave it out, or give kind sandbox")
    else:
        shape = OrgShape.production(domain, number, name)
    if any(one.my_domain == shape.my_domain for one in visit.cloud.orgs):
        raise BadInput("domain", given["domain"], f"an org has {shape.my_domain}; choose another")
    return replace(
        shape,
        edition=_edition(given.get("edition", shape.edition)),
        instance=_instance(given.get("instance", shape.instance)),
    )


def _address(visit: Visit, domain: object, org: Org) -> str:
    """Return the My Domain an org gets under another name; its kind stays."""
    label = _label(domain, "domain")
    first, dot, rest = org.host.partition(".")
    _, dashes, sandbox = first.partition("--")
    edition = _DEVELOPER if first.endswith(_DEVELOPER) and not label.endswith(_DEVELOPER) else ""
    address = f"https://{label}{edition}{dashes}{sandbox}{dot}{rest}"
    if any(one.my_domain == address for one in visit.cloud.orgs):
        raise BadInput("domain", domain, f"an org has {address}; choose another")
    return address


def _instance(value: object) -> str:
    """Return an instance's name in capitals; it is a part of a host name."""
    if not isinstance(value, str) or not _INSTANCE.fullmatch(value):
        raise BadInput("instance", value, "give letters and digits, like EU42")
    return value.upper()


def _edition(value: object) -> str:
    editions = sorted(EDITIONS_WITH_API | EDITIONS_WITHOUT_API)
    if value not in editions:
        raise BadInput("edition", value, f"give one of {', '.join(editions)}")
    return str(value)


def _label(value: object, field: str) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value) or len(value) > LONGEST_LABEL:
        cure = f"give lower-case letters, digits and single hyphens, {LONGEST_LABEL} at most"
        raise BadInput(field, value, cure)
    return value


def _write_record(org: Org, values: dict[str, str]) -> None:
    """Keep the Organization record true."""
    sets = ", ".join(f"{quoted(name)} = ?" for name in values)
    with org.engine.writing() as cursor:
        cursor.execute(f"UPDATE Organization SET {sets}", list(values.values()))  # noqa: S608 - fixed names
