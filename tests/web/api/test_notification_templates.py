"""Texts of notifications over JSON: a trial goes to whoever made the key."""

import pytest

from tests import cast
from tests.letters import waiting

pytestmark = pytest.mark.anyio
HERE = "/notification-templates/ticket.answered"
TEXT = {"language": "fr", "subject": "Bonjour {{ number }}", "text": "Une réponse"}


async def test_a_trial_of_a_text_goes_to_who_made_the_key_and_keeps_nothing(caller):
    alice = await caller("alice")
    before = (await alice.get(f"{HERE}?language=fr")).json()
    tried = await alice.post(f"{HERE}/trial", json=TEXT)
    assert (tried.status_code, tried.json()) == (200, {"address": cast.email("alice")})
    assert (await alice.get(f"{HERE}?language=fr")).json() == before
    (letter,) = await waiting((await cast.tenant("nova")).id)
    assert letter["to"] == cast.email("alice")
    assert letter["subject"].endswith("Bonjour 1001")
    for wrong, field in (({"subject": "{{ nothing }}"}, "subject"), ({"text": "{% if %}"}, "text")):
        refused = await alice.post(f"{HERE}/trial", json=TEXT | wrong)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field]), wrong
