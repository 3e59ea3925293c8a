"""Independent requests in one: ``/composite/batch``.

Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-batch.html
"""

from __future__ import annotations

from typing import Any

from sallyport_org import errors
from sallyport_org.rest.subrequests import content, perform
from sallyport_org.web import Context, Reply, json_reply, refusal_reply

MAX_REQUESTS = 25


def batch(context: Context) -> Reply:
    """Answer ``POST /composite/batch``: each sub-request is kept by itself and counted as a call.

    Addresses may be ``v60.0/…`` or ``/services/data/v60.0/…`` (observed). With ``haltOnError``
    those after the first failure are answered 412.
    """
    body = context.call.json_object()
    requests = body.get("batchRequests")
    if not isinstance(requests, list) or not requests:
        raise errors.composite.required_parameter("batchRequests")
    if len(requests) > MAX_REQUESTS:
        raise errors.composite.too_many_subrequests(MAX_REQUESTS, "subrequests")
    results: list[dict[str, Any]] = []
    failed = False
    for one in requests:
        if failed and body.get("haltOnError") is True:
            reply = refusal_reply(errors.composite.batch_halted())
        else:
            reply = _answer(context, one)
        failed = failed or reply.status >= 400
        results.append({"statusCode": reply.status, "result": content(reply)})
    return json_reply({"hasErrors": failed, "results": results})


def _answer(context: Context, asked: Any) -> Reply:
    if not isinstance(asked, dict) or not asked.get("method") or not asked.get("url"):
        raise errors.composite.required_parameter("method and url")
    used, most = context.org.count_call()
    if used > most:
        return refusal_reply(errors.rest.too_many_calls())
    headers = asked.get("httpHeaders") or {}
    reply = perform(
        context, str(asked["method"]), str(asked["url"]), asked.get("richInput"), headers
    )
    try:
        content(reply)
    except errors.Refusal as refusal:
        return refusal_reply(refusal)
    return reply
