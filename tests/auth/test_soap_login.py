import pytest
from defusedxml.ElementTree import fromstring

from sallyport.auth.grants import Flow
from sallyport.auth.soap_login import soap_login
from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.replies import Headers, Reply, TemporarilyRefused
from tests.auth.transcript import LOGIN, XML, fault, play

PARTNER = "{urn:partner.soap.sforce.com}"


def login(username: str = "ann@acme.example", password: str = "p", token: str = "t") -> Flow:
    return soap_login(LOGIN, username, Secret(password), Secret(token))


def result(server_url: str, *, password_expired: str = "false") -> Reply:
    return Reply(
        200,
        XML,
        (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
            ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns="urn:partner.soap.sforce.com"><soapenv:Body><loginResponse><result>'
            "<metadataServerUrl>https://m</metadataServerUrl>"
            f"<passwordExpired>{password_expired}</passwordExpired><sandbox>false</sandbox>"
            f"<serverUrl>{server_url}</serverUrl><sessionId>00D!s3cret</sessionId>"
            "<userId>005000000000001AAA</userId><userInfo>"
            "<organizationId>00D000000000001AAA</organizationId>"
            "<userId>005000000000001AAA</userId><roleId/></userInfo>"
            "</result></loginResponse></soapenv:Body></soapenv:Envelope>"
        ).encode(),
    )


def refused(reply: Reply) -> RemoteRefused:
    with pytest.raises(RemoteRefused) as caught:
        play(login(), reply)
    return caught.value


def test_soap_login_asks_for_a_session_and_gives_a_grant() -> None:
    played = play(
        login(token="TOKEN"),
        result("https://acme-api.my.salesforce.com/services/Soap/u/64.0/00D000000000001"),
    )
    (request,) = played.requests
    assert request.url == "https://login.salesforce.com/services/Soap/u/64.0"
    assert request.headers["SOAPAction"] == "login"
    assert request.headers["Content-Type"].startswith("text/xml")
    envelope = fromstring((request.body or b"").decode())
    assert envelope.findtext(f".//{PARTNER}username") == "ann@acme.example"
    assert envelope.findtext(f".//{PARTNER}password") == "pTOKEN"
    grant = played.grant
    assert grant.access_token.reveal() == "00D!s3cret"
    assert grant.instance_url == "https://acme.my.salesforce.com"
    assert (grant.org_id, grant.user_id) == ("00D000000000001AAA", "005000000000001AAA")


def test_a_port_of_the_data_host_is_kept() -> None:
    played = play(login(), result("http://127.0.0.1:8800/services/Soap/u/64.0/00D"))
    assert played.grant.instance_url == "http://127.0.0.1:8800"


def test_credentials_are_escaped_for_xml() -> None:
    password = "<a&b>\"'\r\n]]>한국"
    request = next(login("a&b@acme.example", password, "</x>"))
    envelope = fromstring((request.body or b"").decode())
    assert envelope.findtext(f".//{PARTNER}username") == "a&b@acme.example"
    assert envelope.findtext(f".//{PARTNER}password") == f"{password}</x>"
    assert "한국" not in repr(request)


def test_a_control_character_is_refused_before_it_is_sent() -> None:
    with pytest.raises(InvalidRequest) as caught:
        next(login(password="p\x00"))
    assert caught.value.field == "password"


@pytest.mark.parametrize(
    ("code", "text", "field", "cure"),
    [
        (
            "INVALID_LOGIN",
            "Invalid username, password, security token; or user locked out.",
            "username",
            "Login History",
        ),
        ("LOGIN_MUST_USE_SECURITY_TOKEN", "Are you at a new location?", "security_token", "Reset"),
        (
            "INVALID_OPERATION",
            "SOAP API login() is disabled by default in this org.",
            None,
            "OAuth2 Client Credential",
        ),
        (
            "INVALID_OPERATION",
            "The SOAP Login operation is not available in the API version specified (65.0).",
            "apiVersion",
            "OAuth2 Client Credential",
        ),
        (
            "UNSUPPORTED_API_VERSION",
            "The API version that was specified (20.0) is below the minimum supported (21.0).",
            "apiVersion",
            "OAuth2 Client Credential",
        ),
        ("INSUFFICIENT_ACCESS", "no", "username", "Use Any API Auth"),
        (
            "LOGIN_DURING_RESTRICTED_DOMAIN",
            "cannot log in from current domain",
            "environment_url",
            "My Domain",
        ),
        (
            "LOGIN_DURING_RESTRICTED_TIME",
            "cannot log in during restricted time",
            None,
            "Login Hours",
        ),
        ("PASSWORD_LOCKOUT", "locked", "username", "unlocks"),
        ("API_CURRENTLY_DISABLED", "API is disabled for this User", "username", "API Enabled"),
        ("API_DISABLED_FOR_ORG", "API is not enabled", None, "edition"),
    ],
)
def test_a_fault_names_field_and_cure_in_salesforces_words(
    code: str, text: str, field: str | None, cure: str
) -> None:
    raised = refused(fault(code, text))
    assert (raised.status, raised.code, raised.text) == (500, code, text)
    assert raised.message == f"Salesforce refused the SOAP login: {text} ({code})."
    assert raised.field == field
    assert cure in str(raised.cure)


def test_an_expired_password_is_a_refusal_though_the_login_succeeded() -> None:
    raised = refused(result("https://acme.my.salesforce.com", password_expired="true"))
    assert (raised.code, raised.field) == ("PASSWORD_EXPIRED", "password")
    assert "new password" in str(raised.cure)


def test_login_gone_for_good_names_the_way_out() -> None:
    raised = refused(Reply(410, Headers(), b""))
    assert "no longer exists" in raised.message
    assert "OAuth2 Client Credential" in str(raised.cure)


@pytest.mark.parametrize(
    "reply",
    [
        fault("ORG_IN_MAINTENANCE", "later"),
        Reply(503, Headers(), b""),
        fault("SERVER_UNAVAILABLE", "x"),
    ],
)
def test_what_time_may_heal_is_unavailable(reply: Reply) -> None:
    with pytest.raises(TemporarilyRefused):
        play(login(), reply)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
)
def test_success_without_a_session_is_not_believed(body: bytes) -> None:
    with pytest.raises(RemoteUnavailable) as caught:
        play(login(), Reply(200, XML, body))
    assert caught.value.stage == "body"
