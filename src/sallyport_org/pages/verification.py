"""Verify Your Identity: the pages that ask for a code after the password.

What belongs here: showing them and judging what is entered. What does not: when they are asked
(``arrival``). Words and field names observed, the authenticator's pages assumed.
"""

from __future__ import annotations

import hmac

from sallyport_org.identity import history, passwords
from sallyport_org.pages import arrival
from sallyport_org.pages.challenges import Challenge
from sallyport_org.pages.forms import Form, read_form
from sallyport_org.pages.html import page, redirect
from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit

WRONG_CODE = "The verification code you entered isn't valid or has expired. Try again."
_ACTIONS = {
    "login": "Log In to Salesforce",
    "consumer_details": "View Consumer Details",
}


def find(visit: Visit) -> tuple[Org, Challenge] | None:
    """Return who is on the way in by the id in the address, or None when it is over."""
    name = visit.call.query.get("vflid", "")
    for org in visit.cloud.candidates(visit.place):
        challenge = org.challenges.get(name, org.clock.now())
        if challenge is not None:
            return org, challenge
    return None


def show(visit: Visit) -> Reply:
    """Show the page of the step that is due."""
    found = find(visit)
    if found is None or not found[1].steps:
        return redirect("/")
    return _page(*found)


def submit(visit: Visit) -> Reply:
    """Judge a code: let go on, ask again, or send back to the login page after too many."""
    found, form = find(visit), read_form(visit.call)
    if found is None or not found[1].steps:
        return redirect("/")
    org, challenge = found
    if "resend" in form:
        arrival.mail_code(org, challenge)
        return _page(org, challenge)
    if not _is_right(org, challenge, form.text("emc").replace(" ", "")):
        history.note(org, challenge.attempt, "Failed: Computer activation pending")
        if not org.challenges.missed(challenge):
            org.challenges.end(challenge)
            return redirect("/")
        return _page(org, challenge, error=WRONG_CODE)
    return _passed(visit, org, challenge, form)


def _is_right(org: Org, challenge: Challenge, entered: str) -> bool:
    step = challenge.steps[0]
    if step == "email":
        return hmac.compare_digest(entered.encode(), challenge.code.encode())
    secret = challenge.secret if step == "enroll" else challenge.user.totp_secret
    return passwords.is_totp(secret, entered, org.clock.now())


def _passed(visit: Visit, org: Org, challenge: Challenge, form: Form) -> Reply:
    step = challenge.steps.pop(0)
    if step == "enroll":
        challenge.user.totp_secret = challenge.secret
    challenge.high_assurance = step != "email"
    challenge.code = ""
    reply = arrival.proceed(visit, org, challenge)
    if "remember" in form:
        arrival.remember_browser(visit, org, challenge, reply)
    return reply


def _page(org: Org, challenge: Challenge, error: str | None = None) -> Reply:
    step = challenge.steps[0]
    if step == "enroll" and not challenge.secret:
        challenge.secret = passwords.new_totp_secret()
    return page(
        "pages/verify.html",
        kind=step,
        action=_ACTIONS[challenge.purpose],
        where=_masked(challenge.user.email),
        username=challenge.user.username,
        secret=challenge.secret,
        display=challenge.display,
        may_remember=challenge.purpose == "login",
        error=error,
    )


def _masked(email: str) -> str:
    """Return an address as the page shows it: ``a***@example.com``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"
