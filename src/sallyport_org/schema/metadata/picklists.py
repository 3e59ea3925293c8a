"""The values of picklists: their own, shared, retired, and what controls them.

What belongs here: value sets and dependencies. What does not: the rest of a field (``fields``).

Documented: https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_field_types.htm
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sallyport_org.schema.metadata.xml import Part
from sallyport_org.schema.model import Field, PicklistValue

ValueSets = Mapping[str, tuple[PicklistValue, ...]]
"""Global value sets by lower-case name."""


def value_set(part: Part, values: str) -> tuple[PicklistValue, ...]:
    """Return the entries of a value set whose elements have the given name."""
    entries = []
    for one in part.parts(values):
        value = one.needed("fullName", "every value needs one")
        entries.append(
            PicklistValue(
                value,
                one.text("label") or value,
                one.truth("default"),
                one.truth("isActive", default=True),
            )
        )
    seen: set[str] = set()
    for entry in entries:
        if entry.value.lower() in seen:
            raise part.refused(values, f"names {entry.value!r} twice; leave one out")
        seen.add(entry.value.lower())
    return tuple(entries)


def with_values(part: Part, made: Field, value_sets: ValueSets) -> Field:
    """Return a picklist with its values: its own, a global set's, or of the older spelling."""
    holder = part.part("valueSet")
    old = part.part("picklist")
    restricted = False
    controller: str | None = None
    values: tuple[PicklistValue, ...] = ()
    if holder is not None:
        restricted = holder.truth("restricted")
        controller = holder.text("controllingField")
        shared = holder.text("valueSetName")
        own = holder.part("valueSetDefinition")
        if shared is not None:
            restricted = True
            values = _shared_values(holder, shared, value_sets)
        elif own is not None:
            values = value_set(own, "value")
            values = _sorted(own, values)
    elif old is not None:
        restricted = old.truth("restrictedPicklist")
        controller = old.text("controllingField")
        values = _sorted(old, value_set(old, "picklistValues"))
    else:
        raise part.refused("valueSet", "is missing; a picklist needs its values")
    default = next((one.value for one in values if one.default), None)
    return replace(
        made,
        picklist=values,
        restricted=restricted,
        default=default,
        defaulted=default is not None,
        controller=controller,
        precision=len(values) if made.type == "multipicklist" else made.precision,
    )


def _shared_values(holder: Part, name: str, value_sets: ValueSets) -> tuple[PicklistValue, ...]:
    found = value_sets.get(name.lower())
    if found is None:
        raise holder.refused(
            "valueSetName", f"names {name}, which no globalValueSet file defines; add that file"
        )
    return found


def _sorted(holder: Part, values: tuple[PicklistValue, ...]) -> tuple[PicklistValue, ...]:
    if not holder.truth("sorted"):
        return values
    return tuple(sorted(values, key=lambda one: one.label.lower()))


def with_dependency(part: Part, made: Field, siblings: Sequence[Field]) -> Field:
    """Return a dependent picklist whose values say which of the controlling ones allow them.

    Each is a bit set in base64, the controlling values in order, highest bit first (documented).
    """
    if made.controller is None:
        return made
    controlling = next((one for one in siblings if one.name == made.controller), None)
    if controlling is None:
        raise part.refused(
            "valueSet/controllingField",
            f"names {made.controller}, which the object lacks; add that field",
        )
    truths = ["false", "true"]
    order = [one.value for one in controlling.picklist] or truths
    allowed: dict[str, set[int]] = {}
    holder = part.part("valueSet")
    for setting in holder.parts("valueSettings") if holder else []:
        for value in setting.texts("valueName"):
            places = allowed.setdefault(value, set())
            places |= {
                order.index(one) for one in setting.texts("controllingFieldValue") if one in order
            }
    values = tuple(
        replace(one, valid_for=_bits(allowed.get(one.value, set()), len(order)))
        for one in made.picklist
    )
    return replace(made, picklist=values)


def _bits(places: set[int], count: int) -> str:
    content = bytearray((count + 7) // 8)
    for place in places:
        content[place // 8] |= 128 >> place % 8
    return base64.b64encode(bytes(content)).decode()
