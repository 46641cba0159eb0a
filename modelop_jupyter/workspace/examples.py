"""``workspace.examples``: notebooks to start from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.domain.examples import ExampleCopy, ExampleList


class ExamplesApi:
    """The example notebooks that come with the package. Called, it lists them."""

    def __init__(self, home: Home) -> None:
        """Take the home as every part does; examples need nothing of it."""

    def __call__(self) -> ExampleList:
        """List the examples."""
        from modelop_jupyter.domain.examples import SNIPPET, ExampleList
        from modelop_jupyter.examples import EXAMPLES

        return ExampleList(EXAMPLES, SNIPPET)

    def copy(self, name: str, folder: str | Path = ".") -> ExampleCopy:
        """Write an example into a new folder ``example-NAME``, and return where its notebook is.

        A copy that is there is returned as it is if its cells are those of the example; if they were
        changed, it stays, and the new folder's name gets a number. Raises
        :class:`ExampleNotFoundError`, and :class:`InvalidError` where nothing can be written.
        """
        from modelop_jupyter.examples import copy_example

        return copy_example(name, Path(folder))
