"""Transcripts of userinfo and the identity address: all keys, addresses, ways to send a token."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from sallyport_org.server import OrgServer
from tests.org.newcomers import Newcomer, newcomer
from tests.org.wire import FORM, Answer, ask


@pytest.fixture(scope="module")
def somebody() -> Iterator[Newcomer]:
    with OrgServer(rows={"Account": 1}) as server:
        yield newcomer(server)


def who(somebody: Newcomer, query: str = "") -> Answer:
    given = somebody.by_credentials().json
    path = given["id"].removeprefix("https://login.salesforce.com") + query
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    return ask(somebody.server, "GET", path, None, headers)


def test_the_identity_address_tells_everything_in_salesforces_order(somebody: Newcomer) -> None:
    told = who(somebody).json
    assert " ".join(told) == (
        "id asserted_user user_id organization_id username nick_name display_name email "
        "email_verified first_name last_name timezone photos addr_street addr_city addr_state "
        "addr_country addr_zip mobile_phone mobile_phone_verified is_lightning_login_user status "
        "urls active user_type language locale utcOffset last_modified_date is_app_installed"
    )
    assert sorted(told["photos"]) == ["picture", "thumbnail"]
    assert told["status"] == {"created_date": None, "body": None}
    assert told["urls"]["custom_domain"] == somebody.server.url


def test_addresses_leave_the_version_open_unless_one_is_asked_for(somebody: Newcomer) -> None:
    base = f"{somebody.server.url}/services/data"
    assert who(somebody).json["urls"]["rest"] == f"{base}/v{{version}}/"
    assert who(somebody, "?version=60.0").json["urls"]["rest"] == f"{base}/v60.0/"
    newest = somebody.server.org.settings.newest_version
    assert who(somebody, "?version=latest").json["urls"]["query"] == f"{base}/v{newest}.0/query/"


def test_the_offset_is_that_of_the_users_zone_without_summer_time(somebody: Newcomer) -> None:
    offsets = {"GMT": 0, "America/Los_Angeles": -28_800_000, "Australia/Sydney": 36_000_000}
    for zone, offset in offsets.items():
        somebody.user.time_zone = zone
        told = who(somebody).json
        assert (told["timezone"], told["utcOffset"]) == (zone, offset)


def test_userinfo_takes_the_token_from_a_form_and_tells_all_claims(somebody: Newcomer) -> None:
    token = somebody.by_credentials().json["access_token"]
    for name in ("access_token", "oauth_token"):
        form = urlencode({name: token})
        answer = ask(somebody.server, "POST", "/services/oauth2/userinfo", form, FORM)
        assert answer.status == 200
        assert " ".join(answer.json) == (
            "sub user_id organization_id preferred_username nickname name email email_verified "
            "given_name family_name zoneinfo photos profile picture address "
            "is_salesforce_integration_user urls active user_type language locale utcOffset "
            "updated_at is_app_installed"
        )


def test_other_formats_say_that_they_are_not_modelled(somebody: Newcomer) -> None:
    assert who(somebody, "?format=json").status == 200
    assert who(somebody, "?format=xml").status == 501
    assert who(somebody, "?callback=f").status == 501


def test_in_maintenance_nobody_is_told_who_he_is(somebody: Newcomer) -> None:
    given = somebody.by_credentials().json
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    somebody.server.org.status = "maintenance"
    answer = ask(somebody.server, "GET", "/services/oauth2/userinfo", None, headers)
    somebody.server.org.status = "active"
    assert (answer.status, answer.body) == (503, b"")
