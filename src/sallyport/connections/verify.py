"""Proving that credentials work: log in, agree on an API version, make one call.

What belongs here: the calls of a verification and what they establish. What does not: storing the
outcome (``service``), the flows themselves (``auth``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from sallyport.auth.credentials import WebServerCredentials
from sallyport.auth.grants import Grant
from sallyport.auth.keeper import SessionKeeper, session_of
from sallyport.connections.specs import CheckedParameters
from sallyport.errors import (
    InvalidRequest,
    RemoteRefused,
    RemoteUnavailable,
    SallyportError,
    SessionRejected,
)
from sallyport.kernel import Clock
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.rest_query import query_rows
from sallyport.salesforce.session import OrgClient, Session, SessionSource
from sallyport.salesforce.versions import list_versions, newest

log = structlog.get_logger(__name__)
_ORGANIZATION = (
    "SELECT Id, Name, InstanceName, IsSandbox, OrganizationType, TrialExpirationDate "
    "FROM Organization LIMIT 1"
)


@dataclass(frozen=True)
class Verified:
    """What a successful verification found out. ``unknown`` lists facts Salesforce kept back;
    ``grant`` is what the login gave, None when a session of before was used."""

    api_version: str
    org: dict[str, Any]
    unknown: list[str] = field(default_factory=list)
    grant: Grant | None = None


class GrantedSession:
    """The SessionSource of a grant that is not stored yet: it has this one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self) -> Session:
        """Return the session."""
        return self._session

    def renew(self, rejected: Session) -> Session:
        """Raise SessionRejected: a session just granted must work."""
        raise SessionRejected(
            "Salesforce rejects the session it has just granted.",
            status=401,
            code="INVALID_SESSION_ID",
            text="",
            cure="Check the app's session policies and IP relaxation, then connect again.",
        )


def verify_login(http: HttpClient, clock: Clock, checked: CheckedParameters) -> Verified:
    """Log in afresh and verify that session; raises as ``verify`` does."""
    if isinstance(checked.credentials, WebServerCredentials):
        raise InvalidRequest(
            "a person has to authorize this kind of connection in a browser.",
            field="auth",
            received=checked.spec.key,
            cure="Log in with Salesforce, or choose another way to authenticate.",
        )
    keeper = SessionKeeper(checked.credentials, http, clock)
    verified = verify(http, keeper, checked)
    return replace(verified, grant=keeper.grant)


def verify_grant(
    http: HttpClient, clock: Clock, checked: CheckedParameters, grant: Grant
) -> Verified:
    """Verify a grant that a person gave.

    Raises as ``verify`` does, and InvalidRequest for one without a refresh token.
    """
    _check_renewable(grant)
    source = GrantedSession(session_of(grant, http.allowed, clock))
    return replace(verify(http, source, checked), grant=grant)


def verify(http: HttpClient, sessions: SessionSource, checked: CheckedParameters) -> Verified:
    """Make one authenticated call at the API version to be used.

    Raises RemoteRefused with Salesforce's own words, RemoteUnavailable when no answer came, and
    InvalidRequest when the org does not offer the version asked for. Facts that are merely nice to
    know (Organization) being refused does not fail it. An error names the parameter at fault where
    there is one, and what was given for it unless it is a secret.
    """
    public = {checked.address_field: checked.credentials.login.text, **checked.public}
    with at_fault(checked.address_field, public):
        return _verify(http, sessions, checked)


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


def _verify(http: HttpClient, sessions: SessionSource, checked: CheckedParameters) -> Verified:
    session = sessions.current()
    version = _agree(http, checked, session.instance_url)
    client = OrgClient(http, sessions, version)
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


def _check_renewable(grant: Grant) -> None:
    if grant.refresh_token is None:
        raise InvalidRequest(
            "Salesforce granted no refresh token: the connection would end with its session.",
            field="scope",
            received=" ".join(grant.scope),
            cure="Add the scope 'Perform requests at any time (refresh_token, offline_access)' to"
            " the app, wait 10 minutes, then log in again.",
        )
