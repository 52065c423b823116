"""A bounded load: so many connections, each asking again as soon as it is answered, for some seconds.

Written on asyncio's protocols, because a client library would take more of the shared processors than the server.
"""

import asyncio
import time
from statistics import median

import msgspec

CONNECTIONS = 32


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a load measured. Times are milliseconds."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    requests: int
    cpu_ms: float = 0.0
    """Processor time of server and database for one request, where it was measured."""


class BadAnswer(RuntimeError):
    """The server answered something else than 200, so nothing was measured."""


class Load(msgspec.Struct, kw_only=True):
    """One page, asked for in turns with others; what all turns measured together."""

    port: int
    path: str
    headers: dict[str, str]
    connections: int
    times: list[float] = []
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    async def run(self, seconds: float) -> None:
        """Ask until the time is over, in one turn. Raises `BadAnswer`."""
        lines = [f"GET {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers.items())]
        question = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        loop, began = asyncio.get_running_loop(), time.perf_counter()
        askers = [Asker(question, self.times, until=began + seconds) for _ in range(self.connections)]
        for asker in askers:
            await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", self.port)  # type: ignore[misc]
        await asyncio.gather(*(asker.done for asker in askers))
        self.seconds += time.perf_counter() - began

    @property
    def rate(self) -> float:
        """Requests a second, over all turns."""
        return len(self.times) / self.seconds

    def figures(self) -> Figures:
        """What was measured, for the report."""
        ordered = sorted(self.times)
        return Figures(
            requests_per_s=round(self.rate, 1),
            p50_ms=round(median(ordered) * 1000, 2),
            p99_ms=round(ordered[int(len(ordered) * 0.99)] * 1000, 2),
            requests=len(ordered),
            cpu_ms=round(self.cpu_seconds / len(ordered) * 1000, 2),
        )


class Asker(asyncio.Protocol):
    """One connection that is kept: asks, reads the answer to its end, asks again."""

    def __init__(self, question: bytes, times: list[float], *, until: float) -> None:
        self.question, self.times, self.until = question, times, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked_at, self._answer, self._length = 0.0, bytearray(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Gather the answer; at its end note the time and ask again, or stop."""
        self._answer += data
        if not self._length and not self._read_head():
            return
        if len(self._answer) < self._length:
            return
        now = time.perf_counter()
        self.times.append(now - self._asked_at)
        if now < self.until:
            self._ask()
        else:
            self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up before the time was over."""
        self._end(exc or BadAnswer("the server closed the connection"))

    def _ask(self) -> None:
        self._answer, self._length, self._asked_at = bytearray(), 0, time.perf_counter()
        self._transport.write(self.question)

    def _read_head(self) -> bool:
        """Whether the head is there; then the length of the whole answer is known."""
        end = self._answer.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = bytes(self._answer[:end]).lower()
        if not head.startswith(b"http/1.1 200"):
            self._end(BadAnswer(head.partition(b"\r\n")[0].decode()))
            return False
        self._length = end + 4 + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        return True

    def _end(self, error: Exception | None) -> None:
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)
        self._transport.close()
