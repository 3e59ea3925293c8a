"""Where the key that seals secrets comes from.

What belongs here: the port (``KeyProvider``) and its two local forms, a file and the environment.
What does not: the envelope itself (``vault.py``). A key service (KMS) is one more class with
``wrap`` and ``unwrap``.

Both local forms hold one or more keys of 32 bytes in base64. The first seals; the others still open
what they sealed, so a key is rotated by putting a new one before it.
"""

from __future__ import annotations

import binascii
import hashlib
import os
import secrets
import stat
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sallyport.errors import BrokenInstallation
from sallyport.kernel import Secret

KEY_BYTES = 32
_NONCE = 12


class KeyProvider(Protocol):
    """Wraps data keys with a key it never hands out; both calls may do IO."""

    def wrap(self, data_key: bytes, context: str) -> tuple[str, bytes]:
        """Return the id of the key in use and the data key wrapped by it."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """Return the data key; BrokenInstallation when no key of this id is at hand or it does not
        fit."""
        ...


class EnvKey:
    """Keys given as text, as the environment variable ``variable`` holds them."""

    def __init__(self, text: Secret, *, variable: str = "SALLYPORT_SECRET_KEY") -> None:
        self._text = text
        self._variable = variable

    def wrap(self, data_key: bytes, context: str) -> tuple[str, bytes]:
        """Wrap by the first key; BrokenInstallation when there is none or one is malformed."""
        return self._ring().wrap(data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """Unwrap by the key of this id; BrokenInstallation when it is not there or does not fit."""
        return self._ring().unwrap(key_id, wrapped, context)

    def _ring(self) -> KeyRing:
        return KeyRing.read(self._text.reveal(), origin=self._variable)


class FileKey:
    """Keys in a file only its owner may read; the first sealing creates it.

    Opening never creates the file: a key that went missing must be said, not replaced.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def wrap(self, data_key: bytes, context: str) -> tuple[str, bytes]:
        """Wrap by the file's first key, making the file when there is none.

        Raises BrokenInstallation when the file cannot be made, is malformed, or others may read it.
        """
        if not self._path.exists():
            self._create()
        return self._ring().wrap(data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """Unwrap by the file's key of this id; BrokenInstallation when there is none or it does not
        fit."""
        return self._ring().unwrap(key_id, wrapped, context)

    def _ring(self) -> KeyRing:
        try:
            with self._path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read().decode("ascii", "replace")
        except OSError as error:
            raise BrokenInstallation(
                f"The key file {self._path} cannot be read ({error.strerror}).",
                cure="Restore it from a backup, or set SALLYPORT_SECRET_KEY to the key it held;"
                " without it the stored credentials cannot be opened and must be entered again.",
            ) from error
        if mode & 0o077:
            raise BrokenInstallation(
                f"The key file {self._path} may be read by others than its owner (mode {mode:o}).",
                cure=f"Run: chmod 600 {self._path}",
            )
        return KeyRing.read(text, origin=str(self._path))

    def _create(self) -> None:
        """Make the file whole or not at all; of two processes at once, one makes it and both use
        it."""
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(8)}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                # A link fails where the name exists, unlike a rename, which would replace the key.
                os.link(draft, self._path)
            except FileExistsError:
                return
            finally:
                draft.unlink()
            _sync_folder(self._path.parent)
        except OSError as error:
            raise BrokenInstallation(
                f"The key file {self._path} cannot be made ({error.strerror}).",
                cure="Make its folder writable, or set SALLYPORT_SECRET_KEY.",
            ) from error


class KeyRing:
    """Keys by their ids, the first one in use."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._keys = keys

    @classmethod
    def read(cls, text: str, *, origin: str) -> KeyRing:
        """Read keys separated by white space or commas; BrokenInstallation naming ``origin``."""
        keys: dict[str, bytes] = {}
        for entry in text.replace(",", " ").split():
            try:
                key = b64decode(entry.translate(str.maketrans("-_", "+/")), validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != KEY_BYTES:
                raise _malformed(origin)
            keys[hashlib.sha256(b"sallyport key id" + key).hexdigest()[:12]] = key
        if not keys:
            raise _malformed(origin)
        return cls(keys)

    def wrap(self, data_key: bytes, context: str) -> tuple[str, bytes]:
        """Wrap by the first key."""
        key_id, key = next(iter(self._keys.items()))
        nonce = os.urandom(_NONCE)
        return key_id, nonce + AESGCM(key).encrypt(nonce, data_key, context.encode())

    def unwrap(self, key_id: str, wrapped: bytes, context: str) -> bytes:
        """Unwrap by the key of this id."""
        key = self._keys.get(key_id)
        if key is None:
            raise BrokenInstallation(
                f"The secrets of {context} are sealed with key {key_id}; the key at hand is"
                f" {', '.join(self._keys)}.",
                cure="Put the former key back (SALLYPORT_SECRET_KEY or the key file; both may"
                " hold several), or enter the credentials again.",
            )
        try:
            return AESGCM(key).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], context.encode())
        except InvalidTag as error:
            raise BrokenInstallation(
                f"The sealed secrets of {context} were changed, or belong to something else.",
                cure="Restore the database from a backup, or enter the credentials again.",
            ) from error


def _malformed(origin: str) -> BrokenInstallation:
    return BrokenInstallation(
        f"{origin} does not hold a key of {KEY_BYTES} bytes in base64.",
        field=origin,
        cure="Make one with: openssl rand -base64 32",
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
