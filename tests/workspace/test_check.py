"""Checks of real models in their own environments: one fault, one finding, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest

from modelop_jupyter import Workspace, display
from modelop_jupyter.capture.hidden_state import HiddenState
from modelop_jupyter.checks import limits, live_notebook
from modelop_jupyter.checks.live_notebook import LiveNotebook
from modelop_jupyter.domain.checks import CheckReport, CheckTopic, KeptCheck
from modelop_jupyter.errors import InvalidError
from tests.conftest import SlowPackages
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

CLEAN = """
import math

# modelop.score
def score(record):
    yield {"y": math.sqrt(record["x"])}
"""
RECORDS = 12


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take no record, and no comparison with a notebook, for slow that a busy machine has delayed."""
    monkeypatch.setattr(limits, "RECORD_SECONDS", PATIENCE)
    monkeypatch.setattr(live_notebook, "_SECONDS", PATIENCE)


def check(
    workspace: Workspace, source: str, *, requirements: str = "", **options: object
) -> CheckReport:
    """Register a source and check it with twelve records."""
    Path("model.py").write_text(source)
    Path("in.json").write_text("".join(json.dumps({"x": n}) + "\n" for n in range(RECORDS)))
    assets = []
    if requirements:
        Path("requirements.txt").write_text(requirements)
        assets.append("requirements.txt")
    workspace.register("model", "model.py", assets=assets)
    return workspace.check("model", "in.json", **options)  # type: ignore[arg-type]


def codes(report: CheckReport) -> list[str]:
    return [finding.code for topic in report.topics for finding in topic.findings]


def test_a_clean_model_has_a_clean_card(workspace: Workspace) -> None:
    """It records no job, and leaves nothing behind."""
    report = check(workspace, CLEAN)

    assert codes(report) == []
    assert report.is_passed
    assert (report.ref, report.sample, report.records) == ("model@1", "in.json", RECORDS)
    assert {topic.topic: topic.state for topic in report.topics} == {
        CheckTopic.NOTEBOOK: "not checked",
        **dict.fromkeys(
            [topic for topic in CheckTopic if topic is not CheckTopic.NOTEBOOK], "passed"
        ),
    }
    assert workspace.jobs() == []
    kept = workspace.last_check("model")
    assert kept is not None
    assert (kept.report, kept.is_outdated) == (report, False)


def test_the_last_check_is_shown_until_the_model_is_removed(workspace: Workspace) -> None:
    """It is of the snapshot; the model as it is now may be another one."""
    report = check(workspace, CLEAN, command=("check", "model", "in.json"))
    Path("model.py").write_text(CLEAN + "\nA = 1\n")
    workspace.register("model", "model.py")
    workspace.snapshot("model")
    now, first, second = map(workspace.show, ("model", "model@1", "model@2"))
    workspace.remove("model")
    workspace.register("model", "model.py")

    assert (now.check, first.check, second.check) == (
        KeptCheck(report, is_outdated=True),
        KeptCheck(report, is_outdated=False),
        None,
    )
    assert workspace.show("model").check is None


FAULTS: Mapping[str, tuple[str, int | None, str]] = {
    "warning_is_error": (
        "import warnings\n\n# modelop.score\ndef score(record):\n"
        "    if record['x'] == 3:\n        warnings.warn('three')\n    yield record['x']\n",
        6,
        "failed",
    ),
    "output_encoding": (
        "# modelop.score\ndef score(record):\n"
        "    yield {'y': float('nan') if record['x'] == 3 else 1}\n",
        None,
        "failed",
    ),
    "model": (
        "# modelop.score\ndef score(record):\n    yield 1 / (record['x'] - 3)\n",
        3,
        "failed",
    ),
    "random": (
        "import random\n\n# modelop.score\ndef score(record):\n    yield random.random()\n",
        5,
        "warned",
    ),
    "state_between_records": (
        "seen = []\n\n# modelop.score\ndef score(record):\n"
        "    seen.append(1)\n    yield len(seen)\n",
        None,
        "warned",
    ),
    "access_read": (
        "# modelop.score\ndef score(record):\n    open(r'{outside}').read()\n    yield 1\n",
        3,
        "failed",
    ),
    "no_output": (
        "# modelop.score\ndef score(record):\n    record.update(y=1)\n",
        None,
        "warned",
    ),
    "schema_missing": (
        "# modelop.schema.0: nowhere.avsc\n" + CLEAN,
        None,
        "warned",
    ),
    "tag": (
        CLEAN + "\n# modelop.training\ndef train(data):\n    pass\n",
        8,
        "warned",
    ),
    "missing_requirement": (
        "import math\n\ndef unused():\n    import sklearn\n\n"
        "# modelop.score\ndef score(record):\n    yield 1\n",
        4,
        "failed",
    ),
}


@pytest.mark.parametrize("code", FAULTS)
def test_each_fault_is_found_and_nothing_else(workspace: Workspace, code: str) -> None:
    source, line, level = FAULTS[code]
    outside = Path.cwd().parent / "lookup.csv"
    outside.write_text("a\n")
    report = check(workspace, source.replace("{outside}", str(outside)))

    (finding,) = [finding for topic in report.topics for finding in topic.findings]
    assert (finding.code, finding.level, finding.line) == (code, level, line)
    assert finding.hint
    assert report.is_passed == (level == "warned")


def test_an_error_of_the_import_is_the_card(workspace: Workspace) -> None:
    """What could not be looked at for it is said not to be checked."""
    report = check(workspace, "import nowhere\n" + CLEAN)
    states = {topic.topic: topic.state for topic in report.topics}

    assert "nowhere" in report.topics[1].findings[0].message
    assert states[CheckTopic.RULES] == "failed"
    assert states[CheckTopic.STABILITY] == "not checked"


def test_a_notebook_whose_global_has_changed_answers_otherwise(workspace: Workspace) -> None:
    """The card names the global, and shows a record with both answers."""
    source = (
        "threshold = 5\n\n# modelop.score\ndef score(record):\n    yield record['x'] > threshold\n"
    )
    names: dict[str, object] = {}
    exec(source.replace("= 5", "= 9"), names)
    live = LiveNotebook(names, defining_cell={"threshold": 7}.get)
    report = check(workspace, source, live=live)
    (finding,) = report.topics[0].findings

    assert (finding.code, finding.level, finding.record) == ("notebook_differs", "failed", 6)
    assert "threshold is 5 in the model, and 9 in the notebook since cell 7 ran" in finding.message
    assert finding.evidence is not None
    assert finding.evidence.startswith("record 6: the model gives true, the notebook false")


def test_a_notebook_that_has_not_called_init_is_not_compared(workspace: Workspace) -> None:
    """The runtime calls it first; a notebook need not, so the missing name is no difference."""
    source = (
        "# modelop.init\ndef load():\n    global factor\n    factor = 2\n\n"
        "# modelop.score\ndef score(record):\n    yield record['x'] * factor\n"
    )
    names: dict[str, object] = {}
    exec(source, names)
    topic = check(workspace, source, live=LiveNotebook(names)).topics[0]

    assert (topic.state, topic.findings) == ("not checked", ())
    assert topic.summary == "load() has not been called in the notebook"


def test_a_check_elsewhere_says_how_the_notebook_is_compared(workspace: Workspace) -> None:
    """Such as one that the sidebar asks for: the server has no notebook."""
    cell = nbformat.v4.new_code_cell(CLEAN)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "n.ipynb")
    file_of("in.json", '{"x": 1}\n')
    workspace.register("model", "n.ipynb")
    topic = workspace.check("model", "in.json").topics[0]

    assert (topic.state, topic.summary) == (
        "not checked",
        "'%modelop check model' in its notebook compares the two",
    )


def test_a_notebook_that_agrees_passes(workspace: Workspace) -> None:
    names: dict[str, object] = {}
    exec(CLEAN, names)
    report = check(workspace, CLEAN, live=LiveNotebook(names))

    assert report.topics[0].state == "passed"


@pytest.mark.parametrize(
    ("file", "codes", "record"),
    [
        ("input_schema.avsc", ["input_schema_differs"], 6),
        ("output_schema.avsc", ["output_schema_differs"], 6),
        ("input_schema.json", ["schema_not_avro", "input_schema_differs"], 6),
        ("unusable", ["schema_unusable"], None),
    ],
)
def test_schemas_are_compared_with_the_sample_and_its_output(
    workspace: Workspace, file: str, codes: list[str], record: int | None
) -> None:
    """Records from the seventh on hold a text; a job that does not check schemas scores them."""
    source = "# modelop.score\ndef score(record):\n    return record\n"
    workspace.register("model", file_of("model.py", source))
    avro = {"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]}
    json_schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    schema = json_schema if file.endswith(".json") else avro
    text = "not JSON" if file == "unusable" else json.dumps(schema)
    name = "input_schema.avsc" if file == "unusable" else file
    workspace.asset_add("model", file_of(name, text), role="MODEL_SCHEMA")
    rows = [{"x": n if n < 6 else str(n)} for n in range(RECORDS)]
    report = workspace.check(
        "model", file_of("in.json", "".join(json.dumps(row) + "\n" for row in rows))
    )

    findings = report.topics[1].findings
    assert [finding.code for finding in findings] == codes
    assert {(finding.level, finding.file) for finding in findings} == {("warned", name)}
    assert findings[-1].record == record


def file_of(name: str, text: str) -> str:
    """Write a file and return its name."""
    Path(name).write_text(text)
    return name


def test_hidden_state_of_the_notebook_is_on_the_card(workspace: Workspace) -> None:
    """Its answers are those of the model, which its cells would not give once more."""
    names: dict[str, object] = {}
    exec(CLEAN, names)
    hidden = HiddenState(("cell 3 was edited after it ran",), "-a\n+b")
    report = check(workspace, CLEAN, live=LiveNotebook(names, hidden_state=hidden))
    (finding,) = report.topics[0].findings

    assert (finding.code, finding.level) == ("hidden_state", "warned")
    assert "another model: cell 3 was edited after it ran" in finding.message
    assert finding.evidence == "-a\n+b"


def test_a_metrics_function_is_called_too(workspace: Workspace) -> None:
    """What it raises is a finding with its line."""
    source = CLEAN + "\n# modelop.metrics\ndef metrics(data):\n    yield {'mean': data.z.mean()}\n"
    report = check(workspace, source, metrics="in.json")
    (finding,) = report.topics[1].findings

    assert finding.level == "failed"
    assert "AttributeError" in finding.message


def test_without_an_input_the_test_data_of_the_model_is_taken(workspace: Workspace) -> None:
    check(workspace, CLEAN)
    workspace.asset_add("model", "in.json", role="TEST_DATA")

    assert workspace.check("model").sample == "in.json"


def test_without_any_data_it_says_what_to_do(workspace: Workspace) -> None:
    check(workspace, CLEAN)

    with pytest.raises(InvalidError, match="no test data to check it with") as raised:
        workspace.check("model")
    assert "check model customers.json" in str(raised.value.hint)


def test_a_yanked_version_is_named_with_its_line(
    slow_packages: SlowPackages, workspace: Workspace
) -> None:
    """The reason that the index gives is shown."""
    slow_packages.add("held", 10)
    page = slow_packages.folder / "simple" / "held" / "index.html"
    page.write_text(page.read_text().replace("<a ", '<a data-yanked="wrong results" '))
    report = check(workspace, "import held\n" + CLEAN, requirements="# of the model\nheld==1.0\n")
    (finding,) = [one for topic in report.topics for one in topic.findings]

    assert (finding.code, finding.level) == ("yanked", "warned")
    assert (finding.file, finding.line) == ("requirements.txt", 2)
    assert finding.evidence == "wrong results"


def test_what_no_index_answers_is_said_and_is_no_finding(
    release: Callable[..., None], workspace: Workspace
) -> None:
    release("1.0")
    report = check(workspace, "import demo\n" + CLEAN, requirements="demo==1.0\n")

    assert codes(report) == []
    assert (
        "Not looked at: yanked versions, and wheels for the runtime, of demo (no index is used)"
        in (" ".join(display.text(report).split()))
    )
