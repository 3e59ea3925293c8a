"""What a caller is told about a body that cannot be read."""

import json

import pytest

from sallyport.api.bodies import MOST_BYTES
from tests.api.client import FLOW, SALESFORCE, Client

CONNECTIONS = f"{FLOW}/connections"
JSON: dict[str, str | None] = {"Content-Type": "application/json"}


def test_the_guides_body_without_its_brace_is_refused_at_the_very_spot(client: Client) -> None:
    body = (
        '{\n  "name": "ACME",\n  "auth": {\n    "specName": "Basic Authentication",\n'
        '    "params":\n      "environmentUrl": "https://acme.my.salesforce.com",\n'
        '      "password": "hunter2"\n    }\n  }\n}'
    )
    message = client.call("POST", CONNECTIONS, body, JSON).refused("9400-400")
    assert "line 6, column 23" in message
    position = body.index(': "https://acme')
    assert f"position {position}" in message
    assert '"environmentUrl"⟶: …' in message
    assert "`{` seems to be missing" in message


@pytest.mark.parametrize(
    "broken",
    [
        '{"auth": {"params": {"password": "hunter2" "username": "u"}}}',
        '{"password": "hun"hunter2"}',
        '{"password": hunter2}',
        "{password: 'hunter2'}",
        '{"password": "hunter2\n"}',
        '{"password": "hunter2',
        '{"hunter2": "hunter2",}',
        "hunter2",
    ],
)
def test_a_syntax_error_never_repeats_a_value(client: Client, broken: str) -> None:
    message = client.call("POST", CONNECTIONS, broken, JSON).refused("9400-400")
    assert "line " in message
    assert "column " in message
    assert "hun" not in message


@pytest.mark.parametrize("empty", ["", "  \n"])
def test_an_empty_body_has_a_code_of_its_own(client: Client, empty: str) -> None:
    client.call("POST", CONNECTIONS, empty, JSON).refused("1405-400")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"[]", "Received: '[] (empty)'"),
        (b'"text"', "a text"),
        (b"3", "3 (a number)"),
        (b"null", "null"),
        (b'{"name": NaN}', "NaN"),
        (b'{"name": "\xff"}', "byte 11 is 0xff"),
        (b'{"name": "\\ud800"}', "surrogate"),
        (b'{"name": "a\\u0000b"}', "NUL"),
        (b'{"name": ' + b"9" * 5000 + b"}", "number that is too long"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_that_is_no_usable_object_is_named_for_what_it_is(
    client: Client, body: bytes, says: str
) -> None:
    assert says in client.call("POST", CONNECTIONS, body, JSON).refused("9400-400")


def test_a_byte_order_mark_does_no_harm(client: Client) -> None:
    message = client.call("POST", CONNECTIONS, b"\xef\xbb\xbf{}", JSON).refused("9400-400")
    assert message.startswith("name: is missing.")


@pytest.mark.parametrize(
    ("change", "field", "received"),
    [
        ({"name": 7}, "name", "7 (a number)"),
        ({"name": None}, "name", None),
        ({"name": "  "}, "name", "  "),
        ({"description": True}, "description", "true (a boolean)"),
        ({"auth": "Basic"}, "auth", "a text"),
        ({"auth": {"specName": ["x"], "params": {}}}, "auth.specName", "a list of one entry"),
        ({"auth": {"specName": "Basic Authentication"}}, "auth.params", None),
        (
            {"auth": {"specName": "Basic Authentication", "params": {"username": {}}}},
            "auth.params.username",
            "an object",
        ),
        ({"connectionSpec": []}, "connectionSpec", "[] (empty)"),
        ({"connectionSpec": "salesforce"}, "connectionSpec", "salesforce"),
        ({"connectionSpec": {}}, "connectionSpec.id", None),
    ],
)
def test_a_wrong_type_is_told_with_field_what_came_and_the_cure(
    client: Client, change: dict[str, object], field: str, received: str | None
) -> None:
    good = {
        "name": "n",
        "auth": {"specName": "Basic Authentication", "params": {}},
        "connectionSpec": SALESFORCE,
    }
    message = client.post(CONNECTIONS, good | change).refused("9400-400")
    assert message.startswith(f"{field}: ")
    assert "Send" in message
    assert (f"Received: {received!r}." in message) is (received is not None)


@pytest.mark.parametrize(
    "auth",
    [
        "hunter2",
        {"specName": "Basic Authentication", "params": "hunter2"},
        {"specName": "Basic Authentication", "params": {"username": 48151623}},
        {
            "specName": "Basic Authentication",
            "params": {"username": "u", "password": 48151623},
        },
        {
            "specName": "Basic Authentication",
            "params": {"username": "u", "password": "p", "securityToken": ["hunter2"]},
        },
    ],
)
def test_a_wrong_type_among_credentials_is_told_without_the_value(
    client: Client, auth: object
) -> None:
    body = {"name": "n", "auth": auth, "connectionSpec": SALESFORCE}
    message = client.post(CONNECTIONS, body).refused("9400-400")
    assert message.startswith("auth")
    assert "Received: 'a " in message
    assert "hunter2" not in message
    assert "48151623" not in message


def test_a_long_text_of_the_wrong_type_is_shown_in_part(client: Client) -> None:
    body = {"name": "n", "connectionSpec": "x" * 5000}
    message = client.post(CONNECTIONS, body).refused("9400-400")
    assert "xxx…" in message
    assert len(message) < 300


def test_a_body_of_another_type_is_refused_in_the_platforms_shape(client: Client) -> None:
    form = client.call(
        "POST", CONNECTIONS, "{}", {"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert form.status == 400
    assert form.body == {
        "type": "/placeholder/type/uri",
        "status": 400,
        "title": "BadRequestError",
        "detail": "A valid content-type must be specified",
    }


@pytest.mark.parametrize(
    "content_type", [None, "application/json; charset=utf-8", "application/vnd.adobe.xed+json"]
)
def test_no_content_type_and_json_ones_are_taken(client: Client, content_type: str | None) -> None:
    answer = client.call("POST", CONNECTIONS, "{}", {"Content-Type": content_type})
    assert "name: is missing" in answer.refused("9400-400")


def test_a_body_above_ten_megabytes_is_refused(client: Client) -> None:
    body = json.dumps({"name": "x" * MOST_BYTES})
    assert str(MOST_BYTES) in client.call("POST", CONNECTIONS, body, JSON).refused("9413-413")


def test_bodies_are_read_only_for_those_who_may_call(client: Client) -> None:
    answer = client.call("POST", CONNECTIONS, "not json", {**JSON, "Authorization": None})
    assert answer.body["error_code"] == "403010"
