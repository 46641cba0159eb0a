"""The tables of views name functions that are there."""

from __future__ import annotations

import pytest

from modelop_jupyter.display.views import ROWS, VIEWS, describe, function


@pytest.mark.parametrize("name", sorted({*VIEWS.values(), *ROWS.values()}))
def test_every_function_of_the_tables_exists(name: str) -> None:
    """They are looked up by name when a value is shown."""
    assert callable(function(name))


def test_a_type_without_a_view_is_refused() -> None:
    """It is a mistake of ours, and not shown as an empty page."""
    with pytest.raises(TypeError, match="how to show a object"):
        describe(object())
