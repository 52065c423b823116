"""Makes web/static/icons.svg: one sprite of just those Tabler icons that our pages and menus name.

npm pack @tabler/icons && tar xzf tabler-icons-*.tgz && python -m web.icons package
"""

import re
import sys
from pathlib import Path

NAMES = (Path(__file__).parent / "icons.txt").read_text().split()
SPRITE = Path(__file__).parent / "static" / "icons.svg"


def symbol(name: str, svg: str) -> str:
    """One icon as a symbol of the sprite."""
    found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    inside = (found.group(1) if found else "").replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    inside = re.sub(r"\s+", " ", inside).strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inside}</symbol>'


def main() -> None:
    """Write the sprite."""
    outline = Path(sys.argv[1]) / "icons" / "outline"
    known = [name for name in NAMES if (outline / f"{name}.svg").exists()]
    for name in sorted(set(NAMES) - set(known)):
        sys.stderr.write(f"no such icon: {name}\n")
    symbols = "\n".join(symbol(name, (outline / f"{name}.svg").read_text()) for name in sorted(known))
    licence = "<!-- Tabler Icons 3.51.0, MIT (see vendor/README.md); made by web/icons.py -->"
    SPRITE.write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{licence}\n{symbols}\n</svg>\n')


if __name__ == "__main__":
    main()
