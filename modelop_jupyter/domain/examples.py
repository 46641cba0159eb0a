"""The example notebooks that come with the package."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.errors import NotFoundError

# The least that makes a model: a smart tag above a function.
SNIPPET = """\
# modelop.score
def score(record):
    yield 2 * record["x"]
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A notebook to start from: ``title`` is what its card says, ``summary`` is one sentence."""

    name: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class ExampleList:
    """All examples, and the ``snippet`` that shows the least a model needs."""

    examples: tuple[Example, ...]
    snippet: str


@dataclass(frozen=True, slots=True)
class ExampleCopy:
    """An example in a folder of the user's: ``path`` is the notebook.

    ``is_new`` is false if it was there with the same cells, run or not.
    """

    example: Example
    path: str
    is_new: bool


class ExampleNotFoundError(NotFoundError):
    code = "example_not_found"
    noun = "example"
