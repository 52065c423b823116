"""Makes this machine ready for the checks: a Chromium and a PgBouncer, or one line that says how to get them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSER = "chromium-headless-shell"
"""The browser without a window: a page opens in it several times faster than in the whole Chromium."""

PROGRAMS = {
    BROWSER: ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"),
    "pgbouncer": ("pgbouncer",),
}
SYSTEM = ("/usr/sbin", "/usr/bin", "/usr/local/bin")


def find(package: str) -> str | None:
    """The program of a package, also where PATH of a plain user does not look."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM))
    return next((found for name in PROGRAMS[package] if (found := shutil.which(name, path=path))), None)


def chromium() -> str | None:
    """The browser of the end-to-end tests: the system's, else the one playwright installed."""
    cached = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    return find(BROWSER) or (str(cached[-1]) if cached else None)


def main() -> int:
    missing = [package for package in PROGRAMS if not find(package)]
    if chromium() and BROWSER in missing:
        missing.remove(BROWSER)
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        print(f"Installing {' and '.join(missing)} ...", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *missing]):
            subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)
    elif BROWSER in missing:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    left = [package for package in PROGRAMS if not (chromium() if package == BROWSER else find(package))]
    if left:
        print(f"The checks need {' and '.join(left)}: sudo apt-get install {' '.join(left)}", file=sys.stderr)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
