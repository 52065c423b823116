"""VAT numbers: what VIES answers is kept as proof; while it does not answer nobody waits for it."""

import json
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from core import clock, db, jobs
from core.accounts import payer_keeping
from core.catalog import vat_numbers, vies
from core.catalog.vies import Answered, NoAnswer
from core.errors import Conflict, PermissionMissing
from core.settings import Settings
from tests.core.accounts.house import add_client, entries, open_provider, worker
from tests.core.at_queue import is_empty, until, waiting, workers

pytestmark = pytest.mark.anyio
GERMAN, FRENCH = "DE136695976", "FR40303265045"


class FakeVies:
    """VIES as far as we know it: it answers, or it does not, and remembers who asked what."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, number: str, *, requester: str) -> Answered:
        self.asked.append((number, requester))
        answer = self.answers.pop(0) if self.answers else "valid"
        if answer == "down":
            raise NoAnswer("MS_UNAVAILABLE")
        return Answered(answer=answer, consultation="WAPI1")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vies, "_address", "https://vies.example/check")


def fake(monkeypatch: pytest.MonkeyPatch, *answers: str) -> FakeVies:
    made = FakeVies(*answers)
    monkeypatch.setattr(vat_numbers, "asks", made)
    return made


async def company(number: str = GERMAN, **more: Any) -> int:
    """A client whose payer has this number; returns the payer's id."""
    client_id = await add_client(f"c{number.lower()}", kind="company", country=number[:2])
    await db.execute("UPDATE payers SET vat_number = $2 WHERE client_id = $1", client_id, number)
    return int((await payer_keeping.default(client_id))["id"])


async def test_a_number_is_asked_about_by_a_job_and_the_answer_is_kept(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = fake(monkeypatch, "valid")
    tenant = await open_provider()
    by = worker(tenant, "accountant")
    async with db.as_tenant(tenant.id):
        await db.execute("UPDATE companies SET vat_number = $1", FRENCH)
        payer_id = await company()
        await vat_numbers.ask_later(payer_id, by=by)
        await vat_numbers.ask_later(payer_id, by=by)
        assert service.asked == []
    async with workers(database):
        await until(lambda: is_empty(database))
    assert service.asked == [(GERMAN, FRENCH)]
    async with db.as_tenant(tenant.id):
        (proof,) = await vat_numbers.of_payer(payer_id, by=by)
        assert (proof["answer"], proof["requester"], proof["consultation"]) == ("valid", FRENCH, "WAPI1")
        assert len(await entries("vat_number:asked")) == 2


async def test_a_service_that_does_not_answer_is_asked_again_and_proves_nothing(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vat_numbers, "AGAIN", timedelta(milliseconds=50))
    service = fake(monkeypatch, "down", "down", "invalid")
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        payer_id = await company()
        await vat_numbers.ask_later(payer_id, by=worker(tenant))
    async with workers(database):
        await until(lambda: is_empty(database))
    assert len(service.asked) == 3
    async with db.as_tenant(tenant.id):
        assert (await vat_numbers.proofs([GERMAN]))[GERMAN].answer == "invalid"
        assert await jobs.failures(states=("retrying", "dead", "solved")) == []


async def test_the_housekeeping_asks_about_numbers_without_a_proof_and_about_old_ones(database: Settings) -> None:
    tenant = await open_provider()
    now = clock.now()
    async with db.as_tenant(tenant.id):
        for number in (GERMAN, "DE129274202", "AT U12345678".replace(" ", "")):
            await company(number)
        await company("CHE107787577")
        client_id = await add_client("ivo", country="DE")
        await db.execute("UPDATE payers SET vat_number = 'DE811569869' WHERE client_id = $1", client_id)
        await vat_numbers.keep("DE129274202", Answered(answer="valid"), requester="", day=now.date())
        await vat_numbers.look(now)
        await vat_numbers.look(now)
    asked = sorted(
        json.loads(bytes(row["payload"]).decode())["number"] for row in await waiting(database, "payload")
    )
    assert asked == ["ATU12345678", GERMAN]
    async with db.as_tenant(tenant.id):
        await vat_numbers.look(now + vat_numbers.OLD + timedelta(days=1))
    assert len(await waiting(database)) == 3


@pytest.mark.usefixtures("database")
async def test_only_numbers_of_the_union_are_asked_about_and_only_by_who_may() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        swiss, german = await company("CHE107787577"), await company()
        with pytest.raises(Conflict, match="European Union"):
            await vat_numbers.ask_later(swiss, by=worker(tenant))
        with pytest.raises(PermissionMissing):
            await vat_numbers.ask_later(german, by=worker(tenant, "manager"))
        with pytest.raises(PermissionMissing):
            await vat_numbers.of_payer(german, by=worker(tenant, "support"))


@pytest.mark.usefixtures("database")
async def test_a_proof_does_not_change() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        await vat_numbers.keep(GERMAN, Answered(answer="invalid"), requester="", day=clock.now().date())
    with pytest.raises(asyncpg.CheckViolationError, match="does not change"):
        async with db.as_tenant(tenant.id):
            await db.execute("UPDATE vat_proofs SET answer = 'valid'")


@pytest.fixture
def sent() -> list[dict[str, Any]]:
    return []


def answering(sent: list[dict[str, Any]], *answers: Any) -> httpx.MockTransport:
    told = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(request.content))
        one = told.pop(0)
        return one if isinstance(one, httpx.Response) else httpx.Response(200, json=one)

    return httpx.MockTransport(answer)


async def test_the_service_is_told_who_asks_and_its_receipt_is_read(sent: list[dict[str, Any]]) -> None:
    transport = answering(sent, {"valid": True, "requestIdentifier": "WAPIAAAA", "name": "X"})
    answered = await vies.ask(GERMAN, requester=FRENCH, transport=transport)
    assert answered == Answered(answer="valid", consultation="WAPIAAAA")
    assert sent == [
        {
            "countryCode": "DE",
            "vatNumber": "136695976",
            "requesterMemberStateCode": "FR",
            "requesterNumber": "40303265045",
        }
    ]


async def test_a_number_that_is_none_is_invalid_and_a_wrong_requester_is_left_out(
    sent: list[dict[str, Any]],
) -> None:
    errors = [{"actionSucceed": False, "errorWrappers": [{"error": code}]} for code in
              ("INVALID_REQUESTER_INFO", "INVALID_INPUT")]  # fmt: skip
    assert await vies.ask(GERMAN, requester=FRENCH, transport=answering(sent, *errors)) == Answered(
        answer="invalid"
    )
    assert "requesterNumber" not in sent[1]
    assert await vies.ask(GERMAN, requester="", transport=answering(sent, {"valid": False})) == Answered(
        answer="invalid"
    )


@pytest.mark.parametrize(
    "answer",
    [
        {"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]},
        {"valid": True, "errorWrappers": [{"error": "MS_MAX_CONCURRENT_REQ"}]},
        {"valid": "yes"},
        ["valid"],
        httpx.Response(503, text="down"),
        httpx.Response(200, text="<html>"),
        httpx.Response(302, headers={"location": "http://127.0.0.1/"}),
        httpx.Response(200, content=b'{"valid": true}' + b" " * 70_000),
    ],
)
async def test_whatever_is_no_answer_proves_nothing(sent: list[dict[str, Any]], answer: Any) -> None:
    with pytest.raises(NoAnswer):
        await vies.ask(GERMAN, requester="", transport=answering(sent, answer))


async def test_a_service_that_cannot_be_reached_is_no_answer() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with pytest.raises(NoAnswer, match="ConnectError"):
        await vies.ask(GERMAN, requester="", transport=httpx.MockTransport(fail))


def test_an_installation_can_ask_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    vies.configure(msgspec.structs.replace(Settings(), vies_url=""))
    assert not vies.is_asked()
