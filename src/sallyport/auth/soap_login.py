"""SOAP login(): username, password and security token for a session.

What belongs here: the envelope and reading its answer. What does not: SOAP data calls (there are
none).

https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-login.html (documented):
off by default in orgs from Winter '26 on, absent from API 65.0 on, removed everywhere in Summer
'27.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sallyport.auth.grants import TOKEN_TIMEOUT, Flow, Grant
from sallyport.auth.refusals import SOAP_REMEDIES, USE_OAUTH, login_refusal
from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.replies import Reply, Request
from sallyport.salesforce.versions import SOAP_LOGIN_VERSION

_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"\
 xmlns:urn="urn:partner.soap.sforce.com">
<soapenv:Header><urn:CallOptions><urn:client>sallyport</urn:client></urn:CallOptions></soapenv:Header>
<soapenv:Body><urn:login><urn:username>{username}</urn:username>\
<urn:password>{password}</urn:password></urn:login></soapenv:Body>
</soapenv:Envelope>"""

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def soap_login(
    login: OrgUrl,
    username: str,
    password: Secret,
    security_token: Secret,
    *,
    api_version: str = SOAP_LOGIN_VERSION,
) -> Flow:
    """Log in by SOAP; the security token is appended to the password, empty where none is needed.

    Raises RemoteRefused with Salesforce's words, and field and cure where they tell; also when the
    password has expired (Salesforce then gives a session good for nothing but setting a new one).
    """
    secret = password.reveal() + security_token.reveal()
    body = _ENVELOPE.format(username=_xml(username, "username"), password=_xml(secret, "password"))
    reply = yield Request(
        "POST",
        f"{login.text}/services/Soap/u/{api_version}",
        {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login", "Accept": "text/xml"},
        body.encode(),
        timeout=TOKEN_TIMEOUT,
    )
    if reply.status == 410:
        raise RemoteRefused(
            f"The SOAP login() call of API version {api_version} no longer exists.",
            status=410,
            code="GONE",
            text=reply.text()[:500],
            field="apiVersion",
            cure=f"{USE_OAUTH}: login() ends with Summer '27.",
        )
    if not reply.ok:
        raise login_refusal(reply, flow="SOAP", remedies=SOAP_REMEDIES)
    return _read_result(reply)


def _read_result(reply: Reply) -> Grant:
    found = _texts(reply)
    if found.get("passwordExpired") == "true":
        raise RemoteRefused(
            "The user's password has expired: the session given can only set a new one.",
            status=reply.status,
            code="PASSWORD_EXPIRED",
            text="passwordExpired=true",
            field="password",
            cure="Set a new password in the browser, then enter it and the new security token.",
        )
    session_id, server_url = found.get("sessionId"), found.get("serverUrl")
    if not session_id or not server_url:
        raise RemoteUnavailable(
            "The SOAP login answered with success but without sessionId and serverUrl.",
            stage="body",
            status=reply.status,
        )
    return Grant(
        access_token=Secret(session_id),
        instance_url=_data_host(server_url),
        org_id=found.get("organizationId"),
        user_id=found.get("userId"),
    )


def _texts(reply: Reply) -> dict[str, str]:
    """Return the text of each element of the answer by its local name, the first of equal names."""
    try:
        root: Element = fromstring(reply.text())
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise RemoteUnavailable(
            "The SOAP login's answer is not XML.", stage="body", status=reply.status
        ) from error
    found: dict[str, str] = {}
    for element in root.iter():
        if element.text and element.text.strip():
            found.setdefault(element.tag.rpartition("}")[2], element.text.strip())
    return found


def _data_host(server_url: str) -> str:
    """Return scheme and host of serverUrl: the data host is its name without ``-api``
    (observed)."""
    split = urlsplit(server_url)
    first, dot, rest = split.netloc.partition(".")
    return f"{split.scheme}://{first.removesuffix('-api')}{dot}{rest}"


def _xml(text: str, field: str) -> str:
    if _NOT_XML.search(text):
        raise InvalidRequest(
            "The value holds control characters, which cannot be sent.",
            field=field,
            cure="Type it anew instead of pasting it.",
        )
    # A carriage return would be read as a line feed by any XML reader.
    return escape(text, {"\r": "&#13;"})
