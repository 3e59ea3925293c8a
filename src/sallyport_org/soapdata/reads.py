"""SOAP calls that read: queries, retrieve, replication and describes.

What belongs here: asking the REST rooms and writing their answers as XML. What does not: changing
records. A REST refusal becomes a fault of the same code and words (observed).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sallyport_org import errors
from sallyport_org.rest.subrequests import content, perform
from sallyport_org.soapdata.sobjects import texts, write_record, write_result, write_value

if TYPE_CHECKING:
    from sallyport_org.soap.operations import SoapCall

MOST_RETRIEVED = 2000
MOST_DESCRIBED = 100


def _query(name: str, resource: str) -> Callable[[SoapCall], str]:
    def answer(call: SoapCall) -> str:
        page = _ask(call, resource, q=call.request.value("queryString"))
        return f"<{name}Response>{write_result(page, call.dialect)}</{name}Response>"

    return answer


def _query_more(call: SoapCall) -> str:
    page = _ask(call, f"query/{call.request.value('queryLocator')}")
    return f"<queryMoreResponse>{write_result(page, call.dialect)}</queryMoreResponse>"


def _retrieve(call: SoapCall) -> str:
    """Answer with the records at their ids' places; a missing one is nil (documented)."""
    wanted = texts(call.request.element, "ids")
    if len(wanted) > MOST_RETRIEVED:
        raise errors.soap.refused_as_in_rest(
            "EXCEEDED_ID_LIMIT", f"cannot retrieve more than {MOST_RETRIEVED} records in this call"
        )
    body = {"ids": wanted, "fields": call.request.value("fieldList").split(",")}
    kind = call.request.value("sObjectType")
    found = _ask(call, f"composite/sobjects/{kind}", body=body)
    results = [
        write_record(one, call.dialect, "result") if one else '<result xsi:nil="true"/>'
        for one in found
    ]
    return f"<retrieveResponse>{''.join(results)}</retrieveResponse>"


def _replicated(name: str, resource: str) -> Callable[[SoapCall], str]:
    def answer(call: SoapCall) -> str:
        start, end = (call.request.value(one) for one in ("startDate", "endDate"))
        path = f"sobjects/{call.request.value('sObjectType')}/{resource}"
        return _plain(name, _ask(call, path, start=start, end=end))

    return answer


def _describe_global(call: SoapCall) -> str:
    return _plain("describeGlobal", _ask(call, "sobjects"))


def _describe_sobjects(name: str) -> Callable[[SoapCall], str]:
    def answer(call: SoapCall) -> str:
        wanted = texts(call.request.element, "sObjectType")
        if len(wanted) > MOST_DESCRIBED:
            raise errors.soap.refused_as_in_rest(
                "LIMIT_EXCEEDED", f"cannot describe more than {MOST_DESCRIBED} objects in this call"
            )
        return _plain(name, [_described(call, one) for one in wanted])

    return answer


def _described(call: SoapCall, name: str) -> Any:
    if name not in call.context.schema:
        refusal = errors.records.unknown_type(name)
        raise errors.soap.refused_as_in_rest(refusal.code, refusal.message)
    return _ask(call, f"sobjects/{name}/describe")


def _plain(name: str, body: Any) -> str:
    return f"<{name}Response>{write_value('result', body)}</{name}Response>"


def _ask(call: SoapCall, resource: str, body: Any = None, **parameters: str) -> Any:
    """Return what REST answers to the same question; raises its refusal as a fault."""
    size = call.request.header("QueryOptions", "batchSize").strip()
    headers = {"Sforce-Query-Options": f"batchSize={size}"} if size else {}
    url = f"/services/data/v{call.version}/{resource}?{urlencode(parameters)}"
    reply = perform(call.context, "GET" if body is None else "POST", url, body, headers)
    answer = content(reply)
    if reply.status >= 400:
        raise errors.soap.refused_as_in_rest(answer[0]["errorCode"], answer[0]["message"])
    return answer


READS: dict[str, Callable[[SoapCall], str]] = {
    "query": _query("query", "query"),
    "queryAll": _query("queryAll", "queryAll"),
    "queryMore": _query_more,
    "retrieve": _retrieve,
    "getUpdated": _replicated("getUpdated", "updated"),
    "getDeleted": _replicated("getDeleted", "deleted"),
    "describeGlobal": _describe_global,
    "describeSObject": _describe_sobjects("describeSObject"),
    "describeSObjects": _describe_sobjects("describeSObjects"),
}
"""Who answers which call."""
