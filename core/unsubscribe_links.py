"""Links that opt out with one click, as staff read the texts that hold them: whoever has one can use it, so it is
left out."""

import re

PLACE = "/unsubscribe/"
SHOWN = f"{PLACE}•••"
LINK = f"{PLACE}[A-Za-z0-9_=-]+"
HIDDEN = f"regexp_replace({{text}}, '{LINK}', '{SHOWN}', 'g')"
"""SQL for a text without them."""


def hidden(text: str) -> str:
    """The text without what makes such a link work."""
    return re.sub(LINK, SHOWN, text)
