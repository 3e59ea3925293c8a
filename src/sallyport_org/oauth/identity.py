"""Who am I: ``/services/oauth2/userinfo`` and the identity address ``/id/<org>/<user>``.

A dead token gets 403 and bare text here, not REST's 401 (observed). An expired password does not
matter here (observed).
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
and https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sallyport_org import errors
from sallyport_org.faults import attend
from sallyport_org.identity import Session, User, sessions
from sallyport_org.oauth.answer import identity_url
from sallyport_org.oauth.request import form_of
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
    "tooling_soap": "/services/Soap/T/{version}/{org}",
    "tooling_rest": "/services/data/v{version}/tooling/",
    "profile": "/{user}",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "groups": "/services/data/v{version}/chatter/groups",
    "users": "/services/data/v{version}/chatter/users",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
    "custom_domain": "",
}
"""What an app may call, in Salesforce's order (observed)."""

WHO_SCOPES = frozenset({"id", "profile", "email", "address", "phone", "openid", "full"})
"""One of these lets an app ask who its user is (documented)."""

_LITERAL = "{version}"
"""Stands for the version in addresses unless the caller asks for one (documented)."""

_NO_PHOTO = {"picture": "F", "thumbnail": "T"}


def userinfo(visit: Visit) -> Reply:
    """Answer OpenID Connect's userinfo, its keys in the order observed."""
    org, session = _asking(visit)
    user, base = session.user, visit.address_of(org)
    first, _, last = user.name.rpartition(" ")
    body = {
        "sub": identity_url(org, user.id),
        "user_id": user.id,
        "organization_id": org.id,
        "preferred_username": user.username,
        "nickname": user.username.partition("@")[0],
        "name": user.name,
        "email": user.email,
        "email_verified": True,
        "given_name": first,
        "family_name": last,
        "zoneinfo": user.time_zone,
        "photos": _photos(base),
        "profile": f"{base}/{user.id}",
        "picture": _photos(base)["picture"],
        "address": {},
        "is_salesforce_integration_user": False,
        "urls": _urls(visit, org, user),
        **_standing(org, user),
        "updated_at": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_app_installed": _is_installed(org, session),
    }
    return json_reply(body)


def identity(visit: Visit, org_id: str, user_id: str) -> Reply:
    """Answer the identity address that comes with every token, its keys in the order observed.

    The parameter ``version`` (a number or ``latest``) fills in the versions of the addresses;
    JSONP and answers as XML or form are not modelled.
    """
    _refuse_other_formats(visit.call)
    org, session = _asking(visit)
    if org_id[:15] != org.id[:15]:
        raise errors.tokens.wrong_org()
    user = session.user
    if user_id[:15] != user.id[:15]:
        raise errors.tokens.bad_id()
    first, _, last = user.name.rpartition(" ")
    address = ("street", "city", "state", "country", "zip")
    body = {
        "id": identity_url(org, user.id),
        "asserted_user": True,
        "user_id": user.id,
        "organization_id": org.id,
        "username": user.username,
        "nick_name": user.username.partition("@")[0],
        "display_name": user.name,
        "email": user.email,
        "email_verified": True,
        "first_name": first,
        "last_name": last,
        "timezone": user.time_zone,
        "photos": _photos(visit.address_of(org)),
        **{f"addr_{part}": None for part in address},
        "mobile_phone": None,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": _urls(visit, org, user),
        **_standing(org, user),
        "last_modified_date": org.born.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_app_installed": _is_installed(org, session),
    }
    return json_reply(body)


def bearer(call: Call) -> str:
    """Return the token from the header, or from ``oauth_token`` or ``access_token``.

    Those stand in the address or in a form (documented).
    """
    _, _, token = call.headers.get("Authorization", "").partition(" ")
    form = form_of(call)
    return token.strip() or form.get("oauth_token") or form.get("access_token") or ""


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
        if org.status == "maintenance" or org.faults.strike("server_busy"):
            raise errors.tokens.unavailable()
        if session.app is not None and not WHO_SCOPES & set(session.scopes):
            raise errors.tokens.bad_oauth_token()
        sessions.use(org, session)
        return org, session
    raise errors.tokens.bad_oauth_token()


def _refuse_other_formats(call: Call) -> None:
    form = form_of(call)
    if form.get("format", "json").lower() != "json":
        raise errors.rest.not_modelled("identity as anything but JSON")
    if "callback" in form:
        raise errors.rest.not_modelled("identity as JSONP")


def _photos(base: str) -> dict[str, str]:
    """Return the addresses of the picture people have who gave none."""
    return {name: f"{base}/profilephoto/005/{size}" for name, size in _NO_PHOTO.items()}


def _urls(visit: Visit, org: Org, user: User) -> dict[str, str]:
    asked = visit.call.query.get("version", "")
    version = f"{org.settings.newest_version}.0" if asked == "latest" else asked or _LITERAL
    words = {"version": version, "org": org.id[:15], "user": user.id}
    base = visit.address_of(org)
    return {name: base + path.format(**words) for name, path in _PATHS.items()}


def _standing(org: Org, user: User) -> dict[str, Any]:
    return {
        "active": user.is_active,
        "user_type": "STANDARD",
        "language": user.language,
        "locale": user.locale,
        "utcOffset": _offset(user.time_zone, org.clock.now().year),
    }


def _offset(zone: str, year: int) -> int:
    """Return a zone's distance from UTC without summer time, in milliseconds (observed)."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # people may be given any text as time zone
        return 0
    halves = (datetime(year, month, 1, tzinfo=place).utcoffset() for month in (1, 7))
    return min(int(one.total_seconds()) for one in halves if one is not None) * 1000


def _is_installed(org: Org, session: Session) -> bool:
    return session.app is not None and org.directory.policy(session.app).installed
