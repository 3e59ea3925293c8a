"""One value for one field: from JSON or text to what the row keeps, or a refusal.

What belongs here: types, lengths, ranges, picklists, the form of e-mails and ids. What does not:
whether a reference leads anywhere (``references``) and what a row needs as a whole (``drafts``).

Texts lose the blanks around them, and a text of blanks alone is none (documented:
https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/langCon_apex_primitives.htm;
observed: a no-break space stays). Moments are kept in whole seconds (observed). Numbers are not
rounded to their field's decimal places (assumed; rounding is what Salesforce's pages do when they
*show* a number).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from sallyport_org import errors, ids
from sallyport_org.schema.model import Field, Schema

_INT = re.compile(r"[+-]?\d+(\.0*)?$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\".]+(\.[^@\s,;:<>()\[\]\\\".]+)+$")
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?$")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$")
_BLANKS = " \t\n\r\f\v"
Reader = Callable[[Field, Any, bool], Any]
_LARGEST = {"int": 2**31, "long": 2**63}

MASTER_RECORD_TYPE = "012000000000000AAA"
"""The record type of rows that have none (observed in describes)."""


def judge(schema: Schema, one: Field, given: Any, *, texts: bool) -> Any:
    """Return what a row keeps for a given value; None clears, and so does the empty text.

    ``texts`` says that values come from CSV or XML, where refusals read otherwise. Raises
    :class:`~sallyport_org.errors.Refusal`.
    """
    if isinstance(given, str):
        given = given.strip(_BLANKS)
    if given is None or given == "":
        return None
    if isinstance(given, dict | list):
        token, sign = ("START_OBJECT", "{") if isinstance(given, dict) else ("START_ARRAY", "[")
        raise errors.rows.cannot_deserialize(_JSON_KINDS.get(one.type, "string"), token, sign)
    if one.type == "reference":
        return _reference(schema, one, given)
    reader = _READERS.get(one.type) or _text
    return reader(one, given, texts)


def _text(one: Field, given: Any, texts: bool) -> str:
    value = _spelled(given)
    if one.length and len(value) > one.length:
        raise errors.rows.too_long(one.name, one.label, value, one.length)
    if one.type == "email" and not _EMAIL.fullmatch(value):
        raise errors.rows.bad_email(one.name, one.label, value)
    return value


def _picklist(one: Field, given: Any, texts: bool) -> str:
    value = _text(one, given, texts)
    if one.restricted and one.picklist:
        known = {entry.value for entry in one.picklist}
        for part in value.split(";") if one.type == "multipicklist" else [value]:
            if part not in known:
                raise errors.rows.bad_picklist(one.name, one.label, part)
    return value


def _boolean(one: Field, given: Any, texts: bool) -> bool:
    if isinstance(given, bool):
        return given
    word = _spelled(given).strip().lower()
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise _misfit(one, given, texts)


def _whole(one: Field, given: Any, texts: bool) -> int:
    value = _spelled(given).strip()
    if isinstance(given, bool) or not _INT.match(value):
        raise _misfit(one, given, texts)
    number = int(value.partition(".")[0])
    if not -_LARGEST[one.type] <= number < _LARGEST[one.type]:
        raise errors.rows.out_of_range(one.name, one.label, given)
    return number


def _number(one: Field, given: Any, texts: bool) -> float:
    value = _spelled(given).strip()
    if isinstance(given, bool) or not _NUMBER.match(value):
        raise _misfit(one, given, texts)
    number = float(value)
    largest = coordinate_limit(one) or 10.0 ** (one.precision - one.scale)
    beyond = abs(number) > largest if coordinate_limit(one) else abs(number) >= largest
    if not math.isfinite(number) or beyond:
        raise errors.rows.out_of_range(one.name, one.label, given)
    return number


def coordinate_limit(one: Field) -> float | None:
    """Return how far from zero a latitude or longitude may be, None for any other field."""
    name = one.name.lower().removesuffix("__s")
    if one.compound is None:
        return None
    return 90.0 if name.endswith("latitude") else 180.0 if name.endswith("longitude") else None


def _date(one: Field, given: Any, texts: bool) -> date:
    """A date; of a datetime the day is taken (observed: its time is dropped)."""
    found = _DATE.match(given.strip()) if isinstance(given, str) else None
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise _misfit(one, given, texts) from None


def _datetime(one: Field, given: Any, texts: bool) -> datetime:
    """A moment in UTC without a zone; one given without an offset is UTC already (assumed).

    A day alone, or a blank in place of the T, is refused (observed).
    """
    found = _MOMENT.match(given) if isinstance(given, str) else None
    try:
        moment = datetime.fromisoformat(found[0] if found else "")
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise _misfit(one, given, texts) from None
    return moment.replace(microsecond=0)


def _time(one: Field, given: Any, texts: bool) -> time:
    try:
        return time.fromisoformat(given.strip() if isinstance(given, str) else "").replace(
            tzinfo=None
        )
    except ValueError:
        raise _misfit(one, given, texts) from None


def _bytes(one: Field, given: Any, texts: bool) -> bytes:
    """A blob: base64 in JSON, CSV and XML; bytes as they are from a multipart body."""
    if isinstance(given, bytes):
        return given
    try:
        return base64.b64decode(_spelled(given), validate=True)
    except (binascii.Error, ValueError):
        raise _misfit(one, given, texts) from None


def _reference(schema: Schema, one: Field, given: Any) -> str:
    """The 18-character id of an object the field may point at."""
    try:
        found = ids.to_18(_spelled(given).strip())
    except ids.MalformedIdError:
        raise errors.rows.id_of_wrong_type(one.name, one.label, _spelled(given)) from None
    target = schema.by_prefix(found[:3])
    if target is not None and one.refers_to and target.name not in one.refers_to:
        raise errors.rows.id_of_wrong_type(one.name, one.label, _spelled(given))
    return found


def _misfit(one: Field, given: Any, texts: bool) -> errors.Refusal:
    if texts:
        return errors.rows.wrong_type(one.name, one.label, given)
    tokens = {bool: f"VALUE_{str(given).upper()}", int: "VALUE_NUMBER_INT"}
    token = tokens.get(type(given), "VALUE_NUMBER_FLOAT" if isinstance(given, float) else "")
    kind = _JSON_KINDS.get(one.type, "string")
    return errors.rows.cannot_deserialize(kind, token or "VALUE_STRING", _spelled(given))


def _spelled(given: Any) -> str:
    if isinstance(given, str):
        return given
    return str(given).lower() if isinstance(given, bool) else str(given)


_JSON_KINDS = {
    "boolean": "boolean",
    "int": "int",
    "long": "long",
    "double": "double",
    "currency": "currency",
    "percent": "percent",
    "date": "date",
    "datetime": "datetime",
    "time": "time",
    "base64": "base64",
    "reference": "reference",
}

_READERS: dict[str, Reader] = {
    "boolean": _boolean,
    "int": _whole,
    "long": _whole,
    "double": _number,
    "currency": _number,
    "percent": _number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "base64": _bytes,
    "picklist": _picklist,
    "multipicklist": _picklist,
}
