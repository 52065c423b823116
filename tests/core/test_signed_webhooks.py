"""Signatures, looked at with the specification's own library."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core import signed_webhooks

BODY = '{"name": "Zoé"}'.encode()


def test_what_is_signed_can_be_verified_and_nothing_else_can() -> None:
    secret = signed_webhooks.new_secret()
    headers = signed_webhooks.headers(secret, "msg_1", datetime.now(UTC), BODY)
    assert headers["webhook-id"] == "msg_1"
    assert Webhook(secret).verify(BODY, headers) == {"name": "Zoé"}
    for body, known in ((BODY + b" ", secret), (BODY, signed_webhooks.new_secret())):
        with pytest.raises(WebhookVerificationError):
            Webhook(known).verify(body, headers)


def test_an_older_secret_is_still_believed_when_both_sign() -> None:
    old, new = signed_webhooks.new_secret(), signed_webhooks.new_secret()
    headers = signed_webhooks.headers(new, "msg_1", datetime.now(UTC), BODY, also=(old,))
    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)


def test_a_signature_of_yesterday_is_not_believed() -> None:
    secret = signed_webhooks.new_secret()
    headers = signed_webhooks.headers(secret, "msg_1", datetime.now(UTC) - timedelta(minutes=6), BODY)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_short", "whsec_é", "whsec_" + "A" * 400])
def test_a_secret_that_cannot_sign_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        signed_webhooks.check_secret(text)
    signed_webhooks.check_secret(signed_webhooks.new_secret())
