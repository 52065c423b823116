"""Mails are read whatever is in them, and only what somebody said is kept of them."""

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.support import incoming_parsing, incoming_text
from core.support.incoming_parsing import Unreadable


def letter(text: str = "Hello", **headers: str) -> bytes:
    mail = EmailMessage()
    for name, value in (
        {"From": "Ann <Ann@Example.org>", "To": "help@x.org", "Message-ID": "<1@x>"} | headers
    ).items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def test_a_mail_is_read_with_its_files_names_and_character_sets() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "=?utf-8?q?L=C3=A9a?= <LEA@Example.org>", "a@x.org, b@x.org"
    mail["Subject"], mail["Message-ID"], mail["References"] = "Été\u202e", "<7@x>", "<1@y> <2@y>"
    mail.set_content("Voilà", charset="iso-8859-1")
    mail.add_alternative("<p>Voil&agrave;</p><script>x</script>", subtype="html")
    mail.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="reçu.pdf")
    read = incoming_parsing.parse(mail.as_bytes())
    assert (read.sender, read.sender_name, read.subject) == ("lea@example.org", "Léa", "Été")
    assert (read.recipients, read.references) == (("a@x.org", "b@x.org"), ("<1@y>", "<2@y>"))
    assert (read.text.strip(), read.files) == ("Voilà", (("reçu.pdf", b"%PDF-1"),))
    head = b"From: a@b.c\r\nContent-Type: text/html; charset=nonsense\r\n\r\n"
    only_html = head + b"<style>x</style><p>One</p>Two &amp; three"
    assert incoming_parsing.parse(only_html).text == "One\nTwo & three"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<x.y>"},
        {"X_Loop": "x"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@x.org"},
        {"X_Auto_Response_Suppress": "All", "Subject": "Automatic reply: x"},
    ],
)
def test_what_a_machine_sent_is_known(headers: dict[str, str]) -> None:
    assert incoming_parsing.parse(letter(**headers)).auto
    assert not incoming_parsing.parse(letter(Auto_Submitted="no", X_Auto_Response_Suppress="DR")).auto


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(5000))
MANY = b'From: a@b.c\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n' + b"--x\r\n\r\ny\r\n" * 50_000


@pytest.mark.parametrize(
    "raw", [NESTED, MANY, b"x" * 11_000_000, b"a" * 300_000], ids=["deep", "many", "large", "head"]
)
def test_what_nobody_honest_sends_is_refused_soon(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(Unreadable):
        incoming_parsing.parse(raw)
    assert time.process_time() - started < 5


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=400), st.text(max_size=60))
def test_any_bytes_are_a_mail_or_refused(body: bytes, name: str) -> None:
    for raw in (body, b"From: " + name.encode("utf-8", "replace") + b"\r\nSubject: =?x?q?=\r\n\r\n" + body):
        try:
            read = incoming_parsing.parse(raw)
        except Unreadable:
            continue
        assert "\0" not in read.text + read.subject + read.sender


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes.\n\nOn Mon, 2 Nov 2026 at 10:00, Bob <b@x.org> wrote:\n> Is it?\n", "Yes."),
        ("Oui\n\nLe lun. 2 nov. 2026 à 10:00, Bob\n<b@x.org> a écrit :\n\n> Et ?\n", "Oui"),
        ("Yes\n-- \nAnn\nACME", "Yes"),
        ("Yes\n\n-----Original Message-----\nFrom: b@x.org\nSent: Monday\n\nIs it?", "Yes"),
        ("Yes\n\nFrom: Bob\nSent: Monday\nTo: Ann\nSubject: x\n\nIs it?", "Yes"),
        ("One\n> quoted\nTwo\n> old\n> older\n", "One\n> quoted\nTwo"),
        (
            "On Mon, Bob wrote something:\n> Is it?\n\nBelow: yes",
            "On Mon, Bob wrote something:\n> Is it?\n\nBelow: yes",
        ),
        ("On Mon, 2 Nov 2026, Bob wrote:\n> Is it?\n\nYes, it is", "Yes, it is"),
        ("Yes\n\nSent from my phone\n", "Yes"),
        ("> only\n> quoted\n", ""),
    ],
)
def test_history_and_signature_are_cut(text: str, said: str) -> None:
    assert incoming_text.said(text) == said


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["> a", "-- ", "b", "", "On Mon, x wrote:", "From: x", "Sent: y", "_" * 30]), max_size=30
    )
)
def test_any_text_is_cut_to_lines_of_its_own(lines: list[str]) -> None:
    assert set(incoming_text.said("\n".join(lines)).split("\n")) <= {*lines, *(line.strip() for line in lines), ""}


def test_a_long_text_is_cut_soon() -> None:
    started = time.process_time()
    incoming_text.said(("> a\n" * 50_000 + "b\n") * 1)
    incoming_text.said("On " + "x " * 90_000)
    assert time.process_time() - started < 2
