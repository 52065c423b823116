"""A worker in a process of its own, begun as `comptoir work`, for whoever wants to kill it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from core.settings import Settings

GONE = 10
WORK = "import sys; sys.argv = ['comptoir', 'work']; from web.cli import main; main()"
NAMES = ("home", "database_url", "database_owner_url", "database_worker_url", "secret_key", "vies_url", "smtp_url")


@contextmanager
def begun(settings: Settings, program: str = WORK) -> Iterator[subprocess.Popen[bytes]]:
    """One that works until it is killed, at the latest when the block ends."""
    process = subprocess.Popen([sys.executable, "-c", program], env=_environment(settings), stdout=sys.stderr)
    try:
        yield process
    finally:
        process.kill()
        process.wait(GONE)


def _environment(settings: Settings) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMPTOIR_")}
    return kept | {f"COMPTOIR_{name.upper()}": str(getattr(settings, name)) for name in NAMES}
