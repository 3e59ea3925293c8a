"""Faults of the way between server and client: late, cut, slow, lost and doubled answers.

What belongs here: what a struck fault does to a request on its way in and to an answer on its way
out. What does not: refusals (handlers word them) and the usual way of sending (``doors``).

The doors call, in this order: :func:`meet` when a request has come, :func:`instead` before it is
answered, :func:`again` after, :func:`meet_late` if its org was not known before, and :func:`send`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web
from multidict import CIMultiDict

from sallyport_org.faults.journal import Journal
from sallyport_org.faults.kinds import TRANSPORT
from sallyport_org.faults.model import Fault, Faults
from sallyport_org.web import Call, Reply

SPARED = "/simulator"
"""The administration of the simulator is never disturbed: it is where faults are taken away."""

EDGE_PAGE = (
    b"<html><head><title>Setting things up</title></head><body><p>We are setting things up. This "
    b"process can take a few minutes. This page will auto-refresh when ready.</p></body></html>"
)
"""What Salesforce's edge shows while it cannot route to an org (sentences observed, page assumed).
"""

SERVER = "sfdcedge"
"""What Salesforce's answers name as their server (observed)."""

_WHOLE_ANSWER = ("reset", "truncate", "wrong_length")
_TICK = 0.05
"""Seconds between two pieces of a slow answer, and before a reset, so that what was sent arrives.
"""

Usual = Callable[[web.BaseRequest, Reply], Awaitable[web.StreamResponse]]


def meet(journal: Journal, call: Call) -> Call:
    """Let the faults of the transport strike a request; returns it as it is answered.

    An answer that will be cut is asked for uncompressed, so that what is left can be read.
    """
    _strike(journal, TRANSPORT)
    if not any(kind in journal.troubles for kind in _WHOLE_ANSWER):
        return call
    headers = CIMultiDict(call.headers)
    headers["Accept-Encoding"] = "identity"
    return replace(call, headers=headers)


def meet_late(journal: Journal, known_before: bool) -> None:
    """Let faults strike once the org that answered a request at a login host is known.

    Those that act before an answer (``edge_420``, ``timeout``, ``duplicate``) cannot strike there.
    """
    if not known_before:
        late = ("clock_skew", "slow", "reset", "truncate", "wrong_length", "answer_lost")
        _strike(journal, late)


async def instead(journal: Journal) -> Reply | None:
    """Return what is answered in place of the org, or None; waits out a ``timeout``."""
    if not journal.troubles:
        return None
    if "edge_420" in journal.troubles:
        return edge_reply()
    timeout = journal.troubles.get("timeout")
    if timeout is not None and not timeout.settings.get("applied"):
        await _wait(timeout)
        return Reply(504)
    return None


def edge_reply() -> Reply:
    """Return the edge's answer while it cannot route to an org: by fault, or while one wakes."""
    return Reply(420, {"Content-Type": "text/html;charset=utf-8"}, EDGE_PAGE)


def again(journal: Journal) -> bool:
    """Say whether the request is delivered a second time."""
    return "duplicate" in journal.troubles


def _date(journal: Journal, faults: Faults) -> str:
    """Return the header ``Date``: the org's time, or that of a server whose clock is wrong."""
    now = faults.now()
    skew = journal.troubles.get("clock_skew")
    if skew is not None:
        now += timedelta(seconds=float(skew.settings.get("seconds", 30.0)))
    return format_datetime(now, usegmt=True)


async def send(
    request: web.BaseRequest, reply: Reply, journal: Journal, usual: Usual
) -> web.StreamResponse:
    """Send an answer, the usual way unless a fault struck."""
    reply.headers.setdefault("Server", SERVER)
    if journal.faults is not None:
        reply.headers.setdefault("Date", _date(journal, journal.faults))
    troubles = journal.troubles
    if not troubles:
        return await usual(request, reply)
    if "timeout" in troubles:
        if troubles["timeout"].settings.get("applied"):
            await _wait(troubles["timeout"])
        _close(request)
        return _nothing(reply)
    if "answer_lost" in troubles:
        _reset(request)
        return _nothing(reply)
    if "slow" in troubles or any(kind in troubles for kind in _WHOLE_ANSWER):
        return await _send_badly(request, reply, troubles)
    return await usual(request, reply)


async def _send_badly(
    request: web.BaseRequest, reply: Reply, troubles: dict[str, Fault]
) -> web.StreamResponse:
    """Send an answer cut, slowly, or both; it is put together in memory first."""
    body = await asyncio.get_running_loop().run_in_executor(None, _whole, reply)
    promised = len(body)
    if "truncate" in troubles:
        body = _truncated(body, troubles["truncate"])
        promised = len(body)
    elif "wrong_length" in troubles:
        body = body[: max(len(body) - int(troubles["wrong_length"].settings.get("missing", 1)), 0)]
    elif "reset" in troubles:
        body = body[: int(troubles["reset"].settings.get("bytes", len(body) // 2))]
    response = web.StreamResponse(status=reply.status, headers=reply.headers)
    response.content_length = promised
    await response.prepare(request)
    try:
        await _write(response, body, troubles.get("slow"))
    except ConnectionError:
        return response  # the client had enough of waiting
    if "reset" in troubles:
        await asyncio.sleep(_TICK)
        _reset(request)
    elif "wrong_length" in troubles:
        _close(request)
    else:
        await response.write_eof()
    return response


async def _write(response: web.StreamResponse, body: bytes, slow: Fault | None) -> None:
    if slow is None:
        await response.write(body)
        return
    await _wait(slow)
    rate = float(slow.settings.get("bytes_per_second", 1000.0))
    size = max(int(rate * _TICK), 1)
    for start in range(0, len(body), size):
        await response.write(body[start : start + size])
        await asyncio.sleep(size / rate)


def _whole(reply: Reply) -> bytes:
    return reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)


def _truncated(body: bytes, fault: Fault) -> bytes:
    """Return the beginning of a body: as many CSV rows, or bytes, as the fault leaves."""
    rows = fault.settings.get("rows")
    if rows is None:
        return body[: int(fault.settings.get("bytes", len(body) // 2))]
    quoted, left = False, int(rows) + 1
    for found in re.finditer(rb'["\n]', body):
        if found[0] == b'"':
            quoted = not quoted
        elif not quoted:
            left -= 1
            if left == 0:
                return body[: found.end()]
    return body


def _strike(journal: Journal, kinds: tuple[str, ...]) -> None:
    """Collect the faults that strike this request, each kind at most once."""
    if not journal.faults or journal.path.lower().startswith(SPARED):
        return
    with journal.open():
        for kind in kinds:
            fault = journal.faults.strike(kind)
            if fault is not None:
                journal.troubles[kind] = fault


async def _wait(fault: Fault) -> None:
    """Wait as long as a fault says, or until it is removed, without holding up anybody else."""
    await asyncio.get_running_loop().run_in_executor(None, fault.wait)


def _reset(request: web.BaseRequest) -> None:
    """Close the connection with a reset: what the client has not read yet is lost."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


def _close(request: web.BaseRequest) -> None:
    """Close the connection after what was written."""
    if request.transport is not None:
        request.transport.close()


def _nothing(reply: Reply) -> web.StreamResponse:
    """Return the answer nobody gets: the connection it would go over is gone."""
    return web.Response(status=reply.status)
