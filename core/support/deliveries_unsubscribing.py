"""Opting out with one click (RFC 8058): a link in what is no service message, good without signing in.

The link holds what it is about, sealed, so that it works for as long as somebody keeps the mail.
"""

import msgspec
from asyncpg import Record
from markupsafe import escape

from core import audit, db, i18n, sealing, unsubscribe_links
from core.actor import Actor
from core.errors import NotFound
from core.i18n import _
from core.notification_kinds import Kind, find
from core.support import deliveries_optouts
from core.support.deliveries_writing import Content

LONGEST = 1000
CLIENT = """SELECT c.id FROM clients c WHERE c.email_folded = lower($2) OR EXISTS (SELECT FROM memberships m
    WHERE m.client_id = c.id AND m.person_id = $1) ORDER BY c.email_folded <> lower($2), c.id LIMIT 1"""
STYLE = "font: 12px sans-serif; color: #667; text-align: center"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it is about, and what he would not be told any more."""

    kind: str
    person_id: int | None
    address: str


def headers(delivery: Record) -> dict[str, str]:
    """What goes into the head of a mail; nothing for service messages."""
    place = delivery["head"].get("unsubscribe")
    if not place:
        return {}
    return {"List-Unsubscribe": f"<{place}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def with_link(content: Content, kind: Kind, address: str, person_id: int | None, *, by: Actor) -> Content:
    """The text with a line on how to get no more of this; a service message as it is."""
    if kind.is_service or not by.tenant.base_url or content.trouble:
        return content
    link = Link(kind=kind.key, person_id=person_id, address=address)
    token = sealing.seal(msgspec.json.encode(link).decode(), bound_to=_place(by))
    place = f"{by.tenant.base_url.rstrip('/')}{unsubscribe_links.PLACE}{token}"
    with i18n.speaking(content.locale):
        words = _("You do not want such messages any more?"), _("Unsubscribe")
    text = f"{content.text.rstrip()}\n\n-- \n{words[0]} {place}\n"
    line = f'<p style="{STYLE}">{escape(words[0])} <a href="{escape(place)}">{escape(words[1])}</a></p>'
    before, body, after = content.html.rpartition("</body>")
    html = f"{before}{line}{body}{after}" if body else f"{content.html}{line}" if content.html else ""
    return msgspec.structs.replace(content, text=text, html=html, head=content.head | {"unsubscribe": place})


def read(token: str, *, by: Actor) -> tuple[Link, Kind]:
    """What a link is about; `NotFound` for one that is not ours, or about what is no choice."""
    try:
        plain = sealing.unseal(token, bound_to=_place(by)) if len(token) <= LONGEST else ""
        link = msgspec.json.decode(plain, type=Link)
    except (sealing.Unsealable, sealing.NoSecretKey, msgspec.MsgspecError) as error:
        raise NotFound() from error
    kind = find(link.kind)
    if kind is None or kind.is_service:
        raise NotFound()
    return link, kind


async def is_out(link: Link) -> bool:
    """Whether he has opted out already."""
    return await deliveries_optouts.has(link.kind, "mail", link.person_id, link.address)


async def change(link: Link, *, is_out: bool, by: Actor) -> None:
    """Opt out of mail of this kind, or in again."""
    if is_out == await deliveries_optouts.has(link.kind, "mail", link.person_id, link.address):
        return
    change_it = deliveries_optouts.add if is_out else deliveries_optouts.remove
    await change_it(link.kind, "mail", link.person_id, link.address)
    action = "notification:opted_out" if is_out else "notification:opted_in"
    client_id = await db.value(CLIENT, link.person_id, link.address)
    about, known = {"notification": link.kind}, {"name": link.address, "client_id": client_id}
    await audit.record(action, "person", link.person_id, by=by, new=about, **known)


def _place(by: Actor) -> str:
    return f"{by.tenant.id}:unsubscribe"
