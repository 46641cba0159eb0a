"""What to do about an environment that cannot be built: the line to type names the model.

Environments know of no models, and one may be several models': their advice says ``NAME``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from modelop_jupyter.errors import EnvironmentBuildError

_LINE = re.compile(r"('(?:[a-z]+ )+)NAME\b")


def named(advice: str | None, model: str) -> str | None:
    """Return an advice with a model's name in the lines to type, which stand in quotes."""
    return _LINE.sub(lambda found: found[1] + model, advice) if advice else advice


@contextmanager
def advising(model: str) -> Iterator[None]:
    """Have what is raised advise in a model's name."""
    try:
        yield
    except EnvironmentBuildError as error:
        error.remedy = named(error.remedy, model)
        raise
