"""What a registration would do, in words for all front doors."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.display import comparisons
from modelop_jupyter.display.blocks import Block, Blocks, Heading, Note, Span, Table, Text
from modelop_jupyter.display.formatting import plural, size
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS
from modelop_jupyter.domain.previews import Preview, ValueFile
from modelop_jupyter.domain.sentences import listed


def dry_run(value: Preview) -> Blocks:
    """Show what `register --dry-run` found."""
    return [
        *preview(value),
        *(Note(f"A value would be saved to {value_file_label(it)}.") for it in value.value_files),
        Note("Nothing was saved or built. Without --dry-run, this is registered.")
        if value.refusal is None
        else Note("Nothing was saved or built."),
    ]


def preview(value: Preview) -> Iterator[Block]:
    """Describe what a registration would record, and what differs from the model that is there."""
    changes = "a new model" if value.created else "; ".join(value.changes) or "no changes"
    if value.diff is not None and value.changes:
        # They are listed with the rest of what differs.
        changes = plural(len(value.changes), "change")
    points = value.entry_points
    functions = [f"{kind}: {points.get(kind)}" for kind in ENTRY_POINT_KINDS if points.get(kind)]
    badge = Span(", ".join(functions)) if functions else Span("no tagged functions", "warn")
    yield Heading(value.name, badge, changes)
    if value.refusal is not None:
        yield Note(value.refusal, "warn")
    if value.similar is not None:
        yield Note(f"There is a model {value.similar}: is it that one?", "warn")
    for warning in value.warnings:
        yield Note(warning, "warn")
    for missing in value.missing:
        yield Note(
            f"{missing.module} is imported (line {missing.line}), but no requirement provides it",
            "warn",
        )
    for problem in value.problems:
        yield Note(str(problem), "warn")
    yield from _differences(value)
    if value.source is not None:
        # What is new is shown, what is there is compared.
        yield Text("Source to be registered", value.source, is_open=value.created)


def _differences(value: Preview) -> Iterator[Block]:
    if value.unresolved is not None:
        yield Note(value.unresolved, "warn")
    if value.diff is not None:
        yield Note(value.diff.sentence, "plain")
        yield from comparisons.differences(value.diff)
    elif value.packages:
        cells = tuple((package.name, package.version) for package in value.packages)
        count = plural(len(cells), "package")
        yield Table(("package", "version"), cells, count, len(cells), is_data=True)


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
