"""What is secret in the user's environment is seen by no model: not in any process of its job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no /proc"),
]
# Of this process alone: a model sees those of tests that run at the same time, too.
CANARY = f"s3cret-{os.urandom(8).hex()}"
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": CANARY,
    "JPY_API_TOKEN": CANARY,
    "JUPYTER_TOKEN": CANARY,
    "PIP_EXTRA_INDEX_URL": f"http://user:{CANARY}@127.0.0.1:9/simple",
    "HTTPS_PROXY": f"http://user:{CANARY}@127.0.0.1:9",
    "PGPASSWORD": CANARY,
    "MODELOP_CONNECTION_LAKE": f"postgresql://user:{CANARY}@127.0.0.1:9/db",
}
# The process that submits is the user's own, and so is whatever started it.
SOURCE = """\
import os, pathlib

# modelop.score
def score(record):
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\\0")
            text = (folder / "environ").read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        yield {"words": words, "holds": "CANARY" in text, "ours": "JOB" in " ".join(words)}
""".replace("CANARY", CANARY)
PROGRAM = "import sys; from modelop_jupyter.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def type_in(tmp_path: Path, environments: Path) -> Callable[..., str]:
    """Type a verb into a shell whose environment holds secrets."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)

    def run(*words: str, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            env={**os.environ, **SECRETS, "MODELOP_HOME": str(home), **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def holders(output: Path) -> list[list[str]]:
    """Return the command of each process in whose environment the model found the secret."""
    found = [json.loads(line) for line in output.read_text().splitlines()]
    return [each["words"] for each in found if each["holds"]]


def register(type_in: Callable[..., str], folder: Path, requirements: str) -> None:
    (folder / "nosy.py").write_text(SOURCE)
    (folder / "requirements.txt").write_text(requirements)
    (folder / "in.json").write_text("{}\n")
    type_in("register", "nosy", "nosy.py", "--asset", "requirements.txt")


@pytest.mark.parametrize("warm", ["on", "off"])
def test_no_process_of_a_job_shows_the_users_secrets(
    tmp_path: Path, type_in: Callable[..., str], warm: str
) -> None:
    """A first job that builds, a second one that finds all ready: only who typed has them."""
    register(type_in, tmp_path, f"# {tmp_path.name}-{warm}\n")

    type_in("batch", "nosy", "in.json", "-o", "first.json", MODELOP_WARM=warm)
    type_in("batch", "nosy", "in.json", "-o", "second.json", MODELOP_WARM=warm)

    seen = [*holders(tmp_path / "first.json"), *holders(tmp_path / "second.json")]
    assert [words for words in seen if words[1:3] != ["-c", PROGRAM]] == []
