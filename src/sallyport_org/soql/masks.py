"""Encrypted texts as people without *View Encrypted Data* meet them.

What belongs here: what each kind of mask leaves of a value, as SQL. What does not: for whom a field
is masked (``schema.visible``) and where its values are written (``output``).

Which characters a mask hides and the separators it puts in are documented:
https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/customfield.htm
(``maskType``). Values kept with separators of their own lose them before they are masked, and a
value shorter than its form is masked without separators (assumed).
"""

from __future__ import annotations

from sallyport_org.rows.engine import text_literal

MASK = "*"
"""What stands for a hidden character; describes say so too."""

_FORMS = {
    "creditCard": ("(.{4})", r"\1-", "g"),
    "ssn": ("^(.{3})(.{2})(.+)$", r"\1-\2-\3", ""),
    "sin": ("^(.{3})(.{3})(.+)$", r"\1-\2-\3", ""),
}
"""Kind of mask → the pattern, the replacement and the flags that put its separators in."""


def masked(sql: str, kind: str | None) -> str:
    """Return the SQL of a masked text; ``kind`` is a ``maskType``, None hides everything."""
    if kind == "lastFour":
        return _all_but_last_four(sql)
    if kind == "nino":
        bare = f"regexp_replace({sql}, '[ -]', '', 'g')"
        pairs = " ".join(MASK * 2 for _ in range(4)) + f" {MASK}"
        return (
            f"CASE WHEN length({bare}) = 9 THEN {text_literal(pairs)} "
            f"ELSE {_hidden(f'length({sql})')} END"
        )
    if kind in _FORMS:
        pattern, replacement, flags = _FORMS[kind]
        hidden = _all_but_last_four(f"regexp_replace({sql}, '[ -]', '', 'g')")
        return f"rtrim(regexp_replace({hidden}, '{pattern}', '{replacement}', '{flags}'), '-')"
    return _hidden(f"length({sql})")


def _hidden(count: str) -> str:
    return f"repeat('{MASK}', {count})"


def _all_but_last_four(sql: str) -> str:
    return f"({_hidden(f'greatest(length({sql}) - 4, 0)')} || right({sql}, 4))"
