"""The pages of saved filters, without JavaScript: saving, using, opening the list with one, focusing on one."""

import re

import pytest

from core import db
from core.accounts import segments
from core.accounts.client_filter import ClientFilter
from core.accounts.segments import NewSegment
from tests import cast
from tests.visitor import Visitor

pytestmark = pytest.mark.anyio
HERE = "/staff/segments"


@pytest.fixture
async def alice(visitor: Visitor) -> Visitor:
    return await visitor.sign_in(cast.email("alice"))


async def saved(name: str, who: str = "alice", *, is_shared: bool = True, **asked: object) -> int:
    by = await cast.who(who)
    async with db.as_tenant(by.tenant.id):
        new = NewSegment(name=name, filter=ClientFilter(**asked), is_shared=is_shared)  # type: ignore[arg-type]
        return (await segments.create(new, by=by)).id


async def number(name: str) -> int:
    async with db.as_tenant((await cast.tenant("nova")).id):
        return int(await db.value("SELECT id FROM segments WHERE name = $1", name))


def logins(page: object) -> list[str]:
    known = ("dupont", "mueller", "tanaka", "o-brien", "elodie")
    table = page.text.partition("<tbody")[2].partition("</tbody>")[0]  # type: ignore[attr-defined]
    return sorted(login for login in known if login in table)


async def test_the_filter_of_a_list_is_saved_and_used_again(alice: Visitor) -> None:
    page = await alice.get("/staff/clients?country=FR&kind=individual")
    assert f'href="{HERE}/new?country=FR&amp;kind=individual"' in page.text
    form = alice.text(await alice.get(f"{HERE}/new?country=FR&kind=individual"))
    assert "France" in form and "Individual" in form
    sent = {"name": "French people", "is_shared": "1", "segment_id": ""}
    page = await alice.follow(await alice.post(f"{HERE}?country=FR&kind=individual", sent))
    assert "The filter was saved." in alice.text(page)
    assert logins(page) == ["dupont", "elodie"]
    assert "Saved filter: French people" in " ".join(alice.text(page).split())
    listed = " ".join(alice.text(await alice.get(HERE)).split())
    assert all(text in listed for text in ("French people", "Country: France", "Kind: Individual", "For all"))


async def test_without_a_filter_there_is_nothing_to_save(alice: Visitor) -> None:
    assert "Save filter" not in alice.text(await alice.get("/staff/clients"))
    answer = await alice.get(f"{HERE}/new")
    assert answer.headers["location"] == "/staff/clients"


async def test_a_wrong_name_is_an_error_beside_the_field(alice: Visitor) -> None:
    await saved("Taken", country="DE")
    page = await alice.post(f"{HERE}?country=FR", {"name": "taken", "is_shared": "1"})
    assert page.status_code == 422 and 'id="error-name">This name is taken.' in page.text
    page = await alice.post(f"{HERE}?country=FR", {"name": ""})
    assert page.status_code == 422 and 'id="error-name"' in page.text
    page = await alice.post(f"{HERE}?country=FR", {"name": "x", "segment_id": "77"})
    assert page.status_code == 422 and 'id="error-segment_id"' in page.text


async def test_a_filter_is_saved_over_one_that_is_there(alice: Visitor) -> None:
    segment_id = await saved("Mine", country="DE")
    form = await alice.get(f"{HERE}/new?country=FR")
    assert f'<option value="{segment_id}">Mine</option>' in form.text
    page = await alice.follow(await alice.post(f"{HERE}?country=FR", {"name": "", "segment_id": str(segment_id)}))
    assert logins(page) == ["dupont", "elodie"]


async def test_it_is_renamed_shared_and_deleted(alice: Visitor) -> None:
    segment_id = await saved("First", is_shared=False, country="DE")
    form = await alice.get(f"{HERE}/{segment_id}/edit")
    assert 'value="First"' in form.text and "/staff/clients?country=DE" in form.text
    sent = {"name": "Second", "is_shared": "1", "version": "1"}
    page = await alice.follow(await alice.post(f"{HERE}/{segment_id}", sent))
    assert "Second" in alice.text(page) and "For all" in alice.text(page)
    late = await alice.post(f"{HERE}/{segment_id}", {"name": "Third", "is_shared": "1", "version": "1"})
    assert late.status_code == 409 and "Somebody saved this meanwhile" in late.text
    assert "Delete the saved filter “Second”?" in alice.text(await alice.get(f"{HERE}/{segment_id}/delete"))
    page = await alice.follow(await alice.post(f"{HERE}/{segment_id}/delete"))
    assert "No saved filters yet" in alice.text(page)


async def test_the_list_opens_with_the_default_and_still_shows_everybody_on_demand(alice: Visitor) -> None:
    segment_id = await saved("French", country="FR")
    await alice.post(f"{HERE}/{segment_id}/default")
    answer = await alice.get("/staff/clients")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/clients?segment={segment_id}")
    page = await alice.follow(answer)
    assert logins(page) == ["dupont", "elodie"]
    assert re.search(r'<a [^>]*href="/staff/clients\?all=1"[^>]*>.*?Cancel filter', page.text, re.DOTALL)
    everybody = await alice.get("/staff/clients?all=1")
    assert len(logins(everybody)) == 5
    assert 'type="hidden" name="all" value="1"' in everybody.text
    assert logins(await alice.get("/staff/clients?country=DE")) == ["mueller"]
    max_ = await alice.another("nova").sign_in(cast.email("max"))
    assert len(logins(await max_.get("/staff/clients"))) == 5
    await alice.post(f"{HERE}/default/none")
    assert len(logins(await alice.get("/staff/clients"))) == 5


async def test_a_default_that_is_gone_opens_the_whole_list(alice: Visitor) -> None:
    segment_id = await saved("French", country="FR")
    await alice.post(f"{HERE}/{segment_id}/default")
    await alice.post(f"{HERE}/{segment_id}/delete")
    assert len(logins(await alice.get("/staff/clients"))) == 5


async def test_focus_on_a_saved_filter_narrows_every_module(alice: Visitor) -> None:
    segment_id = await saved("French", country="FR")
    answer = await alice.get(f"/staff/focus?segment={segment_id}")
    assert answer.headers["location"] == f"/staff/clients?focus=segment:{segment_id}"
    page = await alice.follow(answer)
    assert logins(page) == ["dupont", "elodie"] and "French" in page.text
    assert logins(await alice.get(f"/staff/clients?name=dup&focus=segment:{segment_id}")) == ["dupont"]
    payers = alice.text(await alice.get(f"/staff/payers?focus=segment:{segment_id}"))
    assert "Jean Dupont" in payers and "Müller" not in payers
    bulk = alice.text(await alice.get(f"/staff/clients/bulk?all=1&focus=segment:{segment_id}"))
    assert "2 clients" in bulk
    export = await alice.post(
        f"/staff/clients/export?focus=segment:{segment_id}", {"columns": "login", "format": "csv"}
    )
    assert sorted(export.text.split()[1:]) == ["dupont", "elodie"]
    assert "No such filter" in alice.text(await alice.get("/staff/clients?focus=segment:7"))


async def test_another_ones_own_filter_is_not_there(alice: Visitor) -> None:
    segment_id = await saved("Only Max", "max", is_shared=False, country="FR")
    for path in (f"{HERE}/{segment_id}/edit", f"{HERE}/{segment_id}/delete", f"/staff/focus?segment={segment_id}"):
        assert (await alice.get(path)).status_code == 404, path
    for path in (f"{HERE}/{segment_id}", f"{HERE}/{segment_id}/delete", f"{HERE}/{segment_id}/default"):
        assert (await alice.post(path, {"name": "x", "version": "1"})).status_code == 404, path


async def test_who_may_not_share_changes_none_for_all(alice: Visitor) -> None:
    segment_id = await saved("For all", country="FR")
    sam = await alice.another("nova").sign_in(cast.email("sam"))
    listed = await sam.get(HERE)
    assert "For all" in sam.text(listed) and f"{HERE}/{segment_id}/edit" not in listed.text
    assert (await sam.post(f"{HERE}/{segment_id}", {"name": "x", "version": "1"})).status_code == 403
    assert (await sam.post(f"{HERE}/{segment_id}/delete")).status_code == 403
    assert (await sam.post(f"{HERE}?country=FR", {"name": "y", "is_shared": "1"})).status_code == 403


async def test_a_broken_one_says_why_it_lets_nobody_through(alice: Visitor) -> None:
    async with db.as_tenant((await cast.tenant("nova")).id):
        vip = await db.value("SELECT id FROM account_groups WHERE name = 'Empty group'")
    segment_id = await saved("Broken one", group=vip)
    await alice.post(f"/staff/groups/{vip}/delete")
    assert "The account group it asks for was deleted" in alice.text(await alice.get(HERE))
    page = alice.text(await alice.get(f"/staff/clients?segment={segment_id}"))
    assert "This saved filter lets nobody through" in page
    answer = await alice.get(f"/staff/focus?segment={segment_id}")
    assert answer.headers["location"] == HERE
