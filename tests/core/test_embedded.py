"""The embedded PostgreSQL, for real: started, stopped, killed, and found again, by both versions at hand."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import embedded_files as files
from core.embedded import AlreadyRunning, CannotStart, Cluster, NotRunning, memory

ROOT = Path(__file__).parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
SMALL = {"shared_buffers": "16MB", "fsync": "off"}

has_15 = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's PostgreSQL 15")


@pytest.fixture(scope="module", params=[None, pytest.param(DEBIAN, marks=has_15)], ids=["found", "15"])
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("embedded") / "postgresql", bin=request.param, options=SMALL)
    yield cluster.start()
    cluster.erase()


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory everybody may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="comptoir-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def ask(url: str, question: str) -> Any:
    async def answer() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def elsewhere(cluster: Cluster) -> subprocess.Popen[str]:
    """Another process that starts the same cluster, prints the server's process id, and waits."""
    program = [sys.executable, "-c", _ELSEWHERE, str(cluster.directory), str(cluster._bin or "")]
    return subprocess.Popen(program, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


_ELSEWHERE = """
import sys, time
from pathlib import Path
from core.embedded import Cluster
cluster = Cluster(Path(sys.argv[1]), bin=Path(sys.argv[2]) if sys.argv[2] else None).start()
print(cluster.pid, flush=True)
time.sleep(60)
"""


def test_the_first_start_makes_a_utf8_cluster_with_checksums(cluster: Cluster) -> None:
    assert ask(cluster.admin_url, "SHOW server_encoding") == "UTF8"
    assert ask(cluster.admin_url, "SHOW data_checksums") == "on"
    assert ask(cluster.admin_url, "SELECT datctype FROM pg_database WHERE datname = 'template1'") == "C.UTF-8"
    assert ask(cluster.admin_url, "SELECT upper('é')") == "É"
    if ask(cluster.admin_url, "SHOW server_version_num") >= "170000":
        assert ask(cluster.admin_url, "SELECT datlocprovider FROM pg_database WHERE datname = 'template1'") == b"b"


def test_every_way_in_asks_for_a_scram_password_and_none_is_over_the_network(cluster: Cluster) -> None:
    assert ask(cluster.admin_url, "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules") == (
        "scram-sha-256"
    )
    assert ask(cluster.admin_url, "SHOW listen_addresses") == ""


def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(cluster.url("postgres", "guessed", "postgres"), "SELECT 1")


def test_a_password_of_odd_characters_survives_the_address(cluster: Cluster) -> None:
    ask(cluster.admin_url, "CREATE ROLE odd LOGIN PASSWORD 'p@ss/w%rd :?#&=+'")
    assert ask(cluster.url("odd", "p@ss/w%rd :?#&=+", "postgres"), "SELECT current_user") == "odd"
    ask(cluster.admin_url, "DROP ROLE odd")


def test_its_files_are_nobody_elses_business(cluster: Cluster) -> None:
    store = files.store_of(cluster.directory)
    assert [mode(store / name) for name in ("socket", "data")] == [0o700, 0o700]
    assert [mode(cluster.directory / name) for name in ("passwords.json", "postgresql.log")] == [0o600, 0o600]
    assert not (store / "password.new").exists()


def test_a_warm_start_is_quick_and_keeps_data_and_passwords(cluster: Cluster) -> None:
    ask(cluster.admin_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    before = cluster.admin_url
    cluster.stop()
    assert not cluster.is_running
    begun = time.monotonic()
    cluster.start()
    assert time.monotonic() - begun < 2
    assert cluster.admin_url == before
    assert ask(cluster.admin_url, "SELECT answer FROM kept") == 42
    ask(cluster.admin_url, "DROP TABLE kept")


def test_a_second_start_is_refused_in_one_sentence(cluster: Cluster) -> None:
    with pytest.raises(
        AlreadyRunning, match="is already running, started by another Comptoir: stop that one first"
    ):
        Cluster(cluster.directory).start()
    other = elsewhere(cluster)
    assert "AlreadyRunning: The database in" in other.communicate(timeout=15)[1]
    assert ask(cluster.admin_url, "SELECT 1") == 1


def test_another_process_finds_the_running_one(cluster: Cluster) -> None:
    assert Cluster(cluster.directory).admin_url == cluster.admin_url
    assert Cluster(cluster.directory).pid == cluster.pid


def test_it_dies_with_its_parent_and_can_be_started_at_once(cluster: Cluster) -> None:
    cluster.stop()
    parent = elsewhere(cluster)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    cluster.start()  # waits for the old one to end
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert ask(cluster.admin_url, "SELECT 1") == 1


def test_ctrl_c_does_not_reach_it_before_us(cluster: Cluster) -> None:
    assert cluster.pid is not None
    assert os.getpgid(cluster.pid) != os.getpgid(0)


def test_it_starts_after_being_killed(cluster: Cluster) -> None:
    ask(cluster.admin_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    until(lambda: cluster.pid is None)
    cluster.stop()
    pid_file = files.store_of(cluster.directory) / "data" / "postmaster.pid"
    assert pid_file.exists()
    cluster.start()
    assert ask(cluster.admin_url, "SELECT answer FROM kept") == 42
    ask(cluster.admin_url, "DROP TABLE kept")


def test_it_starts_when_the_number_of_a_killed_one_is_in_use_again(cluster: Cluster) -> None:
    cluster.stop()
    data = files.store_of(cluster.directory) / "data"
    user = files.service_user(data)
    as_the_server = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    other: subprocess.Popen[bytes] = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **as_the_server)  # type: ignore[call-overload]
    try:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n1\n5432\n/nowhere\n\n  1 1\nready\n")
        assert not cluster.is_running
        cluster.start()
        assert cluster.pid != other.pid
    finally:
        other.kill()
        other.wait()


def test_a_server_that_cannot_start_tells_why(cluster: Cluster) -> None:
    cluster.stop()
    with pytest.raises(CannotStart, match='invalid value for parameter "max_connections"'):
        Cluster(cluster.directory, bin=cluster._bin, options={"max_connections": "many"}).start()
    cluster.start()


def test_without_its_passwords_a_database_is_not_opened(cluster: Cluster) -> None:
    cluster.stop()
    passwords = cluster.directory / "passwords.json"
    hidden = passwords.rename(passwords.with_name("hidden"))
    with pytest.raises(CannotStart, match=r"put back passwords\.json"):
        cluster.start()
    hidden.rename(passwords)
    cluster.start()


def test_it_is_started_from_the_main_thread_only(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            Cluster(tmp_path / "postgresql").start()
        except CannotStart as error:
            failures.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(failures[0])


def test_there_is_no_address_of_one_that_does_not_run(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        Cluster(tmp_path / "postgresql").url("postgres", "x", "postgres")


def test_long_and_odd_paths_an_interrupted_start_and_a_port(open_directory: Path) -> None:
    directory = open_directory / ("long, " * 16) / "posté'gres"
    (directory / "data.new").mkdir(parents=True)
    (directory / "data.new" / "half").touch()
    with Cluster(directory, port=free_port(), options=SMALL) as cluster:
        assert ask(cluster.admin_url, "SELECT 1") == 1
        over_tcp = f"postgresql://postgres:{cluster.password('postgres')}@127.0.0.1:{cluster._port}/postgres"
        assert ask(over_tcp, "SELECT 1") == 1
        door = Path(ask(cluster.admin_url, "SHOW unix_socket_directories").strip('"'))
        assert mode(door) == 0o700
    assert not door.exists()
    cluster.erase()
    assert not directory.exists()


@pytest.mark.parametrize(
    ("megabytes", "buffers", "cache"),
    [(512, "128MB", "256MB"), (4096, "512MB", "2048MB"), (262_144, "2048MB", "131072MB")],
)
def test_it_takes_a_part_of_the_memory_that_there_is(megabytes: int, buffers: str, cache: str) -> None:
    assert memory(megabytes) == {"shared_buffers": buffers, "effective_cache_size": cache}
