"""What a registration would do, in words for all front doors."""

from __future__ import annotations

from modelop_jupyter.display.formatting import size
from modelop_jupyter.domain.previews import ValueFile
from modelop_jupyter.domain.sentences import listed


def value_file_label(file: ValueFile) -> str:
    """Return the file that a value would be saved to, and what there is to know about it."""
    return f"{file.path} ({'; '.join([size(file.size), *value_file_remarks(file)])})"


def value_file_remarks(file: ValueFile) -> list[str]:
    """Return what is to be known of a value's file: what is there, and what reads it."""
    remarks = []
    if file.is_there:
        remarks.append("the file is there already")
    if file.replaced is not None:
        remarks.append("replaces the model's older value in this file")
    if file.libraries:
        versions = "versions" if len(file.libraries) > 1 else "version"
        remarks.append(
            f"a pickle needs the same {versions} of {listed(list(file.libraries))}, which the"
            " requirements pin"
        )
    return remarks
