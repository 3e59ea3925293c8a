"""SOAP calls that change records: create, update, upsert, delete, undelete, merge and the bin.

What belongs here: from XML to :mod:`sallyport_org.dml` and back. What does not: reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar
from xml.etree.ElementTree import Element

from sallyport_org import dml, errors
from sallyport_org.dml.model import Operation
from sallyport_org.soap.envelope import local
from sallyport_org.soapdata.sobjects import read_record, texts, write_value

if TYPE_CHECKING:
    from sallyport_org.soap.operations import SoapCall

MOST_RECORDS = 200

_Item = TypeVar("_Item")


def _saved(name: str, operation: Operation) -> Callable[[SoapCall], str]:
    """Return who answers a call that brings whole records."""

    def answer(call: SoapCall) -> str:
        records = [one for one in call.request.element if local(one.tag) == "sObjects"]
        key = call.request.value("externalIDFieldName") or None
        changes = [_change(operation, one, key) for one in records]
        return _results(call, name, _written(call, changes), created=operation == "upsert")

    return answer


def _removed(name: str, operation: Operation) -> Callable[[SoapCall], str]:
    """Return who answers a call that brings ids."""

    def answer(call: SoapCall) -> str:
        changes = [_by_id(call, operation, one) for one in texts(call.request.element, "ids")]
        return _results(call, name, _written(call, changes))

    return answer


def _empty_recycle_bin(call: SoapCall) -> str:
    ids = _at_most(texts(call.request.element, "ids"))
    return _results(call, "emptyRecycleBin", dml.empty_bin(call.org, call.session.user, ids))


def _merge(call: SoapCall) -> str:
    requests = [one for one in call.request.element if local(one.tag) == "request"]
    results = [_merged(call, one) for one in _at_most(requests)]
    return f"<mergeResponse>{''.join(results)}</mergeResponse>"


def _merged(call: SoapCall, request: Element) -> str:
    master = next((one for one in request if local(one.tag) == "masterRecord"), None)
    if master is None:
        raise errors.soap.refused_as_in_rest("INVALID_OPERATION", "A merge needs a masterRecord")
    kind, master_id, values = read_record(master)
    losers = texts(request, "recordToMergeIds")
    made = dml.merge(call.org, call.session.user, kind, master_id, losers, values)
    found = "".join(_error(one) for one in made.errors)
    found += _id(made.id) + write_value("mergedRecordIds", list(made.losers))
    found += write_value("success", not made.errors)
    return f"<result>{found}{write_value('updatedRelatedIds', list(made.related))}</result>"


def _change(operation: Operation, element: Element, key: str | None) -> dml.Change:
    kind, record_id, values = read_record(element)
    if operation == "insert" and record_id:
        values["Id"] = record_id
    if key is None or key.lower() == "id":
        return dml.Change(operation, kind, values, id=record_id, texts=True)
    name = next((one for one in values if one.lower() == key.lower()), None)
    value = values.pop(name) if name else None
    return dml.Change(operation, kind, values, key_field=key, key=value, texts=True)


def _by_id(call: SoapCall, operation: Operation, record_id: str) -> dml.Change:
    sobject = call.context.schema.by_prefix(record_id[:3])
    if sobject is not None:
        return dml.Change(operation, sobject.name, {}, id=record_id)
    wrong = dml.RowError("MALFORMED_ID", f"malformed id {record_id}", ("Id",))
    name = next(iter(call.context.schema)).name
    return dml.Change(operation, name, {}, id=record_id, undecodable=wrong)


def _written(call: SoapCall, changes: Sequence[dml.Change]) -> list[dml.Outcome]:
    all_or_none = call.request.header("AllOrNoneHeader", "allOrNone").strip().lower() == "true"
    schema = call.context.schema
    return dml.write(
        call.org, call.session.user, _at_most(changes), schema=schema, all_or_none=all_or_none
    )


def _at_most(given: Sequence[_Item]) -> Sequence[_Item]:
    if len(given) > MOST_RECORDS:
        raise errors.soap.refused_as_in_rest(
            "EXCEEDED_ID_LIMIT",
            f"record limit reached. cannot submit more than {MOST_RECORDS} records into this call",
        )
    return given


def _results(
    call: SoapCall, name: str, outcomes: Sequence[dml.Outcome], *, created: bool = False
) -> str:
    results = []
    for one in outcomes:
        made = write_value("created", one.created) if created else ""
        made += "".join(_error(error) for error in one.errors)
        # A refused row has no id in a real answer, though it may have named one.
        made += _id(one.id if one.success else None) + write_value("success", one.success)
        results.append(f"<result>{made}</result>")
    return f"<{name}Response>{''.join(results)}</{name}Response>"


def _id(record_id: str | None) -> str:
    return f"<id>{record_id}</id>" if record_id else '<id xsi:nil="true"/>'


def _error(error: dml.RowError) -> str:
    found = {"fields": list(error.fields), "message": error.message, "statusCode": error.code}
    return write_value("errors", found)


WRITES: dict[str, Callable[[SoapCall], str]] = {
    "create": _saved("create", "insert"),
    "update": _saved("update", "update"),
    "upsert": _saved("upsert", "upsert"),
    "delete": _removed("delete", "delete"),
    "undelete": _removed("undelete", "undelete"),
    "emptyRecycleBin": _empty_recycle_bin,
    "merge": _merge,
}
"""Who answers which call."""
