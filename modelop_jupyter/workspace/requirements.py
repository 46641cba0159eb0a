"""What a model requires, line by line, and whether that provides what its source imports."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import packages_distributions
from pathlib import PurePosixPath

from modelop_jupyter.capture import imports_of
from modelop_jupyter.domain.models import Model, ModelState, Snapshot
from modelop_jupyter.domain.reports import ImportFinding, RequirementRow, RequirementsReport
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.environments import ModelEnvironments

# Distributions whose import goes by another name; those installed beside us are asked themselves.
_OTHER_NAMES = {
    "attr": ("attrs",),
    "bs4": ("beautifulsoup4",),
    "cv2": ("opencv-python", "opencv-python-headless"),
    "dateutil": ("python-dateutil",),
    "dotenv": ("python-dotenv",),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "google": ("google-cloud-storage", "protobuf"),
    "imblearn": ("imbalanced-learn",),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "magic": ("python-magic",),
    "mpl_toolkits": ("matplotlib",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow",),
    "pkg_resources": ("setuptools",),
    "psycopg2": ("psycopg2-binary",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "yaml": ("pyyaml",),
}


def report(
    ref: str,
    owner: Model | Snapshot,
    environments: ModelEnvironments,
    blobs: BlobStore,
    *,
    check: bool,
) -> RequirementsReport:
    """Return the parsed requirements with the versions they were locked to.

    ``check`` resolves them, so that what no index can give is a problem of its line, and compares
    them with the imports of the sources.
    """
    spec = environments.spec(owner)
    parsed = spec.requirements
    lock, refusal = environments.known_lock(owner), None
    if check and lock is None and not parsed.problems:
        try:
            lock = environments.lock(owner)
        except EnvironmentBuildError as error:
            refusal = error
    locked = {package.name: package.version for package in lock.packages} if lock else {}
    added = tuple(name for name in spec.additions if name not in parsed.names)
    imports = tuple(findings(owner.state, parsed, added, set(locked), blobs)) if check else ()
    return RequirementsReport(
        model=ref,
        rows=tuple(_rows(parsed, locked, refusal)),
        additions=added,
        packages=lock.packages if lock else (),
        imports=imports,
        unused=_unused(parsed, imports) if check else (),
        checked=check,
    )


def _rows(
    parsed: Requirements, locked: Mapping[str, str], refusal: EnvironmentBuildError | None
) -> Iterator[RequirementRow]:
    for line in parsed.lines:
        row = RequirementRow(
            line.asset, line.line, line.text, line.name, locked.get(line.name or "")
        )
        if refusal and (refusal.asset, refusal.line) == (line.asset, line.line):
            row, refusal = replace(row, problem=_sentence(refusal.reason, refusal.remedy)), None
        yield row
    for problem in parsed.problems:
        said = _sentence(problem.reason, problem.remedy)
        yield RequirementRow(problem.asset, problem.line or 0, problem.text, problem=said)
    if refusal:
        said = _sentence(refusal.reason, refusal.remedy)
        yield RequirementRow(
            refusal.asset or "", refusal.line or 0, refusal.requirement or "", problem=said
        )


def findings(
    state: ModelState,
    parsed: Requirements,
    added: Iterable[str],
    locked: set[str],
    blobs: BlobStore,
) -> Iterable[ImportFinding]:
    """Compare the imports of a model's sources with what was required and what that was locked to."""
    own = {part for asset in state.assets for part in _importable(asset.path)}
    beside = packages_distributions()
    required = parsed.names | set(added)
    for asset in state.assets:
        if not asset.path.lower().endswith(PYTHON_ENDINGS):
            continue
        seen: set[str] = set()
        for found in imports_of(blobs.read(asset.digest).decode("utf-8-sig", "replace")):
            if found.module in seen:
                continue
            seen.add(found.module)
            names = _providers(found.module, beside)
            provider = next((name for name in names if name in required), None)
            provider = provider or next((name for name in names if name in locked), None)
            if found.module in sys.stdlib_module_names:
                verdict, provider = "standard library", None
            elif found.module in own:
                verdict, provider = "model's own file", None
            elif provider:
                verdict = "provided"
            else:
                verdict, provider = "missing", names[0]
            yield ImportFinding(found.module, asset.path, found.line, verdict, provider)


def _providers(module: str, beside: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the normalised distributions that may provide a module, the likeliest first."""
    names = [*_OTHER_NAMES.get(module, ()), *beside.get(module, ()), module]
    return list(dict.fromkeys(name.lower().replace("_", "-").replace(".", "-") for name in names))


def _importable(path: str) -> Iterable[str]:
    pure = PurePosixPath(path)
    yield pure.parts[0] if len(pure.parts) > 1 else pure.stem
    yield pure.stem


def _unused(parsed: Requirements, findings: Iterable[ImportFinding]) -> tuple[str, ...]:
    used = {found.provider for found in findings}
    return tuple(sorted(name for name in parsed.names if name not in used))


def _sentence(reason: str, remedy: str | None) -> str:
    return f"{reason}. {remedy}" if remedy else reason
