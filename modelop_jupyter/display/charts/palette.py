"""Colours that can be told apart on white and on black, also by colour-blind readers."""

from __future__ import annotations

COLOURS = (
    "#4c8bc9",
    "#e08a2c",
    "#3fa66b",
    "#c95f9e",
    "#8f7fd1",
    "#c7a52e",
    "#5fb6c4",
    "#b5654a",
)
# From nothing to the most. The tiles hide the page, so that what is written on them is legible.
HEAT = ("#e3edf7", "#1f5b96")
HEAT_TURN = 0.79
GOOD = "#3fa66b"
GREY = "#818181"


def on_heat(share: float) -> str:
    """Return the text colour on a heat map tile with this value between 0 and 1."""
    return "#ffffff" if share > HEAT_TURN else "#000000"


def heat(share: float) -> str:
    """Return the colour of a heat map tile with this value between 0 and 1."""
    ends = [[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in HEAT]
    mixed = (round(low + (high - low) * share) for low, high in zip(*ends, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def colour(index: int) -> str:
    """Return the colour of a series by its position."""
    return COLOURS[index % len(COLOURS)]
