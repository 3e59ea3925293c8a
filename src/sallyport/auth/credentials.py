"""What an administrator enters to log in, one type a kind of authentication.

What belongs here: the values and which flow each starts. What does not: their spelling in the API
(``connections/``), their storage (``vault.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sallyport.auth.client_credentials import client_credentials
from sallyport.auth.grants import Flow
from sallyport.auth.jwt_bearer import jwt_bearer
from sallyport.auth.soap_login import soap_login
from sallyport.kernel import Secret
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


Credentials: TypeAlias = BasicCredentials | ClientCredentials | JwtCredentials
