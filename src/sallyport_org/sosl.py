"""SOSL, as much of it as the search calls need: reading a search, and finding rows.

What belongs here: ``FIND {…} [IN … FIELDS] [RETURNING …] [LIMIT n]`` with words, phrases,
wildcards, AND, OR and AND NOT. What does not: HTTP (``rest.search``) and conditions in RETURNING,
which are SOQL. Other clauses (WITH, UPDATE) are refused plainly.

A row is found when its text fields hold the words, in any order, whatever their letter case
(documented: https://developer.salesforce.com/docs/platform/soql-sosl/guide/). Real orgs search an
index that lags a little and splits words in its own way; here what is committed is found.
"""
# ruff: noqa: S608 - SOQL is put together from names the compiler checks, SQL from quoted texts

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sallyport_org import errors
from sallyport_org.rows.engine import quoted, text_literal
from sallyport_org.schema.model import Schema, SObject
from sallyport_org.soql import Plan, compile_query

_GROUPS = {
    "ALL": frozenset({"string", "textarea", "email", "phone", "url", "picklist", "combobox"}),
    "NAME": frozenset({"string", "combobox"}),
    "EMAIL": frozenset({"email"}),
    "PHONE": frozenset({"phone"}),
    "SIDEBAR": frozenset({"string", "email", "phone", "combobox"}),
}
_HEAD = re.compile(
    r"\s*FIND\s*\{(?P<term>(?:[^}\\]|\\.)*)\}"
    r"(?:\s*IN\s+(?P<group>ALL|NAME|EMAIL|PHONE|SIDEBAR)\s+FIELDS\b)?"
    r"(?:\s*RETURNING\s+(?P<returning>.*?))?(?:\s*\bLIMIT\s+(?P<limit>\d+))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_TOKEN = re.compile(r'"([^"]*)"|(\S+)')
_NO_LETTER = r"[^\pL\pN]"
_LEAST = 2
_MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Returned:
    """One object a search asks for: its fields, and SOQL that follows FROM (maybe nothing)."""

    sobject: str
    fields: tuple[str, ...] = ("Id",)
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it was asked; no ``returned`` means every searchable object."""

    term: str
    group: str = "ALL"
    returned: tuple[Returned, ...] = ()
    limit: int = _MOST_ROWS


def parse(text: str) -> Search:
    """Read a SOSL text; raises MALFORMED_SEARCH."""
    found = _HEAD.match(text)
    if found is None:
        if re.search(r"\}.*\b(WITH|UPDATE)\b", text, re.IGNORECASE | re.DOTALL):
            raise errors.rest.not_modelled("the WITH and UPDATE clauses of SOSL")
        raise errors.search.malformed("unexpected token; write FIND {term} IN ALL FIELDS")
    returned = tuple(_returned(one) for one in _split(found["returning"] or ""))
    limit = min(int(found["limit"] or _MOST_ROWS), _MOST_ROWS)
    term = re.sub(r"\\(.)", r"\1", found["term"])
    return Search(term, (found["group"] or "ALL").upper(), returned, limit)


def plans(schema: Schema, search: Search, today: date) -> list[Plan]:
    """Return the queries that find a search's rows, object by object."""
    if len(search.term.strip().strip("*?")) < _LEAST:
        raise errors.search.term_too_short(search.term)
    wanted = search.returned or tuple(
        Returned(one.name)
        for one in schema
        if {"search", "query"} <= one.abilities and _searched(one, "ALL")
    )
    made = []
    for one in wanted:
        sobject = schema.find(one.sobject)
        if sobject is None:
            raise errors.records.unknown_type(one.sobject)
        if "search" not in sobject.abilities:
            raise errors.search.not_searchable(sobject.name)
        text = f"SELECT {', '.join(one.fields)} FROM {sobject.name} {one.rest}"
        plan = compile_query(schema, text.strip(), today=today)
        condition = _condition(sobject, search, plan.source.alias)
        made.append(replace(plan, condition=f"({plan.condition}) AND {condition}"))
    return made


def _condition(sobject: SObject, search: Search, alias: str) -> str:
    columns = [f"{alias}.{quoted(name)}" for name in _searched(sobject, search.group)]
    if not columns:
        return "false"
    haystack = f"concat_ws(chr(10), {', '.join(columns)})"
    arms: list[list[str]] = [[]]
    negated = False
    for phrase, word in _TOKEN.findall(search.term):
        if word.upper() in ("AND", "OR", "NOT"):
            if word.upper() == "OR":
                arms.append([])
            negated = word.upper() == "NOT"
            continue
        test = _holds(haystack, phrase or word)
        arms[-1].append(f"NOT {test}" if negated else test)
        negated = False
    filled = [f"({' AND '.join(arm)})" for arm in arms if arm]
    return f"({' OR '.join(filled)})" if filled else "false"


def _holds(haystack: str, words: str) -> str:
    """Return SQL that says whether a text holds words: whole ones, but for the wildcards."""
    pattern = re.escape(words).replace(r"\*", r"[\pL\pN]*").replace(r"\?", r"[\pL\pN]")
    bounded = f"(?i)(^|{_NO_LETTER})({pattern})({_NO_LETTER}|$)"
    return f"regexp_matches({haystack}, {text_literal(bounded)})"


def _searched(sobject: SObject, group: str) -> list[str]:
    kinds = _GROUPS[group]
    return [
        one.name
        for one in sobject.stored_fields
        if one.type in kinds and (group != "NAME" or one.name_field or one.compound == "Name")
    ]


def _split(text: str) -> list[str]:
    """Return what commas outside of brackets and quotes part."""
    parts, depth, start, quote = [], 0, 0, False
    for at, char in enumerate(text):
        if char == "'" and (at == 0 or text[at - 1] != "\\"):
            quote = not quote
        if quote:
            continue
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _returned(text: str) -> Returned:
    found = re.fullmatch(r"(\w+)\s*(?:\((.*)\))?", text, re.DOTALL)
    if found is None:
        raise errors.search.malformed(f"unexpected token: {text!r} after RETURNING")
    inside = re.match(
        r"(?P<fields>.*?)(?P<rest>\s*\b(USING|WHERE|ORDER\s+BY|LIMIT|OFFSET)\b.*)?$",
        found[2] or "Id",
        re.DOTALL | re.IGNORECASE,
    )
    if inside is None or not inside["fields"].strip():
        raise errors.search.malformed(f"fields are missing: {text!r}")
    return Returned(found[1], tuple(_fields(inside["fields"])), (inside["rest"] or "").strip())


def _fields(text: str) -> Sequence[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
