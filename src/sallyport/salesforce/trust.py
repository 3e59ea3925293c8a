"""Whom we trust and by which way we go out: certificates and proxies of this machine.

What belongs here: reading the TLS trust and the proxy settings of the environment. What does not:
opening connections (``transport.py``).
"""

from __future__ import annotations

import os
import ssl
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from sallyport.errors import BrokenInstallation


def tls_context() -> ssl.SSLContext:
    """Return a verifying TLS context: the system's store plus the file ``SSL_CERT_FILE`` names.

    OpenSSL takes ``SSL_CERT_FILE`` *instead* of the system's file; a company's own authority should
    not make Salesforce's certificates unknown, so both are loaded. Raises BrokenInstallation when
    the file is missing or holds no certificate.
    """
    context = ssl.create_default_context()
    named = os.environ.get("SSL_CERT_FILE")
    if not named:
        return context
    try:
        context.load_verify_locations(cafile=named)
    except (OSError, ssl.SSLError) as error:
        raise BrokenInstallation(
            f"The file of trusted certificates cannot be read ({error}).",
            field="SSL_CERT_FILE",
            received=named,
            cure="Name a file of PEM certificates, or unset SSL_CERT_FILE.",
        ) from error
    system = ssl.get_default_verify_paths().openssl_cafile
    if Path(system).is_file() and Path(system) != Path(named):
        context.load_verify_locations(cafile=system)
    return context


def proxy_for(url: str) -> str | None:
    """Return the proxy for a URL by ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``, None for
    none.

    A loopback address is never reached through a proxy. aiohttp's own reading of the environment
    would also send credentials from ``~/.netrc``, which have no business at Salesforce.
    """
    split = urlsplit(url)
    host = split.hostname or ""
    proxies = getproxies_environment()
    proxy = proxies.get(split.scheme) or proxies.get("all")
    if not proxy or _is_loopback(host) or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
