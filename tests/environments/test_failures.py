"""Every failure names the line, the asset, the reason and a remedy; made to happen with real uv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.domain.requirement_files import parse_requirements
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.environments.failures import Context, translate
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.masking import Masker

Asking = Callable[..., EnvironmentSpec]
MINOR = own_interpreter().minor
BOTH = pytest.mark.parametrize("installer", ["uv", "pip"])


@BOTH
def test_a_name_the_index_does_not_know(fail, installer: str) -> None:
    """The line, and what to check."""
    error = fail("\n\nscikit-lern==1.0\n", installer)

    assert (error.asset, error.line) == ("requirements.txt", 3)
    assert error.requirement == "scikit-lern==1.0"
    assert "no package of this name" in error.reason
    assert "spelling" in (error.hint or "")
    assert error.log and Path(error.log).is_file()


@pytest.mark.parametrize("name", ["modelop", "modelop_sdk>=0.5.0"])
def test_the_proprietary_package(fail, name: str) -> None:
    """ModelOp's own SDK is on no public index: its own reason and remedy (6.11)."""
    error = fail(name)

    assert (error.line, error.requirement) == (1, name)
    assert "ModelOp's own" in error.reason
    assert "remove the line" in (error.hint or "")


def test_a_version_that_does_not_exist(fail, house) -> None:
    """The name is known, the version is not."""
    house.add("demo", "1.0")

    error = fail("demo==9.0")

    assert (error.line, error.requirement) == (1, "demo==9.0")
    assert "no version that fits" in error.reason


def test_two_lines_that_contradict_each_other(fail, house) -> None:
    """Both lines are named."""
    house.add("demo", "1.0")
    house.add("demo", "2.0")

    error = fail(
        "demo==1.0\nother-thing @ https://127.0.0.1:9/x.whl ; python_version < '3'\ndemo==2.0\n",
    )

    assert error.line == 1
    assert "demo==2.0 (requirements.txt, line 3)" in error.reason


@BOTH
def test_a_line_that_contradicts_a_dependency(fail, house, installer: str) -> None:
    """Both lines are named, and who needs what."""
    house.add("demo", "1.0")
    house.add("demo", "2.0")
    house.add("needy", "1.0", requires=("demo<2",))

    error = fail("needy==1.0\ndemo==2.0\n", installer)

    assert {error.requirement} <= {"needy==1.0", "demo==2.0"}
    assert "line 2" in error.reason or "line 1" in error.reason
    assert "demo" in error.reason


def test_a_dependency_nobody_has(fail, house) -> None:
    """The line of the package that needs it is at fault."""
    house.add("needy", "1.0", requires=("nowhere>=1",))

    error = fail("needy", "uv")

    assert error.requirement == "needy"
    assert "nowhere" in error.reason


@BOTH
def test_a_package_for_another_python(fail, house, installer: str) -> None:
    """The version of Python it wants is named."""
    house.add("newer", "1.0", python=">=3.99")

    error = fail("newer", installer)

    assert error.requirement == "newer"
    assert "3.99" in error.reason or "no version that fits" in error.reason
    assert "--python" in (error.hint or "")


def test_a_wheel_for_another_platform(fail, house) -> None:
    """There is a wheel, but not for here."""
    house.add("demo", "1.0", tag="cp27-cp27m-win32")

    error = fail("demo", "uv")

    assert error.requirement == "demo"
    assert "no wheel for Python" in error.reason


def test_a_modules_name_instead_of_a_packages(fail) -> None:
    """The remedy is the name that was meant."""
    error = fail("sklearn")

    assert (error.hint or "").startswith("Write scikit-learn")


@pytest.mark.parametrize("name", ["json", "dataclasses", "xml"])
def test_a_module_of_python_itself(fail, name: str) -> None:
    """The same sentence as `requirements --check` has; no spelling would help (issue 4)."""
    error = fail(f"{name}\n")

    assert error.requirement == name
    assert f"part of Python {MINOR}, and no package" in error.reason
    assert error.hint == "Remove the line"


def test_a_variable_that_is_not_set(fail) -> None:
    """Said before a tool is started."""
    error = fail("demo @ https://${NO_SUCH_TOKEN}@h/demo-1.0-py3-none-any.whl", "uv")

    assert error.line == 1
    assert "${NO_SUCH_TOKEN} is not set" in error.reason


def test_an_unusable_line(fail) -> None:
    """A problem of the file is the error; the others are counted."""
    error = fail("six\n-e .\nnumpy=1.0\n", "uv")

    assert (error.asset, error.line, error.requirement) == ("requirements.txt", 2, "-e .")
    assert "(and 1 more" in error.reason


@BOTH
def test_a_source_that_needs_a_compiler(fail, house, installer: str) -> None:
    """A build that misses a tool names the tool."""
    _broken_source(house.path, "raise OSError(2, \"No such file or directory: 'gfortran'\")")

    error = fail("brokensrc", installer)

    assert error.requirement == "brokensrc"
    assert "needs gfortran" in error.reason
    assert error.log and "gfortran" in Path(error.log).read_text()


def test_a_source_that_does_not_build(fail, house) -> None:
    """Any other failure of a build says so and keeps the output in the log."""
    _broken_source(house.path, "raise RuntimeError('the author was tired')")

    error = fail("brokensrc")

    assert error.requirement == "brokensrc"
    assert "building it from source failed" in error.reason
    assert error.log and "the author was tired" in Path(error.log).read_text()


def _broken_source(folder: Path, statement: str) -> None:
    """Write an sdist whose own build backend fails."""
    import io
    import tarfile

    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n',
        "back.py": f"def build_wheel(*a, **k):\n    {statement}\nprepare_metadata_for_build_wheel = build_wheel\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: brokensrc\nVersion: 1.0\n",
    }
    with tarfile.open(folder / "brokensrc-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"brokensrc-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("error: failed to write\n  cause: No space left on device (os error 28)", "disk is full"),
        (
            "error: Request failed after 3 retries\n  cause: Failed to fetch: https://i/simple/demo/\n"
            "  cause: invalid peer certificate: UnknownIssuer",
            "certificate that is not trusted",
        ),
        (
            "error: Failed to fetch https://i/simple\n  cause: dns error\n",
            "cannot be reached at https://i/simple",
        ),
        ("error: Git operation failed\n  cause: failed to clone into: /x/demo", "git repository"),
        ("error: something new\n  cause: about nothing", "something new"),
        ("", "without saying why"),
    ],
)
def test_what_cannot_be_made_here(said: str, reason: str) -> None:
    """Other failures by what the tools print; the unknown is passed on in its own words."""
    requirements = parse_requirements({"r.txt": b"demo==1.0"}, ["r.txt"])
    context = Context(requirements, Interpreter("/py", "3.11.7"), Masker(), "/log")

    assert reason in translate(said, context).reason


def test_the_marker_inside_a_requirement_is_left_out() -> None:
    """Of ``numpy{python_full_version < '3.12'}>=1.23.2`` the range is what is wanted to know."""
    requirements = parse_requirements({"r.txt": b"pandas==2.2.3\nnumpy==1.20.0"}, ["r.txt"])
    context = Context(requirements, Interpreter("/py", "3.11.7"), Masker(), "/log")
    said = (
        "Because pandas==2.2.3 depends on numpy{python_full_version < '3.12'}>=1.23.2 and you"
        " require numpy==1.20.0, we can conclude that your requirements are unsatisfiable."
    )

    assert translate(said, context).reason.endswith("pandas needs numpy>=1.23.2")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "Because scikit-learn==1.4.0 depends on numpy>=1.19.5,<2.0 and you require"
            " scikit-learn==1.4.0, we can conclude that you require numpy>=1.19.5,<2.0.\n"
            "And because you require numpy==2.3.0, we can conclude that your requirements are"
            " unsatisfiable.",
            "; scikit-learn needs numpy>=1.19.5,<2.0",
        ),
        (
            "The conflict is caused by:\n    The user requested numpy==2.3.0\n"
            "    scikit-learn 1.4.0 depends on numpy<2.0 and >=1.19.5\nERROR: ResolutionImpossible",
            "; scikit-learn needs numpy<2.0 and >=1.19.5",
        ),
        (
            "    The user requested numpy==2.3.0\n    scikit-learn 1.4.0 depends on numpy!=1.20,"
            " <2.0 and >=1.19.5\nERROR: ResolutionImpossible",
            "; scikit-learn needs numpy!=1.20, <2.0 and >=1.19.5",
        ),
        (
            "Because scikit-learn>=1.3,<1.5 depends on numpy>=1.19.5,<2.0, and you require"
            " numpy==2.3.0, we can conclude that your requirements are unsatisfiable.",
            "; scikit-learn>=1.3,<1.5 needs numpy>=1.19.5,<2.0",
        ),
        (
            "Because all versions of scikit-learn depend on numpy[dev]>=1,!=1.5.*,<2 and you require"
            " numpy==2.3.0, your requirements are unsatisfiable.",
            "; scikit-learn needs numpy[dev]>=1,!=1.5.*,<2",
        ),
        (
            "Because scikit-learn==1.4.0 depends on one of:\n    numpy>=1.19.5,<1.22\n"
            "    numpy>1.23,<2.0\nand you require numpy==2.3.0, your requirements are unsatisfiable.",
            "; scikit-learn needs numpy>=1.19.5,<1.22 or numpy>1.23,<2.0",
        ),
    ],
)
def test_a_stated_cause_is_whole(said: str, cause: str) -> None:
    """A range cut off at its comma would be a false reason: 2.3.0 is not below 1.19.5."""
    requirements = parse_requirements({"r.txt": b"scikit-learn==1.4.0\nnumpy==2.3.0"}, ["r.txt"])
    context = Context(requirements, Interpreter("/py", "3.11.7"), Masker(), "/log")

    assert translate(said, context).reason.endswith(cause)


@pytest.mark.parametrize(
    "said",
    [
        "error: No solution found when resolving dependencies\n  cause: Because all versions of lightgbm"
        " are odd and you require lightgbm==4.0,\n         we can conclude that your requirements are"
        " unsatisfiable.",
        "error: No solution found when resolving dependencies\n  cause: Because lightgbm==4.0 was yanked"
        "\n         and you require lightgbm==4.0, your requirements are unsatisfiable.",
        "error: something new\n  cause: about lightgbm==4.0",
    ],
)
def test_an_unknown_failure_names_its_line(said: str) -> None:
    """A sentence of a tool's never comes without asset, line and what to do."""
    requirements = parse_requirements({"r.txt": b"six\nlightgbm==4.0"}, ["r.txt"])
    error = translate(said, Context(requirements, Interpreter("/py", "3.11.7"), Masker(), "/log"))

    assert (error.asset, error.line) == ("r.txt", 2)
    assert "No solution found" not in error.reason
    assert error.remedy and "See the log" not in error.remedy


@pytest.mark.parametrize("requires", ["demo (>=2011k)", "demo (>=1.0.*-x)"])
def test_a_package_whose_metadata_is_not_valid(fail, house, requires: str) -> None:
    """It is named for what it is, not called a conflict with a line that it goes with."""
    house.add("olden", "1.0", requires=(requires,))
    house.add("demo", "2022.1")

    error = fail("demo==2022.1\nolden==1.0\n")

    assert (error.line, error.requirement) == (2, "olden==1.0")
    assert error.reason.startswith("the metadata of olden 1.0 is not valid")
    assert "Choose another version of olden" in (error.hint or "")


def test_an_unknown_failure_is_masked() -> None:
    """Whatever a tool says, credentials stay out."""
    context = Context(Requirements(), Interpreter("/py", "3.11.7"), Masker(), "/log")

    assert "s3cret" not in str(translate("error: odd https://u:s3cret@h", context))


@BOTH
def test_a_version_that_is_not_there_gets_its_neighbours(fail, house, installer: str) -> None:
    """What to write instead is read off the sentence."""
    for version in ("1.0", "2.0", "3.1"):
        house.add("demo", version)

    error = fail("demo==2.5", installer)

    assert "the nearest below is 2.0, the newest is 3.1" in error.reason


@BOTH
@pytest.mark.parametrize(
    ("label", "index"), [("cu118", "https://download.pytorch.org/whl/cu118"), ("mine", "URL")]
)
def test_a_version_with_a_local_label(fail, house, installer: str, label: str, index: str) -> None:
    """Such a build lies on an index of its own; the plain version is on every one."""
    house.add("demo", "1.0")

    error = fail(f"demo==1.0+{label}\n", installer)

    assert (error.line, error.requirement) == (1, f"demo==1.0+{label}")
    assert f"label +{label}" in error.reason
    assert error.hint == (
        f"Write demo==1.0, or name that index on a line of its own: --extra-index-url {index}"
    )


def test_a_mistyped_name_gets_the_right_one(fail) -> None:
    """The packages of this notebook are names that exist."""
    error = fail("packagin==24.0")

    assert (error.hint or "").startswith("Did you mean packaging?")


@BOTH
def test_a_damaged_wheel(fail, house, installer: str) -> None:
    """A file that was cut off on the way."""
    wheel = house.add("demo", "1.0")
    wheel.write_bytes(wheel.read_bytes()[:300])

    error = fail("demo", installer)

    assert error.requirement == "demo"
    assert "the file of demo is damaged" in error.reason


@BOTH
def test_an_address_of_another_package(fail, house, index, installer: str) -> None:
    """The name that the file has is the one to write."""
    house.add("demo", "1.0")

    error = fail(f"other @ http://{index.address}/files/demo-1.0-py3-none-any.whl", installer)

    assert (error.line, error.reason) == (1, "the file at its address is demo, not other")
