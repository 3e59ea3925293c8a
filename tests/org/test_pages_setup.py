"""Setup: who gets in, what its forms refuse, and what its buttons change."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta

import pytest
from joserfc.jwk import RSAKey

from sallyport_org.identity import App, User, app_administration, approvals
from sallyport_org.identity.model import API_ENABLED, APPROVE_UNINSTALLED, CUSTOMIZE
from sallyport_org.server import OrgServer
from sallyport_org.setup.menu import MENU
from sallyport_org.setup.switches import PAGES
from tests.org.visitor import Visitor, admit_worker
from tests.org.wire import token_request

SETUP = "/lightning/setup"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: OrgServer) -> Visitor:
    somebody = Visitor(server)
    assert somebody.log_in(start=f"{SETUP}/SetupOneHome/home").path == f"{SETUP}/SetupOneHome/home"
    return somebody


@pytest.fixture
def worker(server: OrgServer) -> User:
    return admit_worker(server)


@pytest.fixture
def app(server: OrgServer) -> App:
    return app_administration.create_app(
        server.org,
        "Connector",
        contact_email="crm@example.com",
        callback_urls=["https://app.example/cb"],
        scopes=["api"],
    )


# -- who gets in


def test_setup_asks_for_a_login_first(server: OrgServer) -> None:
    page = Visitor(server).get(f"{SETUP}/ManageUsers/home")
    assert page.path == "/"
    assert page.query["startURL"] == f"{SETUP}/ManageUsers/home"


def test_others_have_insufficient_privileges(server: OrgServer, worker: User) -> None:
    visitor = Visitor(server)
    visitor.log_in(worker.username, worker.password)
    page = visitor.get(f"{SETUP}/ManageUsers/home")
    assert page.status == 403
    assert "Insufficient Privileges" in page.text


def test_a_form_of_another_site_is_refused(server: OrgServer, admin: Visitor, worker: User) -> None:
    page = admin.post(f"{SETUP}/ManageUsers/{worker.id}/do/freeze")
    assert page.status == 403
    assert not worker.is_frozen


@pytest.mark.parametrize("address", [one.address for area in MENU for one in area.entries])
def test_every_entry_of_the_menu_leads_somewhere(admin: Visitor, address: str) -> None:
    assert admin.get(address).status == 200


def test_quick_find_works_without_scripts(admin: Visitor) -> None:
    page = admin.get(f"{SETUP}/ManageUsers/home?quickfind=login")
    menu = page.html.partition("<nav")[2].partition("</nav>")[0]
    assert "Login History" in menu
    assert "Profiles" not in menu


# -- users


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("freeze", "Frozen"),
        ("unfreeze", "Active"),
        ("deactivate", "Inactive"),
        ("activate", "Active"),
        ("expire_password", "Password expired"),
        ("unlock", "Active"),
    ],
)
def test_a_button_changes_a_users_state(
    admin: Visitor, worker: User, action: str, state: str
) -> None:
    page = admin.get(f"{SETUP}/ManageUsers/{worker.id}")
    done = admin.post(f"{SETUP}/ManageUsers/{worker.id}/do/{action}", csrf=page.fields["csrf"][0])
    assert f'<dd id="state">{state}' in done.html
    assert worker.username in done.html.partition('id="said"')[2]
    assert 'id="said"' not in admin.get(done.address).html, "said once only"


def test_a_new_password_and_token_arrive_by_mail(
    server: OrgServer, admin: Visitor, worker: User
) -> None:
    address = f"{SETUP}/ManageUsers/{worker.id}"
    token = admin.get(address).fields["csrf"][0]
    admin.post(f"{address}/do/reset_password", csrf=token)
    admin.post(f"{address}/do/reset_token", csrf=token)
    texts = [one.text for one in server.cloud.inbox.mails(worker.email)]
    assert any(worker.password in text for text in texts)
    assert worker.security_token in texts[-1]


def test_a_button_that_cannot_be_says_why(server: OrgServer, admin: Visitor, worker: User) -> None:
    profile = server.org.directory.profile_of(worker)
    profile.login_ip_ranges = [("127.0.0.1", "127.0.0.1")]
    address = f"{SETUP}/ManageUsers/{worker.id}"
    token = admin.get(address).fields["csrf"][0]
    try:
        page = admin.post(f"{address}/do/reset_token", csrf=token)
        assert "Not done." in page.text
        assert "login IP ranges" in page.text
    finally:
        profile.login_ip_ranges = []


def test_an_approval_can_be_revoked(
    server: OrgServer, admin: Visitor, worker: User, app: App
) -> None:
    approval = approvals.approve(server.org, worker, app, ["api", "refresh_token"])
    page = admin.get(f"{SETUP}/ManageUsers/{worker.id}")
    assert "Connector api refresh_token" in page.text
    address = f"{SETUP}/ManageUsers/{worker.id}/revoke/{approval.id}"
    assert "No apps approved." in admin.post(address, csrf=page.fields["csrf"][0]).text
    assert not approval.alive


def test_permission_sets_are_made_and_assigned(
    server: OrgServer, admin: Visitor, worker: User
) -> None:
    form = admin.get(f"{SETUP}/PermSets/new")
    wrong = admin.send(form, label="Sync", name="1 sync")
    assert "API Name: '1 sync' holds more than letters" in wrong.text
    assert wrong.fields["label"] == ["Sync"], "what was typed stays"
    made = admin.send(form, label="Sync", name="Sync_Users")
    set_id = made.path.rpartition("/")[2]
    admin.send(made, permissions=[CUSTOMIZE])
    admin.send(admin.get(f"{SETUP}/ManageUsers/{worker.id}/edit"), permission_sets=[set_id])
    assert server.org.directory.may(worker, CUSTOMIZE)
    assert "is taken by another" in admin.send(form, label="Sync", name="sync_users").text


def test_a_users_email_is_checked(server: OrgServer, admin: Visitor, worker: User) -> None:
    profiles = server.org.directory.profiles
    form = admin.get(f"{SETUP}/ManageUsers/{worker.id}/edit")
    page = admin.send(form, email="nowhere", profile_id=sorted(profiles)[0])
    assert "Email: 'nowhere' is no e-mail address; write it like name@example.com" in page.text
    assert worker.profile_id == sorted(profiles)[1], "nothing is half saved"


def test_a_new_user_is_mailed_a_password_to_be_changed(server: OrgServer, admin: Visitor) -> None:
    form = admin.get(f"{SETUP}/ManageUsers/new")
    given = {"name": "Nora New", "email": "nora@example.com", "username": "nora@acme.example"}
    assert "nora@acme.example was mailed a password." in admin.send(form, **given).text
    assert server.sql(
        "SELECT Name, IsActive FROM \"User\" WHERE Username = 'nora@acme.example'"
    ) == [("Nora New", True)]
    user = server.org.directory.user("nora@acme.example")
    assert user is not None
    assert "Change Your Password" in Visitor(server).log_in(user.username, user.password).text
    assert "the org has that user; choose another name" in admin.send(form, **given).text


def test_a_cloned_administrator_may_not_approve_uninstalled_apps(
    server: OrgServer, admin: Visitor
) -> None:
    like = server.org.directory.profiles[sorted(server.org.directory.profiles)[0]]
    form = admin.get(f"{SETUP}/EnhancedProfiles/{like.id}/clone")
    made = admin.send(form, name="Our Administrator")
    cloned = server.org.directory.profiles[made.path.rpartition("/")[2]]
    assert like.permissions - cloned.permissions == {APPROVE_UNINSTALLED}
    assert "one of that name exists" in admin.send(form, name="our administrator").text


# -- profiles


def test_a_profile_loses_api_enabled(server: OrgServer, admin: Visitor, worker: User) -> None:
    directory = server.org.directory
    form = admin.get(f"{SETUP}/EnhancedProfiles/{worker.profile_id}")
    admin.send(form, permissions=None)
    assert not directory.may(worker, API_ENABLED)
    admin.send(form)
    assert directory.may(worker, API_ENABLED)


def test_login_hours_and_ranges_are_read_as_people_write_them(
    server: OrgServer, admin: Visitor, worker: User
) -> None:
    profile = server.org.directory.profile_of(worker)
    form = admin.get(f"{SETUP}/EnhancedProfiles/{profile.id}")
    saved = admin.send(
        form,
        any_time=None,
        hours="monday 08:00 - 17:30\nSunday 00:00-24:00",
        login_ip_ranges="203.0.113.0 - 203.0.113.255\n198.51.100.7",
    )
    assert profile.login_hours == {0: (480, 1050), 6: (0, 1439)}
    assert profile.login_ip_ranges == [
        ("203.0.113.0", "203.0.113.255"),
        ("198.51.100.7", "198.51.100.7"),
    ]
    assert saved.fields["hours"] == ["Monday 08:00 - 17:30\nSunday 00:00 - 23:59"]
    for hours, ranges, text in (
        ("Moonday 8 - 9", "", "Login Hours: 'Moonday 8 - 9' cannot be read"),
        ("Monday 17:00 - 08:00", "", "minutes 0 to 1439 in order"),
        ("", "203.0.113.9 - 203.0.113.1", "is not in order"),
        ("", "nowhere", "which is no IP address"),
    ):
        page = admin.send(form, any_time=None, hours=hours, login_ip_ranges=ranges)
        assert text in page.text
    admin.send(form)
    assert profile.login_hours is None


def test_object_and_field_permissions_reach_the_caller(
    server: OrgServer, admin: Visitor, worker: User
) -> None:
    holder = server.org.directory.profile_of(worker)
    address = f"{SETUP}/EnhancedProfiles/{holder.id}/objects"
    before = holder.all_objects
    admin.send(admin.get(address), all_objects=None, **{"Account.read": "1"})
    admin.send(admin.get(f"{address}/Account"), **{"Account.Industry.read": "1"})
    try:
        seen = server.org.schema_for(worker)
        account = seen.find("Account")
        assert account is not None
        assert account.find("Industry") is not None
        assert account.find("Website") is None
        assert seen.find("Lead") is None
        page = admin.get(address)
        assert page.fields["Account.read"] == ["1"]
        assert "Account.edit" not in page.fields
    finally:
        admin.send(admin.get(address), all_objects="1" if before else None)


# -- apps


def test_an_app_is_made_by_the_documented_steps(server: OrgServer, admin: Visitor) -> None:
    listed = admin.get(f"{SETUP}/NavigationMenus/home")
    assert "New External Client App" in listed.text
    made = admin.send(
        admin.get(f"{SETUP}/ManageExternalClientApplication/new"),
        name="Marketo Sync",
        contact_email="crm@example.com",
        distribution="local",
        enable_oauth="1",
        callback_urls="https://app.example/cb\nhttp://localhost:8765/cb",
        scopes=["api", "refresh_token"],
        require_pkce=None,
    )
    client_id = made.path.rpartition("/")[2]
    app = server.org.directory.app(client_id)
    assert app is not None
    assert app.callback_urls == ["https://app.example/cb", "http://localhost:8765/cb"]
    assert app.scopes == {"api", "refresh_token"}
    assert (app.require_secret, app.require_secret_for_refresh, app.require_pkce) == (
        True,
        True,
        False,
    )
    assert app.home == server.org.id
    assert "Perform requests at any time (refresh_token, offline_access)" in made.text


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"name": ""}, "External Client App Name: nothing was entered"),
        ({"callback_urls": "http://app.example/cb"}, "begin it with https://"),
        ({"callback_urls": ""}, "Callback URL: nothing was entered"),
        ({"scopes": None}, "OAuth Scopes: none was chosen"),
        ({"scopes": ["everything"]}, "'everything' is not offered"),
        ({"flows": ["jwt_bearer"]}, "Certificate: nothing was entered"),
        ({"flows": ["jwt_bearer"], "certificate": "hello"}, "cannot be read as an RSA certificate"),
        ({"contact_email": "somebody"}, "Contact Email: 'somebody' is no e-mail address"),
    ],
)
def test_an_app_is_not_made_of_bad_input(
    server: OrgServer, admin: Visitor, changed: dict[str, str | list[str] | None], text: str
) -> None:
    right: dict[str, str | list[str] | None] = {
        "name": "Half Made",
        "contact_email": "crm@example.com",
        "enable_oauth": "1",
        "callback_urls": "https://app.example/cb",
        "scopes": ["api"],
    }
    form = admin.get(f"{SETUP}/ManageExternalClientApplication/new")
    page = admin.send(form, **(right | changed))
    assert text in page.text
    assert all(one.name != "Half Made" for one in server.org.directory.apps.values())
    if "callback_urls" not in changed:
        assert page.fields["callback_urls"] == ["https://app.example/cb"]


def test_a_certificate_lets_an_app_sign(server: OrgServer, admin: Visitor, app: App) -> None:
    pem = RSAKey.generate_key(2048).as_pem(private=False).decode()
    form = admin.get(f"{SETUP}/ManageExternalClientApplication/{app.client_id}/edit")
    admin.send(form, flows=["jwt_bearer"], certificate=pem)
    assert app.certificate is not None
    assert app.certificate.split() == pem.split()
    assert app.flows == {"jwt_bearer", "web_server"}


def test_consumer_details_are_shown_after_a_code_and_rotated_in_two_steps(
    server: OrgServer, admin: Visitor, app: App
) -> None:
    address = f"{SETUP}/ManageExternalClientApplication/{app.client_id}/consumer"
    session = server.org.directory.session(admin.cookies["sid"])
    assert session is not None
    asked = admin.get(address)
    if asked.path != address:
        assert "View Consumer Details" in asked.text
        assert app.client_secret not in asked.html
        asked = admin.post(asked.address, emc=admin.mailed_code())
    assert app.client_id in asked.text
    assert app.client_secret in asked.text
    old = (app.client_id, app.client_secret)
    token = asked.fields["csrf"][0]
    staged = admin.post(f"{address}/stage", csrf=token)
    assert app.staged_secret is not None
    assert app.staged_secret in staged.text
    assert (app.client_id, app.client_secret) == old
    applied = admin.post(f"{address}/apply", csrf=token)
    assert app.client_secret != old[1]
    assert app.client_secret in applied.text


def test_policies_are_saved_and_checked(server: OrgServer, admin: Visitor, app: App) -> None:
    policy = server.org.directory.policy(app)
    address = f"{SETUP}/ManageExternalClientApplication/{app.client_id}/policies"
    wrong = admin.send(admin.get(address), run_as="nobody@acme.example")
    assert "Run As: 'nobody@acme.example' is the username of nobody" in wrong.text
    assert not policy.run_as
    admin.send(
        admin.get(address),
        run_as=server.credentials.username,
        permitted_users="admin_approved",
        refresh_policy="unused",
        refresh_hours="720",
        session_minutes="15",
    )
    assert (policy.run_as, policy.permitted_users) == (
        server.credentials.username,
        "admin_approved",
    )
    assert (policy.refresh_policy, policy.refresh_hours) == ("unused", 720.0)
    assert policy.session_minutes == 15.0


def test_oauth_usage_blocks_and_uninstalls(
    server: OrgServer, admin: Visitor, worker: User, app: App
) -> None:
    directory, policy = server.org.directory, server.org.directory.policy(app)
    approval = approvals.approve(server.org, worker, app, ["api", "refresh_token"])
    base = f"{SETUP}/ConnectedAppsUsage"
    token = admin.get(f"{base}/home").fields["csrf"][0]

    def press(action: str) -> str:
        return admin.post(f"{base}/{app.client_id}/{action}", csrf=token).text

    assert "Connector is blocked." in press("block")
    assert policy.blocked
    assert "Connector is unblocked." in press("unblock")
    assert approvals.of(directory, worker, app) == [approval]
    assert "Connector is uninstalled" in press("uninstall")
    assert approvals.of(directory, worker, app) == []
    assert "Connector is installed." in press("install")
    assert policy.installed
    assert directory.app(app.client_id) is app


def test_a_deleted_app_is_unknown(server: OrgServer, admin: Visitor, app: App) -> None:
    address = f"{SETUP}/ManageExternalClientApplication/{app.client_id}"
    token = admin.get(address).fields["csrf"][0]
    assert "Connector was deleted." in admin.post(f"{address}/delete", csrf=token).text
    assert server.org.directory.app(app.client_id) is None
    assert admin.get(address).status == 404


# -- switches


def test_every_switch_page_saves_what_it_shows(server: OrgServer, admin: Visitor) -> None:
    before = repr(server.org.settings)
    for node in PAGES:
        page = admin.send(admin.get(f"{SETUP}/{node}/home"))
        assert "your changes were saved" in page.text, page.text
    assert repr(server.org.settings) == before


def test_unticking_my_domain_and_soap_policies(server: OrgServer, admin: Visitor) -> None:
    settings = server.org.settings
    form = admin.get(f"{SETUP}/OrgDomain/home")
    assert server.org.my_domain in form.text
    admin.send(form, generic_login="1")
    assert asdict(settings)["generic_login"] is False
    admin.send(form)
    assert asdict(settings)["generic_login"] is True
    ui = admin.get(f"{SETUP}/UserInterfaceUI/home")
    admin.send(ui, soap_login=None)
    assert not settings.soap_login
    admin.send(ui)


@pytest.mark.parametrize(
    ("node", "field", "typed", "text"),
    [
        ("SecuritySession", "session_minutes", "soon", "Timeout Value (minutes): 'soon' is no"),
        ("SecuritySession", "session_minutes", "1e9", "is out of range; give one from 0.01 to"),
        ("SimulatorLimits", "api_limit", "1.5", "Daily API requests: '1.5' is no whole number"),
        ("SimulatorLimits", "rows_per_second", "nan", "is out of range"),
        ("SimulatorLimits", "newest_version", "30", "is out of range; give one from 31 to 67"),
        ("NetworkAccess", "trusted_ip_ranges", "1 2 3", "has 3 parts"),
        ("SecurityPolicies", "lockout_minutes", "7", "is not offered; choose one of"),
    ],
)
def test_a_switch_refuses_nonsense_and_keeps_it_in_the_form(
    server: OrgServer, admin: Visitor, node: str, field: str, typed: str, text: str
) -> None:
    before = repr(server.org.settings)
    page = admin.send(admin.get(f"{SETUP}/{node}/home"), **{field: typed})
    assert text in page.text
    assert repr(server.org.settings) == before


# -- looking


def test_login_history_is_filtered_and_downloaded(
    server: OrgServer, admin: Visitor, worker: User
) -> None:
    Visitor(server).post("/", username=worker.username, pw="wrong")
    page = admin.get(f"{SETUP}/OrgLoginHistory/home?username={worker.username}")
    assert "1 attempt. Times are UTC." in page.text
    assert "Invalid Password" in page.text
    assert "No logins." in admin.get(f"{SETUP}/OrgLoginHistory/home?username=nobody").text
    answer = admin.get(f"{SETUP}/OrgLoginHistory/LoginHistory.csv?username={worker.username}")
    rows = list(csv.DictReader(io.StringIO(answer.answer.body.decode())))
    assert [one["Status"] for one in rows] == ["Invalid Password"]


def test_the_org_tells_who_it_is(server: OrgServer, admin: Visitor) -> None:
    text = admin.get(f"{SETUP}/CompanyProfileInfo/home").text
    assert f"Salesforce.com Organization ID {server.org.id[:15]}" in text
    assert "API Requests, Last 24 Hours" in admin.get(f"{SETUP}/SystemOverview/home").text


# -- the simulator's own


def test_the_clock_can_be_moved_set_and_put_right(server: OrgServer, admin: Visitor) -> None:
    form = admin.get(f"{SETUP}/SimulatorClock/home")
    try:
        admin.send(form, hours="1", minutes="-30")
        assert server.org.clock.ahead == timedelta(minutes=30)
        wrong = admin.send(form, moment="tomorrow")
        assert "Moment (UTC): 'tomorrow' is no date and time" in wrong.text
        far = admin.send(form, moment="9999-12-31 23:59:59")
        assert "stay between the years 1970 and 2999" in far.text
        assert admin.send(form, reset="1").status == 200
        assert server.org.clock.ahead == timedelta()
    finally:
        server.org.clock.ahead = timedelta()


def test_a_suspended_org_is_set_back_without_a_login(server: OrgServer, admin: Visitor) -> None:
    stranger = Visitor(server)
    stranger.send(stranger.get("/simulator/status"), status="suspended")
    assert stranger.get("/simulator/status").fields["status"] == ["suspended"]
    try:
        assert "has been suspended" in Visitor(server).log_in().text
        assert stranger.post("/simulator/status", status="gone").status == 400
        back = stranger.send(stranger.get("/simulator/status"), status="active")
        assert back.fields["status"] == ["active"]
    finally:
        server.org.status = "active"


def test_freezing_in_setup_refuses_the_next_token(server: OrgServer, app: App) -> None:
    """Setup and the token endpoint speak of the same people."""
    visitor = Visitor(server)
    visitor.log_in()
    user = server.org.directory.user(server.credentials.username)
    assert user is not None
    token = visitor.get(f"{SETUP}/ManageUsers/{user.id}").fields["csrf"][0]
    visitor.post(f"{SETUP}/ManageUsers/{user.id}/do/freeze", csrf=token)
    try:
        answer = token_request(
            server,
            grant_type="client_credentials",
            client_id=server.credentials.client_id,
            client_secret=server.credentials.client_secret,
        )
        assert answer.status == 400
    finally:
        user.is_frozen = False
