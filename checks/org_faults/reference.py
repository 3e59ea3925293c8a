"""The reference table, and whether an answer is what a row of it says.

What belongs here: reading a row, and comparing. What does not: producing answers. The table's
placeholders are patterns: ``<…>`` and ``…`` stand for any text, ``<22 chars>`` for as many
characters; a null is something nobody has recorded.

JSON is compared as bytes: the row's keys in the row's order, without blanks.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from checks.doors import Answer

FILE = "reference/salesforce-auth-failures.json"
_HOLES = re.compile(
    r"<(\d+) chars>|<(?:echoed|domain|text varies|message not recorded here)>|\s*…\s*"
)


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    id: str
    stage: str
    flows: tuple[str, ...]
    status: int | None
    body: Any
    headers: Mapping[str, str]
    redirect: Mapping[str, str]
    logins: tuple[str, ...]
    evidence: str

    @property
    def code(self) -> str:
        """The error code of the body or the address, as far as the row names one."""
        if "error" in self.redirect:
            return self.redirect["error"]
        body = self.body[0] if isinstance(self.body, list) else self.body
        if isinstance(body, dict):
            names = ("error", "errorCode", "exceptionCode")
            return str(next((body[name] for name in names if name in body), ""))
        found = re.search(r"exceptionCode>(\w+)<|^error=(\w+)&", body or "")
        return next((one for one in found.groups() if one), "") if found else ""


def read(shared: Path) -> dict[str, Row]:
    """Return the rows by id."""
    table = json.loads((shared / FILE).read_text(encoding="utf-8"))
    return {one["id"]: _row(one) for one in table}


def _row(one: Mapping[str, Any]) -> Row:
    return Row(
        id=one["id"],
        stage=one["stage"],
        flows=tuple(one["flow"]),
        status=one["http_status"],
        body=one["body"],
        headers=one.get("headers", {}),
        redirect=one.get("redirect_params", {}),
        logins=tuple(one.get("login_history", ())),
        evidence=one["evidence"],
    )


def differences(row: Row, answer: Answer, body: Any, state: str) -> list[str]:
    """Return in what an answer differs from a row, whose body may be another's; ``state`` is what
    the client sent along."""
    found = []
    if row.status is not None and answer.status != row.status:
        found.append(f"status {answer.status}, not {row.status}")
    for name, wanted in row.headers.items():
        given = answer.headers.get(name.lower(), "")
        if not _fits(wanted, given):
            found.append(f"{name}: {given!r}, not {wanted!r}")
    parts = urlsplit(answer.url)
    told = dict(parse_qsl(f"{parts.query}&{parts.fragment}", keep_blank_values=True))
    for name, wanted in row.redirect.items():
        expected = state if wanted == "<echoed>" else wanted
        if told.get(name) != expected:
            found.append(f"{name}={told.get(name)!r} in the address, not {expected!r}")
    if body is not None and not _is_body(body, answer):
        found.append(f"body {answer.text!r}, not {_text(body)!r}")
    return found


def _is_body(wanted: Any, answer: Answer) -> bool:
    given = answer.text
    if isinstance(wanted, dict) and None in wanted.values():
        return all(_tells(given, name, value) for name, value in wanted.items() if value)
    if not isinstance(wanted, str):
        return _fits(_text(wanted), given)
    if answer.headers.get("content-type", "").startswith("text/html") and "<body" in given:
        return wanted in _words(given) or _fits(wanted, given.strip())
    if wanted.startswith("<loginResponse>"):
        return re.search(_pattern(wanted), given, re.DOTALL) is not None
    return _fits(wanted, given)


def _tells(given: str, name: str, value: str) -> bool:
    """Say whether XML or JSON has a value under a name."""
    return f"{name}>{value}<" in given or f'"{name}":"{value}"' in given


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _words(page: str) -> str:
    body = page.partition("<body")[2].partition(">")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def _fits(wanted: str, given: str) -> bool:
    return re.fullmatch(_pattern(wanted), given, re.DOTALL) is not None


def _pattern(wanted: str) -> str:
    pieces, end = [], 0
    for hole in _HOLES.finditer(wanted):
        pieces.append(re.escape(wanted[end : hole.start()]))
        pieces.append(f".{{{hole[1]}}}" if hole[1] else ".*")
        end = hole.end()
    return "".join(pieces) + re.escape(wanted[end:])
