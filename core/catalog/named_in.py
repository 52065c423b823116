"""Names that are free among the rows of one parent: the plans of a product, the choices of an addon."""

from core import db
from core.checks import Checks
from core.i18n import _


async def check(checks: Checks, table: str, name: str, *, but: int = 0, **beside: int) -> None:
    """Note an error when another row than `but` with the same parent has this name, in whatever case."""
    among = " AND ".join(f"{column} = {value:d}" for column, value in beside.items())
    sql = f"SELECT EXISTS (SELECT FROM {table} WHERE {among} AND name_folded = lower($1) AND id <> $2)"
    if "name" not in checks.errors and await db.value(sql, name, but):
        checks.error("name", _("This name is taken."))
