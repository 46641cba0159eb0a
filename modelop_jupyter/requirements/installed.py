"""The packages of this process's own Python, with the requirement line that installs each elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.masking import without_credentials
from modelop_jupyter.requirements.providers import Providers


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """A package under its normalised name, and the requirement line that installs it elsewhere.

    ``version`` is None for one that is not installed here; ``line`` is its name then.
    ``is_installable`` is False for one that no index has.
    """

    name: str
    line: str
    version: str | None = None
    remark: str | None = None
    is_installable: bool = True

    @property
    def public_version(self) -> str:
        """The version without its local part, such as ``+cu118`` (PEP 440)."""
        return (self.version or "").partition("+")[0]


def packages_of_module(
    module: str, paths: Sequence[str], providers: Providers
) -> tuple[InstalledPackage, ...]:
    """Return the packages that provide a module; of a namespace, those with what is imported below it.

    ``paths`` are the dotted names that the sources import. What is not installed here is named
    after the module.
    """
    names = dict.fromkeys(normalise(name) for name in providers.installed.get(module, ()))
    packages = [package for name in names if (package := _distribution(name))]
    if len(packages) > 1:
        packages = _packages_with(paths, packages) or packages
    if packages:
        return tuple(_describe(package) for package in packages)
    name = providers.candidates(module)[0]
    remark = "not installed here: whatever version is newest will be taken"
    return (InstalledPackage(name, name, remark=remark),)


def with_dependencies(names: Iterable[str]) -> set[str]:
    """Return packages and all that they depend on, as far as they are installed here."""
    from packaging.requirements import Requirement

    closed: set[str] = set()
    waiting = [normalise(name) for name in names]
    while waiting:
        name = waiting.pop()
        package = None if name in closed else _distribution(name)
        closed.add(name)
        for text in (package.requires or ()) if package else ():
            dependency = Requirement(text)
            if dependency.marker is None or dependency.marker.evaluate({"extra": ""}):
                waiting.append(normalise(dependency.name))
    return closed


def _describe(package: Distribution) -> InstalledPackage:
    """Return a package with the line that installs the same elsewhere, where there is one."""
    name, version = normalise(package.metadata["Name"]), package.version
    origin = _origin(package)
    address = str(origin.get("url", ""))
    commit = origin.get("vcs_info", {}).get("commit_id")
    if commit:
        vcs, plain = origin["vcs_info"]["vcs"], without_credentials(address)
        return InstalledPackage(name, f"{name} @ {vcs}+{plain}@{commit}", version)
    if address.startswith("file:") and not _is_of_conda(package):
        how = "in editable mode" if origin.get("dir_info", {}).get("editable") else "from a file"
        remark = f"installed here {how}, so on no index: publish it, or add its files as assets"
        return InstalledPackage(name, f"{name}=={version}", version, remark, is_installable=False)
    if address and not address.startswith("file:"):
        return InstalledPackage(name, f"{name} @ {without_credentials(address)}", version)
    if "+" in version:
        public = version.partition("+")[0]
        remark = f"installed here is {version}, a local version that an index may not have"
        return InstalledPackage(name, f"{name}=={public}", version, remark)
    return InstalledPackage(name, f"{name}=={version}", version)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _origin(package: Distribution) -> Mapping[str, Any]:
    """Return where a package was installed from, empty if from an index (PEP 610)."""
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _is_of_conda(package: Distribution) -> bool:
    """Return whether conda built a package: its address is a folder of the builder then."""
    return (package.read_text("INSTALLER") or "").strip() == "conda"


def _packages_with(paths: Sequence[str], packages: Sequence[Distribution]) -> list[Distribution]:
    """Return the packages that hold what is imported below a namespace, by their lists of files."""
    chosen: dict[str, Distribution] = {}
    for path in paths:
        if any(other.startswith(f"{path}.") for other in paths):
            continue
        while "." in path:
            holders = {x.name: x for x in packages if _holds(x, path.replace(".", "/"))}
            if holders:
                chosen |= holders
                break
            path = path.rpartition(".")[0]
    return list(chosen.values())


def _holds(package: Distribution, path: str) -> bool:
    files = (file.as_posix() for file in package.files or ())
    return any(file.startswith((f"{path}/", f"{path}.")) for file in files)
