"""Logging in with a browser: the login page, identity verification, and what follows."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sallyport_org.identity import User, administration, passwords
from sallyport_org.identity.model import MFA_FOR_UI, PermissionSet
from sallyport_org.server import OrgServer
from tests.org.visitor import Visitor, admit_worker
from tests.org.wire import token_request

HOME = "/lightning/page/home"
VERIFY = "/_ui/identity/verification/method/EmailVerificationFinishUi/e"
WRONG = (
    "Please check your username and password. If you still can't log in, contact your Salesforce "
    "administrator."
)


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={}) as running:
        yield running


@pytest.fixture
def visitor(server: OrgServer) -> Visitor:
    return Visitor(server)


@pytest.fixture
def worker(server: OrgServer) -> User:
    """Somebody of their own for each test."""
    return admit_worker(server)


def statuses(server: OrgServer, user: User) -> list[str]:
    return [one.status for one in server.org.directory.logins if one.user_id == user.id]


def test_an_unknown_browser_is_asked_for_a_mailed_code(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    page = visitor.post("/", username=worker.username, pw=worker.password)
    assert page.path == VERIFY
    assert "Verify Your Identity" in page.text
    assert "emailed to w***@example.com" in page.text
    assert server.cloud.inbox.mails(worker.email)[-1].subject == (
        "Verify your identity in Salesforce"
    )
    assert visitor.post(page.address, emc=visitor.mailed_code()).path == HOME
    assert statuses(server, worker) == ["Failed: Computer activation required", "Success"]


def test_a_remembered_browser_is_not_asked_again(visitor: Visitor, worker: User) -> None:
    page = visitor.post("/", username=worker.username, pw=worker.password)
    visitor.post(page.address, emc=visitor.mailed_code(), remember="on")
    visitor.get("/secur/logout.jsp")
    assert visitor.get(HOME).path == "/"
    assert visitor.post("/", username=worker.username, pw=worker.password).path == HOME


def test_a_trusted_address_is_not_asked(server: OrgServer, visitor: Visitor, worker: User) -> None:
    server.org.settings.trusted_ip_ranges = (("127.0.0.1", "127.0.0.9"),)
    try:
        assert visitor.post("/", username=worker.username, pw=worker.password).path == HOME
    finally:
        server.org.settings.trusted_ip_ranges = ()


def test_five_wrong_codes_lead_back_to_the_login_page(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    page = visitor.post("/", username=worker.username, pw=worker.password)
    for _ in range(4):
        again = visitor.post(page.address, emc="nothing")
        assert "The verification code you entered isn't valid" in again.text
    assert visitor.post(page.address, emc="nothing").path == "/"
    right = visitor.mailed_code()
    assert visitor.post(page.address, emc=right).path == "/"
    assert statuses(server, worker)[-1] == "Failed: Computer activation pending"


def test_a_resent_code_replaces_the_first(visitor: Visitor, worker: User) -> None:
    page = visitor.post("/", username=worker.username, pw=worker.password)
    first = visitor.mailed_code()
    visitor.post(page.address, resend="1")
    second = visitor.mailed_code()
    if first != second:
        assert visitor.post(page.address, emc=first).path == VERIFY
    assert visitor.post(page.address, emc=second).path == HOME


@pytest.mark.parametrize("state", ["wrong password", "unknown", "inactive", "frozen", "locked"])
def test_a_refusal_tells_strangers_nothing(
    server: OrgServer, visitor: Visitor, worker: User, state: str
) -> None:
    password, name = worker.password, worker.username
    if state == "wrong password":
        password = "guess"
    elif state == "unknown":
        name = "nobody@acme.example"
    elif state == "inactive":
        administration.deactivate(server.org, worker)
    elif state == "frozen":
        administration.freeze(server.org, worker)
    else:
        administration.lock(server.org, worker)
    page = visitor.post("/", username=name, pw=password)
    assert page.path == "/"
    assert WRONG in page.text
    assert page.fields["username"] == [name]


def test_my_domain_policy_closes_the_generic_login(server: OrgServer, worker: User) -> None:
    generic = Visitor(server, host="login.salesforce.com")
    server.org.settings.generic_login = False
    try:
        page = generic.post("/", username=worker.username, pw=worker.password)
        assert "My Domain address instead" in page.text
        assert statuses(server, worker) == ["Restricted Domain"]
        own = Visitor(server, host=server.org.host)
        assert own.log_in(worker.username, worker.password).path == HOME
    finally:
        server.org.settings.generic_login = True


def test_a_generic_login_goes_on_at_my_domain(server: OrgServer, worker: User) -> None:
    generic = Visitor(server, host="login.salesforce.com")
    arrived = generic.log_in(worker.username, worker.password, start="/lightning/page/home")
    assert arrived.address.startswith(f"{server.org.my_domain}/secur/frontdoor.jsp?sid=00D")
    at_home = Visitor(server, host=server.org.host)
    path = arrived.address.removeprefix(server.org.my_domain)
    assert worker.username in at_home.get(path).text


def test_no_login_page_at_a_host_nobody_has(server: OrgServer) -> None:
    assert Visitor(server, host="nobody.my.salesforce.com").get("/").status == 404


@pytest.mark.parametrize(
    "start", ["//evil.example/", "/\\evil.example", "https://evil.example/", "/a\tb"]
)
def test_a_login_leads_to_paths_of_its_own_host_only(
    visitor: Visitor, worker: User, start: str
) -> None:
    assert visitor.log_in(worker.username, worker.password, start=start).address == HOME


def test_multi_factor_authentication_is_set_up_and_then_asked(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    directory = server.org.directory
    directory.permission_sets["0PSmfa"] = PermissionSet("0PSmfa", "MFA", "MFA", {MFA_FOR_UI})
    administration.assign(server.org, worker, "0PSmfa")
    page = visitor.post("/", username=worker.username, pw=worker.password)
    secret = page.html.partition('id="secret">')[2].partition("<")[0]
    assert page.path.endswith("TotpRegistrationUi/e")
    now = server.org.clock.now()
    assert visitor.post(page.address, emc=passwords.totp(secret, now)).path == HOME
    again = Visitor(server)
    asked = again.post("/", username=worker.username, pw=worker.password)
    assert "authenticator app" in asked.text
    assert again.post(asked.address, emc="000000x").path == asked.path
    assert again.post(asked.address, emc=passwords.totp(secret, now)).path == HOME
    assert statuses(server, worker)[0] == "Multi-factor required"
    session = directory.session(again.cookies["sid"])
    assert session is not None
    assert session.high_assurance


def test_an_expired_password_must_be_changed(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    administration.expire_password(server.org, worker)
    page = visitor.log_in(worker.username, worker.password)
    assert "Change Your Password" in page.text
    different = visitor.post(page.address, newpassword="Lantern-4712", confirmpassword="other")
    assert "The new passwords don't match" in different.text
    same = visitor.post(page.address, newpassword="Lantern-4711", confirmpassword="Lantern-4711")
    assert "can't be the one you have" in same.text
    weak = visitor.post(page.address, newpassword="short", confirmpassword="short")
    assert "fewer than 8 characters" in weak.text
    done = visitor.post(page.address, newpassword="Lantern-4712", confirmpassword="Lantern-4712")
    assert done.path == HOME
    assert worker.password == "Lantern-4712"


def test_a_session_unused_for_its_time_ends(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    assert visitor.log_in(worker.username, worker.password).path == HOME
    clock = server.org.clock
    clock.move(timedelta(minutes=119))
    assert visitor.get(HOME).path == HOME
    clock.move(timedelta(minutes=121))
    try:
        assert visitor.get(HOME).path == "/"
    finally:
        clock.ahead = timedelta()


def test_freezing_ends_the_session(server: OrgServer, visitor: Visitor, worker: User) -> None:
    assert visitor.log_in(worker.username, worker.password).path == HOME
    administration.freeze(server.org, worker)
    assert visitor.get(HOME).path == "/"


def test_the_front_door_takes_tokens_that_may_show_pages(server: OrgServer) -> None:
    given = server.credentials
    token = token_request(
        server,
        grant_type="client_credentials",
        client_id=given.client_id,
        client_secret=given.client_secret,
    ).json["access_token"]
    without_web = Visitor(server).get(f"/secur/frontdoor.jsp?sid={token}&retURL={HOME}")
    assert without_web.path == "/"
    worker = server.org.directory.user(given.username)
    assert worker is not None
    session = server.org.directory.open_session(worker, None, server.org.clock.now())
    session.source = "soap"
    inside = Visitor(server).get(f"/secur/frontdoor.jsp?sid={session.token}&retURL={HOME}")
    assert inside.path == HOME


def test_a_forgotten_password_is_mailed_to_whoever_it_belongs_to(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    known = visitor.post("/secur/forgotpassword.jsp", un=worker.username)
    unknown = visitor.post("/secur/forgotpassword.jsp", un="nobody@acme.example")
    assert known.text == unknown.text
    found = re.search(r"http://\S+", server.cloud.inbox.mails(worker.email)[-1].text)
    assert found
    link = found[0].removeprefix(server.url)
    page = visitor.post(link, newpassword="Lantern-4712", confirmpassword="Lantern-4712")
    assert page.path == HOME
    assert worker.password == "Lantern-4712"
    again = Visitor(server).post(link, newpassword="Lantern-4713", confirmpassword="Lantern-4713")
    assert again.path == "/"


def test_who_is_frozen_on_the_way_in_stays_out(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    page = visitor.post("/", username=worker.username, pw=worker.password)
    administration.freeze(server.org, worker)
    assert visitor.post(page.address, emc=visitor.mailed_code()).path == "/"
    assert "sid" not in visitor.cookies
    assert statuses(server, worker)[-1] == "User is frozen"


def test_what_is_typed_comes_back_as_text(visitor: Visitor) -> None:
    page = visitor.post("/", username='"><script>alert(1)</script>', pw="x")
    assert "<script>" not in page.html
    assert page.fields["username"] == ['"><script>alert(1)</script>']


def test_cookies_are_hidden_from_scripts_and_pages_from_frames(
    visitor: Visitor, worker: User
) -> None:
    visitor.log_in(worker.username, worker.password)
    page = visitor.get(HOME)
    assert page.answer.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in page.answer.headers["Content-Security-Policy"]
    answer = visitor.once("GET", "/secur/logout.jsp")
    assert "HttpOnly; SameSite=Lax" in answer.headers["Set-Cookie"]


def test_the_inbox_shows_the_newest_mail_first(
    server: OrgServer, visitor: Visitor, worker: User
) -> None:
    visitor.post("/", username=worker.username, pw=worker.password)
    administration.reset_password(server.org, worker)
    page = visitor.get(f"/simulator/inbox?to={worker.email}")
    assert page.text.index("new Salesforce password") < page.text.index("Verify your identity")
    assert "simulator" in page.text
