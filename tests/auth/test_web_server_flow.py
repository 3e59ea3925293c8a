"""Transcripts of the web server flow, refresh, revoke, introspect and username-password."""

import hashlib
from base64 import urlsafe_b64encode
from urllib.parse import parse_qs, urlsplit

import pytest

from sallyport.auth.authorization_code import begin, exchange, read_callback
from sallyport.auth.driver import perform
from sallyport.auth.grants import Grant, token_lifetime
from sallyport.auth.introspect import introspect
from sallyport.auth.password import password_login
from sallyport.auth.refresh import refresh
from sallyport.auth.revoke import revoke
from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.kernel import Secret
from sallyport.salesforce.replies import Headers, Reply, Request, TemporarilyRefused
from tests.auth.test_assertions import part
from tests.auth.transcript import ACME, form_of, json_reply, play, refusal

CALLBACK = "https://sallyport.example/callback"
TOKEN = {
    "access_token": "00Dxx!s3cret",
    "refresh_token": "5Aep861new",
    "scope": "api id refresh_token",
    "instance_url": "https://acme.my.salesforce.com",
    "id": "https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA",
}


class Answering:
    """A sender that always gives the same answer and keeps what was asked."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.requests: list[Request] = []

    def send(self, request: Request) -> Reply:
        self.requests.append(request)
        return self.reply


def test_the_authorize_address_asks_for_the_least_with_pkce_and_state() -> None:
    pending = begin(ACME, "key", CALLBACK, login_hint="ann@acme.example")
    url = urlsplit(pending.url)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    digest = hashlib.sha256(pending.verifier.reveal().encode()).digest()
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ACME.text}/services/oauth2/authorize"
    assert asked == {
        "response_type": "code",
        "client_id": "key",
        "redirect_uri": CALLBACK,
        "scope": "api id refresh_token",
        "state": pending.state,
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "prompt": "login consent",
        "login_hint": "ann@acme.example",
    }
    assert 43 <= len(pending.verifier.reveal()) <= 128
    assert pending.verifier.reveal() not in repr(pending)


def test_two_attempts_share_neither_state_nor_verifier() -> None:
    one, other = begin(ACME, "key", CALLBACK), begin(ACME, "key", CALLBACK)
    assert one.state != other.state
    assert one.verifier != other.verifier


@pytest.mark.parametrize(
    "address", ["http://sallyport.example/cb", "ftp://localhost/cb", "https://x/cb#a", "x", ""]
)
def test_a_redirect_address_salesforce_refuses_is_refused_first(address: str) -> None:
    with pytest.raises(InvalidRequest, match="send people back") as caught:
        begin(ACME, "key", address)
    assert caught.value.field == "redirect_uri"


@pytest.mark.parametrize("whole", [True, False])
def test_the_code_is_read_from_a_pasted_address_or_its_query(whole: bool) -> None:
    pending = begin(ACME, "key", "http://localhost:8765/callback")
    query = f"code=aPrx%3D&state={pending.state}"
    text = f" {pending.redirect_uri}?{query}\n" if whole else f"?{query}"
    assert read_callback(text, pending).reveal() == "aPrx="


@pytest.mark.parametrize("state", ["", "&state=forged", "&state=%C3%BC"])
def test_a_callback_with_another_state_is_refused(state: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_callback(f"{CALLBACK}?code=x{state}", begin(ACME, "key", CALLBACK))
    assert caught.value.field == "state"
    assert "from the beginning" in str(caught.value.cure)


def test_error_and_code_at_once_are_refused() -> None:
    pending = begin(ACME, "key", CALLBACK)
    with pytest.raises(InvalidRequest, match="at once"):
        read_callback(f"?code=x&error=access_denied&state={pending.state}", pending)


@pytest.mark.parametrize(
    "address",
    [
        f"{CALLBACK}?error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin",
        "https://acme.my.salesforce.com/setup/secur/RemoteAccessErrorPage.apexp"
        "?error=OAUTH_APP_BLOCKED&error_description=this+app+is+blocked+by+admin",
    ],
)
def test_an_error_is_read_from_the_callback_and_from_salesforces_own_page(address: str) -> None:
    with pytest.raises(RemoteRefused, match="this app is blocked by admin") as caught:
        read_callback(address, begin(ACME, "key", CALLBACK))
    assert caught.value.code == "OAUTH_APP_BLOCKED"


def test_an_address_with_neither_code_nor_error_is_quoted_without_its_query() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_callback("https://acme.my.salesforce.com/home?sid=s3cret", begin(ACME, "k", CALLBACK))
    assert caught.value.received == "https://acme.my.salesforce.com/home"


def test_a_code_is_exchanged_with_verifier_and_secret() -> None:
    pending = begin(ACME, "key", CALLBACK)
    played = play(exchange(pending, Secret("s3c"), Secret("aPrx=")), json_reply(TOKEN))
    (request,) = played.requests
    assert request.url == f"{ACME.text}/services/oauth2/token"
    assert form_of(request) == {
        "grant_type": "authorization_code",
        "code": "aPrx=",
        "client_id": "key",
        "client_secret": "s3c",
        "redirect_uri": CALLBACK,
        "code_verifier": pending.verifier.reveal(),
    }
    assert played.grant.refresh_token == Secret("5Aep861new")
    assert "5Aep861new" not in repr(played.grant)


def test_a_public_client_sends_no_secret() -> None:
    pending = begin(ACME, "key", CALLBACK)
    played = play(exchange(pending, None, Secret("c")), json_reply(TOKEN))
    assert "client_secret" not in form_of(played.requests[0])


def refreshed(**answer: object) -> Grant:
    flow = refresh(ACME, "key", Secret("s3c"), Secret("old"), instance_url="https://old.example")
    played = play(flow, json_reply(answer))
    assert form_of(played.requests[0]) == {
        "grant_type": "refresh_token",
        "refresh_token": "old",
        "client_id": "key",
        "client_secret": "s3c",
    }
    return played.grant


def test_a_refresh_tells_whether_the_token_was_replaced() -> None:
    assert refreshed(**TOKEN).refresh_token == Secret("5Aep861new")
    assert refreshed(access_token="x", instance_url="https://x").refresh_token is None


def test_a_refresh_that_leaves_the_data_host_out_keeps_the_known_one() -> None:
    assert refreshed(access_token="x").instance_url == "https://old.example"


def test_a_token_being_used_elsewhere_is_a_matter_of_waiting() -> None:
    flow = refresh(ACME, "key", None, Secret("old"))
    with pytest.raises(TemporarilyRefused):
        play(flow, refusal("invalid_grant", "token request is already being processed"))


def test_revoking_tells_whether_the_token_was_alive() -> None:
    yes = Answering(Reply(200, Headers(), b""))
    assert perform(revoke(ACME, Secret("tok")), yes) is True
    assert yes.requests[0].url == f"{ACME.text}/services/oauth2/revoke"
    assert form_of(yes.requests[0]) == {"token": "tok"}
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    gone = Reply(400, Headers(form), b"error=invalid_token&error_description=gone")
    assert perform(revoke(ACME, Secret("tok")), Answering(gone)) is False
    with pytest.raises(RemoteUnavailable):
        perform(revoke(ACME, Secret("tok")), Answering(Reply(503, Headers(), b"")))


def test_introspection_says_whether_a_token_lives() -> None:
    alive = Answering(json_reply({"active": True, "username": "ann", "scope": "api id"}))
    flow = introspect(ACME, "key", Secret("s3c"), Secret("tok"), "refresh_token")
    status = perform(flow, alive)
    assert (status.active, status.username, status.scope) == (True, "ann", ("api", "id"))
    assert form_of(alive.requests[0]) == {
        "token": "tok",
        "token_type_hint": "refresh_token",
        "client_id": "key",
        "client_secret": "s3c",
    }


def test_introspection_that_says_nothing_is_not_believed() -> None:
    flow = introspect(ACME, "key", Secret("s3c"), Secret("tok"), "refresh_token")
    with pytest.raises(RemoteUnavailable, match="whether the token"):
        perform(flow, Answering(json_reply({})))


def test_username_and_password_go_with_app_and_token() -> None:
    flow = password_login(ACME, "key", Secret("s3c"), "ann", Secret("pw&"), Secret("TOK"))
    played = play(flow, json_reply(TOKEN))
    assert form_of(played.requests[0]) == {
        "grant_type": "password",
        "client_id": "key",
        "client_secret": "s3c",
        "username": "ann",
        "password": "pw&TOK",
    }


def test_only_a_jwt_formatted_token_says_how_long_it_lives() -> None:
    assert token_lifetime("00Dxx!opaque.with.dots") is None
    assert token_lifetime(f"{part({})}.{part({'iat': 1000, 'exp': 2800})}.sig") == 1800
    assert token_lifetime(f"{part({})}.{part({'iat': 1000})}.sig") is None
