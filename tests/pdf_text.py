"""The text of a PDF as typst writes it: what its pages draw, read through the tables of their fonts."""

import re
import zlib

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
PLAIN = rb"(?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*"
"""What stands in the parentheses of a string: a pair of them inside is not escaped."""
DRAWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\((" + PLAIN + rb")\)|<([0-9a-fA-F]+)>(?=[^>])|\b(ET)\b", re.DOTALL)
PAIR = re.compile(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>(?: <([0-9a-fA-F]+)>)?")


def text_of(pdf: bytes) -> str:
    """All that is drawn, with a line for each piece that is drawn in one go; single spaces."""
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(pdf)}
    fonts = {
        name.decode(): _letters(_content(objects, int(re.search(rb"/ToUnicode (\d+)", objects[int(number)])[1])))
        for body in objects.values()
        for listed in re.findall(rb"/Font<<(.*?)>>", body)
        for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", listed)
    }
    pages = [int(number) for body in objects.values() for number in re.findall(rb"/Contents (\d+)", body)]
    return re.sub(r"[ \n]+", " ", "".join(_drawn(_content(objects, page), fonts) for page in pages))


def _content(objects: dict[int, bytes], number: int) -> bytes:
    return zlib.decompress(STREAM.search(objects[number])[1])


def _letters(table: bytes) -> dict[int, str]:
    """Glyph to letters, from a ToUnicode table."""
    found: dict[int, str] = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        found |= {int(glyph, 16): _text(letters) for glyph, letters, _none in PAIR.findall(block)}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, last, letters in PAIR.findall(block):
            found |= {
                glyph: chr(ord(_text(letters)) + glyph - int(first, 16))
                for glyph in range(int(first, 16), int(last, 16) + 1)
            }
    return found


def _text(digits: bytes) -> str:
    return bytes.fromhex(digits.decode()).decode("utf-16-be")


def _drawn(content: bytes, fonts: dict[str, dict[int, str]]) -> str:
    told, letters = "", {}
    for font, plain, digits, end in DRAWN.findall(content):
        if font:
            letters = fonts[font.decode()]
        elif end:
            told += "\n"
        else:
            raw = bytes.fromhex(digits.decode()) if digits else ESCAPED.sub(_unescaped, plain)
            told += "".join(letters.get(int.from_bytes(raw[at : at + 2]), "?") for at in range(0, len(raw), 2))
    return told


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1].isdigit() else CONTROLS.get(found[1], found[1])
