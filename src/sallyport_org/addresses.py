"""What a client needs to know to come through the doors: addresses, and environment variables.

What belongs here: the settings common tools read. What does not: opening doors (``listening``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sallyport_org.web import Reply, Visit, json_reply

ADMIN_API = "/simulator/api"
"""Where the admin API begins, at every plain door."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the doors are; None for those that are closed. The last two are paths of PEM files."""

    http: str
    https: str | None = None
    proxy: str | None = None
    ca_certificate: str | None = None
    ca_bundle: str | None = None

    def variables(self) -> dict[str, str]:
        """Return the environment that leads a client's ``login.salesforce.com`` here.

        Empty unless the proxy door is open. Read by curl and most libraries (``HTTPS_PROXY``,
        ``NO_PROXY``), OpenSSL and Python's ssl (``SSL_CERT_FILE``), requests, curl and Node.js. The
        last one keeps Salesforce's own command ``sf`` from looking the org's host up in the DNS.
        """
        if self.proxy is None or self.ca_certificate is None or self.ca_bundle is None:
            return {}
        proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.proxy)
        local = dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1,::1")
        bundles = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
        return {
            **proxies,
            **local,
            **dict.fromkeys(bundles, self.ca_bundle),
            "NODE_EXTRA_CA_CERTS": self.ca_certificate,
            "SF_DISABLE_DNS_CHECK": "true",
        }

    def as_json(self) -> dict[str, object]:
        """Return all of it, as ``GET /simulator/doors`` and ``sallyport-org env`` show it."""
        return {
            "http": self.http,
            "https": self.https,
            "proxy": self.proxy,
            "ca_certificate": self.ca_certificate,
            "ca_bundle": self.ca_bundle,
            "environment": self.variables(),
        }


def show(visit: Visit) -> Reply:
    """Answer ``GET /simulator/doors``."""
    return json_reply(visit.cloud.doors.as_json())


def exports(variables: Mapping[str, str]) -> str:
    """Return shell lines that set the variables, for ``eval``."""
    lines = [f"export {name}={_quoted(value)}" for name, value in variables.items()]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
