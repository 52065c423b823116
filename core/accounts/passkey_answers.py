"""What browsers send back of a passkey, read and verified. Pure: no database.

The answer of an authenticator comes from outside and is parsed by a library; whatever is wrong with it, and
whatever the library makes of that, is one refusal.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import webauthn
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

T = TypeVar("T")
LONGEST = 20_000
"""Characters of an answer."""
SECONDS = 300


class Refused(Exception):
    """The answer proves nothing; the message says why, for the log."""


class Place(msgspec.Struct, frozen=True):
    """Where a passkey is used: the host name, which it belongs to, and the origin that a browser names."""

    host: str
    origin: str


class Added(msgspec.Struct, frozen=True):
    """A passkey that was just made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


class Used(msgspec.Struct, frozen=True):
    """A passkey that was just used."""

    sign_count: int
    is_synced: bool


class Given(msgspec.Struct, frozen=True):
    """What an answer says of itself, before anything of it is believed."""

    credential_id: bytes
    challenge: bytes
    handle: bytes


def options_to_add(
    challenge: bytes,
    *,
    place: Place,
    site: str,
    person_id: int,
    email: str,
    name: str,
    known: Sequence[bytes],
) -> str:
    """What `navigator.credentials.create` is asked for, as JSON: found without a name, its user verified."""
    options = webauthn.generate_registration_options(
        rp_id=place.host,
        rp_name=site,
        user_id=handle_of(person_id),
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        timeout=SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return webauthn.options_to_json(options)


def options_to_sign_in(challenge: bytes, *, place: Place) -> str:
    """What `navigator.credentials.get` is asked for, as JSON: any passkey of this host."""
    options = webauthn.generate_authentication_options(
        rp_id=place.host,
        challenge=challenge,
        timeout=SECONDS * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def handle_of(person_id: int) -> bytes:
    """What a passkey keeps of whose it is: nothing that says who that is."""
    return person_id.to_bytes(8, "big")


def given(answer: str) -> Given:
    """Read an answer; nothing of it is proven yet."""

    def read() -> Given:
        raw = msgspec.json.decode(answer)
        response = raw["response"]
        return Given(
            credential_id=base64url_to_bytes(raw["id"]),
            challenge=parse_client_data_json(base64url_to_bytes(response["clientDataJSON"])).challenge,
            handle=base64url_to_bytes(response.get("userHandle") or ""),
        )

    if len(answer) > LONGEST:
        raise Refused("too long")
    return _trying(read)


def added(answer: str, *, challenge: bytes, place: Place) -> Added:
    """Verify the answer to `options_to_add`."""

    def verify() -> Added:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
        return Added(
            credential_id=found.credential_id,
            public_key=found.credential_public_key,
            sign_count=found.sign_count,
            is_synced=found.credential_backed_up,
        )

    return _trying(verify)


def used(answer: str, *, challenge: bytes, place: Place, public_key: bytes, sign_count: int) -> Used:
    """Verify the answer to `options_to_sign_in`, by a key whose counter stood at `sign_count`."""

    def verify() -> Used:
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
        return Used(sign_count=found.new_sign_count, is_synced=found.credential_backed_up)

    return _trying(verify)


def _trying(verify: Callable[[], T]) -> T:
    """The library meets bytes that anybody may have sent: whatever it raises over them, they prove nothing."""
    try:
        return verify()
    except Exception as error:
        raise Refused(f"{type(error).__name__}: {error}"[:300]) from error
