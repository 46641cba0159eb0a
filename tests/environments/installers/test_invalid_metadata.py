"""Metadata that today's tools refuse is not called a conflict, and is read by an older pip."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from modelop_jupyter.domain.environments import BuildStep, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.installers.invalid_metadata import find_invalid_metadata
from modelop_jupyter.environments.interpreters import Interpreters, own_interpreter
from modelop_jupyter.environments.lock import pylock

TOLD = re.compile(r"the metadata of olden 1\.0 is not valid \(.+\): pip 24\.0 accepts it")


def pythons() -> dict[str, str]:
    """Return Python 3.7, which such packages are often used with, if it is here, and the tests' own."""
    with TemporaryDirectory() as folder:
        every = Interpreters(Path(folder) / "known.json", os.environ).all()
    pythons = {python.minor: python.executable for python in every if python.minor == "3.7"}
    return pythons | {"own": own_interpreter().executable}


PYTHONS = pythons()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "hint: Metadata for `pandas` (v0.24.2) could not be parsed:\n"
            "  after parsing `2011`, found `k`, which is not part of a valid version\n"
            "  pytz (>=2011k)\n        ^^^^^^^\n",
            "the metadata of pandas 0.24.2 is not valid (pytz (>=2011k))",
        ),
        (
            "  cause: Couldn't parse metadata of `olden-1.0-py3-none-any.whl` from `olden @ https://h/o.whl`\n"
            "  cause: after parsing `2011`, found `k`\n         demo (>=2011k)\n               ^^^^^^^\n",
            "the metadata of olden is not valid (demo (>=2011k))",
        ),
        (
            "hint: The structure of `oldin` (v1.0) was invalid:\n  The directory `x` is odd\n",
            "the metadata of oldin 1.0 is not valid (The directory `x` is odd)",
        ),
        (
            "Requested olden==1.0 from file:///o.whl (from -r o.txt (line 1)) has invalid metadata:"
            " Expected matching RIGHT_PARENTHESIS\n    demo (>=2011k)\n         ~~~~~~~^\n"
            "Please use pip<24.1 if you need to use this version.\n",
            "the metadata of olden 1.0 is not valid (demo (>=2011k))",
        ),
        (
            "Requested olden from file:///o.whl has invalid metadata: Invalid specifier\n"
            "    demo (>=2011k)\n         ~~~~~~~^\n",
            "the metadata of olden is not valid (demo (>=2011k))",
        ),
        ("error: No solution found\n  cause: Because a depends on b", "None"),
    ],
)
def test_refused_metadata_is_found_in_the_output(output: str, sentence: str) -> None:
    """The package, its version and the line, as uv and pip point at it."""
    assert str(find_invalid_metadata(output)) == sentence


@pytest.mark.slow
@pytest.mark.parametrize("installer", [None, "pip"])
@pytest.mark.parametrize("python", PYTHONS)
def test_an_older_pip_takes_it(
    tmp_path: Path,
    wheelhouse,
    run_in: Callable[..., str],
    steps: list[BuildStep],
    python: str,
    installer: str | None,
) -> None:
    """pip of before 24.1 installs such a package, so a model gets it: with a word about it, kept with the lock."""
    wheelhouse.add("olden", "1.0", requires=("demo (>=2011k)",))
    wheelhouse.add("demo", "2022.1")
    environ = {**os.environ, "PIP_FIND_LINKS": str(wheelhouse.path)}
    root = tmp_path / "root"
    manager = EnvironmentManager(root, progress=steps.append, environ=environ, installer=installer)
    text = b"olden==1.0\ndemo==2022.1\n"
    spec = EnvironmentSpec(PYTHONS[python], {"requirements.txt": text}, ("requirements.txt",))

    lock = manager.lock(spec)
    environment = manager.ensure(lock)
    # The pip of Python 3.7 is that old by itself.
    is_told = installer is None or python == "own"

    assert run_in(environment, "import olden; print(olden.__version__)") == "1.0"
    assert manager.prove(environment, names=()).is_exact
    assert bool(TOLD.fullmatch(lock.remark or "")) is is_told
    assert any(TOLD.fullmatch(step.text) for step in steps) is is_told
    assert pylock.lock_from_document(pylock.document_of(lock)).remark == lock.remark
