"""Bare environments are made once and copied: a copy is equal to a new one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager

MakeSpec = Callable[..., EnvironmentSpec]


@pytest.fixture
def blank(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> Path:
    """The bare environment that the first build has left to the next."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("helper", "2.1")
    manager.ensure(manager.lock(make_spec("demo\n")))
    (blank,) = (manager.root / "blanks").iterdir()
    return blank


def test_the_next_environment_holds_its_lock_alone(
    manager: EnvironmentManager, blank: Path, make_spec: MakeSpec
) -> None:
    """Nothing of the first one is in the second (spec 6.3)."""
    environment = manager.ensure(manager.lock(make_spec("helper\n")))
    proof = manager.prove(environment, names=["pytest", "demo"])

    assert [package.name for package in proof.packages] == ["helper"]
    assert proof.is_exact, proof


def test_no_environment_names_the_folder_of_another(
    manager: EnvironmentManager, blank: Path, make_spec: MakeSpec
) -> None:
    """What virtualenv notes of the place it worked in is true of none of them."""
    environment = manager.ensure(manager.lock(make_spec("helper\n")))

    assert str(manager.root) not in (Path(environment.path) / "pyvenv.cfg").read_text()


@pytest.mark.parametrize("harm", ["a package", "no pyvenv.cfg", "no interpreter"])
def test_a_base_that_was_changed_by_hand_is_made_again(
    manager: EnvironmentManager, blank: Path, make_spec: MakeSpec, harm: str
) -> None:
    """Every environment after it would have inherited the change."""
    if harm == "a package":
        (next(blank.glob("lib/*/site-packages")) / "planted.py").write_text("")
    elif harm == "no pyvenv.cfg":
        (blank / "pyvenv.cfg").unlink()
    else:
        (blank / "bin" / "python").unlink()

    environment = manager.ensure(manager.lock(make_spec("helper\n")))
    proof = manager.prove(environment, names=["pytest", "planted"])

    assert proof.is_exact, proof
