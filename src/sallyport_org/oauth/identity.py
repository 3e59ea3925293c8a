"""Who am I: ``/services/oauth2/userinfo`` and the identity address ``/id/<org>/<user>``.

A dead token gets 403 and bare text here, not REST's 401 (observed). An expired password does not
matter here (observed).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
and https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
"""

from __future__ import annotations

from typing import Any

from sallyport_org import errors
from sallyport_org.faults import attend
from sallyport_org.identity import Session, sessions
from sallyport_org.oauth.answer import identity_url
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, Visit, json_reply

_PATHS = {
    "enterprise": "/services/Soap/c/{version}/{org}",
    "metadata": "/services/Soap/m/{version}/{org}",
    "partner": "/services/Soap/u/{version}/{org}",
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "tooling_soap": "/services/Soap/T/{version}/{org}",
    "profile": "/{user}",
}

WHO_SCOPES = frozenset({"id", "profile", "email", "address", "phone", "openid", "full"})
"""One of these lets an app ask who its user is (documented)."""


def userinfo(visit: Visit) -> Reply:
    """Answer OpenID Connect's userinfo."""
    org, session = _asking(visit)
    user = session.user
    first, _, last = user.name.rpartition(" ")
    body = {
        "sub": identity_url(org, user.id),
        **_shared(org, session, visit),
        "preferred_username": user.username,
        "nickname": user.username.partition("@")[0],
        "name": user.name,
        "given_name": first,
        "family_name": last,
        "email": user.email,
        "email_verified": True,
        "zoneinfo": user.time_zone,
        "updated_at": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json_reply(body)


def identity(visit: Visit, org_id: str, user_id: str) -> Reply:
    """Answer the identity address that comes with every token."""
    org, session = _asking(visit)
    if org_id[:15] != org.id[:15]:
        raise errors.tokens.wrong_org()
    user = session.user
    if user_id[:15] != user.id[:15]:
        raise errors.tokens.bad_id()
    first, _, last = user.name.rpartition(" ")
    body = {
        "id": identity_url(org, user.id),
        "asserted_user": True,
        **_shared(org, session, visit),
        "username": user.username,
        "nick_name": user.username.partition("@")[0],
        "display_name": user.name,
        "email": user.email,
        "email_verified": True,
        "first_name": first,
        "last_name": last,
        "timezone": user.time_zone,
        "last_modified_date": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json_reply(body)


def bearer(call: Call) -> str:
    """Return the token from the header, or from ``oauth_token`` or ``access_token``."""
    _, _, token = call.headers.get("Authorization", "").partition(" ")
    return token.strip() or call.query.get("oauth_token") or call.query.get("access_token") or ""


def _asking(visit: Visit) -> tuple[Org, Session]:
    """Return whose token it is; login and test answer for every org of their kind."""
    token = bearer(visit.call)
    if not token:
        raise errors.tokens.missing_oauth_token()
    for org in visit.cloud.candidates(visit.place):
        session = sessions.find(org, token) if visit.place.kind != "former" else None
        if session is None:
            continue
        attend(org, session.user.username)
        if session.app is not None and not WHO_SCOPES & set(session.scopes):
            raise errors.tokens.bad_oauth_token()
        sessions.use(org, session)
        return org, session
    raise errors.tokens.bad_oauth_token()


def _shared(org: Org, session: Session, visit: Visit) -> dict[str, Any]:
    user, base = session.user, visit.address_of(org)
    version = f"{org.settings.newest_version}.0"
    words = {"version": version, "org": org.id[:15], "user": user.id}
    installed = session.app is not None and org.directory.policy(session.app).installed
    return {
        "user_id": user.id,
        "organization_id": org.id,
        "user_type": "STANDARD",
        "language": user.language,
        "locale": user.locale,
        "utcOffset": 0,
        "active": user.is_active,
        "is_app_installed": installed,
        "urls": {name: base + path.format(**words) for name, path in _PATHS.items()},
    }
