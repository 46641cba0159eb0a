"""Every failure names the line, the asset, the reason and a remedy; made to happen with real uv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter
from modelop_jupyter.domain.requirements.parse import parse_requirements
from modelop_jupyter.environments.diagnostics.rule import Rule, RuleContext
from modelop_jupyter.environments.diagnostics.translate import RULES, translate
from modelop_jupyter.environments.installers.indexes import Indexes
from modelop_jupyter.environments.interpreters import own_interpreter
from modelop_jupyter.environments.lock.request import ResolveRequest

MakeSpec = Callable[..., EnvironmentSpec]
MINOR = own_interpreter().minor
BOTH = pytest.mark.parametrize("installer", ["uv", "pip"])


def failing(requirements: str) -> RuleContext:
    """Return the context of a tool that failed with these requirements; no other Python is asked."""
    parsed = parse_requirements({"r.txt": requirements.encode()}, ["r.txt"])
    python = Interpreter("/py", "3.11.7")
    return RuleContext(ResolveRequest(parsed, python, Indexes(), as_of="2024-01-31"), "/log")


# For each rule an output of uv or pip that it explains, and the beginning of the reason it gives.
EXAMPLES = {
    "disk_full": (
        "error: failed to write\n  cause: No space left on device (os error 28)",
        "the disk is full",
    ),
    "damaged_file": (
        "error: Failed to download `demo==1.0`\n  cause: Failed to extract archive: invalid zip",
        "the file of demo is damaged",
    ),
    "other_name": (
        "error: Requested package name `demo` does not match `other` in `/x/other-1.0.whl`",
        "the file at its address is other, not demo",
    ),
    "not_cached": (
        "error: No solution found\n  cause: Because demo was not found in the cache and you require"
        " demo, we can conclude that your requirements are unsatisfiable.\nhint: Packages were"
        " unavailable because the network was disabled.",
        "demo is not in the package cache",
    ),
    "wrong_hash": (
        "error: Failed to download\n  cause: Hash mismatch for `demo==1.0`",
        "the file of demo that the index sends is not the one that was locked",
    ),
    "access_denied": (
        "error: Failed to fetch: `https://i/simple/demo/`\n  cause: HTTP status client error (401"
        " Unauthorized) for url (https://i/simple/demo/)\nERROR: 401 Client Error",
        "the package index refuses access",
    ),
    "git_failed": (
        "error: Git operation failed\n  cause: failed to clone into: /x/demo",
        "the git repository cannot be fetched",
    ),
    "build_failed": (
        "error: Failed to build `demo==1.0`\n  cause: sh: 1: gcc: not found",
        "there is no wheel for Python 3.11, so it is built from source, which needs gcc",
    ),
    "invalid_metadata": (
        "error: No solution found\nhint: Metadata for `demo` (v1.0) could not be parsed:\n"
        "  Invalid version specifier\n  pytz (>=2011k)\n       ^^^^^^^",
        "the metadata of demo 1.0 is not valid (pytz (>=2011k))",
    ),
    "unknown_package": (
        "Because demo was not found in the package registry and you require demo, we can conclude"
        " that your requirements are unsatisfiable.",
        "there is no package of this name on the index",
    ),
    "unreachable": (
        "error: Failed to fetch: `https://i/simple/demo/`\n  cause: dns error",
        "the package index cannot be reached at https://i/simple/demo/",
    ),
    "missing_file": (
        "error: Failed to download `demo @ https://i/demo-1.0.whl`\n  cause: HTTP status client error"
        " (404 Not Found) for url (https://i/demo-1.0.whl)",
        "there is no file at https://i/demo-1.0.whl",
    ),
    "other_python": (
        "ERROR: Package 'demo' requires a different Python: 3.11.7 not in '>=3.12'",
        "the versions that fit need Python >=3.12, and this is 3.11.7",
    ),
    "no_wheel": (
        "Because demo==1.0 has no wheels with a matching Python ABI tag and you require demo==1.0,"
        " we can conclude that your requirements are unsatisfiable.",
        "there is no wheel for Python 3.11 on this platform",
    ),
    "conflict": (
        "Because demo==1.0 depends on other<2 and you require other==2.0, we can conclude that your"
        " requirements are unsatisfiable.",
        "it cannot be installed together with other==2.0 (r.txt, line 2); demo needs other<2",
    ),
    "published_later": (
        "error: No solution found\n  cause: Because there is no version of demo==1.0 and you require"
        " demo==1.0, we can conclude that your requirements are unsatisfiable.\n\nhint: `demo` was"
        " filtered by `exclude-newer` to only include packages uploaded before 2024-02-01T00:00:00Z."
        " The requested version, v1.0, was published at 2024-05-01T17:35:26.475Z. Consider using"
        " `exclude-newer-package` to override the cutoff for this package.",
        "demo 1.0 was published on 2024-05-01, after 2024-01-31",
    ),
    "no_version": (
        "Because there is no version of demo==1.0 and you require demo==1.0, we can conclude that"
        " your requirements are unsatisfiable.",
        "the index has no version that fits",
    ),
    "no_solution": (
        "error: No solution found\n  cause: Because demo==1.0 was yanked and you require demo==1.0,"
        " we can conclude that your requirements are unsatisfiable.",
        "no versions fit together: Because demo==1.0 was yanked",
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_explains_its_example(rule: Rule) -> None:
    """No two rules give the same reason, so no earlier rule has explained it."""
    output, reason = EXAMPLES[rule.name]

    assert translate(output, failing("demo==1.0\nother==2.0")).reason.startswith(reason)


@BOTH
def test_a_name_the_index_does_not_know(lock_error, installer: str) -> None:
    """The line, and what to check."""
    error = lock_error("\n\nscikit-lern==1.0\n", installer)

    assert (error.asset, error.line) == ("requirements.txt", 3)
    assert error.requirement == "scikit-lern==1.0"
    assert "no package of this name" in error.reason
    assert "spelling" in (error.hint or "")
    assert error.log and Path(error.log).is_file()


@pytest.mark.parametrize("name", ["modelop", "modelop_sdk>=0.5.0"])
def test_the_proprietary_package(lock_error, name: str) -> None:
    """ModelOp's own SDK is on no public index: its own reason and remedy (spec 6.11)."""
    error = lock_error(name)

    assert (error.line, error.requirement) == (1, name)
    assert "ModelOp's own" in error.reason
    assert "remove the line" in (error.hint or "")


def test_a_version_that_does_not_exist(lock_error, wheelhouse) -> None:
    """The name is known, the version is not."""
    wheelhouse.add("demo", "1.0")

    error = lock_error("demo==9.0")

    assert (error.line, error.requirement) == (1, "demo==9.0")
    assert "no version that fits" in error.reason


def test_two_lines_that_contradict_each_other(lock_error, wheelhouse) -> None:
    """Both lines are named."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("demo", "2.0")

    error = lock_error(
        "demo==1.0\nother-thing @ https://127.0.0.1:9/x.whl ; python_version < '3'\ndemo==2.0\n",
    )

    assert error.line == 1
    assert "demo==2.0 (requirements.txt, line 3)" in error.reason


@BOTH
def test_a_line_that_contradicts_a_dependency(lock_error, wheelhouse, installer: str) -> None:
    """Both lines are named, and who needs what."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("demo", "2.0")
    wheelhouse.add("needy", "1.0", requires=("demo<2",))

    error = lock_error("needy==1.0\ndemo==2.0\n", installer)

    assert {error.requirement} <= {"needy==1.0", "demo==2.0"}
    assert "line 2" in error.reason or "line 1" in error.reason
    assert "demo" in error.reason


def test_a_dependency_that_no_index_has(lock_error, wheelhouse) -> None:
    """The line of the package that needs it is at fault."""
    wheelhouse.add("needy", "1.0", requires=("nowhere>=1",))

    error = lock_error("needy", "uv")

    assert error.requirement == "needy"
    assert "nowhere" in error.reason


@BOTH
def test_a_package_for_another_python(lock_error, wheelhouse, installer: str) -> None:
    """The version of Python it wants is named."""
    wheelhouse.add("newer", "1.0", python=">=3.99")

    error = lock_error("newer", installer)

    assert error.requirement == "newer"
    assert "3.99" in error.reason or "no version that fits" in error.reason
    assert "--python" in (error.hint or "")


def test_a_wheel_for_another_platform(lock_error, wheelhouse) -> None:
    """There is a wheel, but not for here."""
    wheelhouse.add("demo", "1.0", tag="cp27-cp27m-win32")

    error = lock_error("demo", "uv")

    assert error.requirement == "demo"
    assert "no wheel for Python" in error.reason


def test_a_modules_name_instead_of_a_packages(lock_error) -> None:
    """The remedy is the name that was meant."""
    error = lock_error("sklearn")

    assert (error.hint or "").startswith("Write scikit-learn")


@pytest.mark.parametrize("name", ["json", "dataclasses", "xml"])
def test_a_module_of_python_itself(lock_error, name: str) -> None:
    """The same sentence as `requirements --check` has; no spelling would help (issue 4)."""
    error = lock_error(f"{name}\n")

    assert error.requirement == name
    assert f"part of Python {MINOR}, not a package" in error.reason
    assert error.hint == "Remove the line"


def test_a_variable_that_is_not_set(lock_error) -> None:
    """Said before a tool is started."""
    error = lock_error("demo @ https://${NO_SUCH_TOKEN}@h/demo-1.0-py3-none-any.whl", "uv")

    assert error.line == 1
    assert "${NO_SUCH_TOKEN} is not set" in error.reason


def test_an_unusable_line(lock_error) -> None:
    """A problem of the file is the error; the others are counted."""
    error = lock_error("six\n-e .\nnumpy=1.0\n", "uv")

    assert (error.asset, error.line, error.requirement) == ("requirements.txt", 2, "-e .")
    assert "(and 1 more" in error.reason


@BOTH
def test_a_source_that_needs_a_compiler(lock_error, wheelhouse, installer: str) -> None:
    """A build that misses a tool names the tool."""
    _broken_source(wheelhouse.path, "raise OSError(2, \"No such file or directory: 'gfortran'\")")

    error = lock_error("brokensrc", installer)

    assert error.requirement == "brokensrc"
    assert "needs gfortran" in error.reason
    assert error.log and "gfortran" in Path(error.log).read_text()


def test_a_source_that_does_not_build(lock_error, wheelhouse) -> None:
    """Any other failure of a build says so and keeps the output in the log."""
    _broken_source(wheelhouse.path, "raise RuntimeError('the author was tired')")

    error = lock_error("brokensrc")

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
    ("output", "reason"),
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
def test_failures_that_cannot_be_made_here(output: str, reason: str) -> None:
    """Other failures by what the tools print; the unknown is passed on in its own words."""
    context = failing("demo==1.0")

    assert reason in translate(output, context).reason


def test_the_marker_inside_a_requirement_is_left_out() -> None:
    """Of ``numpy{python_full_version < '3.12'}>=1.23.2`` the range is what is wanted to know."""
    context = failing("pandas==2.2.3\nnumpy==1.20.0")
    output = (
        "Because pandas==2.2.3 depends on numpy{python_full_version < '3.12'}>=1.23.2 and you"
        " require numpy==1.20.0, we can conclude that your requirements are unsatisfiable."
    )

    assert translate(output, context).reason.endswith("pandas needs numpy>=1.23.2")


@pytest.mark.parametrize(
    ("output", "cause"),
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
def test_a_stated_cause_is_complete(output: str, cause: str) -> None:
    """A range cut off at its comma would be a false reason: 2.3.0 is not below 1.19.5."""
    context = failing("scikit-learn==1.4.0\nnumpy==2.3.0")

    assert translate(output, context).reason.endswith(cause)


@pytest.mark.parametrize(
    "output",
    [
        "error: No solution found when resolving dependencies\n  cause: Because all versions of lightgbm"
        " are odd and you require lightgbm==4.0,\n         we can conclude that your requirements are"
        " unsatisfiable.",
        "error: No solution found when resolving dependencies\n  cause: Because lightgbm==4.0 was yanked"
        "\n         and you require lightgbm==4.0, your requirements are unsatisfiable.",
        "error: something new\n  cause: about lightgbm==4.0",
    ],
)
def test_an_unknown_failure_names_its_line(output: str) -> None:
    """A tool's own sentence comes with asset, line and what to do."""
    error = translate(output, failing("six\nlightgbm==4.0"))

    assert (error.asset, error.line) == ("r.txt", 2)
    assert "No solution found" not in error.reason
    assert error.remedy and "See the log" not in error.remedy


@pytest.mark.parametrize("requires", ["demo (>=2011k)", "demo (>=1.0.*-x)"])
def test_a_package_whose_metadata_is_not_valid(lock_error, wheelhouse, requires: str) -> None:
    """It is named for what it is, not called a conflict with a line that it goes with."""
    wheelhouse.add("olden", "1.0", requires=(requires,))
    wheelhouse.add("demo", "2022.1")

    error = lock_error("demo==2022.1\nolden==1.0\n")

    assert (error.line, error.requirement) == (2, "olden==1.0")
    assert error.reason.startswith("the metadata of olden 1.0 is not valid")
    assert "Choose another version of olden" in (error.hint or "")


def test_an_unknown_failure_is_masked() -> None:
    """Credentials in an output do not reach the error."""

    assert "s3cret" not in str(translate("error: odd https://u:s3cret@h", failing("")))


@BOTH
def test_a_missing_version_gets_its_neighbours(lock_error, wheelhouse, installer: str) -> None:
    """What to write instead is read off the sentence."""
    for version in ("1.0", "2.0", "3.1"):
        wheelhouse.add("demo", version)

    error = lock_error("demo==2.5", installer)

    assert "the nearest below is 2.0, the newest is 3.1" in error.reason


@BOTH
@pytest.mark.parametrize(
    ("label", "index"), [("cu118", "https://download.pytorch.org/whl/cu118"), ("mine", "URL")]
)
def test_a_version_with_a_local_label(
    lock_error, wheelhouse, installer: str, label: str, index: str
) -> None:
    """Such a build lies on an index of its own; the plain version is on every one."""
    wheelhouse.add("demo", "1.0")

    error = lock_error(f"demo==1.0+{label}\n", installer)

    assert (error.line, error.requirement) == (1, f"demo==1.0+{label}")
    assert f"label +{label}" in error.reason
    assert error.hint == (
        f"Write demo==1.0, or name that index on a line of its own: --extra-index-url {index}"
    )


def test_a_mistyped_name_gets_the_right_one(lock_error) -> None:
    """The packages of this notebook are names that exist."""
    error = lock_error("packagin==24.0")

    assert (error.hint or "").startswith("Did you mean packaging?")


@BOTH
def test_a_damaged_wheel(lock_error, wheelhouse, installer: str) -> None:
    """A file that was cut off on the way."""
    wheel = wheelhouse.add("demo", "1.0")
    wheel.write_bytes(wheel.read_bytes()[:300])

    error = lock_error("demo", installer)

    assert error.requirement == "demo"
    assert "the file of demo is damaged" in error.reason


@BOTH
def test_an_address_of_another_package(lock_error, wheelhouse, index, installer: str) -> None:
    """The name that the file has is the one to write."""
    wheelhouse.add("demo", "1.0")

    error = lock_error(f"other @ http://{index.address}/files/demo-1.0-py3-none-any.whl", installer)

    assert (error.line, error.reason) == (1, "the file at its address is demo, not other")
