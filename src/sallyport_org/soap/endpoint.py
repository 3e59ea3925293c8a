"""``/services/Soap/u/<version>`` and ``/services/Soap/c/<version>``.

What belongs here: version, dispatch and faults. What does not: the calls themselves.
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.rest.versions import check_version
from sallyport_org.soap import envelope
from sallyport_org.soap.envelope import Dialect
from sallyport_org.soap.login import login, note_removed_version
from sallyport_org.soap.operations import perform
from sallyport_org.web import Reply, Visit


def partner(visit: Visit, version: str, suffix: str = "") -> Reply:
    """Answer ``/services/Soap/u/<version>``; ``suffix`` is the org id of a ``serverUrl``."""
    return _answer(visit, version, "partner")


def enterprise(visit: Visit, version: str, suffix: str = "") -> Reply:
    """Answer ``/services/Soap/c/<version>``; ``suffix`` is the org id of a ``serverUrl``."""
    return _answer(visit, version, "enterprise")


def _answer(visit: Visit, version: str, dialect: Dialect) -> Reply:
    try:
        request = envelope.read(visit.call.body)
        checked = _checked(visit, request, version)
        answering = login if request.operation == "login" else perform
        content = answering(visit, request, checked, dialect)
    except errors.SoapRefusal as refusal:
        return envelope.fault(refusal, dialect)
    return envelope.answer(content, dialect)


def _checked(visit: Visit, request: envelope.Request, text: str) -> str:
    """Return the version as ``60.0``, among those of the org the host means."""
    settings = next(iter(visit.cloud.candidates(visit.place)), visit.cloud.default).settings
    try:
        return check_version(text, settings.oldest_version, settings.newest_version)
    except errors.Refusal as refusal:
        if refusal.status == 410:
            if request.operation == "login":
                note_removed_version(visit, request, text)
            oldest = f"{settings.oldest_version}.0"
            raise errors.soap.version_retired(text, oldest) from None
        raise errors.soap.version_unknown(text) from None
