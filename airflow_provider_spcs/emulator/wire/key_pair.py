"""Key-pair login: JSON web tokens signed with a user's private key, checked with the public one.

``Source:`` https://docs.snowflake.com/en/user-guide/key-pair-auth and the drivers' ``auth/keypair.py``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from airflow_provider_spcs.emulator.errors import SnowflakeError

KEYS = ("rsa_public_key", "rsa_public_key_2")
"""Properties of a user that hold public keys; two, so that one can be replaced while the other is used."""
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(),
    "ES256": hashes.SHA256(),
    "ES384": hashes.SHA384(),
    "ES512": hashes.SHA512(),
}
_PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def public_key(text: str) -> _PublicKey:
    """The key of ``ALTER USER ... SET RSA_PUBLIC_KEY``: base64 of DER, with or without PEM's first and last line.

    Raises:
        SnowflakeError: 390428 when it is no RSA (2048 bits or more) or elliptic-curve public key.
    """
    body = "".join(line for line in text.split("\n") if "-----" not in line)
    try:
        key = serialization.load_der_public_key(base64.b64decode("".join(body.split()), validate=True))
    except (ValueError, binascii.Error):
        key = None
    if isinstance(key, ec.EllipticCurvePublicKey) or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048):
        return key
    raise SnowflakeError(
        "SQL compilation error:\nNew public key rejected by current policy. Reason: 'Invalid public key': it is to be "
        "an RSA key of at least 2048 bits, as base64 without header and footer.",
        390_428,
        "22023",
    )


def fingerprint(key: _PublicKey) -> str:
    """How DESCRIBE USER and the drivers name a key: ``SHA256:`` and the base64 of its hash."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()


def claimed_user(token: str) -> str:
    """The user that a token says it is of, not proven; empty when it is no such token."""
    issuer = str(_parts(token)[1].get("iss", "")) if token.count(".") == 2 else ""
    names = issuer.partition(".SHA256:")[0].split(".")
    return names[-1].upper() if len(names) > 1 else ""


def verify(token: str, user: str, known: dict[str, Any], now: datetime) -> None:
    """Check that the token is signed by one of the user's keys, for this user and time.

    Args:
        token: Header, claims and signature.
        user: Who wants to log in.
        known: The user's properties.
        now: The account's time.

    Raises:
        SnowflakeError: 390144, with the reason that Snowflake gives no outsider.
    """
    header, claims, signature, signed = _parts(token)
    issuer = str(claims.get("iss", ""))
    key = _key_of(known, "SHA256:" + issuer.partition(".SHA256:")[2])
    subject = str(claims.get("sub", "")).upper().rpartition(".")[2]
    if key is None or subject != user or claimed_user(token) != user:
        raise _refused("JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH")
    if not _signed(key, str(header.get("alg")), signature, signed):
        raise _refused("JWT_TOKEN_INVALID_SIGNATURE")
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        raise _refused("JWT_TOKEN_INVALID_ISSUE_TIME")
    moment = now.astimezone(UTC).timestamp()
    if issued > moment + 60 or moment - issued > 3600:
        raise _refused("JWT_TOKEN_INVALID_ISSUE_TIME")
    if expires <= moment:
        raise _refused("JWT_TOKEN_EXPIRED")


def _key_of(known: dict[str, Any], wanted: str) -> _PublicKey | None:
    for text in filter(None, (known.get(name) for name in KEYS)):
        key = public_key(str(text))
        if fingerprint(key) == wanted:
            return key
    return None


def _signed(key: _PublicKey, algorithm: str, signature: bytes, signed: bytes) -> bool:
    digest = _HASHES.get(algorithm)
    if digest is None or algorithm.startswith("RS") != isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), digest)
        else:
            half = len(signature) // 2
            parts = (int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
            key.verify(encode_dss_signature(*parts), signed, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        header, claims, signature = token.split(".")
        decoded = [json.loads(_unpadded(part)) for part in (header, claims)]
        signed = _unpadded(signature)
    except (ValueError, RecursionError, binascii.Error) as error:
        raise _refused("JWT_TOKEN_INVALID") from error
    if not all(isinstance(part, dict) for part in decoded):
        raise _refused("JWT_TOKEN_INVALID")
    return decoded[0], decoded[1], signed, f"{header}.{claims}".encode()


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _refused(reason: str) -> SnowflakeError:
    return SnowflakeError(f"JWT token is invalid. [{reason}]", 390_144, "08001")
