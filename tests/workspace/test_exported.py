"""Models that run from an export: as they do where they come from, and without a registry."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import ExportedModel, Workspace
from modelop_jupyter.domain.exchange import Exported, ImportSourceError
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.verification import RecordDifference
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError, JobFailedError
from modelop_jupyter.settings import Settings

from .jobs import numbers, register

pytestmark = pytest.mark.slow

Release = Callable[..., None]

HALF = """\
if r["x"] == 2:
    raise ValueError("two")
yield {"y": r["x"] / 2, "job": job}
"""
BEGIN = """\
import json
# modelop.init
def begin(parameters):
    global job
    raw = json.loads(parameters["rawJson"])
    snapshot = raw["model"]
    job = [raw["jobParameters"], snapshot["id"], snapshot["version"], snapshot["createdDate"]]
"""


@dataclass(frozen=True)
class Home:
    """A home, the folder with the input of its check, and what it has exported there."""

    workspace: Workspace
    folder: Path
    exported: Exported


@pytest.fixture
def elsewhere(tmp_path: Path, environments: Path) -> Settings:
    """The settings of a machine where no model is registered; its environments are the tests'."""
    home = tmp_path / "elsewhere"
    return Settings(home, f"sqlite:///{home}.db", environments_folder=environments)


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    """The settings of a machine where nothing was ever built."""
    home = tmp_path / "bare"
    return Settings(home, f"sqlite:///{home}.db")


def changed(folder: str, name: str, change: Callable[[Any], object]) -> None:
    """Change a JSON file of an exported folder, and the manifest as if it had always been so."""
    path, manifest = Path(folder, name), Path(folder, "manifest.json")
    document = json.loads(path.read_text())
    change(document)
    data = json.dumps(document).encode()
    path.write_bytes(data)
    if name != manifest.name:
        whole = json.loads(manifest.read_text())
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        whole[name.partition(".")[0]] = {"digest": digest, "size": len(data)}
        manifest.write_text(json.dumps(whole))


def test_the_output_is_that_of_a_batch_byte_for_byte(
    workspace: Workspace, elsewhere: Settings
) -> None:
    """With rejected and failed records, parameters, several workers, and what `init` is told."""
    register(workspace, HALF, before=BEGIN)
    Path("in.csv").write_text("x\n" + "".join(f"{n}\n" for n in range(9)) + "2,2\n")
    options: dict[str, Any] = {"parameters": {"a": 1}, "workers": 2, "limit": 8}
    here = workspace.batch("m", "in.csv", output="here.jsonl", **options).wait()
    workspace.export("m@1", "m.zip")
    with ExportedModel("m.zip", settings=elsewhere) as model:
        there = model.batch("in.csv", output="there.jsonl", **options).wait()
        temporary = model.workspace.settings.home

        assert (model.ref, there.counts) == ("m@1", here.counts)
        assert there.errors()[0].message == here.errors()[0].message == "two"
    assert Path("there.jsonl").read_bytes() == Path("here.jsonl").read_bytes()
    assert here.counts.records_out == 7
    # No registry, no job, no snapshot, and the temporary home is gone.
    assert list(elsewhere.home.iterdir()) == []
    assert not temporary.exists()
    assert len(workspace.jobs()) == len(workspace.snapshots("m")) == 1


def test_a_model_as_it_is_now_runs_from_a_folder(workspace: Workspace, elsewhere: Settings) -> None:
    """An export of no snapshot has no number; its own data can be the input."""
    register(workspace, "yield r['x'] * 2")
    numbers(2, name="test.json")
    workspace.asset_add("m", "test.json")
    workspace.export("m", "out")
    with ExportedModel("out", settings=elsewhere) as model:
        job = model.batch("test.json").wait()

        assert (model.ref, list(job.records())) == ("m@1", [0, 2])


@pytest.fixture(scope="module")
def checked_once(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Home]:
    """A home with a model that fails for one record, checked with fourteen and exported to a folder."""
    folder = tmp_path_factory.mktemp("checked")
    settings = Settings(
        folder / "home",
        f"sqlite:///{folder / 'home' / 'registry.db'}",
        environments_folder=environments,
    )
    with pytest.MonkeyPatch.context() as patch, Workspace(settings) as workspace:
        patch.chdir(folder)
        register(workspace, 'if r["x"] == 2:\n    raise ValueError("two")\nyield {"y": r["x"] / 2}')
        workspace.check("m", numbers(14))
        yield Home(workspace, folder, workspace.export("m@1", "out"))


@pytest.fixture
def checked(checked_once: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Home:
    """That home, and a copy of the export as ``out`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(checked_once.folder / "out", "out")
    return checked_once


def test_another_machine_gives_the_same(checked: Home, elsewhere: Settings) -> None:
    """The sample of the check, without the record that failed there, is said to be in the export."""
    with ExportedModel("out", settings=elsewhere) as model:
        verification = model.verify()

        assert model.sample and [one.value for one in model.sample.records][:3] == [
            {"x": 0},
            {"x": 1},
            {"x": 3},
        ]
    assert (verification.ref, verification.sample, verification.records) == ("m@1", "in.json", 13)
    assert verification.is_same
    assert checked.exported.notes == (
        "it has 13 records of in.json with their scores, for 'run --verify'; --no-sample leaves"
        " them out",
    )


def test_the_first_record_with_another_output_is_shown(checked: Home, elsewhere: Settings) -> None:
    """As it was, and as it is here."""
    changed("out", "sample.json", lambda sample: sample["records"][2].update(outputs=[{"y": 9}]))
    with ExportedModel("out", settings=elsewhere) as model:
        verification = model.verify()

    assert verification.difference == RecordDifference('{"x": 3}', '{"y": 9}', '{"y": 1.5}')
    assert verification.is_failure


def test_noise_is_no_difference(workspace: Workspace, elsewhere: Settings) -> None:
    """What differed from run to run where it was checked may differ here, all else may not."""
    register(workspace, "yield {'y': r['x'], 'noise': random.random()}", before="import random")
    workspace.check("m", numbers(3))
    workspace.export("m@1", "out")
    with ExportedModel("out", settings=elsewhere) as model:
        assert model.verify().is_same


def test_a_model_that_cannot_be_run_verifies_nothing(
    workspace: Workspace, elsewhere: Settings, tmp_path: Path
) -> None:
    """Such as one that needs a file which only the first machine has."""
    (tmp_path / "file").touch()
    register(workspace, "yield r['x']", before=f"open({str(tmp_path / 'file')!r}).close()")
    workspace.check("m", numbers(1))
    workspace.export("m@1", "m.zip")
    (tmp_path / "file").unlink()
    with (
        ExportedModel("m.zip", settings=elsewhere) as model,
        pytest.raises(JobFailedError, match=r"the sample was not scored: .*No such file"),
    ):
        model.verify()


def test_a_sample_is_left_out_on_request(checked: Home) -> None:
    """The records are somebody's data. Another check of the same ones gives the same export."""
    workspace = checked.workspace
    workspace.export("m@1", "without.zip", sample=False)
    workspace.check("m@1", checked.folder / "in.json")

    with ExportedModel("without.zip") as model, pytest.raises(InvalidError) as caught:
        model.verify()
    assert str(caught.value) == (
        "without.zip has no sample to verify it with. Run 'check NAME' where it comes from, then"
        " export it again."
    )
    assert workspace.export("m@1", "out").was_there


def test_no_sample_is_kept_of_parameters_and_credentials(workspace: Workspace) -> None:
    """A parameter may be a token, and an address in a record may hold a password."""
    register(workspace, "yield r['x']")
    Path("in.json").write_text('{"x": "https://me:secret@host/"}\n')
    workspace.check("m", "in.json")
    workspace.check("m", numbers(3), parameters={"token": "t"})

    assert workspace.export("m@1", "m.zip").notes == ()


@pytest.fixture
def wheeled(
    workspace: Workspace, release: Release, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Exported]:
    """A model with a requirement, exported with its wheel by a machine that has an index."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    release("1.0")
    register(workspace, "yield demo.VERSION", before="import demo")
    Path("requirements.txt").write_text("demo==1.0\n")
    workspace.asset_add("m", "requirements.txt")
    numbers(1)
    return workspace.export("m", "out", wheels=True)


@contextmanager
def no_index(tmp_path: Path) -> Iterator[None]:
    """Take away the index, and what was cached of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", str(tmp_path / "no-cache"))
        (tmp_path / "index").rename(tmp_path / "away")
        yield
        (tmp_path / "away").rename(tmp_path / "index")


def test_wheels_of_an_export_need_no_index(
    wheeled: Exported, bare: Settings, tmp_path: Path
) -> None:
    """The environment holds its lock and nothing else, and is found again by the next run."""
    with no_index(tmp_path), ExportedModel("out", settings=bare) as model:
        records = list(model.batch("in.json").wait().records())
        proof = model.workspace.env_prove(model.ref).proof

        assert (records, proof.is_exact, model.remark) == (["1.0"], True, None)
    assert wheeled.notes[0].startswith("it has the wheels of the lock for Python 3.")
    assert " only (1 wheel, " in wheeled.notes[0]
    assert [path.name for path in bare.home.iterdir()] == ["environments"]


def test_wheels_for_another_platform_do_not_do(
    wheeled: Exported, bare: Settings, tmp_path: Path
) -> None:
    """With an index the model runs all the same, and says so; without one it says what it lacks."""
    foreign = json.loads(Path("out/manifest.json").read_text())
    wheel = foreign["wheels"]["files"][0]
    other = Path("out/wheels/other-1.0-cp39-cp39-win32.whl")
    shutil.copy(Path("out/wheels", wheel["name"]), other)
    other.write_bytes(other.read_bytes() + b" ")
    digest = f"sha256:{hashlib.sha256(other.read_bytes()).hexdigest()}"
    entry = {"name": other.name, "digest": digest, "size": other.stat().st_size}
    foreign["wheels"] = {"python": "3.9", "platform": "win32", "files": [entry]}
    Path("out/manifest.json").write_text(json.dumps(foreign))
    with (
        no_index(tmp_path),
        ExportedModel("out", settings=bare) as model,
        pytest.raises(EnvironmentBuildError) as caught,
    ):
        model.batch("in.json")
    with ExportedModel("out", settings=bare) as model:
        job = model.batch("in.json").wait()

        assert list(job.records()) == ["1.0"]
        assert model.remark == (
            "out has wheels for Python 3.9 on win32, and none of demo for this machine: the"
            " packages came from the index"
        )
    assert str(caught.value).startswith(
        "the environment could not be built: out has wheels for Python 3.9 on win32, and none of"
        " demo for this machine, and "
    )
    assert "Export it with --wheels on a machine like this one" in str(caught.value)


def with_made_up_wheel(folder: str, change: Callable[[Any], object] = lambda _: None) -> None:
    """Put a file into an exported folder as if it were a wheel."""
    wheels = Path(folder, "wheels")
    wheels.mkdir()
    (wheels / "demo-1.0-py3-none-any.whl").write_bytes(b"wheel")
    digest = f"sha256:{hashlib.sha256(b'wheel').hexdigest()}"
    file = {"name": "demo-1.0-py3-none-any.whl", "digest": digest, "size": 5}
    change(file)
    entry = {"python": "3.11", "platform": "linux-x86_64", "files": [file]}
    changed(folder, "manifest.json", lambda manifest: manifest.update(wheels=entry))


def test_an_import_passes_over_what_is_for_run(checked: Home, bare: Settings) -> None:
    """The snapshot is that of an export without it, and neither wheel nor sample is stored."""
    with_made_up_wheel("out")
    with Workspace(bare) as other:
        found = other.import_("out")
        stored = sum(1 for path in bare.blobs.rglob("*") if path.is_file())

    assert found.snapshot.state == checked.workspace.show("m@1").model.state
    # Its source, ModelOp's JSON and the lock.
    assert stored == 3


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file: file.update(name="../demo-1.0-py3-none-any.whl"), "manifest.json cannot be"),
        (lambda file: file.update(name="a/demo-1.0-py3-none-any.whl"), "manifest.json cannot be"),
        (lambda file: file.update(name="demo.txt"), "manifest.json cannot be used"),
        (lambda file: file.update(size=10**15), "it would take 1,000,000,"),
        (lambda file: file.update(size=1), "is longer than its 1 bytes"),
        (lambda file: file.update(digest="sha256:" + "0" * 64), "does not match its digest"),
        (lambda file: file.update(name="other-1.0-py3-none-any.whl"), "is missing"),
    ],
)
def test_a_made_up_wheel_is_refused(
    checked: Home, bare: Settings, change: Callable[[Any], object], reason: str
) -> None:
    """As `import` refuses such files, in one sentence."""
    with_made_up_wheel("out", change)

    with pytest.raises(ImportSourceError, match=reason) as caught:
        ExportedModel("out", settings=bare)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda document: document.update(id="../../x"), "model.json is not the document of a mod"),
        (lambda document: document.update(version=0), "model.json is not the document of a model"),
        (lambda document: document.clear(), "model.json is not the document of a model"),
    ],
)
def test_a_made_up_document_is_refused(
    checked: Home, bare: Settings, change: Callable[[Any], object], reason: str
) -> None:
    """Ids and numbers come from it."""
    document = json.loads(Path("out/model.json").read_text())
    change(document)
    data = json.dumps(document).encode()
    Path("out/model.json").write_bytes(data)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    entry = {"digest": digest, "size": len(data)}
    changed("out", "manifest.json", lambda manifest: manifest.update(document=entry))

    with pytest.raises(ImportSourceError, match=reason):
        ExportedModel("out", settings=bare)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda sample: sample.pop("records"), "sample.json cannot be used: records is missing"),
        (lambda sample: sample.update(records=[1]), "sample.json cannot be used"),
    ],
)
def test_a_made_up_sample_is_refused(
    checked: Home, bare: Settings, change: Callable[[Any], object], reason: str
) -> None:
    """It is read before anything runs."""
    changed("out", "sample.json", change)

    with pytest.raises(ImportSourceError, match=reason):
        ExportedModel("out", settings=bare)


def test_a_python_that_is_not_here_is_named(checked: Home, bare: Settings) -> None:
    """The advice is for somebody who has no registry to resolve the model in."""
    path = Path("out/pylock.toml")
    data = re.sub(r'python = "3[^"]*"', 'python = "3.5.2"', path.read_text()).encode()
    path.write_bytes(data)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    entry = {"digest": digest, "size": len(data)}
    changed("out", "manifest.json", lambda manifest: manifest.update(lock=entry))
    with (
        ExportedModel("out", settings=bare) as model,
        pytest.raises(EnvironmentBuildError) as caught,
    ):
        model.prepare()

    assert "its lock was made for Python 3.5.2 on " in str(caught.value)
    assert str(caught.value).endswith(
        "there is no Python 3.5 on this machine. Install one, for instance with 'uv python install',"
        " or run it where there is one."
    )


def test_wheels_are_for_our_own_format(workspace: Workspace) -> None:
    """A repository's requirements are installed by ModelOp Center."""
    register(workspace, "yield 1")

    with pytest.raises(InvalidError, match="an export of the format git has no wheels"):
        workspace.export("m", "repository", format="git", wheels=True)


def test_what_is_written_while_the_temporary_home_is_removed_goes_too(
    checked: Home, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the supervisor of a job does just after its end."""
    model = ExportedModel("out", settings=elsewhere)
    home, remove = model.workspace.settings.home, os.rmdir
    late = [home / "digests.json"]

    def rmdir(path: str, **more: Any) -> None:
        if path == str(home) and late:
            late.pop().touch()
        remove(path, **more)

    monkeypatch.setattr(os, "rmdir", rmdir)
    model.close()

    assert late == []
    assert not home.exists()


def test_what_still_runs_ends_with_the_temporary_home(
    workspace: Workspace, elsewhere: Settings
) -> None:
    """Nobody else could cancel it: no registry has it."""
    register(workspace, "while not os.path.exists('/nonexistent'):\n    time.sleep(0.02)")
    workspace.export("m", "out")
    with ExportedModel("out", settings=elsewhere) as model:
        job = model.batch(numbers(1))

        assert job.status is not JobStatus.COMPLETE
    assert not model.workspace.settings.home.exists()
