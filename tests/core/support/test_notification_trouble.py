"""A text that breaks holds nothing up, and its owner hears of it once."""

import pytest

from core import db, notifications
from core.notifications import Recipient
from core.settings import Settings
from tests import cast
from tests.core.support import posting
from tests.core.support.posting import TOLD
from tests.letters import waiting

pytestmark = pytest.mark.anyio


async def test_mail_goes_out_in_the_usual_words_and_the_owner_is_told_once(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    posting.declared(monkeypatch)
    alice = await cast.who("alice")
    async with db.as_tenant(alice.tenant.id):
        await db.execute(
            """INSERT INTO notification_templates (kind, language, version, subject, text, made_at, made_by)
               VALUES ($1, 'en', 1, 'x', 'Hello {{ gone }}', now(), 'x')""",
            TOLD.key,
        )
        for word in ("one", "two"):
            to = Recipient(address="zoe@example.org", locale="en")
            await notifications.notify(TOLD, to=to, data={"name": "Zoé", "word": word}, by=alice)
    await posting.hand_out(alice.tenant.id)
    letters = await waiting(alice.tenant.id)
    assert [letter["subject"] for letter in letters[:2]] == ["About one", "About two"]
    (told,) = letters[2:]
    assert told["to"] == cast.email("alice") and "provider/en/1" in told["text"]
