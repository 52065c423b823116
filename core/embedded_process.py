"""The embedded server as a process: how it is started so that it dies with us, and how it is recognised."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.embedded_files import ServiceUser

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def spawn(arguments: Sequence[str | Path], *, user: ServiceUser | None, log: Path) -> subprocess.Popen[bytes]:
    """Starts a program of PostgreSQL as `user`, writing to `log`.

    It runs in a session of its own, because Ctrl-C is ours to answer, and without our environment. It gets SIGINT
    when the thread that called this ends.
    """
    drop: dict[str, Any] = {} if user is None else {"user": user.uid, "group": user.gid, "extra_groups": []}
    parent = os.getpid()

    def die_with_parent() -> None:
        # Runs after setuid, which would have cleared it again.
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:
            os._exit(1)

    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            start_new_session=True,
            preexec_fn=die_with_parent,
            **drop,
        )
    finally:
        os.close(output)


def end(process: subprocess.Popen[bytes], *, patience: float) -> None:
    """A fast shutdown; after `patience` seconds an immediate one; after as many again, the end."""
    for farewell in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(farewell)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return


class Notice:
    """What a server says of itself in `postmaster.pid`, whoever started it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.file = data / "postmaster.pid"

    @property
    def pid(self) -> int | None:
        """The server's process id; None when there is none. A number alone proves nothing: it is used again."""
        noted = self._line(0)
        return int(noted) if noted.isdecimal() and self._works_here(noted) else None

    @property
    def is_ready(self) -> bool:
        """Whether it takes connections."""
        return self._line(7) == "ready" and self.pid is not None

    @property
    def socket(self) -> str:
        """The directory of its socket."""
        return self._line(4)

    @property
    def port(self) -> str:
        """The port's number, which is part of the socket's name."""
        return self._line(3)

    def forget_the_dead(self) -> None:
        """Removes a notice whose number is another program's by now: PostgreSQL would refuse to start for it.

        One whose number is nobody's is left to PostgreSQL, which looks for remains of the old server by it.
        """
        noted = self._line(0)
        if noted.isdecimal() and Path("/proc", noted).exists() and not self._works_here(noted):
            self.file.unlink()

    def _works_here(self, pid: str) -> bool:
        try:
            return Path("/proc", pid, "cwd").readlink() == self.data.resolve()
        except OSError:
            return False

    def _line(self, number: int) -> str:
        try:
            lines = self.file.read_text().splitlines()
        except OSError:
            return ""
        return lines[number].strip() if len(lines) > number else ""


class Log:
    """The server's log file, and what was said in it since we looked last."""

    def __init__(self, path: Path, *, limit: int = 10_000_000) -> None:
        self.path = path
        if path.exists() and path.stat().st_size > limit:
            path.rename(path.with_name(path.name + ".1"))
        self._seen = path.stat().st_size if path.exists() else 0

    def last_words(self) -> str:
        """The last line that tells why something failed."""
        with self.path.open(encoding="utf-8", errors="replace") as log:
            log.seek(self._seen)
            lines = log.read().strip().splitlines() or ["it said nothing"]
        serious = [line for line in lines if "FATAL" in line or "error:" in line]
        return f"{(serious or lines)[-1]} (see {self.path})"


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> bool:
    """Asks every 5 ms; False when it did not become so in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
