"""``/services/data`` and ``/services/data/vXX.0``, and which versions exist.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-versions.html
"""

from __future__ import annotations

import re

from sallyport_org import errors
from sallyport_org.oauth.answer import identity_url
from sallyport_org.state import NEWEST_VERSION, OLDEST_VERSION
from sallyport_org.web import Context, Reply, Visit, json_reply

_VERSION = re.compile(r"[vV]?(\d{1,3})\.0$")
_SEASONS = ("Spring", "Summer", "Winter")
_RESOURCES = (
    "sobjects",
    "query",
    "queryAll",
    "search",
    "parameterizedSearch",
    "limits",
    "jobs",
    "composite",
    "tooling",
    "metadata",
    "recent",
    "tabs",
    "theme",
    "quickActions",
    "actions",
    "process",
)


def supported() -> list[str]:
    """Return the versions the org serves, oldest first, written ``60.0``."""
    return [f"{number}.0" for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)]


def check_version(text: str, oldest: int = OLDEST_VERSION, newest: int = NEWEST_VERSION) -> str:
    """Return a path's version as ``60.0``; ``oldest`` and ``newest`` are those an org serves.

    Raises 410 for retired versions and 404 for those that never existed or are not here yet.
    """
    found = _VERSION.match(text)
    number = int(found[1]) if found else 0
    if not 7 <= number <= newest:
        raise errors.rest.not_found()
    if number < oldest:
        raise errors.rest.version_retired(f"{number}.0", f"{oldest}.0")
    return f"{number}.0"


def label(number: int) -> str:
    """Return a version's release name: 67 is Summer '26, three releases a year."""
    season = _SEASONS[number % 3]
    year = 26 + (number - 66) // 3 + (season == "Winter")
    return f"{season} '{year:02d}"


def list_versions(visit: Visit) -> Reply:
    """Answer without asking for a token."""
    org = visit.place.org or visit.cloud.default
    return json_reply(
        [
            {
                "label": label(number),
                "url": f"/services/data/v{number}.0",
                "version": f"{number}.0",
            }
            for number in range(org.settings.oldest_version, org.settings.newest_version + 1)
        ]
    )


def resources(context: Context) -> Reply:
    """Answer with the paths of one version."""
    base = f"/services/data/v{context.version}"
    body = {name: f"{base}/{name}" for name in _RESOURCES}
    user = context.session.user
    body["identity"] = identity_url(context.org, user.id)
    return json_reply(body)
