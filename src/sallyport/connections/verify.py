"""Proving that credentials work: log in, agree on an API version, make one call.

What belongs here: the calls of a verification and what they establish. What does not: storing the
outcome (``service``), the flows themselves (``auth``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from sallyport.auth.keeper import SessionKeeper
from sallyport.connections.specs import CheckedParameters
from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable, SallyportError
from sallyport.kernel import Clock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.rest_query import query_rows
from sallyport.salesforce.session import OrgClient
from sallyport.salesforce.versions import list_versions, newest

log = structlog.get_logger(__name__)
_ORGANIZATION = (
    "SELECT Id, Name, InstanceName, IsSandbox, OrganizationType, TrialExpirationDate "
    "FROM Organization LIMIT 1"
)


@dataclass(frozen=True)
class Verified:
    """What a successful verification found out. ``unknown`` lists facts Salesforce kept back."""

    api_version: str
    org: dict[str, Any]
    unknown: list[str] = field(default_factory=list)


def verify(http: HttpClient, clock: Clock, checked: CheckedParameters) -> Verified:
    """Log in afresh and make one authenticated call at the API version to be used.

    Raises RemoteRefused with Salesforce's own words, RemoteUnavailable when no answer came, and
    InvalidRequest when the org does not offer the version asked for. Facts that are merely nice to
    know (Organization) being refused does not fail it. An error names the parameter at fault where
    there is one, and what was given for it unless it is a secret.
    """
    public = {checked.address_field: checked.credentials.login.text, **checked.public}
    with at_fault(checked.address_field, public):
        return _verify(http, clock, checked)


@contextmanager
def at_fault(address_field: str, public: Mapping[str, str]) -> Iterator[None]:
    """Give errors raised inside the parameter at fault and its value, if it is not a secret.

    ``address_field`` is the parameter that holds the address: when no usable answer came, it is
    the one at fault.
    """
    try:
        yield
    except (RemoteRefused, RemoteUnavailable) as error:
        unnamed = error.field is None and isinstance(error, RemoteUnavailable)
        if unnamed or error.field == "environment_url":
            error.field = address_field
        if error.received is None and error.field is not None:
            error.received = public.get(error.field)
        raise


def _verify(http: HttpClient, clock: Clock, checked: CheckedParameters) -> Verified:
    keeper = SessionKeeper(checked.credentials, http, clock)
    session = keeper.current()
    version = _agree(http, checked, session.instance_url)
    client = OrgClient(http, keeper, version)
    client.get("")  # the version's own root: cheap, and refused when the user has no API access
    org: dict[str, Any] = {
        "id": session.org_id,
        "user_id": session.user_id,
        "instance_url": session.instance_url.text,
    }
    unknown: list[str] = []
    try:
        row = next(iter(query_rows(client, _ORGANIZATION)), None)
    except SallyportError as error:
        log.info("verify.organization_unknown", why=error.message)
        unknown.append("organization")
        row = None
    if row is not None:
        org["id"] = org["id"] or row["Id"]
        org |= {"name": row["Name"], "instance": row["InstanceName"], "sandbox": row["IsSandbox"]}
        org |= {"edition": row["OrganizationType"]}
    return Verified(version, org, unknown)


def _agree(http: HttpClient, checked: CheckedParameters, instance_url: OrgUrl) -> str:
    offered = list_versions(http, instance_url)
    if checked.api_version is None:
        return newest(offered)
    if checked.api_version not in offered:
        raise InvalidRequest(
            "is not a version this org offers.",
            field="api_version",
            received=checked.api_version,
            cure=f"Use one from {offered[0]} to {newest(offered)}.",
        )
    return checked.api_version
