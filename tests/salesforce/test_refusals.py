import json
from typing import Any

import pytest

from sallyport.errors import RemoteRefused, RemoteUnavailable, SallyportError, SessionRejected
from sallyport.salesforce.error_bodies import Words, read_words
from sallyport.salesforce.replies import Headers, Reply, Request, TemporarilyRefused, refusal

SOAP_FAULT = """<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope
 xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:sf="urn:fault.partner.soap.sforce.com">
<soapenv:Body><soapenv:Fault><faultcode>INVALID_LOGIN</faultcode>
<faultstring>INVALID_LOGIN: Invalid username.</faultstring><detail><sf:LoginFault>
<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>
<sf:exceptionMessage>Invalid username.</sf:exceptionMessage></sf:LoginFault></detail>
</soapenv:Fault></soapenv:Body></soapenv:Envelope>"""
BARE_FAULT = """<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault>
<faultcode>sf:UNKNOWN</faultcode><faultstring>UNKNOWN: words</faultstring>
</e:Fault></e:Body></e:Envelope>"""
BULK_1 = """<?xml version="1.0"?><error xmlns="http://www.force.com/2009/06/asyncapi/dataload">
<exceptionCode>InvalidSessionId</exceptionCode>
<exceptionMessage>Invalid session id</exceptionMessage></error>"""
EDGE = """<html><head><title>t</title><style>x{}</style></head>
<body><h1>We are setting things up.</h1></body></html>"""
BOMB = """<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>
<error><exceptionCode>&b;</exceptionCode></error>"""


def answer(status: int, body: Any, **headers: str) -> SallyportError:
    raw = body if isinstance(body, str) else json.dumps(body)
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return refusal(Reply(status, Headers(named), raw.encode()), during="GET /query")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            '[{"message":"No such column","errorCode":"INVALID_FIELD","fields":["Foo"]}]',
            Words("INVALID_FIELD", "No such column", ("Foo",)),
        ),
        (
            '{"error_description":"inactive user","error":"invalid_grant"}',
            Words("invalid_grant", "inactive user"),
        ),
        (
            '{"exceptionCode":"InvalidJob","exceptionMessage":"No such job"}',
            Words("InvalidJob", "No such job"),
        ),
        (SOAP_FAULT, Words("INVALID_LOGIN", "Invalid username.")),
        (BARE_FAULT, Words("UNKNOWN", "words")),
        (BULK_1, Words("InvalidSessionId", "Invalid session id")),
        (EDGE, Words("", "We are setting things up.")),
        (
            "error=invalid_token&error_description=invalid%20token",
            Words("invalid_token", "invalid token"),
        ),
        ("Bad_OAuth_Token", Words("Bad_OAuth_Token", "Bad_OAuth_Token")),
        ("something went wrong", Words("", "something went wrong")),
        ("", Words()),
        ("[]", Words("", "[]")),
        ("{broken", Words("", "{broken")),
    ],
)
def test_every_shape_of_refusal_gives_code_and_text(body: str, words: Words) -> None:
    assert read_words("", body) == words


def test_entities_in_a_fault_are_not_expanded() -> None:
    assert "aaaa" not in read_words("text/xml", BOMB).code


def test_a_refusal_keeps_salesforces_words_and_says_what_was_tried() -> None:
    text = "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo'"
    error = answer(400, [{"message": text, "errorCode": "INVALID_FIELD"}])
    assert isinstance(error, RemoteRefused)
    assert (error.status, error.code, error.text) == (400, "INVALID_FIELD", text)
    assert "GET /query" in error.message
    assert "No such column 'Foo' [INVALID_FIELD] (HTTP 400)" in error.message


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
        (401, ""),
        (400, BULK_1),
    ],
)
def test_a_dead_session_is_told_apart(status: int, body: Any) -> None:
    assert isinstance(answer(status, body), SessionRejected)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (
            503,
            [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}],
            "SERVER_UNAVAILABLE",
        ),
        (502, "<html><body>Bad gateway</body></html>", "HTTP_502"),
        (500, "", "HTTP_500"),
        (420, EDGE, "HTTP_420"),
        (429, "", "HTTP_429"),
        (
            403,
            [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
            "REQUEST_LIMIT_EXCEEDED",
        ),
        (406, [{"message": "x", "errorCode": "CustomNotAcceptable"}], "CustomNotAcceptable"),
    ],
)
def test_what_time_may_heal_is_unavailable(status: int, body: Any, code: str) -> None:
    error = answer(status, body)
    assert isinstance(error, RemoteUnavailable)
    assert isinstance(error, TemporarilyRefused)
    assert (error.stage, error.status, error.code) == ("http", status, code)
    assert error.cure


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (500, SOAP_FAULT, "INVALID_LOGIN"),
        (501, "not modelled", "HTTP_501"),
        (410, "", "GONE"),
        (404, [{"message": "no", "errorCode": "NOT_FOUND"}], "NOT_FOUND"),
    ],
)
def test_a_verdict_is_not_retried(status: int, body: Any, code: str) -> None:
    error = answer(status, body)
    assert type(error) is RemoteRefused
    assert error.code == code


def test_a_redirect_is_reported_without_its_query() -> None:
    error = answer(302, "", Location="https://acme.my.salesforce.com/secur?sid=s3cret")
    assert "https://acme.my.salesforce.com/secur" in error.message
    assert "s3cret" not in error.message


def test_a_request_shows_neither_token_nor_body() -> None:
    request = Request(
        "POST",
        "https://acme.my.salesforce.com/services?sid=s3cret",
        {"Authorization": "Bearer s3cret", "Accept": "text/csv"},
        b"password=s3cret",
    )
    assert "s3cret" not in repr(request)
    assert "text/csv" in repr(request)


def test_headers_are_found_in_any_letter_case() -> None:
    headers = Headers([("Sforce-Locator", "abc"), ("sforce-locator", "last")])
    assert headers["SFORCE-LOCATOR"] == "last"
    assert "Sforce-Locator" in headers
    assert len(headers) == 1


def test_a_body_that_is_not_json_is_named_as_such() -> None:
    with pytest.raises(RemoteUnavailable, match="should have been JSON") as caught:
        Reply(200, Headers([("Content-Type", "text/html")]), b"<html>").json()
    assert caught.value.stage == "body"
