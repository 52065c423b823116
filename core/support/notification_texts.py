"""What a notification says: the usual texts of its kind, in the language of who reads it."""

from collections.abc import Mapping

import minijinja
import msgspec

from core import i18n
from core.actor import Tenant
from core.i18n import _
from core.notification_kinds import Kind


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A notification as it is sent. `template` says which texts were used, `locale` in which language."""

    subject: str
    text: str
    html: str
    short: str
    locale: str
    template: str


async def written(
    kind: Kind, *, locale: str, project_id: int | None, data: Mapping[str, object], provider: Tenant
) -> Written:
    """The texts of a kind with the data filled in."""
    speaks = locale if locale in i18n.LOCALES else provider.locale
    environment = minijinja.Environment()
    with i18n.speaking(speaks):
        parts = {
            name: environment.render_str(_(getattr(kind, name)), **data) for name in ("subject", "text", "short")
        }
    return Written(html="", locale=speaks, template="", **parts)
