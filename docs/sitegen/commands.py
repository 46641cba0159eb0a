"""The reference of the commands, made of the grammar that magics and command line share."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.commands.grammar import VerbHelp, help_page, verbs


def reference() -> str:
    """Return a section for every verb: usage, summary, arguments and an example."""
    return "\n".join(line for name in verbs() if name for line in _section(name))


def _section(name: str) -> Iterator[str]:
    for verb in help_page(name.split(), program="%modelop").verbs:
        # A line and a cell may have a verb of the same name.
        is_second = verb.usage.startswith("%%") and not verbs()[name].in_cell
        yield f"## {name} in a cell\n" if is_second else f"## {name}\n"
        yield f"{verb.summary}\n"
        yield f"```text\n{verb.usage}\n```\n"
        yield from _arguments(verb)
        example = verb.example
        if verb.usage.startswith("%%"):
            example += "\nmodel"
        yield f"For example:\n\n```ipython\n{example}\n```\n"


def _arguments(verb: VerbHelp) -> Iterator[str]:
    if verb.arguments:
        yield "| argument | meaning |\n|---|---|"
        for spelling, text in verb.arguments:
            cells = (f"`{spelling}`", text)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        yield ""
