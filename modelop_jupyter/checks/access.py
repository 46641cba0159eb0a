"""What a model touches outside of its folder, as an audit hook in its process saw it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from modelop_jupyter.domain.checks import CheckTopic, Finding, FindingLevel, TopicResult
from modelop_jupyter.jobs.check_files import Observation
from modelop_jupyter.remedies import Remedy

# Level, message and hint for each kind; the message is completed by what was touched.
_KINDS: dict[str, tuple[FindingLevel, str, str]] = {
    "read": (
        "failed",
        "reads {what}, which is not one of its assets",
        "Add the file as an asset, and open it by its name alone",
    ),
    "write": (
        "warned",
        "writes {what}, outside of its folder",
        "Write below outputDir/, which is kept with the job",
    ),
    "host": (
        "warned",
        "connects to {what}",
        "Make sure that ModelOp Center's runtime can reach it, or make what it gives an asset",
    ),
    "process": (
        "warned",
        "starts another process: {what}",
        "Make sure that the runtime has it, or use a library instead",
    ),
    "variable": (
        "warned",
        "reads the environment variable {what}",
        "Pass it as a parameter of the job: the runtime has variables of its own",
    ),
    "thread": (
        "warned",
        "leaves the thread {what} running after the last record",
        "End it before the functions return: the runtime does not wait for it",
    ),
    "path": (
        "failed",
        "adds {what} to sys.path",
        "Add what it imports from there as assets, or as a package to the requirements",
    ),
    "input": (
        "failed",
        "asks for a line of standard input",
        "Take what it needs from the record or a parameter: nobody answers a job",
    ),
}
_SUMMARY = (
    "no files outside of its folder, hosts, programs, environment variables or threads (what a"
    " library in C does by itself is not seen)"
)
_UNSEEN = "its Python cannot see what a model touches; 3.8 and later can"


def access(observations: Sequence[Observation] | None, model: str) -> TopicResult:
    """Say what was touched; ``observations`` is None where it could not be seen."""
    if observations is None:
        return TopicResult(CheckTopic.ACCESS, _UNSEEN, is_checked=False)
    findings = tuple(_finding(one, model) for one in observations)
    return TopicResult(CheckTopic.ACCESS, "" if findings else _SUMMARY, findings)


def _finding(observation: Observation, model: str) -> Finding:
    level, message, hint = _KINDS[observation.kind]
    path = Path(observation.what)
    is_file = observation.kind == "read" and path.is_file()
    add = Remedy(f"Add {path.name} as an asset", (("asset", "add", model, str(path)),))
    return Finding(
        f"access_{observation.kind}",
        level,
        f"It {message.format(what=observation.what)}",
        hint,
        file=observation.file,
        line=observation.line,
        remedies=(add,) if is_file else (),
    )
