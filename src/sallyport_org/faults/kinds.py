"""Every kind of fault: what it does, where it strikes, and the settings it takes.

What belongs here: the table, and reading a fault from what an administrator sent. What does not:
the consequences (``transport`` and ``actions`` here; the rooms that ask for the others).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sallyport_org import inputs
from sallyport_org.faults.model import Fault, Faults
from sallyport_org.inputs import BadInput

Type = Literal["number", "whole", "text", "boolean", "names"]

LONGEST = 86_400.0
"""Seconds: nothing on purpose takes longer than a day."""
MOST_BYTES = 1 << 40


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a kind: its type, bounds and unit, and what holds when it is left out.

    ``default`` None means: nothing is set.
    """

    name: str
    type: Type
    means: str
    default: Any = None
    least: float = -math.inf
    most: float = math.inf
    unit: str = ""

    def read(self, value: object) -> Any:
        """Return a value that was given; raises :class:`~sallyport_org.inputs.BadInput`."""
        if self.type == "number":
            return inputs.number(value, self.name, self.least, self.most, self.unit)
        if self.type == "whole":
            return inputs.whole(value, self.name, self.least, self.most, self.unit)
        if self.type == "boolean":
            return inputs.boolean(value, self.name)
        if self.type == "text":
            return inputs.text(value, self.name)
        return tuple(inputs.convert(value, list[str], self.name))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. ``where`` says at which moments it asks whether it strikes."""

    name: str
    does: str
    where: Literal["request", "sign-in", "row write", "commit", "query", "job", "transport"]
    settings: tuple[Setting, ...] = ()

    @property
    def knows_object(self) -> bool:
        """True if it strikes where one object is worked on, and can be limited to it."""
        return self.where in ("row write", "commit", "query", "job") or self.name == "bulk_quota"


def _seconds(means: str, default: float | None, least: float = 0.0) -> Setting:
    return Setting("seconds", "number", means, default, least, LONGEST, "seconds")


def _bytes(name: str, means: str, default: int | None = None, least: int = 0) -> Setting:
    return Setting(name, "whole", means, default, least, MOST_BYTES, "bytes")


_ROWS = Setting("rows", "whole", "how many rows are done first", 0, 0, 1e9, "rows")
_MESSAGE = Setting("message", "text", "the text shown as the reason")

_LIST = (
    Kind("server_busy", "503 SERVER_UNAVAILABLE in place of the answer", "request"),
    Kind("unknown_error", "the token endpoint answers unknown_error, retry", "sign-in"),
    Kind("session_expired", "the session used ends: 401 INVALID_SESSION_ID", "request"),
    Kind("quota", "403 REQUEST_LIMIT_EXCEEDED", "request"),
    Kind("bulk_quota", "a bulk job is refused for its daily limit", "request"),
    Kind("query_timeout", "the query runs into QUERY_TIMEOUT", "query"),
    Kind("job_failed", "the bulk job ends in Failed", "job", (_ROWS, _MESSAGE)),
    Kind("job_aborted", "somebody aborts the bulk job", "job", (_ROWS,)),
    Kind(
        "job_stuck",
        "the bulk job stays InProgress",
        "job",
        (_ROWS, _seconds("for how long; left out: for ever", None)),
    ),
    Kind("lock_row", "the row is held by somebody else: UNABLE_TO_LOCK_ROW", "row write"),
    Kind(
        "row_error",
        "the row is refused",
        "row write",
        (
            Setting("code", "text", "the status code", "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
            Setting("message", "text", "the text", "The row was refused on purpose"),
            Setting("fields", "names", "the fields at fault", ()),
        ),
    ),
    Kind(
        "late_visible",
        "rows are stamped, and seen only later",
        "commit",
        (
            _seconds("between stamp and commit", 2.0),
            Setting("held", "boolean", "wait until the fault is removed instead", False),
        ),
    ),
    Kind(
        "clock_skew",
        "a server whose clock is wrong answers: the header Date, and the stamps of rows it writes",
        "transport",
        (
            Setting(
                "seconds", "number", "ahead (below 0: behind)", 30.0, -LONGEST, LONGEST, "seconds"
            ),
        ),
    ),
    Kind(
        "schema_changed",
        "an administrator changes a field just before the call",
        "request",
        (
            Setting("object", "text", "the object whose field changes"),
            Setting("add", "text", "a text field to add"),
            Setting("remove", "text", "a field to remove"),
            Setting("rename", "text", "a field to rename"),
            Setting("to", "text", "its new name"),
        ),
    ),
    Kind("edge_420", "the edge answers 420 with a page: the org cannot be routed to", "transport"),
    Kind(
        "timeout",
        "no answer; the connection is closed in the end",
        "transport",
        (
            _seconds("until it is closed", 60.0),
            Setting("applied", "boolean", "whether the request takes effect first", False),
        ),
    ),
    Kind(
        "slow",
        "the answer comes slowly",
        "transport",
        (
            Setting("bytes_per_second", "number", "how fast", 1000.0, 1, 1e12, "bytes per second"),
            _seconds("before the first byte", 0.0),
        ),
    ),
    Kind(
        "reset",
        "the connection is reset in the middle of the body",
        "transport",
        (_bytes("bytes", "of the body sent before; left out: half of it"),),
    ),
    Kind(
        "truncate",
        "the body ends early and looks whole: length and status are right",
        "transport",
        (
            Setting("rows", "whole", "CSV rows kept after the header", None, 0, 1e12, "rows"),
            _bytes("bytes", "kept, if rows is left out; left out too: half of the body"),
        ),
    ),
    Kind(
        "wrong_length",
        "Content-Length promises more than comes before the connection closes",
        "transport",
        (_bytes("missing", "promised and never sent", 100, 1),),
    ),
    Kind(
        "answer_lost",
        "the request takes effect, and the connection is reset before any answer",
        "transport",
    ),
    Kind(
        "duplicate",
        "a request that was acknowledged is delivered a second time; the first answer is sent",
        "transport",
    ),
)

KINDS: dict[str, Kind] = {one.name: one for one in _LIST}
"""Every kind by name."""

TRANSPORT = tuple(one.name for one in _LIST if one.where == "transport")

_LIMITS = (
    *("id", "kind", "settings", "sobject", "path", "method", "every", "times", "after"),
    *("since", "until", "in_seconds", "for_seconds"),
)


def add_fault(faults: Faults, kind: str, **given: Any) -> Fault:
    """Add a fault to an org's and return it: ``add_fault(org.faults, "quota", times=1)``.

    ``given`` is what :func:`read_fault` takes. Raises :class:`~sallyport_org.inputs.BadInput`.
    """
    fault = read_fault({"kind": kind, **given}, faults.next_id(), faults.now())
    faults.add(fault)
    return fault


def read_fault(given: object, fault_id: str, now: datetime) -> Fault:
    """Return the fault a JSON object describes.

    Beside ``kind`` and its ``settings`` (an object; left-out ones get their defaults) it may hold
    ``sobject``, ``path``, ``method``, ``every``, ``times``, ``after``, ``since`` and ``until``
    (moments), or ``in_seconds`` and ``for_seconds`` (a window counted from now). ``fault_id`` is
    used unless ``id`` is given. Raises :class:`~sallyport_org.inputs.BadInput`.
    """
    if not isinstance(given, Mapping):
        raise BadInput("fault", given, "give a JSON object with a kind")
    inputs.known(given, _LIMITS, "a fault")
    kind = KINDS.get(str(given.get("kind")))
    if kind is None:
        raise BadInput("kind", given.get("kind"), f"give one of {', '.join(KINDS)}")
    since, until = _window(given, now)
    return Fault(
        id=_text(given, "id") or fault_id,
        kind=kind.name,
        sobject=_sobject(kind, given),
        path=_text(given, "path"),
        method=_text(given, "method"),
        every=_count(given, "every", 1) or 1,
        times=_count(given, "times", 1),
        after=_count(given, "after", 0) or 0,
        since=since,
        until=until,
        settings=_settings(kind, given.get("settings", {})),
    )


def _sobject(kind: Kind, given: Mapping[str, Any]) -> str | None:
    sobject = _text(given, "sobject")
    if sobject is not None and not kind.knows_object:
        cure = f"{kind.name} strikes whole requests; limit it by path, like /sobjects/{sobject}"
        raise BadInput("sobject", sobject, cure)
    return sobject


def _settings(kind: Kind, given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise BadInput("settings", given, "give a JSON object")
    if given and not kind.settings:
        raise BadInput("settings", given, f"{kind.name} takes none; leave them out")
    inputs.known(given, [one.name for one in kind.settings], kind.name)
    read = {one.name: one.read(given[one.name]) for one in kind.settings if one.name in given}
    if kind.name == "schema_changed":
        check_schema_change(read)
    defaults = {one.name: one.default for one in kind.settings if one.default is not None}
    return {**defaults, **read}


def check_schema_change(settings: Mapping[str, Any]) -> None:
    """Refuse settings of ``schema_changed`` that name no single change."""
    chosen = [name for name in ("add", "remove", "rename") if name in settings]
    if "object" not in settings:
        raise BadInput("object", None, "name the object whose field changes")
    if len(chosen) != 1:
        raise BadInput("settings", dict(settings), "give exactly one of add, remove and rename")
    if "add" in settings and not str(settings["add"]).endswith("__c"):
        raise BadInput("add", settings["add"], "give a custom field's name, ending in __c")
    if ("to" in settings) != (chosen == ["rename"]):
        raise BadInput("to", settings.get("to"), "rename takes the new name as to; others do not")


def _text(given: Mapping[str, Any], name: str) -> str | None:
    return None if given.get(name) is None else inputs.text(given[name], name)


def _count(given: Mapping[str, Any], name: str, least: int) -> int | None:
    return None if given.get(name) is None else inputs.whole(given[name], name, least, 1e9)


def _window(given: Mapping[str, Any], now: datetime) -> tuple[datetime | None, datetime | None]:
    since, until = (
        None if given.get(name) is None else inputs.moment(given[name], name)
        for name in ("since", "until")
    )
    for moment, name in (("since", "in_seconds"), ("until", "for_seconds")):
        if given.get(name) is not None and given.get(moment) is not None:
            raise BadInput(name, given[name], f"give either {name} or {moment}")
    if given.get("in_seconds") is not None:
        ahead = inputs.number(given["in_seconds"], "in_seconds", 0, 1e9, "seconds")
        since = now + timedelta(seconds=ahead)
    if given.get("for_seconds") is not None:
        long = inputs.number(given["for_seconds"], "for_seconds", 0, 1e9, "seconds")
        until = (since or now) + timedelta(seconds=long)
    if since is not None and until is not None and until <= since:
        raise BadInput("until", given.get("until"), "give a moment after since")
    return since, until
