"""A model that answers requests, deployed and stopped in a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest

from modelop_jupyter.cli import program
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

MODELS = {
    "double": "# modelop.score\ndef score(r):\n    yield {'y': r['x'] * 2}\n",
    "broken": "# modelop.init\ndef begin():\n    {}['weights']\n\n# modelop.score\ndef score(r):\n    yield r\n",
    "held": "import time\n# modelop.init\ndef begin():\n    time.sleep(6000)\n\n# modelop.score\ndef score(r):\n    yield r\n",
    "measured": "# modelop.metrics\ndef metrics(frame):\n    yield {}\n",
}


@dataclass(frozen=True)
class Done:
    """What a command has printed, and its exit code."""

    code: int
    out: str
    err: str


def run(*words: str) -> Done:
    """Run a command in this process, which is as good as one of its own, and sooner there."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = program.run(words)
    return Done(code, out.getvalue(), err.getvalue())


def document(*words: str) -> Any:
    return json.loads(run(*words, "--json").out)


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home with some models, of which ``double`` is deployed and was asked for two records."""
    folder = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "home"))
        for name, source in MODELS.items():
            (folder / f"{name}.py").write_text(source)
            assert run("register", name, str(folder / f"{name}.py")).code == 0
        deployed = run("deploy", "double", "--for", "2h", "--token", "s3cret")
        assert deployed.code == 0, deployed.err
        try:
            show = "deployment", "show", "double"
            url = document(*show)["url"]
            assert [asked(url, record) for record in ('{"x": 4}', '{"z": 4}')] == [200, 500]
            wait_until(lambda: document(*show)["load"]["counts"]["records"] == 2)
            yield
        finally:
            run("deployment", "stop", "double")


def asked(url: str, body: str) -> int:
    headers = {"Content-Type": "application/json", "Authorization": "Bearer s3cret"}
    try:
        request = urllib.request.Request(f"{url}/score", body.encode(), headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_deployment_says_where_it_answers() -> None:
    """Its process goes on when the command has ended; the token is never shown."""
    shown = run("deployment", "show", "double").out

    assert "double@1  ready" in shown
    assert "http://127.0.0.1:" in shown
    assert "1 scored, 1 failed" in shown
    assert "'modelop deployment stop double' stops it" in shown
    assert "s3cret" not in shown + run("deployment", "show", "double", "--json").out


def test_deployments_are_listed() -> None:
    """Also in the overview, and as JSON."""
    rows = document("deployments")

    assert [(row["model"], row["state"]) for row in rows if row["url"]] == [("double", "ready")]
    assert "double@1    ready" in run("deployments").out
    assert "deployments:" in run().out


def test_failed_records_are_listed_and_one_is_shown() -> None:
    """The list is without the records, which may be confidential."""
    listed = run("deployment", "errors", "double").out
    rows = document("deployment", "errors", "double")
    one = run("deployment", "errors", "double", "--record", str(rows[0]["index"])).out

    assert "KeyError: 'x'" in listed
    assert '"z"' not in listed
    assert [row["record"] for row in rows] == [None]
    assert '{"z": 4}' in one
    assert f"%%modelop run double --record deployment:{rows[0]['index']}" in one


def test_the_log_is_printed() -> None:
    """In ModelOp's words."""
    assert "state changes to RUNNING" in run("deployment", "log", "double").out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("deployment", "show", "doubel"), 3, "no model named 'doubel'"),
        (("deployment", "stop", "held"), 3, "held is not deployed"),
        (("deployment", "errors", "double", "--record", "999"), 2, "record 999"),
        (("deploy", "doubel"), 3, "no model named 'doubel'. Did you mean 'double'?"),
        (("deploy", "double"), 1, "double@1 is deployed already"),
        (("deploy", "measured"), 2, "score"),
        (("deploy", "held", "--host", "0.0.0.0"), 2, "Add --token TOKEN"),
        (("deploy", "held", "--start-timeout", "0.3"), 1, "held@1 was not deployed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_gets_one_sentence(words: tuple[str, ...], code: int, sentence: str) -> None:
    """And the exit code of its kind."""
    done = run(*words)

    assert done.code == code, done.err
    assert sentence in done.err
    assert done.out == ""


def test_an_init_that_fails_is_shown_with_its_frames() -> None:
    """On stderr, before the sentence."""
    done = run("deploy", "broken")

    assert done.code == 1
    assert "line 3, in begin" in done.err
    assert "modelop: broken@1 was not deployed" in done.err


def test_ctrl_c_stops_deploying() -> None:
    """Nothing is left that would answer later."""
    process = subprocess.Popen(
        [sys.executable, "-m", "modelop_jupyter", "deploy", "held"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while "initialising" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert err == "modelop: interrupted\n"
    assert [row["model"] for row in document("deployments") if row["state"] == "starting"] == []
