"""Roll-up summary fields in metadata: what they add up, and the type that gives.

What belongs here: reading them, and checking them against the child they name. What does not: other
fields (``fields``) and the sums themselves (``rows.rollups``).

Documented: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from sallyport_org.schema.metadata.xml import Part
from sallyport_org.schema.model import Field, Schema, SObject, Summary, SummaryFilter
from sallyport_org.schema.notation import read_field

_OPERATIONS = (
    "equals",
    "notEqual",
    "lessThan",
    "greaterThan",
    "lessOrEqual",
    "greaterOrEqual",
    "contains",
    "notContain",
    "startsWith",
    "includes",
    "excludes",
)

_SUMMARY_FUNCTIONS: dict[str, Literal["count", "sum", "min", "max"]] = {
    "count": "count",
    "sum": "sum",
    "min": "min",
    "max": "max",
}


def summary_field(part: Part) -> Field:
    """A roll-up; the type of the field added up is put in once all objects are known."""
    operation = part.one_of("summaryOperation", tuple(_SUMMARY_FUNCTIONS))
    child, _, link = part.needed(
        "summaryForeignKey", "name the child's field, as in Line__c.Order__c"
    ).partition(".")
    if not link:
        raise part.refused("summaryForeignKey", "must name object and field, as Line__c.Order__c")
    summed: str | None = None
    if operation != "count":
        cure = "name the child's field to add up, as in Line__c.Price__c"
        owner, _, summed = part.needed("summarizedField", cure).partition(".")
        if owner.lower() != child.lower() or not summed:
            raise part.refused("summarizedField", f"must be a field of {child}")
    filters = tuple(
        SummaryFilter(
            one.needed("field", "name the child's field").split(".")[-1],
            one.one_of("operation", _OPERATIONS),
            tuple(text.strip() for text in (one.text("value") or "").split(",")),
        )
        for one in part.parts("summaryFilterItems")
    )
    made = read_field("F__c | F | double(18,0) readonly")
    function = _SUMMARY_FUNCTIONS[operation]
    return replace(
        made, summary=Summary(function, child, link, summed, filters), permissionable=True
    )


_SUMMED = frozenset({"double", "currency", "percent", "int"})
_ORDERED = _SUMMED | {"date", "datetime"}


def with_summaries(schema: Schema, sobject: SObject, parts: Iterable[Part]) -> SObject:
    """Return the object whose roll-ups have the type of what they add up (documented)."""
    fields = {one.name: one for one in sobject.fields}
    for part in parts:
        made = fields.get(part.text("fullName") or "")
        if made is None or made.summary is None:
            continue
        child = schema.find(made.summary.child)
        link = child.find(made.summary.link) if child else None
        if child is None or link is None or not (link.master_detail or not link.custom):
            raise part.refused(
                "summaryForeignKey",
                f"names {made.summary.child}.{made.summary.link}, which is no master-detail field "
                f"to {sobject.name}; name one",
            )
        for one in made.summary.filters:
            if child.find(one.field) is None:
                raise part.refused(
                    "summaryFilterItems/field", f"names {one.field}, which {child.name} lacks"
                )
        if made.summary.field is not None:
            summed = child.find(made.summary.field)
            kinds = _SUMMED if made.summary.function == "sum" else _ORDERED
            if summed is None or summed.type not in kinds:
                raise part.refused(
                    "summarizedField",
                    f"names {made.summary.field}, which is no {child.name} field that "
                    f"{made.summary.function} works on; name one of the types "
                    f"{', '.join(sorted(kinds))}",
                )
            precision = 18 if summed.precision else 0
            fields[made.name] = replace(
                made,
                type=summed.type,
                precision=precision,
                scale=summed.scale,
                groupable=summed.groupable,
            )
    return replace(sobject, fields=tuple(fields.values()))
