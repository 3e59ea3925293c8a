"""Passwords, security tokens and one-time codes: making them up and telling when they are due.

What belongs here: secrets of people. What does not: who changes them (``administration``) and when
they are asked for (``judge``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import string
import struct
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sallyport_org.identity.model import PASSWORD_NEVER_EXPIRES, User

if TYPE_CHECKING:
    from sallyport_org.state import Org

TOTP_SECONDS = 30
TOTP_DIGITS = 6
_LETTERS = string.ascii_letters + string.digits


def new_password() -> str:
    """Return a password that meets Salesforce's default policy (eight, letters and digits)."""
    return "Harbor-" + "".join(secrets.choice(_LETTERS) for _ in range(9)) + "7"


def new_security_token() -> str:
    """Return a security token: 24 letters and digits (observed)."""
    return "".join(secrets.choice(_LETTERS) for _ in range(24))


def new_identity_code() -> str:
    """Return an identity verification code: six digits (documented)."""
    return f"{secrets.randbelow(10**6):06d}"


def new_totp_secret() -> str:
    """Return a secret for an authenticator app, base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def totp(secret: str, moment: datetime) -> str:
    """Return an authenticator app's code at a moment (RFC 6238, SHA-1, 30 seconds, 6 digits)."""
    counter = struct.pack(">Q", int(moment.timestamp()) // TOTP_SECONDS)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**TOTP_DIGITS:0{TOTP_DIGITS}d}"


def is_totp(secret: str | None, given: str, now: datetime) -> bool:
    """Say whether a code is right now or was thirty seconds ago or will be then."""
    if not secret:
        return False
    steps = (timedelta(seconds=TOTP_SECONDS * step) for step in (-1, 0, 1))
    try:
        return any(hmac.compare_digest(totp(secret, now + step), given) for step in steps)
    except (binascii.Error, TypeError):
        return False


def is_expired(org: Org, user: User) -> bool:
    """Say whether a user must set a new password before any API call."""
    if user.password_expired:
        return True
    days = org.settings.password_days
    if days is None or user.password_set is None:
        return False
    if org.directory.may(user, PASSWORD_NEVER_EXPIRES):
        return False
    return org.clock.now() >= user.password_set + timedelta(days=days)
