"""The panel's state and actions, without widgets, with real models, environments and jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Set
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobKind, JobResult, JobStatus
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel.job_draft import JobDraft
from modelop_jupyter.panel.registration_draft import RegistrationDraft
from modelop_jupyter.panel.state import PanelState

from ..waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow


def look_until(state: PanelState, is_there: Callable[[], object]) -> None:
    """Poll as the panel's thread does."""

    def is_seen() -> object:
        state.poll()
        return is_there()

    wait_until(is_seen)


def batch(**typed: str) -> JobDraft:
    return JobDraft(JobKind.BATCH, "churn", **{"inputs": "in.json", **typed})


def test_a_registration_is_previewed(state: PanelState) -> None:
    """The preview has functions, source and files, and registers nothing."""
    state.preview_registration(RegistrationDraft("churn"))

    assert state.preview is not None
    assert state.preview.entry_points.score == "score"
    assert "factor = 2" in (state.preview.source or "")
    assert state.models == ()


def test_a_registered_model_is_selected(state: PanelState) -> None:
    """With its assets and their chosen roles."""
    state.register(
        RegistrationDraft(
            "churn", description="Who leaves", files=(("libs.txt", "Required libraries"),)
        )
    )

    assert (state.models, state.model, state.preview) == (("churn",), "churn", None)
    assert state.model_view is not None
    assert state.model_view.model.description == "Who leaves"
    assert {asset.path: asset.role for asset in state.model_view.assets} == {
        "churn.py": AssetRole.MODEL_SOURCE,
        "libs.txt": AssetRole.REQUIRED_LIBRARIES,
    }


def test_a_problem_is_one_sentence_until_the_next_verb(state: PanelState) -> None:
    """The same message as that of the magic."""
    assert not state.register(RegistrationDraft("my model"))
    problem = state.problem
    assert state.register(RegistrationDraft("churn"))

    assert "Try 'my-model'" in problem
    assert state.problem == ""


def test_a_role_is_changed_by_its_label(churn: PanelState) -> None:
    """And the message says what has changed."""
    churn.add_asset("libs.txt")
    churn.set_role("libs.txt", "Required libraries")

    assert churn.message == "role of libs.txt: UNKNOWN -> Required libraries"
    assert churn.model_view is not None
    assert churn.model_view.assets[-1].role is AssetRole.REQUIRED_LIBRARIES


def test_the_source_cannot_be_removed(churn: PanelState) -> None:
    """An error changes nothing."""
    churn.remove_asset("churn.py")

    assert "is the source of churn" in churn.problem
    assert churn.model_view is not None
    assert len(churn.model_view.assets) == 1


def test_a_batch_runs_while_the_state_is_polled(churn: PanelState) -> None:
    """Its summary is there when it has ended."""
    assert churn.submit_job(batch())
    look_until(churn, lambda: churn.summary)

    assert churn.summary is not None
    assert churn.summary.sample == ({"y": 0}, {"y": 2}, {"y": 4})
    assert churn.progress == {}


def test_metrics_come_with_their_result(churn: PanelState, shell: InteractiveShell) -> None:
    """An input may be a variable of the notebook, also without pandas."""
    (Path.cwd() / "pandas.txt").write_text("pandas\n")
    churn.add_asset("pandas.txt")
    churn.set_role("pandas.txt", "Required libraries")
    shell.user_ns["table"] = [{"x": 1}, {"x": 2}]
    churn.submit_job(JobDraft(JobKind.METRICS, "churn", inputs="table"))
    look_until(churn, lambda: churn.summary)

    assert churn.summary is not None
    assert churn.summary.metrics == {"rows_seen": 2}


def test_a_job_is_stopped(churn: PanelState) -> None:
    """Its results until then are kept and shown."""
    churn.submit_job(batch(inputs="slow.json"))
    look_until(churn, lambda: any(it.phase == "running" for it in churn.progress.values()))
    before = churn.summary
    churn.cancel_job(churn.jobs[0].id)

    assert before is None
    assert churn.jobs[0].status is JobStatus.CANCELLED
    assert churn.summary is not None
    assert churn.summary.record.id == churn.jobs[0].id


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"inputs": "nowhere.json"}, "no such file"),
        ({"workers": "many"}, "neither a number of workers nor 'auto'"),
        ({"max_errors": "5 %%"}, "neither a number such as 10 nor a percentage"),
        ({"parameters": "[1]"}, "not a JSON object"),
        ({"inputs": "'open"}, "is not closed"),
        ({"inputs": ""}, "INPUT"),
    ],
)
def test_a_wrong_form_is_a_problem_and_no_job(
    churn: PanelState, typed: dict[str, str], sentence: str
) -> None:
    """No job is recorded."""
    assert not churn.submit_job(batch(**typed))
    assert sentence in churn.problem
    assert churn.jobs == ()


def test_a_remedy_mends_a_failed_job(churn: PanelState) -> None:
    """Its commands run, and the job that they start is the selected one."""
    with Workspace() as other:
        other.batch("churn", "slow.json", timeout=2).wait(PATIENCE)
    look_until(churn, lambda: churn.summary)
    assert churn.summary is not None
    remedy, failed = churn.summary.remedies[0], churn.summary.record.id
    churn.apply_remedy(remedy)

    assert remedy.text == "Give it more time"
    assert (churn.problem, churn.job != failed) == ("", True)
    assert churn.jobs[0].options.limits.seconds == 4
    churn.cancel_job(churn.jobs[0].id)


def test_a_refused_input_can_be_read_in_its_format(churn: PanelState, tmp_path: Path) -> None:
    """The format that the error proposes is an option of the form."""
    (tmp_path / "in.csv").write_text('{"x": 1}\n{"x": 2}\n')
    assert not churn.submit_job(batch(inputs="in.csv"))
    (remedy,) = churn.remedies
    assert remedy.options == ("--format", "jsonl")

    assert churn.submit_job(batch(inputs="in.csv", format="jsonl"))
    assert churn.remedies == ()


def test_actions_that_end_at_once_leave_nothing_busy(state: PanelState) -> None:
    """A button would stay disabled for ever."""
    first, second = state._action("build"), state._action("prove")
    other = threading.Thread(target=lambda: second.__exit__(None, None, None))

    class Interrupted(frozenset[str]):
        """Lets the other action end in the middle of a subtraction, if it can."""

        def __sub__(self, names: Set[object]) -> frozenset[str]:
            if other.ident is None:
                other.start()
                other.join(0.5)
            return super().__sub__(names)

    with first:
        second.__enter__()
        state.busy = Interrupted(state.busy)
    other.join(PATIENCE)

    assert state.busy == frozenset()


def test_changes_by_other_processes_are_read(churn: PanelState) -> None:
    """A magic, a terminal and the sidebar write to the same registry."""
    with Workspace() as other:
        other.batch("churn", "in.json").wait(PATIENCE)
        other.asset_add("churn", "libs.txt", role="UNKNOWN")
    look_until(churn, lambda: churn.jobs)

    assert churn.jobs[0].result is JobResult.SUCCESS
    assert churn.model_view is not None
    assert len(churn.model_view.assets) == 2


def test_after_a_model_was_removed_another_is_selected(churn: PanelState) -> None:
    """Also after another process has removed it."""
    churn.register(RegistrationDraft("other"))
    with Workspace() as workspace:
        workspace.remove("other")
    look_until(churn, lambda: churn.model == "churn")

    assert churn.model_view is not None
    assert churn.model_view.model.name == "churn"


def test_an_environment_is_built_and_proven(churn: PanelState) -> None:
    """With the same verbs as the magic."""
    churn.build_environment()
    churn.prove_environment()

    assert churn.problem == ""
    assert churn.environment is not None
    assert churn.environment.state == "ready"
    assert churn.proof is not None
    assert churn.proof.proof.is_exact


def test_an_isolated_kernel_is_started_and_stopped(churn: PanelState) -> None:
    """It is the one that ``%%modelop run`` uses."""
    churn.start_kernel()
    running = churn.kernel
    churn.stop_kernel()

    assert churn.problem == ""
    assert running is not None
    assert running.model == "churn"
    assert churn.kernel is None


def test_input_suggestions_start_with_the_model_s_data(
    churn: PanelState, shell: InteractiveShell
) -> None:
    """Then tables of the notebook, then files beside it."""
    (Path.cwd() / "test_data.json").write_text('{"x": 1}\n')
    churn.add_asset("test_data.json")
    shell.user_ns["rows"] = [{"x": 1}]

    assert churn.input_suggestions()[:2] == ("test_data.json", "rows")
    assert "in.json" in churn.input_suggestions()


def test_a_form_chooses_functions_files_and_requirements(
    state: PanelState, shell: InteractiveShell
) -> None:
    """As the dialog of the sidebar does, from the same plan (issue 15)."""
    shell.user_ns["factor"] = 2
    shell.run_cell("import packaging\ndef predict(r):\n    return packaging", store_history=True)
    draft = RegistrationDraft("fresh", functions=EntryPoints(score="predict"), infers=True)
    state.preview_registration(draft)
    preview = state.preview
    registered = state.register(draft)

    assert preview is not None
    assert preview.refusal is None
    assert preview.requirements is not None
    assert registered
    assert state.model_view is not None
    assert state.model_view.entry_points.score == "predict"
    assert (Path.cwd() / "requirements.txt").read_text().startswith("packaging==")


def test_a_model_is_checked_with_the_functions_of_the_notebook(
    churn: PanelState, shell: InteractiveShell
) -> None:
    """As the magic does: its report is kept, and shown with the model."""
    shell.run_cell("begin()")
    assert churn.check_model("in.json")
    view = churn.model_view

    assert view is not None
    assert view.check is not None
    assert churn.checked == view.check.report
    assert view.check.report.command == ("check", "churn", "in.json")
    assert view.check.report.topics[0].state == "passed"
    assert churn.jobs == ()


def test_a_check_that_cannot_be_made_is_a_problem(churn: PanelState) -> None:
    """One sentence, as for any other action."""
    assert not churn.check_model("nowhere.json")
    assert "nowhere.json" in churn.problem
    assert not churn.is_checking
