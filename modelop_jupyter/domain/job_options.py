"""How a job is to run: limits, outputs, runners, and the job it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.domain.results.verdicts import Expectations, Verdict
from modelop_jupyter.domain.retries import Retries
from modelop_jupyter.domain.usage import ResourceUsage
from modelop_jupyter.domain.wire import OPTIONAL, REST, from_wire, to_wire


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a job stops early; None is no limit. ``max_errors`` is ``{"count": n}`` or ``{"percent": n}``.

    ``records`` counts from the first one of each input, ``seconds`` is for the whole job,
    ``record_seconds`` for one try of a record, ``memory`` the bytes of a runner with all it started,
    and ``cpu_seconds`` their CPU time. ``retries`` says which records are tried again; None for none.
    """

    max_errors: Mapping[str, float] | None = None
    records: int | None = None
    seconds: float | None = None
    record_seconds: float | None = None
    memory: int | None = None
    retries: Retries | None = field(default=None, metadata=OPTIONAL)
    cpu_seconds: float | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class OutputTarget:
    """Where an output goes: a name in the job folder and, if asked for, a path of the user's.

    No link is followed out of ``within``, if there is such a folder. ``slot`` is the one whose
    records it holds; the first output of a job holds those of all slots that have none. A target
    that ends with ``/`` gets an object for each chunk of the job.
    """

    name: str
    format: str
    target: str | None = None
    within: str | None = None
    slot: int = 1

    @property
    def prefix(self) -> str | None:
        """The prefix below which each chunk has an object of its own; None for one file or object."""
        return self.target if self.target and self.target.endswith("/") else None


@dataclass(frozen=True, slots=True)
class Workers:
    """How many runners share the records; ``reason`` says why there are fewer than ``wanted``."""

    count: int = 1
    wanted: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The job that was run before, and what this one does with it.

    ``verb`` is ``retry`` (go on, or start over where that cannot be), ``failed`` (only the records
    that failed) or ``rerun``.
    """

    job: str
    verb: str


@dataclass(frozen=True, slots=True)
class HomeAddress:
    """The home folder that holds a job's files: a registry by URL lists jobs of several homes."""

    host: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What was asked of a job besides its parameters, and the verdicts on its result.

    ``stored`` is the JSON that the registry keeps, with keys that other releases wrote. A property
    reads it when it is asked for: lists of jobs need little of it.
    """

    stored: Mapping[str, Any] = field(default_factory=dict, metadata=REST)

    @classmethod
    def asked(
        cls,
        *,
        schemas: str | None,
        limits: Limits,
        workers: Workers,
        origin: Origin | None,
        output: OutputTarget,
        other_outputs: Sequence[OutputTarget],
        reference: str | None,
        can_resume: bool,
        expectations: Expectations | None,
        engine: str | None = None,
        notify: str | None = None,
    ) -> JobOptions:
        """Return the options of a job that is submitted."""
        stored = {
            "schemas": schemas,
            "limits": to_wire(limits),
            "workers": to_wire(workers),
            "origin": to_wire(origin),
            "output": to_wire(output),
            "reference": reference,
            "can_resume": can_resume,
        }
        if other_outputs:
            stored["other_outputs"] = to_wire(other_outputs)
        if expectations:
            stored["expect"] = to_wire(expectations)
        if engine:
            stored["engine"] = engine
        if notify:
            stored["notify"] = notify
        return cls(stored)

    def with_home(self, home: HomeAddress) -> JobOptions:
        """Return these of a job whose folder is in one of several homes."""
        return JobOptions({**self.stored, "home": to_wire(home)})

    def with_verdicts(self, verdicts: Sequence[Verdict]) -> JobOptions:
        """Return these of a job whose result was judged."""
        return JobOptions({**self.stored, "verdicts": to_wire(verdicts)})

    def with_usage(self, usage: ResourceUsage) -> JobOptions:
        """Return these of a job that took so much at most."""
        return JobOptions({**self.stored, "usage": to_wire(usage)})

    @property
    def usage(self) -> ResourceUsage | None:
        """The most that the job took of its machine; None where that is not known."""
        usage = self.stored.get("usage")
        return from_wire(ResourceUsage, usage) if usage else None

    @property
    def schemas(self) -> str | None:
        """Which records are checked against a schema: ``in``, ``out``, ``both``; None for none."""
        return self.stored.get("schemas")

    @property
    def limits(self) -> Limits:
        return from_wire(Limits, self.stored.get("limits") or {})

    @property
    def workers(self) -> Workers:
        return from_wire(Workers, self.stored.get("workers") or {})

    @property
    def origin(self) -> Origin | None:
        """The job that this one was made of, None for one of its own."""
        origin = self.stored.get("origin")
        return from_wire(Origin, origin) if origin else None

    @property
    def output(self) -> OutputTarget | None:
        """Where the output goes, None for a job of a release that did not record it."""
        output = self.stored.get("output")
        return from_wire(OutputTarget, output) if output else None

    @property
    def other_outputs(self) -> tuple[OutputTarget, ...]:
        """The outputs of the slots 3, 5 and so on."""
        outputs = self.stored.get("other_outputs") or ()
        return tuple(from_wire(OutputTarget, output) for output in outputs)

    @property
    def reference(self) -> str | None:
        """The snapshot under test of a monitor, ``NAME@NUMBER`` (spec 1.6)."""
        return self.stored.get("reference")

    @property
    def engine(self) -> str | None:
        """Where it runs, such as ``dask://host:8786``; None for this machine."""
        return self.stored.get("engine")

    @property
    def notify(self) -> str | None:
        """Who is notified of its end, as it may be shown; None for nobody."""
        return self.stored.get("notify")

    @property
    def can_resume(self) -> bool:
        return bool(self.stored.get("can_resume"))

    @property
    def expectations(self) -> Expectations | None:
        """What the metrics are judged by besides the model's thresholds."""
        expected = self.stored.get("expect")
        return from_wire(Expectations, expected) if expected else None

    @property
    def is_strict(self) -> bool:
        """Whether an expectation that cannot be decided counts as failed."""
        return bool((self.stored.get("expect") or {}).get("is_strict"))

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(from_wire(Verdict, verdict) for verdict in self.stored.get("verdicts", ()))

    @property
    def home(self) -> HomeAddress | None:
        """Where the folder is; None where the registry serves one home only."""
        home = self.stored.get("home")
        return from_wire(HomeAddress, home) if home else None
