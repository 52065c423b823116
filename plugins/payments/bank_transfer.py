"""Payment by bank transfer: tells the client the account, the reference and, for euros, a code to scan.

Its money arrives by itself; bank statements, or people, record it. The code is that of the European Payments
Council (EPC069-12, version 2), which banking apps read.
"""

from typing import Annotated

import msgspec

from plugins.api import (
    N_,
    Attempt,
    Capabilities,
    Context,
    InstructionRow,
    Instructions,
    PaymentMethod,
    Plugin,
    _,
    hookimpl,
    setting,
)

LONGEST_NAME, LONGEST_REFERENCE = 70, 140


class BankTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can set."""

    note: Annotated[
        str,
        setting(N_("Note to the client"), hint=N_("It stands below the account."), multiline=True, max_length=500),
    ] = ""


@hookimpl
def provide_plugin() -> Plugin:
    return Plugin(
        name="bank-transfer",
        kind="payment",
        title=N_("Bank transfer"),
        description=N_(
            "Tells clients which account to pay into, with the reference that their payment is known by."
        ),
    )


@hookimpl
def provide_settings() -> type[msgspec.Struct]:
    return BankTransfer


@hookimpl
def provide_payment_methods() -> list[PaymentMethod]:
    return [PaymentMethod(key="transfer", title=_("Bank transfer"), can=Capabilities(instructs=True))]


@hookimpl
def provide_payment_instructions(ctx: Context, attempt: Attempt) -> Instructions:
    settings: BankTransfer = ctx.settings or BankTransfer()
    bank = attempt.bank
    if bank is None:
        return Instructions(rows=[], text=_("There is no bank account to pay into yet. Please ask us."))
    rows = [
        (_("Account holder"), bank.holder),
        ("IBAN", spaced(bank.iban)),
        ("BIC", bank.bic),
        (_("Bank"), bank.bank),
        (_("Reference"), attempt.reference),
    ]
    return Instructions(
        rows=[InstructionRow(label=label, value=value) for label, value in rows if value],
        text=settings.note,
        qr=epc(attempt) if attempt.currency == "EUR" else "",
    )


def epc(attempt: Attempt) -> str:
    """What a banking app reads in the code (EPC069-12): version 2, in which the BIC can be left out."""
    bank = attempt.bank
    if bank is None or not 0 < attempt.units < 10**11:
        return ""
    is_structured = attempt.reference.startswith("RF")
    lines = [
        *("BCD", "002", "1", "SCT"),
        bank.bic,
        " ".join(bank.holder.split())[:LONGEST_NAME],
        bank.iban,
        f"EUR{attempt.units // 100}.{attempt.units % 100:02d}",
        "",
        attempt.reference if is_structured else "",
        "" if is_structured else attempt.reference[:LONGEST_REFERENCE],
    ]
    return "\n".join(lines)


def spaced(iban: str) -> str:
    """An IBAN in groups of four, as people read it."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))
