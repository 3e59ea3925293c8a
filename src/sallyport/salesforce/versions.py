"""API versions: reading the one a person wrote, and asking a host which it offers.

What belongs here: the form ``"60.0"`` and the facts about which versions live. What does not:
choosing a version for a connection (``connections/``).

Life cycle: https://developer.salesforce.com/docs/platform/api-tooling/guide/tooling-api-eol.html
(documented): 7.0-20.0 retired Summer '22, 21.0-30.0 retired Summer '25, 31.0-40.0 end with Summer
'28.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sallyport.errors import InvalidRequest, RemoteUnavailable
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import OrgUrl
from sallyport.salesforce.replies import Request, refusal

OLDEST_LIVING = 31
OLDEST_BULK_QUERY = 47
"""Bulk API 2.0 query jobs exist from this version on (documented)."""
SOAP_LOGIN_VERSION = "64.0"
"""The newest version with a SOAP login() call: it does not exist from 65.0 on (documented,
https://developer.salesforce.com/docs/platform/api/guide/api-eol-soap.html)."""


def parse_api_version(text: str, *, field: str) -> str:
    """Return the version a person wrote, in Salesforce's form ``"60.0"``.

    Raises InvalidRequest naming ``field`` for another form, or for a version Salesforce has
    retired.
    """
    version = text.strip()
    match = re.fullmatch(r"([1-9]\d{0,2})\.0", version)
    if match is None:
        raise InvalidRequest(
            "An API version is written as a whole number followed by .0.",
            field=field,
            received=text,
            cure=_right_form(version),
        )
    number = int(match.group(1))
    if number < OLDEST_LIVING:
        when = "Summer '22" if number <= 20 else "Summer '25"
        raise InvalidRequest(
            f"Salesforce retired API version {version} in {when}; the oldest that answers is"
            f" {OLDEST_LIVING}.0.",
            field=field,
            received=text,
            cure="Write a newer version, best the newest the org offers.",
        )
    return version


def list_versions(http: HttpClient, base: OrgUrl) -> list[str]:
    """Return the versions a host offers, oldest first; needs no token (``GET /services/data``).

    Raises what the client and ``refusal`` raise; RemoteUnavailable when the answer is no such list.
    """
    url = f"{base.text}/services/data"
    reply = http.send(Request("GET", url, {"Accept": "application/json"}, timeout=30.0))
    if not reply.ok:
        raise refusal(reply, during=f"the list of API versions of {base.host}")
    entries = reply.json()
    versions = [
        str(entry["version"])
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and re.fullmatch(r"\d+\.\d+", str(entry.get("version")))
    ]
    if not versions:
        raise RemoteUnavailable(
            f"{base.host} answered the question for its API versions with something else.",
            stage="body",
            status=reply.status,
        )
    return sorted(versions, key=float)


def newest(versions: Sequence[str]) -> str:
    """Return the highest of some versions (at least one)."""
    return max(versions, key=float)


def _right_form(version: str) -> str:
    number = re.fullmatch(r"[vV]?0*([1-9]\d{0,2})(?:\.\d+)?", version)
    if number is None:
        return 'Write it like "60.0".'
    return f"Write {number.group(1)}.0."
