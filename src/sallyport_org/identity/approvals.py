"""Approvals: which user granted which app what, and the refresh tokens that stand for it.

What belongs here: making, finding, rotating, claiming and ending them. What does not: the token
endpoint's words (``oauth``).

Documented: five approvals for one user and app
(https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_request_manage.htm), rotation
(https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sallyport_org import ids
from sallyport_org.identity.model import App, Approval, User

if TYPE_CHECKING:
    from sallyport_org.identity.directory import Directory
    from sallyport_org.state import Org

REFRESH_SCOPES = frozenset({"refresh_token", "offline_access"})
"""Two names of one scope (documented)."""


def new_refresh_token() -> str:
    """Return a refresh token in Salesforce's shape (observed: ``5Aep861`` and letters)."""
    return "5Aep861" + secrets.token_urlsafe(60).replace("-", ".")


def approve(org: Org, user: User, app: App, scopes: Iterable[str]) -> Approval:
    """Keep a user's grant to an app; a refresh token comes with it if the scopes ask for one.

    When the user has more than the allowed five for this app, the oldest falls without a word.
    """
    directory, now = org.directory, org.clock.now()
    granted = tuple(scopes)
    with directory.lock:
        number = len(directory.approvals) + 1
        approval = Approval(
            id=ids.record_id("0CQ", number),
            user_id=user.id,
            client_id=app.client_id,
            scopes=granted,
            created=now,
            used=now,
            token=new_refresh_token() if REFRESH_SCOPES & set(granted) else None,
        )
        directory.approvals[approval.id] = approval
        held = of(directory, user, app)
        for oldest in held[: max(0, len(held) - org.settings.approvals_per_app)]:
            end(directory, oldest, "pushed out by a newer approval")
    return approval


def of(directory: Directory, user: User, app: App) -> list[Approval]:
    """Return a user's living approvals of an app, oldest first."""
    with directory.lock:
        return [
            one
            for one in directory.approvals.values()
            if one.alive and one.user_id == user.id and one.client_id == app.client_id
        ]


def covers(directory: Directory, user: User, app: App, scopes: Iterable[str]) -> bool:
    """Say whether the user granted an app all these scopes before: no consent page is due."""
    wanted = set(scopes)
    return any(wanted <= set(one.scopes) for one in of(directory, user, app))


def may_act_without_user(directory: Directory, user: User, app: App) -> bool:
    """Say whether an earlier grant *with* ``refresh_token`` lets JWT bearer act (documented)."""
    return any(REFRESH_SCOPES & set(one.scopes) for one in of(directory, user, app))


def had_refresh_token(directory: Directory, user: User, app: App) -> bool:
    """Say whether a grant *with* ``refresh_token`` was there and has ended."""
    with directory.lock:
        return any(
            not one.alive and REFRESH_SCOPES & set(one.scopes)
            for one in directory.approvals.values()
            if one.user_id == user.id and one.client_id == app.client_id
        )


def holding(directory: Directory, token: str) -> Approval | None:
    """Return the approval a refresh token belongs to, alive, spent or ended; or None."""
    with directory.lock:
        for one in directory.approvals.values():
            if one.token == token or token in one.spent:
                return one
    return None


def rotate(directory: Directory, approval: Approval) -> str:
    """Replace the living refresh token by a new one and return it."""
    with directory.lock:
        if approval.token is not None:
            approval.spent.add(approval.token)
        approval.token = new_refresh_token()
        return approval.token


def end(directory: Directory, approval: Approval, why: str) -> None:
    """End an approval: its refresh token is dead and its access tokens with it."""
    with directory.lock:
        if approval.ended is None:
            approval.ended = why
    directory.end_sessions(lambda one: one.approval_id == approval.id)


def end_all(directory: Directory, chosen: Callable[[Approval], bool], why: str) -> int:
    """End the chosen living approvals; returns how many there were."""
    with directory.lock:
        doomed = [one for one in directory.approvals.values() if one.alive and chosen(one)]
    for one in doomed:
        end(directory, one, why)
    return len(doomed)


def outlived(org: Org, app: App, approval: Approval) -> bool:
    """Say whether the app's refresh token policy has ended an approval."""
    policy = org.directory.policy(app)
    span, now = timedelta(hours=policy.refresh_hours), org.clock.now()
    if policy.refresh_policy == "immediately":
        return True
    if policy.refresh_policy == "unused":
        return now >= approval.used + span
    return policy.refresh_policy == "after" and now >= approval.created + span


@contextmanager
def claimed(directory: Directory, token: str) -> Iterator[bool]:
    """Claim a refresh token for one request; gives False when another request has it now."""
    with directory.lock:
        mine = token not in directory.in_flight
        directory.in_flight.add(token)
    try:
        yield mine
    finally:
        if mine:
            with directory.lock:
                directory.in_flight.discard(token)
