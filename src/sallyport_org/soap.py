"""SOAP ``login()`` on the partner and enterprise addresses.

What belongs here: the envelope, faults, and judging a login. What does not: other SOAP calls; they
are refused and named. Answer and faults observed in clients and published captures; retirement
documented at https://developer.salesforce.com/docs/platform/api/guide/api-eol-soap.html
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sallyport_org import errors, ids
from sallyport_org.identity import Session, User
from sallyport_org.rest.versions import check_version
from sallyport_org.state import LAST_SOAP_LOGIN_VERSION, Org, same_text
from sallyport_org.web import Reply, Visit

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_SESSION_SECONDS = 7200


def partner(visit: Visit, version: str, suffix: str = "") -> Reply:
    """Answer ``/services/Soap/u/<version>``."""
    return _answer(visit, version, "partner", "u")


def enterprise(visit: Visit, version: str, suffix: str = "") -> Reply:
    """Answer ``/services/Soap/c/<version>``."""
    return _answer(visit, version, "enterprise", "c")


def _answer(visit: Visit, version: str, dialect: str, letter: str) -> Reply:
    org = next(iter(visit.cloud.candidates(visit.place)), visit.cloud.default)
    try:
        checked = _check_version(version)
        username, password = _read_login(visit.call.body)
        user = judge(org, checked, username, password)
    except errors.SoapRefusal as refusal:
        return _fault(refusal, dialect)
    session = org.open_session(user, None)
    body = _login_response(org, session, visit.address_of(org), checked, dialect, letter)
    return Reply(200, {"Content-Type": "text/xml;charset=UTF-8"}, body.encode())


def judge(org: Org, version: str, username: str, password: str) -> User:
    """Return the user a login lets in; every reason to refuse stands here, in order.

    ``password`` is the password with the security token right behind it. Raises
    :class:`~sallyport_org.errors.SoapRefusal`.
    """
    if float(version) > LAST_SOAP_LOGIN_VERSION:
        raise errors.soap.login_version(version)
    if not org.settings.soap_login:
        raise errors.soap.login_off()
    user = org.directory.user(username)
    if user is None or not same_text(password, user.password + user.security_token):
        raise errors.soap.invalid_login()
    return user


def _check_version(text: str) -> str:
    try:
        return check_version(text)
    except errors.Refusal as refusal:
        if refusal.status == 410:
            raise errors.soap.version_retired(text) from None
        raise errors.soap.version_unknown(text) from None


def _read_login(body: bytes) -> tuple[str, str]:
    """Return username and password of a login request, whatever its namespaces' prefixes."""
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException) as broken:
        raise errors.soap.unreadable(f"The request cannot be read as XML: {broken}") from broken
    content = root.find(f"{{{_ENVELOPE}}}Body")
    call = next(iter(content), None) if content is not None else None
    if call is None:
        raise errors.soap.unreadable("The request has no SOAP body.")
    name = _local(call.tag)
    if name != "login":
        raise errors.soap.not_modelled(name)
    values = {_local(child.tag): child.text or "" for child in call}
    return values.get("username", ""), values.get("password", "")


def _local(tag: str) -> str:
    return re.sub(r"^\{.*\}", "", tag)


def _login_response(
    org: Org, session: Session, base_url: str, version: str, dialect: str, letter: str
) -> str:
    """Return the envelope of a login that worked; ``serverUrl`` is where the client came to."""
    user = session.user
    result = {
        "metadataServerUrl": f"{base_url}/services/Soap/m/{version}/{org.id}",
        "passwordExpired": "false",
        "sandbox": str(org.organization.is_sandbox).lower(),
        "serverUrl": f"{base_url}/services/Soap/{letter}/{version}/{org.id}",
        "sessionId": session.token,
        "userId": user.id,
    }
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns="urn:{dialect}.soap.sforce.com" xmlns:xsi="{_XSI}"><soapenv:Body><loginResponse>'
        f"<result>{_elements(result)}<userInfo>{_elements(_user_info(org, user))}</userInfo>"
        "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
    )


def _user_info(org: Org, user: User) -> dict[str, str | None]:
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
        "profileId": ids.record_id("00e", 0),
        "roleId": None,
        "sessionSecondsValid": str(_SESSION_SECONDS),
        "userDefaultCurrencyIsoCode": None,
        "userEmail": user.email,
        "userFullName": user.name,
        "userId": user.id,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": user.username,
        "userTimeZone": "GMT",
        "userType": "Standard",
        "userUiSkin": "Theme3",
    }


def _elements(values: dict[str, str] | dict[str, str | None]) -> str:
    return "".join(
        f'<{name} xsi:nil="true"/>' if value is None else f"<{name}>{escape(value)}</{name}>"
        for name, value in values.items()
    )


def _fault(refusal: errors.SoapRefusal, dialect: str) -> Reply:
    """Return a fault: HTTP 500, the code twice, once more inside ``detail`` (observed)."""
    code, message, fault = refusal.code, escape(refusal.message), refusal.fault
    prefix = "sf:" if refusal.prefixed else ""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" '
        f'xmlns:sf="urn:fault.{dialect}.soap.sforce.com" xmlns:xsi="{_XSI}"><soapenv:Body>'
        f"<soapenv:Fault><faultcode>{prefix}{code}</faultcode>"
        f"<faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:{fault} xsi:type="sf:{fault}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{fault}></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    return Reply(500, {"Content-Type": "text/xml;charset=UTF-8"}, body.encode())
