"""The key an org signs with: id tokens and JWT-format access tokens.

What belongs here: the key and its public half. What does not: what is signed (``answer``).
"""

from __future__ import annotations

from typing import Any

from joserfc.jwk import RSAKey

from sallyport_org.state import Org
from sallyport_org.web import Reply, Visit, json_reply

KEY_ID = "202"
"""A key's name; Salesforce numbers them (observed)."""


def signing_key(org: Org) -> RSAKey:
    """Return the org's RSA key, made when it is first needed."""
    directory = org.directory
    with directory.lock:
        if directory.signing_key is None:
            directory.signing_key = RSAKey.generate_key(
                2048, {"kid": KEY_ID, "use": "sig", "alg": "RS256"}
            )
        return directory.signing_key


def jwks(visit: Visit) -> Reply:
    """Answer ``/id/keys`` with the public keys of the orgs at this host."""
    orgs = visit.cloud.candidates(visit.place)
    body: dict[str, Any] = {"keys": [signing_key(org).as_dict(private=False) for org in orgs]}
    return json_reply(body)
