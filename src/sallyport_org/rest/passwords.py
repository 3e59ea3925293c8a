"""``/sobjects/User/{id}/password``: is it expired, set it, reset it.

What belongs here: HTTP. What does not: what a password must be and what changing it means
(``identity``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-user-password.html
"""

from __future__ import annotations

from sallyport_org import errors, ids
from sallyport_org.identity import User, administration
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.model import MANAGE_USERS
from sallyport_org.web import Context, Reply, json_reply


def state(context: Context, user_id: str) -> Reply:
    """Answer GET: whether the password is expired."""
    return json_reply({"isExpired": _user(context, user_id).password_expired})


def change(context: Context, user_id: str) -> Reply:
    """Answer ``POST {"NewPassword": …}`` with 204."""
    user = _user(context, user_id)
    password = context.call.json_object().get("NewPassword")
    if not isinstance(password, str) or not password:
        raise errors.composite.required_parameter("NewPassword")
    try:
        administration.set_password(context.org, user, password)
    except ChangeRefusedError as refused:
        raise errors.records.invalid_password(str(refused)) from refused
    return Reply(204)


def reset(context: Context, user_id: str) -> Reply:
    """Answer DELETE: a new password, told to the caller and mailed to the user."""
    password = administration.reset_password(context.org, _user(context, user_id))
    return json_reply({"NewPassword": password})


def _user(context: Context, user_id: str) -> User:
    """Return the user of a path: oneself, or anybody for those who manage users."""
    directory, caller = context.org.directory, context.session.user
    try:
        user = directory.user_by_id(ids.to_18(user_id))
    except ids.MalformedIdError:
        user = None
    if user is None:
        raise errors.rest.not_found()
    if user.id != caller.id and not directory.may(caller, MANAGE_USERS):
        raise errors.records.insufficient_access()
    return user
