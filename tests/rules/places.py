"""Where things are, and the files of the product as git knows them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS, TEMPLATES, STATIC = ROOT / "docs", ROOT / "web" / "templates", ROOT / "web" / "static"
PACKAGES = ("core", "tenants", "web", "plugins")


@cache
def files(*patterns: str) -> list[Path]:
    """The files of the repository that match: those git has, and new ones it would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return sorted({ROOT / line for line in listed if (ROOT / line).is_file()})


def modules() -> list[Path]:
    """The modules of the product."""
    return files(*(f"{package}/*.py" for package in PACKAGES))


def name_of(path: Path) -> str:
    """A file as people write it."""
    return str(path.relative_to(ROOT))
