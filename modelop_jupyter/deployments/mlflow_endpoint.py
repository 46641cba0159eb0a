"""The address that MLflow's clients send records to, as they do to ``mlflow models serve``."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from modelop_jupyter.deployments.errors import EmptyBodyError, RecordsError, RequestError
from modelop_jupyter.deployments.mlflow_records import records_of
from modelop_jupyter.deployments.responses import media_type, read_body
from modelop_jupyter.deployments.scoring import array_of
from modelop_jupyter.deployments.scoring_endpoints import ScoringEndpoint, seconds_of
from modelop_jupyter.deployments.served_model import ServedModel

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

# MLflow's own words; its clients show the whole text of an answer that is none of 200.
_ERROR_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    503: "TEMPORARILY_UNAVAILABLE",
}
_SERVER_ERROR = 500


class Invocations(ScoringEndpoint):
    """Scores what MLflow's clients send, each row as a record."""

    async def _answer(
        self,
        served: ServedModel,
        scope: Scope,
        receive: Receive,
        send: Send,  # noqa: ARG002
    ) -> bytes | None:
        slots = self._default_slots(served)
        seconds = seconds_of(scope["query_string"], served.limits)
        body = await read_body(receive, served.limits.body)
        if not body.strip():
            raise EmptyBodyError
        records = await asyncio.to_thread(records_of, body, media_type(scope))
        outputs = await served.scorer.score_all(records, slots, seconds)
        return b'{"predictions": ' + array_of(outputs) + b"}"

    def _error_body(self, error: RequestError) -> bytes:
        status = int(error.status)
        code = "INTERNAL_ERROR" if status >= _SERVER_ERROR else "BAD_REQUEST"
        wire = error.to_wire()
        message, traceback = error.message, wire.get("traceback")
        if isinstance(error, RecordsError):
            index, first = error.errors[0]
            message += f"; record {index}: {first.message}"
            traceback = first.to_wire().get("traceback")
        document = {"error_code": _ERROR_CODES.get(status, code), **wire, "message": message}
        if traceback:
            document["stack_trace"] = traceback
        return json.dumps(document).encode()
