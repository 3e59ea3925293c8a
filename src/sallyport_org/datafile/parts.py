"""What an org is beside its rows, as texts of JSON and back.

What belongs here: the list of parts, writing each, and putting an org together from them. What does
not: files (``opening``) and when to write (``keeper``).

Login History and sessions are many and have tables of their own (``keeper``). Not kept: jobs and
their results, query cursors, codes on their way, faults, and the counters of the day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import RSAKey

from sallyport_org import inputs
from sallyport_org.founding import Credentials
from sallyport_org.identity import (
    App,
    AppPolicy,
    Approval,
    PermissionSet,
    Profile,
    Session,
    User,
)
from sallyport_org.rows.engine import Engine
from sallyport_org.rows.generate import Organization
from sallyport_org.rows.snapshot import SnapshotStore
from sallyport_org.schema import SObject, standard_schema
from sallyport_org.state import Clock, MovableClock, Org, Settings

_BESIDE = ("user", "app")
"""Attributes of a session that are kept by name."""


OBJECTS = "objects"


def parts_of(org: Org, credentials: Credentials) -> dict[str, str]:
    """Return every part of an org as a text, but for its objects, which seldom change."""
    directory = org.directory
    key = directory.signing_key
    with directory.lock:
        parts: dict[str, Any] = {
            "organization": org.organization,
            "org": {
                "my_domain": org.my_domain,
                "status": org.status,
                "waking": org.waking,
                "former_hosts": org.former_hosts,
                "born": org.born,
                "ahead_seconds": org.clock.ahead.total_seconds(),
                "deleted_apps": directory.deleted_apps,
                "signing_key": key.as_pem(private=True).decode() if key else None,
            },
            "settings": org.settings,
            "credentials": credentials,
            "users": list(directory.users.values()),
            "profiles": list(directory.profiles.values()),
            "permission_sets": list(directory.permission_sets.values()),
            "apps": [one for one in org.apps.values() if one.home in ("", org.id)],
            "policies": list(directory.policies.values()),
            "approvals": list(directory.approvals.values()),
        }
        return {name: _text(value) for name, value in parts.items()}


def objects_of(org: Org) -> dict[str, str]:
    """Return the part that holds the objects that are not as they ship: deployed, or loaded."""
    standard = standard_schema()
    own = [one for one in org.schema if standard.find(one.name) != one]
    return {OBJECTS: _text(own)}


def restore(
    parts: Mapping[str, str], engine: Engine, clock: Clock, apps: dict[str, App]
) -> tuple[Org, Credentials]:
    """Return the org those parts were written from, over the engine that holds its rows.

    ``apps`` are those its cloud knows; the org's own join them. Raises KeyError and
    :class:`~sallyport_org.inputs.BadInput` for parts that are none.
    """
    read = {name: json.loads(text) for name, text in parts.items()}
    about = read["org"]
    schema = standard_schema()
    schema.put(*inputs.convert(read[OBJECTS], list[SObject], OBJECTS))
    moving = MovableClock(clock)
    moving.move(timedelta(seconds=about["ahead_seconds"]))
    org = Org(
        organization=inputs.convert(read["organization"], Organization, "organization"),
        my_domain=about["my_domain"],
        schema=schema,
        engine=engine,
        snapshots=SnapshotStore(engine),
        clock=moving,
        apps=apps,
        settings=inputs.convert(read["settings"], Settings, "settings"),
        status=about["status"],
        waking=about["waking"],
        former_hosts=set(about["former_hosts"]),
        born=inputs.convert(about["born"], datetime, "born"),
    )
    _move_in(org, read)
    return org, inputs.convert(read["credentials"], Credentials, "credentials")


def _move_in(org: Org, read: Mapping[str, Any]) -> None:
    """Put people, apps, approvals and sessions where they were."""
    directory = org.directory
    pem = read["org"]["signing_key"]
    directory.signing_key = RSAKey.import_key(pem) if pem else None
    directory.deleted_apps.update(read["org"]["deleted_apps"])
    for profile in inputs.convert(read["profiles"], list[Profile], "profiles"):
        directory.profiles[profile.id] = profile
    for one in inputs.convert(read["permission_sets"], list[PermissionSet], "permission_sets"):
        directory.permission_sets[one.id] = one
    directory.admit(
        inputs.convert(read["users"], list[User], "users"),
        inputs.convert(read["apps"], list[App], "apps"),
    )
    for policy in inputs.convert(read["policies"], list[AppPolicy], "policies"):
        directory.policies[policy.client_id] = policy
    for approval in inputs.convert(read["approvals"], list[Approval], "approvals"):
        directory.approvals[approval.id] = approval


def session_text(session: Session) -> str:
    """Return a session as a text; its user and app are kept by name."""
    client_id = session.app.client_id if session.app else None
    kept = {name: getattr(session, name) for name in inputs.other_fields(Session, *_BESIDE)}
    return _text({**kept, "user": session.user.username, "app": client_id})


def restore_session(org: Org, text: str) -> None:
    """Put a session back, unless its user or app is gone."""
    kept = json.loads(text)
    directory = org.directory
    user, client_id = directory.user(kept.pop("user")), kept.pop("app")
    app = directory.app(client_id or "")
    if user is None or (app is None and client_id is not None):
        return
    names = inputs.other_fields(Session, *_BESIDE)
    directory.keep(
        Session(user=user, app=app, **inputs.attributes(kept, Session, names, "session"))
    )


def _text(value: object) -> str:
    return json.dumps(inputs.plain(value), ensure_ascii=False, sort_keys=True)
