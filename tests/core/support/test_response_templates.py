"""Response templates: whose they are, what they may say, and how they read to a client."""

import pytest

from core import db
from core.actor import Actor
from core.errors import EditConflict, Invalid, NotFound, PermissionMissing
from core.support import response_filling, response_templates
from core.support.response_templates import TemplateValues
from core.support.response_variables import About
from tests.core.accounts.house import add_client, entries, hire, open_provider

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
        about = About(client_id=client_id, ticket={"number": 7})
        french = await response_filling.filled(made.id, language="fr", about=about, by=by)
        assert (french.subject, french.text) == ("Facture", "Bonjour Dupont <b> : ")
        assert french.missing == ("invoice.number", "invoice.total")
        german = await response_filling.filled(made.id, language="de", about=about, by=by)
        assert (german.text, german.missing) == ("Hallo 7", ())
        assert (await response_filling.filled(made.id, language="ja", about=about, by=by)).language == "de"
