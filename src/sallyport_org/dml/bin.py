"""The recycle bin: emptying it, wholly or of some rows.

Documented:
https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-emptyrecyclebin.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sallyport_org import errors
from sallyport_org.dml import store
from sallyport_org.dml.drafts import read_id
from sallyport_org.dml.model import Outcome, RowError
from sallyport_org.dml.remove import purge
from sallyport_org.dml.transaction import transaction

if TYPE_CHECKING:
    from sallyport_org.identity import User
    from sallyport_org.state import Org


def empty_bin(org: Org, user: User, record_ids: Sequence[Any]) -> list[Outcome]:
    """Take deleted rows out of the recycle bin for good; returns what came of each."""
    schema = org.schema_for(user)
    stamp = org.clock.now().astimezone(UTC).replace(microsecond=0, tzinfo=None)
    outcomes = []
    with transaction(org) as one, one.rows() as cursor:
        for given in record_ids:
            try:
                sobject = schema.by_prefix(str(given)[:3])
                if sobject is None:
                    raise errors.rows.malformed_id(given)
                record_id = read_id(sobject, given)
                row = store.fetch(cursor, sobject, [record_id]).get(record_id)
                if row is None:
                    raise errors.rows.unknown_row()
                if not row["IsDeleted"]:
                    raise errors.rows.not_deleted()
            except errors.Refusal as refusal:
                wrong = RowError(refusal.code, refusal.message, refusal.fields or ())
                outcomes.append(Outcome(None, errors=(wrong,)))
                continue
            purge(cursor, sobject, [record_id], stamp)
            outcomes.append(Outcome(record_id))
    return outcomes
