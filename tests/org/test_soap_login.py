"""Transcripts of SOAP login(): every reason to refuse, in the order they are looked at."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from sallyport_org.identity import administration
from sallyport_org.identity.model import API_ENABLED, USE_ANY_API_AUTH
from sallyport_org.server import OrgServer
from tests.org.newcomers import (
    PASSWORD,
    TOKEN,
    Newcomer,
    changed,
    fault,
    login_body,
    newcomer,
    soap,
)
from tests.org.wire import Answer

INVALID = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
DOMAIN = "LOGIN_DURING_RESTRICTED_DOMAIN: cannot log in from current domain"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 1}) as running:
        yield running


@pytest.fixture
def somebody(server: OrgServer) -> Newcomer:
    return newcomer(server)


def session_of(answer: Answer) -> str:
    return answer.body.decode().split("<sessionId>")[1].split("</sessionId>")[0]


def with_session(token: str) -> str:
    return f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>"


def test_a_login_is_written_down_with_its_way_and_version(somebody: Newcomer) -> None:
    header = "<LoginScopeHeader/><CallOptions><client>Loader/7</client></CallOptions>"
    answer = somebody.by_soap(header=header)
    assert answer.status == 200
    assert somebody.call(session_of(answer)).status == 200
    line = somebody.server.org.directory.logins[-1]
    assert (line.status, line.login_type) == ("Success", "Other Apex API")
    assert (line.application, line.api_type, line.api_version) == (
        "Loader/7",
        "SOAP Partner",
        "60.0",
    )


def test_the_token_is_needed_outside_trusted_networks_only(somebody: Newcomer) -> None:
    text = fault(somebody.by_soap(PASSWORD))
    assert text.startswith("LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password, security")
    assert "trusted networks, you must add a security token to your password" in text
    assert somebody.statuses == ["Failed: API security token required"]
    trusted = (("127.0.0.0", "127.0.0.255"),)
    with changed(somebody.server.org.settings, trusted_ip_ranges=trusted):
        assert somebody.by_soap(PASSWORD).status == 200


def test_a_user_who_never_had_a_token_is_sent_a_code(somebody: Newcomer) -> None:
    somebody.user.security_token = ""
    assert fault(somebody.by_soap(PASSWORD)).startswith("LOGIN_CHALLENGE_ISSUED: ")
    assert somebody.statuses == ["Failed: Computer activation required"]
    mail = somebody.server.org.inbox.mails(somebody.user.email)[-1]
    assert "Verification Code: " in mail.text


def test_profile_ranges_and_my_domain_policies_read_alike(somebody: Newcomer) -> None:
    org = somebody.server.org
    administration.set_login_ip_ranges(org, somebody.profile, [("127.0.0.9", "127.0.0.9")])
    assert fault(somebody.by_soap()) == DOMAIN
    assert somebody.statuses == ["Restricted IP"]
    inside = somebody.by_soap(PASSWORD, remote="127.0.0.9")
    assert inside.status == 200
    body = login_body(somebody.user.username, PASSWORD + TOKEN)
    for switch in ({"generic_soap_login": False}, {"generic_login": False}):
        with changed(org.settings, **switch):
            refused = soap(somebody.server, body, "127.0.0.9", host="login.salesforce.com")
        assert fault(refused) == DOMAIN
        assert somebody.statuses[0] == "Restricted Domain"
    taken = soap(somebody.server, body, "127.0.0.9", host="login.salesforce.com")
    assert f"<serverUrl>{org.my_domain}/services/Soap/u/60.0/" in taken.body.decode()


def closed_hours(somebody: Newcomer) -> None:
    administration.set_login_hours(somebody.server.org, somebody.profile, {})


def without_api(somebody: Newcomer) -> None:
    org = somebody.server.org
    administration.grant(org, somebody.profile.id, [API_ENABLED], on=False)


def barred(somebody: Newcomer) -> None:
    somebody.profile.barred_clients.add("Loader/7")


@pytest.mark.parametrize(
    ("prepare", "text", "status"),
    [
        (
            closed_hours,
            "LOGIN_DURING_RESTRICTED_TIME: cannot log in during restricted time",
            "Restricted Time",
        ),
        (
            without_api,
            "API_CURRENTLY_DISABLED: API is disabled for this User",
            "Failed: OAuth API access disabled",
        ),
        (barred, "CLIENT_NOT_ACCESSIBLE_FOR_USER: client not accessible for user", "-"),
        (
            lambda one: administration.lock(one.server.org, one.user),
            "PASSWORD_LOCKOUT: user is locked out after too many failed attempts",
            "Password Lockout",
        ),
        (
            lambda one: administration.freeze(one.server.org, one.user),
            INVALID,
            "User is frozen",
        ),
        (
            lambda one: administration.deactivate(one.server.org, one.user),
            INVALID,
            "User is Inactive",
        ),
    ],
)
def test_users_are_refused_for_their_state(
    somebody: Newcomer, prepare: Callable[[Newcomer], None], text: str, status: str
) -> None:
    prepare(somebody)
    header = "<CallOptions><client>Loader/7</client></CallOptions>"
    assert fault(somebody.by_soap(header=header)) == text
    assert somebody.statuses == [status]


@pytest.mark.parametrize(
    ("status", "code", "line"),
    [
        ("locked", "ORG_LOCKED", "Organization Locked"),
        ("suspended", "ORG_LOCKED", "Organization Suspended"),
        ("trial_expired", "TRIAL_EXPIRED", "Trial Expired"),
        ("maintenance", "ORG_IN_MAINTENANCE", "Organization is in maintenance"),
        ("closed", "INVALID_LOGIN", "Organization is Inactive"),
    ],
)
def test_orgs_are_refused_for_theirs(somebody: Newcomer, status: str, code: str, line: str) -> None:
    with changed(somebody.server.org, status=status):
        assert fault(somebody.by_soap()).startswith(f"{code}: ")
    assert somebody.statuses == [line]


def test_an_edition_without_api_has_no_login(somebody: Newcomer) -> None:
    org = somebody.server.org
    without = replace(org.organization, edition="Professional Edition")
    text = "API_DISABLED_FOR_ORG: API is not enabled for this Organization or Partner"
    with changed(org, organization=without):
        assert fault(somebody.by_soap()) == text


def test_any_api_auth_can_be_demanded(somebody: Newcomer) -> None:
    org = somebody.server.org
    with changed(org.settings, any_api_auth_required=True):
        assert somebody.by_soap().status == 200
        administration.grant(org, somebody.profile.id, [USE_ANY_API_AUTH], on=False)
        assert fault(somebody.by_soap()).startswith("INSUFFICIENT_ACCESS: ")


def test_retired_versions_name_the_oldest_one_left(somebody: Newcomer) -> None:
    body = login_body("a", "b")
    text = (
        "UNSUPPORTED_API_VERSION: The API version that was specified ({}) is below the minimum "
        "supported ({}). Change the version number and run the request again."
    )
    refused = fault(soap(somebody.server, body, version="30.0"))
    assert refused == text.format("30.0", "31.0")
    with changed(somebody.server.org.settings, oldest_version=21):
        refused = fault(soap(somebody.server, body, version="20.0"))
        assert refused == text.format("20.0", "21.0")
        assert soap(somebody.server, body, version="30.0").status == 500


def test_an_expired_password_lets_in_only_to_set_a_new_one(somebody: Newcomer) -> None:
    org, user, server = somebody.server.org, somebody.user, somebody.server
    administration.expire_password(org, user)
    answer = somebody.by_soap()
    assert answer.status == 200
    assert "<passwordExpired>true</passwordExpired>" in answer.body.decode()
    token = session_of(answer)
    refused = somebody.call(token)
    assert refused.error[:2] == (401, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD")
    body = "<setPassword><userId>{}</userId><password>{}</password></setPassword>"
    weak = soap(server, body.format(user.id, "short"), header=with_session(token))
    assert fault(weak).startswith("INVALID_NEW_PASSWORD: password: ")
    set_now = soap(server, body.format(user.id, "Another-Horse-2"), header=with_session(token))
    assert "<setPasswordResponse>" in set_now.body.decode()
    assert somebody.call(token).status == 200
    assert somebody.by_soap("Another-Horse-2" + user.security_token).status == 200


def test_nobody_sets_other_peoples_passwords_without_being_an_administrator(
    server: OrgServer,
) -> None:
    one, other = newcomer(server), newcomer(server)
    token = session_of(one.by_soap())
    body = f"<setPassword><userId>{other.user.id}</userId><password>New-Horse-3</password>"
    refused = soap(server, body + "</setPassword>", header=with_session(token))
    assert fault(refused).startswith("INSUFFICIENT_ACCESS: ")


def test_logout_ends_the_session(somebody: Newcomer) -> None:
    token = session_of(somebody.by_soap())
    told = soap(somebody.server, "<getUserInfo/>", header=with_session(token))
    assert f"<userName>{somebody.user.username}</userName>" in told.body.decode()
    assert soap(somebody.server, "<logout/>", header=with_session(token)).status == 200
    again = soap(somebody.server, "<getUserInfo/>", header=with_session(token))
    text = "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader: Illegal Session"
    assert fault(again) == text


def test_of_many_reasons_the_first_in_order_is_given(somebody: Newcomer) -> None:
    """Everything is wrong at once; each step puts the first of it right."""
    org, user, profile = somebody.server.org, somebody.user, somebody.profile
    settings = org.settings
    administration.deactivate(org, user)
    administration.freeze(org, user)
    administration.set_login_hours(org, profile, {})
    administration.set_login_ip_ranges(org, profile, [("127.0.0.9", "127.0.0.9")])
    administration.grant(org, profile.id, [API_ENABLED, USE_ANY_API_AUTH], on=False)
    secret = "wrong"

    def attempt() -> Answer:
        body = login_body(user.username, secret)
        return soap(somebody.server, body, host="login.salesforce.com")

    changes = {"generic_login": False, "logins_per_hour": 0, "any_api_auth_required": True}
    with changed(org, status="suspended"), changed(settings, **changes):
        attempt()
        org.status = "active"
        attempt()
        settings.generic_login = True
        attempt()
        settings.logins_per_hour = 3600
        attempt()
        administration.activate(org, user)
        attempt()
        secret = PASSWORD
        attempt()
        administration.unfreeze(org, user)
        attempt()
        administration.set_login_hours(org, profile, None)
        attempt()
        administration.set_login_ip_ranges(org, profile, [])
        attempt()
        secret = PASSWORD + TOKEN
        assert fault(attempt()).startswith("INSUFFICIENT_ACCESS: ")
        settings.any_api_auth_required = False
        assert fault(attempt()).startswith("API_CURRENTLY_DISABLED: ")
        administration.grant(org, profile.id, [API_ENABLED])
        assert attempt().status == 200
    assert list(reversed(somebody.statuses)) == [
        "Organization Suspended",
        "Restricted Domain",
        "Login Rate Exceeded",
        "User is Inactive",
        "Invalid Password",
        "User is frozen",
        "Restricted Time",
        "Restricted IP",
        "Failed: API security token required",
        "Failed: OAuth API access disabled",
        "Failed: OAuth API access disabled",
        "Success",
    ]


def test_a_login_host_leads_to_whichever_org_knows_the_user(server: OrgServer) -> None:
    first, second = server.org, newcomer(server)
    body = login_body(second.user.username, PASSWORD + TOKEN)
    at_login = soap(server, body, host="login.salesforce.com").body.decode()
    assert f"<organizationId>{first.id}</organizationId>" in at_login
    assert "<sandbox>false</sandbox>" in at_login
    assert fault(soap(server, body, host="test.salesforce.com")) == INVALID
