"""A passkey in software: answers as a phone or a password manager would, and wrongly where a test wants it."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ELIGIBLE, SYNCED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def text(raw: bytes) -> str:
    """As it travels in JSON."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(given: str) -> bytes:
    """And back."""
    return urlsafe_b64decode(given + "=" * (-len(given) % 4))


class Authenticator:
    """One passkey, which comes to be by `make`. `count` is what its counter says next; 0 for one without."""

    def __init__(self, origin: str, *, count: int = 1) -> None:
        self.origin, self.count = origin, count
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.handle = b""

    def make(self, options: str, **wrong: Any) -> str:
        """The answer to `options` of adding a passkey. `wrong` are values in place of the right ones."""
        asked = json.loads(options)
        self.handle = raw(asked["user"]["id"])
        client = self._client("webauthn.create", asked, wrong)
        data = self._data(asked["rp"]["id"], ATTESTED, wrong) + self._attested()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": text(client), "attestationObject": text(attestation)})

    def use(self, options: str, **wrong: Any) -> str:
        """The answer to `options` of signing in."""
        asked = json.loads(options)
        client = self._client("webauthn.get", asked, wrong)
        data = self._data(asked["rpId"], 0, wrong)
        signed = data + hashlib.sha256(client).digest()
        signature = wrong.get("key", self.key).sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        return self._answer(response | {"userHandle": text(wrong.get("handle", self.handle))})

    def _client(self, kind: str, asked: dict[str, Any], wrong: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | wrong.get("client", {})).encode()

    def _data(self, host: str, more: int, wrong: dict[str, Any]) -> bytes:
        flags = wrong.get("flags", PRESENT | VERIFIED) | more
        count = wrong.get("count", self.count)
        self.count += 1 if self.count else 0
        return (
            hashlib.sha256(wrong.get("host", host).encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")
        )

    def _attested(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key

    def _answer(self, response: dict[str, str]) -> str:
        mine = text(self.credential_id)
        return json.dumps({"id": mine, "rawId": mine, "type": "public-key", "response": response})
