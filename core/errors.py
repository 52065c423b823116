"""Every refusal of the product, in one tree.

    Refusal
    ├── NotFound              there is no such thing, or it is not yours to see
    ├── NotSignedIn           nobody is signed in, or not any more
    ├── Forbidden
    │   ├── PermissionMissing your role does not allow it
    │   ├── ForbiddenInside   not by staff inside a client's account
    │   ├── NotInEdition      the provider's edition does not have it
    │   ├── PhoneNeeded       the client has to prove its telephone number first
    │   └── ReadOnly          it is kept, but may not be changed now
    ├── Invalid               the input has errors, field by field
    ├── Conflict              it was right when you looked, and is not any more
    │   └── EditConflict      somebody else saved the same thing meanwhile
    ├── TooManyAttempts       wait, then try again
    └── Unavailable           a thing we depend on does not answer

Messages are written for people and are already in their language. Only `web/kit/errors.py` knows which HTTP
status each of them becomes.
"""

from collections.abc import Mapping
from typing import Any

from core.i18n import _


class Refusal(Exception):
    """What the product declines to do, with the reason in `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(Refusal):
    """There is no such thing here. Says the same whether it never was or belongs to somebody else."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("There is nothing here."))


class NotSignedIn(Refusal):
    """The request needs a signed-in person."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("Please sign in."))


class Forbidden(Refusal):
    """You may see it, but not do it."""


class PermissionMissing(Forbidden):
    """The actor's role lacks `permission`."""

    def __init__(self, permission: str) -> None:
        super().__init__(_("Your role does not allow this."))
        self.permission = permission


class ForbiddenInside(Forbidden):
    """Staff inside a client's account try what is the client's own to do."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("This is not possible while you are inside a client’s account."))


class NotInEdition(Forbidden):
    """The provider's edition lacks `feature`; `edition` is the lowest one that has it, None when none has."""

    def __init__(self, feature: str, edition: str | None) -> None:
        message = (
            _("This is part of the %(edition)s edition.") % {"edition": edition.capitalize()}
            if edition
            else _("This is not available to this provider.")
        )
        super().__init__(message)
        self.feature = feature
        self.edition = edition


class PhoneNeeded(Forbidden):
    """The client has to prove its telephone number before it orders or pays."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or _("Please verify your telephone number first."))


class ReadOnly(Forbidden):
    """It is kept and shown, but nothing about it may change now."""


class Invalid(Refusal):
    """The input has errors: `errors` maps the field's name to what is wrong with it ("" for the whole form)."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(_("Please check the marked fields."))
        self.errors = dict(errors)


class Conflict(Refusal):
    """The state has moved on since it was read."""


class EditConflict(Conflict):
    """Somebody else saved the same thing. `current` holds what they saved, field by field."""

    def __init__(self, current: Mapping[str, Any]) -> None:
        super().__init__(_("Somebody else changed this while you were editing."))
        self.current = dict(current)


class TooManyAttempts(Refusal):
    """Too many tries; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(_("Too many attempts. Please wait a few minutes."))
        self.retry_after = retry_after


class Unavailable(Refusal):
    """Something we depend on (the database, a mail server) does not answer."""
