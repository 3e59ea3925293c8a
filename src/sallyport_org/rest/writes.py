"""Creating, changing and deleting one record: by id or by an external id.

What belongs here: the single-record calls. What does not: several records (``collections``,
``composite``) and what makes a row good (``dml``). Documented:
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-sobject-retrieve.html
https://developer.salesforce.com/docs/platform/api-rest/guide/dome-upsert.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sallyport_org import dml, errors
from sallyport_org.dml.model import Operation
from sallyport_org.rest import multipart, outcomes
from sallyport_org.rest.conditional import check_unmodified
from sallyport_org.rest.targets import (
    check_type,
    external_key,
    id_of,
    ids_with_key,
    not_one,
    sobject_named,
)
from sallyport_org.rest.wording import located
from sallyport_org.schema.model import SObject
from sallyport_org.web import Context, Reply, json_reply

_BODY_UPSERT_VERSION = 46.0
"""From here on an upsert that updated answers with a body (documented)."""


def create(context: Context, name: str) -> Reply:
    """Answer ``POST /sobjects/X`` with 201 and where the record is."""
    sobject = sobject_named(context, name)
    outcome = _write(context, "insert", sobject, _body(context, sobject))
    if not outcome.success:
        return outcomes.refused(outcome)
    return json_reply(outcomes.saved(outcome), 201, _location(context, sobject, outcome))


def update(context: Context, name: str, key: str) -> Reply:
    """Answer ``PATCH /sobjects/X/{id}`` with 204."""
    sobject = sobject_named(context, name)
    record_id = id_of(sobject, key)
    values = _body(context, sobject)
    if any(one.lower() == "id" for one in values):
        raise errors.rows.field_in_body("Id")
    check_unmodified(context, sobject, record_id)
    return _done(_write(context, "update", sobject, values, id=record_id))


def delete(context: Context, name: str, key: str) -> Reply:
    """Answer ``DELETE /sobjects/X/{id}`` with 204."""
    sobject = sobject_named(context, name)
    record_id = id_of(sobject, key)
    check_unmodified(context, sobject, record_id)
    return _done(_write(context, "delete", sobject, {}, id=record_id))


def upsert(context: Context, name: str, field: str, value: str) -> Reply:
    """Answer ``PATCH /sobjects/X/{field}/{value}``: 201 for a new record, 200 for an old one.

    With ``updateOnly=true`` a missing record is 404. Versions before 46.0 answer 204 instead of
    200.
    """
    sobject = sobject_named(context, name)
    key = external_key(sobject, field)
    values = _body(context, sobject)
    if any(one.lower() == key.name.lower() for one in values):
        raise errors.rows.field_in_body(key.name)
    found = ids_with_key(context, sobject, key, value)
    if len(found) > 1:
        return not_one(context, sobject, found)
    if not found and context.call.query.get("updateOnly", "").lower() == "true":
        raise errors.rest.not_found()
    outcome = _write(context, "upsert", sobject, values, key_field=key.name, key=value)
    if not outcome.success:
        return outcomes.refused(outcome)
    body = outcomes.saved(outcome) | {"created": outcome.created}
    if outcome.created:
        return json_reply(body, 201, _location(context, sobject, outcome))
    return json_reply(body) if float(context.version) >= _BODY_UPSERT_VERSION else Reply(204)


def create_keyed(context: Context, name: str, field: str) -> Reply:
    """Answer ``POST /sobjects/X/Id``: an upsert by id that brings none is an insert."""
    if field.lower() == "id":
        return create(context, name)
    return _overridden(context, lambda: update(context, name, field))


def post_keyed(context: Context, name: str, field: str, value: str) -> Reply:
    """Answer ``POST …?_HttpMethod=PATCH``, for clients that cannot send PATCH (documented)."""
    return _overridden(context, lambda: upsert(context, name, field, value))


def delete_keyed(context: Context, name: str, field: str, value: str) -> Reply:
    """Answer ``DELETE /sobjects/X/{field}/{value}`` with 204."""
    sobject = sobject_named(context, name)
    found = ids_with_key(context, sobject, external_key(sobject, field), value)
    if len(found) != 1:
        return not_one(context, sobject, found)
    return _done(_write(context, "delete", sobject, {}, id=found[0]))


def _overridden(context: Context, act: Callable[[], Reply]) -> Reply:
    if context.call.query.get("_HttpMethod", "").upper() != "PATCH":
        raise errors.rest.method_not_allowed("POST", ["GET", "HEAD", "PATCH", "DELETE"])
    return act()


def _body(context: Context, sobject: SObject) -> dict[str, Any]:
    """Return the record a body holds, blobs of a multipart body included."""
    kind = context.call.headers.get("Content-Type", "")
    if kind.lower().startswith("multipart/"):
        return multipart.record(kind, context.call.body)
    if "xml" in kind.lower():
        raise errors.rest.not_modelled("records as XML over REST")
    if kind and "json" not in kind.lower():
        raise errors.records.unsupported_media_type(kind)
    values = context.call.json_object()
    check_type(sobject, values)
    return {name: value for name, value in values.items() if name != "attributes"}


def _write(
    context: Context, operation: Operation, sobject: SObject, values: dict[str, Any], **which: Any
) -> dml.Outcome:
    wording = located(context.call)
    change = dml.Change(operation, sobject.name, values, wording=wording, **which)
    user = context.session.user
    return dml.write(context.org, user, [change], schema=context.schema)[0]


def _done(outcome: dml.Outcome) -> Reply:
    return Reply(204) if outcome.success else outcomes.refused(outcome)


def _location(context: Context, sobject: SObject, outcome: dml.Outcome) -> dict[str, str]:
    base = f"/services/data/v{context.version}/sobjects/{sobject.name}"
    return {"Location": f"{base}/{outcome.id}"}
