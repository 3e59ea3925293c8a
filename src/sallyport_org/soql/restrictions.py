"""Objects that may only be asked with certain filters.

What belongs here: which ones, and their sentence. Documented:
https://developer.salesforce.com/docs/platform/soql-sosl/guide/sforce-api-calls-soql-limits.html
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.soql.tree import Both, Comparison, Condition, FieldPath, Membership

_NEEDED = {
    "ContentDocumentLink": ("Id", "ContentDocumentId", "LinkedEntityId"),
    "ContentFolderMember": ("Id", "ParentContentFolderId", "ChildRecordId"),
    "Vote": ("Id", "ParentId"),
}
"""Object → the fields of which one must be compared with ``=`` or ``IN``."""


def check(sobject: str, where: Condition | None) -> None:
    """Refuse a query that lacks the filter its object needs (text observed for the first)."""
    needed = _NEEDED.get(sobject)
    if needed is None or (where is not None and _filters(where, needed)):
        return
    names = " or ".join(name for name in needed if name != "Id")
    raise errors.soql.implementation_restriction(
        f"{sobject} requires a filter by a single Id on {names} using the equals operator or "
        "multiple Id's using the IN operator."
    )


def _filters(condition: Condition, names: tuple[str, ...]) -> bool:
    match condition:
        case Both("AND", parts):
            return any(_filters(part, names) for part in parts)
        case Comparison(FieldPath(parts, _), "=", _) | Membership(FieldPath(parts, _), "IN", _):
            return parts[-1].lower() in {name.lower() for name in names}
    return False
