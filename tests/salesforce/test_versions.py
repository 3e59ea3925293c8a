import pytest

from sallyport.errors import InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.versions import (
    SOAP_LOGIN_VERSION,
    list_versions,
    newest,
    parse_api_version,
)
from tests.salesforce.wire_server import Answer, WireServer, as_json


@pytest.mark.parametrize("text", ["60.0", " 60.0 ", "31.0", "100.0"])
def test_a_version_has_one_form(text: str) -> None:
    assert parse_api_version(text, field="apiVersion") == text.strip()


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("52", "Write 52.0."),
        ("v60.0", "Write 60.0."),
        ("60.5", "Write 60.0."),
        ("060.0", "Write 60.0."),
        ("60.", '"60.0"'),
        ("abc", '"60.0"'),
        ("", '"60.0"'),
    ],
)
def test_another_form_is_refused_with_the_right_one(text: str, cure: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_api_version(text, field="auth.params.apiVersion")
    assert (caught.value.field, caught.value.received) == ("auth.params.apiVersion", text)
    assert cure in str(caught.value.cure)


@pytest.mark.parametrize(("text", "when"), [("20.0", "Summer '22"), ("30.0", "Summer '25")])
def test_a_retired_version_is_refused_with_the_fact(text: str, when: str) -> None:
    with pytest.raises(InvalidRequest, match=f"retired API version {text} in {when}"):
        parse_api_version(text, field="apiVersion")


def test_versions_are_listed_without_a_token_and_compared_as_numbers(
    server: WireServer, http: HttpClient
) -> None:
    listed = [
        {"label": "x", "url": f"/services/data/v{text}", "version": text}
        for text in ("100.0", "31.0", "99.0")
    ]
    server.on("/services/data", as_json(listed))
    versions = list_versions(http, server.org_url)
    assert versions == ["31.0", "99.0", "100.0"]
    assert newest(versions) == "100.0"
    assert "authorization" not in server.seen[0].headers


def test_a_host_that_lists_no_versions_is_not_believed(
    server: WireServer, http: HttpClient
) -> None:
    server.on("/services/data", as_json({"hello": "world"}), Answer(404, b"nothing here"))
    with pytest.raises(RemoteUnavailable, match="something else"):
        list_versions(http, server.org_url)
    with pytest.raises(RemoteRefused, match="nothing here"):
        list_versions(http, server.org_url)


def test_soap_login_stays_below_the_version_that_lost_it() -> None:
    assert float(SOAP_LOGIN_VERSION) < 65
