"""From a right password to a session: which further steps are asked, and letting somebody in.

What belongs here: the order of steps and what each leaves in Login History. What does not: the
steps' pages (``verification``, ``passwords``) and the password itself (``identity.judge``).

Identity verification documented:
https://help.salesforce.com/s/articleView?id=xcloud.security_activation_about.htm
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from sallyport_org.identity import Session, administration, history, judge, passwords
from sallyport_org.identity.judge import Attempt, Verdict
from sallyport_org.identity.model import MFA_FOR_UI
from sallyport_org.inbox import Mail
from sallyport_org.pages import browser
from sallyport_org.pages.challenges import Challenge, Step
from sallyport_org.pages.forms import cookie
from sallyport_org.pages.html import redirect, set_cookie
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit

STEP_PATHS: dict[Step, str] = {
    "email": "/_ui/identity/verification/method/EmailVerificationFinishUi/e",
    "totp": "/_ui/identity/verification/method/TotpVerificationUi/e",
    "enroll": "/_ui/identity/verification/method/TotpRegistrationUi/e",
    "password": "/_ui/system/security/ChangePassword",
}
"""Where each step is asked (the first observed, the others assumed)."""


def steps_for(visit: Visit, org: Org, attempt: Attempt) -> list[Step]:
    """Return what is asked after the password, in order.

    An authenticator's code where multi-factor authentication is demanded; else, from an address and
    a browser nobody knows, that code or one mailed; and a new password for an expired one.
    """
    user = attempt.user
    demanded = org.directory.may(user, MFA_FOR_UI) or org.directory.profile_of(user).high_assurance
    known = cookie(visit.call, browser.KNOWN_BROWSER) in user.known_browsers
    steps: list[Step] = []
    if demanded:
        steps.append("totp" if user.totp_secret else "enroll")
        history.note(org, attempt, "Multi-factor required")
    elif not known and not judge.is_trusted(org, user, attempt.remote):
        steps.append("totp" if user.totp_secret else "email")
        history.note(org, attempt, "Failed: Computer activation required")
    if passwords.is_expired(org, user):
        steps.append("password")
    return steps


def proceed(visit: Visit, org: Org, challenge: Challenge) -> Reply:
    """Ask for the next step, or let somebody in who has taken them all."""
    if not challenge.steps:
        return _let_in(visit, org, challenge)
    if challenge.steps[0] == "email" and not challenge.code:
        mail_code(org, challenge)
    return redirect(f"{STEP_PATHS[challenge.steps[0]]}?vflid={challenge.id}")


def step_up(visit: Visit, org: Org, session: Session, go_on: str) -> Reply:
    """Ask somebody who is in for an authenticator's code, where an app demands high assurance."""
    user, call = session.user, visit.call
    attempt = Attempt("browser", user, call.remote, call.host)
    history.note(org, attempt, "Multi-factor required")
    steps: list[Step] = ["totp" if user.totp_secret else "enroll"]
    challenge = org.challenges.begin(attempt, steps, go_on, org.clock.now())
    return proceed(visit, org, challenge)


def mail_code(org: Org, challenge: Challenge) -> None:
    """Mail a new code; the one before it is worth nothing any more."""
    what = {"login": "log in", "consumer_details": "view consumer details"}[challenge.purpose]
    challenge.code = administration.send_identity_code(org, challenge.user, what)


def mail_reset_link(visit: Visit, org: Org, attempt: Attempt, go_on: str) -> None:
    """Mail somebody who forgot the password a link to the page that sets a new one."""
    now = org.clock.now()
    challenge = org.challenges.begin(attempt, ["password"], go_on, now)
    address = f"{visit.address_of(org)}{STEP_PATHS['password']}?vflid={challenge.id}"
    text = f"Username: {attempt.user.username}\nTo set a new password, go to:\n{address}"
    org.inbox.put(Mail(now, attempt.user.email, "Finish resetting your Salesforce password", text))


def _let_in(visit: Visit, org: Org, challenge: Challenge) -> Reply:
    org.challenges.end(challenge)
    if challenge.purpose == "consumer_details":
        org.challenges.confirm(challenge.session, org.clock.now())
        return redirect(challenge.go_on)
    # much can have happened since the password was judged
    if judge.judge(org, replace(challenge.attempt, secret=None)) is not Verdict.SUCCESS:
        return redirect("/")
    judge.admitted(org, challenge.attempt)
    session = browser.open_session(
        org, challenge.user, visit.call, high_assurance=challenge.high_assurance
    )
    return browser.enter(visit, org, session, challenge.go_on)


def remember_browser(visit: Visit, org: Org, challenge: Challenge, reply: Reply) -> None:
    """Let a browser be known to a user from now on; one that people share keeps its mark."""
    given = cookie(visit.call, browser.KNOWN_BROWSER)
    is_ours = any(given in one.known_browsers for one in org.directory.users.values())
    mark = given if is_ours else secrets.token_urlsafe(16)
    challenge.user.known_browsers.add(mark)
    set_cookie(reply, visit.call, browser.KNOWN_BROWSER, mark, browser.YEAR)
