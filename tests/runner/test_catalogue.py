"""The catalogue of small models, one or more per rule of section 13, run by the runner alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.formats import FORMATS

from .harness import Ran, Stage

MODELS = Path(__file__).parents[1] / "data" / "models"
CASES = sorted(path.parent for path in MODELS.glob("*/expected.json"))
TOLD = {case.name: json.loads((case / "expected.json").read_text("utf-8")) for case in CASES}
HOST_REFUSES = [name for name, told in TOLD.items() if told.get("refused")]
DYING = [name for name, told in TOLD.items() if told.get("dies")]
RUNNING = [name for name in TOLD if name not in (*HOST_REFUSES, *DYING)]


def handed_over(path: Path, folder: Path) -> Path:
    """Return an input as the host hands it to the runner: what carries types is a frame."""
    if path.suffix != ".avro":
        return path
    FORMATS["avro"].write_frame(path.name, path, folder / f"{path.name}.frame")
    return folder / f"{path.name}.frame"


def run(stage: Stage, name: str) -> tuple[dict[str, Any], Ran]:
    """Run a model of the catalogue as its ``expected.json`` says."""
    folder, told = MODELS / name, TOLD[name]
    options = told.get("options", {})
    slots = {
        number: {**slot, "schema": json.loads((folder / slot["schema"]).read_text("utf-8"))}
        if "schema" in slot
        else slot
        for number, slot in told["slots"].items()
    }
    ran = stage(
        folder,
        [handed_over(folder / path, stage.root) for path in told["inputs"]],
        kind=told["kind"],
        name=told.get("source", "model.py"),
        output=told.get("output"),
        entry=told["entry_points"],
        slots=slots,
        check=options.get("schemas", ""),
        parameters=options.get("parameters"),
        max_errors=options.get("max_errors"),
        limit=options.get("limit"),
    )
    return told, ran


def seen(ran: Ran, told: dict[str, Any]) -> dict[str, Any]:
    """Return what a run came to, under those keys of ``expected.json`` that state it exactly."""
    readers = {
        "status": lambda: ran.result["status"],
        "result": lambda: ran.result["result"],
        "counts": lambda: ran.result["counts"],
        "reason": lambda: ran.result["reason"],
        "stopped_early": lambda: ran.result["stopped_early"],
        "metrics": lambda: ran.result["metrics"],
        "records": lambda: ran.records,
        "output_text": lambda: ran.output,
        "errors": lambda: [[e["index"], e["stage"], e["exception"]] for e in ran.errors],
        "files": lambda: [name for name in told["files"] if (ran.folder / "work" / name).exists()],
    }
    return {key: read() for key, read in readers.items() if key in told}


@pytest.mark.parametrize("name", RUNNING)
def test_a_model_ends_as_its_rule_says(stage: Stage, name: str) -> None:
    """Status, result, counts, output, errors and log."""
    told, ran = run(stage, name)
    error = json.dumps(ran.result["error"], ensure_ascii=False)

    found = seen(ran, told)
    assert found == {key: told[key] for key in found}
    assert [text for text in told.get("log_contains", []) if text not in ran.log] == []
    assert [text for text in told.get("log_lacks", []) if text in "\n".join(ran.log)] == []
    assert [text for text in told.get("console_contains", []) if text not in ran.console] == []
    assert [text for text in told.get("error_contains", []) if text not in error] == []


@pytest.mark.parametrize("name", DYING)
def test_a_model_that_ends_its_process_leaves_no_end_marker(stage: Stage, name: str) -> None:
    """What was done before is there (spec 13.12)."""
    told, ran = run(stage, name)

    assert not ran.has_end
    assert ran.begun == (0, told["last_record"])
    assert ran.records == told["records"]
    assert [text for text in told["console_contains"] if text not in ran.console] == []
