"""The pages of contracts, for staff and for users of the client, without JavaScript; and the same over JSON."""

import pytest

from core import clock, db
from tests import cast
from tests.pdf_text import text_of
from tests.visitor import Visitor
from tests.web.test_companies import SENT as COMPANY
from tests.web.test_companies import default_id

pytestmark = pytest.mark.anyio
TEMPLATE = {
    "name": "Usual",
    "language": "fr",
    "title": "Contrat d’hébergement",
    "body": "# Objet\n\n{payer.name} et {company.name} : {contract.number}.",
}
ADDRESS = {"street": "1 rue de la Paix", "postcode": "75002", "city": "Paris"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    alice = await visitor.sign_in(cast.email("alice"))
    await alice.post(f"/staff/companies/{await default_id()}", COMPANY | {"version": "1"})
    return alice


async def payer_id(login: str = "dupont") -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE payers SET street = '1 rue', postcode = '75002', city = 'Paris' WHERE city = ''")
        found = (
            "SELECT p.id FROM payers p JOIN clients c ON c.id = p.client_id WHERE c.login = $1 AND p.is_default"
        )
        return int(await db.value(found, login))


async def draft(alice: Visitor, **more: str) -> str:
    """The address of a new draft with Jean Dupont, with the text of a template."""
    await alice.post("/staff/contract-templates", TEMPLATE)
    page = await alice.get("/staff/clients/1001/contracts/new")
    template = page.text.split('name="template_id"')[1].split('option value="')[2].split('"')[0]
    sent = {
        "payer_id": str(await payer_id()),
        "company_id": str(await default_id()),
        "template_id": template,
    } | more
    answer = await alice.post("/staff/clients/1001/contracts", sent)
    assert answer.status_code == 303, alice.text(answer)
    return answer.headers["location"].removesuffix("/edit")


async def test_a_contract_is_drafted_sent_signed_and_read_by_the_client(alice: Visitor) -> None:
    here = await draft(alice)
    form = await alice.get(f"{here}/edit")
    assert "{payer.name} et {company.name}" in form.text
    page = await alice.post(here, {"title": "", "body": "{payer.nothing}", "version": "1"})
    assert page.status_code == 422
    assert 'id="error-title"' in page.text
    assert "{payer.nothing}" in alice.text(page)
    page = await alice.get(f"{here}/pdf")
    assert page.headers["content-type"] == "application/pdf"
    assert "Projet" in text_of(page.content)
    page = await alice.follow(await alice.post(f"{here}/send", {"by_mail": "1"}))
    assert "The contract is number C001 now." in alice.text(page)
    sent = await alice.get(f"{here}/pdf")
    assert 'filename="C001.pdf"' in sent.headers["content-disposition"]
    assert "Jean Dupont et Nova SAS : C001." in text_of(sent.content)
    assert (await alice.get(f"{here}/edit")).status_code == 403
    assert (await alice.post(f"{here}/delete")).status_code == 409

    jean = await alice.another().sign_in(cast.email("dupont"))
    page = await jean.get("/contracts")
    assert "C001" in jean.text(page)
    number = here.rpartition("/")[2]
    assert (await jean.get(f"/contracts/{number}/pdf")).content == sent.content
    assert (await jean.get(f"/contracts/{number}/signed")).status_code == 404
    assert "a envoyé le contrat" in jean.text(await jean.get("/log"))
    assert "préparé" not in jean.text(await jean.get("/log"))

    today = clock.today("Europe/Paris").isoformat()
    for wrong, files in (
        ({"signed_on": ""}, {}),
        ({"signed_on": today}, {"file": ("x.html", b"<html>", "text/html")}),
    ):
        assert (await alice.post(f"{here}/sign", wrong, files=files or None)).status_code == 422
    page = await alice.post(
        f"{here}/sign", {"signed_on": today}, files={"file": ("s.pdf", b"%PDF-1.7 x", "application/pdf")}
    )
    assert "The signature was recorded." in alice.text(await alice.follow(page))
    assert (await jean.get(f"/contracts/{number}/signed")).content == b"%PDF-1.7 x"
    assert (await alice.post(f"{here}/sign", {"signed_on": today})).status_code == 409
    assert (await alice.post(f"{here}/cancel", {"reason": ""})).status_code == 422
    page = await alice.follow(await alice.post(f"{here}/cancel", {"reason": "It ended."}))
    assert "It ended." in alice.text(page)
    assert "It ended." not in jean.text(await jean.get("/log"))


async def test_the_client_asks_for_a_contract_and_sees_no_drafts(alice: Visitor) -> None:
    here = await draft(alice)
    jean = await alice.another().sign_in(cast.email("dupont"))
    assert "Pas encore de contrats" in jean.text(await jean.get("/contracts"))
    number = here.rpartition("/")[2]
    assert (await jean.get(f"/contracts/{number}/pdf")).status_code == 404
    assert (await jean.post("/contracts/request", {"payer_id": "7"})).status_code == 422
    sent = {"payer_id": str(await payer_id()), "wish": "For three servers."}
    page = await jean.follow(await jean.post("/contracts/request", sent))
    assert "Demandé" in jean.text(page)
    listed = await alice.get("/staff/contracts?state=requested")
    asked = listed.text.split('href="/staff/contracts/')[1].split('"')[0]
    page = await alice.get(f"/staff/contracts/{asked}")
    assert "For three servers." in alice.text(page)
    assert "{payer.name}" in (await alice.get(f"/staff/contracts/{asked}/edit")).text
    for _more in range(4):
        await jean.post("/contracts/request", sent)
    assert (await jean.post("/contracts/request", sent)).status_code == 409


async def test_the_list_is_filtered_paged_and_obeys_the_focus(alice: Visitor) -> None:
    here = await draft(alice)
    assert "Jean Dupont" in alice.text(await alice.get("/staff/contracts"))
    assert "Jean Dupont" in alice.text(await alice.get("/staff/contracts?focus=client:1001"))
    assert "No contract fits" in alice.text(await alice.get("/staff/contracts?focus=client:1002"))
    assert "No contract fits" in alice.text(await alice.get("/staff/contracts?state=signed"))
    for wrong in ("state=x", "company=x", f"client={2**70}", "after=x", "number=%00", "x=1"):
        assert (await alice.get(f"/staff/contracts?{wrong}")).status_code == 422, wrong
    assert here in (await alice.get("/staff/clients/1001/contracts")).text


async def test_templates_are_kept_with_their_errors_beside_the_fields(alice: Visitor) -> None:
    page = await alice.post("/staff/contract-templates", TEMPLATE | {"body": "{company.nmae}", "language": "xx"})
    assert page.status_code == 422
    assert 'id="error-body"' in page.text
    assert 'id="error-language"' in page.text
    page = await alice.follow(await alice.post("/staff/contract-templates", TEMPLATE))
    here = "/staff/contract-templates/" + page.text.split('href="/staff/contract-templates/')[2].split("/")[0]
    assert (await alice.post("/staff/contract-templates", TEMPLATE)).status_code == 422
    assert (await alice.post(here, TEMPLATE | {"title": "Other", "version": "1"})).status_code == 303
    page = await alice.post(here, TEMPLATE | {"version": "1"})
    assert page.status_code == 409
    assert "Somebody saved this meanwhile" in alice.text(page)
    assert "keep their text" in alice.text(await alice.get(f"{here}/delete"))
    assert "No templates yet" in alice.text(await alice.follow(await alice.post(f"{here}/delete")))


async def test_what_is_missing_is_said_before_it_is_sent(alice: Visitor) -> None:
    here = await draft(alice, template_id="")
    page = await alice.get(here)
    assert "It has no text yet." in alice.text(page)
    answer = await alice.post(f"{here}/send")
    assert answer.status_code == 409
    assert "It has no text yet." in alice.text(answer)
    page = await alice.follow(await alice.post(f"{here}/delete"))
    assert "The draft was deleted." in alice.text(page)


async def test_standard_has_no_contracts(visitor: Visitor) -> None:
    zoe = await visitor.another("petit").sign_in(cast.email("zoe"))
    for path in ("/staff/contracts", "/staff/contract-templates"):
        answer = await zoe.get(path)
        assert answer.status_code == 403
        assert "Advanced" in zoe.text(answer)
