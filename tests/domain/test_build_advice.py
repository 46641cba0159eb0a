"""Advice that can be typed as it is read (issue 4, any interpreter)."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.build_advice import advising, named
from modelop_jupyter.errors import EnvironmentBuildError


@pytest.mark.parametrize(
    ("advice", "expected"),
    [
        ("Type 'register NAME --python 3.8'", "Type 'register churn --python 3.8'"),
        (
            "Install it; 'requirements NAME --upgrade' or",
            "Install it; 'requirements churn --upgrade' or",
        ),
        (
            "'env build NAME' or 'asset add NAME a.whl'",
            "'env build churn' or 'asset add churn a.whl'",
        ),
        ("Set NAME in the environment", "Set NAME in the environment"),
        (None, None),
    ],
)
def test_lines_to_type_name_the_model(advice: str | None, expected: str | None) -> None:
    """A variable may be called NAME, too."""
    assert named(advice, "churn") == expected


def test_what_is_raised_names_the_model() -> None:
    """The error stays the one it was."""
    error = EnvironmentBuildError("no wheel", remedy="Type 'env build NAME'", log="/log")

    with pytest.raises(EnvironmentBuildError) as caught, advising("churn"):
        raise error

    assert caught.value is error
    assert str(error).endswith("Type 'env build churn'.")
