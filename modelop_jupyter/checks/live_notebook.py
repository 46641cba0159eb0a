"""What the functions of a running notebook answer to the records of a sample."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.capture.hidden_state import HiddenState
from modelop_jupyter.domain.reports import NotebookChange
from modelop_jupyter.engines.runner_process import runner_files
from modelop_jupyter.jobs.check_files import SampleRecord

_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class LiveNotebook:
    """The notebook that a model was captured from, while it runs in this process.

    ``names`` are its variables, ``change`` is how its cells differ from what is registered,
    ``hidden_state`` how they differ from what the kernel ran. ``defining_cell`` returns the number
    of the cell that gave a variable its value.
    """

    names: Mapping[str, Any]
    change: NotebookChange | None = None
    hidden_state: HiddenState | None = None
    defining_cell: Callable[[str], int | None] = field(default=lambda _name: None)


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """What the notebook's function gave for a record, or the exception that it raised."""

    record: int
    outputs: tuple[Any, ...] = ()
    error: str | None = None

    @property
    def lacks_a_name(self) -> bool:
        """Whether the function uses a name that the notebook does not have."""
        return self.error is not None and self.error.startswith(f"{NameError.__name__}: ")


def live_answers(
    function: Callable[..., Any], records: Sequence[SampleRecord]
) -> Sequence[LiveAnswer]:
    """Call a function of this process as the runtime calls it; what it prints is not shown.

    It stops after some time: the notebook waits meanwhile. Records that are left have no answer.
    """
    writer, functions = runner_files("json_writer", "functions")
    arity = functions.score_arity(function, "the score function")
    answers, began = [], time.monotonic()
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        for place, one in enumerate(records):
            if time.monotonic() - began > _SECONDS:
                break
            given = (copy.deepcopy(one.value), 0, place + 1)[:arity]
            answers.append(_answer(function, given, one.record, functions.GENERATORS, writer))
    return answers


def plain_values(names: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the text of each variable that is a plain value, as the runner does for a model."""
    (observer,) = runner_files("observer")
    values: Mapping[str, str] = observer.plain_values(dict(names))
    return values


def _answer(
    function: Callable[..., Any],
    given: Sequence[Any],
    record: int,
    generators: tuple[type, ...],
    writer: Any,
) -> LiveAnswer:
    try:
        result: Any = function(*given)
        given_back: Any = result if isinstance(result, generators) else [result]
        outputs = tuple(
            json.loads(writer.to_json(value)) for value in given_back if value is not None
        )
    except Exception as error:  # noqa: BLE001 - the user's function may raise anything
        return LiveAnswer(record, error=f"{type(error).__name__}: {error}")
    return LiveAnswer(record, outputs)
