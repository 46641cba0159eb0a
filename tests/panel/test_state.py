"""What the panel does, without a browser and without widgets: real models, environments and jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind, JobResult, JobStatus
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel.draft import JobDraft
from modelop_jupyter.panel.state import State

pytestmark = pytest.mark.slow


def look_until(state: State, is_there: Callable[[], object]) -> None:
    """Look again and again, as the panel's thread does."""
    end = time.monotonic() + 60
    while not is_there() and time.monotonic() < end:
        state.look()
        time.sleep(0.05)
    assert is_there()


def batch(**typed: str) -> JobDraft:
    return JobDraft(JobKind.BATCH, "churn", **{"inputs": "in.json", **typed})


def test_registering_is_shown_before_it_is_done(state: State) -> None:
    """The preview tells functions, source and files; nothing is on record by it."""
    state.look_at_notebook("churn")

    assert state.preview is not None
    assert state.preview.entry_points.score == "score"
    assert "factor = 2" in (state.preview.source or "")
    assert state.models == ()


def test_a_registered_model_is_chosen(state: State) -> None:
    """With its assets in the roles that were chosen for them."""
    state.register("churn", description="Who leaves", assets=[("libs.txt", "Required libraries")])

    assert (state.models, state.model, state.preview) == (("churn",), "churn", None)
    assert state.view is not None
    assert state.view.model.description == "Who leaves"
    assert {asset.path: asset.role for asset in state.view.assets} == {
        "churn.py": AssetRole.MODEL_SOURCE,
        "libs.txt": AssetRole.REQUIRED_LIBRARIES,
    }


def test_a_problem_is_one_sentence_until_the_next_verb(state: State) -> None:
    """The same as a magic says."""
    assert not state.register("my model")
    problem = state.problem
    assert state.register("churn")

    assert "Try 'my-model'" in problem
    assert state.problem == ""


def test_a_role_is_changed_by_its_label(churn: State) -> None:
    """And it is said what has changed."""
    churn.add_asset("libs.txt")
    churn.set_role("libs.txt", "Required libraries")

    assert churn.said == "role of libs.txt: UNKNOWN -> Required libraries"
    assert churn.view is not None
    assert churn.view.assets[-1].role is AssetRole.REQUIRED_LIBRARIES


def test_the_source_cannot_be_removed(churn: State) -> None:
    """A refusal changes nothing."""
    churn.remove_asset("churn.py")

    assert "is the source of churn" in churn.problem
    assert churn.view is not None
    assert len(churn.view.assets) == 1


def test_a_batch_runs_while_the_state_is_looked_at(churn: State) -> None:
    """Its summary comes by itself when it has ended."""
    assert churn.run(batch())
    assert churn.summary is None
    look_until(churn, lambda: churn.summary)

    assert churn.summary is not None
    assert churn.summary.sample == ({"y": 0}, {"y": 2}, {"y": 4})
    assert churn.updates == {}


def test_metrics_come_with_their_result(churn: State, shell: InteractiveShell) -> None:
    """An input may be a variable of the notebook; here it needs no pandas to be one."""
    (Path.cwd() / "pandas.txt").write_text("pandas\n")
    churn.add_asset("pandas.txt")
    churn.set_role("pandas.txt", "Required libraries")
    shell.user_ns["table"] = [{"x": 1}, {"x": 2}]
    churn.run(JobDraft(JobKind.METRICS, "churn", inputs="table"))
    look_until(churn, lambda: churn.summary)

    assert churn.summary is not None
    assert churn.summary.metrics == {"rows_seen": 2}


def test_a_job_is_stopped(churn: State) -> None:
    """What it has so far is kept, and shown."""
    churn.run(batch(inputs="slow.json"))
    look_until(churn, lambda: any(each.phase == "running" for each in churn.updates.values()))
    churn.stop(churn.jobs[0].id)

    assert churn.jobs[0].status is JobStatus.CANCELLED
    assert churn.summary is not None
    assert churn.summary.record.id == churn.jobs[0].id


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"inputs": "nowhere.json"}, "no such file"),
        ({"workers": "many"}, "neither a number of workers nor auto"),
        ({"max_errors": "5 %%"}, "neither a number such as 10 nor a share"),
        ({"parameters": "[1]"}, "no JSON object"),
        ({"inputs": "'open"}, "left open"),
        ({"inputs": ""}, "INPUT"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(
    churn: State, typed: dict[str, str], said: str
) -> None:
    """Nothing is on record of it."""
    assert not churn.run(batch(**typed))
    assert said in churn.problem
    assert churn.jobs == ()


def test_what_somebody_else_does_is_seen(churn: State) -> None:
    """A magic, a terminal and the sidebar write to the same registry."""
    with Workspace() as other:
        other.batch("churn", "in.json").wait(timeout=60)
        other.asset_add("churn", "libs.txt", role="UNKNOWN")
    look_until(churn, lambda: churn.jobs)

    assert churn.jobs[0].result is JobResult.SUCCESS
    assert churn.view is not None
    assert len(churn.view.assets) == 2


def test_a_model_that_is_gone_makes_room_for_another(churn: State) -> None:
    """Whoever removed it."""
    churn.register("other")
    with Workspace() as workspace:
        workspace.remove("other")
    look_until(churn, lambda: churn.model == "churn")

    assert churn.view is not None
    assert churn.view.model.name == "churn"


def test_an_environment_is_built_and_proven(churn: State) -> None:
    """As the magic does it."""
    churn.build()
    churn.prove()

    assert churn.problem == ""
    assert churn.environment is not None
    assert churn.environment.state == "ready"
    assert churn.proof is not None
    assert churn.proof.proof.is_exact


def test_an_isolated_kernel_is_started_and_stopped(churn: State) -> None:
    """It is the one that ``%%modelop run`` uses."""
    churn.start_kernel()
    running = churn.kernel
    churn.stop_kernel()

    assert churn.problem == ""
    assert running is not None
    assert running.model == "churn"
    assert churn.kernel is None


def test_inputs_are_proposed_the_model_s_own_data_first(
    churn: State, shell: InteractiveShell
) -> None:
    """Then tables of the notebook, then files beside it."""
    (Path.cwd() / "test_data.json").write_text('{"x": 1}\n')
    churn.add_asset("test_data.json")
    shell.user_ns["rows"] = [{"x": 1}]

    assert churn.inputs()[:2] == ("test_data.json", "rows")
    assert "in.json" in churn.inputs()
