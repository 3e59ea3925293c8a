"""Asking a running simulator's admin API from the command line.

What belongs here: one request, and leaving with one sentence when it is refused. What does not: the
commands.
"""

from __future__ import annotations

import http.client
import json
import os
from typing import Annotated, Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import typer

from sallyport_org.addresses import ADMIN_API

DEFAULT_URL = "http://127.0.0.1:8421"
URL_VARIABLE = "SALLYPORT_ORG_URL"
TOKEN_VARIABLE = "SALLYPORT_ORG_ADMIN_TOKEN"  # noqa: S105 - the name of a variable
WAIT_SECONDS = 120.0
USAGE_ERROR, FAILURE = 2, 1

Url = Annotated[
    str, typer.Option(envvar=URL_VARIABLE, help="Plain address of the running simulator.")
]
Org = Annotated[
    str, typer.Option(help="The org: its id, its My Domain host, or default (the first).")
]


def ask(
    url: str,
    method: str,
    path: str,
    body: object = None,
    query: dict[str, str | int | None] | None = None,
) -> Any:
    """Return what the admin API answers; leaves with code 1 and one sentence when it refuses.

    ``path`` is below the API's root; a query's None values are left out. The admin token, if one
    is needed, is read from ``SALLYPORT_ORG_ADMIN_TOKEN``.
    """
    place = urlsplit(url)
    if place.scheme != "http" or not place.hostname:
        stop(f"--url: {url!r} is no address of a plain door, e.g. {DEFAULT_URL}", USAGE_ERROR)
    given = {key: value for key, value in (query or {}).items() if value is not None}
    target = ADMIN_API + quote(path) + (f"?{urlencode(given)}" if given else "")
    token = os.environ.get(TOKEN_VARIABLE)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    payload = None if body is None else json.dumps(body)
    try:
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=WAIT_SECONDS)
        connection.request(method, target, payload, headers)
        reply = connection.getresponse()
        answer = json.loads(reply.read())
    except (OSError, ValueError, http.client.HTTPException) as failure:
        stop(f"nothing answers as sallyport-org at {url}: {failure}", FAILURE)
    if reply.status >= http.HTTPStatus.BAD_REQUEST:
        stop(_sentence(answer, reply.status), FAILURE)
    return answer


def show(answer: object) -> None:
    """Print an answer as indented JSON."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def stop(message: str, code: int) -> NoReturn:
    """Say one sentence on stderr and leave."""
    typer.echo(f"sallyport-org: {message}", err=True)
    raise typer.Exit(code)


def pairs(options: list[str] | None, name: str) -> dict[str, Any]:
    """Return ``key=value`` options as a mapping; values that are JSON are read as such."""
    read: dict[str, Any] = {}
    for option in options or ():
        key, sign, value = option.partition("=")
        if not key or not sign:
            stop(f"{name}: {option!r} is not of the form name=value", USAGE_ERROR)
        try:
            read[key] = json.loads(value)
        except ValueError:
            read[key] = value
    return read


def _sentence(answer: object, status: int) -> str:
    if isinstance(answer, dict) and "message" in answer:
        return str(answer["message"])
    return f"the simulator answered {status}: {answer}"
