"""Colours of brands: whether they can be read, and what becomes of them in the dark. Pure.

The stylesheet's brand colour is text on a light surface and, as a button, the surface under white letters; so one
check covers both. In the dark theme it is text on a dark surface, so it is lightened until it can be read there.
"""

import re

HEX = re.compile(r"#[0-9a-f]{6}")
LEAST_CONTRAST = 4.5
"""What WCAG 2.2 AA asks of text."""
LIGHT_SURFACES = ("#ffffff", "#f7f8fa", "#f2f4f7")
DARK_SURFACES = ("#1a1d23", "#121418", "#23272f")
STEPS = 64


def normal(text: str) -> str:
    """`#RGB` or `#RRGGBB`, with or without the hash, as `#rrggbb`; "" for what is no colour."""
    digits = text.strip().lower().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    color = f"#{digits}"
    return color if HEX.fullmatch(color) else ""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def least_contrast(color: str, surfaces: tuple[str, ...] = LIGHT_SURFACES) -> float:
    """The contrast with the surface on which it is worst."""
    return min(contrast(color, surface) for surface in surfaces)


def in_the_dark(color: str) -> str:
    """The same hue, as light as it must be to be read on the dark surfaces."""
    for step in range(STEPS + 1):
        lighter = _mixed_with_white(color, step / STEPS)
        if least_contrast(lighter, DARK_SURFACES) >= LEAST_CONTRAST:
            return lighter
    return "#ffffff"


def _mixed_with_white(color: str, share: float) -> str:
    return "#" + "".join(f"{round(part + (255 - part) * share):02x}" for part in _parts(color))


def _luminance(color: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
