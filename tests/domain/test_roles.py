"""The role a file gets from its name (spec 5.1, 13.16)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.errors import UnknownRoleError


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("requirements.txt", "REQUIRED_LIBRARIES"),
        ("utils/requirements.txt", "REQUIRED_LIBRARIES"),
        ("REQUIREMENTS.TXT", "REQUIRED_LIBRARIES"),
        ("requirements_additional.txt", "UNKNOWN"),
        ("metadata.json", "MODEL_METADATA"),
        ("metadata.txt", "UNKNOWN"),
        ("required_assets.json", "REQUIRED_ASSETS"),
        ("external_assets.json", "EXTERNAL_ASSETS"),
        ("README.md", "README_FILE"),
        ("sub/read_me.md", "README_FILE"),
        ("license.md", "LICENSE_FILE"),
        ("dashboard_model.md", "DASHBOARD_RESULT_COMPARATOR"),
        ("great_expectations_test.json", "GREAT_EXPECTATIONS_TEST"),
        ("prompt.json", "PROMPT_TEMPLATE"),
        ("prompt.yaml", "PROMPT_TEMPLATE"),
        ("guard.rail", "RAIL_FILE"),
        ("baseline.csv", "BASELINE_DATA"),
        ("baseline_data.json", "BASELINE_DATA"),
        ("df_baseline_scored.json", "BASELINE_DATA"),
        ("df-Baseline.JSONL", "BASELINE_DATA"),
        ("comparator.jsonl", "COMPARATOR_DATA"),
        ("training_data.json", "TRAINING_DATA"),
        ("test_data.json", "TEST_DATA"),
        ("baseline_test.csv", "BASELINE_DATA"),
        ("tdata.csv", "TEST_DATA"),
        ("baselines.csv", "TEST_DATA"),
        ("baseline.pkl", "WEIGHTS_FILE"),
        ("model.pickle", "WEIGHTS_FILE"),
        ("net.pklz", "WEIGHTS_FILE"),
        ("churn.model", "MODEL_BINARY_FILE"),
        ("input_schema.avsc", "MODEL_SCHEMA"),
        ("input_schema.json", "TEST_DATA"),
        ("data.avro", "MODEL_SCHEMA"),
        ("thresholds.dmn", "TEST_RESULT_COMPARATOR"),
        ("annual_review_report.docx", "ANNUAL_REVIEW_REPORT"),
        ("model_design_document.pdf", "MODEL_DESIGN_DOCUMENT"),
        ("validation_report.doc", "VALIDATION_REPORT"),
        ("notes.pdf", "MODEL_DOCUMENTATION"),
        ("code.py", "MODEL_SOURCE"),
        ("echo.py3", "MODEL_SOURCE"),
        ("train.ipynb", "MODEL_SOURCE"),
        ("config.yaml", "MODEL_SOURCE"),
        ("model_one_thresholds.bak", "UNKNOWN"),
        ("Makefile", "UNKNOWN"),
        (".py", "UNKNOWN"),
    ],
)
def test_a_file_name_gives_the_role(path: str, role: str) -> None:
    """Exact names first, then words of the stem, then the extension (spec 13.16)."""
    assert role_for(path) is AssetRole(role)


@pytest.mark.parametrize(
    "text",
    ["REQUIRED_LIBRARIES", "Required libraries", "required-libraries", " required_libraries "],
)
def test_a_role_is_read_in_either_spelling(text: str) -> None:
    """The interface takes ModelOp's spelling and the label."""
    assert AssetRole.parse(text) is AssetRole.REQUIRED_LIBRARIES


def test_the_label_of_required_libraries_is_modelops() -> None:
    """The one label that is confirmed (spec 5.1)."""
    assert AssetRole.REQUIRED_LIBRARIES.label == "Required libraries"


def test_an_unknown_role_is_answered_with_the_list() -> None:
    """The error names the nearest role and all others."""
    with pytest.raises(UnknownRoleError) as caught:
        AssetRole.parse("REQUIRED_LIBRARY")

    assert "Did you mean REQUIRED_LIBRARIES?" in str(caught.value)
    assert "WEIGHTS_FILE" in str(caught.value)


@given(st.text())
def test_every_name_has_a_role(name: str) -> None:
    """Whatever a file is called, it gets a role."""
    assert isinstance(role_for(name), AssetRole)
