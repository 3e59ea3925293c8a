"""Revoke: an end to a token, when a connection is removed or its grant replaced.

What belongs here: the one request. What does not: whether it may fail without harm (the caller
decides: a grant that could not be revoked must be named to the administrator).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm (documented): a
refresh token takes its access tokens along.
"""

from __future__ import annotations

from dataclasses import replace

from sallyport.auth.grants import Conversation, oauth_request
from sallyport.auth.refusals import login_refusal
from sallyport.kernel import Secret
from sallyport.salesforce.error_bodies import read_words
from sallyport.salesforce.hosts import OrgUrl

REVOKE_TIMEOUT = 10.0
"""Seconds; somebody is waiting for the removal of a connection."""
ALREADY_GONE = frozenset({"invalid_token", "unsupported_token_type"})
"""Codes for a token that was not alive (inferred)."""


def revoke(login: OrgUrl, token: Secret) -> Conversation[bool]:
    """End a token; returns False when it was not alive any more.

    Raises RemoteRefused for any other refusal.
    """
    request = oauth_request(login, "revoke", {"token": token.reveal()})
    reply = yield replace(request, timeout=REVOKE_TIMEOUT)
    if reply.ok:
        return True
    words = read_words(reply.headers.get("Content-Type", ""), reply.text())
    if words.code in ALREADY_GONE:
        return False
    raise login_refusal(reply, flow="revoke")
