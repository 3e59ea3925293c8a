"""Refresh: a new access token for a refresh token.

What belongs here: this grant's one request. What does not: when it may be sent, and that it is
sent once only (``grant_keeper.py``): where the app rotates its tokens, each is good for one use,
and using a spent one ends the whole family.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
(documented).
"""

from __future__ import annotations

from sallyport.auth.grants import Flow, read_grant, token_request
from sallyport.auth.refusals import login_refusal
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl


def refresh(
    login: OrgUrl,
    client_id: str,
    client_secret: Secret | None,
    refresh_token: Secret,
    *,
    instance_url: str | None = None,
) -> Flow:
    """Trade a refresh token for a session; the grant holds a refresh token if it was replaced.

    ``client_secret`` None is a public client, which must not send one (documented).
    ``instance_url`` is the data host known so far: an answer may leave it out (observed).
    Raises RemoteRefused with Salesforce's words, TemporarilyRefused while the same token is being
    used elsewhere.
    """
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token.reveal(),
        "client_id": client_id,
    }
    if client_secret:
        form["client_secret"] = client_secret.reveal()
    reply = yield token_request(login, form)
    if not reply.ok:
        raise login_refusal(reply, flow="refresh")
    return read_grant(reply, instance_url=instance_url)
