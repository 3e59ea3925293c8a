"""Change Your Password: asked from people whose password has expired.

What belongs here: the page. What does not: when a password expires (``identity.passwords``) and
what a new one must look like (``identity.administration``).
"""

from __future__ import annotations

from sallyport_org.identity import administration
from sallyport_org.identity.judge import same_text
from sallyport_org.pages import arrival, verification
from sallyport_org.pages.forms import Form, read_form
from sallyport_org.pages.html import page, redirect
from sallyport_org.web import Reply, Visit


def change(visit: Visit) -> Reply:
    """``/_ui/system/security/ChangePassword``: show the page, or take the new password."""
    found = verification.find(visit)
    if found is None or found[1].steps[:1] != ["password"]:
        return redirect("/")
    org, challenge = found
    error = None
    if visit.call.method == "POST":
        form = read_form(visit.call)
        error = _fault_of(form, challenge.user.password)
        if error is None:
            try:
                administration.set_password(org, challenge.user, form.raw("newpassword"))
            except administration.ChangeRefusedError as refused:
                error = str(refused)
            else:
                challenge.steps.pop(0)
                return arrival.proceed(visit, org, challenge)
    return page(
        "pages/password.html",
        username=challenge.user.username,
        display=challenge.display,
        error=error,
    )


def _fault_of(form: Form, old: str) -> str | None:
    """Return what is wrong before the password policy is asked, or None."""
    new = form.raw("newpassword")
    if new != form.raw("confirmpassword"):
        return "The new passwords don't match. Type the same password twice."
    if same_text(new, old):
        return "Your new password can't be the one you have. Choose another."
    return None
