"""What changed and what was deleted in a span of time: ``/sobjects/X/updated`` and ``/deleted``.

What belongs here: windows, their refusals, and the ids. What does not: HTTP's other ways to read.
Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-getupdated.html
and resources-getdeleted.html (spans of 30 and 15 days, 600,000 ids, seconds ignored).

``latestDateCovered`` stays before every transaction that is still running, so whoever asks from
there on misses nothing; "start" belongs to the window, "end" does not (assumed).
"""
# ruff: noqa: S608 - SQL is this module's trade: names come from the schema

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sallyport_org import errors
from sallyport_org.rest.targets import sobject_named
from sallyport_org.rows.engine import live, quoted
from sallyport_org.schema.model import SObject
from sallyport_org.web import Context, Reply, json_reply

if TYPE_CHECKING:
    from sallyport_org.state import Org

UPDATED_DAYS = 30
DELETED_DAYS = 15
MOST_IDS = 600_000

_STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole minutes, in UTC without a zone."""

    start: datetime
    end: datetime


def updated(context: Context, name: str) -> Reply:
    """Answer ``/sobjects/X/updated?start=…&end=…``."""
    sobject = replicated(sobject_named(context, name))
    found, covered = updated_ids(context.org, sobject, _window(context, UPDATED_DAYS))
    return json_reply({"ids": found, "latestDateCovered": written(covered)})


def deleted(context: Context, name: str) -> Reply:
    """Answer ``/sobjects/X/deleted?start=…&end=…``."""
    sobject = replicated(sobject_named(context, name))
    found, covered = deleted_ids(context.org, sobject, _window(context, DELETED_DAYS))
    body: dict[str, Any] = {
        "deletedRecords": [{"id": one, "deletedDate": written(at)} for one, at in found],
        "earliestDateAvailable": written(earliest(context.org)),
        "latestDateCovered": written(covered),
    }
    return json_reply(body)


def replicated(sobject: SObject) -> SObject:
    """Return the object; raises INVALID_TYPE_FOR_OPERATION if it does not replicate."""
    if "replicate" not in sobject.abilities:
        raise errors.records.not_replicateable(sobject.name)
    return sobject


def updated_ids(org: Org, sobject: SObject, window: Window) -> tuple[list[str], datetime]:
    """Return the live rows stamped within a window, and up to when that is the whole truth."""
    stamp = next(name for name in _STAMPS if sobject.find(name))
    covered = _covered(org, window)
    rows = org.engine.rows(
        f"SELECT Id FROM {quoted(sobject.name)} AS t WHERE {stamp} >= ? AND {stamp} < ? "
        f"AND {live(sobject)} ORDER BY Id LIMIT {MOST_IDS + 1}",
        [window.start, window.end],
    )
    if len(rows) > MOST_IDS:
        raise errors.records.too_many_ids(MOST_IDS)
    return [row[0] for row in rows], covered


def deleted_ids(
    org: Org, sobject: SObject, window: Window
) -> tuple[list[tuple[str, datetime]], datetime]:
    """Return rows deleted within a window (in the bin or gone from it) and when, like above."""
    covered = _covered(org, window)
    binned = ""
    values: list[Any] = [sobject.name, window.start, window.end]
    if sobject.find("IsDeleted") and sobject.find("SystemModstamp"):
        binned = (
            f"UNION ALL SELECT Id, SystemModstamp FROM {quoted(sobject.name)} WHERE IsDeleted "
            "AND SystemModstamp >= ? AND SystemModstamp < ? "
        )
        values += [window.start, window.end]
    rows = org.engine.rows(
        'SELECT id, deleted FROM "~gone" WHERE sobject = ? AND deleted >= ? AND deleted < ? '
        f"{binned}ORDER BY 2, 1 LIMIT {MOST_IDS + 1}",
        values,
    )
    if len(rows) > MOST_IDS:
        raise errors.records.too_many_ids(MOST_IDS)
    return [(row[0], row[1]) for row in rows], covered


def check_window(org: Org, start: datetime, end: datetime, days: int) -> Window:
    """Return a window (times in UTC, without a zone) in whole minutes.

    Raises INVALID_REPLICATION_DATE for spans of less than a minute and those that begin too early.
    """
    start, end = (one.replace(second=0, microsecond=0) for one in (start, end))
    if end - start < timedelta(minutes=1):
        message = "startDate must precede endDate by more than one minute"
        raise errors.records.replication_date(message)
    if start < _now(org) - timedelta(days=days, minutes=1):
        raise errors.records.replication_date(f"startDate cannot be more than {days} days ago")
    return Window(start, end)


def earliest(org: Org) -> datetime:
    """Return since when deletes are remembered."""
    return (_now(org) - timedelta(days=DELETED_DAYS)).replace(second=0)


def written(moment: datetime) -> str:
    """Return a moment (UTC, without a zone) as JSON writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _window(context: Context, days: int) -> Window:
    start, end = (_time(context, name) for name in ("start", "end"))
    return check_window(context.org, start, end, days)


def _time(context: Context, name: str) -> datetime:
    text = context.call.query.get(name, "")
    try:
        # A plus sign that was not escaped arrives as a blank.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        message = f"{name} is not a valid date: {text!r}; write 2026-01-31T12:00:00+00:00"
        raise errors.records.replication_date(message) from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _covered(org: Org, window: Window) -> datetime:
    """Return up to when nothing can turn up any more, in whole minutes; asked before reading."""
    limits = [window.end, _now(org)]
    running = org.engine.locks.oldest()
    if running is not None:
        limits.append(running)
    return min(limits).replace(second=0)


def _now(org: Org) -> datetime:
    return org.clock.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)
