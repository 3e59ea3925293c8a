"""Client credentials: the app logs in as its Run As user.

What belongs here: this grant's one request. What does not: reading the answer (``grants.py``).

https://help.salesforce.com/s/articleView?id=xcloud.meta_configure_client_credentials_flow_for_external_client_apps.htm
(documented): works at the org's My Domain host only; there is no refresh token.
"""

from __future__ import annotations

from sallyport.auth.grants import Flow, read_grant, token_request
from sallyport.auth.refusals import login_refusal
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl


def client_credentials(login: OrgUrl, client_id: str, client_secret: Secret) -> Flow:
    """Log in with an app's key and secret, both sent in the body (documented).

    Raises RemoteRefused with Salesforce's words, and field and cure where they tell.
    """
    reply = yield token_request(
        login,
        {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret.reveal(),
        },
    )
    if not reply.ok:
        raise login_refusal(reply, flow="client credentials")
    return read_grant(reply)
