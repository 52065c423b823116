"""Rules of account groups over JSON: what they can ask, what one would do, and why a client is where it is."""

from collections.abc import Awaitable, Callable

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from core.accounts import access, clients, group_rules, groups, rule_changes, rule_tests
from core.accounts.group_rules import Block, Kept, Match, Rule
from core.accounts.rule_tests import Kind
from core.errors import NotFound
from core.permissions import Permission
from web.api import answers
from web.api.answers import Moment
from web.api.client_removal import ClientCodes
from web.api.groups import MembersChanged
from web.api.reading import asks
from web.kit.visit import By

Verb = Callable[..., Awaitable[bool]]


class RuleTest(msgspec.Struct, kw_only=True):
    """Something a rule can ask: `name` goes into `on`, one of `operators` into `operator`.

    `options` are those of a choice, key to label. Days are ISO dates, yes and no are those words.
    """

    name: str
    label: str
    kind: Kind
    operators: list[str]
    options: dict[str, str]
    plugin: str


class RuleTestList(msgspec.Struct, kw_only=True):
    """All that rules can ask at this provider now."""

    items: list[RuleTest]


class GroupRule(msgspec.Struct, kw_only=True):
    """The rule of a group, null for none. `trouble` says why it changes nobody now, and is empty when it works.

    `is_waiting`: it is being run over all clients. `joined` and `gone` are the counts of the last such run.
    """

    rule: Rule | None
    sentence: str | None
    trouble: str
    version: int
    changed_by: str = ""
    changed_at: Moment | None = None
    ran_at: Moment | None = None
    joined: int = 0
    gone: int = 0
    is_waiting: bool = False


class RuleEdit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rule to be saved; without blocks the group has none any more. `version` is the one read, 0 for none."""

    version: int
    match: Match = "all"
    blocks: list[Block] = []


class RuleSketch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule to look at; `joining_after` and `leaving_after` go on with the lists of the answer before."""

    match: Match = "all"
    blocks: list[Block] = []
    joining_after: str = ""
    leaving_after: str = ""


class RuleClient(msgspec.Struct, kw_only=True):
    """A client that would join or leave."""

    code: int
    login: str
    name: str


class RulePreview(msgspec.Struct, kw_only=True):
    """What a rule would do: how many fit, join and leave, and 50 of those who join and leave.

    Not `is_whole` when a plugin could not be asked about all clients in time.
    """

    fits: int
    joins: int
    leaves: int
    joining: list[RuleClient]
    joining_next: str | None
    leaving: list[RuleClient]
    leaving_next: str | None
    is_whole: bool


class Reason(msgspec.Struct, kw_only=True):
    """A condition as it stands with a client; `value` is what the client has there."""

    text: str
    value: str
    holds: bool


class ReasonBlock(msgspec.Struct, kw_only=True):
    """A block of conditions, of which all or any must hold."""

    match: Match
    reasons: list[Reason]


class Why(msgspec.Struct, kw_only=True):
    """Why the rule of a group lets a client in, or does not: of its blocks, all or any must hold."""

    match: Match
    blocks: list[ReasonBlock]


class Exclusion(msgspec.Struct, kw_only=True):
    """A client that the rule leaves out."""

    code: int
    name: str
    excluded_at: Moment
    excluded_by: str


class ExclusionList(msgspec.Struct, kw_only=True):
    """All clients that the rule leaves out, the latest first."""

    items: list[Exclusion]


@get("/v1/groups/conditions", **asks(Permission.GROUP_READ))
async def conditions(by: By) -> RuleTestList:
    """List what rules can ask."""
    group_rules.require_read(by)
    found = (await rule_tests.offered(by=by)).values()
    return RuleTestList(items=[_shown_test(test) for test in found])


@get("/v1/groups/{group_id:int}/rule", **asks(Permission.GROUP_READ))
async def show(by: By, group_id: FromPath[int]) -> GroupRule:
    """Get the rule of an account group. Refused to who sees only a part of the clients."""
    kept = await group_rules.find(group_id, by=by)
    return await _shown(kept, by=by)


@put("/v1/groups/{group_id:int}/rule", **asks(Permission.GROUP_UPDATE, body=RuleEdit))
async def save(by: By, group_id: FromPath[int], sent: NamedDependency[RuleEdit]) -> GroupRule:
    """Save the rule of an account group, and run it; needs `group:assign` and `client:read` too.

    409 when somebody else changed it since `version` was read. At a big provider the members follow in a moment:
    `is_waiting`.
    """
    rule = Rule(match=sent.match, blocks=sent.blocks)
    await rule_changes.save(group_id, rule, version=sent.version, by=by)
    return await _shown(await group_rules.find(group_id, by=by), by=by)


@post("/v1/groups/{group_id:int}/rule/preview", status_code=200, **asks(Permission.GROUP_UPDATE, body=RuleSketch))
async def preview(by: By, group_id: FromPath[int], sent: NamedDependency[RuleSketch]) -> RulePreview:
    """Say who would join and leave by a rule, without saving it; needs `group:assign` and `client:read` too."""
    found = await rule_changes.preview(
        group_id,
        Rule(match=sent.match, blocks=sent.blocks),
        joining_after=sent.joining_after,
        leaving_after=sent.leaving_after,
        by=by,
    )
    return RulePreview(
        fits=found.fits,
        joins=found.joins,
        leaves=found.leaves,
        joining=[answers.of(RuleClient, row) for row in found.joining],
        joining_next=found.joining_next or None,
        leaving=[answers.of(RuleClient, row) for row in found.leaving],
        leaving_next=found.leaving_next or None,
        is_whole=found.is_whole,
    )


@get("/v1/groups/{group_id:int}/exclusions", **asks(Permission.GROUP_READ))
async def exclusions(by: By, group_id: FromPath[int]) -> ExclusionList:
    """List the clients that the rule of an account group leaves out."""
    found = await rule_changes.exclusions(group_id, by=by)
    return ExclusionList(items=[answers.of(Exclusion, row) for row in found])


@post("/v1/groups/{group_id:int}/exclusions", status_code=200, **asks(Permission.GROUP_UPDATE, body=ClientCodes))
async def exclude(by: By, group_id: FromPath[int], sent: NamedDependency[ClientCodes]) -> MembersChanged:
    """Let the rule leave clients out; who was put in by hand stays. Needs `group:assign` and `client:read` too."""
    return await _each(rule_changes.exclude, group_id, sent, by=by)


@post(
    "/v1/groups/{group_id:int}/exclusions/delete",
    status_code=200,
    **asks(Permission.GROUP_UPDATE, body=ClientCodes),
)
async def include(by: By, group_id: FromPath[int], sent: NamedDependency[ClientCodes]) -> MembersChanged:
    """Let the rule decide about clients again. Needs `group:assign` and `client:read` too."""
    return await _each(rule_changes.include, group_id, sent, by=by)


@get("/v1/clients/{code:int}/groups/{group_id:int}/why", **asks(Permission.GROUP_READ))
async def why(by: By, code: FromPath[int], group_id: FromPath[int]) -> Why:
    """Say how each condition of a group's rule stands with a client; 404 for a group without a rule."""
    client = await clients.get(code, by=by)
    reasons = await rule_changes.why(client["id"], group_id, by=by)
    kept = await group_rules.find(group_id, by=by)
    if reasons is None or kept is None or kept.rule is None:
        raise NotFound()
    return Why(
        match=kept.rule.match,
        blocks=[
            ReasonBlock(
                match=block.match,
                reasons=[Reason(text=one.text, value=one.value, holds=one.holds) for one in listed],
            )
            for block, listed in zip(kept.rule.blocks, reasons, strict=True)
        ],
    )


def _shown_test(test: rule_tests.Test) -> RuleTest:
    return RuleTest(
        name=test.name,
        label=test.label,
        kind=test.kind,
        operators=list(test.operators),
        options=dict(test.options),
        plugin=test.plugin,
    )


async def _shown(kept: Kept | None, *, by: By) -> GroupRule:
    if kept is None:
        return GroupRule(rule=None, sentence=None, trouble="", version=0)
    sentence = group_rules.sentence(kept.rule, await rule_tests.offered(by=by))
    return answers.of(
        GroupRule, kept.row, rule=kept.rule, sentence=sentence, trouble=kept.trouble, is_waiting=kept.is_waiting
    )


async def _each(verb: Verb, group_id: int, sent: ClientCodes, *, by: By) -> MembersChanged:
    group_rules.require_change(by)
    await groups.get(group_id, by=by)
    chosen = await access.clients_by_code(sent.codes, by=by)
    done = [await verb(group_id, client["id"], by=by) for client in chosen]
    known = {client["code"] for client in chosen}
    return MembersChanged(
        changed=sum(done), unknown=[code for code in dict.fromkeys(sent.codes) if code not in known]
    )


ROUTES = [conditions, show, save, preview, exclusions, exclude, include, why]
