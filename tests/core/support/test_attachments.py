"""Files of messages: what is taken under which name, what a scanner says, and who gets them."""

from typing import Any

import pytest

from core import db, hooks
from core.errors import Invalid, NotFound
from core.settings import Settings
from core.support import attachment_settings, attachments, ticket_messages, ticket_opening
from core.support.attachment_settings import AttachmentChanges
from core.support.attachments import Attached
from core.support.ticket_opening import NewTicket
from tests.core.accounts.house import add_client, hire, open_provider
from tests.plugins import rogues

pytestmark = [pytest.mark.anyio]
PNG = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"
HOSTILE = [
    "../../x.png",
    "C:\\x.png",
    "x\0.png",
    "a" * 300 + ".png",
    '"; filename=evil.html;.png',
    "x\u202egnp.png",
]


def file(name: str = "rack.png", content: bytes = PNG) -> Attached:
    return Attached(name=name, content=content)


@pytest.mark.usefixtures("database")
async def test_files_are_kept_under_harmless_names_and_seen_by_who_sees_the_ticket() -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by, other = (
            await hire(tenant, "Max", "manager"),
            await hire(tenant, "Sam", "support", projects=frozenset({1})),
        )
        ticket = await ticket_opening.open_ticket(
            await add_client("dupont"), NewTicket(subject="Slow", text="Look"), by=by
        )
        taken = await attachments.checked([file(name) for name in HOSTILE[:5]], by=by)
        await attachments.keep_first(ticket["id"], taken)
        await attachments.keep_first(ticket["id"], taken)
        said = await ticket_messages.of_ticket(ticket["id"], by=by)
        kept = (await attachments.of_messages([said[0]["id"]]))[said[0]["id"]]
        names = sorted(row["name"][:20] for row in kept)
        assert names == ["_; filename=evil.htm", "a" * 20, "x.png", "x.png", "x.png"]
        assert {row["kind"] for row in kept} == {"image/png"}
        assert (await attachments.content(kept[0]["id"], by=by))["content"] == PNG
        for nobody in (0, 2**63, kept[0]["id"] + 10**6):
            with pytest.raises(NotFound):
                await attachments.content(nobody, by=by)
        with pytest.raises(NotFound):
            await attachments.content(kept[0]["id"], by=other)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("files", "word"),
    [
        ([file("x.svg", b"<svg onload=alert(1)>")], "x.svg"),
        ([file("x.html", b"<script>")], "x.html"),
        ([file("x.png", b"<script>")], "x.png"),
        ([file("x.pdf", b"%PDF-1.7")], "x.pdf"),
        ([file("x.png", b"")], "x.png"),
        ([file("x.png", PNG + b"x" * 1024**2)], "x.png"),
        ([file()] * 3, "2"),
    ],
)
async def test_what_is_not_taken_is_refused_with_its_reason(files: list[Attached], word: str) -> None:
    tenant = await open_provider()
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "owner")
        changes = AttachmentChanges(most_files=2, most_megabytes=1, endings=("png", "txt"))
        await attachment_settings.update(changes, version=1, by=by)
        with pytest.raises(Invalid) as refused:
            await attachments.checked(files, by=by)
        assert word in refused.value.errors["files"]
        with pytest.raises(Invalid):
            await attachment_settings.update(AttachmentChanges(most_files=99, endings=("exe",)), version=2, by=by)


@pytest.mark.usefixtures("database")
async def test_a_scanner_refuses_a_file_and_one_that_fails_lets_nothing_in() -> None:
    def scan(attachment: dict[str, Any]) -> str:
        if b"crash" in attachment["content"]:
            raise RuntimeError("no engine")
        return "there is a virus in it" if b"EICAR" in attachment["content"] else ""

    hooks.load(
        Settings(secret_key="s" * 32), extra={"scanner": rogues.plugin("scanner", validate_attachment=scan)}
    )
    tenant = await open_provider(plugins=frozenset({"scanner"}))
    async with db.as_tenant(tenant.id):
        by = await hire(tenant, "Max", "owner")
        assert [one.name for one in await attachments.checked([file("a.txt", b"fine")], by=by)] == ["a.txt"]
        with pytest.raises(Invalid) as refused:
            await attachments.checked([file("a.txt", b"EICAR")], by=by)
        assert refused.value.errors["files"] == "a.txt: there is a virus in it"
        with pytest.raises(Invalid):
            await attachments.checked([file("a.txt", b"crash")], by=by)
