"""OAuth username-password: an app logs in with a person's username and password.

What belongs here: this grant's one request. What does not: SOAP ``login()``, which needs no app
(``soap_login.py``).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_username_password_flow.htm
(documented): blocked by default in orgs made since Summer '23, never offered by external client
apps, no refresh token. Its retirement in 2027 is announced (date second-hand).
"""

from __future__ import annotations

from sallyport.auth.grants import Flow, read_grant, token_request
from sallyport.auth.refusals import login_refusal
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import OrgUrl


def password_login(
    login: OrgUrl,
    client_id: str,
    client_secret: Secret,
    username: str,
    password: Secret,
    security_token: Secret,
) -> Flow:
    """Log in with app and person; the security token is appended to the password (documented).

    Raises RemoteRefused with Salesforce's words, and field and cure where they tell.
    """
    reply = yield token_request(
        login,
        {
            "grant_type": "password",
            "client_id": client_id,
            "client_secret": client_secret.reveal(),
            "username": username,
            "password": password.reveal() + security_token.reveal(),
        },
    )
    if not reply.ok:
        raise login_refusal(reply, flow="username-password")
    return read_grant(reply)
