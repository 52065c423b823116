"""An embedded PostgreSQL: made at the first start, private to this installation, and gone with the process.

`Cluster(directory)` keeps in its directory

    passwords.json   the generated passwords, role by role (0600)
    postgresql.log   what the server says (0600)
    lock             held by the process that runs the server
    shelter          only as root: where the files below are, when the server's user may not enter the directory
    data, socket     the cluster itself, and the only door to it (both 0700)

Connections are over the Unix socket and by SCRAM password. The server gets SIGINT, a fast shutdown, when the
thread that started it ends, however it ends: so start it from the main thread. Linux only.
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from core import embedded_files as files
from core.embedded_files import CannotStart, Misplaced, PostgresMissing, binaries
from core.embedded_process import Log, Notice, end, spawn, wait_until

__all__ = [
    "ADMIN",
    "OPTIONS",
    "AlreadyRunning",
    "CannotStart",
    "Cluster",
    "Misplaced",
    "NotRunning",
    "PostgresMissing",
    "binaries",
    "memory",
]

ADMIN = "postgres"
"""The superuser's name; it makes roles and databases and does nothing else."""

OPTIONS: Mapping[str, str] = {
    "jit": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_timezone": "UTC",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "work_mem": "8MB",
}
"""Modest settings for two cores; `Cluster(options=...)` adds to them and overrides them."""

_SOCKET_PATH_LIMIT = 107
_PORT = 5432
_START_SECONDS = 120
_STOP_SECONDS = 30


class AlreadyRunning(CannotStart):
    """Another process runs this cluster."""


class NotRunning(Exception):
    """There is no server to connect to."""


def memory(megabytes: int) -> dict[str, str]:
    """The settings for a machine with so much memory: an eighth of it, from 128 MB to 2 GB, holds the indexes.

    What does not fit there costs a copy for every page; 100,000 clients beside 300,000 take several times as long.
    """
    buffers = min(max(megabytes // 8, 128), 2048)
    return {"shared_buffers": f"{buffers}MB", "effective_cache_size": f"{max(megabytes // 2, 256)}MB"}


def _megabytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20


class Cluster:
    """One embedded server and its directory. A context manager: started on entry, stopped on exit.

    `bin` is the directory of the PostgreSQL programs, found when None. `options` are server settings. With
    `port` the server also listens on 127.0.0.1, which only a pooler needs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        bin: Path | None = None,  # noqa: A002
        port: int | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory.absolute()
        self._bin = bin
        self._port = port
        self._options = {**OPTIONS, **memory(_megabytes()), **(options or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._lent_socket: Path | None = None

    def start(self) -> Self:
        """Starts the server, making the cluster first where there is none; returns when it takes connections.

        Raises CannotStart; AlreadyRunning, PostgresMissing and Misplaced are special cases of it.
        """
        if self._process is not None:
            return self
        if threading.current_thread() is not threading.main_thread():
            raise CannotStart("Start the embedded database from the main thread: it dies with its thread.")
        self.directory.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        self._claim()
        try:
            self._launch(files.settle(self.directory))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """A fast shutdown: sessions are ended, everything committed is on disk. Does nothing when not started."""
        if self._process is not None:
            end(self._process, patience=_STOP_SECONDS)
            self._process = None
        if self._lent_socket is not None:
            shutil.rmtree(self._lent_socket, ignore_errors=True)
            self._lent_socket = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def erase(self) -> None:
        """Stops the server and removes everything this module made: data, programs, passwords, log, shelter."""
        self.stop()
        if not self.directory.exists():
            return
        self._claim()
        store = files.store_of(self.directory)
        programs = [path.name for path in store.glob("postgresql-[0-9]*")]
        for name in ("data", "data.new", "socket", *programs):
            files.remove(store / name)
        if store != self.directory:
            files.remove(store)
        for name in ("shelter", "passwords.json", "postgresql.log", "postgresql.log.1", "lock"):
            (self.directory / name).unlink(missing_ok=True)
        self.stop()
        if not any(self.directory.iterdir()):
            self.directory.rmdir()

    @property
    def is_running(self) -> bool:
        """Whether the server takes connections, whoever started it."""
        return self._notice.is_ready

    @property
    def pid(self) -> int | None:
        """The process id of the server, whoever started it; None when there is none."""
        return self._notice.pid

    @property
    def log(self) -> Path:
        """The file the server writes its log to."""
        return self.directory / "postgresql.log"

    @property
    def admin_url(self) -> str:
        """The superuser's address: for making roles and databases, and nothing else."""
        return self.url(ADMIN, self.password(ADMIN), "postgres")

    def url(self, role: str, password: str, database: str) -> str:
        """An address over the Unix socket that asyncpg and psql take; raises NotRunning."""
        notice = self._notice
        if not notice.is_ready:
            raise NotRunning(f"The embedded database in {self.directory} is not running.")
        who = f"{quote(role, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{who}@/{quote(database, safe='')}?host={quote(notice.socket)}&port={notice.port}"

    def password(self, role: str) -> str:
        """The kept password of a role; made and written to `passwords.json` at first use."""
        file = self.directory / "passwords.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        if role not in kept:
            kept[role] = secrets.token_urlsafe(24)
            fresh = file.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            fresh.touch(mode=0o600)
            fresh.write_text(json.dumps(kept, indent=2) + "\n")
            fresh.rename(file)
        return kept[role]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _notice(self) -> Notice:
        return Notice(files.store_of(self.directory) / "data")

    def _claim(self) -> None:
        """Takes the lock, or raises AlreadyRunning; then waits for a server whose process was killed to end."""
        lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise AlreadyRunning(
                f"The database in {self.directory} is already running, started by another Comptoir:"
                " stop that one first."
            ) from None
        self._lock = lock
        if not wait_until(lambda: self.pid is None, seconds=_STOP_SECONDS):
            self.stop()
            raise AlreadyRunning(f"The database in {self.directory} is already running as process {self.pid}.")

    def _launch(self, store: Path) -> None:
        data = store / "data"
        user = files.service_user(data)
        made_by = int((data / "PG_VERSION").read_text()) if data.exists() else None
        programs = files.runnable(binaries(self._bin, major=made_by), store, user)
        if made_by is None:
            self._make(programs, store, user)
        elif not (self.directory / "passwords.json").exists():
            raise CannotStart(f"{data} holds a database, but its passwords are gone: put back passwords.json.")
        self._notice.forget_the_dead()
        log = Log(self.log)
        command: list[str | Path] = [programs / "postgres", "-D", str(data), *self._settings(store, user)]
        self._process = process = spawn(command, user=user, log=self.log)
        if not wait_until(lambda: self.is_running or process.poll() is not None, seconds=_START_SECONDS):
            raise CannotStart(f"PostgreSQL does not become ready: {log.last_words()}")
        if process.poll() is not None:
            raise CannotStart(f"PostgreSQL did not start: {log.last_words()}")

    def _make(self, programs: Path, store: Path, user: files.ServiceUser | None) -> None:
        """Runs initdb beside the final place and renames: an interrupted first start leaves nothing half made."""
        fresh, password = store / "data.new", store / "password.new"
        files.fresh_directory(fresh, user)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.password(ADMIN))
        files.give(password, user)
        arguments = ["-D", str(fresh), f"--pwfile={password}", f"--username={ADMIN}", "--auth=scram-sha-256"]
        arguments += ["--data-checksums", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        if files.version(programs)[0] >= 17:
            arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._options.get("fsync") == "off":
            arguments += ["--no-sync"]
        log = Log(self.log)
        try:
            if spawn([programs / "initdb", *arguments], user=user, log=self.log).wait() != 0:
                raise CannotStart(f"PostgreSQL could not make its files: {log.last_words()}")
        finally:
            password.unlink()
        fresh.rename(store / "data")

    def _settings(self, store: Path, user: files.ServiceUser | None) -> list[str]:
        socket, port = store / "socket", str(self._port or _PORT)
        is_too_long = len(bytes(socket / f".s.PGSQL.{port}")) > _SOCKET_PATH_LIMIT
        if is_too_long or set(str(socket)) & set(',"'):  # a comma is two hosts to asyncpg
            socket = self._lent_socket = Path(tempfile.mkdtemp(prefix="comptoir-", dir="/tmp"))
            files.give(socket, user)
        else:
            files.fresh_directory(socket, user)
        settings = {
            "listen_addresses": "127.0.0.1" if self._port else "",
            "port": port,
            "unix_socket_directories": f'"{socket}"',
            "unix_socket_permissions": "0700",
            "password_encryption": "scram-sha-256",
            **self._options,
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
