"""Single features of a provider, granted on top of its edition or taken from it."""

import msgspec
from asyncpg import Record
from piccolo import columns

from core import clock, db, policies
from core.actor import Actor
from core.checks import Checks
from core.i18n import _
from core.permissions import FEATURES, Permission
from tenants import providers
from tenants.providers import OutOfReach


class ProviderFeature(db.Shared, tablename="provider_features"):
    """One exception from the edition. Its key is (provider_id, feature)."""

    provider_id = columns.BigInt(primary_key=True)
    feature = columns.Text()
    is_granted = columns.Boolean()
    changed_at = columns.Timestamptz()
    changed_by = columns.Text()


class FeatureState(msgspec.Struct, frozen=True, kw_only=True):
    """A feature on a provider's page. `exception` is True when granted, False when taken, None as in the edition.

    `edition` is the lowest edition that has it. `may_change` says whether the actor was given it to give on.
    """

    name: str
    title: str
    edition: str | None
    is_in_edition: bool
    exception: bool | None
    is_on: bool
    may_change: bool
    changed_by: str = ""


async def every(provider: Record, *, by: Actor) -> list[FeatureState]:
    """All features as they are for this provider, in the order of their titles."""
    policies.require(by, Permission.PROVIDER_READ)
    rows = await db.fetch("SELECT * FROM provider_features WHERE provider_id = $1", provider["id"])
    exceptions = {row["feature"]: row for row in rows}
    givable = await to_give(by=by) if policies.allows(by, Permission.PROVIDER_FEATURES) else frozenset()
    states = [_state(name, provider, exceptions.get(name), may_change=name in givable) for name in FEATURES]
    return sorted(states, key=lambda state: state.title.casefold())


async def grant(provider_id: int, feature: str, *, by: Actor) -> None:
    """Give the feature on top of the edition; it stays when the edition changes."""
    await _set(provider_id, feature, True, by=by)


async def refuse(provider_id: int, feature: str, *, by: Actor) -> None:
    """Take the feature away, whatever the edition. What was made with it stays, read-only and without effect."""
    await _set(provider_id, feature, False, by=by)


async def reset(provider_id: int, feature: str, *, by: Actor) -> None:
    """As the edition has it again."""
    await _set(provider_id, feature, None, by=by)


async def to_give(*, by: Actor) -> frozenset[str]:
    """The features the actor may give and take: a reseller's own, and those of the editions he may give."""
    if (reseller_id := providers.reach(by)) is None:
        return frozenset(FEATURES)
    row = await db.row("SELECT editions, features FROM resellers WHERE id = $1 AND state = 'active'", reseller_id)
    if row is None:
        return frozenset()
    return frozenset(row["features"]).union(*(policies.features_of(edition) for edition in row["editions"]))


async def _set(provider_id: int, feature: str, is_granted: bool | None, *, by: Actor) -> None:
    policies.require(by, Permission.PROVIDER_FEATURES)
    row = await providers.held(provider_id, by=by)
    checks = Checks()
    checks.choice("feature", feature, FEATURES)
    checks.done()
    if feature not in await to_give(by=by):
        raise OutOfReach(_("This feature was not given to you, so that you cannot give or take it."))
    before = await db.value(
        "SELECT is_granted FROM provider_features WHERE provider_id = $1 AND feature = $2", provider_id, feature
    )
    if before == is_granted:
        return
    await _write(provider_id, feature, is_granted, by=by)
    action = {True: "feature:granted", False: "feature:refused", None: "feature:reset"}[is_granted]
    await providers.note(action, row, by=by, old={feature: _word(before)}, new={feature: _word(is_granted)})


async def _write(provider_id: int, feature: str, is_granted: bool | None, *, by: Actor) -> None:
    if is_granted is None:
        await db.execute(
            "DELETE FROM provider_features WHERE provider_id = $1 AND feature = $2", provider_id, feature
        )
        return
    await db.execute(
        """INSERT INTO provider_features (provider_id, feature, is_granted, changed_at, changed_by)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (provider_id, feature) DO UPDATE SET is_granted = excluded.is_granted,
               changed_at = excluded.changed_at, changed_by = excluded.changed_by""",
        provider_id,
        feature,
        is_granted,
        clock.now(),
        by.name,
    )


def _word(is_granted: bool | None) -> str:
    return {True: "granted", False: "refused", None: "as the edition"}[is_granted]


def _state(name: str, provider: Record, exception: Record | None, *, may_change: bool) -> FeatureState:
    is_in_edition = name in policies.features_of(provider["edition"])
    is_granted = exception["is_granted"] if exception else None
    return FeatureState(
        name=name,
        title=_(FEATURES[name]),
        edition=policies.edition_with(name),
        is_in_edition=is_in_edition,
        exception=is_granted,
        is_on=is_in_edition if is_granted is None else is_granted,
        may_change=may_change,
        changed_by=exception["changed_by"] if exception else "",
    )
