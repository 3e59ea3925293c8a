"""Secrets at rest: sealed in an envelope of AES-256-GCM.

What belongs here: the envelope (a fresh data key per sealing, wrapped by a key provider's). What
does not: where keys come from (``keys.py``), where sealed texts are kept (``store/``).

A sealed text is ``sallyport1.<key id>.<wrapped data key>.<nonce and ciphertext>``, the last two in
base64url. The context (a connection's id) is authenticated with it: a sealed text copied to another
row does not open there.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sallyport.auth.keys import EnvKey, FileKey, KeyProvider
from sallyport.errors import BrokenInstallation
from sallyport.kernel import Secret

__all__ = ["EnvKey", "FileKey", "KeyProvider", "Vault"]

FORM = "sallyport1"
_NONCE = 12


class Vault:
    """Seals and opens named secrets; the key itself is the provider's and never stored with
    them."""

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    def seal(self, plain: Mapping[str, str], *, context: str) -> str:
        """Return the secrets as one text for a database column, bound to its context."""
        data_key = AESGCM.generate_key(256)
        key_id, wrapped = self._keys.wrap(data_key, context)
        nonce = os.urandom(_NONCE)
        document = json.dumps(dict(plain)).encode()
        sealed = nonce + AESGCM(data_key).encrypt(nonce, document, _bound(key_id, context))
        return ".".join((FORM, key_id, _text(wrapped), _text(sealed)))

    def open(self, sealed: str, *, context: str) -> dict[str, Secret]:
        """Return the secrets; BrokenInstallation for another key, another context or a changed
        text."""
        form, key_id, wrapped, body = self._parts(sealed)
        if form != FORM:
            raise BrokenInstallation(
                f"A sealed secret has the form {form!r}, which this version cannot open.",
                cure="Use the version of sallyport that wrote it, or enter the credentials again.",
            )
        data_key = self._keys.unwrap(key_id, wrapped, context)
        try:
            document = AESGCM(data_key).decrypt(
                body[:_NONCE], body[_NONCE:], _bound(key_id, context)
            )
        except InvalidTag as error:
            raise BrokenInstallation(
                f"The sealed secrets of {context} were changed, or belong to something else.",
                cure="Restore the database from a backup, or enter the credentials again.",
            ) from error
        return {name: Secret(value) for name, value in json.loads(document).items()}

    def _parts(self, sealed: str) -> tuple[str, str, bytes, bytes]:
        try:
            form, key_id, wrapped, body = sealed.split(".")
            return form, key_id, urlsafe_b64decode(wrapped), urlsafe_b64decode(body)
        except ValueError as error:
            raise BrokenInstallation(
                "A sealed secret is damaged: it does not have its four parts.",
                cure="Restore the database from a backup, or enter the credentials again.",
            ) from error


def _bound(key_id: str, context: str) -> bytes:
    return f"{FORM}.{key_id}.{context}".encode()


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()
