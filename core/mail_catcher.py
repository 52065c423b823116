"""The demo's mail server: keeps every message as a file. Needs aiosmtpd, so only the demo imports this.

What it has caught is read through `core.caught_mail`, which needs nothing.
"""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from core import caught_mail

LARGEST = 5_000_000


class Keeper:
    """What aiosmtpd asks: takes everything."""

    def __init__(self, home: Path) -> None:
        self.home = home

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """One message has come in whole."""
        content = envelope.original_content or b""
        await asyncio.to_thread(caught_mail.keep, self.home, content)
        return "250 Caught"


async def catch(home: Path, *, host: str = "127.0.0.1", port: int = 0) -> tuple[asyncio.Server, str]:
    """Take mail on this port (0: a free one) until the server is closed; returns it and its `smtp://` address."""
    handler: Any = partial(
        SMTP, Keeper(home), hostname="comptoir", ident="Comptoir's mail catcher", data_size_limit=LARGEST
    )
    server = await asyncio.get_running_loop().create_server(handler, host, port)
    taken = server.sockets[0].getsockname()[1]
    return server, f"smtp://{host}:{taken}"
