"""Assertions signed afresh from a private key, and when a ready-made one is spoken of."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sallyport.auth.jwt_bearer import AssertionClaims, expiry_warning, read_assertion
from sallyport.auth.signing import audience_of, read_private_key, sign_assertion
from sallyport.errors import InvalidRequest
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import AllowedHosts, parse_org_url
from tests.auth.test_assertions import CLAIMS, NOON, Noon, assertion

RSA = rsa_key(65537, 2048)


def pem(
    key: RSAPrivateKey | EllipticCurvePrivateKey = RSA, passphrase: bytes | None = None
) -> Secret:
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    form = (Encoding.PEM, PrivateFormat.PKCS8, lock)
    return Secret(key.private_bytes(*form).decode())


def public_pem() -> Secret:
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Secret(RSA.public_key().public_bytes(*form).decode())


def test_an_assertion_is_signed_for_three_minutes() -> None:
    signed = sign_assertion(
        pem(), client_id="key", username="ann", audience="https://test.salesforce.com", clock=Noon()
    )
    claims = read_assertion(signed, field="jwt_token", clock=Noon())
    assert claims == AssertionClaims(
        "key", "ann", "https://test.salesforce.com", NOON + timedelta(minutes=3)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (Secret(" "), "is empty"),
        (Secret("secret words"), "not a private key"),
        (public_pem(), "public half"),
        (Secret("-----BEGIN CERTIFICATE-----\nabc"), "public half"),
        (pem(passphrase=b"hunter2"), "passphrase"),
        (pem(ec_key(SECP256R1())), "not an RSA key"),
        (pem(rsa_key(65537, 1024)), "1024 bits"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_without_being_shown(text: Secret, says: str) -> None:
    with pytest.raises(InvalidRequest, match=says) as caught:
        read_private_key(text, field="private_key")
    assert caught.value.field == "private_key"
    assert caught.value.received is None
    assert caught.value.cure


@pytest.mark.parametrize(
    ("address", "audience"),
    [
        ("acme.my.salesforce.com", "https://login.salesforce.com"),
        ("acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("acme--uat.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("happy-otter-1.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("acme.my.site.com/partners/s/home", "https://acme.my.site.com/partners"),
    ],
)
def test_the_audience_is_the_login_host_of_the_orgs_kind(address: str, audience: str) -> None:
    login = parse_org_url(address, field="environment_url", allowed=AllowedHosts())
    assert audience_of(login) == audience


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (timedelta(days=31), None),
        (timedelta(days=29, hours=1), "expires in 29 days, on 2026-01-30"),
        (timedelta(days=1), "expires in 1 day,"),
        (timedelta(hours=3), "expires within a day"),
        (timedelta(0), "expired on 2026-01-01"),
    ],
)
def test_a_ready_made_assertion_is_spoken_of_before_it_ends(
    left: timedelta, says: str | None
) -> None:
    warning = expiry_warning(AssertionClaims("key", "ann", "aud", NOON + left), NOON)
    assert warning is None if says is None else says in str(warning)


def test_an_expiry_in_quotes_is_read_as_the_digits_it_holds() -> None:
    quoted = assertion(CLAIMS | {"exp": str(CLAIMS["exp"])})
    claims = read_assertion(quoted, field="jwt_token", clock=Noon())
    assert claims.exp == datetime(2026, 1, 1, 12, 1, tzinfo=UTC)
