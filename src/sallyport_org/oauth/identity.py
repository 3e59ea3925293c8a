"""Who am I: ``/services/oauth2/userinfo`` and the identity address ``/id/<org>/<user>``.

A dead token gets 403 and bare text here, not REST's 401 (observed; the exact text is inferred).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
"""

from __future__ import annotations

from typing import Any

from sallyport_org.identity import Session
from sallyport_org.state import NEWEST_VERSION, Org
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


def userinfo(visit: Visit) -> Reply:
    """Answer OpenID Connect's userinfo."""
    org, call = visit.place.org or visit.cloud.default, visit.call
    session = bearer(org, call)
    if session is None:
        return _bad_token()
    user = session.user
    body = _shared(org, session, call) | {
        "sub": f"https://login.salesforce.com/id/{org.id}/{user.id}",
        "preferred_username": user.username,
        "name": user.name,
        "email": user.email,
        "email_verified": True,
        "zoneinfo": "GMT",
        "updated_at": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json_reply(body)


def identity(visit: Visit, org_id: str, user_id: str) -> Reply:
    """Answer the identity address that comes with every token."""
    org, call = visit.place.org or visit.cloud.default, visit.call
    session = bearer(org, call)
    if session is None or (org_id[:15], user_id[:15]) != (org.id[:15], session.user.id[:15]):
        return _bad_token()
    user = session.user
    body = _shared(org, session, call) | {
        "id": f"https://login.salesforce.com/id/{org.id}/{user.id}",
        "asserted_user": True,
        "username": user.username,
        "display_name": user.name,
        "email": user.email,
        "timezone": "GMT",
        "last_modified_date": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return json_reply(body)


def bearer(org: Org, call: Call) -> Session | None:
    """Return the session whose token stands in the header or in ``oauth_token``, or None."""
    _, _, token = call.headers.get("Authorization", "").partition(" ")
    token = token.strip() or call.query.get("oauth_token") or call.query.get("access_token") or ""
    return org.directory.session(token)


def _shared(org: Org, session: Session, call: Call) -> dict[str, Any]:
    words = {"version": f"{NEWEST_VERSION}.0", "org": org.id[:15], "user": session.user.id}
    return {
        "user_id": session.user.id,
        "organization_id": org.id,
        "nick_name": session.user.username.partition("@")[0],
        "user_type": "STANDARD",
        "language": "en_US",
        "locale": "en_US",
        "utcOffset": 0,
        "active": True,
        "is_app_installed": True,
        "urls": {name: call.base_url + path.format(**words) for name, path in _PATHS.items()},
    }


def _bad_token() -> Reply:
    return Reply(403, {"Content-Type": "text/html;charset=UTF-8"}, b"Bad_OAuth_Token")
