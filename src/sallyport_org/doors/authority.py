"""The local certificate authority: made once, kept in a folder, trusted by whoever wants to.

What belongs here: the authority's certificate, the server's, and the bundle clients are pointed at.
What does not: listening (``listening``).

The authority may only vouch for Salesforce's domains, localhost and loopback addresses (name
constraints), so trusting it puts nothing else at risk.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_NAME = "sallyport-org local authority"
CA_DAYS = 3650
SERVER_DAYS = 397
"""Browsers refuse server certificates that live longer than 398 days."""
RENEW_DAYS = 30

DOMAINS = ("salesforce.com", "force.com", "site.com", "salesforce-setup.com", "localhost")
LOOPBACK = ("127.0.0.0/8", "::1/128")
PARTITIONS = ("sandbox", "develop", "scratch", "trailblaze", "patch", "demo", "free")
"""Parts of a My Domain address that say what kind of org it is (documented)."""


class Authority:
    """The authority in one folder; both its files are made when missing.

    ``certificate`` is its PEM certificate; ``bundle`` the same behind the certificates the machine
    trusts already, for tools whose setting replaces those.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self.bundle = folder / "bundle.pem"
        self._key = folder / "ca-key.pem"
        self._server = folder / "server.pem"

    def prepare(self, names: Iterable[str] = ()) -> ssl.SSLContext:
        """Return the TLS settings of a server for local, Salesforce's and the given names.

        Makes what is missing or about to end. Raises OSError when the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        if not (self._lasts(self.certificate, RENEW_DAYS) and self._key.exists()):
            self._make_authority()
        self._make_server(names)
        self._make_bundle()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._server)
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _lasts(self, path: Path, days: int) -> bool:
        """Say whether a certificate is there and good for some days more."""
        if not path.exists():
            return False
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=days)

    def _make_authority(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CA_NAME)])
        public = key.public_key()
        permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in DOMAINS]
        permitted += [x509.IPAddress(ipaddress.ip_network(network)) for network in LOOPBACK]
        certificate = (
            _builder(name, name, public, CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(key, hashes.SHA256())
        )
        _write(self._key, _private(key))
        _write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM))

    def _make_server(self, names: Iterable[str]) -> None:
        """Sign a fresh certificate at every start: cheap, and its names are always right."""
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        signer = serialization.load_pem_private_key(self._key.read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise OSError(f"{self._key} is no key of this authority; remove {self._folder}")
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sallyport-org")])
        public = key.public_key()
        certificate = (
            _builder(subject, authority.subject, public, SERVER_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .sign(signer, hashes.SHA256())
        )
        chain = certificate.public_bytes(serialization.Encoding.PEM)
        _write(self._server, _private(key) + chain)

    def _make_bundle(self) -> None:
        known = ssl.get_default_verify_paths().cafile
        trusted = Path(known).read_bytes() if known and Path(known).exists() else b""
        _write(self.bundle, trusted + b"\n" + self.certificate.read_bytes())


def _alternatives(names: Iterable[str]) -> list[x509.GeneralName]:
    hosts = ["localhost", "*.localhost", "*.salesforce.com", "*.my.salesforce.com"]
    hosts += [f"*.{partition}.my.salesforce.com" for partition in PARTITIONS]
    hosts += ["*.lightning.force.com", "*.my.site.com", "*.my.salesforce-setup.com"]
    listed: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    addresses = {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}
    for name in names:
        try:
            addresses.add(ipaddress.ip_address(name))
        except ValueError:
            if name not in hosts:
                listed.append(x509.DNSName(name))
    return listed + [x509.IPAddress(one) for one in sorted(addresses, key=str)]


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file only its owner may read, whole or not at all."""
    partial = path.with_suffix(f".{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.replace(path)
