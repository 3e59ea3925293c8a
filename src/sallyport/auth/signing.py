"""Signing assertions for JWT bearer from a private key, afresh for each login.

What belongs here: reading the key, choosing the audience, signing. What does not: the exchange
(``jwt_bearer.py``).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm (documented):
RS256; ``iss`` the consumer key, ``sub`` the username, ``aud`` the login host, ``exp`` within
minutes. Clients use three minutes (observed), as much as Salesforce forgives in clocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sallyport.errors import InvalidRequest
from sallyport.kernel import Clock, Secret
from sallyport.salesforce.hosts import HostKind, OrgUrl

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LIFETIME = 180
"""Seconds from signing to ``exp``."""
SMALLEST_KEY = 2048
PRODUCTION_AUDIENCE = "https://login.salesforce.com"
SANDBOX_AUDIENCE = "https://test.salesforce.com"
_SANDBOX_KINDS = frozenset({HostKind.SANDBOX, HostKind.SCRATCH, HostKind.TEST})


def audience_of(login: OrgUrl) -> str:
    """Return the ``aud`` for an org's address: the login host of its kind (documented).

    An Experience Cloud site is its own audience; a listed host (a simulator) counts as production.
    """
    if login.kind in _SANDBOX_KINDS:
        return SANDBOX_AUDIENCE
    return login.text if login.kind is HostKind.EXPERIENCE else PRODUCTION_AUDIENCE


def read_private_key(pem: Secret, *, field: str) -> RSAPrivateKey:
    """Return the RSA key of a PEM text.

    Raises InvalidRequest naming ``field`` (never repeating the text) for a text that is no PEM, a
    certificate or public key in its place, a passphrase, another kind of key, one too short.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = pem.reveal().strip()

    def refused(message: str, cure: str) -> InvalidRequest:
        return InvalidRequest(message, field=field, cure=cure)

    whole = "Give the whole file, from -----BEGIN PRIVATE KEY----- to the END line."
    if not text:
        raise refused("The private key is empty.", whole)
    if "BEGIN CERTIFICATE" in text or "BEGIN PUBLIC KEY" in text:
        raise refused("This is the public half; signing needs the private key.", whole)
    try:
        key = load_pem_private_key(text.encode(), None)
    except TypeError as error:
        raise refused(
            "The private key is protected by a passphrase.",
            "Take it off with: openssl pkey -in KEY.pem -out KEY-plain.pem",
        ) from error
    except ValueError as error:
        raise refused("This is not a private key in PEM form.", whole) from error
    if not isinstance(key, RSAPrivateKey):
        raise refused(
            "The key is not an RSA key; Salesforce takes RS256 only.",
            "Make one with: openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out crt.pem",
        )
    if key.key_size < SMALLEST_KEY:
        raise refused(
            f"The key has {key.key_size} bits; at least {SMALLEST_KEY} are needed.",
            "Make a longer one and upload its certificate to the app.",
        )
    return key


def sign_assertion(
    pem: Secret, *, client_id: str, username: str, audience: str, clock: Clock
) -> Secret:
    """Return an assertion that is good for three minutes; InvalidRequest for an unusable key."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    read_private_key(pem, field="private_key")
    claims = {
        "iss": client_id,
        "sub": username,
        "aud": audience,
        "exp": int(clock.now().timestamp()) + LIFETIME,
    }
    key = RSAKey.import_key(pem.reveal().strip())
    return Secret(jwt.encode({"alg": "RS256"}, claims, key))
