"""Pictures that a provider uploads, such as logos: PNG, JPEG or WebP, told by their first bytes. Never SVG.

A picture is never changed: another one is another row, and so another address, that can be kept for ever.
"""

from asyncpg import Record
from piccolo.columns import Bytea, Text, Timestamptz

from core import clock, db
from core.checks import Checks
from core.i18n import _

MOST_BYTES = 512 * 1024


class Image(db.Owned, tablename="images"):
    """One picture. `kind` is its media type."""

    kind = Text()
    content = Bytea()
    created_at = Timestamptz()


def kind_of(content: bytes) -> str:
    """The media type that the first bytes tell, "" for anything that is not taken."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def check(checks: Checks, field: str, content: bytes) -> None:
    """Note what is wrong with an uploaded picture."""
    if not content:
        checks.error(field, _("Please choose a file."))
    elif len(content) > MOST_BYTES:
        checks.error(field, _("At most %(count)s KB, please.") % {"count": MOST_BYTES // 1024})
    elif not kind_of(content):
        checks.error(field, _("This is no PNG, JPEG or WebP picture."))


async def keep(content: bytes) -> int:
    """Write a picture that `check` has let through; returns its id."""
    return int(
        await db.value(
            "INSERT INTO images (kind, content, created_at) VALUES ($1, $2, $3) RETURNING id",
            kind_of(content),
            content,
            clock.now(),
        )
    )


async def get(image_id: int) -> Record | None:
    """Kind and content, for whoever has asked whether they may be shown."""
    return await db.row("SELECT kind, content FROM images WHERE id = $1", image_id)


async def drop(image_id: int | None) -> None:
    """Remove a picture that nothing names any more."""
    if image_id is not None:
        await db.execute("DELETE FROM images WHERE id = $1", image_id)
