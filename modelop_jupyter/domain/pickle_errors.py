"""What can be wrong with a pickle among a model's files."""

from __future__ import annotations

from modelop_jupyter.errors import InvalidError


class PickledNameError(InvalidError):
    """A name that a pickle looks up in ``__main__`` and the model does not have."""

    code = "pickled_name"

    def __init__(self, name: str, *, file: str, found: str, remedy: str) -> None:
        super().__init__(
            f"{file} needs {name!r} of the notebook or script that wrote it, but {found}", remedy
        )
        self.name = name
        self.file = file
