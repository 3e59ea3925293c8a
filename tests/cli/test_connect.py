"""``sallyport connect`` against a simulated org: what is stored, what is refused, and why."""

import pytest

from sallyport_org.server import OrgServer
from tests.cli.terminal import Terminal


def arguments_of(kind: str, org: OrgServer, terminal: Terminal) -> list[str]:
    """Return everything a kind of login needs, secrets in files."""
    known = org.credentials
    password = terminal.file("password", known.password)
    token = terminal.file("token", known.security_token)
    secret = terminal.file("secret", known.client_secret)
    app_secret = terminal.file("app-secret", known.jwt_client_secret)
    assertion = terminal.file("assertion", known.jwt_token + "\n")
    return {
        "basic": [
            *("--environment-url", org.url, "--username", known.username),
            *("--password-file", password, "--security-token-file", token),
        ],
        "client-credentials": [
            *("--environment-url", org.url, "--client-id", known.client_id),
            *("--client-secret-file", secret, "--api-version", "60.0"),
        ],
        "jwt": [
            *("--instance-url", org.url, "--client-id", known.jwt_client_id),
            *("--client-secret-file", app_secret, "--jwt-token-file", assertion),
        ],
    }[kind]


@pytest.mark.parametrize(
    ("kind", "version", "secrets"),
    [
        ("basic", "67.0", ["password", "security_token"]),
        ("client-credentials", "60.0", ["client_secret"]),
        ("jwt", "67.0", ["client_secret", "jwt_token"]),
    ],
)
def test_each_kind_of_login_makes_an_enabled_connection(
    kind: str, version: str, secrets: list[str], org: OrgServer, terminal: Terminal
) -> None:
    arguments = arguments_of(kind, org, terminal)
    made = terminal.run("connect", "acme", "--auth", kind, *arguments, "--json")

    assert made.code == 0, made.err
    assert made.json["state"] == "enabled"
    assert made.json["api_version"] == version
    assert made.json["org"]["id"] == org.org.id
    assert {name: made.json["parameters"][name] for name in secrets} == dict.fromkeys(
        secrets, "********"
    )
    assert terminal.run("connections", "--json").json == [made.json]
    works = terminal.run("test", "acme", "--json")
    assert (works.code, works.json["result"]) == (0, True)


def test_a_wrong_password_is_refused_in_salesforces_words_and_stores_nothing(
    org: OrgServer, terminal: Terminal
) -> None:
    arguments = arguments_of("basic", org, terminal)
    terminal.file("password", "wrong")
    refused = terminal.run("connect", "acme", "--auth", "basic", *arguments, "--json")

    assert refused.code == 1
    assert refused.error["code"] == "INVALID_LOGIN"
    assert refused.error["text"] == (
        "Invalid username, password, security token; or user locked out."
    )
    assert "Invalid username, password, security token" in refused.err
    assert "wrong" not in refused.out + refused.err
    assert terminal.run("connections", "--json").json == []


def test_a_wrong_client_secret_names_the_option_to_change(
    org: OrgServer, terminal: Terminal
) -> None:
    arguments = arguments_of("client-credentials", org, terminal)
    terminal.file("secret", "wrong")
    refused = terminal.run("connect", "acme", "--auth", "client-credentials", *arguments, "--json")

    assert refused.code == 1
    assert refused.error["field"] == "--client-secret-file"
    assert (refused.error["status"], refused.error["code"]) == (400, "invalid_client")
    assert terminal.run("connections", "--json").json == []


def test_client_credentials_without_a_version_take_the_newest_and_say_so(
    org: OrgServer, terminal: Terminal
) -> None:
    made = terminal.connect(org)

    assert made.code == 0
    assert made.json["parameters"]["api_version"] == "67.0"
    assert "API version 67.0: the newest the org offers" in made.err


def test_a_version_without_its_decimal_is_refused_before_any_call(
    org: OrgServer, terminal: Terminal
) -> None:
    asked = len(org.requests())
    arguments = [*arguments_of("client-credentials", org, terminal), "--api-version", "52"]
    refused = terminal.run("connect", "acme", "--auth", "client-credentials", *arguments)

    assert refused.code == 2
    assert "--api-version" in refused.err
    assert "Received: '52'" in refused.err
    assert "Write 52.0." in refused.err
    assert len(org.requests()) == asked


def test_an_option_of_another_kind_is_a_usage_error_that_names_it(terminal: Terminal) -> None:
    refused = terminal.run("connect", "acme", "--auth", "jwt", "--username", "me", "--json")

    assert refused.code == 2
    assert refused.error["field"] == "--username"
    assert refused.error["message"] == "does not belong to --auth jwt."
    assert "--jwt-token-file" in refused.error["cure"]


def test_an_unknown_kind_of_login_is_a_usage_error_that_lists_the_kinds(terminal: Terminal) -> None:
    refused = terminal.run("connect", "acme", "--auth", "oauth", "--json")

    assert refused.code == 2
    assert (refused.error["field"], refused.error["received"]) == ("--auth", "oauth")
    assert refused.error["cure"] == (
        "Use one of: basic, client-credentials, jwt, web-server, jwt-key, password."
    )


def test_a_missing_secret_says_every_way_to_give_it(org: OrgServer, terminal: Terminal) -> None:
    arguments = ["--environment-url", org.url, "--client-id", "x", "--api-version", "60.0"]
    refused = terminal.run("connect", "acme", "--auth", "client-credentials", *arguments)

    assert refused.code == 2
    assert "--client-secret-file FILE" in refused.err
    assert "SALLYPORT_CLIENT_SECRET" in refused.err


def test_secrets_come_from_standard_input_and_the_environment_too(
    org: OrgServer, terminal: Terminal
) -> None:
    known = org.credentials
    made = terminal.run(
        *("connect", "acme", "--auth", "basic", "--environment-url", org.url),
        *("--username", known.username, "--password-file", "-", "--json"),
        stdin=f"{known.password}\n",
        SALLYPORT_SECURITY_TOKEN=known.security_token,
    )

    assert made.code == 0, made.err
    assert made.json["state"] == "enabled"


def test_standard_input_holds_one_secret_only(terminal: Terminal) -> None:
    refused = terminal.run(
        *("connect", "acme", "--auth", "basic", "--username", "me", "--json"),
        *("--password-file", "-", "--security-token-file", "-"),
    )

    assert refused.code == 2
    assert refused.error["field"] == "--security-token-file"


def test_a_secret_file_that_cannot_be_read_is_named(terminal: Terminal) -> None:
    refused = terminal.run(
        *("connect", "acme", "--auth", "basic", "--username", "me", "--json"),
        *("--password-file", "no-such-file"),
    )

    assert refused.code == 2
    assert refused.error["field"] == "--password-file"
    assert refused.error["received"] == "no-such-file"
    assert "No such file or directory" in refused.error["message"]


def test_a_host_that_is_not_salesforces_gets_no_password(
    org: OrgServer, terminal: Terminal
) -> None:
    asked = len(org.requests())
    arguments = arguments_of("basic", org, terminal)
    refused = terminal.run(
        *("connect", "acme", "--auth", "basic", *arguments, "--json"), SALLYPORT_ALLOWED_HOSTS=""
    )

    assert refused.code == 2
    assert refused.error["field"] == "--environment-url"
    assert "SALLYPORT_ALLOWED_HOSTS" in refused.error["cure"]
    assert len(org.requests()) == asked


def test_an_org_out_of_reach_is_a_failure_not_a_usage_error(terminal: Terminal) -> None:
    refused = terminal.run(
        *("connect", "acme", "--auth", "client-credentials", "--client-id", "x", "--json"),
        *("--environment-url", "http://127.0.0.1:1"),
        SALLYPORT_ALLOWED_HOSTS="127.0.0.1:1",
        SALLYPORT_CLIENT_SECRET="x",
    )

    assert refused.code == 1
    assert (refused.error["type"], refused.error["stage"]) == ("RemoteUnavailable", "connect")


def test_a_name_that_is_taken_is_a_conflict_before_anything_is_asked(
    org: OrgServer, terminal: Terminal
) -> None:
    assert terminal.connect(org).code == 0
    asked = len(org.requests())
    again = terminal.connect(org)

    assert again.code == 1
    assert "API version" not in again.err
    assert len(org.requests()) == asked
    assert (again.error["type"], again.error["field"]) == ("Conflict", "NAME")
    assert len(terminal.run("connections", "--json").json) == 1


def test_a_name_that_cannot_be_used_is_told_before_anything_is_asked(
    org: OrgServer, terminal: Terminal
) -> None:
    asked = len(org.requests())
    refused = terminal.connect(org, " acme")

    assert refused.code == 2
    assert (refused.error["field"], refused.error["received"]) == ("NAME", " acme")
    assert "API version" not in refused.err
    assert len(org.requests()) == asked
