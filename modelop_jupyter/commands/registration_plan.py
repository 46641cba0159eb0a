"""What a registration's preview leaves to decide: asked for, or accepted with ``--yes``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING

from modelop_jupyter.display.registration import value_file_label
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.previews import (
    FrozenValue,
    Preview,
    Proposal,
    RequirementsPlan,
    ValueFile,
)
from modelop_jupyter.domain.source_code.function_options import FunctionOption, suggested
from modelop_jupyter.errors import UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.workspace import RegistrationRequest

Ask = Callable[[str], str | None]
MakePreview = Callable[["RegistrationRequest"], Preview]

_YES = frozenset({"", "y", "yes"})
_NO = frozenset({"n", "no"})


def accept(
    request: RegistrationRequest, preview: MakePreview, *, saves: bool = True
) -> RegistrationRequest:
    """Return a request with all that its preview suggests, as ``--yes`` does.

    Without ``saves`` no value is written to a file.
    """
    plan = preview(request)
    if _needs_function(plan):
        request = replace(
            request, entry_points=suggested(plan.options).merged(request.entry_points)
        )
        plan = preview(request)
    if plan.frozen or plan.value_files:
        request = replace(request, frozen=_names_of(plan.frozen))
        request = _with_values(request, plan) if saves else request
        plan = preview(request)
    return _with_files(request, _with_declined(plan))


def settle(request: RegistrationRequest, preview: MakePreview, ask: Ask) -> RegistrationRequest:
    """Return a request with what the user answered; where nobody answers it stays as it is."""
    given, plan = request, preview(request)
    request = replace(request, is_settled=True)
    if plan.similar is not None:
        request = _ask_name(request, plan.similar, ask)
    if _needs_function(plan):
        request = _ask_function(request, plan.options, ask)
    if request != replace(given, is_settled=True):
        plan = preview(request)
    values = [value for value in plan.frozen if value.name not in (request.frozen or ())]
    if values and _is_yes(ask(_question_of_values(request.name, values))):
        request = replace(request, frozen=_names_of(plan.frozen))
        plan = preview(request)
    big = _open_values(request, plan)
    if big and _is_yes(ask(_question_of_value_files(request.name, big))):
        request = _with_values(request, plan)
        plan = preview(request)
    files, requirements = _open_files(plan), _open_requirements(request, plan)
    if not files and requirements is None:
        return request
    lines = [f"  {it.path}  ({it.reason})" for it in files]
    if requirements is not None:
        lines.append(f"  requirements: {_added(requirements)}{_where(requirements)}")
    question = f"{request.name} may also need:\n" + "\n".join(lines) + "\nAdd them? [Y/n] "
    return _with_files(request, plan) if _is_yes(ask(question)) else request


def unanswered(request: RegistrationRequest, preview: MakePreview) -> Iterator[str]:
    """Say what would have been asked where nobody can answer, and which options decide it."""
    for points in _left_open(request, preview(request)):
        yield (
            f"Nobody can answer a question here, so {request.name} is registered without {points}"
        )


def unasked(request: RegistrationRequest, plan: Preview) -> Iterator[str]:
    """Say what a registration would ask, and which options decide it."""
    for points in _left_open(request, plan):
        yield f"{request.name} may also need {points}"


def _left_open(request: RegistrationRequest, plan: Preview) -> Iterator[str]:
    """Yield the suggestions that are open, with the options that take them."""
    if plan.refusal is not None:
        return
    files, requirements = _open_files(plan), _open_requirements(request, plan)
    open_points = [f"{it.path} ({it.reason})" for it in files]
    if requirements is not None:
        open_points.append(f"the requirements {_added(requirements)}")
    if open_points:
        options = " ".join(f"--asset {shlex.quote(it.path)}" for it in files)
        yield (
            f"{' and '.join(open_points)}. Add --yes to take all of it"
            + (f", or {options} for the files alone." if files else ".")
        )


def tags_to_write(request: RegistrationRequest, decided: RegistrationRequest) -> Iterator[str]:
    """Name the tags that would say in the source itself what was decided here."""
    for kind in ENTRY_POINT_KINDS:
        name = decided.entry_points.get(kind)
        if name is not None and request.entry_points.get(kind) is None:
            yield f"{name} is its {kind} function: write '# modelop.{kind}' above its def to keep that."


def _needs_function(plan: Preview) -> bool:
    return not plan.entry_points.has_job and not any(it.is_tagged for it in plan.options)


def _ask_name(request: RegistrationRequest, similar: str, ask: Ask) -> RegistrationRequest:
    answer = ask(f"There is no model {request.name} yet. New model, or {similar}? [new/{similar}] ")
    if answer is None or answer.strip().casefold() in ("new", "n", request.name.casefold()):
        return request
    if answer.strip().casefold() == similar.casefold():
        return replace(request, name=similar)
    raise _not_registered(answer, f"'new' or {similar!r}")


def _ask_function(
    request: RegistrationRequest, options: Sequence[FunctionOption], ask: Ask
) -> RegistrationRequest:
    """Ask which function scores a record, or computes metrics where none could score."""
    of_kind = [it for it in options if it.kind == "score"]
    of_kind = of_kind or [it for it in options if it.kind == "metrics"]
    if not of_kind:
        return request
    kind = of_kind[0].kind
    names = "/".join(it.name for it in of_kind)
    listed = "\n".join(f"  {it.name}  ({it.where})" for it in of_kind)
    what = f"No function is tagged. Which is the {kind} function?\n{listed}\n[{names}/none] "
    answer = ask(what)
    if answer is None or answer.strip().casefold() == "none":
        return request
    word = answer.strip() or (of_kind[0].name if len(of_kind) == 1 else "")
    if word not in {it.name for it in of_kind}:
        raise _not_registered(answer, f"one of {names}, or 'none'")
    others = suggested([it for it in options if it.kind == "init"] + of_kind)
    chosen = EntryPoints(init=others.init, **{kind: word})
    return replace(request, entry_points=chosen.merged(request.entry_points))


def _question_of_values(name: str, values: Sequence[FrozenValue]) -> str:
    lines = "\n".join(indent(value.source, "  ") for value in values)
    return (
        f"{name} needs values whose code reads data. They can stand in its module as they are now:\n"
        f"{lines}\nWrite them into the module? [Y/n] "
    )


def _question_of_value_files(name: str, files: Sequence[ValueFile]) -> str:
    lines = "\n".join(
        f"  {value_file_label(file)}\n{indent(file.source, '    ')}" for file in files
    )
    return (
        f"{name} needs values that are too big for its module, or have no literal. They can be files"
        f" beside it, which the module loads:\n{lines}\nSave them, and add them to the model? [Y/n] "
    )


def _open_values(request: RegistrationRequest, plan: Preview) -> list[ValueFile]:
    return [it for it in plan.value_files if request.value_files.get(it.name) != it.path]


def _with_values(request: RegistrationRequest, plan: Preview) -> RegistrationRequest:
    from modelop_jupyter.workspace.values import save_values

    return save_values(_open_values(request, plan), request)


def _names_of(values: Sequence[FrozenValue]) -> frozenset[str]:
    return frozenset(value.name for value in values)


def _with_declined(plan: Preview) -> Preview:
    """Return a preview that suggests what was declined before, too."""
    requirements = plan.requirements
    return replace(
        plan,
        proposals=tuple(
            replace(it, is_suggested=it.is_suggested or it.is_declined) for it in plan.proposals
        ),
        requirements=requirements
        and replace(
            requirements, is_suggested=requirements.is_suggested or requirements.is_declined
        ),
    )


def _with_files(request: RegistrationRequest, plan: Preview) -> RegistrationRequest:
    files = tuple((it.path, it.role.value) for it in _open_files(plan))
    infers = request.infers or _open_requirements(request, plan) is not None
    return replace(request, proposed=(*request.proposed, *files), infers=infers)


def _open_files(plan: Preview) -> list[Proposal]:
    """Return the suggested files that neither the request nor the model has."""
    had = {asset.path for asset in plan.assets}
    return [
        it
        for it in plan.proposals
        if it.is_suggested and it.problem is None and not it.is_held and it.path not in had
    ]


def _open_requirements(request: RegistrationRequest, plan: Preview) -> RequirementsPlan | None:
    requirements = plan.requirements
    is_open = requirements is not None and requirements.is_suggested and not request.infers
    return requirements if is_open else None


def _added(plan: RequirementsPlan) -> str:
    return ", ".join(line.text for line in plan.inferred.lines if line.state == "added")


def _where(plan: RequirementsPlan) -> str:
    return f", written to {plan.file}" if plan.file else ""


def _is_yes(answer: str | None) -> bool:
    word = (answer if answer is not None else "no").strip().casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise _not_registered(word, "y or n")


def _not_registered(answer: str, expected: str) -> UsageMistakeError:
    return UsageMistakeError(
        f"nothing is registered: {answer!r} is not an answer", f"Answer {expected}"
    )
