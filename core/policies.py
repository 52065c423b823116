"""Who may what: casbin over (edition, role, object, action), asked once and then remembered.

No tenant and no person stands in the policy, so it stays small whatever the number of providers; who has which
role is a row of the tenant. The lines come from the edition plugins (`provide_edition`). A feature granted on
top of an edition brings the lines of the lowest edition that has it; a refused one takes them away.
"""

from collections.abc import Iterable

import casbin
import msgspec

from core.actor import Actor, Tenant
from core.errors import ForbiddenInside, NotInEdition, PermissionMissing
from core.hookspecs import Edition
from core.permissions import Permission, feature_of, parts_of

PLATFORM_EDITION = "platform"
PLATFORM_ROLES = ("operator", "reseller")
PROVIDER_ROLES = ("owner", "manager", "support", "accountant", "auditor")

MODEL = """
[request_definition]
r = edition, role, obj, act
[policy_definition]
p = edition, role, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.role == p.role && r.obj == p.obj && (r.act == p.act || p.act == "*") && g(r.edition, p.edition)
"""


class BadEditions(Exception):
    """The editions cannot be put together; the message says which and why."""


class Policies:
    """The editions of this process, and what has been asked about them."""

    def __init__(self, editions: Iterable[Edition]) -> None:
        self.by_name = {edition.name: edition for edition in editions}
        self.chains = {name: self._chain(name) for name in self.by_name}
        self.features = {
            name: frozenset().union(*(edition.features for edition in chain))
            for name, chain in self.chains.items()
        }
        self.ordered = sorted(
            (edition for edition in self.by_name.values() if edition.name != PLATFORM_EDITION),
            key=lambda edition: (len(self.chains[edition.name]), edition.name),
        )
        self.enforcer = self._enforcer()
        self.memo: dict[tuple[str, str, str], bool] = {}

    def enforce(self, edition: str, role: str, permission: str) -> bool:
        """What casbin answers, from memory the second time."""
        key = (edition, role, permission)
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = bool(self.enforcer.enforce(edition, role, *parts_of(permission)))
        return found

    def _chain(self, name: str) -> list[Edition]:
        chain: list[Edition] = []
        step: str | None = name
        while step is not None:
            if step not in self.by_name:
                raise BadEditions(f"edition {chain[-1].name!r} inherits {step!r}, which is not installed")
            if self.by_name[step] in chain:
                raise BadEditions(f"edition {name!r} inherits itself")
            chain.append(self.by_name[step])
            step = self.by_name[step].inherits
        return chain

    def _enforcer(self) -> casbin.Enforcer:
        enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=MODEL))
        lines = [[e.name, *line] for e in self.by_name.values() for line in dict.fromkeys(e.policies)]
        parents = [[e.name, e.inherits] for e in self.by_name.values() if e.inherits]
        if lines and not enforcer.add_policies(lines):
            raise BadEditions("casbin refused the policy lines")
        if parents and not enforcer.add_grouping_policies(parents):
            raise BadEditions("casbin refused the order of the editions")
        return enforcer


_policies = Policies(())


def load(editions: Iterable[Edition]) -> None:
    """Take these editions instead of what was loaded before."""
    global _policies
    _policies = Policies(editions)


def allows(by: Actor, permission: str) -> bool:
    """Whether the actor may do this, under his edition, role, limits of the key and kind."""
    if by.scopes is not None and permission not in by.scopes:
        return False
    if by.permissions is not None and permission not in by.permissions:
        return False
    role = _role(by)
    if role is None or (by.kind == "plugin" and parts_of(permission)[1] != "read"):
        return False
    edition = _edition_for(by.tenant, permission)
    return edition is not None and _policies.enforce(edition, role, permission)


def require(by: Actor, permission: str) -> None:
    """Nothing when the actor may; else `NotInEdition` if the edition lacks it, else `PermissionMissing`."""
    if allows(by, permission):
        return
    feature = feature_of(permission)
    if feature is not None and not by.tenant.is_platform:
        require_feature(by, feature)
    raise PermissionMissing(permission)


def require_outside(by: Actor) -> None:
    """Nothing, unless `by` is a member of staff inside a client's account: what is the client's own to do."""
    if by.impersonator is not None:
        raise ForbiddenInside()


def has_feature(tenant: Tenant, feature: str) -> bool:
    """Whether the provider has it: by its edition or granted on top, and not refused."""
    if feature in tenant.refused:
        return False
    return feature in tenant.granted or feature in _policies.features.get(edition_of(tenant), ())


def require_feature(by: Actor, feature: str) -> None:
    """Nothing when the provider has the feature; else `NotInEdition`, which names the edition that has it."""
    if has_feature(by.tenant, feature):
        return
    is_taken = feature in _policies.features.get(edition_of(by.tenant), ())
    raise NotInEdition(feature, None if is_taken else edition_with(feature))


def permissions_of(by: Actor) -> frozenset[str]:
    """All that the actor may, for roles pages and the scopes of a new key."""
    return frozenset(permission.value for permission in Permission if allows(by, permission))


def editions() -> list[Edition]:
    """The editions a provider can have, the lowest first."""
    return list(_policies.ordered)


def edition_of(tenant: Tenant) -> str:
    """The edition in force. One that is not installed any more counts as the lowest, so that nothing opens."""
    if tenant.is_platform:
        return PLATFORM_EDITION
    if tenant.edition in _policies.by_name and tenant.edition != PLATFORM_EDITION:
        return tenant.edition
    return _policies.ordered[0].name if _policies.ordered else ""


def edition_with(feature: str) -> str | None:
    """The lowest edition that has the feature, None when none has."""
    return next((e.name for e in _policies.ordered if feature in _policies.features[e.name]), None)


def features_of(edition: str) -> frozenset[str]:
    """The features of an edition with those it inherits; none for an unknown one."""
    return _policies.features.get(edition, frozenset())


def limit(tenant: Tenant, name: str) -> int | None:
    """How many of these the provider may have; None is no limit."""
    for edition in _policies.chains.get(edition_of(tenant), ()):
        if name in edition.limits:
            return edition.limits[name]
    return None


def roles(tenant: Tenant | None = None) -> tuple[str, ...]:
    """The built-in roles, the mightiest first: of a provider, or of the platform."""
    return PLATFORM_ROLES if tenant is not None and tenant.is_platform else PROVIDER_ROLES


def as_data() -> list[dict[str, object]]:
    """The editions for `comptoir` to print: name, title, features, limits."""
    return [
        {
            "name": edition.name,
            "title": edition.title,
            "inherits": edition.inherits,
            "features": sorted(features_of(edition.name)),
            "limits": msgspec.to_builtins(edition.limits),
        }
        for edition in editions()
    ]


def _role(by: Actor) -> str | None:
    """The role casbin is asked about. A role the provider made is bounded by what the owner may."""
    if by.kind in ("visitor", "user") or (by.kind == "api_key" and by.scopes is None):
        return None
    if by.kind in PLATFORM_ROLES:
        return by.kind if by.tenant.is_platform else None
    if by.tenant.is_platform:
        return "operator" if by.kind == "system" else None
    if by.kind in ("system", "plugin") or by.permissions is not None:
        return "owner"
    return by.role


def _edition_for(tenant: Tenant, permission: str) -> str | None:
    """The edition whose lines answer for this permission, None when the provider lacks the feature."""
    feature = feature_of(permission)
    edition = edition_of(tenant)
    if feature is None or tenant.is_platform:
        return edition
    if feature in tenant.refused:
        return None
    if feature in _policies.features.get(edition, ()):
        return edition
    return edition_with(feature) if feature in tenant.granted else None
