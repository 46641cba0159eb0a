"""What a check says of a model: whether it will pass in ModelOp Center, and why not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal

from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.remedies import Command, Remedy

FindingLevel = Literal["warned", "failed"]
TopicState = Literal["passed", "warned", "failed", "not checked"]


class CheckTopic(str, Enum):
    """What a check looks at, in the order of its card."""

    NOTEBOOK = "Notebook and model agree"
    RULES = "Rules of the runtime"
    STABILITY = "The same answer twice"
    ACCESS = "What it touches"
    REQUIREMENTS = "Requirements"
    LIMITS = "Time and size"


@dataclass(frozen=True, slots=True)
class CheckStep:
    """How far a check of ``name`` is: so many of its runs are done.

    Where ``total`` is not known, ``done`` is the number of the run that is made now.
    """

    name: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that will fail in ModelOp Center (``failed``), or may surprise there (``warned``).

    ``code`` names the kind of finding and stays the same from release to release. ``file`` and
    ``line`` are the place in the model, ``record`` is the index of a record that shows it, and
    ``evidence`` what was seen of it. ``hint`` says what to do.
    """

    code: str
    level: FindingLevel
    message: str
    hint: str
    file: str | None = field(default=None, metadata=OPTIONAL)
    line: int | None = field(default=None, metadata=OPTIONAL)
    record: int | None = field(default=None, metadata=OPTIONAL)
    evidence: str | None = field(default=None, metadata=OPTIONAL)
    remedies: tuple[Remedy, ...] = field(default=(), metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class TopicResult:
    """A topic with its findings; ``summary`` says what was looked at, or why it was not.

    ``not_looked_at`` says what could not be, where that is a part of the topic only.
    """

    topic: CheckTopic
    summary: str
    findings: tuple[Finding, ...] = ()
    is_checked: bool = True
    not_looked_at: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def state(self) -> TopicState:
        """The worst of its findings."""
        if any(finding.level == "failed" for finding in self.findings):
            return "failed"
        if self.findings:
            return "warned"
        return "passed" if self.is_checked else "not checked"


@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How many topics of a check passed, and how many of its findings warned and failed."""

    passed: int
    warned: int
    failed: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The card of a check: ``records`` of a sample were scored, several times over.

    ``written`` are the files that it was asked to write. ``command`` are the words that make it again.
    """

    model: str
    snapshot: int
    checked: datetime
    sample: str
    records: int
    seconds: float
    topics: tuple[TopicResult, ...]
    written: tuple[str, ...] = field(default=(), metadata=OPTIONAL)
    command: Command = field(default=(), metadata=OPTIONAL)

    @property
    def ref(self) -> str:
        """The snapshot that was checked."""
        return f"{self.model}@{self.snapshot}"

    @property
    def is_failure(self) -> bool:
        """Whether a command that returns it has failed."""
        return not self.is_passed

    @property
    def is_passed(self) -> bool:
        """Whether nothing failed; there may be warnings."""
        return all(topic.state != "failed" for topic in self.topics)

    @property
    def counts(self) -> CheckCounts:
        """How many topics passed, and how many findings warned and failed."""
        levels = [finding.level for topic in self.topics for finding in topic.findings]
        passed = sum(topic.state == "passed" for topic in self.topics)
        return CheckCounts(passed, levels.count("warned"), levels.count("failed"))


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """The last report of a model or snapshot; ``is_outdated`` if the model has changed since."""

    report: CheckReport
    is_outdated: bool
