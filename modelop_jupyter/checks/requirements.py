"""What the requirements lack, and what of them is not used."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from modelop_jupyter.domain.checks import CheckTopic, Finding, TopicResult
from modelop_jupyter.domain.reports import ImportFinding, RequirementsReport
from modelop_jupyter.remedies import Remedy


def requirements_topic(
    report: RequirementsReport,
    loaded: Collection[str],
    *,
    licences: Mapping[str, str],
    released: Sequence[Finding] = (),
    faults: Sequence[Finding] = (),
    not_looked_at: str | None = None,
) -> TopicResult:
    """Return the findings of a requirements report.

    ``loaded`` are the packages that were loaded, ``licences`` those that packages state. ``released``
    is what their indexes have shown, ``faults`` what an audit has, ``not_looked_at`` what no index
    has answered.
    """
    name = report.model
    count = len(report.packages)
    summary = f"{count} packages, all that is imported is required, and every version is pinned"
    if licences:
        summary += f"; licences: {', '.join(sorted(set(licences.values())))}"
    findings = (*_findings(report, name, loaded), *released, *faults)
    return TopicResult(CheckTopic.REQUIREMENTS, summary, findings, not_looked_at=not_looked_at)


def _findings(report: RequirementsReport, name: str, loaded: Collection[str]) -> Iterator[Finding]:
    for row in report.rows:
        if row.problem:
            yield Finding(
                "requirement",
                "failed",
                f"{row.text}: {row.problem}",
                "Mend the line, and register again",
                file=row.asset,
                line=row.line,
            )
    yield from (_missing(one, name) for one in report.imports if one.verdict == "missing")
    if report.unpinned:
        pins = ", ".join(f"{one.name}=={one.version}" for one in report.unpinned)
        yield Finding(
            "unpinned",
            "warned",
            f"No version is pinned for {', '.join(one.name for one in report.unpinned)}",
            f"Require {pins}: without a pin, the runtime takes what is newest on its day",
        )
    unused = [package for package in report.unused if package not in loaded]
    if unused:
        yield Finding(
            "unused",
            "warned",
            f"Required, but neither imported nor loaded: {', '.join(unused)}",
            "Leave it out, unless a library loads it only at times",
        )


def _missing(finding: ImportFinding, name: str) -> Finding:
    return Finding(
        "missing_requirement",
        "failed",
        f"No requirement provides {finding.module}",
        "Add the package that brings it",
        file=finding.asset,
        line=finding.line,
        remedies=(
            Remedy("Infer the requirements", (("requirements", name, "--infer", "--write"),)),
        ),
    )
