"""What somebody said in a mail, without the history below it and the signature."""

import re

SIGNATURE = re.compile(r"^-- ?$")
SENT_FROM = re.compile(r"^(sent from my|envoyé (de|depuis) mon) ", re.IGNORECASE)
QUOTED = re.compile(r"^\s*>")
WROTE = re.compile(
    r"^(on|le|am|el|il)\b.{5,300}\b(wrote|a écrit|schrieb|escribió|ha scritto)\s*:\s*$", re.IGNORECASE
)
DIVIDER = re.compile(
    r"^(-{2,}\s*(original message|message (d.origine|transféré)|forwarded message|ursprüngliche nachricht)\s*-{2,}"
    r"|_{20,})\s*$",
    re.IGNORECASE,
)
FROM = re.compile(r"^\*?(from|de|von)\s?:\*?\s.+", re.IGNORECASE)
SENT = re.compile(r"^\*?(sent|date|envoyé|gesendet)\s?:\*?\s.+", re.IGNORECASE)


def said(text: str) -> str:
    """The words that are new. When all of them stand below the quoted ones, those."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    above = _trimmed(lines[: _end(lines)])
    if above:
        return above
    below = [line for place, line in enumerate(lines) if not QUOTED.match(line) and not _is_wrote(lines, place)]
    return _trimmed(below[: _signature(below)])


def _end(lines: list[str]) -> int:
    """The line where the history or the signature begins. What is quoted between one's own words stays."""
    own = [
        place for place, line in enumerate(lines[: _signature(lines)]) if line.strip() and not QUOTED.match(line)
    ]
    last = own[-1] if own else -1
    for place, line in enumerate(lines):
        if place > last or SIGNATURE.match(line) or DIVIDER.match(line) or _is_wrote(lines, place):
            return place
        if FROM.match(line) and any(SENT.match(other) for other in lines[place + 1 : place + 4]):
            return place
    return len(lines)


def _is_wrote(lines: list[str], place: int) -> bool:
    """Whether a line (or two, when it was broken) says who wrote what is quoted below."""
    if not lines[place].strip():
        return False
    return bool(WROTE.match(lines[place][:400]) or WROTE.match(" ".join(lines[place : place + 2])[:400]))


def _signature(lines: list[str]) -> int:
    return next((place for place, line in enumerate(lines) if SIGNATURE.match(line)), len(lines))


def _trimmed(lines: list[str]) -> str:
    kept = list(lines)
    while kept and (not kept[-1].strip() or SENT_FROM.match(kept[-1])):
        kept.pop()
    return "\n".join(kept).strip()
