"""The decorators of the package: they change nothing."""

from __future__ import annotations

import pytest

import modelop_jupyter as mo


@pytest.mark.parametrize("decorator", [mo.init, mo.score, mo.metrics, mo.train])
def test_the_function_itself_is_returned(decorator: object) -> None:
    """With parentheses and without."""

    def function() -> None: ...

    assert decorator(function) is function  # type: ignore[operator]
    assert decorator()(function) is function  # type: ignore[operator]


def test_something_else_is_refused() -> None:
    """An argument is not what a decorator takes."""
    with pytest.raises(TypeError, match="@score takes nothing: write it on the line above the def"):
        mo.score(3)  # type: ignore[call-overload]


def test_a_star_import_does_not_take_them() -> None:
    """A notebook has functions of these names."""
    assert not {"init", "score", "metrics", "train"} & {*mo.__all__}
