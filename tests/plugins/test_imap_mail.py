"""The plugin that reads mail by IMAP, against a server of ours: what is new, what is too large, bad manners."""

import time
from collections.abc import Iterator

import pytest

from core import clock, outside
from core.hookspecs import Context, Who
from plugins.api import IncomingMails
from plugins.notifications import imap_mail
from plugins.notifications.imap_mail import Imap
from tests.core.accounts.house import Tenant
from tests.plugins.fake_imap import FakeImap


@pytest.fixture
def server() -> Iterator[FakeImap]:
    outside.configure(reach_loopback=True)
    with FakeImap(validity=7) as imap:
        yield imap
    outside.configure(reach_loopback=False)


def read(server: FakeImap, position: str, **settings: object) -> IncomingMails:
    wanted = Imap(host="127.0.0.1", port=server.port, login="me", password="x", security="none")
    wanted = Imap(**{name: settings.get(name, getattr(wanted, name)) for name in Imap.__struct_fields__})  # type: ignore[arg-type]
    ctx = Context(
        provider=Tenant(id=1, code="a", name="A"),
        actor=Who(kind="system", name="x"),
        now=clock.now(),
        settings=wanted,
    )
    return imap_mail.provide_incoming_mail(ctx, position)


def test_what_is_new_is_read_once_and_what_was_there_before_is_left_alone(server: FakeImap) -> None:
    server.add(b"Subject: old\r\n\r\nx")
    first = read(server, "")
    assert (first.position, first.mails) == ("7:1", [])
    for number in range(12):
        server.add(f"Subject: {number}\r\n\r\nx".encode())
    second = read(server, first.position)
    assert (second.position, len(second.mails)) == ("7:11", 10)
    third = read(server, second.position)
    assert (third.position, [mail.content[9:11] for mail in third.mails]) == ("7:13", [b"10", b"11"])
    assert read(server, third.position) == IncomingMails(position="7:13")
    assert not [command for command in server.heard if "STORE" in command or "SELECT" in command]


def test_a_mailbox_that_was_numbered_anew_is_read_from_some_days_back(server: FakeImap) -> None:
    server.add(b"Subject: x\r\n\r\nx")
    assert (read(server, "6:900").position, "SINCE" in " ".join(server.heard)) == ("7:1", True)


def test_of_a_mail_that_is_too_large_only_the_head_is_read(
    server: FakeImap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_mail, "LARGEST", 1000)
    server.add(b"Subject: large\r\n\r\n" + b"x" * 2000)
    (mail,) = read(server, "7:0").mails
    assert (mail.is_cut, mail.content[:14]) == (True, b"Subject: large")


@pytest.mark.parametrize(
    ("manner", "security"),
    [
        ("boasts", "none"),
        ("drips", "none"),
        ("drips at first", "none"),
        ("drips a handshake", "tls"),
        ("", "starttls"),
    ],
)
def test_a_server_with_bad_manners_costs_a_bounded_time(
    server: FakeImap, monkeypatch: pytest.MonkeyPatch, manner: str, security: str
) -> None:
    monkeypatch.setattr(imap_mail, "SECONDS", 1.0)
    server.manner = manner
    server.add(b"Subject: x\r\n\r\nx")
    started = time.monotonic()
    with pytest.raises(Exception, match=r"."):
        read(server, "7:0", security=security)
    assert time.monotonic() - started < 5
    assert security == "none" or not [line for line in server.heard if "LOGIN" in line]


def test_private_addresses_wrong_passwords_and_open_lines_are_refused(server: FakeImap) -> None:
    with pytest.raises(Exception, match=r"NO|wrong"):
        read(server, "", password="wrong")
    outside.configure(reach_loopback=False)
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "::1"):
        with pytest.raises(outside.Refused):
            read(server, "", host=host)
