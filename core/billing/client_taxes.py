"""How what is sold to a client is taxed: by its payer, the company that sells in its project, and the day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from core import db
from core.accounts import payer_keeping, project_companies
from core.catalog import taxes
from core.catalog.tax_rules import Tax


async def of(
    account: Mapping[str, Any], day: date, *, payer_id: int | None = None, plan_id: int | None = None
) -> tuple[Tax, bool]:
    """The tax of what is sold to an account on a day, and whether list prices have it inside.

    The payer is the client's default one unless another is named. What is of no plan is taxed at standard rates.
    """
    payer = await db.row("SELECT * FROM payers WHERE id = $1", payer_id) if payer_id else None
    payer = payer or await payer_keeping.default(account["client_id"])
    book = await taxes.book(day, [payer])
    (company, *_others) = await project_companies.selling(account["project_id"])
    return book.tax(payer, company, plan_id=plan_id), book.decided.includes_tax
