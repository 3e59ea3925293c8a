from datetime import UTC, datetime
from typing import Any

import pytest

from sallyport.auth.client_credentials import client_credentials
from sallyport.auth.grants import Flow
from sallyport.auth.jwt_bearer import jwt_bearer
from sallyport.errors import RemoteRefused, RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.replies import Headers, Reply, TemporarilyRefused
from tests.auth.transcript import ACME, LOGIN, form_of, json_reply, play, refusal

TOKEN = {
    "access_token": "00Dxx!s3cret",
    "signature": "c2ln",
    "scope": "api id",
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
    "token_type": "Bearer",
    "issued_at": "1767225600000",
}


def app_login() -> Flow:
    return client_credentials(ACME, "key&=", Secret("s3cret +"))


def signed_login() -> Flow:
    return jwt_bearer(LOGIN, Secret("aaa.bbb.ccc\n"))


def refused(flow: Flow, reply: Reply) -> RemoteRefused:
    with pytest.raises(RemoteRefused) as caught:
        play(flow, reply)
    return caught.value


def test_client_credentials_are_posted_to_the_my_domain_and_give_a_grant() -> None:
    played = play(app_login(), json_reply(TOKEN))
    (request,) = played.requests
    assert (request.method, request.url) == (
        "POST",
        "https://acme.my.salesforce.com/services/oauth2/token",
    )
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert form_of(request) == {
        "grant_type": "client_credentials",
        "client_id": "key&=",
        "client_secret": "s3cret +",
    }
    grant = played.grant
    assert grant.access_token.reveal() == "00Dxx!s3cret"
    assert grant.instance_url == "https://acme.my.salesforce.com"
    assert (grant.org_id, grant.user_id) == ("00D000000000001AAA", "005000000000001AAA")
    assert grant.issued_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert grant.scope == ("api", "id")


def test_a_jwt_assertion_is_posted_without_key_or_secret() -> None:
    answer = {
        key: TOKEN[key] for key in ("access_token", "scope", "instance_url", "id", "token_type")
    }
    played = play(signed_login(), json_reply(answer))
    assert played.requests[0].url == "https://login.salesforce.com/services/oauth2/token"
    assert form_of(played.requests[0]) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "aaa.bbb.ccc",
    }
    assert played.grant.issued_at is None


def test_a_grant_and_its_request_never_print_secrets() -> None:
    played = play(app_login(), json_reply(TOKEN))
    assert "s3cret" not in repr(played)


@pytest.mark.parametrize(
    ("error", "description", "field", "cure"),
    [
        ("invalid_client_id", "client identifier invalid", "client_id", "Consumer Key"),
        ("invalid_client", "invalid client credentials", "client_secret", "Consumer Secret"),
        ("invalid_grant", "request not supported on this domain", "environment_url", "My Domain"),
        ("invalid_grant", "no client credentials user enabled", None, "Run As"),
        ("invalid_grant", "client credentials flow not enabled", None, "Client Credentials Flow"),
        ("invalid_app_access", "user is not admin approved to access this app", None, "policies"),
        ("invalid_grant", "inactive user", None, "activates the user"),
        ("invalid_grant", "inactive organization", "environment_url", "trial"),
        ("invalid_grant", "ip restricted", None, "IP"),
        ("app_not_found", "External client app is not installed in this org", "client_id", "app"),
        ("oauth_flow_disabled", "The external client app is disabled.", None, "enables the app"),
        ("unsupported_grant_type", "grant type not supported", None, "flow"),
        ("invalid_grant", "authentication failure", None, "Login History"),
    ],
)
def test_a_refused_app_login_names_field_and_cure(
    error: str, description: str, field: str | None, cure: str
) -> None:
    raised = refused(app_login(), refusal(error, description))
    assert (raised.status, raised.code, raised.text) == (400, error, description)
    assert raised.message == (
        f"Salesforce refused the client credentials login: {description} ({error})."
    )
    assert raised.field == field
    assert cure in str(raised.cure)


@pytest.mark.parametrize(
    ("description", "cure"),
    [
        ("expired authorization code", "exp"),
        ("audience is invalid", "aud"),
        ("Audience validation failed", "aud"),
        ("invalid assertion", "RS256"),
        ("invalid user", "username"),
    ],
)
def test_a_refused_assertion_names_the_claim_to_change(description: str, cure: str) -> None:
    raised = refused(signed_login(), refusal("invalid_grant", description))
    assert raised.field == "jwt_token"
    assert cure in str(raised.cure)
    assert description in raised.message


def test_a_user_who_approved_nothing_is_a_matter_of_the_app() -> None:
    raised = refused(signed_login(), refusal("invalid_grant", "user hasn't approved this consumer"))
    assert raised.field is None
    assert "pre-authoris" in str(raised.cure)


def test_unknown_words_are_passed_on_without_a_guess() -> None:
    raised = refused(app_login(), refusal("brand_new_error", "nobody has seen this"))
    assert "nobody has seen this (brand_new_error)" in raised.message
    assert (raised.field, raised.cure) == (None, None)


@pytest.mark.parametrize(
    "reply",
    [
        refusal("invalid_grant", "login rate exceeded"),
        refusal("invalid_grant", "token request is already being processed"),
        refusal("unknown_error", "retry your request"),
        Reply(503, Headers([("Content-Type", "text/html")]), b"<html><body>Busy</body></html>"),
        Reply(420, Headers(), b"<html><body>We are setting things up.</body></html>"),
    ],
)
def test_what_time_may_heal_is_unavailable_and_not_refused(reply: Reply) -> None:
    with pytest.raises(TemporarilyRefused) as caught:
        play(app_login(), reply)
    assert isinstance(caught.value, RemoteUnavailable)


def test_a_redirect_of_the_token_endpoint_is_a_refusal() -> None:
    assert refused(app_login(), Reply(302, Headers(), b"")).code == "HTTP_302"


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"access_token": "x"}, {"access_token": "", "instance_url": "https://x"}, "text"],
)
def test_success_without_a_token_is_not_believed(answer: Any) -> None:
    with pytest.raises(RemoteUnavailable, match="without access_token"):
        play(app_login(), json_reply(answer))


def test_success_that_is_not_json_is_not_believed() -> None:
    with pytest.raises(RemoteUnavailable, match="should have been JSON"):
        play(app_login(), Reply(200, Headers(), b"<html>"))
