"""Views of environments, build progress and proofs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelop_jupyter.display import disk, formatting
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

if TYPE_CHECKING:
    from modelop_jupyter.domain.environments import (
        BuildFailure,
        BuildStep,
        Environment,
        Interpreter,
        LockedPackage,
    )
    from modelop_jupyter.domain.reports import (
        EnvironmentState,
        EnvironmentView,
        ProofView,
    )

STATES: dict[str, Tone] = {"ready": "good", "building": "busy", "failed": "bad", "drifted": "bad"}


def built(value: Environment) -> Blocks:
    """Show an environment that was built, or existed already."""
    drifted = value.drift if value.is_drifted else None
    badge = Span("drifted", "bad") if drifted else Span("ready", "good")
    blocks: list[Block] = [
        Heading(f"environment {value.fingerprint[:12]}", badge),
        Facts(_facts(value)),
        _packages(value.packages),
    ]
    if drifted:
        rebuilding = "It was changed by hand; the same line with --rebuild builds it again."
        blocks += [*disk.drift(drifted), Note(rebuilding)]
    return blocks


def step(value: BuildStep) -> Blocks:
    """Show the current step of a build."""
    return [Heading("environment", Span("building", "busy"), sentence(value))]


def sentence(value: BuildStep) -> str:
    """Return ``downloading 12 of 45 MB (numpy, pandas), 4 s``."""
    text = value.text
    if value.step == "ready":
        return f"ready: {text}"
    if value.total_bytes:
        names = f" ({text})" if text else ""
        text = f"{formatting.part(value.bytes, value.total_bytes)}{names}"
    text_of_step = f"{value.step} {text}".rstrip()
    return (
        f"{text_of_step}, {formatting.duration(int(value.seconds))}"
        if value.seconds >= 1
        else text_of_step
    )


def state(value: EnvironmentState) -> Cell:
    """Return the state of an environment in one line."""
    environment = value.environment
    if environment is not None:
        count = formatting.plural(len(environment.packages), "package")
        return f"{value.state}: {environment.fingerprint[:12]}, Python {environment.interpreter.version}, {count}"
    if value.step is not None:
        if value.step.step == "preparing":
            return Span(f"being built in the background ({value.step.text})", "busy")
        return Span(f"being built ({sentence(value.step)})", "busy")
    if value.failure is not None:
        return Span(f"failed: {cause(value.failure)}", "bad")
    return value.state


def cause(value: BuildFailure) -> str:
    """Return why a build failed and the remedy, in whole sentences."""
    parts = (value.message, value.remedy)
    return " ".join(
        part if part.endswith("?") else f"{part.rstrip('.')}." for part in parts if part
    )


def view(value: EnvironmentView) -> Blocks:
    """Show the packages that a model's environment holds, or will hold."""
    tone = STATES.get(value.state, "muted")
    environment = value.environment
    facts = _facts(environment) if environment else ()
    if not environment and value.interpreter:
        facts = (("python", _interpreter(value.interpreter)),)
    if value.additions:
        facts = (*facts, ("added by the runtime", ", ".join(value.additions)))
    if value.resolved:
        facts = (*facts, ("resolved", formatting.moment(value.resolved)))
    if value.as_of:
        facts = (*facts, ("as of", value.as_of))
    blocks: list[Block] = [Heading(f"environment of {value.model}", Span(value.state, tone))]
    if facts:
        blocks.append(Facts(facts))
    blocks.extend(Note(note, "warn") for note in value.notes)
    if value.packages:
        blocks.append(_packages(value.packages))
    if environment and environment.drift and environment.is_drifted:
        rebuilding = f"'%modelop env build {value.model} --rebuild' builds it again."
        blocks += [*disk.drift(environment.drift), Note(f"It was changed by hand; {rebuilding}")]
    if value.step is not None:
        blocks.append(
            Note(f"Now: {sentence(value.step)}. A job waits for it and shows its progress.")
        )
    if value.failure is not None:
        blocks.append(Note(cause(value.failure), "bad"))
        if value.failure.log:
            blocks.append(Note(f"Full log: {value.failure.log}"))
    if value.state in ("not locked", "not built", "failed"):
        condition = "Once that is fixed, " if value.state == "failed" else ""
        builds = f"'%modelop env build {value.model}' builds it; the first job does so, too."
        blocks.append(Note(condition + builds))
    return blocks


def proof(value: ProofView) -> Blocks:
    """Show the result of a check inside the environment."""
    seen = value.proof
    verdict = Span("exact", "good") if seen.is_exact else Span("not exact", "bad")
    facts: tuple[tuple[str, Cell], ...] = (
        ("python", f"{seen.python} ({seen.version})"),
        ("lock", code(seen.lock_digest.removeprefix("sha256:")[:12])),
        ("visible", formatting.plural(len(seen.packages), "package")),
        ("not in the lock", _listed(seen.foreign)),
        ("in the lock, but missing", _listed(seen.missing)),
        (
            "the notebook's packages",
            Span(f"can be imported: {', '.join(seen.leaked)}", "bad")
            if seen.leaked
            else Span(f"none of the {formatting.number(seen.tried)} tried can be imported", "good"),
        ),
    )
    return [
        Heading(f"environment of {value.model}", verdict, seen.fingerprint[:12]),
        Facts(facts),
        *(disk.drift(seen.drift) if seen.drift and not seen.drift.is_none else ()),
        _packages(seen.packages),
        Text("sys.path", "\n".join(seen.sys_path), is_open=True),
    ]


def _facts(value: Environment) -> tuple[tuple[str, Cell], ...]:
    facts: list[tuple[str, Cell]] = [
        ("python", _interpreter(value.interpreter)),
        ("packages", str(len(value.packages))),
    ]
    if value.size is not None:
        facts.append(("size", formatting.size(value.size)))
    facts.append(
        (
            "built",
            f"{formatting.moment(value.created)} in {formatting.duration(value.build_seconds)}",
        )
    )
    facts.append(("folder", code(value.path)))
    return tuple(facts)


def _interpreter(value: Interpreter) -> str:
    name = "" if value.implementation == "cpython" else f"{value.implementation} "
    return f"{name}{value.version}"


def _packages(packages: Sequence[LockedPackage]) -> Table:
    return Table(
        headers=("package", "version"),
        rows=tuple((code(package.name), package.version) for package in packages),
        title="packages",
    )


def _listed(names: Sequence[str]) -> Cell:
    return Span(", ".join(names), "bad") if names else Span("none", "good")
