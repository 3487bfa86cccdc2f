"""A private certificate authority in the home, and the certificate of the emulated hosts."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from airflow_provider_spcs.emulator.endpoints import TRUST_VARIABLES
from airflow_provider_spcs.emulator.wire.credentials import write_private

_REGIONS = (  # noqa: SIM905 one per line would be fifty lines
    "us-east-1 eu-west-1 eu-central-1 ap-southeast-1 ap-southeast-2 "
    "us-west-2.aws us-east-1.aws us-east-2.aws us-gov-west-1.aws us-gov-west-1.fhplus.aws us-gov-east-1.aws "
    "ca-central-1.aws sa-east-1.aws eu-west-1.aws eu-west-2.aws eu-west-3.aws eu-central-1.aws eu-central-2.aws "
    "eu-north-1.aws ap-northeast-1.aws ap-northeast-2.aws ap-northeast-3.aws ap-south-1.aws ap-southeast-1.aws "
    "ap-southeast-2.aws ap-southeast-3.aws af-south-1.aws "
    "us-central1.gcp us-east4.gcp europe-west2.gcp europe-west3.gcp europe-west4.gcp me-central2.gcp "
    "australia-southeast2.gcp "
    "west-us-2.azure central-us.azure south-central-us.azure east-us-2.azure us-gov-virginia.azure "
    "canada-central.azure mexico-central.azure uk-south.azure north-europe.azure west-europe.azure "
    "switzerland-north.azure sweden-central.azure uae-north.azure central-india.azure japan-east.azure "
    "southeast-asia.azure korea-central.azure australia-east.azure"
).split()
"""As account addresses write them. A list, because a wildcard covers one label, and to make a certificate for each
host as it is asked for, the authority's key would have to be kept.

Source: https://docs.snowflake.com/en/user-guide/admin-account-identifier
"""
NEAR = ("localhost",)
HOSTS = (
    *NEAR,
    "*.snowflakecomputing.com",
    "*.snowflakecomputing.app",
    "*.registry.snowflakecomputing.com",
    "*.privatelink.snowflakecomputing.com",
    *(f"*.{region}.snowflakecomputing.com" for region in _REGIONS),
    *(f"*.{region}.privatelink.snowflakecomputing.com" for region in _REGIONS),
)
_VALID = timedelta(days=3650)
_RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certificates:
    """Files in the home: the server's certificates and their key, and what clients are to trust."""

    certificate: Path
    """Of all emulated hosts."""
    near: Path
    """Of this machine alone: a client reads every name of a certificate, and a hundred take it longer than a query."""
    key: Path
    bundle: Path
    """What `TRUST_VARIABLES` are to name: the authorities trusted so far (``certifi``'s by default), and ours."""

    def for_other_hosts(self) -> Callable[[ssl.SSLSocket | ssl.SSLObject, str | None, ssl.SSLContext], None]:
        """The ``sni_callback`` of a server with the near certificate: whoever asks for another host gets the other."""
        everywhere = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        everywhere.load_cert_chain(self.certificate, self.key)

        def choose(connection: ssl.SSLSocket | ssl.SSLObject, host: str | None, _: ssl.SSLContext) -> None:
            if host is not None and host not in NEAR:
                connection.context = everywhere

        return choose


def certificates(directory: Path) -> Certificates:
    """The account's certificates, made at first start, and again when they end within 30 days or lack a host.

    Args:
        directory: Theirs alone. The authority's private key is not kept: nobody can make further certificates with it.
    """
    found = Certificates(*(directory / name for name in ("server.pem", "near.pem", "server.key", "ca-bundle.pem")))
    authority = directory / "ca.pem"
    if not _usable(found, authority):
        _make(found, authority)
    found.bundle.write_text(_trusted_already(found.bundle) + "\n" + authority.read_text())
    return found


def _trusted_already(ours: Path) -> str:
    """The authorities that this process trusts so far; read anew at each start, since their packages are updated."""
    named = {os.environ.get(name, "") for name in TRUST_VARIABLES}
    files = [Path(name) for name in sorted(named) if name and Path(name).is_file() and Path(name) != ours]
    return "\n".join(file.read_text() for file in files or [Path(certifi.where())])


def _usable(found: Certificates, authority: Path) -> bool:
    if not all(file.exists() for file in (found.certificate, found.near, found.key, authority)):
        return False
    made = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    covered = set(HOSTS) <= set(names.get_values_for_type(x509.DNSName))
    return covered and made.not_valid_after_utc > datetime.now(UTC) + _RENEW_BEFORE


def _make(found: Certificates, authority: Path) -> None:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "airflow-provider-spcs emulator (this machine only)")])
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()
    write_private(found.key, pem)
    authority.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    for file, hosts in ((found.certificate, HOSTS), (found.near, NEAR)):
        file.write_bytes(_signed(hosts, key.public_key(), ca_name, ca_key).public_bytes(serialization.Encoding.PEM))


def _signed(
    hosts: Sequence[str], key: ec.EllipticCurvePublicKey, ca_name: x509.Name, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    """A certificate of hosts and of this machine's loopback addresses."""
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    return (
        _builder(name, ca_name, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A day in the past: clocks of containers may lag.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
