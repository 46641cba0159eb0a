"""The plan of a job: all that its supervisor needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, ClassVar

from modelop_jupyter.domain.assets import is_digest
from modelop_jupyter.domain.job_options import JobOptions, Limits, Origin, OutputTarget, Workers
from modelop_jupyter.domain.jobs import JobInput, JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.results.verdicts import Expectations
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class Plan:
    """One job as it was submitted; written to ``plan.json`` before the supervisor starts.

    ``reference`` is the model under test of a monitor (spec 1.6). ``check_schemas`` is one of
    ``in``, ``out``, ``both`` or None. ``origin`` is the job that this one was made of.
    ``can_resume`` says that a runner may go on where another one stood, ``expectations`` what a
    metrics result is to be judged by besides the model's own thresholds; ``other_outputs`` are those
    of the slots 3, 5 and so on. ``engine`` is where it runs, such as ``dask://host:8786``, None for
    this machine. ``chunks_prefix`` is where nodes leave the outputs of chunks until they are joined,
    None where these come back through the engine. ``notify`` is who is notified of its end, as it may be
    shown, ``created_by`` who submitted it.
    """

    FILE: ClassVar = "plan.json"

    id: str
    kind: JobKind
    model: Model
    snapshot: Snapshot
    inputs: tuple[JobInput, ...]
    output: OutputTarget
    created: float
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    check_schemas: str | None = None
    reference: Snapshot | None = None
    reference_model: Model | None = None
    workers: Workers = field(default_factory=Workers)
    origin: Origin | None = None
    can_resume: bool = False
    expectations: Expectations | None = None
    other_outputs: tuple[OutputTarget, ...] = ()
    engine: str | None = None
    chunks_prefix: str | None = field(default=None, metadata=OPTIONAL)
    notify: str | None = field(default=None, metadata=OPTIONAL)
    created_by: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def engine_name(self) -> str | None:
        """The engine without the address of its cluster."""
        return None if self.engine is None else self.engine.partition("://")[0]

    @property
    def is_cut_for_engine(self) -> bool:
        """Whether the input is shared among the nodes of an engine, and not one task."""
        return self.engine is not None and self.workers.reason is None

    @property
    def is_cut(self) -> bool:
        """Whether the input is shared, among processes of this machine or nodes of an engine."""
        return self.is_cut_for_engine if self.engine is not None else self.workers.count > 1

    @property
    def objects_prefix(self) -> str | None:
        """Where each chunk's output goes as an object, for good or until it is joined; else None."""
        return self.output.prefix or self.chunks_prefix

    @property
    def record(self) -> JobRecord:
        """The job as it goes on record when it is submitted."""
        return JobRecord(
            id=self.id,
            kind=self.kind,
            model=self.model.name,
            snapshot=self.snapshot.number,
            status=JobStatus.WAITING,
            result=JobResult.UNKNOWN,
            created=datetime.fromtimestamp(self.created, timezone.utc),
            inputs=self.inputs,
            output=self.output.target,
            parameters=self.parameters,
            options=JobOptions.asked(
                schemas=self.check_schemas,
                limits=self.limits,
                workers=self.workers,
                origin=self.origin,
                output=self.output,
                other_outputs=self.other_outputs,
                reference=self.reference.ref if self.reference else None,
                can_resume=self.can_resume,
                expectations=self.expectations,
                engine=self.engine,
                notify=self.notify,
            ),
            created_by=self.created_by,
        )

    def flaw(self) -> str | None:
        """Return what is wrong with a plan that was read, None where it can be used."""
        assets = self.snapshot.state.assets
        wrong = (asset.path for asset in assets if not is_digest(asset.digest))
        return next((f"it has no digest of {path}" for path in wrong), None)
