"""What a deployment says of itself: OpenAPI document, page and figures for Prometheus."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from prometheus_client.parser import text_string_to_metric_families
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from modelop_jupyter.deployments.openapi import openapi_document
from modelop_jupyter.deployments.served_model import ModelDescription, RequestLimits, SlotSchema

from ..waiting import PATIENCE
from .conftest import GoLive, Live

pytestmark = pytest.mark.slow

_TOKEN = "sécret"
_AUTHORIZATION = {"Authorization": f"Bearer {_TOKEN}".encode()}
_MODEL = """\
# modelop.score
def score(record):
    yield {"y": record["x"] / 2}
"""
_INPUT = {
    "type": "record",
    "name": "Customer",
    "fields": [
        {"name": "x", "type": ["int", "double"], "doc": "What is halved."},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["a", "b"]}},
        {"name": "next", "type": ["null", "Customer"], "scoringOptional": True},
    ],
}
_OUTPUT = {"type": "record", "name": "Half", "fields": [{"name": "y", "type": "double"}]}
_DESCRIPTION = ModelDescription(
    "half",
    "half@3",
    "Halves customers.",
    SlotSchema(_INPUT),
    SlotSchema(_OUTPUT),
    '{"x": 1.50, "kind": "a"}',
)
_LIMITS = RequestLimits(PATIENCE)


@pytest.fixture(scope="module")
def live(go_live: GoLive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    schema = tmp_path_factory.mktemp("schema") / "input_schema.avsc"
    schema.write_text(json.dumps(_INPUT))
    serving = go_live(
        _MODEL,
        schema,
        description=_DESCRIPTION,
        limits=_LIMITS,
        token=_TOKEN,
        check_schemas="in",
    )
    with serving as live:
        yield live


@pytest.fixture(scope="module")
def http(live: Live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.url, timeout=PATIENCE, headers=_AUTHORIZATION) as client:
        yield client


def test_the_schemas_of_the_model_are_in_the_document(http: httpx.Client) -> None:
    document = http.get("/openapi.json").json()
    schemas = document["components"]["schemas"]

    assert document["info"]["version"] == "half@3"
    assert schemas["Input.Customer"]["required"] == ["x", "kind"]
    assert schemas["Input.Customer"]["properties"]["next"] == {
        "anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Input.Customer"}]
    }
    assert schemas["Input.Kind"] == {"title": "Kind", "enum": ["a", "b"]}
    content = document["paths"]["/score"]["post"]["requestBody"]["content"]
    assert content["application/json"]["example"] == {"x": 1.5, "kind": "a"}


@pytest.mark.parametrize(
    "schema", [None, "strange", [], {}, 7, {"type": "record"}, {"type": "array"}, [["int"]]]
)
def test_a_schema_that_is_none_allows_everything(schema: object) -> None:
    document = openapi_document(
        _served(ModelDescription("m", "m@1", input_schema=SlotSchema(schema)))
    )

    assert json.loads(json.dumps(document)) == document


def test_json_schema_is_in_the_document_as_it_is() -> None:
    """With its references where it stands now, and fields whatever their names are."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.org/customer",
        "properties": {
            "id": {"type": "integer"},
            "next": {"$ref": "#"},
            "plan": {"$ref": "#/$defs/p"},
        },
        "$defs": {"p": {"enum": ["a", "b"]}},
    }
    described = ModelDescription("m", "m@1", input_schema=SlotSchema(schema, is_json=True))
    document = openapi_document(_served(described))
    found = document["components"]["schemas"]["Input"]

    assert found["properties"]["id"] == {"type": "integer"}
    assert found["properties"]["next"] == {"$ref": "#/components/schemas/Input"}
    assert found["properties"]["plan"] == {"$ref": "#/components/schemas/Input/$defs/p"}
    assert "$id" not in found


def test_who_has_no_token_gets_one_sentence(live: Live) -> None:
    answer = httpx.post(f"{live.url}/score", json={"x": 1})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["message"] == "the request does not have the token of this deployment"
    assert httpx.get(f"{live.url}/metrics").status_code == 401
    assert httpx.get(f"{live.url}/1/health").status_code == 200


def test_the_page_runs_nothing_but_what_stands_in_it(live: Live) -> None:
    """And asks for nothing from elsewhere, and only below its own address."""
    answer = httpx.get(live.url)
    script = re.findall(r"<script>(.*?)</script>", answer.text, re.S)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"script-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert not re.search(r"""(src|href)="(?!data:,)(/|\w+:)""", answer.text)
    assert not re.search(r"""fetch\(['"]/""", answer.text)


def test_figures_are_in_the_form_of_prometheus(http: httpx.Client) -> None:
    def figures() -> dict[tuple[str, str], float]:
        text = http.get("/metrics").text
        return {
            (sample.name, "".join(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    before = figures()
    http.post("/score", content='[{"x": 1, "kind": "a"}, {"x": 1}]')
    http.post("/score", content="")
    after = figures()

    def grown(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    assert grown("modelop_requests_total", "422") == 1
    assert grown("modelop_requests_total", "400") == 1
    assert grown("modelop_requests_refused_total") == 1
    assert grown("modelop_records_total", "scored") == 1
    assert grown("modelop_records_total", "rejected") == 1
    assert grown("modelop_request_duration_seconds_count") == 2
    assert grown("modelop_request_duration_seconds_bucket", "+Inf") == 2
    assert after["modelop_queue_records", ""] == 0
    assert after["modelop_model_info", "halfhalf@3"] == 1


def _served(description: ModelDescription):  # type: ignore[no-untyped-def]
    from modelop_jupyter.deployments.served_model import ServedModel

    return ServedModel(description, None, limits=_LIMITS)  # type: ignore[arg-type]


_DOCUMENT = openapi_document(_served(_DESCRIPTION), has_token=True)


@schemathesis.serializer("application/jsonlines")
def _lines(_context: object, value: object) -> bytes:
    return (value if isinstance(value, str) else json.dumps(value)).encode()


_schema = schemathesis.openapi.from_dict(_DOCUMENT)


def answers(operation_id: str) -> Any:
    """Return the test of one operation."""

    @_schema.include(operation_id=operation_id).parametrize()
    @settings(
        max_examples=5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def test(case: Any, live: Live) -> None:
        """Status, headers and body of every answer; and what is wrong is refused."""
        # A record may take longer than a millisecond, and is then an error of the server.
        if str(case.query.get("timeout")).isdecimal() and int(case.query["timeout"]) > 0:
            case.query["timeout"] = int(PATIENCE * 1000)
        # To its schema any text is right, and rows of any length; what they are is looked at one by one.
        is_loose = case.media_type != "application/json" or case.path == "/invocations"
        case.call_and_validate(
            base_url=live.url,
            headers=_AUTHORIZATION,
            timeout=PATIENCE,
            excluded_checks=[negative_data_rejection, positive_data_acceptance] if is_loose else [],
        )

    return test


# One function each: Schemathesis gives all tests of a function one id, and pytest-xdist runs an id once.
for _name in ("score", "roundtrip", "invocations", "health", "ping", "metrics"):
    globals()[f"test_{_name}_answers_as_the_document_says"] = answers(_name)
