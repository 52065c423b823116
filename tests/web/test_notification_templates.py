"""The texts of notifications through the front door: written, looked at, tried, put back."""

import pytest

from core import db
from tests import cast
from tests.letters import waiting
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/notification-templates"
KIND = f"{HERE}/account.address_changed"
TEXT = {"language": "fr", "subject": "Bonjour", "text": "Salut **{{ name }}**", "short": "", "version": "0"}


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def test_a_text_is_written_and_goes_back_to_the_usual_one(alice: Visitor) -> None:
    assert "Back to the usual text" not in (await alice.get(f"{KIND}?language=fr")).text
    page = await alice.follow(await alice.post(KIND, TEXT))
    assert "Salut **{{ name }}**" in page.text and "The text is in force." in page.text
    assert 'language=fr">' in (await alice.get(HERE)).text
    again = await alice.post(KIND, TEXT | {"subject": "Rebonjour"})
    assert again.status_code == 409 and "keep_subject" in again.text
    broken = await alice.post(KIND, TEXT | {"text": "{{ nobody }}", "version": "1"})
    assert broken.status_code == 422 and 'id="error-text"' in broken.text
    history = await alice.get(f"{KIND}/history?language=fr")
    assert "<ins>Salut **{{ name }}**</ins>" in history.text
    sent = {"language": "fr", "version": "1"}
    assert (await alice.post(f"{KIND}/back", sent)).status_code == 303
    assert (await alice.post(f"{KIND}/back", sent | {"version": "2", "old": "1"})).status_code == 303
    assert "Salut" in (await alice.get(f"{KIND}?language=fr")).text


async def test_what_is_missing_in_a_language_of_clients_is_not_what_only_staff_get(alice: Visitor) -> None:
    async with db.as_tenant((await cast.tenant("nova")).id):
        await db.execute("UPDATE clients SET language = 'de' WHERE code = 1001")
    missing = (await alice.get(f"{HERE}/missing")).text
    assert "/ticket.answered?language=de" in missing
    assert "/ticket.opened?" not in missing and "/account.staff_invitation?" not in missing


async def test_each_variable_stands_once_with_its_plain_twin_and_groups_are_in_words(alice: Visitor) -> None:
    page = (await alice.get(f"{HERE}/ticket.answered?language=en")).text
    for name in ("provider", "panel", "text", "text_markdown"):
        assert page.count(f"<code>{{{{ {name} }}}}</code>") == 1, name
    groups = (await alice.get(HERE)).text
    assert ">support</h2>" not in groups and groups.count(">Tickets</h2>") == 1


async def test_a_preview_can_do_nothing_and_keeps_nothing(alice: Visitor) -> None:
    shown = await alice.post(f"{KIND}/preview", TEXT)
    assert shown.status_code == 200 and "<strong>Zoé Dupont</strong>" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["x-frame-options"] == "SAMEORIGIN"
    assert "All values are examples." in shown.text
    named = await alice.post(f"{KIND}/preview", TEXT | {"client": "1001"})
    assert "names are his, all other values are examples" in named.text
    broken = await alice.post(f"{KIND}/preview", TEXT | {"text": "{% include '/etc/passwd' %}"})
    assert broken.status_code == 422 and "include" in broken.text
    stranger = await alice.post(f"{KIND}/preview", TEXT | {"client": "999999"})
    assert stranger.status_code == 422
    assert "Salut" not in (await alice.get(f"{KIND}?language=fr")).text


async def test_a_trial_goes_to_whoever_asks_for_it(alice: Visitor) -> None:
    answer = await alice.post(f"{KIND}/trial", TEXT)
    assert answer.status_code == 200 and "Salut **{{ name }}**" in answer.text
    (letter,) = await waiting((await cast.tenant("nova")).id)
    assert letter["to"] == cast.email("alice") and letter["subject"].endswith("Bonjour")
    assert "Salut Zoé Dupont" in letter["text"] and "<strong>" in letter["html"]


async def test_the_mail_about_an_invoice_goes_without_its_file_when_it_is_told_to(alice: Visitor) -> None:
    assert "with PDF" in (await alice.get(HERE)).text
    page = await alice.follow(await alice.post(f"{HERE}/invoice.issued/switch", {"has_file": "0"}))
    assert "goes without its file" in page.text
    async with db.as_tenant((await cast.tenant("nova")).id):
        row = await db.row("SELECT is_on, has_file FROM notification_switches WHERE kind = 'invoice.issued'")
        assert dict(row or {}) == {"is_on": True, "has_file": False}
    assert (await alice.post(f"{HERE}/payment.received/switch", {"has_file": "0"})).status_code == 409


async def test_a_kind_is_switched_off_and_no_longer_sent(alice: Visitor) -> None:
    page = await alice.follow(await alice.post(f"{KIND}/switch", {"is_on": "0"}))
    assert "is not sent any more" in page.text
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT is_on FROM notification_switches") is False
    assert (await alice.post(f"{HERE}/account.password/switch", {"is_on": "0"})).status_code == 409
    assert (await alice.get(f"{HERE}/nothing")).status_code == 404


async def test_what_an_update_left_off_is_told_once_and_sent_by_one_press(alice: Visitor) -> None:
    assert "An update brought" not in (await alice.get(HERE)).text
    nova = await cast.tenant("nova")
    async with db.as_tenant(nova.id):
        await db.execute(
            "INSERT INTO notification_switches (kind, is_on, is_new) VALUES ('invoice.issued', false, true)"
        )
    assert "An update brought" in (await alice.get(HERE)).text
    page = await alice.follow(await alice.post(f"{HERE}/new-kinds", {"is_on": "1"}))
    assert "sent from now on" in page.text and "An update brought" not in page.text
    async with db.as_tenant(nova.id):
        assert await db.value("SELECT is_on FROM notification_switches") is True
