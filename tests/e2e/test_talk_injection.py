"""What stands in conversations, read by staff and clients: whoever wrote it, however it came, it does nothing.

One of everything is made by the product's verbs; then every text in it is one that would like to be a program.
"""

from email.message import EmailMessage
from email.utils import formataddr
from itertools import count
from types import SimpleNamespace
from typing import Any

import msgspec
from playwright.sync_api import Page, expect

from core import db
from core.accounts import sessions
from core.actor import Actor, system
from core.support import (
    incoming_mail,
    incoming_mail_settings,
    ticket_changes,
    ticket_messages,
    ticket_writing,
)
from core.support.incoming_mail_settings import IncomingMailChanges
from core.support.ticket_messages import Reply
from tests import cast
from tests.e2e import pages
from tests.e2e.browsing import Watch
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.e2e.test_injection import PAYLOADS
from tests.web.matrix import table, things

HOUSE = "sly"
EVIL = '"><img src=x onerror=alert(2)>'
MARK = "<img src=x onerror=alert(2)>"
LINKS = '[here](javascript:alert(6)) <https://x.example/" onclick=alert(7)>\n\n![x](//evil.example/x)'
ALL = "\n\n".join((*PAYLOADS, LINKS))
NAMES = {
    "clients": "name contact_person note",
    "people": "name",
    "payers": "name contact_person",
    "tickets": "subject opened_by",
    "ticket_messages": "author_name",
    "ticket_attachments": "name",
    "departments": "name",
    "ticket_categories": "name_en name_fr",
    "ticket_statuses": "name_en name_fr shown_en shown_fr",
    "incoming_mails": "sender subject reason",
    "incoming_mail_places": "plugin trouble",
    "response_templates": "name created_by",
    "mass_messages": "author",
    "mass_message_texts": "subject text",
    "tasks": "title reason actor_name",
    "notifications": "name address created_by",
    "deliveries": "name address subject text html short said created_by",
    "delivery_attempts": "said",
    "notification_templates": "subject text short made_by",
    "webhook_endpoints": "url description",
    "webhook_events": "name payload",
    "webhook_deliveries": "error",
    "webhook_attempts": "error answer",
    "fraud_checks": "name email address",
    "segments": "name created_by",
    "list_filters": "name created_by",
}
"""Every text that people see of these tables, whoever it comes from."""
LONG = {"ticket_messages": "text"}
MADE = (
    "ticket_status", "ticket_category", "attachment", "watched_ticket", "message", "sent_message", "notice",
    "delivery", "notification_text", "response_template", "webhook_delivery", "fraud_check", "client",
    "staff", "segment", "list_filter",
)  # fmt: skip
ATTEMPTS = (
    """INSERT INTO delivery_attempts (delivery_id, number, at, result, said)
       SELECT id, 1, created_at, 'refused', 'x' FROM deliveries""",
    """INSERT INTO webhook_attempts (delivery_id, number, at, milliseconds)
       SELECT id, 1, created_at, 9 FROM webhook_deliveries""",
    "INSERT INTO incoming_mail_places (plugin, position, failed_at, trouble) VALUES ('x', '', now(), 'x')",
)
TRAP = """(() => {
    window.caught = [];
    for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.caught.push(name);
    const leads = ["href", "src", "action", "formaction"];
    const wrong = (e) => [...e.attributes].some((a) => a.name.startsWith("on")
            || (leads.includes(a.name) && /^\\s*(javascript|data):|evil.example|^x$/i.test(a.value))
            || (a.name === "hx-get" && a.value === "/staff/settings"))
        || (e.localName === "script" && !e.src && !/json/.test(e.type));
    new MutationObserver((all) => {
        for (const one of all) for (const node of one.addedNodes) if (node.nodeType === 1)
            for (const e of [node, ...node.querySelectorAll("*")])
                if (wrong(e)) window.caught.push(e.outerHTML.slice(0, 120));
    }).observe(document, { childList: true, subtree: true });
})()"""
"""Begun before a page is: what would run, and every element that was none of ours, even for a moment."""
HEADERS = "(href) => fetch(href).then((answer) => Object.fromEntries(answer.headers))"
SHOWN = """(mark) => document.body.innerText.includes(mark)
    || [...document.querySelectorAll("input, textarea, option")].some((e) => (e.value + e.text).includes(mark))"""


async def owner_of(code: str) -> Actor:
    place = await cast.tenant(code)
    async with db.as_tenant(place.id):
        person_id = await db.value("SELECT person_id FROM staff WHERE role = 'owner'")
        token = await sessions.open_session(person_id, by=system(place))
    async with db.as_tenant(place.id):
        found = await sessions.actor_of(sessions.digest(token), place)
    assert found is not None
    return found.actor


async def fill(code: str) -> dict[str, int]:
    """One of everything with evil in all of it; gives the ids of what has a page."""
    by, numbers = await owner_of(code), count(1)
    world: Any = SimpleNamespace(fresh=lambda what="thing": f"{what}-{next(numbers)}", actors={})
    makers = things.MAKERS | table.merged("MAKERS")
    made = {kind: await makers[kind](world, by) for kind in MADE}
    async with db.as_tenant(by.tenant.id):
        made["mailed"] = await mailed(by)
        await ticket_changes.watch(made["mailed"], by=by)
        await ticket_messages.reply(made["mailed"], Reply(text="We look."), by=by)
        reader = await db.value(
            "SELECT person_id FROM memberships m JOIN tickets t USING (client_id) WHERE t.id = $1", made["mailed"]
        )
    await makers["notice"](world, msgspec.structs.replace(by, kind="user", person_id=reader))
    async with db.as_tenant(by.tenant.id):
        for statement in ATTEMPTS:
            await db.execute(statement)
        for name, columns in NAMES.items():
            await plant(name, columns, EVIL)
        for name, columns in LONG.items():
            await plant(name, columns, ALL)
        reasons = [{"text": "%(name)s " + EVIL, "values": {"name": EVIL}}]
        await db.execute(
            "UPDATE fraud_checks SET seen = $1, answers = $2",
            {"client": {"name": EVIL}, "items": [{"name": EVIL}]},
            [{"plugin": EVIL, "verdict": "review", "reasons": reasons}],
        )
        await ticket_messages.note(made["mailed"], ALL, by=by)
    return made


async def somebody_writes(code: str, made: dict[str, int]) -> None:
    """Somebody else of the team begins an answer in the ticket that came by mail."""
    by = msgspec.structs.replace(await owner_of(code), staff_id=made["staff"])
    async with db.as_tenant(by.tenant.id):
        await ticket_writing.begin(made["mailed"], ALL, by=by)


async def mailed(by: Actor) -> int:
    """A ticket that came by mail, with a file."""
    mail = EmailMessage()
    await incoming_mail_settings.update(IncomingMailChanges(address="help@sly.example"), version=1, by=by)
    address = await db.value("SELECT email FROM clients ORDER BY code LIMIT 1")
    mail["From"], mail["To"], mail["Subject"] = formataddr((MARK, address)), "help@sly.example", MARK
    mail.set_content(ALL)
    mail.add_attachment(b"text", maintype="text", subtype="plain", filename=f"{MARK}.txt")
    taken = await incoming_mail.take(mail.as_bytes(), by=system(by.tenant))
    assert taken is not None
    assert taken["state"] == "opened", dict(taken)
    return int(taken["ticket_id"])


async def plant(name: str, columns: str, text: str) -> None:
    """The text in these columns of all rows, with a number behind it where it has to differ."""
    for column in columns.split():
        done = await db.execute(
            f"""UPDATE {name} t SET "{column}" = $1 || made.number FROM (SELECT ctid AS place,
                row_number() OVER () AS number FROM {name}) made WHERE t.ctid = made.place""",
            text,
        )
        assert done != "UPDATE 0", f"there is nothing in {name}"


def looked_at(page: Page, path: str) -> list[str]:
    """What was caught on a page, and whether what was planted is not even shown."""
    page.goto(path)
    expect(page.get_by_role("main")).to_be_visible()
    caught = [f"{path}: {what}" for what in page.evaluate("window.caught")]
    return caught if page.evaluate(SHOWN, MARK) else [*caught, f"{path}: not shown"]


def addresses(made: dict[str, int]) -> list[str]:
    """The pages of staff on which it stands."""
    ticket, mailed_in, kind = made["watched_ticket"], made["mailed"], made["notification_text"]
    staff = f"""tickets tickets?queue=mine tickets/{mailed_in} tickets/{mailed_in}/split tickets/{ticket}
        tickets/{ticket}/merge clients/{made["client"]} clients/{made["client"]}/tickets/new incoming-mail
        departments ticket-categories ticket-categories/{made["ticket_category"]}/edit ticket-statuses
        ticket-statuses/{made["ticket_status"]}/edit response-templates
        response-templates/{made["response_template"]}/edit messages messages/{made["message"]}
        messages/{made["message"]}/edit messages/{made["sent_message"]} notifications
        notifications/{made["delivery"]} notification-templates/{kind}?language=fr
        notification-templates/{kind}/history?language=fr webhooks webhook-deliveries/{made["webhook_delivery"]}
        fraud-checks fraud-checks/{made["fraud_check"]} activity tasks segments filters?list=users
        search?q=alert"""
    return [*(f"/staff/{path}" for path in staff.split()), "/account/notices"]


def portal(made: dict[str, int]) -> list[str]:
    """Those of the client whose ticket came by mail."""
    return ["/", "/tickets", f"/tickets/{made['mailed']}", "/tickets/new", "/account/notices"]


def test_nothing_that_stands_in_a_conversation_does_anything(open_as: Open, served: Served, watch: Watch) -> None:
    owner = served.open_provider(HOUSE)
    served.register(HOUSE, "marie", "Marie Curie")
    made = served.do(fill, HOUSE)
    page = open_as(f"{HOUSE}/{owner}", "/staff")
    page.add_init_script(TRAP)
    found = [line for path in addresses(made) for line in looked_at(page, path)]
    assert found == []

    served.do(somebody_writes, HOUSE, made)
    assert looked_at(page, f"/staff/tickets/{made['mailed']}") == []
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="What to look for").fill("alert")
    for kind in ("client", "user", "payer", "segment"):
        expect(page.locator(f"#palette-results [aria-labelledby='palette-{kind}']")).to_contain_text(MARK)
    assert page.evaluate("window.caught") == []
    page.keyboard.press("Escape")
    expect(page.locator("#live")).to_contain_text(MARK)
    expect(page.locator("#messages a[href^='javascript:'], #messages img, #messages [onclick]")).to_have_count(0)
    file = page.locator("#messages a[href*='/ticket-files/']").first
    headers = page.evaluate(HEADERS, file.get_attribute("href"))
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]
    page.evaluate("document.body.append(Object.assign(document.createElement('a'), { href: 'javascript:1' }))")
    assert len(page.evaluate("window.caught")) == 1, "the trap holds nothing"

    trap_in_frames = "Blocked script execution in 'about:blank' because the document's frame is sandboxed"
    watch.seen[:] = [line for line in watch.seen if trap_in_frames not in line]

    user = open_as(f"{HOUSE}/marie@client.example", "/")
    user.add_init_script(TRAP)
    assert [line for path in portal(made) for line in looked_at(user, path)] == []

    frames = open_as(f"{HOUSE}/{owner}", f"/staff/notification-templates/{made['notification_text']}?language=fr")
    pages.field(frames, "Text").fill(f"{ALL.replace('{{ 7*7 }}', '')}\n\n{{{{ name }}}}")
    frames.get_by_role("main").get_by_role("button", name="Preview", exact=True).click()
    mail = frames.frame_locator("iframe[name='template-preview']").locator(".mail")
    expect(mail).to_contain_text(MARK)
    expect(mail.locator("img, script, [onerror], [onclick], [hx-get], a[href^='javascript:']")).to_have_count(0)
