"""Every value has a useful static form, in plain text and in HTML."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from typing import Any

import pytest

from modelop_jupyter.display import bundle, text
from modelop_jupyter.domain.jobs import JobError, JobKind, JobResult, JobStatus
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.reports import JobSummary
from modelop_jupyter.domain.results.comparisons import Comparison, MetricRow
from modelop_jupyter.domain.wire import to_wire

from .samples import ASSETS, CLUSTER, DONE, ERROR, ON_ENGINE, RUNNING, SAMPLES, UPDATE

VOID = {"br", "hr", "img"}


class Checker(HTMLParser):
    """Notes every tag, and that each one is closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", list(SAMPLES))
def test_the_html_is_well_formed_and_brings_no_script(name: str) -> None:
    """No JavaScript, nothing from outside, nothing of a user's that is a tag."""
    html = bundle(SAMPLES[name])["text/html"]
    checker = Checker()
    checker.feed(html)

    assert checker.open == []
    assert checker.seen & {"script", "b", "leaves", "tag", "link", "img"} == set()
    assert "http" not in html


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_value_can_be_sent_as_json(name: str) -> None:
    """What `--json` prints is made of plain values."""
    import json

    json.dumps(to_wire(SAMPLES[name]))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("drifted environment", ["drifted", "pandas/<core>.py", "guest/ (9 files)"]),
        ("drifted environment", ["the same line with --rebuild builds it again"]),
        ("drifted environment view", ["env build churn --rebuild", "guest, pandas"]),
        ("drifted proof", ["not exact", "guest/ (9 files)"]),
        ("drifted environments", ["drifted, in use, pinned", "1.0 MB", "(isolated kernels)"]),
        ("clearing", ["2.0 GB before, 0 B now", "3.0 MB", "<b>", "pinned", "uv cache prune"]),
        ("dry run", ["dry run", "WOULD BE REMOVED", "0 B then"]),
        ("nothing to clear", ["nothing to remove"]),
        ("pinned", ["never removed automatically"]),
        ("unpinned", ["not been used for a long time"]),
        ("registration", ["churn  created", "score   action", "warning: odd <tag>", "import json"]),
        ("registration again", ["churn  unchanged"]),
        (
            "registration prepared",
            ["environment  being built in the background (3 requirements)"],
        ),
        ("registration refused", ["environment  failed: libs.txt, line 2: nowhere<1"]),
        ("models being prepared", ["downloading 12 of 45 MB (numpy, pandas), 4 s", "failed"]),
        ("environment being built", ["churn  building", "Now: downloading 12 of 45 MB"]),
        (
            "environment that failed",
            ["churn  failed", "no index has it. Look at its name.", "/logs/lock-1.log"],
        ),
        (
            "environment that failed",
            [
                "Once that is fixed, '%modelop env build churn' builds it; the first job does so, too."
            ],
        ),
        ("asset changed", ["churn  updated", "changed  libs.txt: role"]),
        ("models", ["MODEL", "churn  @2", "batch: Finished with 3 failed records"]),
        ("no models", ["No models yet."]),
        ("model", ["environment  ready: 5176b04d3b2f, Python 3.11.7, 2 packages", "churn@2"]),
        ("model of a snapshot", ["churn@2", "not locked"]),
        ("assets", ["libs <b>.txt  Required libraries"]),
        ("snapshot", ["churn@2  churn-20261122_1200"]),
        ("removed", ["Removed model churn."]),
        (
            "requirements",
            ["not good", "libs.txt, line 2", "sklearn", "missing", "not imported: six"],
        ),
        ("environment", ["environment 5176b04d3b2f  ready", "123 MB"]),
        ("proof", ["exact", "none of the 155 tried can be imported", "/env/lib"]),
        (
            "job",
            ["batch churn@2  Finished with 3 failed records  job 3f2a1c00", "COMPLETE FAILURE"],
        ),
        ("job", ["1,000 in, 997 scored, 2 rejected, 1 failed, 997 out", "KeyError: 'x' <script>"]),
        (
            "job",
            ["traceback of record 7", "5176b04d3b2f, Python 3.11.7, 2 packages", "… and 995 more"],
        ),
        ("metrics job", ["auc  0.91", "groups:", "g  n"]),
        (
            "broken job",
            [
                "Failed",
                "ERROR FAILURE",
                "init in churn.py, line 3: KeyError: 'w'",
                "Look at init",
                "File churn.py",
            ],
        ),
        ("job in the background", ["Running", "'%modelop job cancel 9b8b7b6b' stops it"]),
        ("update", ["Running  1,000 in, 1,000 scored, 1,000 out, 34 %, 512/s, 1 min 5 s left"]),
        ("step", ["building  installing 2 packages"]),
        ("long step", ["building  downloading 12 of 45 MB (numpy, pandas), 4 s"]),
        ("update", ["As of 20", "'%modelop job show"]),
        ("bar", ["1,000 of about 2,960 in,", "123 MB", "7%|###  | <b>"]),
        ("no errors", ["rejected no record"]),
        ("errors of several files", ["7 in b.json  model"]),
        ("errors with records", ['{"x": "<i>"}']),
        ("error groups", ["1,234", "churn.py:7", "ValueError: <bad>"]),
        ("no error groups", ["rejected no record"]),
        ("rerun", ["differs from the first run", "12 bytes", "<13> bytes", "Next time so"]),
        ("equal rerun", ["Nothing differs from the first run"]),
        ("document written", ["Wrote job 3f2a1c00 to /job.json."]),
        ("overview", ["/home", "models:", "environments:", "jobs:", "%modelop help"]),
        (
            "empty overview",
            ["# modelop.score\ndef score", "%modelop register NAME", "%modelop example"],
        ),
        ("examples", ["rents    Predict rents", "'%modelop example rents' writes"]),
        ("example", ["Rents  written", "jupyter lab 'my <b>/rents #1.ipynb'"]),
        ("example again", ["Rents  already there", "/data/rents.ipynb"]),
    ],
)
def test_the_text_says_what_counts(name: str, parts: list[str]) -> None:
    """A terminal shows the same facts."""
    shown = text(SAMPLES[name])

    assert [part for part in parts if part not in shown] == []


def test_the_shell_is_told_to_type_modelop() -> None:
    """A hint can be typed where it is read."""
    assert "'modelop job cancel" in text(RUNNING, program="modelop")


@pytest.mark.parametrize("form", ["text/plain", "text/html"])
def test_a_long_list_is_cut_and_says_so(form: str) -> None:
    """Fifty rows are enough for a cell."""
    shown = bundle(Listing(ASSETS[:1] * 1234, ""))[form]

    assert shown.count("churn.py") == 50
    assert "… and 1,184 more" in shown


def test_records_that_are_no_dicts_are_values() -> None:
    """Scalars and lists come out as they are."""
    shown = text(JobSummary(DONE, sample=(1.5, [1, 2], "text\nover lines", None)))

    assert [
        line for line in ("1.5", "[1, 2]", "text over lines", "null") if line not in shown
    ] == []


def test_wide_records_show_their_first_columns() -> None:
    """A record with a hundred keys does not fill the screen."""
    shown = text(JobSummary(DONE, sample=({f"k{n}": n for n in range(100)},)))

    assert "k7" in shown
    assert "k8" not in shown
    assert "and 92 more" in shown


def test_a_failed_call_without_a_record_is_shown_by_its_error() -> None:
    """A metrics function that raised has a traceback, not a list of records."""
    record = dataclasses.replace(
        DONE, status=JobStatus.COMPLETE, result=JobResult.FAILURE, error=JobError("x", "boom")
    )

    assert "boom" in text(JobSummary(record))


def test_a_failed_call_is_told_once() -> None:
    """Its error is that of the job: it has no record."""
    traceback = "Traceback\nValueError: boom"
    error = JobError("x", "metrics: boom", details={"traceback": traceback})
    record = dataclasses.replace(DONE, kind=JobKind.METRICS, result=JobResult.FAILURE, error=error)
    shown = text(JobSummary(record, (dataclasses.replace(ERROR, traceback=traceback),)))

    assert shown.count("ValueError: boom") == 1
    assert "rejected or failed records" not in shown


def test_a_record_that_a_warning_failed_says_why() -> None:
    """Elsewhere a warning is none; the log has the line that turns it off (issue 15)."""
    warned = dataclasses.replace(ERROR, exception="UserWarning")

    assert "A UserWarning fails its record" in text(JobSummary(DONE, (warned,)))
    assert "A UserWarning fails its record" not in text(JobSummary(DONE, (ERROR,)))


def test_a_call_that_returned_nothing_says_so() -> None:
    """It is what a generator gives that ends before its first yield."""
    record = dataclasses.replace(DONE, kind=JobKind.METRICS, result=JobResult.SUCCESS)

    assert "returned nothing" in text(JobSummary(record))


def test_each_of_several_jobs_tells_how_far_it_is_from_the_first() -> None:
    """Were only the first and the last compared, nothing would be said of the middle one."""
    records = tuple(dataclasses.replace(DONE, id=f"{n}{DONE.id}") for n in range(3))
    metrics = (MetricRow("auc", (0.9, 0.85, 0.9)), MetricRow("f1", (0.5, None, 0.75)))
    lines = text(Comparison("They differ.", records, (), metrics)).splitlines()

    assert [line.split()[1:] for line in lines if line.startswith(("auc", "f1"))] == [
        ["0.9", "0.85", "(-0.05)", "0.9"],
        ["0.5", "0.75", "(+0.25)"],
    ]


def test_what_nobody_described_is_a_mistake_of_ours() -> None:
    """It is found by a test, not shown as a repr."""
    with pytest.raises(TypeError, match="how to show a set"):
        text({1})


def test_the_traceback_of_a_record_is_text_not_markup() -> None:
    """What a model wrote is escaped."""
    html = bundle(JobSummary(DONE, (ERROR,)))["text/html"]

    assert "&lt;script&gt;" in html


def test_an_update_has_a_bar_where_the_share_is_known() -> None:
    """Read aloud as a progress bar."""
    html = bundle(UPDATE)["text/html"]

    assert 'role="progressbar"' in html
    assert 'aria-valuenow="34.0"' in html


def test_a_job_on_an_engine_tells_where_it_runs() -> None:
    """With the cluster's dashboard as a link, while it runs (issue 14)."""
    cluster = dataclasses.replace(CLUSTER, dashboard="http://host:8787/status")
    value = JobSummary(ON_ENGINE, cluster=cluster)
    ended = dataclasses.replace(value, record=dataclasses.replace(DONE, options=ON_ENGINE.options))

    assert "dask://host:8786 (3 nodes, 24 slots)" in text(value)
    assert '<a href="http://host:8787/status"' in bundle(value)["text/html"]
    assert "8787" not in text(ended)


def test_only_addresses_of_the_web_are_links() -> None:
    """A cluster says itself where its dashboard is."""
    cluster = dataclasses.replace(CLUSTER, dashboard="javascript:alert(1)")
    html = bundle(JobSummary(ON_ENGINE, cluster=cluster))["text/html"]

    assert "<a " not in html


def test_a_file_below_the_notebook_is_a_link() -> None:
    """JupyterLab opens it; an absolute path is of a place that it may not show."""
    html = bundle(SAMPLES["example"])["text/html"]

    assert '<a href="my%20%3Cb%3E/rents%20%231.ipynb">my &lt;b&gt;/rents #1.ipynb</a>' in html
    assert "<a " not in bundle(SAMPLES["example again"])["text/html"]


def test_the_list_of_jobs_names_engines_where_there_are_any() -> None:
    """Jobs of this machine have no column for it."""
    assert "ENGINE" in text(SAMPLES["jobs on engines"])
    assert "ENGINE" not in text(SAMPLES["jobs"])


def test_the_live_line_tells_chunks_and_nodes() -> None:
    """Workers may join meanwhile."""
    assert "12/40 chunks" in text(SAMPLES["update on an engine"])
    assert "3 nodes, 24 slots" in text(SAMPLES["update on an engine"])
