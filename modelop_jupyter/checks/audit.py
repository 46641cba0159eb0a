"""Known faults of a model's packages, as pip-audit finds them; asked for on request only."""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.checks import Finding
from modelop_jupyter.domain.environments import LockedPackage
from modelop_jupyter.environments.subprocesses import run, tool_environment
from modelop_jupyter.errors import MissingExtraError

# A service of one's own, which answers as https://api.osv.dev/v1/query does.
SERVICE = "MODELOP_OSV_URL"
_FEW = 3


def require_audit() -> None:
    """Raise :class:`MissingExtraError` where pip-audit is not installed."""
    if importlib.util.find_spec("pip_audit") is None:
        raise MissingExtraError("--audit", "audit")


def audit(packages: Sequence[LockedPackage], environ: Mapping[str, str]) -> Sequence[Finding]:
    """Return a finding for each package with known faults, and for what could not be asked for.

    Names and versions are sent to the service of pip-audit, or to that of ``MODELOP_OSV_URL``.
    """
    if not packages:
        return ()
    with tempfile.TemporaryDirectory(prefix="modelop-audit-") as place:
        lines = Path(place) / "requirements.txt"
        lines.write_text("".join(f"{one.name}=={one.version}\n" for one in packages))
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(lines), "--no-deps"]
        command += ["--disable-pip", "--format", "json", "--progress-spinner", "off"]
        if environ.get(SERVICE):
            command += ["--vulnerability-service", "osv", "--osv-url", environ[SERVICE]]
        result = run(command, env=tool_environment(environ), cwd=Path(place))
    try:
        answers = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (result.messages.strip() or "no answer").splitlines()[-1]
        return (_unanswered("The service of known faults gave no answer", reason),)
    return tuple(_findings(answers))


def _findings(answers: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in answers:
        faults = one.get("vulns") or ()
        if faults:
            yield _faulty(one["name"], one["version"], faults)
    unknown = [one["name"] for one in answers if "skip_reason" in one]
    if unknown:
        names = ", ".join(unknown)
        reason = next(one["skip_reason"] for one in answers if "skip_reason" in one)
        yield _unanswered(f"The service of known faults does not know {names}", reason)


def _faulty(name: str, version: str, faults: Sequence[Mapping[str, Any]]) -> Finding:
    identities = [str(fault["id"]) for fault in faults]
    named = ", ".join(identities[:_FEW]) + (", …" if len(identities) > _FEW else "")
    fixed = sorted({version for fault in faults for version in fault.get("fix_versions") or ()})
    hint = f"Require {name}>={fixed[-1]}" if fixed else "No version without it is known"
    return Finding(
        "known_fault",
        "warned",
        f"{name} {version} has {len(faults)} known faults: {named}"
        if len(faults) > 1
        else f"{name} {version} has a known fault: {named}",
        hint,
        evidence="\n".join(_shown(fault) for fault in faults),
    )


def _shown(fault: Mapping[str, Any]) -> str:
    text = " ".join(str(fault.get("description") or "").split())
    return f"{fault['id']}: {text[:300]}" if text else str(fault["id"])


def _unanswered(message: str, reason: str) -> Finding:
    hint = f"Ask again where it can be reached, or name a service of your own in {SERVICE}"
    return Finding("audit_unanswered", "warned", message, hint, evidence=reason)
