"""What an administrator enters to log in, one type a kind of authentication.

What belongs here: the values and which flow each starts. What does not: their spelling in the API
(``connections/``), their storage (``vault.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from sallyport.auth.client_credentials import client_credentials
from sallyport.auth.grants import Conversation, Flow
from sallyport.auth.introspect import TokenStatus, introspect
from sallyport.auth.jwt_bearer import jwt_bearer
from sallyport.auth.password import password_login
from sallyport.auth.refresh import refresh
from sallyport.auth.signing import sign_assertion
from sallyport.auth.soap_login import soap_login
from sallyport.kernel import Clock, Secret, SystemClock
from sallyport.salesforce.hosts import OrgUrl


@dataclass(frozen=True)
class BasicCredentials:
    """Username, password and security token (empty where this machine's address is trusted)."""

    login: OrgUrl
    username: str
    password: Secret
    security_token: Secret

    def flow(self) -> Flow:
        """Start a SOAP login, always at the newest version that has one."""
        return soap_login(self.login, self.username, self.password, self.security_token)


@dataclass(frozen=True)
class ClientCredentials:
    """Key and secret of an app with a Run As user; ``login`` must be the org's My Domain."""

    login: OrgUrl
    client_id: str
    client_secret: Secret

    def flow(self) -> Flow:
        """Start a client credentials grant."""
        return client_credentials(self.login, self.client_id, self.client_secret)


@dataclass(frozen=True)
class JwtCredentials:
    """A ready-made signed assertion; the exchange needs neither key nor secret of the app."""

    login: OrgUrl
    assertion: Secret

    def flow(self) -> Flow:
        """Start a JWT bearer grant."""
        return jwt_bearer(self.login, self.assertion)


@dataclass(frozen=True)
class SigningCredentials:
    """A private key that signs a new assertion for each login."""

    login: OrgUrl
    client_id: str
    username: str
    private_key: Secret
    audience: str
    clock: Clock = field(default_factory=SystemClock)

    def flow(self) -> Flow:
        """Sign an assertion and start a JWT bearer grant with it."""
        signed = sign_assertion(
            self.private_key,
            client_id=self.client_id,
            username=self.username,
            audience=self.audience,
            clock=self.clock,
        )
        return jwt_bearer(self.login, signed)


@dataclass(frozen=True)
class PasswordCredentials:
    """An app's key and secret with a person's username, password and security token."""

    login: OrgUrl
    client_id: str
    client_secret: Secret
    username: str
    password: Secret
    security_token: Secret

    def flow(self) -> Flow:
        """Start a username-password grant."""
        return password_login(
            self.login,
            self.client_id,
            self.client_secret,
            self.username,
            self.password,
            self.security_token,
        )


@dataclass(frozen=True)
class WebServerCredentials:
    """The app of a web server grant; the tokens themselves are in the store.

    ``client_secret`` None: a public client, which can neither send one nor introspect.
    """

    login: OrgUrl
    client_id: str
    client_secret: Secret | None

    def renewal(self, refresh_token: Secret, instance_url: str | None) -> Flow:
        """Start a refresh."""
        return refresh(
            self.login,
            self.client_id,
            self.client_secret,
            refresh_token,
            instance_url=instance_url,
        )

    def inquiry(self, refresh_token: Secret) -> Conversation[TokenStatus] | None:
        """Start asking whether a refresh token is alive; None when the app cannot ask."""
        if not self.client_secret:
            return None
        return introspect(
            self.login, self.client_id, self.client_secret, refresh_token, "refresh_token"
        )


LoginCredentials: TypeAlias = (
    BasicCredentials | ClientCredentials | JwtCredentials | SigningCredentials | PasswordCredentials
)
"""All that is needed to log in again, any time, without a person."""
Credentials: TypeAlias = LoginCredentials | WebServerCredentials
