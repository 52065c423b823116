"""Every hook on one page: when it is called, with what, and what it may answer.

`validate_*` collects errors by field. `before_*` runs inside the transaction and may veto or patch. `after_*`
runs from a job after the commit, at least once. `provide_*` collects. A hook may be a plain function (it then
runs in a thread of its own) or an `async def`; it may leave out arguments it has no use for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
import pluggy

from core.actor import Tenant
from core.hook_lines import BilledAccount, InvoiceLine

GROUP = "comptoir.plugins"
hookspec = pluggy.HookspecMarker("comptoir")
hookimpl = pluggy.HookimplMarker("comptoir")

Kind = Literal["edition", "notification", "payment", "provisioning", "tax", "fraud", "importer", "hook"]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_-]{0,62}\Z")]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Path = Annotated[str, msgspec.Meta(pattern=r"^/(?![/\\])[^\s\\]{0,500}\Z")]


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin says about itself. `name` is the name of its entry point; `version` that of its package."""

    name: Name
    title: Line
    kind: Kind = "hook"
    description: Text = ""
    version: str = ""
    needs_feature: str | None = None


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A named set of features, limits and policy lines on top of those of the edition it `inherits`.

    A policy is (role, object, action), with the action "*" for all. A limit of None is no limit; one that is
    not named is that of the inherited edition.
    """

    name: Name
    title: Line
    inherits: str | None = None
    features: frozenset[str] = frozenset()
    limits: dict[str, int | None] = {}
    policies: tuple[tuple[str, str, str], ...] = ()


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who acts, as far as a plugin needs to know."""

    kind: str
    name: str
    id: int | None = None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What every hook is told: for whom it works, who acts, and its own settings.

    `settings` is an instance of the struct that `provide_settings` returned, None without one. `key` is the
    same whenever an `after_*` hook is repeated, so that its effect can be made once.
    """

    provider: Tenant
    actor: Who
    now: datetime
    impersonator: Who | None = None
    project: int | None = None
    request_id: str = ""
    locale: str = "en"
    dry_run: bool = False
    settings: Any = None
    key: str = ""


class PanelRow(msgspec.Struct, frozen=True):
    """A label and a value, both plain text."""

    label: Line
    value: Text


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A box on the client's page. Plain text only: it is escaped.

    With `tab`, the box stands on a tab of the plugin's own, under that name; a plugin has one such tab, named by
    the first box that names it.
    """

    title: Line
    text: Text = ""
    rows: Annotated[list[PanelRow], msgspec.Meta(max_length=50)] = []
    tab: Annotated[str, msgspec.Meta(max_length=60)] = ""


class PersonalFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a copy of personal data. `name` is a plain name without a folder."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,199}\Z")]
    content: bytes


class PersonalPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a copy of personal data: rows of plain values, and files.

    `is_internal`: for the provider's own people, and not in the copy that the client's owner asks for.
    """

    name: Name
    rows: list[dict[str, Any]] = []
    files: list[PersonalFile] = []
    is_internal: bool = False


class MenuItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the staff menu. `path` is an address of this provider's own host."""

    title: Line
    path: Path
    icon: Name = "puzzle"


class ClientCondition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the rule of an account group can ask of a client, and this plugin answers.

    It can be asked what a kind can be asked: yes_no and choice `is`, choice also `is_not`; text `is`, `is_not` and
    `begins`; number `is`, `at_least` and `at_most`. `options` are those of a choice, key to label.
    """

    key: Name
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Literal["yes_no", "choice", "text", "number"] = "yes_no"
    options: Annotated[dict[str, Line], msgspec.Meta(max_length=50)] = {}


class IncomingMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it came. `is_cut`: it is too large, and this is its head only."""

    content: bytes
    is_cut: bool = False


class IncomingMails(msgspec.Struct, frozen=True, kw_only=True):
    """Some mails, the oldest first, and the position to go on from once they are dealt with."""

    position: Annotated[str, msgspec.Meta(max_length=200)]
    mails: Annotated[list[IncomingMail], msgspec.Meta(max_length=50)] = []


class Veto(Exception):
    """Raised by a `before_*` hook to refuse: `message` is shown to the person, beside `field` if one is given."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@hookspec
def provide_plugin() -> Plugin:  # type: ignore[empty-body]
    """Called once when the plugin is loaded. Returns what it says about itself. The only hook it must have."""


@hookspec
def provide_settings() -> type[msgspec.Struct]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded. Returns the struct of its settings; a form is made from it."""


@hookspec
def provide_edition() -> Edition:  # type: ignore[empty-body]
    """Called once when the plugin is loaded, for plugins of the kind "edition". Returns the edition."""


@hookspec
def provide_menu_items(ctx: Context) -> list[MenuItem]:  # type: ignore[empty-body]
    """Called for every page of staff. Returns entries of the menu."""


@hookspec
def provide_client_panels(ctx: Context, client: Mapping[str, Any]) -> list[Panel]:  # type: ignore[empty-body]
    """Called when a client's page is shown. Returns boxes for it, and for a tab of its own."""


@hookspec
def provide_client_conditions(ctx: Context) -> list[ClientCondition]:  # type: ignore[empty-body]
    """Called when a rule of an account group is shown, saved or run. Returns what it can ask this plugin."""


@hookspec
def provide_clients_that_fit(  # type: ignore[empty-body]
    ctx: Context, condition: str, operator: str, values: list[str], clients: list[dict[str, Any]]
) -> set[int]:
    """Called for up to 1,000 clients at a time, when a rule runs. Returns the ids of those that fit."""


@hookspec
def provide_personal_data(ctx: Context, client: Mapping[str, Any]) -> list[PersonalPart]:  # type: ignore[empty-body]
    """Called from a task, when a copy of what is kept about a client's people is made. Returns parts."""


@hookspec
def provide_invoice_lines(  # type: ignore[empty-body]
    ctx: Context, accounts: list[BilledAccount]
) -> list[InvoiceLine]:
    """Called in the billing run for some accounts that are to be invoiced. Returns lines for their invoices.

    With `ctx.dry_run` staff only look at what the run would do. An account whose lines fail waits for the next
    run.
    """


@hookspec
def provide_incoming_mail(ctx: Context, position: str) -> IncomingMails:  # type: ignore[empty-body]
    """Called every minute from a job. Returns new mails and the position to go on from; "" is the first time.

    The position comes back the next time; after a failure the same one again. Mail that came twice is one.
    """


@hookspec
def validate_client(ctx: Context, client: Mapping[str, Any]) -> dict[str, str]:  # type: ignore[empty-body]
    """Called before a client is created or saved. Returns an error per field, or nothing."""


@hookspec
def validate_attachment(ctx: Context, attachment: Mapping[str, Any]) -> str:  # type: ignore[empty-body]
    """Called for each file that comes with a message, with name, kind, size and content, before it is kept: look
    for viruses here.

    Returns why it is not taken, or nothing. Five seconds; a plugin that fails lets nothing in.
    """


@hookspec
def before_client_created(ctx: Context, client: Mapping[str, Any]) -> dict[str, Any] | None:
    """Called inside the transaction, before the client is written. Returns fields to change, or raises `Veto`."""


@hookspec
def after_client_created(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once: when it raises, it is called again later."""


@hookspec
def after_client_updated(ctx: Context, client: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once. `changes` maps a field to its [old, new]."""


@hookspec
def before_client_closed(ctx: Context, client: Mapping[str, Any], reason: str) -> None:
    """Called inside the transaction, before the client is closed. Raises `Veto` to refuse."""


@hookspec
def after_client_closed(ctx: Context, client: Mapping[str, Any], reason: str) -> None:
    """Called after the commit, from a job, at least once."""


@hookspec
def after_client_reopened(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once."""


@hookspec
def before_client_merged(ctx: Context, client: Mapping[str, Any], into: Mapping[str, Any]) -> None:
    """Called inside the transaction, before all that `client` has moves to `into`. Raises `Veto` to refuse."""


@hookspec
def after_client_merged(ctx: Context, client: Mapping[str, Any], into: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once. `client` as it was; `into` is the one that stays."""


@hookspec
def before_client_cleared(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called inside the transaction, before the personal data of `client` is cleared. Raises `Veto` to refuse."""


@hookspec
def after_client_cleared(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once: clear what you keep of this client too.

    `client` is what is left of it.
    """


@hookspec
def before_client_deleted(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called inside the transaction, before the client is deleted. Raises `Veto` to refuse."""


@hookspec
def after_client_deleted(ctx: Context, client: Mapping[str, Any]) -> None:
    """Called after the commit, from a job, at least once. `client` is what was deleted."""
