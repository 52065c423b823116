"""Who may what: roles, editions, grants and refusals, keys; and that memory answers as casbin does."""

from collections.abc import Iterator
from itertools import product

import pytest

from core import plugin_registry, policies
from core.actor import PLATFORM, Actor, Tenant, system, visitor
from core.errors import NotInEdition, PermissionMissing
from core.hookspecs import Edition
from core.permission_words import DESCRIPTIONS
from core.permissions import FEATURES, Permission, feature_of, parts_of
from plugins.editions import advanced, corporate, platform, standard

EDITIONS = ("standard", "advanced", "corporate")
OF_THE_PLATFORM = {p for p in Permission if p.split(":")[0] in ("platform", "provider", "reseller")}


@pytest.fixture(autouse=True)
def editions() -> Iterator[None]:
    policies.load([module.provide_edition() for module in (corporate, platform, advanced, standard)])
    yield
    policies.load(plugin_registry.editions())


def provider(edition: str = "corporate", *, granted: str = "", refused: str = "") -> Tenant:
    return Tenant(
        id=7,
        code="nova",
        name="Nova",
        edition=edition,
        granted=frozenset(granted.split()),
        refused=frozenset(refused.split()),
    )


def staff(role: str, tenant: Tenant, **facts: object) -> Actor:
    return Actor(kind="staff", tenant=tenant, name="Alice", role=role, **facts)  # type: ignore[arg-type]


def platform_person(kind: str, **facts: object) -> Actor:
    home = Tenant(id=PLATFORM, code="platform", name="Comptoir")
    return Actor(kind=kind, tenant=home, name="Olga", **facts)  # type: ignore[arg-type]


# The list of rights


def test_permissions_are_alphabetical_described_and_named_noun_and_act() -> None:
    names = [permission.value for permission in Permission]
    assert names == sorted(names)
    assert set(DESCRIPTIONS) == set(Permission)
    for permission in Permission:
        assert permission.name == permission.value.replace(":", "_").upper()
        assert ":".join(parts_of(permission)) == permission


def test_every_gate_is_a_known_feature_and_every_feature_is_in_some_edition() -> None:
    gates = {feature_of(permission) for permission in Permission}
    assert {None, "groups", "projects"} <= gates <= {None, *FEATURES}
    assert policies.features_of("corporate") == set(FEATURES)


# Memory and casbin


def test_memory_answers_as_casbin_does() -> None:
    held = policies._policies
    roles = (*policies.PROVIDER_ROLES, *policies.PLATFORM_ROLES, "nobody")
    for edition, role, permission in product((*EDITIONS, "platform", "none"), roles, Permission):
        truth = held.enforcer.enforce(edition, role, *parts_of(permission))
        assert held.enforce(edition, role, permission) == truth
        assert held.enforce(edition, role, permission) == truth
    assert len(held.memo) == 5 * len(roles) * len(Permission)


def test_a_remembered_check_does_not_ask_casbin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    by = staff("support", provider(granted="groups"))
    before = {permission: policies.allows(by, permission) for permission in Permission}
    assert set(before.values()) == {True, False}

    def asked(*question: str) -> bool:
        pytest.fail(f"casbin was asked again: {question}")

    monkeypatch.setattr(policies._policies.enforcer, "enforce", asked)
    assert {permission: policies.allows(by, permission) for permission in Permission} == before


# Roles


def test_the_owner_on_corporate_may_everything_a_provider_can() -> None:
    assert policies.permissions_of(staff("owner", provider())) == set(Permission) - OF_THE_PLATFORM


def test_the_auditor_changes_nothing() -> None:
    found = policies.permissions_of(staff("auditor", provider()))
    assert {permission.split(":")[1] for permission in found} == {"read"}


def test_support_does_not_delete_and_the_accountant_does_not_edit() -> None:
    assert not policies.allows(staff("support", provider()), Permission.CLIENT_DELETE)
    assert policies.allows(staff("support", provider()), Permission.CLIENT_UPDATE)
    assert not policies.allows(staff("accountant", provider()), Permission.CLIENT_UPDATE)
    assert policies.allows(staff("accountant", provider()), Permission.CLIENT_READ)


@pytest.mark.parametrize("role", policies.PROVIDER_ROLES)
def test_each_edition_adds_to_the_one_before_and_takes_nothing(role: str) -> None:
    found = [policies.permissions_of(staff(role, provider(edition))) for edition in EDITIONS]
    assert found[0] < found[1] < found[2]


def test_a_role_the_provider_made_is_what_it_names_within_the_owners_rights() -> None:
    named = frozenset({"client:read", "group:read", "provider:open"})
    by = staff("Night shift", provider("advanced"), permissions=named)
    assert policies.permissions_of(by) == {"client:read", "group:read"}


def test_a_role_named_like_a_built_in_one_gains_nothing_by_its_name() -> None:
    by = staff("owner", provider(), permissions=frozenset({"client:read"}))
    assert policies.permissions_of(by) == {"client:read"}
    assert policies.permissions_of(staff("operator", provider())) == frozenset()
    assert policies.permissions_of(staff("", provider())) == frozenset()


# Other kinds of actors


def test_a_visitor_may_nothing() -> None:
    assert policies.permissions_of(visitor(provider())) == frozenset()


def test_a_key_never_exceeds_its_scopes_nor_its_creators_rights() -> None:
    scopes = frozenset({"client:read", "client:delete", "group:read"})
    by = Actor(kind="api_key", tenant=provider("standard"), name="key", role="support", scopes=scopes)
    assert policies.permissions_of(by) == {"client:read"}
    without = Actor(kind="api_key", tenant=provider(), name="key", role="owner", scopes=None)
    assert policies.permissions_of(without) == frozenset()


def test_the_system_may_what_the_edition_allows_and_a_plugin_only_reads() -> None:
    assert Permission.GROUP_CREATE in policies.permissions_of(system(provider("advanced")))
    assert Permission.GROUP_CREATE not in policies.permissions_of(system(provider("standard")))
    plugin = Actor(kind="plugin", tenant=provider(), name="greeter")
    assert {permission.split(":")[1] for permission in policies.permissions_of(plugin)} == {"read"}


def test_the_platforms_people_have_rights_on_the_platform_only() -> None:
    assert policies.permissions_of(platform_person("operator")) >= OF_THE_PLATFORM
    reseller = policies.permissions_of(platform_person("reseller"))
    assert Permission.PROVIDER_OPEN in reseller
    assert not {"reseller:manage", "platform:activity", "staff:manage"} & reseller
    assert policies.permissions_of(platform_person("staff", role="owner")) == frozenset()
    stray = Actor(kind="operator", tenant=provider(), name="Olga")
    assert policies.permissions_of(stray) == frozenset()


# Gates


@pytest.mark.parametrize(
    ("permission", "edition"), [(Permission.GROUP_READ, "advanced"), (Permission.PROJECT_READ, "corporate")]
)
def test_a_refusal_names_the_edition_that_has_it_whatever_the_role(permission: Permission, edition: str) -> None:
    for role in ("owner", "auditor", "nobody"):
        with pytest.raises(NotInEdition) as refusal:
            policies.require(staff(role, provider("standard")), permission)
        assert refusal.value.edition == edition
        assert edition.capitalize() in refusal.value.message


def test_with_the_feature_a_missing_right_is_a_matter_of_the_role() -> None:
    with pytest.raises(PermissionMissing):
        policies.require(staff("auditor", provider("advanced")), Permission.GROUP_CREATE)


def test_a_granted_feature_brings_its_rights_and_a_refused_one_takes_them() -> None:
    granted = staff("support", provider("standard", granted="groups"))
    assert {"group:read", "group:assign"} <= policies.permissions_of(granted)
    assert not policies.allows(granted, Permission.PROJECT_READ)
    refused = staff("owner", provider("corporate", refused="groups"))
    assert not any(permission.startswith("group:") for permission in policies.permissions_of(refused))
    assert policies.allows(refused, Permission.PROJECT_READ)


def test_a_refused_feature_of_the_own_edition_names_no_edition() -> None:
    with pytest.raises(NotInEdition) as refusal:
        policies.require(staff("owner", provider("corporate", refused="groups")), Permission.GROUP_READ)
    assert refusal.value.edition is None


def test_refusing_wins_over_granting() -> None:
    assert not policies.has_feature(provider("standard", granted="groups", refused="groups"), "groups")


def test_moving_down_and_up_again_brings_everything_back() -> None:
    before = policies.permissions_of(staff("manager", provider("corporate")))
    assert policies.permissions_of(staff("manager", provider("standard"))) < before
    assert policies.permissions_of(staff("manager", provider("corporate"))) == before


# Editions


def test_editions_are_listed_from_the_lowest_without_the_platform() -> None:
    assert [edition.name for edition in policies.editions()] == list(EDITIONS)
    assert policies.edition_with("groups") == "advanced"
    assert policies.edition_with("teleport") is None


def test_limits_are_inherited_and_lifted() -> None:
    assert policies.limit(provider("standard"), "staff") == 10
    assert policies.limit(provider("corporate"), "staff") is None
    assert policies.limit(provider("advanced"), "unheard of") is None


def test_an_edition_that_is_gone_counts_as_the_lowest_and_never_as_the_platform() -> None:
    for name in ("vanished", "platform"):
        assert policies.edition_of(provider(name)) == "standard"
        assert not policies.allows(staff("owner", provider(name)), Permission.GROUP_READ)


def test_editions_that_do_not_fit_together_are_refused_by_name() -> None:
    with pytest.raises(policies.BadEditions, match="'a' inherits 'b'"):
        policies.Policies([Edition(name="a", title="A", inherits="b")])
    with pytest.raises(policies.BadEditions, match="inherits itself"):
        policies.Policies([Edition(name="a", title="A", inherits="b"), Edition(name="b", title="B", inherits="a")])


def test_a_plugin_may_bring_an_edition_of_its_own() -> None:
    own = Edition(
        name="boutique",
        title="Boutique",
        inherits="standard",
        features=frozenset({"projects"}),
        policies=(("owner", "project", "*"),),
    )
    policies.load([standard.provide_edition(), own])
    assert policies.allows(staff("owner", provider("boutique")), Permission.PROJECT_CREATE)
    assert not policies.allows(staff("owner", provider("boutique")), Permission.GROUP_READ)
