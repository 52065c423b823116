"""Secrets at rest: AES-256-GCM under a key derived from the installation's `secret_key`.

What is sealed is bound to where it belongs (`bound_to`, such as "7:plugin:greeter"): moved to another provider
or another row it does not open.
"""

import base64
import binascii
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE_BYTES = 12

_cipher: AESGCM | None = None
_proving: bytes | None = None


class NoSecretKey(Exception):
    """Nothing can be sealed before `configure` was called with a secret key."""


class Unsealable(Exception):
    """It was sealed with another key, belongs elsewhere, or was tampered with."""


def configure(secret_key: str) -> None:
    """Derive the key; an empty `secret_key` leaves the product unable to seal."""
    global _cipher, _proving
    if not secret_key:
        _cipher = _proving = None
        return
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"comptoir sealing 1")
    _cipher = AESGCM(derived.derive(secret_key.encode()))
    proving = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"comptoir proofs 1")
    _proving = proving.derive(secret_key.encode())


def seal(plain: str, *, bound_to: str) -> str:
    """The text, unreadable; different each time."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = VERSION + nonce + _ready().encrypt(nonce, plain.encode(), bound_to.encode())
    return base64.urlsafe_b64encode(sealed).decode()


def unseal(sealed: str, *, bound_to: str) -> str:
    """The text again; raises `Unsealable`."""
    cipher = _ready()
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        if raw[:1] != VERSION:
            raise Unsealable("sealed by another version")
        nonce, body = raw[1 : NONCE_BYTES + 1], raw[NONCE_BYTES + 1 :]
        return cipher.decrypt(nonce, body, bound_to.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise Unsealable("this was sealed with another key, or for something else") from error


def proof(text: str, *, purpose: str) -> bytes:
    """32 bytes that only this installation can make of a text, always the same, for one purpose."""
    if _proving is None:
        raise NoSecretKey("COMPTOIR_SECRET_KEY is not set")
    return hmac.digest(_proving, f"{purpose}\0{text}".encode(), "sha256")


def _ready() -> AESGCM:
    if _cipher is None:
        raise NoSecretKey("COMPTOIR_SECRET_KEY is not set")
    return _cipher
