"""Taking secrets out of evidence before anything else sees it; their shape is kept.

What belongs here: recognising secrets by the name before them or by their form. What does not:
reading evidence (``evidence``). A replacement says what stood there and how long it was, because
that is a clue too: a JWT where an opaque token was expected, a secret cut short.
"""

from __future__ import annotations

import re
from functools import partial

SECRET_NAMES = re.findall(
    r"\S+",
    "access_token refresh_token id_token token subject_token actor_token client_secret"
    " consumer_secret consumersecret clientsecret secret password passwd pwd userpassword"
    " security_token securitytoken"
    " assertion samlresponse code_verifier codeverifier jwttoken jwt_token jwt private_key"
    " privatekey"
    " sessionid session_id sid sf_session x-sfdc-session authorization proxy-authorization"
    " cookie set-cookie signature api_key apikey authcode auth_code accesstoken refreshtoken"
    " passphrase otp totp verification_code",
)

_NAMES = "|".join(sorted((re.escape(name) for name in SECRET_NAMES), key=len, reverse=True))
_BY_FORM = (
    ("private key", re.compile(r"-----BEGIN[A-Z ]*PRIVATE KEY-----.*?(?:-----END[^-]*-----|\Z)",
                               re.DOTALL)),
    ("JWT", re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*){0,2}")),
    ("session id", re.compile(r"\b00D[A-Za-z0-9]{12,15}(?:!|%21|\\u0021)[\w.%\\-]+")),
    ("refresh token", re.compile(r"\b5Aep[\w.%-]{10,}={0,2}")),
    ("authorization code", re.compile(r"\baPrx[\w.%-]{10,}={0,2}")),
    ("one-time key", re.compile(r"\b(?=[A-Z2-7]*[2-7])[A-Z2-7]{32}\b")),
    ("consumer key", re.compile(r"\b3MVG9[\w.%-]{20,}")),
)  # fmt: skip
# name="value", "name": "value", name: value, &name=value; a quoted value may hold blanks.
_NAMED = re.compile(
    rf"""(?ix) (?P<before> (?<![\w-]) \\?["']? (?:{_NAMES}) \\?["']? \s* [:=] \s* )
    (?P<value> \\" (?:[^"\\]|\\[^"])* \\" | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'
      | (?:Bearer|Basic|OAuth)\s+[^\s"'&,;<>]+ | [^\s"'&,;<>{{}}\[\]]+ )"""
)
_CODE = re.compile(r"(?i)(?P<before>[?&\s\"']code[\"']?\s*[:=]\s*[\"']?)(?P<value>[\w.%=-]{24,})")
_ELEMENT = re.compile(
    rf"(?is)(?P<before>(?:<|&lt;)(?:\w+:)?(?:{_NAMES})(?:>|&gt;))(?P<value>[^<&]+)"
)
_USER_INFO = re.compile(r"(?P<before>\w://)(?P<value>[^/\s:@]+:[^/\s@]+)(?=@)")
_CURL_USER = re.compile(r"(?P<before>(?:\s-u|--user)[ =])(?P<value>[^\s:]+:\S+)")
_SCHEME = re.compile(r"(?i)(?P<before>\b(?:Bearer|Basic)\s+)(?P<value>[\w.~+/%!=-]{16,})")
_PLACEHOLDER = re.compile(r"\[[^\]]*\d+ characters\]")


def redact(text: str) -> str:
    """Return the text with every secret replaced by its kind and length."""
    for kind, form in _BY_FORM:
        text = form.sub(partial(_shape_of_match, kind), text)
    for pattern in (_ELEMENT, _NAMED, _CODE, _USER_INFO, _CURL_USER, _SCHEME):
        text = pattern.sub(_replaced, text)
    return text


def is_secret_name(name: str) -> bool:
    """Return whether a key of a document names a secret, however it is cased."""
    bare = name.strip().lower()
    return bare in SECRET_NAMES or bare.replace("-", "_") in SECRET_NAMES


def _shape_of_match(kind: str, found: re.Match[str]) -> str:
    return shape(found[0], kind)


def shape(value: str, kind: str = "secret") -> str:
    """Return what is told of a secret."""
    return f"[{kind}, {len(value)} characters]"


def _replaced(found: re.Match[str]) -> str:
    value = found["value"]
    if _PLACEHOLDER.search(value) or value.startswith("["):
        return found[0]
    quote = value[0] if value[0] in "\"'" and value[-1] == value[0] else ""
    return f"{found['before']}{quote}{shape(value.strip(chr(34) + chr(39)))}{quote}"
