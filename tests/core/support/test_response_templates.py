"""Response templates: whose they are, what they may say, and how they read to a client."""

import msgspec
import pytest

from core import db
from core.accounts import client_projects
from core.actor import Actor
from core.billing import services
from core.billing.services import NewService
from core.errors import EditConflict, Invalid, NotFound, PermissionMissing
from core.support import response_filling, response_templates, ticket_opening
from core.support.response_templates import TemplateValues
from core.support.response_variables import About
from core.support.ticket_opening import Opening
from tests import cast
from tests.core.accounts.house import add_client, entries, hire, open_provider
from tests.core.billing import bills
from tests.core.billing.test_services import account, sell

pytestmark = [pytest.mark.anyio]


def values(name: str = "Hello", audience: str = "own", **bodies: str) -> TemplateValues:
    return TemplateValues(name=name, audience=audience, bodies=bodies or {"en": "Hello {{ client.name }}"})


async def names(by: Actor, q: str = "") -> list[str]:
    return [template.name for template in await response_templates.every(q=q, by=by)]


@pytest.mark.usefixtures("database")
async def test_ones_own_is_seen_by_nobody_else_and_one_for_all_is_changed_by_whoever_may() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        max_, sam = await hire(tenant, "Max", "manager"), await hire(tenant, "Sam", "support")
        own = await response_templates.create(values("Mine"), by=sam)
        shared = await response_templates.create(values("How to pay", "all"), by=max_)
        await response_templates.create(values("Mine"), by=max_)
        assert await names(sam) == ["Mine", "How to pay"]
        assert await names(sam, "PAY") == ["How to pay"]
        with pytest.raises(NotFound):
            await response_templates.get(own.id, by=max_)
        for refused in (
            response_templates.create(values("x", "all"), by=sam),
            response_templates.update(shared.id, values("x", "all"), version=1, by=sam),
            response_templates.delete(shared.id, by=sam),
        ):
            with pytest.raises(PermissionMissing):
                await refused
        await response_templates.update(shared.id, values("To pay", "all"), version=1, by=max_)
        with pytest.raises(EditConflict):
            await response_templates.update(shared.id, values("x", "all"), version=1, by=max_)
        await response_templates.delete(own.id, by=sam)
        told = (await entries("response_template:updated"))[0]
        assert (told["subject_name"], told["changes"]["name"]) == ("To pay", ["How to pay", "To pay"])


@pytest.mark.usefixtures("database")
async def test_what_cannot_be_filled_in_is_refused_beside_its_field_when_it_is_saved() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "manager")
        await response_templates.create(values("Taken", "all"), by=by)
        with pytest.raises(Invalid) as refused:
            wrong = TemplateValues(
                name="taken",
                audience="all",
                subjects={"en": "{{ invoice.nmber }}"},
                bodies={"en": "{% include 'x' %}", "fr": "\0", "xx": "x", "de": ""},
            )
            await response_templates.create(wrong, by=by)
        assert set(refused.value.errors) == {"name", "subjects.en", "bodies.en", "bodies.fr", "bodies.xx"}
        with pytest.raises(Invalid):
            await response_templates.create(TemplateValues(name="Empty", bodies={"en": " "}), by=by)


@pytest.mark.usefixtures("database")
async def test_it_is_filled_in_for_a_client_in_the_language_that_suits_and_says_what_was_missing() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "manager")
        client_id = await add_client("dupont", name="Dupont <b>", language="fr")
        made = await response_templates.create(
            TemplateValues(
                name="Pay",
                subjects={"fr": "Facture {{ invoice.number }}\n"},
                bodies={
                    "fr": "Bonjour {{ client.name }} : {{ invoice.total }}",
                    "de": "Hallo {{ ticket.number }}",
                },
            ),
            by=by,
        )
        about = About(client_id=client_id)
        french = await response_filling.filled(made.id, language="fr", about=about, by=by)
        assert (french.subject, french.text) == ("Facture", "Bonjour Dupont \\<b\\> : ")
        assert french.missing == ("invoice.number", "invoice.total")
        german = await response_filling.filled(made.id, language="de", about=about, by=by)
        assert (german.text, german.missing) == ("Hallo ", ("ticket.number",))
        assert (await response_filling.filled(made.id, language="ja", about=about, by=by)).language == "de"


@pytest.mark.usefixtures("database")
async def test_an_answer_knows_its_ticket_with_the_service_and_invoice_it_is_about_and_nobody_elses() -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        invoice_id = (await bills.issued(10_000, by=by))["id"]
        client_id = await db.value("SELECT id FROM clients WHERE login = 'dupont'")
        project_id = await db.value("SELECT project_id FROM clients WHERE id = $1", client_id)
        (ticket_id,) = await ticket_opening.open_many([opening(client_id, project_id, invoice_id)], by=by)
        named = ("number", "subject", "link", "category")
        body = (
            " / ".join(f"{{{{ ticket.{name} }}}}" for name in named)
            + " / {{ invoice.number }} {{ invoice.total }}"
        )
        made = await response_templates.create(values(en=body), by=by)
        filled = await response_filling.filled(
            made.id, about=About(client_id=client_id, ticket_id=ticket_id), by=by
        )
        number = await db.value("SELECT number FROM invoices WHERE id = $1", invoice_id)
        assert filled.text.startswith(f"1001 / \\*Slow\\* / {by.tenant.base_url}/tickets/{ticket_id} / ")
        assert number in filled.text and filled.missing == ("ticket.category",)
        newest = await response_filling.filled(made.id, about=About(client_id=client_id, newest=True), by=by)
        assert newest.text == filled.text
        other = await db.value("SELECT id FROM clients WHERE login <> 'dupont' LIMIT 1")
        with pytest.raises(NotFound):
            await response_filling.filled(made.id, about=About(client_id=other, ticket_id=ticket_id), by=by)
        foreign = About(client_id=other, invoice_id=invoice_id, service_id=2**70)
        assert (await response_filling.filled(made.id, about=foreign, by=by)).text.endswith(" /  ")


@pytest.mark.usefixtures("database")
async def test_it_tells_nothing_of_what_is_in_a_project_that_the_writer_does_not_see() -> None:
    by = await cast.who("alice")
    async with db.as_tenant(by.tenant.id):
        client = await db.row("SELECT id, project_id FROM clients WHERE login = 'dupont'")
        assert client is not None
        pro = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
        await client_projects.open_account(client["id"], pro, by=by)
        invoice_id = (await bills.issued(10_000, by=by))["id"]
        (price,) = await sell(by, {"units": 1000})
        service_id = (await services.create(await account(by), NewService(price_id=price), by=by))["id"]
        named = About(client_id=client["id"], service_id=service_id, invoice_id=invoice_id)
        for about in (named, About(client_id=client["id"], newest=True)):
            for project_id, is_seen in ((client["project_id"], True), (pro, False)):
                limited = msgspec.structs.replace(by, projects=frozenset({project_id}))
                told = await response_filling.values_of(about, language="en", by=limited)
                found = told["service"]["name"], told["invoice"]["number"]
                assert [bool(one) for one in found] == [is_seen] * 2


def opening(client_id: int, project_id: int, invoice_id: int) -> Opening:
    return Opening(
        key="t",
        client_id=client_id,
        project_id=project_id,
        subject="*Slow*",
        text="x",
        language="en",
        invoice_id=invoice_id,
    )
