"""Explain the failures of uv and pip: the one table of rules for their output.

The tools' wording changes; an output that no rule knows is passed on with its own first lines.
"""

from __future__ import annotations

import re

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.diagnostics import build, network, resolution
from modelop_jupyter.environments.diagnostics.other_pythons import OtherPythons
from modelop_jupyter.environments.diagnostics.rule import (
    Explanation,
    Rule,
    RuleContext,
    first_required,
)
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.errors import EnvironmentBuildError, PackagesUnavailableError

# The first rule that knows an output explains it. Trouble around the packages comes first: it is
# often the cause of what the later rules see.
RULES = (
    Rule(build.disk_full),
    Rule(build.damaged_file),
    Rule(resolution.other_name),
    Rule(network.not_cached, is_unavailable=True),
    Rule(network.wrong_hash),
    Rule(network.access_denied, is_unavailable=True),
    Rule(network.git_failed),
    Rule(build.build_failed),
    Rule(resolution.invalid_metadata, keeps_lines=True),
    Rule(resolution.published_later),
    Rule(resolution.unknown_package, is_unavailable=True),
    Rule(network.unreachable, is_unavailable=True),
    Rule(network.missing_file, is_unavailable=True),
    Rule(resolution.other_python),
    Rule(resolution.no_wheel),
    Rule(resolution.conflict),
    Rule(resolution.no_version, is_unavailable=True),
    Rule(resolution.no_solution),
)
# Modules whose names people write for those of their packages.
_PACKAGES_OF_MODULES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "pil": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def explain(output: str, request: ResolveRequest, context: BuildContext) -> EnvironmentBuildError:
    """Return the error for a failed tool; other Pythons are asked where one could help."""
    others = OtherPythons(request, context.without_log())
    return translate(output, RuleContext(request, str(context.log.path), others))


def translate(output: str, context: RuleContext) -> EnvironmentBuildError:
    """Return the error that says what an output means, which line is at fault and what to do."""
    # uv's debug lines are the output of builds; of one that failed it prints the end again.
    text = re.sub(r"^DEBUG .*\n?", "", re.sub(r"\x1b\[[0-9;]*m", "", output), flags=re.MULTILINE)
    one_line = re.sub(
        r"\s+",
        " ",
        re.sub(
            r"^\s*(\u2570\u2500\u25b6|\u251c\u2500\u25b6|\u2502|\u00d7|cause:)",
            " ",
            text,
            flags=re.MULTILINE,
        ),
    )
    for rule in RULES:
        if explanation := rule.explain(text if rule.keeps_lines else one_line, context):
            kind = PackagesUnavailableError if rule.is_unavailable else EnvironmentBuildError
            return _error(explanation, context, kind)
    return _error(_unknown(text, one_line, context.request), context)


def _unknown(text: str, one_line: str, request: ResolveRequest) -> Explanation:
    """Explain an output that no rule knows by its own lines, and the requirement that it names."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"error|ERROR|\u00d7|cause", line)] or lines
    required = request.requirements.lines
    return Explanation(
        " ".join(errors[:3]) or "the installer ended without saying why",
        "The log has the whole output; 'requirements NAME --check' looks at each line by itself",
        first_required(one_line, request),
        required[0] if len(required) == 1 else None,
    )


def _error(
    explanation: Explanation,
    context: RuleContext,
    kind: type[EnvironmentBuildError] = EnvironmentBuildError,
) -> EnvironmentBuildError:
    name, line, reason = explanation.name, explanation.line, explanation.reason
    if line is None and name:
        line = next(iter(context.request.requirements.of(name)), None)
    if name and line is None and name not in reason:
        reason = f"{name}: {reason}"
    mask = context.request.mask
    return kind(
        mask(reason),
        remedy=mask(_remedy(explanation, context)),
        asset=line.asset if line and line.line else None,
        line=line.line or None if line else None,
        requirement=mask(line.text) if line else None,
        log=context.log,
    )


def _remedy(explanation: Explanation, context: RuleContext) -> str:
    name, remedy = explanation.name, explanation.remedy
    package = _PACKAGES_OF_MODULES.get(normalise(name)) if name else None
    if package:
        return f"Write {package}: {name} is the name of its module"
    if explanation.depends_on_python and context.others:
        advice = context.others.advice(name)
        if advice:
            return f"{remedy}. {advice}" if explanation.keeps_remedy else advice
    return remedy
