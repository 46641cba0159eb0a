"""The Python call of a line, for ``--show-code``: what the verb calls, as code that is ready to paste."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.commands.recording import (
    Call,
    End,
    Expression,
    Recorded,
    Recording,
    RecordingContext,
    Root,
    bases,
)
from modelop_jupyter.commands.shell_words import Inserted
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.display.blocks import Blocks, Text
from modelop_jupyter.domain.notify import shown
from modelop_jupyter.errors import UsageMistakeError
from modelop_jupyter.masking import MASK, is_secret_name, mask

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.commands.verb import Verb
    from modelop_jupyter.workspace import RegistrationRequest

_WIDTH = 88
_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")
# What only a session has, or what a front door shows meanwhile.
_LEFT_OUT = frozenset({"live", "command", "progress"})
# A list of one thing is that thing for these parameters.
_ONE_OR_MORE = frozenset({"inputs", "output", "metrics"})
_VALUE_NAMES = {"str": "text", "dict": "document", "list": "rows", "Any": "document"}
_MASKED_REMARK = f"# {MASK} is a secret, which is not printed: write it in its place."
_SAVED_REMARK = "# The saved text of the notebook is taken: save it first."
# What of a registration is a parameter of Workspace.register, and the name that it has there.
_OF_REGISTER = {
    "name": "name",
    "path": "path",
    "cells": "cells",
    "assets": "assets",
    "python": "python",
    "installs_python": "install_python",
    "source": "source",
    "description": "description",
    "tags": "tags",
    "entry_points": "chosen",
    "follow_links": "follow_links",
    "as_of": "as_of",
}
# Methods that take a request, and those that take its parts.
_OF_REQUEST = {"register_request": "register", "preview_request": "preview"}


@dataclass(frozen=True, slots=True)
class PythonCode:
    """The value of ``--show-code``: Python code that does what the line does."""

    code: str

    def blocks(self) -> Blocks:
        """Return the code as it is to be copied."""
        return [Text("", self.code, is_open=True)]


def python_code(
    verb: Verb, context: Context, args: Namespace, words: Sequence[str] = ()
) -> PythonCode:
    """Return the code that makes the calls of a verb; nothing of it is done.

    ``words`` are those of the line: values of a notebook's variables that were inserted there are those
    variables in the code. Raises :class:`UsageMistakeError` for a verb that makes no call.
    """
    recording = Recording()
    value: object = None
    with contextlib.suppress(End):
        value = verb.run(RecordingContext(context, recording), args)
    if not recording.steps:
        raise UsageMistakeError(
            f"{verb.name} has no Python call",
            "The session itself does what it does, not a method of Workspace",
        )
    code = _Code(recording, [word for word in words if isinstance(word, Inserted)])
    return PythonCode("\n".join(code.lines(value)))


class _Code:
    """Writes the calls of a recording as statements."""

    def __init__(self, recording: Recording, inserted: Sequence[Inserted]) -> None:
        self._recording = recording
        self._names: dict[Call, str] = {}
        self._imports: dict[str, None] = {}
        self._remarks: dict[str, None] = {}
        self._inserted = {(type(each.value), each.value): each.expression for each in inserted}

    def lines(self, value: object) -> Iterator[str]:
        """Yield the lines; ``value`` is what the verb returned, if it came so far."""
        job = value.job.expression if isinstance(value, SubmittedJob) else None  # type: ignore[attr-defined]
        self._name_values(job)
        body = list(self._statements())
        if isinstance(value, SubmittedJob):
            body += self._after(value)
        setup = list(self._setup())
        yield from self._remarks
        for is_ours in (False, True):
            lines = sorted(line for line in self._imports if ("modelop_jupyter" in line) == is_ours)
            yield from [*lines, ""] if lines else []
        yield from setup
        yield from body

    def _name_values(self, job: Call | None) -> None:
        """Give a name to each value that another call needs, and to a job that is waited for."""
        needed: list[Expression] = [job] if job else []
        needed += (flag for flags in self._recording.guards.values() for flag in flags)
        for call in self._recording.steps:
            needed.append(call.base)
            needed += self._expressions_in(call.arguments.arguments)
        used = {each for expression in needed for each in bases(expression)}
        counts: Counter[str] = Counter()
        for call in self._recording.steps:
            if call in used:
                name = _name_of_value(call)
                counts[name] += 1
                self._names[call] = name if counts[name] == 1 else f"{name}{counts[name]}"

    def _statements(self) -> Iterator[str]:
        for call in self._recording.steps:
            name = self._names.get(call)
            yield from self._call(call, f"{name} = " if name else "")
            for flag in self._recording.guards.get(call, ()):
                yield f"assert not {self._expression(flag)}"

    def _setup(self) -> Iterator[str]:
        """Yield the lines that make what the calls begin with, and note what they import."""
        roots = dict.fromkeys(
            root
            for call in self._recording.steps
            for expression in (call, *self._expressions_in(call.arguments.arguments))
            for root in bases(expression)
            if isinstance(root, Root)
        )
        if any(root.takes_workspace for root in roots):
            self._imports["from modelop_jupyter import Workspace"] = None
            yield "workspace = Workspace()"
        for root in roots:
            self._imports[root.imports] = None
            if root.name == "kernels":
                yield "kernels = Kernels(workspace)"
            elif root.value is not None:
                yield from self._call(root.value, f"{root.name} = ")

    def _after(self, value: SubmittedJob) -> Iterator[str]:
        """Yield what is done with a job: wait for it, and take its results."""
        if value.background:
            return
        expression: Any = value.job
        job = self._expression(expression.expression)
        yield f"{job}.wait()"
        is_metrics = expression.expression.function.__name__ == "metrics"
        if value.variable is not None:
            yield f"{value.variable} = {job}.{'metrics' if is_metrics else 'to_frame()'}"
        for slot, name in value.slot_variables:
            yield f"{name} = {job}.to_frame({slot})"
        if value.prints_output:
            self._imports["import json"] = None
            yield f"for record in {job}.records():"
            yield "    print(json.dumps(record))"

    def _call(self, call: Call, prefix: str = "") -> Iterator[str]:
        function, arguments = self._function_and_arguments(call)
        line = f"{prefix}{function}({', '.join(arguments)})"
        if len(line) <= _WIDTH or not arguments:
            yield line
            return
        yield f"{prefix}{function}("
        for argument in arguments:
            yield f"    {argument},"
        yield ")"

    def _function_and_arguments(self, call: Call) -> tuple[str, list[str]]:
        function = self._expression(call.base)
        bound = call.arguments
        request = bound.arguments.get("request")
        if request is not None and (verb := _OF_REQUEST.get(call.function.__name__)):
            return self._registration(function, verb, request)
        arguments = []
        for name, parameter in bound.signature.parameters.items():
            if name == "self" or name not in bound.arguments or name in _LEFT_OUT:
                continue
            value = bound.arguments[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                arguments += [self._value(each, parameter) for each in value]
                continue
            if name in _ONE_OR_MORE and isinstance(value, list) and len(value) == 1:
                value = value[0]
            if _is_default(value, parameter.default):
                continue
            text = self._argument(name, value, parameter, bound)
            is_named = parameter.kind is parameter.KEYWORD_ONLY
            arguments.append(f"{name}={text}" if is_named else text)
        return function, arguments

    def _argument(
        self, name: str, value: Any, parameter: inspect.Parameter, bound: inspect.BoundArguments
    ) -> str:
        """Return a value as code, without what it has of a secret."""
        if name == "token" and value:
            return self._masked(MASK)
        is_target = name == "notify" or (name == "value" and bound.arguments.get("key") == "notify")
        if is_target and isinstance(value, str) and shown(value) != value:
            return self._masked(shown(value).replace("…", MASK))
        return self._value(value, parameter)

    def _masked(self, text: str) -> str:
        self._remarks[_MASKED_REMARK] = None
        return _quoted(text)

    def _registration(
        self, function: str, verb: str, request: RegistrationRequest
    ) -> tuple[str, list[str]]:
        """Return the call of a method that takes words, or with a request where that has not all of it."""
        also = ["resolves=True"] if verb == "preview" else []
        given = {
            field.name: getattr(request, field.name)
            for field in fields(request)
            if not _is_default(getattr(request, field.name), _default_of(field))
        }
        texts = {
            name: self._cells(request) if name == "cells" else self._value(value)
            for name, value in given.items()
        }
        if given.keys() <= _OF_REGISTER.keys():
            words = [
                texts[name] if name in ("name", "path") else f"{parameter}={texts[name]}"
                for name, parameter in _OF_REGISTER.items()
                if name in texts
            ]
            return f"workspace.{verb}", [*words, *also]
        self._imports["from modelop_jupyter.workspace import RegistrationRequest"] = None
        of_request = ", ".join(f"{name}={text}" for name, text in texts.items())
        return function, [f"RegistrationRequest({of_request})", *also]

    def _cells(self, request: RegistrationRequest) -> str:
        """Return the call that reads the cells of a model from its notebook's file."""
        notebook = request.cells.notebook if request.cells else None
        self._remarks[_SAVED_REMARK] = None
        self._imports["from modelop_jupyter.capture import saved_model_cells"] = None
        return f"saved_model_cells({self._text(request.name)}, {self._text(str(notebook))})"

    def _expression(self, expression: Expression) -> str:
        if isinstance(expression, Call):
            return self._names[expression]
        if isinstance(expression, Root):
            return expression.name
        return f"{self._expression(expression.base)}.{expression.name}"

    def _value(self, value: Any, parameter: inspect.Parameter | None = None) -> str:
        annotation = "Any" if parameter is None else str(parameter.annotation)
        if isinstance(value, Recorded):
            return self._expression(value.expression)
        if isinstance(value, (str, Path)) and (name := self._inserted.get((str, str(value)))):
            return name
        if isinstance(value, (int, float)) and (name := self._inserted.get((type(value), value))):
            return name
        if isinstance(value, Path):
            if "str" in annotation or annotation == "Any":
                return self._text(str(value))
            self._imports["from pathlib import Path"] = None
            return f"Path({self._text(str(value))})"
        if isinstance(value, Enum):
            return f"{self._import(type(value))}.{value.name}"
        if isinstance(value, datetime):
            return f"{self._import(type(value))}.fromisoformat({self._text(value.isoformat())})"
        if isinstance(value, str):
            is_number = "int" in annotation and value.isascii() and value.isdigit()
            return value if is_number else self._text(value)
        if isinstance(value, Mapping):
            items = (f"{self._text(key)}: {self._item(key, each)}" for key, each in value.items())
            return f"{{{', '.join(items)}}}"
        if isinstance(value, (list, tuple, frozenset)):
            return self._several(value)
        return self._object(value)

    def _item(self, key: str, value: Any) -> str:
        return self._masked(MASK) if is_secret_name(key) else self._value(value)

    def _several(self, value: Sequence[Any] | frozenset[Any]) -> str:
        if isinstance(value, frozenset):
            return f"frozenset({{{', '.join(self._value(each) for each in sorted(value))}}})"
        if isinstance(value, tuple) and len(value) == 2 and value[1] is None:
            # An asset whose role its name decides.
            return self._value(value[0])
        items = ", ".join(map(self._value, value))
        if isinstance(value, list):
            return f"[{items}]"
        return f"({items},)" if len(value) == 1 else f"({items})"

    def _object(self, value: Any) -> str:
        from modelop_jupyter.workspace import Stream, Variable

        if isinstance(value, Variable):
            return value.name
        if isinstance(value, Stream):
            return f"{self._import(Stream)}.of_standard_input()"
        if is_dataclass(value) and not isinstance(value, type):
            given = (
                f"{field.name}={self._field(getattr(value, field.name))}"
                for field in fields(value)
                if not _is_default(getattr(value, field.name), _default_of(field))
            )
            return f"{self._import(type(value))}({', '.join(given)})"
        return repr(value)

    def _field(self, value: Any) -> str:
        """Return a field of a data class, whose paths are paths."""
        if isinstance(value, tuple) and value and isinstance(value[0], Path):
            self._imports["from pathlib import Path"] = None
            paths = [f"Path({self._text(str(path))})" for path in value]
            return f"({', '.join(paths)}{',' if len(paths) == 1 else ''})"
        return self._value(value)

    def _text(self, text: str) -> str:
        masked = mask(text)
        if masked != text:
            self._remarks[_MASKED_REMARK] = None
        if not _PLACEHOLDER.search(masked):
            return _quoted(masked)
        braced = masked.replace("{", "{{").replace("}", "}}")
        parts = self._recording.parts
        return "f" + _quoted(
            _PLACEHOLDER.sub(lambda m: f"{{{self._expression(parts[int(m[1])])}}}", braced)
        )

    def _expressions_in(self, value: Any) -> Iterator[Expression]:
        """Yield what is recorded in arguments, however deep, and in their texts."""
        if isinstance(value, Recorded):
            yield value.expression
        elif isinstance(value, str):
            for match in _PLACEHOLDER.finditer(value):
                yield self._recording.parts[int(match[1])]
        elif isinstance(value, Mapping):
            for each in value.values():
                yield from self._expressions_in(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                yield from self._expressions_in(each)

    def _import(self, kind: type) -> str:
        module = kind.__module__
        if module.startswith("modelop_jupyter.workspace."):
            module = "modelop_jupyter.workspace"
        self._imports[f"from {module} import {kind.__name__}"] = None
        return kind.__name__


def _name_of_value(call: Call) -> str:
    """Return the name for what a call returns: ``job`` for a ``Job``."""
    word = re.match(r"\w*", str(call.arguments.signature.return_annotation))
    name = word[0] if word else ""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return _VALUE_NAMES.get(name, snake or "value")


def _is_default(value: Any, default: Any) -> bool:
    """Whether a value need not be given; no parameters are as good as an empty mapping of them."""
    if isinstance(value, Mapping) and not value:
        return default is None or isinstance(default, Mapping)
    if isinstance(value, (list, tuple)) and not value:
        return isinstance(default, (list, tuple))
    return type(value) is type(default) and bool(value == default)


def _default_of(field: Any) -> Any:
    factory: Callable[[], Any] | Any = field.default_factory
    return field.default if factory is MISSING else factory()


def _quoted(text: str) -> str:
    """Return a text as code, in double quotation marks where it can be."""
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)
