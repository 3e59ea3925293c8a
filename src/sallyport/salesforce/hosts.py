"""Which hosts sallyport talks to, and what kind of org answers there.

What belongs here: recognising a Salesforce address, normalising it, and refusing everything else
with a cure. What does not: opening connections (``client.py``), or what a refusal by Salesforce
means.

A token or password must never leave for a host that is not Salesforce's, so there is one closed
list of forms (My Domain hosts, the two generic login hosts, instance hosts that Salesforce itself
names) and one explicit opening: the hosts an operator writes into ``SALLYPORT_ALLOWED_HOSTS``.

My Domain forms: https://help.salesforce.com/s/articleView?id=xcloud.domain_name_guidelines.htm
(documented); ``my.salesforce.mil``, ``my.sfcrmproducts.cn``: observed in Salesforce's own command
line client.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from sallyport.errors import InvalidRequest
from sallyport.salesforce.addresses import DEFAULT_PORTS, EXAMPLE_CURE, Address, redacted

SETTING = "SALLYPORT_ALLOWED_HOSTS"


class HostKind(StrEnum):
    """What the name of a host says about the org behind it."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    DEVELOPER = "developer"
    SCRATCH = "scratch"
    TRAILHEAD = "trailhead"
    PATCH = "patch"
    DEMO = "demo"
    FREE = "free"
    GOVERNMENT = "government"
    CHINA = "china"
    LOGIN = "login"
    TEST = "test"
    EXPERIENCE = "experience"
    INSTANCE = "instance"
    """``na15.salesforce.com``: only ever accepted from Salesforce, never as a connection's
    address."""
    LISTED = "listed"
    """Named by the operator in ``SALLYPORT_ALLOWED_HOSTS`` (a simulator, a gateway)."""


GENERIC = {"login.salesforce.com": HostKind.LOGIN, "test.salesforce.com": HostKind.TEST}

# The label between an org's name and the suffix: acme--uat.sandbox.my.salesforce.com.
PARTITIONS = {
    "sandbox": HostKind.SANDBOX,
    "develop": HostKind.DEVELOPER,
    "scratch": HostKind.SCRATCH,
    "trailblaze": HostKind.TRAILHEAD,
    "patch": HostKind.PATCH,
    "demo": HostKind.DEMO,
    "free": HostKind.FREE,
}

MY_DOMAIN_SUFFIXES = {
    ".my.salesforce.com": HostKind.PRODUCTION,
    ".my.salesforce.mil": HostKind.GOVERNMENT,
    ".my.sfcrmproducts.cn": HostKind.CHINA,
    ".my.site.com": HostKind.EXPERIENCE,
}

# Hosts that show pages to people and never answer an API login -> the suffix of the host that does.
BROWSER_SUFFIXES = {
    ".lightning.force.com": ".my.salesforce.com",
    ".lightning.crmforce.mil": ".my.salesforce.mil",
    ".my.salesforce-setup.com": ".my.salesforce.com",
    ".vf.force.com": ".my.salesforce.com",
    ".visual.force.com": ".my.salesforce.com",
    ".file.force.com": ".my.salesforce.com",
}

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SITE_PATH = re.compile(r"[A-Za-z0-9_-]{1,255}")
_INSTANCE = re.compile(r"[a-z]{2,6}\d{1,4}[a-z]?(-api)?\.salesforce\.com")


@dataclass(frozen=True)
class AllowedHosts:
    """The hosts beside Salesforce's own that an operator opened, as exact ``host[:port]`` texts.

    An entry without a port stands for the default port of http and https.
    """

    entries: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> AllowedHosts:
        """Read the setting: entries separated by commas or white space, empty for none.

        Raises InvalidRequest naming ``SALLYPORT_ALLOWED_HOSTS`` and the entry at fault.
        """
        return cls(frozenset(_allowed_entry(entry) for entry in re.split(r"[,\s]+", text) if entry))

    def admits(self, scheme: str, host: str, port: int) -> bool:
        """Return whether the operator listed this host (in brackets when IPv6) and port."""
        if f"{host}:{port}" in self.entries:
            return True
        return host in self.entries and DEFAULT_PORTS.get(scheme) == port


@dataclass(frozen=True)
class OrgUrl:
    """The address of an org: scheme, host and port, and its kind.

    Nothing stands behind them, but for an Experience Cloud site: its logins go through its path.
    """

    text: str
    kind: HostKind

    @property
    def netloc(self) -> str:
        """Host with port, as it stands in ``text``."""
        return urlsplit(self.text).netloc

    @property
    def host(self) -> str:
        """Host without port (and without the brackets of an IPv6 address)."""
        return urlsplit(self.text).hostname or ""

    def __str__(self) -> str:
        return self.text


def parse_org_url(text: str, *, field: str, allowed: AllowedHosts) -> OrgUrl:
    """Read the address of an org as a person wrote it; a missing scheme becomes https.

    Raises InvalidRequest naming ``field``, what was received (never user info or a query) and the
    cure.
    """
    address = Address.read(text, field)
    kind = _kind_of(address, allowed)
    if kind is None or kind is HostKind.INSTANCE:
        raise _not_an_org_host(address)
    path = _site_path(address) if kind is HostKind.EXPERIENCE else ""
    if not path:
        _require_bare(address)
    if kind is not HostKind.LISTED:
        _require_salesforce_port(address)
    return OrgUrl(f"{address.scheme}://{address.netloc}{path}", kind)


def parse_instance_url(text: str, allowed: AllowedHosts) -> OrgUrl:
    """Read an address Salesforce itself named as the org's data host (``instance_url``,
    ``serverUrl``).

    Keeps scheme and host only. A SOAP login may name ``acme-api...``: the ``-api`` is taken off, as
    the data host is the name without it (observed in simple-salesforce and jsforce). Raises
    InvalidRequest when the host is neither Salesforce's nor listed.
    """
    address = Address.read(text, "instance_url")
    first, dot, rest = address.host.partition(".")
    if rest.endswith("salesforce.com") and first.endswith("-api"):
        address = replace(address, host=first.removesuffix("-api") + dot + rest)
    kind = _kind_of(address, allowed)
    if kind is None:
        raise _not_an_org_host(address)
    if kind is not HostKind.LISTED:
        _require_salesforce_port(address)
    return OrgUrl(f"{address.scheme}://{address.netloc}", kind)


def check_request_url(url: str, allowed: AllowedHosts) -> None:
    """Refuse a request to any host that is neither Salesforce's nor listed.

    The client asks for every request, so an address inside an answer cannot lead a token elsewhere.
    Raises InvalidRequest.
    """
    # Characters on which two URL readers may disagree about where the host ends.
    if not url.isascii() or re.search(r"[\s\\\x00-\x1f\x7f]", url):
        raise InvalidRequest(
            "A request address holds characters that do not belong in one.",
            field="url",
            received=redacted(url),
        )
    address = Address.read(url, "url")
    kind = _kind_of(address, allowed)
    if kind is None:
        raise _not_an_org_host(address)
    if kind is not HostKind.LISTED:
        _require_salesforce_port(address)


def _kind_of(address: Address, allowed: AllowedHosts) -> HostKind | None:
    if allowed.admits(address.scheme, address.host, address.port):
        return HostKind.LISTED
    host = address.host
    if host in GENERIC:
        return GENERIC[host]
    for suffix, kind in MY_DOMAIN_SUFFIXES.items():
        if host.endswith(suffix):
            return _my_domain_kind(host.removesuffix(suffix), kind)
    return HostKind.INSTANCE if _INSTANCE.fullmatch(host) else None


def _my_domain_kind(name: str, kind: HostKind) -> HostKind | None:
    """Return the kind for what stands before a My Domain suffix, None when it is no such name."""
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if len(labels) == 2 and labels[1] in PARTITIONS:
        return PARTITIONS[labels[1]] if kind is HostKind.PRODUCTION else kind
    if len(labels) != 1:
        return None
    if kind is not HostKind.PRODUCTION:
        return kind
    # Names from before enhanced domains (enforced Winter '24), where the org kept their redirects.
    if "--" in name:
        return HostKind.SANDBOX
    return HostKind.DEVELOPER if name.endswith("-dev-ed") else HostKind.PRODUCTION


def _not_an_org_host(address: Address) -> InvalidRequest:
    host = address.host
    for suffix, data_suffix in BROWSER_SUFFIXES.items():
        if host.endswith(suffix):
            better = _browser_to_data_host(host.removesuffix(suffix), suffix, data_suffix)
            return address.refusal(
                f"{host} shows pages in a browser and does not answer API logins.",
                f"Write https://{better} (Setup > My Domain shows it as Current My Domain URL).",
            )
    if host == "welcome.salesforce.com":
        return address.refusal(
            "welcome.salesforce.com is a login page for people and does not answer API logins.",
            EXAMPLE_CURE,
        )
    if _INSTANCE.fullmatch(host) or re.fullmatch(
        r"[a-z0-9-]+\.(cs|na|eu|ap|um|usa)\d+[a-z]*\.my\.salesforce\.com", host
    ):
        return address.refusal(
            f"{host} names the machine the org lives on; it stops working when Salesforce moves"
            " the org.",
            "Write the org's My Domain address instead (Setup > My Domain), like"
            " https://acme.my.salesforce.com or https://acme--uat.sandbox.my.salesforce.com.",
        )
    if _is_ip(host):
        return address.refusal(
            "An org is not addressed by an IP address.",
            "Write the org's My Domain address, like https://acme.my.salesforce.com; for a local"
            f" simulator add {address.netloc} to {SETTING}.",
        )
    if "salesforce.com" in host:
        return address.refusal(
            f"{host} only looks like a Salesforce host: it is no My Domain of any org.",
            EXAMPLE_CURE,
        )
    return address.refusal(
        f"{host} is not a Salesforce host.",
        "Write the org's My Domain address, like https://acme.my.salesforce.com. If this host is"
        f" meant (a simulator, a gateway), add {address.netloc} to {SETTING}.",
    )


def _browser_to_data_host(name: str, suffix: str, data_suffix: str) -> str:
    """Return the My Domain host of a browser host: acme--c.vf.force.com is acme's Visualforce."""
    first, dot, rest = name.partition(".")
    if suffix in (".vf.force.com", ".visual.force.com", ".file.force.com"):
        first = first.rpartition("--")[0] or first
    partition = dot + rest if rest in PARTITIONS else ""
    return first + partition + data_suffix


def _site_path(address: Address) -> str:
    """Return an Experience Cloud site's own path (``/partners``), empty for the site at the root.

    A page of the site (``/partners/s/login``) is cut down to it.
    """
    first = address.path.split("/")[1] if address.path else ""
    return f"/{first}" if first not in ("", "s") and _SITE_PATH.fullmatch(first) else ""


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _require_bare(address: Address) -> None:
    if address.tail:
        raise address.refusal(
            "The address has a path or query behind the host, as a browser's address bar does.",
            f"Write {address.scheme}://{address.netloc} alone.",
        )


def _require_salesforce_port(address: Address) -> None:
    if address.scheme != "https":
        raise address.refusal(
            f"{address.host} is reached by https only; http would send credentials in the clear.",
            f"Write https://{address.host}.",
        )
    if address.port != DEFAULT_PORTS["https"]:
        raise address.refusal(
            f"Salesforce answers on port 443, not on {address.port}.",
            f"Write https://{address.host}; if the port is meant, add {address.netloc} to"
            f" {SETTING}.",
        )


def _allowed_entry(entry: str) -> str:
    """Return one entry in canonical form (lower case, port without leading zeros)."""

    def refused(message: str, cure: str) -> InvalidRequest:
        return InvalidRequest(message, field=SETTING, received=redacted(entry), cure=cure)

    if "@" in entry:
        raise refused("An entry holds a user name or password.", "Write host or host:port only.")
    if "://" in entry or "/" in entry:
        raise refused("An entry is a URL.", "Write host or host:port, like 127.0.0.1:8800.")
    if "*" in entry:
        raise refused("An entry holds a wildcard.", "Name each host (and port) in full.")
    match = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?", entry.lower())
    if match is None:
        raise refused("An entry is not a host.", "Write host or host:port, like 127.0.0.1:8800.")
    host, port = match.groups()
    if port is None:
        return host
    if not 0 < int(port) < 65536:
        raise refused("An entry's port is not in 1..65535.", "Write a port the host listens on.")
    return f"{host}:{int(port)}"
