"""Reading evidence: any shape gives the same record, nothing raises, no secret stays."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sallyport.diagnosis.evidence import evidence_of, read_evidence
from sallyport.diagnosis.findings import diagnose

REFUSAL = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "shape",
    [
        REFUSAL,
        [REFUSAL],
        {"response": {"data": json.dumps(REFUSAL)}},
        {"log": {"message": f"refused: {json.dumps(json.dumps(REFUSAL))}"}},
        {"exception": f"Response content: {REFUSAL!r}"},
        "error=invalid_grant&error_description=expired%20access%2Frefresh%20token",
        "<p>error=invalid_grant&amp;error_description=expired+access%2Frefresh+token</p>",
    ],
    ids=["object", "list", "nested text", "escaped log", "Python repr", "form", "page"],
)
def test_the_words_are_found_however_they_are_wrapped(shape: Any) -> None:
    evidence = evidence_of(shape)

    assert evidence.has("invalid_grant")
    assert evidence.says("expired access refresh token")


def test_known_keys_are_taken_wherever_they_stand() -> None:
    evidence = evidence_of(
        {
            "attempt": [{"Stage": "TOKEN_ENDPOINT", "flow": "refresh_token"}],
            "response": {"statusCode": "400", "host": "acme.my.salesforce.com"},
            "facts": {"idleDays": 41, "somethingElse": 1},
        }
    )

    assert evidence.stage == "token-endpoint"
    assert evidence.flows == {"refresh"}
    assert evidence.http_status == 400
    assert evidence.host == "acme.my.salesforce.com"
    assert evidence.facts == {"idle_days": 41}


def test_raw_text_gives_away_step_flow_host_and_status() -> None:
    evidence = read_evidence(
        "> POST /services/oauth2/token HTTP/1.1\n> Host: acme.my.salesforce.com\n"
        "> grant_type=refresh_token&client_id=x\n< HTTP/1.1 400 Bad Request\n"
    )

    assert (evidence.stage, evidence.flows) == ("token-endpoint", frozenset({"refresh"}))
    assert (evidence.host, evidence.http_status) == ("acme.my.salesforce.com", 400)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer 00Dxx0000001gPL!AQ8AQNotARealTokenAtAll", "NotARealToken"),
        ('{"password": "hunter2 and more", "error": "invalid_grant"}', "hunter2"),
        ("grant_type=password&password=hunter2&client_secret=S3cretNotReal", "S3cret"),
        ("<n1:password>hunter2TOKEN</n1:password>", "hunter2"),
        ("curl -u kim:hunter2 https://acme.my.salesforce.com", "hunter2"),
        ("refresh 5Aep861NotARealRefreshTokenAtAll failed", "NotAReal"),
        ("assertion eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJub3QifQ.c2lnbmF0dXJl", "eyJpc3M"),
        ('{"log": "{\\"client_secret\\": \\"S3cretNotReal\\"}"}', "S3cret"),
        ("https://x.example/cb?code=aPrxNotARealCodeNotARealCode12345&state=1", "NotAReal"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIENotReal\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ('{"facts": {"page_address": "https://x.example/?access_token=S3cretNotReal"}}', "S3cret"),
        ('{"headers": {"Set-Cookie": "sid=S3cretNotReal"}}', "S3cret"),
    ],
)
def test_no_secret_stays_in_evidence_or_findings(text: str, secret: str) -> None:
    evidence = read_evidence(text)
    shown = repr(evidence) + json.dumps([each.as_document() for each in diagnose(evidence)])

    assert secret not in shown
    assert "characters]" in shown or "page_address" in text


@settings(max_examples=60, deadline=None)
@given(st.text() | ANYTHING.map(json.dumps))
def test_any_input_gives_at_least_one_finding(text: str) -> None:
    assert diagnose(read_evidence(text))


@pytest.mark.parametrize("text", ["[" * 50_000, '{"a":' * 5_000, '"' * 9, "\x00\ud800", "%" * 999])
def test_hostile_input_is_read_to_its_end(text: str) -> None:
    assert diagnose(read_evidence(text))[0].code == "unexplained"
