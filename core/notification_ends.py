"""Notifications that are over before their time, such as a code that another one has replaced: not sent any more.

    @notification_ends.good_while(CODE)
    async def is_worth_sending(notification_id: int) -> bool: ...

It is called in the provider's scope before each attempt, with the id of the notification. What is over after so
many minutes whatever happens says that in its kind (`minutes`).
"""

from collections.abc import Awaitable, Callable

from core.notification_kinds import Kind

Judge = Callable[[int], Awaitable[bool]]

_judges: dict[str, Judge] = {}


def good_while(kind: Kind) -> Callable[[Judge], Judge]:
    """Let this say whether a notification of the kind is still worth sending."""

    def keep(judge: Judge) -> Judge:
        _judges[kind.key] = judge
        return judge

    return keep


async def is_over(key: str, notification_id: int) -> bool:
    """Whether a notification of the kind with this key is not to be sent any more."""
    judge = _judges.get(key)
    return judge is not None and not await judge(notification_id)
