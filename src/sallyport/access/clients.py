"""API credentials and the bearer tokens issued for them.

What belongs here: making credentials, trading them for tokens, reading tokens. What does not: the
token endpoint's wire and the gateway's refusals (``api``).

A client secret has 256 random bits, so a plain SHA-256 of it is as good as a slow hash: there is
nothing to guess from. Tokens are signed (HS256) with a key derived from the installation's own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from sallyport.errors import InvalidRequest
from sallyport.kernel import Clock, Secret, epoch_ms, new_hex
from sallyport.settings import check_org
from sallyport.store.base import ApiClient, Sandbox, Store

TOKEN_SECONDS = 86_399
"""How long a token lives; Adobe's live as long (flow-service contract, section 1.1)."""


@dataclass(frozen=True, slots=True)
class NewClient:
    """Credentials just made; the secret is shown now and never again."""

    client_id: str
    secret: Secret
    org: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a valid token was issued to."""

    client_id: str
    org: str
    name: str


class Access:
    """The use cases. ``key`` signs tokens (32 bytes)."""

    def __init__(self, store: Store, clock: Clock, key: Secret, *, default_sandbox: str) -> None:
        self._store = store
        self._clock = clock
        self._key = OctKey.import_key(key.reveal())
        self._default_sandbox = default_sandbox

    def create_client(self, org: str, name: str) -> NewClient:
        """Make credentials for an org; its default sandbox is made on first use.

        Raises InvalidRequest (``org`` or ``name`` unusable), Conflict (the name is taken).
        """
        check_org(org, field="org")
        if not name or len(name) > 255 or name != name.strip() or not name.isprintable():
            raise InvalidRequest(
                "is not usable.",
                field="name",
                received=name,
                cure="Give 1 to 255 printable characters without blanks at the ends.",
            )
        self._store.ensure_org(org, self._default_sandbox)
        secret = secrets.token_urlsafe(32)
        client_id = new_hex(32)
        now = epoch_ms(self._clock.now())
        self._store.add_client(ApiClient(client_id, org, name, _digest(secret), now))
        return NewClient(client_id, Secret(secret), org, name)

    def knows(self, client_id: str) -> bool:
        """Tell whether credentials with this id exist."""
        return self._store.client(client_id) is not None

    def token(self, client_id: str, secret: Secret) -> str | None:
        """Return a bearer token, or None when id and secret do not belong together."""
        client = self._store.client(client_id)
        digest = _digest(secret.reveal())
        if client is None or not hmac.compare_digest(client.secret_hash, digest):
            return None
        now = int(self._clock.now().timestamp())
        claims = {
            "sub": client.client_id,
            "org": client.org,
            "name": client.name,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        return jwt.encode({"alg": "HS256"}, claims, self._key)

    def caller(self, token: str) -> Caller | None:
        """Return whom a token was issued to, or None when it is forged, expired or not ours."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
        except (JoseError, ValueError):
            return None
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= self._clock.now().timestamp():
            return None
        return Caller(str(claims.get("sub")), str(claims.get("org")), str(claims.get("name")))

    def sandbox(self, org: str, name: str | None) -> Sandbox | None:
        """Return the named sandbox of an org (None: its default), or None if there is none."""
        for sandbox in self._store.sandboxes(org):
            if sandbox.name == name or (name is None and sandbox.is_default):
                return sandbox
        return None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
