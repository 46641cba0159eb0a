"""What is said before a job starts, or at its end, of inputs that do not fit the model's function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.workspace.job_inputs import required_parameters

MONITOR = [
    {"usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"},
    {"usage": "ADDITIONAL_ASSET", "assetRole": "UNKNOWN", "filename": "x.json"},
    {"usage": "INPUT_ASSET", "assetRole": "COMPARATOR_DATA"},
]


@pytest.mark.parametrize(
    ("head", "required", "missing"),
    [
        ("def f(a, b):", None, "f(a, b) takes 2 inputs, and 1 input is given: b is missing. Name them in this order: a, b. With"),
        ("def f(a, b):", MONITOR, "given: b (Comparator data) is missing"),
        ("def f(df_baseline, df_comparator, c):", None, "df_comparator (Comparator data) and c are missing. Name"),
    ],
)  # fmt: skip
def test_a_missing_input_is_said_before_the_start_by_role(
    workspace: Workspace, head: str, required: object, missing: str
) -> None:
    """Positional parameters without a default must be filled (spec 13.13)."""
    Path("in.json").write_text("{}")
    Path("m").mkdir()
    Path("m/code.py").write_text(f"# modelop.metrics\n{head}\n    yield 1\n")
    Path("m/required_assets.json").write_text(json.dumps(required))
    workspace.register("m", "m")

    with pytest.raises(InvalidError) as caught:
        workspace.metrics("m", "in.json")

    assert missing in str(caught.value)
    assert workspace.jobs() == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(a, b): pass", ["a", "b"]),
        ("def f(a, b=1): pass", ["a"]),
        ("def f(*frames): pass", []),
        ("def f(a, /, b, *, c=1): pass", ["a", "b"]),
        ("def f(a): pass\nif True:\n    def f(a, b): pass", []),
        ("from x import f", []),
        ("def f(a, b): pass\nf = partial(f, 1)", []),
        ("@decorated\ndef f(a, b): pass", []),
        ("print 'Python 2'", []),
    ],
)
def test_only_what_is_certain_isrequired_parameters(source: str, names: list[str]) -> None:
    """What decorators and bindings make of a function is seen when it is called."""
    assert required_parameters(source, "f") == names


def test_the_older_protocol_takes_one_input_at_a_time(workspace: Workspace) -> None:
    """A parameter named slot_no is no input (spec 13.13)."""
    Path("in.json").write_text('{"a": 1}\n')
    Path("c.py").write_text("# modelop.metrics\ndef f(d, slot_no):\n    yield {'n': len(d)}\n")
    workspace.register("m", "c.py")

    assert workspace.metrics("m", "in.json").wait(300).metrics == {"n": 1}


def test_further_results_of_a_metrics_function_are_told(workspace: Workspace) -> None:
    """The first is the result; what is dropped is not dropped without a word (spec 13.14)."""
    Path("in.json").write_text('{"a": 1}\n')
    Path("c.py").write_text(
        "# modelop.metrics\ndef f(d):\n    yield {'n': 1}\n    yield {'n': 2}\n"
    )
    workspace.register("m", "c.py")
    job = workspace.metrics("m", "in.json").wait(300)

    assert job.metrics == {"n": 1}
    assert "gave 2 results; only the first one is used" in job.log()


@pytest.mark.parametrize(
    ("text", "has_hint"),
    [
        ('[{"x": 1}, {"x": 2}]\n', True),
        ('[1, 2]\n', False),
        ('{"y": 1}\n', False),
    ],
)  # fmt: skip
def test_an_array_on_one_line_gets_a_hint_where_it_failed(
    workspace: Workspace, model: str, text: str, has_hint: bool
) -> None:
    """It is one record; most who write it meant several (spec 13.6)."""
    Path("in.json").write_text(text)
    job = workspace.batch(model, "in.json").wait(300)

    assert job.counts.failed == 1
    assert ("is one JSON array on one line" in (job.hint or "")) is has_hint


def test_tags_are_added(workspace: Workspace, model: str) -> None:
    """A second tag does not take the first one away; an empty list does."""
    workspace.register(model, tags=["a"])
    workspace.register(model, tags=["b", "a"])
    both = workspace.show(model).model.tags
    workspace.register(model, tags=[])

    assert both == ("a", "b")
    assert workspace.show(model).model.tags == ()
