"""Transcripts of logins: what lets a client in, and in which words it is turned away."""

import base64
import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from sallyport_org.build import AUDIENCE
from sallyport_org.server import OrgServer
from tests.org.wire import FORM, Answer, Client, ask, token_request

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>
<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username>
<n1:password>{}</n1:password></n1:login></env:Body></env:Envelope>"""


@pytest.fixture
def strict_org() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as server:
        yield server


def soap(server: OrgServer, username: str, password: str, version: str = "64.0") -> Answer:
    body = ENVELOPE.format(username, password)
    headers = {"Content-Type": "text/xml", "SOAPAction": "login"}
    return ask(server, "POST", f"/services/Soap/u/{version}", body, headers)


def assertion(server: OrgServer, key: str | None = None, **changed: object) -> str:
    given = server.credentials
    claims: dict[str, object] = {"iss": given.jwt_client_id, "sub": given.username, "aud": AUDIENCE}
    claims |= {"exp": int(time.time()) + 180} | changed
    return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(key or given.private_key_pem))


def bearer(server: OrgServer, text: str) -> Answer:
    return token_request(server, grant_type=JWT_GRANT, assertion=text)


def refusal(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["error"], answer.json["error_description"]


def test_client_credentials_in_the_body_give_an_opaque_token(org: OrgServer) -> None:
    given = org.credentials
    answer = token_request(
        org,
        grant_type="client_credentials",
        client_id=given.client_id,
        client_secret=given.client_secret,
    )
    assert answer.status == 200
    body = answer.json
    assert body["access_token"].startswith(org.org.id[:15] + "!")
    assert body["instance_url"] == org.url
    assert body["token_type"] == "Bearer"
    assert body["id"].startswith(f"https://login.salesforce.com/id/{org.org.id}/005")
    assert "expires_in" not in body
    assert "no-store" in answer.headers["Cache-Control"]


def test_client_credentials_may_stand_in_a_basic_header(org: OrgServer) -> None:
    given = org.credentials
    pair = base64.b64encode(f"{given.client_id}:{given.client_secret}".encode()).decode()
    headers = FORM | {"Authorization": f"Basic {pair}"}
    body = "grant_type=client_credentials"
    assert ask(org, "POST", "/services/oauth2/token", body, headers).status == 200


def test_instance_url_is_the_address_the_client_used(org: OrgServer) -> None:
    given = org.credentials
    headers = FORM | {"Host": "acme-dev-ed.develop.my.salesforce.com:8443"}
    body = (
        f"grant_type=client_credentials&client_id={given.client_id}"
        f"&client_secret={given.client_secret}"
    )
    answer = ask(org, "POST", "/services/oauth2/token", body, headers)
    assert answer.json["instance_url"] == "http://acme-dev-ed.develop.my.salesforce.com:8443"


def test_refusals_of_the_client_are_worded_as_salesforce_words_them(org: OrgServer) -> None:
    given = org.credentials
    credentials = {"grant_type": "client_credentials", "client_id": given.client_id}
    wrong = token_request(org, **credentials, client_secret="wrong")
    assert refusal(wrong) == (400, "invalid_client", "invalid client credentials")
    unknown = token_request(org, **credentials | {"client_id": "nobody"}, client_secret="x")
    assert refusal(unknown) == (400, "invalid_client_id", "client identifier invalid")
    grant = token_request(org, grant_type="magic", username="a", password="b")
    assert refusal(grant) == (400, "unsupported_grant_type", "grant type not supported")
    as_json = ask(
        org,
        "POST",
        "/services/oauth2/token",
        '{"grant_type":"client_credentials"}',
        {"Content-Type": "application/json"},
    )
    assert refusal(as_json) == (400, "unsupported_grant_type", "grant type not supported")


def test_an_app_made_for_assertions_has_no_client_credentials_flow(org: OrgServer) -> None:
    given = org.credentials
    answer = token_request(
        org,
        grant_type="client_credentials",
        client_id=given.jwt_client_id,
        client_secret=given.jwt_client_secret,
    )
    assert refusal(answer) == (400, "invalid_grant", "client credentials flow not enabled")


def test_the_ready_made_assertion_works_again_and_again(org: OrgServer) -> None:
    for _ in range(2):
        assert bearer(org, org.credentials.jwt_token).status == 200


def test_a_fresh_assertion_signed_with_the_key_works(org: OrgServer) -> None:
    assert bearer(org, assertion(org)).status == 200
    assert bearer(org, assertion(org, aud="https://login.salesforce.com/")).status == 200
    assert bearer(org, assertion(org, aud=org.url)).status == 200


def test_bad_assertions_are_refused_each_in_its_words(org: OrgServer) -> None:
    other_key = RSAKey.generate_key(2048).as_pem(private=True).decode()
    expired = assertion(org, exp=int(time.time()) - 400)
    assert refusal(bearer(org, expired))[1:] == ("invalid_grant", "expired authorization code")
    forged = assertion(org, key=other_key)
    assert refusal(bearer(org, forged))[1:] == ("invalid_grant", "invalid assertion")
    audience = assertion(org, aud="https://example.com")
    assert refusal(bearer(org, audience))[1:] == ("invalid_grant", "audience is invalid")
    nobody = assertion(org, sub="nobody@acme.example")
    assert refusal(bearer(org, nobody))[1:] == ("invalid_grant", "invalid user")
    issuer = assertion(org, iss="3MVGnobody")
    assert refusal(bearer(org, issuer))[1:] == ("invalid_client_id", "client identifier invalid")
    assert refusal(bearer(org, "not.a.jwt"))[1:] == ("invalid_grant", "invalid assertion")


def test_an_assertion_just_past_its_time_is_still_taken(org: OrgServer) -> None:
    assert bearer(org, assertion(org, exp=int(time.time()) - 60)).status == 200


def test_an_assertion_may_write_its_expiry_in_digits(org: OrgServer) -> None:
    assert bearer(org, assertion(org, exp=str(int(time.time()) + 60))).status == 200


def test_an_assertion_without_a_signature_is_refused(org: OrgServer) -> None:
    head, claims, _ = org.credentials.jwt_token.split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    assert refusal(bearer(org, f"{unsigned}.{claims}."))[2] == "invalid assertion"
    assert refusal(bearer(org, f"{head}.{claims}."))[2] == "invalid assertion"


def test_a_revoked_token_is_dead(strict_org: OrgServer) -> None:
    client = Client(strict_org)
    assert client.get("/limits").status == 200
    revoked = ask(strict_org, "POST", "/services/oauth2/revoke", f"token={client.token}", FORM)
    assert (revoked.status, revoked.body) == (200, b"")
    expected = (401, "INVALID_SESSION_ID", "Session expired or invalid")
    assert client.get("/limits").error == expected
    again = ask(strict_org, "POST", "/services/oauth2/revoke", f"token={client.token}", FORM)
    assert again.json["error"] == "invalid_token"


def test_identity_addresses_know_the_user_and_refuse_dead_tokens(org: OrgServer) -> None:
    client = Client(org)
    info = client.get("/services/oauth2/userinfo").json
    assert info["preferred_username"] == org.credentials.username
    assert info["organization_id"] == org.org.id
    path = f"/id/{org.org.id}/{info['user_id']}"
    headers = {"Authorization": f"Bearer {client.token}"}
    assert ask(org, "GET", path, headers=headers).json["username"] == org.credentials.username
    dead = ask(org, "GET", path, headers={"Authorization": "Bearer x"})
    assert (dead.status, dead.body) == (403, b"Bad_OAuth_Token")


def test_a_user_record_tells_the_last_login(strict_org: OrgServer) -> None:
    client = Client(strict_org)
    name = strict_org.credentials.username
    before = client.values(f"SELECT SystemModstamp FROM User WHERE Username = '{name}'")
    asked = f"SELECT LastLoginDate FROM User WHERE Username = '{name}'"
    ((told,),) = client.values(asked)
    user = strict_org.org.directory.user(name)
    assert user is not None
    assert user.last_login is not None
    assert told == user.last_login.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert client.values(f"SELECT SystemModstamp FROM User WHERE Username = '{name}'") == before
    answer = strict_org.sql('SELECT count(*) FROM "LoginHistory" WHERE Status = ?', ["Success"])
    assert answer[0][0] > 0


def test_soap_login_gives_a_session_rest_takes(org: OrgServer) -> None:
    given = org.credentials
    answer = soap(org, given.username.upper(), given.password + given.security_token)
    text = answer.body.decode()
    assert answer.status == 200
    session = text.split("<sessionId>")[1].split("</sessionId>")[0]
    assert f"<serverUrl>{org.url}/services/Soap/u/64.0/{org.org.id[:15]}</serverUrl>" in text
    headers = {"Authorization": f"Bearer {session}"}
    assert ask(org, "GET", "/services/data/v60.0/limits", headers=headers).status == 200


def test_soap_login_refuses_wrong_passwords_and_unknown_users_alike(org: OrgServer) -> None:
    given = org.credentials
    text = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
    for username, password in (
        (given.username, "wrong"),
        (given.username, given.password + "x"),
        ("nobody@acme.example", given.password + given.security_token),
    ):
        answer = soap(org, username, password)
        assert answer.status == 500
        assert f"<faultcode>INVALID_LOGIN</faultcode><faultstring>{text}" in answer.body.decode()
        assert '<sf:LoginFault xsi:type="sf:LoginFault">' in answer.body.decode()


def test_soap_login_is_gone_from_api_65_on(org: OrgServer) -> None:
    given = org.credentials
    answer = soap(org, given.username, given.password + given.security_token, "65.0")
    assert answer.status == 500
    assert (
        "INVALID_OPERATION: The SOAP Login operation is not available in the API version specified "
        "(65.0). Refer to the documentation for supported versions."
    ) in answer.body.decode()


def test_soap_login_on_a_retired_version_is_refused(org: OrgServer) -> None:
    answer = soap(org, "a", "b", "30.0")
    assert "<faultcode>sf:UNSUPPORTED_API_VERSION</faultcode>" in answer.body.decode()
    assert "(30.0) is below the minimum supported (31.0)" in answer.body.decode()


def test_soap_login_can_be_switched_off(strict_org: OrgServer) -> None:
    strict_org.org.settings.soap_login = False
    given = strict_org.credentials
    answer = soap(strict_org, given.username, given.password + given.security_token)
    assert "INVALID_OPERATION: SOAP API login() is disabled by default in this org." in (
        answer.body.decode()
    )


def test_other_soap_calls_are_refused_by_name(org: OrgServer) -> None:
    body = ENVELOPE.format("a", "b").replace("n1:login", "n1:describeSoftphoneLayout")
    answer = ask(org, "POST", "/services/Soap/u/60.0", body, {"Content-Type": "text/xml"})
    assert "does not model the SOAP call 'describeSoftphoneLayout'" in answer.body.decode()


def test_what_is_no_envelope_is_refused_without_reading_entities(org: OrgServer) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'
    for body in ("no xml", bomb, "<a/>"):
        answer = ask(org, "POST", "/services/Soap/u/60.0", body, {"Content-Type": "text/xml"})
        assert answer.status == 500
        assert "<faultcode>sf:UNKNOWN_EXCEPTION</faultcode>" in answer.body.decode()


def test_a_chunked_token_request_is_read(org: OrgServer) -> None:
    given = org.credentials
    body = (
        f"grant_type=client_credentials&client_id={given.client_id}"
        f"&client_secret={given.client_secret}"
    ).encode()
    place = urlsplit(org.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    pieces = iter([body[:20], body[20:]])
    connection.request("POST", "/services/oauth2/token", pieces, FORM, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
