"""A provider's own texts: versions, going back, what is refused, and who may."""

import time

import msgspec
import pytest

from core import db, notification_kinds, notification_switches
from core.actor import Actor
from core.errors import Conflict, EditConflict, Forbidden, Invalid, NotFound, NotInEdition, PermissionMissing
from core.notification_kinds import Kind
from core.settings import Settings
from core.support import notification_history, notification_templates, notification_texts
from core.support.notification_templates import Place, TemplateText
from tests import cast
from tests.core.accounts.house import entries

pytestmark = pytest.mark.anyio

KIND = Kind(
    key="test.own",
    title="A kind",
    variables={"name": "Who"},
    samples={"name": "Zoé"},
    subject="Good morning",
    text="Hello {{ name }}",
)
SECRET = Kind(key="test.secret", title="A link", is_secret=True, subject="x", text="x")
FRENCH = Place(language="fr")
HI = TemplateText(subject="Bonjour", text="Salut {{ name }}")


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (KIND, SECRET):
        monkeypatch.setitem(notification_kinds.KINDS, kind.key, kind)


@pytest.fixture
async def alice(database: Settings) -> Actor:
    return await cast.who("alice")


async def save(text: TemplateText, version: int, *, place: Place = FRENCH, by: Actor) -> int:
    async with db.as_tenant(by.tenant.id):
        return (await notification_templates.save(KIND.key, place, text, version=version, by=by)).version


async def sent(locale: str, *, by: Actor, project_id: int | None = None) -> str:
    async with db.as_tenant(by.tenant.id):
        written = await notification_texts.written(
            KIND, locale=locale, project_id=project_id, data={"name": "Zoé"}, provider=by.tenant
        )
    return written.text.strip()


async def test_an_own_text_is_sent_and_going_back_brings_the_usual_one_and_loses_nothing(alice: Actor) -> None:
    assert await save(HI, 0, by=alice) == 1
    assert await sent("fr", by=alice) == "Salut Zoé"
    assert await save(msgspec.structs.replace(HI, text="Coucou {{ name }}"), 1, by=alice) == 2
    async with db.as_tenant(alice.tenant.id):
        await notification_templates.reset(KIND.key, FRENCH, version=2, by=alice)
    assert await sent("fr", by=alice) == "Hello Zoé"
    async with db.as_tenant(alice.tenant.id):
        await notification_templates.restore(KIND.key, FRENCH, 1, version=3, by=alice)
        versions = await notification_templates.history(KIND.key, FRENCH, by=alice)
        usual = notification_templates.usual(await notification_templates.get(KIND.key, FRENCH, by=alice))
        told = await entries("notification_template:saved")
    assert await sent("fr", by=alice) == "Salut Zoé"
    assert [(row["version"], row["is_default"]) for row in versions] == [
        (4, False),
        (3, True),
        (2, False),
        (1, False),
    ]
    changed = notification_history.between(versions[2 + 1], versions[2], usual)
    assert [(line.sign, line.text) for line in changed["text"]] == [("-", HI.text), ("+", "Coucou {{ name }}")]
    assert len(told) == 3 and told[-1]["subject_name"] == KIND.key


async def test_of_two_editors_the_second_sees_what_the_first_wrote(alice: Actor) -> None:
    await save(HI, 0, by=alice)
    with pytest.raises(EditConflict) as conflict:
        await save(msgspec.structs.replace(HI, subject="Mine"), 0, by=alice)
    assert conflict.value.current["subject"] == "Bonjour" and conflict.value.current["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ config }}",
        "{% include '/etc/passwd' %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 10 ** 9 }}",
        "{" * 20_000,
        "{% if true %}" * 1_500,
    ],
)
async def test_what_would_reach_out_or_never_end_is_refused_at_once(alice: Actor, text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(Invalid) as refused:
        await save(TemplateText(subject="x", text=text), 0, by=alice)
    assert set(refused.value.errors) == {"text"} and time.monotonic() - begun < 1


async def test_what_is_wrong_is_said_beside_its_field(alice: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        await save(TemplateText(subject="{{ nobody }}", text="a\n{{ name", short="x" * 501), 0, by=alice)
    assert set(refused.value.errors) == {"subject", "text", "short"}
    assert "nobody" in refused.value.errors["subject"] and "2" in refused.value.errors["text"]


async def test_a_text_of_a_project_is_for_its_clients_and_goes_before_the_providers(alice: Actor) -> None:
    async with db.as_tenant(alice.tenant.id):
        project_id = await db.value("SELECT id FROM projects WHERE name = 'Nova Pro'")
    await save(HI, 0, by=alice)
    of_project = Place(language="fr", project_id=project_id)
    await save(msgspec.structs.replace(HI, text="Pro {{ name }}"), 0, place=of_project, by=alice)
    assert [await sent("fr", by=alice, project_id=one) for one in (project_id, None)] == ["Pro Zoé", "Salut Zoé"]
    lower = msgspec.structs.replace(alice, tenant=msgspec.structs.replace(alice.tenant, edition="standard"))
    assert await sent("fr", by=lower, project_id=project_id) == "Salut Zoé"
    with pytest.raises(NotInEdition):
        await save(HI, 1, place=of_project, by=lower)


async def test_whoever_is_limited_to_projects_changes_only_theirs(alice: Actor) -> None:
    limited = msgspec.structs.replace(alice, projects=frozenset({1}))
    with pytest.raises(Forbidden):
        await save(HI, 0, by=limited)
    support = await cast.who("sam")
    with pytest.raises(PermissionMissing):
        await save(HI, 0, by=support)
    with pytest.raises(NotFound):
        await save(HI, 0, place=Place(language="\x00"), by=alice)


async def test_a_kind_is_switched_off_unless_nobody_could_get_in_without_it(alice: Actor) -> None:
    async with db.as_tenant(alice.tenant.id):
        await notification_switches.put(KIND, False, by=alice)
        assert not await notification_switches.is_on(KIND)
        await notification_switches.put(KIND, True, by=alice)
        assert await notification_switches.is_on(KIND)
        with pytest.raises(Conflict):
            await notification_switches.put(SECRET, False, by=alice)
