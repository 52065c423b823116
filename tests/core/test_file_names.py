"""Names of uploaded files are harmless, whatever somebody called them, and kinds are what the first bytes say."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import file_names


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("letter.pdf", "letter.pdf"),
        ("../../x", "x"),
        ("..\\..\\etc\\passwd.txt", "passwd.txt"),
        ("/etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie_ x=1.txt"),
        ('he said "hello".pdf', "he said _hello_.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("CON.txt", "_CON.txt"),
        ("", "file"),
        ("..", "file"),
        (".htaccess", "htaccess"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
        ("x." + "y" * 300, ("x." + "y" * 300)[:120]),
        ("été 2026 – reçu.png", "été 2026 – reçu.png"),
    ],
)
def test_a_name_is_kept_without_what_hides_or_breaks_out(sent: str, kept: str) -> None:
    assert file_names.cleaned(sent) == kept


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_is_short_visible_and_no_path(name: str) -> None:
    kept = file_names.cleaned(name)
    assert 0 < len(kept) <= file_names.LONGEST
    assert not set(kept) & set('/\\<>:"|?*%\r\n\0')
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in kept)
    assert kept not in (".", "..")
    assert file_names.cleaned(kept) == kept


def test_the_ending_and_the_first_bytes_must_agree() -> None:
    assert file_names.kind_of("a.PDF", b"%PDF-1.7 ...") == "application/pdf"
    assert file_names.kind_of("a.txt", "été".encode()) == "text/plain"
    for name, content in (
        ("a.pdf", b"MZ\x90\0"),
        ("a.txt", b"MZ\x90\0"),
        ("a.png", b"<svg/>"),
        ("a.html", b"<script>"),
        ("a.svg", b"<svg/>"),
        ("a.exe", b"MZ"),
        ("pdf", b"%PDF-1.7"),
        ("a", b"x"),
    ):
        assert file_names.kind_of(name, content) == "", name
