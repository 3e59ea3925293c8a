"""Keys that sign assertions, and the certificates an app is given for them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import RSAKey


@dataclass(frozen=True)
class SigningKey:
    """A private key; ``certificate`` is what an administrator uploads for it."""

    private: rsa.RSAPrivateKey
    certificate: str

    def sign(self, claims: dict[str, Any]) -> str:
        """Return an assertion."""
        pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(pem))


@cache
def key(name: str, ended_days_ago: int = -365) -> SigningKey:
    """Return the key of a name, the same for the whole run, with a self-signed certificate."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    end = datetime.now(UTC) - timedelta(days=ended_days_ago)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=730))
        .not_valid_after(end)
        .sign(private, hashes.SHA256())
    )
    return SigningKey(private, certificate.public_bytes(serialization.Encoding.PEM).decode())
