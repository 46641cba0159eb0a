"""Put a model's name into the advice of a build error.

The room of environments does not know models, and several models may share an environment: its
advice has the placeholder ``NAME``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from modelop_jupyter.errors import EnvironmentBuildError

_LINE = re.compile(r"('(?:[a-z]+ )+)NAME\b")


def named(advice: str | None, model: str) -> str | None:
    """Replace ``NAME`` by the model's name in the quoted command lines of an advice."""
    return _LINE.sub(lambda match: match[1] + model, advice) if advice else advice


@contextmanager
def advising(model: str) -> Iterator[None]:
    """Put the model's name into the remedy of any :class:`EnvironmentBuildError` that is raised inside."""
    try:
        yield
    except EnvironmentBuildError as error:
        error.remedy = named(error.remedy, model)
        raise
