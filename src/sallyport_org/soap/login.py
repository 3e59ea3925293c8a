"""``login()``: a session for a username and a password with the security token right behind it.

What belongs here: the words of each verdict, and the answer. What does not: judging (``identity``).
``LoginScopeHeader`` is taken and changes nothing; ``CallOptions`` names the client.
"""

from __future__ import annotations

from collections.abc import Callable

from sallyport_org import errors
from sallyport_org.errors import soap as words
from sallyport_org.faults import attend
from sallyport_org.identity import Session, User, administration, history, sessions
from sallyport_org.identity.judge import (
    Attempt,
    Verdict,
    admitted,
    find_user,
    is_generic,
    judge,
)
from sallyport_org.soap.envelope import LETTERS, Dialect, Request, elements
from sallyport_org.state import LAST_SOAP_LOGIN_VERSION, Org
from sallyport_org.web import Visit

_WORDS: dict[Verdict, Callable[[], errors.SoapRefusal]] = {
    Verdict.ORG_SUSPENDED: words.org_locked,
    Verdict.ORG_LOCKED: words.org_locked,
    Verdict.TRIAL_EXPIRED: words.trial_expired,
    Verdict.ORG_IN_MAINTENANCE: words.org_in_maintenance,
    Verdict.RESTRICTED_DOMAIN: words.restricted_domain,
    Verdict.RESTRICTED_IP: words.restricted_domain,
    Verdict.RESTRICTED_TIME: words.restricted_time,
    Verdict.LOCKED: words.password_lockout,
    Verdict.TOKEN_NEEDED: words.security_token_needed,
    Verdict.CHALLENGE: words.challenge_issued,
    Verdict.CLIENT_BARRED: words.client_not_accessible,
    Verdict.ANY_API_AUTH_MISSING: words.any_api_auth_missing,
    Verdict.API_OFF_FOR_ORG: words.api_off_for_org,
    Verdict.API_OFF_FOR_USER: words.api_off_for_user,
}
"""Whatever is not here is ``INVALID_LOGIN``: password, frozen, inactive, closed, rate, MFA."""


def login(visit: Visit, request: Request, version: str, dialect: Dialect) -> str:
    """Return the body of a login that worked; raises :class:`~sallyport_org.errors.SoapRefusal`."""
    if float(version) > LAST_SOAP_LOGIN_VERSION:
        raise words.login_version(version)
    found = find_user(visit.cloud, visit.place, request.value("username"))
    org = found[0] if found else visit.place.org
    if org is not None and not org.settings.soap_login:
        raise words.login_off()
    if found is None:
        raise words.invalid_login()
    org, user = found
    attempt = _attempt(visit, request, user, version)
    attend(org, user.username, version)
    if org.faults.strike("server_busy", path=visit.call.path):
        busy = errors.rest.server_busy()
        raise words.refused_as_in_rest(busy.code, busy.message)
    verdict = judge(org, attempt)
    if verdict is Verdict.CHALLENGE:
        administration.send_identity_code(org, user)
    if verdict is not Verdict.SUCCESS:
        raise _WORDS.get(verdict, words.invalid_login)()
    admitted(org, attempt)
    session = org.directory.keep(
        sessions.new_session(org, user, None, scopes=(), source="soap", remote=attempt.remote)
    )
    return _body(org, session, visit.address_of(org), version, dialect)


def note_removed_version(visit: Visit, request: Request, version: str) -> None:
    """Write a login in a retired API version down (Status text documented)."""
    found = find_user(visit.cloud, visit.place, request.value("username"))
    if found is not None:
        org, user = found
        history.note(org, _attempt(visit, request, user, version), "Failed: API Version Removed.")


def _attempt(visit: Visit, request: Request, user: User, version: str) -> Attempt:
    return Attempt(
        how="soap",
        user=user,
        remote=visit.call.remote,
        host=visit.call.host,
        generic=is_generic(visit.place),
        secret=request.value("password"),
        client=request.header("CallOptions", "client"),
        api_version=version,
    )


def _body(org: Org, session: Session, address: str, version: str, dialect: Dialect) -> str:
    """Return the answer; with an expired password it is a success that only SetPassword takes."""
    user, own = session.user, org.id[:15]
    result = {
        "metadataServerUrl": f"{address}/services/Soap/m/{version}/{own}",
        "passwordExpired": str(session.limited).lower(),
        "sandbox": str(org.organization.is_sandbox).lower(),
        "serverUrl": f"{address}/services/Soap/{LETTERS[dialect]}/{version}/{own}",
        "sessionId": session.token,
        "userId": user.id,
    }
    info = elements(user_info(org, user))
    return (
        f"<loginResponse><result>{elements(result)}<userInfo>{info}</userInfo></result>"
        "</loginResponse>"
    )


def user_info(org: Org, user: User) -> dict[str, str | None]:
    """Return what login() and getUserInfo() tell of a user."""
    return {
        "accessibilityMode": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "5242880",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": org.id,
        "organizationMultiCurrency": "false",
        "organizationName": org.organization.name,
        "profileId": user.profile_id,
        "roleId": None,
        "sessionSecondsValid": str(int(org.settings.session_minutes * 60)),
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.email,
        "userFullName": user.name,
        "userId": user.id,
        "userLanguage": user.language,
        "userLocale": user.locale,
        "userName": user.username,
        "userTimeZone": user.time_zone,
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }
