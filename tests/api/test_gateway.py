"""Who gets in, and what those who do not are told."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from sallyport.wiring import Sallyport
from tests.api.client import FLOW, Client

LIST = f"{FLOW}/connections"


def test_a_token_is_issued_for_a_form_and_lets_in(client: Client) -> None:
    answer = client.post_form("/ims/token/v3", client.form())
    assert answer.status == 200
    assert set(answer.body) == {"access_token", "token_type", "expires_in"}
    assert answer.body["token_type"] == "bearer"
    assert answer.body["expires_in"] == 86399
    token = answer.body["access_token"]
    assert client.get(LIST, {"Authorization": f"bearer {token}"}).body == {
        "items": [],
        "_links": {},
    }


def test_the_older_endpoint_takes_the_same_in_the_query_string(client: Client) -> None:
    answer = client.call("POST", f"/ims/token/v2?{urlencode(client.form())}")
    assert answer.status == 200
    token = answer.body["access_token"]
    assert client.get(LIST, {"Authorization": f"Bearer {token}"}).status == 200


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "0" * 32}, 401, "invalid_client"),
        ({"client_id": "a\x00b"}, 401, "invalid_client"),
        ({"client_id": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_no_token_is_issued_for_anything_else(
    client: Client, changed: dict[str, str], status: int, error: str
) -> None:
    answer = client.post_form("/ims/token/v3", client.form(**changed))
    assert answer.status == status
    assert answer.body["error"] == error
    assert answer.body["error_description"]
    assert client.credentials.secret.reveal() not in answer.text


@pytest.mark.parametrize(
    ("header", "value", "status", "code", "message"),
    [
        ("Authorization", None, 403, "403010", "Oauth token is missing."),
        ("Authorization", "Bearer nonsense", 401, "401013", "Oauth token is not valid"),
        ("Authorization", "Basic abc", 401, "401013", "Oauth token is not valid"),
        ("x-api-key", None, 403, "403000", "Api Key is required"),
        ("x-api-key", "0" * 32, 403, "403003", "Api Key is invalid"),
        ("x-gw-ims-org-id", None, 400, "400003", "Missing header"),
        ("x-gw-ims-org-id", "Other@AdobeOrg", 403, "403025", "Profile is not valid"),
    ],
)
def test_the_gateway_refuses_in_its_own_words(
    client: Client, header: str, value: str | None, status: int, code: str, message: str
) -> None:
    answer = client.get(LIST, {header: value})
    assert answer.status == status
    assert answer.body == {"error_code": code, "message": message}
    assert answer.headers["x-request-id"]


def test_a_token_that_has_been_tampered_with_is_not_valid(client: Client) -> None:
    head, claims, signature = client.headers["Authorization"].split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    assert client.get(LIST, {"Authorization": forged}).body["error_code"] == "401013"


def test_without_a_sandbox_header_the_default_sandbox_is_used(
    client: Client, installation: Sallyport
) -> None:
    schemas = "/data/foundation/schemaregistry/tenant/schemas"
    client.post(schemas, {"type": "object", "title": "made in the default sandbox"})
    named = client.get(schemas, {"x-sandbox-name": installation.settings.sandbox})
    assert [one["title"] for one in named.body["results"]] == ["made in the default sandbox"]


def test_an_unknown_sandbox_is_not_found(client: Client) -> None:
    message = client.get(LIST, {"x-sandbox-name": "nowhere"}).refused("2100-404")
    assert "nowhere" in message
    assert "x-sandbox-name" in message


def test_a_sandbox_id_is_not_for_user_tokens(client: Client) -> None:
    assert "x-sandbox-id" in client.get(LIST, {"x-sandbox-id": "1"}).refused("2110-400")


def test_two_clients_of_one_org_see_the_same_and_another_org_sees_nothing(
    make_client: Callable[..., Client],
) -> None:
    ours, theirs = make_client("Shared-1@AdobeOrg"), make_client()
    colleague = make_client("Shared-1@AdobeOrg")
    schemas = "/data/foundation/schemaregistry/tenant/schemas"
    made = ours.post(schemas, {"type": "object", "title": "Account"})
    assert made.status == 201
    where = f"{schemas}/{made.body['meta:altId']}"
    assert colleague.get(where).body["title"] == "Account"
    theirs.get(where).refused("1439-404")
    assert theirs.get(schemas).body["results"] == []


def test_every_request_has_an_id_of_its_own(client: Client) -> None:
    ids = {client.get(LIST).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_an_unknown_address_and_a_wrong_method_answer_in_the_same_shape(client: Client) -> None:
    assert "/nowhere" in client.get("/nowhere").refused("1439-404")
    answer = client.call("PUT", f"{LIST}/some-id")
    assert "DELETE, GET" in answer.refused("9405-405")
    assert answer.headers["allow"] == "DELETE, GET"
