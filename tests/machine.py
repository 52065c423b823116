"""Makes this machine ready for the checks: a Chromium and a PgBouncer, or one line that says how to get them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BROWSER = "chromium-headless-shell"
"""The browser without a window: a page opens in it several times faster than in the whole Chromium."""

BOUNCER = "pgbouncer"
WHOLE = ("chromium", "chromium-browser", "google-chrome")
SYSTEM = ("/usr/sbin", "/usr/bin", "/usr/local/bin")
CACHE = ".cache/ms-playwright"
BRIEFLY = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::https::Timeout=15")


def find(*names: str) -> str | None:
    """The first of these programs that is there, also where PATH of a plain user does not look."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM))
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


def shell() -> str | None:
    """The browser without a window: the system's, else the one playwright installed."""
    return find(BROWSER) or _cached("chromium_headless_shell-*/*/*headless?shell")


def chromium() -> str | None:
    """The browser of the end-to-end tests: the quick one, else a whole one that is there."""
    return shell() or find(*WHOLE) or _cached("chromium-*/chrome-linux*/chrome")


def _cached(pattern: str) -> str | None:
    kept = sorted(Path.home().glob(f"{CACHE}/{pattern}"))
    return str(kept[-1]) if kept else None


def _install(packages: Sequence[str]) -> None:
    """Each by itself: a system that has no such browser still gets the others."""
    print(f"Installing {' and '.join(packages)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], *(["install", "-y", package] for package in packages)):
        subprocess.run(
            ["apt-get", "-qq", *BRIEFLY, *command], env=environment, check=False, stdout=subprocess.DEVNULL
        )


def main() -> int:
    missing = [BROWSER] * (not chromium()) + [BOUNCER] * (not find(BOUNCER))
    wanted = [BROWSER] * (not shell()) + [BOUNCER] * (not find(BOUNCER))
    if wanted and shutil.which("apt-get") and os.geteuid() == 0:
        _install(wanted)
    elif BROWSER in missing:
        subprocess.run([sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"], check=False)
    elif not shell():
        print(f"The checks in the browser take half the time with {BROWSER}: sudo apt-get install {BROWSER}")
    left = [BROWSER] * (not chromium()) + [BOUNCER] * (not find(BOUNCER))
    if left:
        print(f"The checks need {' and '.join(left)}: sudo apt-get install {' '.join(left)}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
