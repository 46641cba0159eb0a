"""One value of every type that a verb returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from modelop_jupyter.configuration import ConfiguredValue, Source
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.chunks import ChunkCounts
from modelop_jupyter.domain.disk import Cleared, Clearing, Pinned, PinnedJob, Spared
from modelop_jupyter.domain.engines import EngineState
from modelop_jupyter.domain.environments import (
    BuildFailure,
    BuildStep,
    Drift,
    Environment,
    Interpreter,
    LockedPackage,
    Proof,
)
from modelop_jupyter.domain.examples import SNIPPET, Example, ExampleCopy, ExampleList
from modelop_jupyter.domain.exchange import Exported, Imported
from modelop_jupyter.domain.job_options import JobOptions
from modelop_jupyter.domain.jobs import (
    Counts,
    JobError,
    JobInput,
    JobKind,
    JobRecord,
    JobResult,
    JobStatus,
    RecordError,
)
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState, Snapshot
from modelop_jupyter.domain.reports import (
    Difference,
    Document,
    EnvironmentRow,
    EnvironmentState,
    EnvironmentView,
    ErrorGroups,
    ImportFinding,
    JobErrors,
    JobLog,
    JobSummary,
    JobUpdate,
    ModelRow,
    ModelView,
    Overview,
    ProofView,
    Registration,
    Removed,
    RequirementRow,
    RequirementsReport,
)
from modelop_jupyter.domain.requirements.changes import VersionChange
from modelop_jupyter.domain.results.comparisons import Aspect, AssetChange, ModelDiff
from modelop_jupyter.domain.results.error_groups import ErrorGroup
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.usage import ResourceUsage

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
ASSETS = (
    Asset("churn.py", AssetRole.MODEL_SOURCE, "sha256:" + "0" * 64, 1234),
    Asset("libs <b>.txt", AssetRole.REQUIRED_LIBRARIES, "sha256:" + "1" * 64, 5),
)
POINTS = EntryPoints(init="begin", score="action")
STATE = ModelState(ASSETS, "churn.py", POINTS)
MODEL = Model("1", "churn", STATE, NOW, NOW, "who <leaves> & why", ("a",))
SNAPSHOT = Snapshot("s", "churn", 2, "churn-20261122_1200", STATE, NOW)
INTERPRETER = Interpreter("/python", "3.11.7")
PACKAGES = (LockedPackage("numpy", "2.1.0"), LockedPackage("pandas", "2.2.3"))
ENVIRONMENT = Environment(
    "5176b04d3b2f63160b3c",
    "/env",
    "/env/bin/python",
    "d",
    INTERPRETER,
    PACKAGES,
    NOW,
    1.7,
    123_456_789,
)
DONE = JobRecord(
    id="3f2a1c00-aaaa",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=2,
    status=JobStatus.COMPLETE,
    result=JobResult.FAILURE,
    created=NOW,
    started=NOW,
    ended=NOW + timedelta(seconds=75),
    inputs=(JobInput("in.json", "/in.json", "jsonl"),),
    output="/scores.json",
    counts=Counts(1000, 997, 2, 1, 997),
    environment=ENVIRONMENT.fingerprint,
    packages=2,
)
CLUSTER = EngineState("dask://host:8786", 3, 24, 64_000_000_000)
RUNNING = JobRecord(
    id="9b8b7b6b-aaaa",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=2,
    status=JobStatus.RUNNING,
    result=JobResult.UNKNOWN,
    created=NOW,
    started=NOW,
    counts=Counts(1000, 1000, 0, 0, 1000),
)
BROKEN = JobRecord(
    id="deadbeef-aaaa",
    kind=JobKind.BATCH,
    model="churn",
    snapshot=2,
    status=JobStatus.ERROR,
    result=JobResult.FAILURE,
    created=NOW,
    error=JobError(
        "model",
        "init in churn.py, line 3: KeyError: 'w'",
        "Look at init",
        {"stage": "init", "exception": "KeyError", "traceback": "Traceback:\n  File churn.py"},
    ),
)
ERROR = RecordError(7, "model", "'x' <script>", "KeyError", 'File "churn.py", line 3', 0, None)
METRICS = {"auc": 0.91, "groups": [{"g": "a", "n": 1}, {"g": "b", "n": 2}], "m": {"c": [1, 2]}}
ROW = ModelRow("churn", 2, 2, POINTS, NOW, DONE)
GROUP = ErrorGroup("model", "ValueError", "churn.py", 7, 1234, 3, "<bad>")
ON_ENGINE = replace(RUNNING, options=JobOptions({"engine": "dask://host:8786"}))
UPDATE = JobUpdate(RUNNING, "running", RUNNING.counts, None, 34, 100, 512.4, 65.0, "")
REPORT = RequirementsReport(
    "churn",
    (RequirementRow("libs.txt", 1, "six"), RequirementRow("libs.txt", 2, "-e .", problem="no")),
    ("pandas",),
    PACKAGES,
    (ImportFinding("sklearn", "churn.py", 3, "missing"),),
    ("six",),
    True,
)
DOWNLOAD = BuildStep("downloading", "numpy, pandas", 4.2, 12_400_000, 45_000_000, is_joined=True)
REFUSED = BuildFailure(
    "libs.txt, line 2: nowhere<1: no index has it",
    "no index has it",
    NOW,
    "Look at its name",
    "libs.txt",
    2,
    "nowhere<1",
    "/logs/lock-1.log",
)
BUILDING = EnvironmentState("building", step=DOWNLOAD)
FAILED = EnvironmentState("failed", failure=REFUSED)
PROOF = Proof("5176b04d3b2f", "/env/bin/python", "3.11.7", ("/env/lib",), PACKAGES, (), (), (), 155)
SITE = "lib/python3.11/site-packages"
DRIFT = Drift(
    changed=(f"{SITE}/pandas/<core>.py",),
    added=tuple(f"{SITE}/guest/m{number}.py" for number in range(9)),
    packages=("guest", "pandas"),
)
DRIFTED = replace(ENVIRONMENT, drift=DRIFT)
CLEARING = Clearing(
    quota=10**9,
    before=2 * 10**9,
    after=0,
    freed=3 * 10**6,
    cleared=(Cleared("environment", ENVIRONMENT.fingerprint, 123_456_789, "churn"),),
    spared=(Spared("9b8b7b6b9b8b7b6b9b8b", ("<b>",), "pinned"),),
)

EXAMPLE = Example("rents", "Rents", "Predict rents <leaves>.")
SAMPLES = {
    "registration": Registration(MODEL, True, (), "import json\n", True, ("odd <tag>",)),
    "registration again": Registration(MODEL, False),
    "registration prepared": Registration(
        MODEL,
        True,
        environment=EnvironmentState("building", step=BuildStep("preparing", "3 requirements")),
    ),
    "registration refused": Registration(MODEL, True, environment=FAILED),
    "models being prepared": Listing(
        (replace(ROW, environment=BUILDING), replace(ROW, environment=FAILED)), ""
    ),
    "asset changed": Registration(MODEL, False, ("libs.txt: role",)),
    "models": Listing((ROW,), "No models yet."),
    "no models": Listing((), "No models yet."),
    "model": ModelView(
        MODEL, POINTS, ASSETS, (SNAPSHOT,), EnvironmentState("ready", ENVIRONMENT), (DONE,)
    ),
    "model of a snapshot": ModelView(
        MODEL, POINTS, ASSETS, (), EnvironmentState("not locked"), (), SNAPSHOT, "import json"
    ),
    "assets": Listing(ASSETS, ""),
    "snapshot": SNAPSHOT,
    "snapshots": Listing((SNAPSHOT,), ""),
    "diff": ModelDiff(
        "churn@1",
        "churn",
        "churn@1 and churn differ in source; everything else is the same.",
        (Aspect("source", ("a", "b")), Aspect("tags", ("<x>", "<x>"))),
        ("source changed",),
        (AssetChange("churn.py", None, ASSETS[0], "--- a\n+++ b\n@@ -1 +1 @@\n-<x>\n+&"),),
        (VersionChange("numpy", "1.0", None),),
    ),
    "examples": ExampleList((EXAMPLE,), SNIPPET),
    "example": ExampleCopy(EXAMPLE, "my <b>/rents #1.ipynb", is_new=True),
    "example again": ExampleCopy(EXAMPLE, "/data/rents.ipynb", is_new=False),
    "exported": Exported(
        "churn@2",
        "/tmp/<churn>.zip",
        "modelop",
        5,
        1234,
        STATE.digest,
        "sha256:" + "0" * 64,
        notes=("a & b",),
        warnings=("<odd>",),
    ),
    "exported again": Exported(
        "churn", "/tmp/churn", "git", 5, 1234, STATE.digest, None, was_there=True
    ),
    "imported": Imported(Registration(MODEL, True), SNAPSHOT, is_new=True),
    "imported again": Imported(Registration(MODEL, False), SNAPSHOT, is_new=False),
    "removed": Removed("model", "churn"),
    "requirements": REPORT,
    "environment": ENVIRONMENT,
    "drifted environment": DRIFTED,
    "drifted environment view": EnvironmentView(
        "churn", "drifted", INTERPRETER, PACKAGES, (), DRIFTED
    ),
    "drifted proof": ProofView("churn", replace(PROOF, drift=DRIFT)),
    "drifted environments": Listing(
        (
            EnvironmentRow(DRIFTED, ("churn",), in_use=True, freed=10**6, is_pinned=True),
            EnvironmentRow(ENVIRONMENT, (), is_overlay=True),
        ),
        "",
    ),
    "clearing": CLEARING,
    "configured value": ConfiguredValue(
        "engine", "dask://<b>:1", Source.FILE, "/home/config.json", "where jobs run"
    ),
    "configuration": [ConfiguredValue("engine", "local", Source.DEFAULT, "", "where jobs run")],
    "dry run": replace(CLEARING, is_dry_run=True),
    "nothing to clear": Clearing(10**9, 0, 0, 0),
    "pinned": Pinned("churn", ENVIRONMENT.fingerprint, is_pinned=True),
    "unpinned": Pinned("churn", ENVIRONMENT.fingerprint, is_pinned=False),
    "environments": Listing((EnvironmentRow(ENVIRONMENT, ("churn",)),), ""),
    "environment view": EnvironmentView("churn", "ready", INTERPRETER, PACKAGES, (), ENVIRONMENT),
    "environment being built": EnvironmentView("churn", "building", None, (), step=DOWNLOAD),
    "environment that failed": EnvironmentView("churn", "failed", None, (), failure=REFUSED),
    "environment not built": EnvironmentView("churn", "not built", INTERPRETER, PACKAGES),
    "proof": ProofView("churn", PROOF),
    "step": BuildStep("installing", "2 packages"),
    "long step": DOWNLOAD,
    "jobs": Listing((DONE, RUNNING, BROKEN), ""),
    "job": JobSummary(DONE, (ERROR,), None, ({"s": 1}, {"s": 2}), "log", ENVIRONMENT),
    "metrics job": JobSummary(DONE, (), METRICS),
    "broken job": JobSummary(BROKEN, log="last words"),
    "job in the background": RUNNING,
    "update": UPDATE,
    "job on an engine": JobSummary(ON_ENGINE, cluster=CLUSTER),
    "jobs on engines": Listing((DONE, ON_ENGINE), ""),
    "update on an engine": replace(UPDATE, cluster=CLUSTER, chunks=ChunkCounts(12, 40)),
    "jobs cleared": replace(
        CLEARING,
        quota=None,
        older=30 * 86400.0,
        noun="jobs",
        is_dry_run=True,
        cleared=(Cleared("job", "3f2a1c00", 123_456_789, "<b>@1"),),
    ),
    "pinned job": PinnedJob("3f2a1c00-0000", is_pinned=True),
    "log": JobLog("3f2a1c00", "2026/11/22 12:00:00 [info] state changes to RUNNING"),
    "bar": replace(
        UPDATE,
        total=2961,
        usage=ResourceUsage(123_456_789, cores=3.94, gpus=0.87, gpu_memory=10_000_000_000),
        tail="  7%|###  | <b>",
    ),
    "errors": JobErrors(DONE, (ERROR,)),
    "errors of several files": JobErrors(DONE, (replace(ERROR, file="b.json"),)),
    "errors with records": JobErrors(DONE, (replace(ERROR, record='{"x": "<i>"}'),)),
    "error groups": ErrorGroups(DONE, (GROUP,)),
    "no error groups": ErrorGroups(DONE, ()),
    "rerun": JobSummary(
        DONE, hint="Next time so", differences=(Difference("input", "12 bytes", "<13> bytes"),)
    ),
    "equal rerun": JobSummary(DONE, differences=()),
    "no errors": JobErrors(DONE, ()),
    "document": Document("job 3f2a1c00", {"id": "x"}),
    "document written": Document("job 3f2a1c00", {}, "/job.json"),
    "overview": Overview("/home", (ROW,), (EnvironmentRow(ENVIRONMENT, ("churn",)),), (DONE,)),
    "empty overview": Overview("/home", (), (), ()),
    "nothing": None,
}
