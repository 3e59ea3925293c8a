"""Reading evidence: JSON of any shape or raw text of any client, made into one record.

What belongs here: finding stage, flow, host, status, Salesforce's codes and words, wherever they
stand and however they are wrapped. What does not: what they mean (``rules``), patterns of raw logs
(``traces``). Reading never raises, and the record holds no secrets (``redaction``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote_plus

from sallyport.diagnosis import traces
from sallyport.diagnosis.facts import fact_name, number, truth
from sallyport.diagnosis.redaction import is_secret_name, redact, shape

MAX_CHARS = 200_000
"""Characters of evidence that are read; a refusal is a few lines, a log may be endless."""
MAX_DEPTH = 40

_HOLDS_FACTS = {"facts", "fact", "connection_facts"}
_STAGE = {"stage", "step", "phase"}
_FLOW = {"flow", "flows", "auth_flow", "grant_type", "granttype"}
_HOST = {"host", "hostname", "instance", "login_host", "domain"}
_STATUS = {"http_status", "httpstatus", "status", "status_code", "statuscode", "response_code"}
_REDIRECT = {"redirect_params", "redirectparams", "query_params"}
_HEADERS = {"headers", "response_headers", "responseheaders"}
_URLS = {"redirect_url", "redirecturl", "location", "url", "request_url", "page_address", "uri"}


@dataclass(frozen=True)
class Evidence:
    """What is known of one refusal, free of secrets.

    ``words`` is every text of the answer in one normal form: lower case, percent and entity
    escapes undone, letters and digits of any script with single blanks between. ``codes`` are codes
    as they were written, first found first. ``flows`` is empty when the flow is not known.
    ``excerpt`` is the beginning of what was given, for people.
    """

    stage: str | None = None
    flows: frozenset[str] = frozenset()
    host: str | None = None
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    words: str = ""
    redirect: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    excerpt: str = ""

    def has(self, *codes: str) -> bool:
        """Return whether one of these codes was found, whatever its case."""
        found = {code.casefold() for code in self.codes}
        return any(code.casefold() in found for code in codes)

    def says(self, *phrases: str) -> bool:
        """Return whether one of these phrases stands in the words, at the start of a word."""
        return any(f" {phrase}" in self.words for phrase in phrases)

    def may_be(self, *flows: str) -> bool:
        """Return whether the flow is one of these, or not known."""
        return not self.flows or not self.flows.isdisjoint(flows)

    def is_flow(self, *flows: str) -> bool:
        """Return whether the flow is known and can only be one of these."""
        return bool(self.flows) and self.flows <= set(flows)

    def yes(self, fact: str) -> bool:
        """Return whether a fact is given as true."""
        return truth(self.facts.get(fact)) is True

    def no(self, fact: str) -> bool:
        """Return whether a fact is given as false."""
        return truth(self.facts.get(fact)) is False

    def number(self, fact: str) -> float | None:
        """Return a fact that is a number, None when it is not given."""
        return number(self.facts.get(fact)) if fact in self.facts else None

    def told(self, fact: str) -> str:
        """Return a fact in the normal form of ``words``; empty when it is not given."""
        return normal(as_text(self.facts.get(fact)))


def read_evidence(text: str) -> Evidence:
    """Return the evidence in a text: a JSON document, or anything pasted."""
    text = text[:MAX_CHARS].lstrip("\ufeff")
    value = _as_json(text)
    return evidence_of(text if value is None else value)


def evidence_of(value: Any) -> Evidence:
    """Return the evidence in a JSON value of any shape."""
    gathered = _Gathered()
    _gather(value, gathered, "", 0)
    text = "\n".join(gathered.texts)[:MAX_CHARS]
    plain = unwrapped(text)
    clues = traces.read(plain)
    redirect = {**clues.redirect, **gathered.redirect}
    facts = {**clues.facts, **gathered.facts}
    codes = tuple(dict.fromkeys((*traces.codes_in(plain), *_codes_of(redirect))))
    given_stage = traces.stage_named(gathered.stage)
    return Evidence(
        stage=given_stage or clues.stage,
        flows=traces.flows_named(gathered.flows) or clues.flows,
        host=gathered.host or clues.host,
        http_status=gathered.status or clues.status,
        headers=gathered.headers,
        codes=codes,
        words=f" {normal(' '.join([plain, *redirect.values()]))} ",
        redirect=redirect,
        facts=facts,
        excerpt=" ".join(plain.split())[:300],
    )


def normal(text: str) -> str:
    """Return a text in the form that phrases are looked for in."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def unwrapped(text: str) -> str:
    """Return a text with escapes undone (JSON in strings, HTML entities, percent), and redacted."""
    for _ in range(3):
        before = text
        text = unescape(text)
        if "\\" in text:
            text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
            text = re.sub(r"\\{1,8}n", "\n", text)
            text = re.sub(r"\\{1,8}([\"'/])", r"\1", text)
        if re.search(r"%[0-9A-Fa-f]{2}", text) or re.search(r"error(_description)?=[\w+-]+", text):
            text = re.sub(r"\S*(?:%[0-9A-Fa-f]{2}|=[\w.+-]+)\S*", _percent_undone, text)
        if text == before:
            break
    return redact(text.encode("utf-8", "replace").decode("utf-8"))


def as_text(value: Any) -> str:
    """Return a fact as text; a list's entries stand in a row."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(f"{key} {as_text(each)}" for key, each in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return " ".join(as_text(each) for each in value)
    return str(value)


@dataclass
class _Gathered:
    stage: str = ""
    flows: list[str] = field(default_factory=list)
    host: str | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    redirect: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


def _gather(value: Any, into: _Gathered, key: str, depth: int) -> None:
    """Walk a document; known keys are taken wherever they stand, all other texts are words."""
    if depth > MAX_DEPTH or value is None:
        return
    if isinstance(value, Mapping):
        for name, each in value.items():
            if not _taken(str(name), each, into):
                _gather(each, into, str(name), depth + 1)
    elif isinstance(value, list | tuple):
        for each in value:
            _gather(each, into, key, depth + 1)
    elif isinstance(value, str) and is_secret_name(key):
        into.texts.append(f"{key}: {shape(value)}")
    elif isinstance(value, str) and (inner := _as_json(value)) is not None:
        _gather(inner, into, key, depth + 1)
    else:
        text = value if isinstance(value, str) else json.dumps(value)
        into.texts.append(f"{key}: {text}" if key else text)


def _taken(name: str, value: Any, into: _Gathered) -> bool:
    """Take what has a place of its own in the record; False for everything else."""
    bare = name.strip().lower().replace("-", "_")
    if bare in _HOLDS_FACTS and isinstance(value, Mapping):
        _take_facts(value, into)
    elif bare in _STAGE and isinstance(value, str):
        into.stage = into.stage or value
    elif bare in _FLOW and isinstance(value, str | list) and _names_a_flow(value):
        into.flows += [value] if isinstance(value, str) else [str(each) for each in value]
    elif bare in _HOST and isinstance(value, str) and traces.hosts_in(value):
        into.host = into.host or traces.hosts_in(value)[0]
    elif bare in _STATUS and (status := _status(value)) is not None:
        into.status = into.status or status
    elif bare in _REDIRECT and isinstance(value, Mapping):
        into.redirect |= {str(key): redact(as_text(each)) for key, each in value.items()}
    elif bare in _HEADERS and isinstance(value, Mapping | list):
        _take_headers(value, into)
    else:
        return False
    return True


def _take_facts(given: Mapping[Any, Any], into: _Gathered) -> None:
    for name, value in given.items():
        known = fact_name(str(name))
        if known is not None and value is not None:
            into.facts[known] = redact(value) if isinstance(value, str) else value
            if known == "page_address":
                into.texts.append(as_text(value))


def _take_headers(value: Mapping[Any, Any] | list[Any], into: _Gathered) -> None:
    pairs: Iterator[tuple[Any, Any]]
    if isinstance(value, Mapping):
        pairs = iter(value.items())
    else:
        pairs = (
            (each[0], each[1]) if isinstance(each, list | tuple) else str(each).partition(":")[::2]
            for each in value
            if isinstance(each, str) or (isinstance(each, list | tuple) and len(each) == 2)
        )
    for name, content in pairs:
        lower = str(name).strip().lower()
        told = shape(as_text(content)) if is_secret_name(lower) else redact(as_text(content))
        into.headers[lower] = told.strip()
        if lower == "location":
            into.texts.append(told)


def _names_a_flow(value: str | list[Any]) -> bool:
    return bool(traces.flows_named([value] if isinstance(value, str) else map(str, value))) or (
        "any" in value
    )


def _status(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    found = re.fullmatch(r"\s*([1-5]\d\d)(?:\s+[A-Za-z ]+)?\s*", str(value))
    return int(found[1]) if found else None


def _codes_of(redirect: Mapping[str, str]) -> Iterator[str]:
    error = redirect.get("error", "").strip()
    if error:
        yield error


def _as_json(text: str) -> Any:
    """Return the JSON a text holds (an object, an array, or JSON in a JSON string), else None."""
    stripped = text.strip()
    if stripped[:1] not in ("{", "[", '"'):
        return None
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) or stripped[0] == '"' else None


def _percent_undone(found: re.Match[str]) -> str:
    return re.sub(r"([?&]|^)(?=\w+=)", r"\1 ", unquote_plus(found[0]))
