"""Playing a flow against written replies: this is asked, that is answered, nothing is sent."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sallyport.auth.grants import Flow, Grant
from sallyport.salesforce.hosts import AllowedHosts, parse_org_url
from sallyport.salesforce.replies import Headers, Reply, Request

ACME = parse_org_url("acme.my.salesforce.com", field="login", allowed=AllowedHosts())
LOGIN = parse_org_url("login.salesforce.com", field="login", allowed=AllowedHosts())
JSON = Headers([("Content-Type", "application/json;charset=UTF-8")])
XML = Headers([("Content-Type", "text/xml;charset=UTF-8")])


@dataclass(frozen=True)
class Played:
    """What a flow asked and what it came to."""

    requests: list[Request]
    grant: Grant


def play(flow: Flow, *replies: Reply) -> Played:
    """Answer the flow's requests in order; it must want exactly these replies."""
    asked = [next(flow)]
    for reply in replies[:-1]:
        asked.append(flow.send(reply))
    try:
        flow.send(replies[-1])
    except StopIteration as end:
        return Played(asked, end.value)
    raise AssertionError("the flow wants more replies than were written")


def json_reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, JSON, json.dumps(value).encode())


def refusal(error: str, description: str, status: int = 400) -> Reply:
    """Return a token endpoint's refusal, in the key order that is often seen."""
    return json_reply({"error_description": description, "error": error}, status)


def fault(code: str, text: str, status: int = 500) -> Reply:
    """Return a SOAP fault as login() gives it (observed)."""
    return Reply(
        status,
        XML,
        (
            '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
            ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:sf="urn:fault.partner.soap.sforce.com"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
            f"<faultcode>{code}</faultcode><faultstring>{code}: {text}</faultstring><detail>"
            f'<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
            f"<sf:exceptionMessage>{text}</sf:exceptionMessage></sf:LoginFault></detail>"
            "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
        ).encode(),
    )


def form_of(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}
