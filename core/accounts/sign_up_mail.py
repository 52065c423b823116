"""The two mails that follow a sign-up: the link that confirms it, and the word to who is known here already."""

from collections.abc import Mapping
from typing import Any

import msgspec
from asyncpg import Record

from core import db, i18n, mail
from core.accounts import sessions
from core.accounts.written_as import Writer
from core.i18n import _


async def send_link(asked: Record, payload: Mapping[str, Any]) -> None:
    """The link that confirms the address; its token is kept as a hash."""
    token = sessions.new_token()
    await db.execute("UPDATE sign_ups SET token_hash = $2 WHERE id = $1", asked["id"], sessions.digest(token))
    writer = msgspec.convert(payload["writer"], Writer)
    parts = {
        "name": asked["contact_person"],
        "provider": writer.name,
        "address": f"{payload['base_url'].rstrip('/')}/sign-up/{token}",
    }
    with i18n.speaking(asked["locale"]):
        subject = _("Confirm your address at %(provider)s")
        text = _(
            "Hello %(name)s,\n\nsomebody signed up at %(provider)s with this address. If it was you, confirm it "
            "and choose your password here within 24 hours:\n\n%(address)s\n\n"
            "If it was not you, there is nothing to do: without it no account is made.\n"
        )
    await mail.later(
        to=asked["email"],
        subject=subject % parts,
        text=text % parts,
        kind="sign_up",
        **writer.head,
    )


async def tell_holder(person: Record, payload: Mapping[str, Any]) -> None:
    """That somebody signed up with an address that is known here."""
    base = payload["base_url"].rstrip("/")
    writer = msgspec.convert(payload["writer"], Writer)
    parts = {"name": person["name"], "provider": writer.name}
    parts |= {"sign_in": f"{base}/sign-in", "password": f"{base}/password"}
    with i18n.speaking(person["locale"]):
        subject = _("You have an account at %(provider)s already")
        text = _(
            "Hello %(name)s,\n\nsomebody signed up at %(provider)s with this address, but you have an account "
            "there already. If it was you, sign in:\n\n%(sign_in)s\n\nIf you forgot your password, choose a "
            "new one:\n\n%(password)s\n\nIf it was not you, there is nothing to do: your account stays as it is.\n"
        )
    await mail.later(
        to=person["email"],
        subject=subject % parts,
        text=text % parts,
        kind="sign_up_known",
        **writer.head,
    )
