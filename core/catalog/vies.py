"""VIES, the European Commission's service that knows VAT numbers. The only place that speaks to it.

`ask` is what the job calls; a test puts a fake in its place (`Asks` is the protocol). Nothing here touches the
database, and nothing may call it inside a transaction: the service takes seconds, and is down for hours.
"""

from typing import Any, Protocol

import httpx
import msgspec

from core.catalog.tax_rules import Answer
from core.settings import Settings

SECONDS = 20.0
LARGEST = 64_000
_NOT_A_NUMBER = frozenset({"INVALID_INPUT"})
_NOT_A_REQUESTER = frozenset({"INVALID_REQUESTER_INFO"})
_address = ""


class NoAnswer(Exception):
    """VIES, or the state it asks, does not answer now; `permanent` is never true: it is asked again later."""

    permanent = False


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What it says about a number. `consultation` is its receipt, which it gives to those who say who asks."""

    answer: Answer
    consultation: str = ""


class Asks(Protocol):
    """Asks about a number in the name of another one ("" for nobody's); raises `NoAnswer`."""

    async def __call__(self, number: str, *, requester: str) -> Answered: ...


def configure(settings: Settings) -> None:
    """Where the service is; with an empty address nobody is asked."""
    global _address
    _address = settings.vies_url


def is_asked() -> bool:
    """Whether this installation asks."""
    return bool(_address)


async def ask(number: str, *, requester: str, transport: httpx.AsyncBaseTransport | None = None) -> Answered:
    """Ask the service itself. Numbers with their prefix, as they are kept."""
    async with httpx.AsyncClient(timeout=SECONDS, transport=transport, follow_redirects=False) as client:
        try:
            answer = await client.post(_address, json=_question(number, requester))
            told = _read(answer)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise NoAnswer(type(error).__name__) from error
    errors = {str(one.get("error")) for one in told.get("errorWrappers") or () if isinstance(one, dict)}
    if errors & _NOT_A_REQUESTER and requester:
        return await ask(number, requester="", transport=transport)
    if errors & _NOT_A_NUMBER:
        return Answered(answer="invalid")
    if not isinstance(told.get("valid"), bool) or errors:
        raise NoAnswer(", ".join(sorted(errors))[:200] or f"status {answer.status_code}")
    receipt = str(told.get("requestIdentifier") or "")[:100]
    return Answered(answer="valid" if told["valid"] else "invalid", consultation=receipt)


def _question(number: str, requester: str) -> dict[str, str]:
    asked = {"countryCode": number[:2], "vatNumber": number[2:]}
    if requester:
        asked |= {"requesterMemberStateCode": requester[:2], "requesterNumber": requester[2:]}
    return asked


def _read(answer: httpx.Response) -> dict[str, Any]:
    if len(answer.content) > LARGEST:
        raise NoAnswer("too long")
    told = msgspec.json.decode(answer.content)
    return told if isinstance(told, dict) else {}
