"""Salesforce record ids: key prefix, instance, base-62 sequence and the three check characters.

What belongs here: the arithmetic of ids, in Python and as SQL text. What does not: which object
has which prefix (``schema``) and where records are kept (``rows``).

An id has 15 case-sensitive characters (3 prefix, 2 instance, 1 reserved, 9 base-62 digits); the
18-character form adds one check character for every five. Documented:
https://help.salesforce.com/s/articleView?id=000383751
"""

from __future__ import annotations

from dataclasses import dataclass

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
INSTANCE = "gL"
"""The two characters every id of this simulated instance carries after its prefix."""

_SQL_DIGITS = 5
SQL_MAX_SEQUENCE = 62**_SQL_DIGITS
"""Sequences at or above this cannot be written by :func:`sql_id` (916 million)."""


@dataclass(eq=False, slots=True)
class MalformedIdError(ValueError):
    """A text that cannot be a record id."""

    text: str

    def __str__(self) -> str:
        return f"malformed id {self.text}"


def check_characters(id15: str) -> str:
    """Return the three characters that turn a 15-character id into the 18-character one."""
    out = []
    for start in (0, 5, 10):
        chunk = id15[start : start + 5]
        out.append(CHECKS[sum(1 << bit for bit, char in enumerate(chunk) if "A" <= char <= "Z")])
    return "".join(out)


def to_18(text: str) -> str:
    """Return the 18-character form of a 15- or 18-character id.

    Raises :class:`MalformedIdError` for any other text.
    """
    if not text.isascii() or not text.isalnum() or len(text) not in (15, 18):
        raise MalformedIdError(text)
    return text[:15] + check_characters(text[:15])


def record_id(prefix: str, sequence: int, instance: str = INSTANCE) -> str:
    """Return the 18-character id of the record numbered ``sequence`` (from 0)."""
    digits = ""
    rest = sequence
    for _ in range(9):
        rest, digit = divmod(rest, 62)
        digits = DIGITS[digit] + digits
    id15 = f"{prefix}{instance}0{digits}"
    return id15 + check_characters(id15)


def sql_id(prefix: str, sequence_sql: str, instance: str = INSTANCE) -> str:
    """Return SQL that computes :func:`record_id` of a BIGINT expression, row by row.

    Only the last five digits are computed, so sequences must stay under ``SQL_MAX_SEQUENCE``;
    the first two check characters are then the same for every row.
    """
    head = f"{prefix}{instance}00000"
    checks = check_characters(head + "00000")[:2]
    digits = [f"({sequence_sql}) // {62**power} % 62" for power in range(_SQL_DIGITS - 1, -1, -1)]
    text = " || ".join(f"substr('{DIGITS}', ({digit} + 1)::INTEGER, 1)" for digit in digits)
    check = " + ".join(
        f"({digit} BETWEEN 10 AND 35)::INTEGER * {1 << bit}" for bit, digit in enumerate(digits)
    )
    return f"('{head}' || {text} || '{checks}' || substr('{CHECKS}', 1 + {check}, 1))"


def sql_to_18(text_sql: str) -> str:
    """Return SQL that gives the 18-character form of a 15- or 18-character id, else null.

    The check characters of an 18-character id are taken as given: computing them costs more than
    everything else there is to do with a value.
    """
    checks = []
    for start in (1, 6, 11):
        bits = " + ".join(
            f"(ascii(substr({text_sql}, {start + bit}, 1)) BETWEEN 65 AND 90)::INTEGER * {1 << bit}"
            for bit in range(5)
        )
        checks.append(f"substr('{CHECKS}', 1 + {bits}, 1)")
    return (
        f"CASE WHEN NOT {sql_is_id(text_sql)} THEN NULL WHEN length({text_sql}) = 18 "
        f"THEN {text_sql} ELSE {text_sql} || {' || '.join(checks)} END"
    )


def sql_is_id(text_sql: str) -> str:
    """Return SQL that says whether a text has the shape of an id."""
    return f"regexp_full_match({text_sql}, '[0-9A-Za-z]{{15}}([0-9A-Za-z]{{3}})?')"
