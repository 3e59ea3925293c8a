"""Base connections, as Adobe's guide makes and reads them, against the org simulator."""

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from sallyport.api import Listening
from sallyport.api.connections import reason
from sallyport.kernel import MASK
from sallyport_org.server import OrgServer
from tests.api.client import (
    FLOW,
    SALESFORCE,
    Client,
    basic,
    client_credentials,
    connection_body,
    jwt,
)

CONNECTIONS = f"{FLOW}/connections"
Body = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("path", [CONNECTIONS, f"{CONNECTIONS}/"])
@pytest.mark.parametrize("body", [basic, client_credentials])
def test_working_credentials_make_an_enabled_connection(
    client: Client, org: OrgServer, body: Body, path: str
) -> None:
    answer = client.post(path, body(org))
    assert answer.status == 201
    assert set(answer.body) == {"id", "etag"}
    assert answer.body["etag"].startswith('"')
    assert answer.body["etag"].endswith('"')
    assert answer.headers["location"] == f"{CONNECTIONS}/{answer.body['id']}"
    found = client.get(answer.headers["location"])
    assert found.item["state"] == "enabled"
    assert found.item["etag"] == found.item["version"] == answer.body["etag"]


def test_a_connection_shows_every_common_field_and_masks_its_secrets(
    client: Client, org: OrgServer
) -> None:
    connection_id = client.made(CONNECTIONS, basic(org))
    answer = client.get(f"{CONNECTIONS}/{connection_id}")
    item = answer.item
    who = client.credentials
    assert {name: item[name] for name in item if name not in {"etag", "version"}} == {
        "id": connection_id,
        "createdAt": item["createdAt"],
        "updatedAt": item["createdAt"],
        "createdBy": who.name,
        "updatedBy": who.name,
        "createdClient": who.client_id,
        "updatedClient": who.client_id,
        "sandboxId": item["sandboxId"],
        "sandboxName": "prod",
        "imsOrgId": who.org,
        "name": "basic",
        "description": "basic for a test",
        "connectionSpec": SALESFORCE,
        "state": "enabled",
        "auth": {
            "specName": "Basic Authentication",
            "params": {
                "environmentUrl": org.url,
                "username": org.credentials.username,
                "password": MASK,
                "securityToken": MASK,
                "apiVersion": "60.0",
            },
        },
        "lastOperation": {
            "started": item["lastOperation"]["started"],
            "updated": item["lastOperation"]["updated"],
            "percentCompleted": 100,
            "status": {"value": "success", "errors": []},
            "operation": "create",
        },
    }
    assert item["createdAt"] > 1_600_000_000_000
    assert org.credentials.password not in answer.text


def test_a_jwt_connection_is_initializing_first_and_enabled_with_its_org_id_later(
    client: Client, org: OrgServer
) -> None:
    answer = client.post(CONNECTIONS, jwt(org))
    assert answer.status == 201
    where = f"{CONNECTIONS}/{answer.body['id']}"
    enabled = client.until(where, {"enabled", "disabled"})
    assert enabled["state"] == "enabled"
    assert enabled["auth"]["params"] == {
        "jwtToken": MASK,
        "clientId": org.credentials.jwt_client_id,
        "clientSecret": MASK,
        "instanceUrl": org.url,
        "apiVersion": "67.0",
        "orgId": org.summary()["org_id"],
    }
    assert enabled["etag"] != answer.body["etag"]
    assert enabled["updatedAt"] >= enabled["createdAt"]


def test_a_salesforce_slower_than_the_caller_waits_leaves_it_initializing(
    make_client: Callable[..., Client], impatient: Listening, org: OrgServer
) -> None:
    client = make_client(to=impatient)
    connection_id = client.made(CONNECTIONS, client_credentials(org))
    seen = client.get(f"{CONNECTIONS}/{connection_id}").item
    assert seen["state"] in {"initializing", "enabled"}
    enabled = client.until(f"{CONNECTIONS}/{connection_id}", {"enabled", "disabled"})
    assert enabled["state"] == "enabled"
    assert enabled["lastOperation"]["status"]["value"] == "success"


def test_credentials_refused_in_the_background_leave_it_disabled_with_the_reason(
    make_client: Callable[..., Client], impatient: Listening, org: OrgServer
) -> None:
    client = make_client(to=impatient)
    connection_id = client.made(CONNECTIONS, client_credentials(org, clientSecret="wr0ng-secret"))
    disabled = client.until(f"{CONNECTIONS}/{connection_id}", {"enabled", "disabled"})
    assert disabled["state"] == "disabled"
    status = disabled["lastOperation"]["status"]
    assert status["value"] == "failed"
    [error] = status["errors"]
    assert error["code"] == "invalid_client"
    assert "invalid client credentials" in error["message"]
    assert error["message"].startswith("auth.params.clientSecret: ")
    assert "client_secret" not in error["message"]
    tested = client.get(f"{CONNECTIONS}/{connection_id}/test").body
    assert tested["errors"] == [error], "the same words now as then"
    assert "wr0ng-secret" not in str(disabled)


def test_an_error_stored_before_fields_were_kept_apart_is_shown_as_it_is() -> None:
    old = {"code": "invalid_client", "message": "client_secret: Salesforce refused it."}
    assert reason(old) == old


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (basic, "password", "INVALID_LOGIN"),
        (client_credentials, "clientSecret", "invalid client credentials"),
    ],
)
def test_refused_credentials_answer_salesforces_words_and_nothing_is_stored(
    client: Client, org: OrgServer, body: Body, param: str, words: str
) -> None:
    with capture_logs() as logs:
        answer = client.post(CONNECTIONS, body(org, **{param: "wr0ng-secret"}))
    message = answer.refused("1100-400")
    assert words in message
    assert "Error from flow provider" in message
    assert "auth.params." in message
    assert "wr0ng-secret" not in answer.text + str(logs)
    assert client.get(CONNECTIONS).body["items"] == []
    assert client.post(CONNECTIONS, body(org)).status == 201, "the name is still free"


def test_an_api_version_without_its_decimal_is_refused_with_the_right_spelling(
    client: Client, org: OrgServer
) -> None:
    for body in (basic, client_credentials):
        message = client.post(CONNECTIONS, body(org, apiVersion="52")).refused("1100-400")
        assert "auth.params.apiVersion" in message
        assert "52.0" in message
    number = client.post(CONNECTIONS, basic(org, apiVersion=52)).refused("9400-400")
    assert 'Send "52.0"' in number


def test_client_credentials_need_an_api_version_and_basic_takes_the_newest(
    client: Client, org: OrgServer
) -> None:
    body = client_credentials(org)
    del body["auth"]["params"]["apiVersion"]
    message = client.post(CONNECTIONS, body).refused("1100-400")
    assert message.startswith("auth.params.apiVersion: is missing.")
    blank = client.made(CONNECTIONS, client_credentials(org) | {"name": "with"})
    assert client.get(f"{CONNECTIONS}/{blank}").item["auth"]["params"]["apiVersion"] == "60.0"


def test_an_api_version_the_org_does_not_offer_is_refused(client: Client, org: OrgServer) -> None:
    message = client.post(CONNECTIONS, client_credentials(org, apiVersion="99.0"))
    assert "auth.params.apiVersion" in message.refused("1100-400")


def test_unknown_specifications_have_codes_of_their_own(client: Client, org: OrgServer) -> None:
    good = basic(org)
    other = {"connectionSpec": {"id": "ccfc0fee1-7dc0-40ef-b73e-d8b134c436f5"}}
    assert SALESFORCE["id"] in client.post(CONNECTIONS, good | other).refused("1413-400")
    version = {"connectionSpec": SALESFORCE | {"version": "2.0"}}
    client.post(CONNECTIONS, good | version).refused("1413-400")
    unknown = connection_body("x", "Basic authentication", {})
    assert "Basic Authentication" in client.post(CONNECTIONS, unknown).refused("1415-400")


def test_keys_we_do_not_know_and_a_missing_spec_version_do_no_harm(
    client: Client, org: OrgServer
) -> None:
    body = basic(org) | {
        "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
        "connectionSpec": {"id": SALESFORCE["id"]},
    }
    assert client.post(CONNECTIONS, body).status == 201


def test_a_name_that_is_taken_is_a_conflict(client: Client, org: OrgServer) -> None:
    client.made(CONNECTIONS, basic(org))
    message = client.post(CONNECTIONS, basic(org)).refused("9409-409")
    assert "name" in message
    assert "'basic'" in message


def test_an_address_that_is_not_salesforces_is_refused_before_any_call(
    client: Client, org: OrgServer
) -> None:
    before = len(org.requests())
    body = basic(org, environmentUrl="https://evil.example.com")
    message = client.post(CONNECTIONS, body).refused("1100-400")
    assert message.startswith("auth.params.environmentUrl")
    assert len(org.requests()) == before


def test_an_org_that_does_not_answer_is_unavailable_and_nothing_is_stored(
    client: Client, org: OrgServer
) -> None:
    body = client_credentials(org, environmentUrl="http://127.0.0.1:1")
    assert "127.0.0.1:1" in client.post(CONNECTIONS, body).refused("1103-503")
    assert client.get(CONNECTIONS).body["items"] == []


def test_another_orgs_connection_is_not_found_and_not_touched(
    make_client: Callable[..., Client], org: OrgServer
) -> None:
    ours, theirs = make_client(), make_client()
    connection_id = ours.made(CONNECTIONS, basic(org))
    where = f"{CONNECTIONS}/{connection_id}"
    for answer in (
        theirs.get(where),
        theirs.delete(where),
        theirs.get(f"{where}/test"),
        theirs.get(f"{where}/explore"),
    ):
        message = answer.refused("1439-404")
        assert connection_id in message
        assert answer.body["report"]["type"] == "connections"
        assert answer.body["report"]["id"] == connection_id
    assert ours.get(where).status == 200
    assert theirs.get(CONNECTIONS).body["items"] == []


@pytest.mark.parametrize("odd", ["nothing", "%00", "a%27b", "%F0%9F%90%A6", "x" * 300])
def test_an_id_that_is_none_of_ours_is_not_found(client: Client, odd: str) -> None:
    client.get(f"{CONNECTIONS}/{odd}").refused("1439-404")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_deleted_connection_is_gone(client: Client, org: OrgServer, slash: str) -> None:
    where = f"{CONNECTIONS}/{client.made(CONNECTIONS, basic(org))}"
    answer = client.delete(where + slash)
    assert answer.status == 204
    assert answer.text == ""
    client.get(where).refused("1439-404")
    client.delete(where).refused("1439-404")


def test_drafts_are_refused_rather_than_ignored(client: Client, org: OrgServer) -> None:
    assert "mode" in client.post(f"{CONNECTIONS}?mode=draft", basic(org)).refused("1451-400")
    assert client.get(CONNECTIONS).body["items"] == []


def test_testing_tells_true_or_the_reason(client: Client, org: OrgServer) -> None:
    where = f"{CONNECTIONS}/{client.made(CONNECTIONS, client_credentials(org))}"
    assert client.get(f"{where}/test").body == {"result": True}


def test_a_test_that_salesforce_refuses_is_false_with_the_reason(
    make_client: Callable[..., Client], impatient: Listening, org: OrgServer
) -> None:
    client = make_client(to=impatient)
    connection_id = client.made(CONNECTIONS, client_credentials(org, clientSecret="wr0ng-secret"))
    client.until(f"{CONNECTIONS}/{connection_id}", {"disabled"})
    answer = client.get(f"{CONNECTIONS}/{connection_id}/test")
    assert answer.status == 200
    assert answer.body["result"] is False
    assert answer.body["errors"][0]["code"] == "invalid_client"
    assert "invalid client credentials" in answer.body["errorMessage"]
    assert "wr0ng-secret" not in answer.text


def test_a_connection_that_is_not_enabled_cannot_be_explored(
    make_client: Callable[..., Client], impatient: Listening, org: OrgServer
) -> None:
    client = make_client(to=impatient)
    connection_id = client.made(CONNECTIONS, client_credentials(org, clientSecret="wr0ng-secret"))
    client.until(f"{CONNECTIONS}/{connection_id}", {"disabled"})
    message = client.get(f"{CONNECTIONS}/{connection_id}/explore").refused("1100-400")
    assert "disabled" in message


def test_the_request_log_has_one_line_a_request_and_no_query_string(
    client: Client, org: OrgServer
) -> None:
    with capture_logs() as logs:
        request_id = client.get(f"{CONNECTIONS}?property=name==hunter2").headers["x-request-id"]
        lines: list[Any] = []
        while not lines:  # the line is written once the answer is out
            lines = [log for log in logs if log.get("request_id") == request_id]
    [line] = lines
    assert line["event"] == "http.request"
    assert line["method"] == "GET"
    assert line["path"] == CONNECTIONS
    assert line["status"] == 200
    assert line["client"] == client.credentials.client_id
    assert "hunter2" not in str(line)
