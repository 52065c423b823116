"""A server in a thread of its own for plugins, which are tried in event loops of their own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from core import outside
from tests.receiver import Receiver


@contextmanager
def receiving_aside() -> Iterator[Receiver]:
    """One that runs until the block ends; only then may this computer itself be asked."""
    made, loop, started = Receiver(), asyncio.new_event_loop(), threading.Event()

    def serve() -> None:
        server = loop.run_until_complete(asyncio.start_server(made.serve, "127.0.0.1", 0))
        made.port = server.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()

    def start() -> None:
        asyncio.set_event_loop(loop)
        serve()

    thread = threading.Thread(target=start, daemon=True)
    thread.start()
    started.wait(10)
    outside.configure(reach_loopback=True)
    try:
        yield made
    finally:
        outside.configure(reach_loopback=False)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
