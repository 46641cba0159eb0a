"""Job verbs in a cell: the live line, the summary, the Job."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.formats import records_of_variable
from modelop_jupyter.workspace import Job

from .conftest import Notebook
from .test_magic import SCORE

pytestmark = pytest.mark.slow


@pytest.fixture
def scored(notebook: Notebook) -> Notebook:
    """A notebook whose model is registered."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    return notebook


def test_a_job_is_shown_once_and_returned(scored: Notebook) -> None:
    """The summary comes from the magic, so the cell does not display the value again."""
    scored.run("%modelop batch churn in.json")
    summaries = [data for data in scored.shown if "COMPLETE SUCCESS" in data["text/plain"]]

    assert len(summaries) == 1
    assert scored.out.startswith("scoring\n" * 3)


def test_an_assigned_job_is_displayed_in_the_next_cell(scored: Notebook) -> None:
    """There it is displayed like any value."""
    scored.run("job = %modelop batch churn in.json")
    job = scored.shell.user_ns["job"]
    scored.run("job")

    assert isinstance(job, Job)
    assert list(job.records()) == [{"s": 0}, {"s": 3}, {"s": 6}]
    assert "3 in, 3 scored, 3 out" in scored.text


@pytest.mark.parametrize(
    ("made", "module", "kind"),
    [
        ("rows", "builtins", "list"),
        ("__import__('pandas').DataFrame(rows)", "pandas", "DataFrame"),
        ("__import__('polars').DataFrame(rows)", "polars.dataframe.frame", "DataFrame"),
        ("__import__('pyarrow').Table.from_pylist(rows)", "pyarrow.lib", "Table"),
    ],
)
def test_an_output_variable_is_of_the_kind_that_went_in(
    scored: Notebook, made: str, module: str, kind: str
) -> None:
    """`-o NAME` sets a variable when the job has ended."""
    scored.run(f"rows = [{{'x': 5}}, {{'x': 6}}]; given = {made}")
    scored.run("%modelop batch churn given -o scores")
    scores = scored.shell.user_ns["scores"]

    assert scored.error is None
    assert (type(scores).__module__, type(scores).__name__) == (module, kind)
    assert list(records_of_variable("scores", scores)) == [{"s": 15}, {"s": 18}]


def test_the_output_of_a_file_is_a_data_frame(scored: Notebook) -> None:
    """Where pandas is installed."""
    scored.run("%modelop batch churn in.json -o scores")

    assert scored.shell.user_ns["scores"].s.to_list() == [0, 3, 6]


def test_an_output_that_no_table_holds_is_a_list_and_says_why(scored: Notebook) -> None:
    """Nothing is turned into text to make it fit."""
    scored.run(SCORE.replace("record['x'] * FACTOR", "record['x'] or 'none'"))
    scored.run("%modelop register churn")
    scored.run("given = __import__('polars').DataFrame({'x': [0, 1]})")
    scored.run("%modelop batch churn given -o scores")

    assert scored.shell.user_ns["scores"] == [{"s": "none"}, {"s": 1}]
    assert "scores is a list: the records do not fit into a polars DataFrame" in scored.out


def test_a_path_with_a_blank_stays_one_word(scored: Notebook) -> None:
    """Quoted, or from a variable."""
    scored.run("path = 'my data.json'")
    scored.run("job = %modelop batch churn {path} 'my data.json'")

    assert scored.error is None
    assert scored.shell.user_ns["job"].counts.records_in == 2


def test_a_failure_shows_the_lines_that_mend_it(scored: Notebook, tmp_path: Path) -> None:
    """For a failed job in its summary, for a refused one in the error."""
    (tmp_path / "lines.csv").write_text('{"x": 1}\n{"x": 2}\n')
    (tmp_path / "bad.json").write_text('{"y": 1}\n')
    scored.run("job = %modelop batch churn bad.json")
    failed = scored.shown[-1]
    short = scored.shell.user_ns["job"].id[:8]
    scored.run("%modelop batch churn lines.csv")

    line = f"%%modelop run churn --record {short}:0 --load"
    assert f"Open record 0 in the isolated kernel:\n  {line}" in failed["text/plain"]
    assert f'<pre tabindex="0">{line}</pre>' in failed["text/html"]
    assert str(scored.error).endswith(
        "Read it as jsonl:\n  %modelop batch churn lines.csv --format jsonl"
    )


def test_a_job_in_the_background_returns_at_once(scored: Notebook) -> None:
    """The output says how to see it."""
    scored.run("job = %modelop batch churn in.json --background")
    shown = scored.text
    job = scored.shell.user_ns["job"].wait()

    assert f"'%modelop job show {job.id[:8]}'" in shown
    assert job.status is JobStatus.COMPLETE


def test_failures_are_shown_with_the_model_s_own_frames(scored: Notebook, tmp_path: Path) -> None:
    """Issue 2, Jobs."""
    (tmp_path / "bad.json").write_text('{"y": 1}\n{"x": 1}\n')
    scored.run("%modelop batch churn bad.json")

    assert "COMPLETE FAILURE" in scored.text
    assert "KeyError: 'x'" in scored.text
    assert "runner" not in scored.text.split("traceback of record 0")[1]
