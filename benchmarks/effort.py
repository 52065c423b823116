"""What requests take of the processor in server and database, which other work leaves alone. Linux only."""

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")
PARENT, SPENT = 1, slice(11, 15)
"""Places in /proc/<pid>/stat, after the name: time of its own, and of children that ended and were waited for."""


def spent(*roots: int) -> float:
    """Seconds of processor time that these processes and their descendants have used so far."""
    found = dict(filter(None, map(_read, Path("/proc").glob("[0-9]*/stat"))))
    family, step = set(roots), set(roots)
    while step := {pid for pid, fields in found.items() if int(fields[PARENT]) in step} - family:
        family |= step
    return TICK * sum(sum(map(int, found[pid][SPENT])) for pid in family & found.keys())


def postgres_of(data: Path) -> int:
    """The process that runs the cluster with these files."""
    return int((data / "postmaster.pid").read_text().partition("\n")[0])


def _read(stat: Path) -> tuple[int, list[str]] | None:
    """A process and its fields; None when it has ended meanwhile."""
    try:
        return int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
