"""Colours that are told apart on white and on black, by colour-blind eyes, too."""

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
HEAT = "#4c8bc9"
GOOD = "#3fa66b"
GREY = "#7b7b7b"


def colour(index: int) -> str:
    """Return the colour of a series by its place."""
    return COLOURS[index % len(COLOURS)]
