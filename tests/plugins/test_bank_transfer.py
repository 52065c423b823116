"""The bank transfer: it keeps the contract of payment plugins, and its code is what banking apps read."""

import msgspec

from plugins.api import Attempt, BankDetails
from plugins.payments import bank_transfer
from plugins.testing_payments import PaymentContract

BANK = BankDetails(holder="Nova Hébergement SAS", iban="FR7630006000011234567890189", bic="AGRIFRPP")
OWED = Attempt(key="k", method="transfer", units=120_050, currency="EUR", reference="RF881010", bank=BANK)


class TestBankTransfer(PaymentContract):
    """Everything that fits a transfer."""

    plugin = bank_transfer


def test_the_code_is_that_of_the_european_payments_council() -> None:
    assert bank_transfer.epc(OWED).split("\n") == [
        *("BCD", "002", "1", "SCT", "AGRIFRPP", "Nova Hébergement SAS", "FR7630006000011234567890189"),
        *("EUR1200.50", "", "RF881010", ""),
    ]
    named = bank_transfer.epc(msgspec.structs.replace(OWED, reference="F-2026-00008"))
    assert named.split("\n")[-2:] == ["", "F-2026-00008"]
    assert bank_transfer.epc(msgspec.structs.replace(OWED, units=0)) == ""
    assert bank_transfer.epc(msgspec.structs.replace(OWED, bank=None)) == ""


def test_without_euros_there_is_no_code_and_without_an_account_a_sentence() -> None:
    contract = TestBankTransfer()
    francs = msgspec.structs.replace(OWED, currency="CHF")
    told = contract.call("provide_payment_instructions", attempt=francs)
    assert told.qr == "" and "FR76 3000 6000 0112 3456 7890 189" in [row.value for row in told.rows]
    nowhere = contract.call("provide_payment_instructions", attempt=msgspec.structs.replace(OWED, bank=None))
    assert nowhere.rows == [] and "no bank account" in nowhere.text
