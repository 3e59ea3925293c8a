import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sallyport.auth.jwt_bearer import read_assertion
from sallyport.errors import InvalidRequest
from sallyport.kernel import Secret

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLAIMS = {
    "iss": "consumer-key",
    "sub": "ann@acme.example",
    "aud": "https://login.salesforce.com",
    "exp": int(NOON.timestamp()) + 60,
}


@dataclass
class Noon:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


def part(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def assertion(claims: Any, alg: str = "RS256") -> Secret:
    return Secret(f"{part({'alg': alg})}.{part(claims)}.c2lnbmF0dXJl")


def refused(token: Secret) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_assertion(token, field="auth.params.jwtToken", clock=Noon())
    assert caught.value.field == "auth.params.jwtToken"
    assert caught.value.cure
    return caught.value


def test_the_claims_of_an_assertion_are_read_without_its_key() -> None:
    claims = read_assertion(assertion(CLAIMS), field="jwt_token", clock=Noon())
    assert (claims.iss, claims.sub, claims.aud) == (
        "consumer-key",
        "ann@acme.example",
        "https://login.salesforce.com",
    )
    assert claims.exp == datetime(2026, 1, 1, 12, 1, tzinfo=UTC)


def test_an_expired_assertion_is_refused_with_its_date() -> None:
    past = CLAIMS | {"exp": int(NOON.timestamp())}
    assert "expired on 2026-01-01 at 12:00:00 UTC" in refused(assertion(past)).message


def test_the_machines_clock_judges_when_none_is_given() -> None:
    with pytest.raises(InvalidRequest, match="expired on 2001-09-09"):
        read_assertion(assertion(CLAIMS | {"exp": 1_000_000_000}), field="jwt_token")


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp"])
def test_every_claim_is_needed(name: str) -> None:
    rest = {key: value for key, value in CLAIMS.items() if key != name}
    assert name in refused(assertion(rest)).message


@pytest.mark.parametrize("exp", ["tomorrow", True, None, 1e300, [1]])
def test_an_expiry_that_is_no_moment_is_refused(exp: Any) -> None:
    assert "exp" in refused(assertion(CLAIMS | {"exp": exp})).message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("only-one-part", "three parts"),
        ("a.b.c.d", "three parts"),
        ("a..c", "three parts"),
        ("!!.??.**", "JSON in base64url"),
        (f"{part({'alg': 'RS256'})}.{part([1])}.x", "JSON in base64url"),
        ("x" * 8001, "8001 characters"),
        (assertion(CLAIMS, alg="HS256").reveal(), "HS256"),
    ],
)
def test_what_is_no_assertion_is_refused(text: str, says: str) -> None:
    assert says in refused(Secret(text)).message


def test_a_refusal_never_repeats_the_assertion() -> None:
    token = assertion(CLAIMS | {"exp": 1})
    assert token.reveal()[:20] not in refused(token).sentence()
