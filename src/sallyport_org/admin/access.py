"""Who may administer the simulator, what is asked, and how its refusals are written.

What belongs here: the check before every handler, finding the org a path names, and turning
refusals into answers. What does not: any handler.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from sallyport_org import errors
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.inputs import BadInput
from sallyport_org.loading import LoadError
from sallyport_org.rows.generate import UnknownRowsError
from sallyport_org.schema.metadata import MetadataError
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, Visit, json_reply

DEFAULT = "default"
"""What stands for the first org in a path."""

Handler = Callable[..., Reply]


class NotThereError(LookupError):
    """The path names something that does not exist."""


class NowNotError(RuntimeError):
    """What is asked cannot be done as things are."""


def guarded(handler: Handler) -> Handler:
    """Return a handler of a visit that answers whoever may ask, and refuses in JSON."""

    def answer(visit: Visit, *variables: str) -> Reply:
        closed = _closed(visit)
        if closed is not None:
            return _refused(403, closed)
        try:
            return handler(visit, *variables)
        except BadInput as wrong:
            return _refused(400, str(wrong), wrong.field)
        except (ChangeRefusedError, LoadError, MetadataError, UnknownRowsError) as wrong:
            return _refused(400, str(wrong))
        except NotThereError as missing:
            return _refused(404, str(missing.args[0]))
        except NowNotError as clash:
            return _refused(409, str(clash))

    return answer


def of_org(handler: Callable[..., Reply]) -> Handler:
    """Return a handler whose first variable names an org; the wrapped one takes visit and org."""

    def answer(visit: Visit, name: str, *variables: str) -> Reply:
        return handler(visit, find_org(visit, name), *variables)

    return guarded(answer)


def find_org(visit: Visit, name: str) -> Org:
    """Return the org of an id (15 or 18 characters), a My Domain host, or ``default``."""
    if name == DEFAULT:
        return visit.cloud.default
    by_host = next((one for one in visit.cloud.orgs if one.host == name.lower()), None)
    org = by_host or (visit.cloud.org(name) if len(name) in (15, 18) else None)
    if org is None:
        known = ", ".join(f"{one.id} ({one.host})" for one in visit.cloud.orgs)
        raise NotThereError(f"no org is called {name!r}; there are {known}")
    return org


def body(call: Call) -> dict[str, Any]:
    """Return the JSON object a request carries; an empty body is an empty object."""
    if not call.body:
        return {}
    try:
        value = call.json()
    except errors.Refusal as broken:
        raise BadInput("body", call.body[:60], f"give JSON ({broken.message})") from broken
    if not isinstance(value, dict):
        raise BadInput("body", value, "give a JSON object")
    return value


def done(**what: object) -> Reply:
    """Return an answer that says what was done."""
    return json_reply(what)


def _closed(visit: Visit) -> str | None:
    """Return why a visitor may not administer, or None."""
    if visit.place.kind != "local":
        return (
            f"the admin API does not answer at {visit.call.host}; "
            "ask at the address of a plain door, like http://127.0.0.1:8421"
        )
    origin = visit.call.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != urlsplit(visit.call.base_url).netloc:
        return f"pages of {origin} may not use the admin API; ask from a program"
    token = visit.cloud.admin_token
    if token is not None:
        given = visit.call.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if hmac.compare_digest(given.encode(), token.encode()):
            return None
        return "the admin token is missing or wrong; send it as Authorization: Bearer"
    if is_loopback(visit.call.remote) and _is_local_name(visit.call.host):
        return None
    return (
        f"the admin API answers programs on its own machine, not {visit.call.remote} at "
        f"{visit.call.host}; start the simulator with --admin-token to open it"
    )


def is_loopback(address: str) -> bool:
    """Say whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _is_local_name(host: str) -> bool:
    """Keep out pages whose name was made to point at this machine (DNS rebinding)."""
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def _refused(status: int, message: str, field: str | None = None) -> Reply:
    about = {} if field is None else {"field": field}
    return json_reply({"message": message, **about}, status)
