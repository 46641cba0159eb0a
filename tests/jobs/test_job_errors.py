"""Messages and hints of failed builds and of errors of the model (spec 6.11, 13.17)."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.jobs import job_errors
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import ModelError, ObservedEnvironment
from modelop_jupyter.registry import BlobStore


@pytest.mark.parametrize(
    ("source", "requirement", "said", "imports"),
    [
        (
            "import os\nimport modelop.utils as u\n",
            "modelop",
            "r (imported in m.py, line 2)",
            [{"asset": "m.py", "line": 2}],
        ),
        (
            "from modelop_sdk.utils import x\n",
            "modelop-sdk>=0.5.0",
            "r (imported in m.py, line 1)",
            [{"asset": "m.py", "line": 1}],
        ),
        ("import os\n", "modelop", "r (no source of the model imports it)", []),
        ("import modelop\n", "six==99", "r", None),
    ],
)
def test_modelops_own_packages_are_named_with_their_imports(
    tmp_path: Path, source: str, requirement: str, said: str, imports: object
) -> None:
    """The import and its line, so that the user knows whether the model needs it
    (spec 6.11, 13.17).
    """
    blobs = BlobStore(tmp_path)
    asset = Asset("m.py", role_for("m.py"), blobs.put(source.encode()), len(source))
    state = ModelState((asset,), "m.py", EntryPoints(score="f"))
    fault = job_errors.of_build(
        EnvironmentBuildError("r", requirement=requirement), state, blobs.read
    )

    assert fault.message.endswith(said)
    assert fault.details.get("imports") == imports


def failed(message: str, exception: str = "AttributeError", **more: str) -> ModelError:
    return ModelError(message, "init", exception, more)


def no_module(name: str) -> ModelError:
    return failed(f"No module named {name!r}", "ModuleNotFoundError", module=name)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (no_module("sklearn.ensemble.forest"), "scikit-learn has no 'sklearn.ensemble.forest' from 0.24 on"),
        (no_module("sklearn.nowhere"), "scikit-learn 1.6.1 of the model's environment has no module 'sklearn.nowhere'"),
        (no_module("sklearn.nowhere"), "old.pkl says with 0.21.3"),
        (no_module("pkg_resources"), "write setuptools<82 into the requirements"),
        (no_module("distutils.util"), "Python has no 'distutils' from 3.12 on"),
        (no_module("numpy._core.multiarray"), "It was written with numpy 2"),
        (no_module("absent.part"), "The model's environment has no 'absent'"),
        (failed("cannot import name 'Imputer' from 'sklearn.preprocessing' (x.py)", "ImportError"), "sklearn.impute.SimpleImputer now"),
        (failed("module 'numpy' has no attribute 'int'.\n`np.int` was"), "numpy has no 'numpy.int' from 1.24 on"),
        (failed("Can't get attribute 'Clean' on <module '__main__' from 'm'>"), "a notebook or script that defines 'Clean'"),
    ],
)  # fmt: skip
def test_a_name_that_a_library_has_lost_has_a_hint(
    tmp_path: Path, error: ModelError, said: str
) -> None:
    """For a pickle, the hint has the version that it was written with, where that is known."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    (tmp_path / "site" / "sklearn").mkdir(parents=True)
    folder.write(
        ObservedEnvironment(
            executable="python",
            version="3.11.7",
            base_prefix="/usr",
            sys_path=(str(tmp_path / "site"),),
            distributions=(("scikit_learn", "1.6.1"),),
            isolated=True,
        )
    )
    folder.work.mkdir(exist_ok=True)
    (folder.work / "old.pkl").write_bytes(pickle.dumps({"_sklearn_version": "0.21.3"}))

    told = job_errors.of_model(error, folder)

    assert said in str(told and told.hint)


def test_another_error_of_the_model_has_no_hint() -> None:
    """There is no advice on it."""
    told = job_errors.of_model(failed("module 'lib' has no attribute 'x'"))

    assert told is not None
    assert told.hint is None
