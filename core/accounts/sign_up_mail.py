"""The two mails that follow a sign-up: the link that confirms it, and the word to who is known here already."""

from collections.abc import Mapping
from typing import Any

from asyncpg import Record

from core import db, notifications
from core.accounts import account_kinds, people, sessions
from core.actor import Actor
from core.notifications import Recipient


async def send_link(asked: Record, payload: Mapping[str, Any], *, by: Actor) -> None:
    """The link that confirms the address; its token is kept as a hash."""
    token = sessions.new_token()
    await db.execute("UPDATE sign_ups SET token_hash = $2 WHERE id = $1", asked["id"], sessions.digest(token))
    await notifications.notify(
        account_kinds.SIGN_UP,
        to=Recipient(address=asked["email"], name=asked["contact_person"], locale=asked["locale"]),
        data={
            "name": asked["contact_person"],
            "address": f"{payload['base_url'].rstrip('/')}/sign-up/{token}",
        },
        project_id=asked["project_id"],
        by=by,
    )


async def tell_holder(person: Record, asked: Record, payload: Mapping[str, Any], *, by: Actor) -> None:
    """That somebody signed up with an address that is known here."""
    base = payload["base_url"].rstrip("/")
    await notifications.notify(
        account_kinds.SIGN_UP_KNOWN,
        to=people.recipient(person),
        data={"name": person["name"], "sign_in": f"{base}/sign-in", "password": f"{base}/password"},
        project_id=asked["project_id"],
        by=by,
    )
