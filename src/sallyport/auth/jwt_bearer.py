"""JWT bearer: a signed assertion is traded for an access token.

What belongs here: this grant's one request, and reading a ready-made assertion without its key.
What does not: signing one (``signing.py``).

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm (documented,
errors); claims and limits: RS256 only; ``iss`` the app's consumer key, ``sub`` the username,
``aud`` the login host, ``exp`` epoch seconds; 8,000 characters at most, as Amazon AppFlow takes it
(observed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sallyport.auth.grants import Flow, read_grant, read_token_part, token_request
from sallyport.auth.refusals import login_refusal
from sallyport.errors import InvalidRequest
from sallyport.kernel import Clock, Secret, SystemClock
from sallyport.salesforce.hosts import OrgUrl

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
MAX_ASSERTION = 8_000
"""Characters an assertion may have."""
SIGN_AGAIN = "Make a new assertion and enter it here."
WARN_BEFORE = timedelta(days=30)
"""How long before its end a ready-made assertion is spoken of."""


@dataclass(frozen=True)
class AssertionClaims:
    """What an assertion claims, unproven: only Salesforce holds the certificate to check it."""

    iss: str
    sub: str
    aud: str
    exp: datetime


def expiry_warning(claims: AssertionClaims, now: datetime) -> str | None:
    """Return a sentence on an assertion that ends soon (or has), None while there is time.

    Nobody can renew a ready-made assertion but whoever holds its key: the connection ends with it.
    """
    left = claims.exp - now
    if left > WARN_BEFORE:
        return None
    when = f"{claims.exp:%Y-%m-%d at %H:%M} UTC"
    if left <= timedelta(0):
        return f"The assertion expired on {when}; this connection cannot log in any more."
    days = left // timedelta(days=1)
    rest = f"in {days} day{'s' if days != 1 else ''}" if days else "within a day"
    return (
        f"The assertion expires {rest}, on {when}. {SIGN_AGAIN}"
        " Connecting by the private key instead ends this for good."
    )


def jwt_bearer(login: OrgUrl, assertion: Secret) -> Flow:
    """Log in with a signed assertion; the same one may be used until its ``exp``.

    Raises RemoteRefused with Salesforce's words, and field and cure where they tell.
    """
    form = {"grant_type": GRANT_TYPE, "assertion": assertion.reveal().strip()}
    reply = yield token_request(login, form)
    if not reply.ok:
        raise login_refusal(reply, flow="JWT bearer")
    return read_grant(reply)


def read_assertion(token: Secret, *, field: str, clock: Clock | None = None) -> AssertionClaims:
    """Read an assertion's claims without verifying the signature.

    Raises InvalidRequest naming ``field`` when Salesforce could not accept it: not three parts, too
    long, not signed by RS256, a claim missing, or expired by ``clock`` (the machine's when None).
    """
    text = token.reveal().strip()

    def refused(message: str, cure: str = SIGN_AGAIN) -> InvalidRequest:
        return InvalidRequest(message, field=field, cure=cure)

    if not text:
        raise refused("The assertion is empty.")
    if len(text) > MAX_ASSERTION:
        raise refused(f"The assertion has {len(text)} characters; {MAX_ASSERTION} are allowed.")
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):
        raise refused(
            f"An assertion is three parts joined by dots; this has {len(parts)}.",
            "Enter the whole signed assertion (header.claims.signature), not a key or a token.",
        )
    header, claims = read_token_part(parts[0]), read_token_part(parts[1])
    if header is None or claims is None:
        raise refused("The assertion's parts are not JSON in base64url.")
    if header.get("alg") != "RS256":
        raise refused(
            f"The assertion is signed by {header.get('alg')}; Salesforce takes RS256 only.",
            "Sign it by RS256 with the key whose certificate is uploaded to the app.",
        )
    texts = {name: claims.get(name) for name in ("iss", "sub", "aud")}
    expiry = _moment(claims.get("exp"))
    missing = [name for name, value in texts.items() if not isinstance(value, str) or not value]
    if expiry is None:
        missing.append("exp")
    if missing or expiry is None:
        raise refused(f"The assertion lacks {', '.join(missing)}, or not in the right form.")
    if expiry <= (clock or SystemClock()).now():
        raise refused(f"The assertion expired on {expiry:%Y-%m-%d at %H:%M:%S} UTC.")
    return AssertionClaims(str(texts["iss"]), str(texts["sub"]), str(texts["aud"]), expiry)


def _moment(exp: Any) -> datetime | None:
    """Read epoch seconds, also written as digits in quotes (as simple-salesforce does)."""
    if isinstance(exp, str) and exp.isascii() and exp.isdigit():
        exp = int(exp)
    # bool is an int in Python but no moment
    if isinstance(exp, bool) or not isinstance(exp, int | float):
        return None
    try:
        return datetime.fromtimestamp(exp, UTC)
    except (OverflowError, ValueError, OSError):
        return None
