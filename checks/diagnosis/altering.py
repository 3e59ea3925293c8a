"""The same refusals as other clients show them: other names and ids, blanks, order, wrapping.

What belongs here: ways to dress a row's evidence. What does not: judging. Nothing that a refusal
means is changed; everything else is.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from checks.diagnosis.judging import Row

_ADDRESS = {
    "token-endpoint": "/services/oauth2/token",
    "authorize-redirect": "/services/oauth2/authorize",
    "soap-fault": "/services/Soap/u/58.0",
    "rest-data-call": "/services/data/v61.0/query",
    "introspection-endpoint": "/services/oauth2/introspect",
    "bulk-job": "/services/data/v61.0/jobs/query/750xx0000000001AAA",
    "login-page": "/",
    "network": "/",
}
_GRANT = {
    "password": "password",
    "refresh": "refresh_token",
    "web-server": "authorization_code",
    "jwt": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "client-credentials": "client_credentials",
    "device": "device",
}
_HOST = "widgets-and-sons--uat.sandbox.my.salesforce.com"


def other_names(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """Other ids, hosts and version numbers; the document indented with its keys turned round."""
    told = _told(row, flow, facts)
    return _renamed(json.dumps(_turned(told), indent=4))


def camel_keys(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """A JavaScript client's error object, keys in camel case, the body as a string in it."""
    body = row["body"]
    told = {
        "name": "Error",
        "context": {"Stage": row["stage"].replace("-", "_").upper(), "authFlow": flow},
        "facts": {_camel(name): value for name, value in facts.items()},
        "response": {
            "statusCode": row["http_status"],
            "body": body if isinstance(body, str) else json.dumps(_turned(body)),
            "redirectParams": row.get("redirect_params"),
        },
    }
    if flow is not None:
        told["flow"] = flow.replace("-", "_")
    return json.dumps(told)


def log_line(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """A structured log line whose message holds the whole answer as escaped JSON."""
    message = json.dumps(json.dumps({"status": row["http_status"], "content": row["body"]}))
    record = {
        "type": "LOG",
        "log": {"level": "ERROR", "message": f"Salesforce call failed: {message}"},
        "attempt": [{"step": row["stage"], "flow": flow, "http_status": row["http_status"]}],
        "facts": dict(facts),
        "redirect_url": _callback(row),
    }
    return json.dumps(_turned(record))


def curl(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """What ``curl -v`` prints, in a document with the facts beside it."""
    body = row["body"]
    shown = body if isinstance(body, str) else "" if body is None else json.dumps(body, indent=1)
    sent = _GRANT.get(flow or "", "")
    host = "login.salesforce.com" if row["stage"] == "login-page" else _HOST
    lines = [
        f"* Connected to {host} (101.53.160.1) port 443",
        f"> POST {_ADDRESS[row['stage']]} HTTP/1.1",
        f"> Host: {host}",
        f"> grant_type={sent}&client_id=3MVG9abc" if sent else ">",
        f"< HTTP/1.1 {row['http_status']} " if row["http_status"] else "<",
        *(f"< {name}: {value}" for name, value in (row.get("headers") or {}).items()),
        f"< Location: {location}" if (location := _callback(row)) else "<",
        "<",
        re.sub(r">\s*<", ">\n   <", shown),
    ]
    told = {"stage": row["stage"], "pasted": "\r\n".join(lines), "facts": dict(facts)}
    return json.dumps(told | ({"flow": flow} if flow else {}))


def listed(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """A list of one record, with every string padded by blanks and line ends."""
    return json.dumps([{"evidence": _padded(_told(row, flow, {})), "facts": dict(facts)}])


def traceback(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """A Python exception's text in a document: the body as a Python literal."""
    shown = f"Response status {row['http_status']}. Response content: {row['body']!r}"
    text = (
        "Traceback (most recent call last):\n"
        '  File "/srv/sync/app.py", line 211, in connect\n'
        f"integration.errors.UpstreamError: {shown}"
    )
    told = {"exception": text, "stage": row["stage"], "facts": dict(facts)}
    if row.get("redirect_params"):
        told["redirect_url"] = _callback(row)
    if row["http_status"]:
        told["status_code"] = str(row["http_status"])
    return json.dumps(told | ({"flow": [flow]} if flow else {}))


DRESSES = (other_names, camel_keys, log_line, curl, listed, traceback)


def _told(row: Row, flow: str | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: row[key] for key in ("stage", "http_status", "body") if row.get(key) is not None}
    if row.get("redirect_params"):
        told["redirect_params"] = row["redirect_params"]
    if flow is not None:
        told["flow"] = flow
    return told | ({"facts": dict(facts)} if facts else {})


def _renamed(text: str) -> str:
    for old, new in (
        ("<domain>", "widgets-and-sons"),
        ("<echoed>", "q8Zk2"),
        ("65.0", "67.0"),
        ("(20.0)", "(24.0)"),
        ("(21.0)", "(31.0)"),
        ("15000/15000", "108000/100000"),
        ("<text varies>", "job limit for this org"),
        ("<message not recorded here>", "no access to this call"),
    ):
        text = text.replace(old, new)
    return text


def _turned(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _turned(value[key]) for key in reversed(list(value))}
    return [_turned(each) for each in value] if isinstance(value, list) else value


def _padded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _padded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_padded(each) for each in value]
    if isinstance(value, str):
        return "\n  " + value.replace(" ", "  ") + " \t\n"
    return value


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


def _callback(row: Row) -> str | None:
    parameters = row.get("redirect_params")
    if not parameters:
        return None
    return f"https://sync.example.org/callback?{urlencode(parameters)}#_=_"
