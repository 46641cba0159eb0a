"""What one record of a job printed and logged, and how it failed."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.jobs.folder import JobFolder


def entries(folder: JobFolder, record: int) -> Iterator[str]:
    """Yield what the record with an index printed, of each input slot, and how it failed."""
    slots = set()
    for printed in folder.printed():
        if printed.index == record:
            slots.add(printed.slot)
            if printed.left_out:
                yield f"… {printed.left_out:,} bytes before these lines are in the log only"
            yield printed.text.rstrip("\n")
    for error in folder.errors():
        if error.index == record:
            if error.printed and error.slot not in slots:
                yield error.printed.rstrip("\n")
            yield f"{error.stage}: {error.error.reason}"
            if error.traceback:
                yield error.traceback.rstrip("\n")
