"""What a job says of an environment that could not be built (spec 6.11, 13.17)."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.jobs import faults
from modelop_jupyter.jobs.folder import JobFolder
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
    """6.11, 13.17: the import and its line, so that the user knows whether the model needs it."""
    blobs = BlobStore(tmp_path)
    asset = Asset("m.py", role_for("m.py"), blobs.put(source.encode()), len(source))
    state = ModelState((asset,), "m.py", EntryPoints(score="f"))
    fault = faults.of_build(EnvironmentBuildError("r", requirement=requirement), state, blobs.read)

    assert fault["message"].endswith(said)
    assert fault.get("imports") == imports


def failed(message: str, exception: str = "AttributeError", **more: str) -> dict[str, object]:
    return {"error": {"stage": "init", "exception": exception, "message": message, **more}}


def no_module(name: str) -> dict[str, object]:
    return failed(f"No module named {name!r}", "ModuleNotFoundError", module=name)


@pytest.mark.parametrize(
    ("result", "said"),
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
def test_what_a_library_has_no_more_is_told_with_the_remedy(
    tmp_path: Path, result: dict[str, object], said: str
) -> None:
    """The top package is there; the version that a pickle was written with is said where it tells."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    (tmp_path / "site" / "sklearn").mkdir(parents=True)
    distributions = [["scikit_learn", "1.6.1"]]
    folder.write(
        "proof.json",
        {
            "executable": "python",
            "version": "3.11.7",
            "base_prefix": "/usr",
            "sys_path": [str(tmp_path / "site")],
            "distributions": distributions,
            "isolated": True,
        },
    )
    folder.work.mkdir(exist_ok=True)
    (folder.work / "old.pkl").write_bytes(pickle.dumps({"_sklearn_version": "0.21.3"}))

    fault = faults.of_model(result, folder)

    assert said in str(fault and fault["hint"])


def test_an_error_of_the_model_s_own_has_no_hint() -> None:
    """Nothing is known of it."""
    fault = faults.of_model(failed("module 'lib' has no attribute 'x'"))

    assert fault is not None
    assert fault["hint"] is None
