"""A ticket by mail and back: mail comes in by IMAP, an answer leaves by SMTP, and what it brings back is there.

Both are plugins of the product here, in front of real servers on this machine.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from core import outside, plugin_settings
from core.support import incoming_mail_settings, incoming_reading
from core.support.incoming_mail_settings import IncomingMailChanges
from tests.core.support.posting import Post, post_office
from tests.e2e import pages
from tests.e2e.conftest import Open
from tests.e2e.served import Served
from tests.plugins.fake_imap import FakeImap

HOUSE, BOX, CLIENT = "postal", "help@postal.example", "marie@client.example"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@contextmanager
def servers(served: Served) -> Iterator[tuple[FakeImap, Post]]:
    """A mailbox, a mail server and a worker, until the block ends; only here this machine may be asked."""
    post = Post()
    office = post_office(post)
    served.do(office.__aenter__)
    outside.configure(reach_loopback=True)
    try:
        with FakeImap() as imap, served.working():
            yield imap, post
    finally:
        outside.configure(reach_loopback=False)
        served.do(office.__aexit__, None, None, None)


def set_up(served: Served, imap: FakeImap, post: Post) -> None:
    """Both plugins are on, and the address of the mailbox stands in the settings."""
    here = {"host": "127.0.0.1", "security": "none"}
    reading = here | {"port": str(imap.port), "login": "help", "password": "x"}
    sending = here | {"port": str(post.port), "mail_from": "team@postal.example"}
    for plugin, typed in (("imap-mail", reading), ("smtp", sending)):
        served.within(HOUSE, plugin_settings.save, plugin, typed)
        served.within(HOUSE, plugin_settings.enable, plugin)
    served.within(HOUSE, incoming_mail_settings.update, IncomingMailChanges(address=BOX), version=1)


def letter(to: str, subject: str, text: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    given = {
        "From": f"Marie Curie <{CLIENT}>",
        "To": to,
        "Subject": subject,
        "Message-ID": f"<{len(text)}@client>",
    }
    for name, value in (given | headers).items():
        mail[name] = value
    mail.set_content(text)
    return mail


def read_now(served: Served, staff: Page, position: str) -> None:
    """Staff have the mailbox read, without waiting for its minute."""
    staff.goto("/staff/incoming-mail")
    staff.get_by_role("button", name="Read now").click()
    pages.expect_toast(staff, "New mail is being read.")
    for _try in range(80):
        places = served.within(HOUSE, incoming_reading.places, by=None)
        if [row["position"] for row in places] == [position]:
            return
        staff.wait_for_timeout(100)
    raise AssertionError(f"not read up to {position}: {[dict(row) for row in places]}")


def answer_of(staff: Page, post: Post, text: str) -> EmailMessage:
    """Staff answer in the browser; the mail that the client gets, which is not the only one that leaves."""
    pages.field(staff, "Message").fill(text)
    staff.get_by_role("main").get_by_role("button", name="Send the answer", exact=True).click()
    pages.expect_toast(staff, "The answer was sent.")
    for _try in range(100):
        for mail in post.taken:
            plain = mail.get_body(("plain",))
            if plain is not None and text.partition(".")[0] in plain.get_content():
                return mail
        staff.wait_for_timeout(100)
    raise AssertionError("the answer did not leave")


def test_a_ticket_comes_by_mail_is_answered_and_mail_back_opens_it_again(open_as: Open, served: Served) -> None:
    owner = served.open_provider(HOUSE)
    served.register(HOUSE, "marie", "Marie Curie")
    staff = open_as(f"{HOUSE}/{owner}", "/staff/incoming-mail")
    main = staff.get_by_role("main")
    with servers(served) as (imap, post):
        imap.add(letter(BOX, "From before", "This was here before anybody read it").as_bytes())
        set_up(served, imap, post)
        read_now(served, staff, "1:1")
        asking = letter(BOX, "Slow since Monday", "Could you **look** at it?")
        asking.add_attachment(PNG, maintype="image", subtype="png", filename="rack.png")
        imap.add(asking.as_bytes())
        read_now(served, staff, "1:2")

        staff.goto("/staff/tickets?queue=waiting")
        expect(main.locator("tbody tr")).to_have_count(1)
        main.get_by_role("link", name="Slow since Monday").click()
        messages = staff.locator("#messages")
        expect(messages.locator("strong", has_text="look")).to_be_visible()
        expect(messages.get_by_role("link", name="rack.png")).to_be_visible()
        staff.get_by_label("After the answer it").select_option(label="is done: close it")
        sent = answer_of(staff, post, "It was a cable. It is **fast** again.")
        expect(main.get_by_role("button", name="Open again")).to_be_visible()

        mailed, marked = sent.get_body(("plain",)), sent.get_body(("html",))
        assert mailed is not None and marked is not None
        assert "<strong>fast</strong>" in re.sub(r"<strong[^>]*>", "<strong>", marked.get_content())
        assert (sent["To"], "cable" in mailed.get_content()) == (CLIENT, True)
        assert re.fullmatch(r"help\+t\d+\.[a-z2-7]{16}@postal\.example", sent["Reply-To"])
        quoted = "\n".join(f"> {line}" for line in mailed.get_content().splitlines())
        said = f"Not quite: it is slow again.\n\nOn Mon, 30 Nov 2026, Postal wrote:\n{quoted}\n"
        back = letter(sent["Reply-To"], f"Re: {sent['Subject']}", said, **{"In-Reply-To": sent["Message-ID"]})
        imap.add(back.as_bytes())
        other = open_as(f"{HOUSE}/{owner}", "/staff/incoming-mail")
        read_now(served, other, "1:3")

    staff.reload()
    expect(messages).to_contain_text("Not quite: it is slow again.")
    expect(messages).not_to_contain_text("Postal wrote:")
    expect(main.get_by_role("button", name="Close the ticket")).to_be_visible()
    expect(main.locator("dl.facts").first).to_contain_text("Waiting for us")
    other.reload()
    expect(other.get_by_role("main").locator("tbody tr")).to_have_count(2)
