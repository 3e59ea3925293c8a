"""An address as somebody wrote it, taken apart once, with what a complaint about it needs.

What belongs here: reading URLs strictly, and quoting them without the secrets they may hold. What
does not: which hosts are Salesforce's (``hosts.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from sallyport.errors import InvalidRequest

DEFAULT_PORTS = {"https": 443, "http": 80}
EXAMPLE_CURE = "Write the org's My Domain address, like https://acme.my.salesforce.com."


@dataclass(frozen=True)
class Address:
    """Scheme, host and port of a URL, and what stands behind them.

    ``tail`` says whether anything does; ``path`` is that path when it is all.
    """

    field: str
    received: str  # free of secrets
    scheme: str
    host: str  # lower case, IPv6 in brackets
    port: int
    path: str
    tail: bool

    @classmethod
    def read(cls, text: str, field: str) -> Address:
        """Take a URL apart; one without scheme is https. Raises InvalidRequest naming ``field``."""
        stripped = text.strip()

        def refused(message: str, cure: str = EXAMPLE_CURE) -> InvalidRequest:
            return InvalidRequest(message, field=field, received=redacted(stripped), cure=cure)

        if not stripped:
            raise refused("The address of the Salesforce org is empty.")
        if "@" in re.split(r"[?#]", stripped, maxsplit=1)[0]:
            raise refused(
                "The address holds a user name or password before the host.",
                "Write the address without them; credentials have their own parameters.",
            )
        if not stripped.isascii():
            raise refused("The address holds characters outside ASCII, as look-alike hosts do.")
        split = _split(stripped if "://" in stripped else f"https://{stripped}")
        if split is None:
            raise refused("This is not a URL.")
        if split.scheme not in DEFAULT_PORTS:
            raise refused(f"An org's address starts with https://, not with {split.scheme}://.")
        host = (split.hostname or "").removesuffix(".")
        if not re.fullmatch(r"[a-z0-9.:_-]+", host) or ".." in host:
            raise refused("This is not the address of a host.")
        return cls(
            field=field,
            received=redacted(stripped),
            scheme=split.scheme,
            host=f"[{host}]" if ":" in host else host,
            port=split.port or DEFAULT_PORTS[split.scheme],
            path="" if split.query or split.fragment else split.path.rstrip("/"),
            tail=bool(split.path.strip("/") or split.query or split.fragment),
        )

    @property
    def netloc(self) -> str:
        """Host, with the port unless it is the scheme's own."""
        return self.host if self.port == DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    def refusal(self, message: str, cure: str) -> InvalidRequest:
        """Return the complaint about this address."""
        return InvalidRequest(message, field=self.field, received=self.received, cure=cure)


def redacted(url: str) -> str:
    """Return the URL without user info, query and fragment: they may hold passwords or session ids.

    All up to the last ``@`` goes, wherever it stands: a password may itself hold ``/`` or ``?``.
    """
    scheme, separator, rest = url.partition("://") if "://" in url else ("", "", url)
    rest = re.split(r"[?#]", rest.rpartition("@")[2], maxsplit=1)[0]
    return scheme + separator + rest if re.fullmatch(r"[A-Za-z0-9+.-]*", scheme) else rest


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL, None when it has none (the reason would quote parts of it)."""
    try:
        split = urlsplit(url)
        _ = split.port  # a port that is no number is only noticed on reading it
    except ValueError:
        return None
    return split
