"""Views of requirements: parsed, checked, inferred from imports, and upgraded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.display import checks, formatting
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Facts,
    Heading,
    Note,
    Span,
    Table,
    Text,
    Tone,
    code,
)
from modelop_jupyter.domain.sentences import listed

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import ImportFinding, RequirementRow, RequirementsReport
    from modelop_jupyter.domain.requirements.changes import InferredRequirements, Trim, Upgrade

_VERDICTS: dict[str, Tone] = {"missing": "bad", "provided": "good"}
_STATES: dict[str, Tone] = {
    "added": "good",
    "not installable": "bad",
    "not usable": "bad",
    "removed": "warn",
}


def report(value: RequirementsReport) -> Blocks:
    """Show the parsed requirements, and with a check their versions and the imports."""
    badge = None
    if value.checked or not value.is_good:
        badge = Span("good", "good") if value.is_good else Span("not good", "bad")
    blocks: list[Block] = [Heading(f"requirements of {value.model}", badge)]
    blocks.extend(Note(note, "warn") for note in value.notes)
    if value.rows:
        blocks.append(_requirement_table(value))
        blocks.extend(Note(_problem(row), "bad") for row in value.rows if row.problem)
    else:
        blocks.append(Note("No asset with the role Required libraries names a package."))
    if value.additions:
        blocks.append(Facts((("added by the runtime", ", ".join(value.additions)),)))
    if value.unpinned:
        blocks.append(Note(_unpinned(value)))
    if value.packages:
        blocks.append(
            Table(
                headers=("package", "version"),
                rows=tuple((code(item.name), item.version) for item in value.packages),
                title="packages",
            )
        )
    if value.imports:
        blocks.append(_import_table(value.imports))
    if any(item.verdict == "missing" for item in value.imports):
        blocks.append(
            Note(f"'%modelop requirements {value.model} --infer' shows what to add to them.")
        )
    if value.unused:
        blocks.append(Note(f"Required, but not imported: {', '.join(value.unused)}."))
    return blocks


def upgrade(value: Upgrade) -> Blocks:
    """Show which versions changed."""
    done, unchanged = (
        ("resolved", "no other versions") if value.as_of else ("upgraded", "nothing newer")
    )
    badge = Span(done, "good") if value.changes else Span(unchanged, "muted")
    if value.is_first:
        badge = Span("resolved", "good")
    facts: list[tuple[str, Cell]] = [("python", value.python)]
    if value.as_of:
        facts.append(("as of", value.as_of))
    if value.before and not value.is_first:
        facts.append(("resolved before", formatting.moment(value.before)))
    if value.after and (value.changes or value.is_first):
        facts.append(("resolved now", formatting.moment(value.after)))
    blocks: list[Block] = [Heading(f"requirements of {value.model}", badge), Facts(tuple(facts))]
    if not value.changes:
        return [*blocks, Note(_unchanged(len(value.packages)))]
    rows = [
        (
            code(change.package),
            change.before or "",
            change.after or "",
            _change(change.before, change.after),
        )
        for change in value.changes
    ]
    headers = ("package", "before", "now", "")
    if not value.is_first:
        blocks.append(Table(headers=headers, rows=tuple(rows), title="differences"))
    else:
        shown = tuple((row[0], row[2]) for row in rows)
        blocks.append(Table(headers=("package", "version"), rows=shown, title="packages"))
    blocks.append(Note("The next job uses these; earlier snapshots keep their own."))
    return blocks


def inferred(value: InferredRequirements) -> Blocks:
    """Show a requirements file inferred from the imports, with the reason for each line."""
    badge = Span("written", "good") if value.is_written else None
    blocks: list[Block] = [
        Heading(f"requirements of {value.model}", badge, value.asset),
        Facts((("versions of", f"Python {value.version}, {value.python}"),)),
    ]
    blocks.extend(Note(note, "warn") for note in value.notes)
    if not value.lines:
        return [*blocks, Note("The source imports nothing but Python's own modules and its own.")]
    blocks.append(
        Table(
            headers=("requirement", "", "imported in", "remark"),
            rows=tuple(
                (
                    code(line.text),
                    Span(line.state, _STATES.get(line.state, "muted")),
                    line.where or "",
                    line.remark or "",
                )
                for line in value.lines
            ),
        )
    )
    blocks.append(Text(value.asset, value.text.rstrip(), is_open=True))
    if not value.is_written:
        line = f"%modelop requirements {value.model} --infer --write"
        blocks.append(Note(f"'{line}' adds it to the model."))
    return blocks


def trimmed(value: Trim) -> Blocks:
    """Show the lines that can go, what goes with them, and what that saves."""
    count = formatting.plural(value.records, "record")
    loaded = f"{formatting.plural(len(value.loaded), 'package')} loaded for {count}"
    if not value.lines:
        heading = Heading(
            f"requirements of {value.model}", Span("nothing to remove", "good"), loaded
        )
        return [heading, Note("Every requirement was imported or loaded.", "good")]
    done = value.report is not None
    badge = Span(f"{formatting.size(value.size)} {'saved' if done else 'to save'}", "good")
    blocks: list[Block] = [
        Heading(f"requirements of {value.model}", badge, loaded),
        Table(
            headers=("removed" if done else "not needed", "where", "goes with it", "size"),
            rows=tuple(
                (
                    code(line.text),
                    f"{line.asset}, line {line.line}",
                    ", ".join(name for name in line.packages) or "nothing",
                    formatting.size(line.size),
                )
                for line in value.lines
            ),
            numeric=frozenset({3}),
        ),
    ]
    if value.report is not None:
        return [*blocks, *checks.report(value.report)]
    command = f"%modelop requirements {value.model.partition('@')[0]} --trim --write"
    text = f"A library that is loaded only at times may be among them. '{command}' removes the lines, and checks the model again."
    return [*blocks, Note(text)]


def _unpinned(value: RequirementsReport) -> str:
    taken = [f"{package.name} {package.version}" for package in value.unpinned]
    verb = "is" if len(taken) == 1 else "are"
    when = f" on {formatting.day(value.resolved)}" if value.resolved else " earlier"
    option = "--upgrade"
    if value.as_of:
        when, option = f" as of {value.as_of}", "--as-of now"
    return (
        f"{listed(taken)} {verb} not pinned: chosen{when}, and kept."
        f" '%modelop requirements {value.model.partition('@')[0]} {option}' takes newer ones."
    )


def _unchanged(count: int) -> str:
    if count == 0:
        return "It requires no packages."
    verb = "is" if count == 1 else "are"
    return f"Its {formatting.plural(count, 'package')} {verb} what would be chosen today, too."


def _problem(row: RequirementRow) -> str:
    """Return the whole sentence, which a cell of a table would cut in a terminal."""
    sentence = ": ".join(part for part in (_where(row), row.problem) if part)
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."


def _where(row: RequirementRow) -> str:
    return f"{row.asset}, line {row.line}" if row.line else row.asset


def _requirement_table(value: RequirementsReport) -> Table:
    return Table(
        headers=("requirement", "where", "locked" if value.packages else "remark"),
        rows=tuple(
            (
                code(row.text),
                _where(row),
                Span("not usable", "bad") if row.problem else row.locked or "",
            )
            for row in value.rows
        ),
    )


def _import_table(imports: tuple[ImportFinding, ...]) -> Table:
    rows = []
    for finding in imports:
        by = f" by {finding.provider}" if finding.provider and finding.verdict == "provided" else ""
        try_ = f": {finding.provider}?" if finding.provider and finding.verdict == "missing" else ""
        text = f"{finding.verdict}{by}{try_}" + (f" ({finding.remark})" if finding.remark else "")
        tone = _VERDICTS.get(finding.verdict, "muted")
        rows.append(
            (code(finding.module), f"{finding.asset}, line {finding.line}", Span(text, tone))
        )
    return Table(
        headers=("import", "where", "verdict"), rows=tuple(rows), title="imports of the source"
    )


def _change(before: str | None, after: str | None) -> Cell:
    if before is None:
        return Span("added", "good")
    return Span("removed", "warn") if after is None else "changed"
