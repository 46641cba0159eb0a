"""The packages of this process's own Python, as a requirements line would have to say them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.masking import without_credentials
from modelop_jupyter.workspace.providers import Providers


@dataclass(frozen=True, slots=True)
class Installed:
    """A package; ``version`` is None for one that is not installed here, and ``line`` then its name."""

    name: str
    line: str
    version: str | None = None
    remark: str | None = None
    is_installable: bool = True

    @property
    def public(self) -> str:
        """The version without what was added to it locally."""
        return (self.version or "").partition("+")[0]


def installed_here(
    module: str, paths: Sequence[str], providers: Providers
) -> tuple[Installed, ...]:
    """Return the packages that bring a module; of a namespace, those with what is imported below it.

    ``paths`` are the dotted names that the sources import. What is not installed here is named
    after the module.
    """
    names = [normalise(name) for name in providers.beside.get(module, ())]
    found = [each for name in dict.fromkeys(names) if (each := _distribution(name))]
    if len(found) > 1:
        found = _bringing(found, paths) or found
    if found:
        return tuple(_described(each) for each in found)
    name = providers.of(module)[0]
    remark = "not installed here: whatever version is newest will be taken"
    return (Installed(name, name, remark=remark),)


def brought_along(names: Iterable[str]) -> set[str]:
    """Return packages and all that they depend on, as far as they are installed here."""
    from packaging.requirements import Requirement

    found: set[str] = set()
    waiting = [normalise(name) for name in names]
    while waiting:
        name = waiting.pop()
        package = None if name in found else _distribution(name)
        found.add(name)
        for text in (package.requires or ()) if package else ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(normalise(needed.name))
    return found


def _described(package: Distribution) -> Installed:
    """Return a package with the line that installs the same elsewhere, where there is one."""
    name, version = normalise(package.metadata["Name"]), package.version
    origin = _origin(package)
    address = str(origin.get("url", ""))
    commit = origin.get("vcs_info", {}).get("commit_id")
    if commit:
        vcs, plain = origin["vcs_info"]["vcs"], without_credentials(address)
        return Installed(name, f"{name} @ {vcs}+{plain}@{commit}", version)
    if address.startswith("file:") and not _is_of_conda(package):
        how = "in editable mode" if origin.get("dir_info", {}).get("editable") else "from a file"
        remark = f"installed here {how}, so on no index: publish it, or add its files as assets"
        return Installed(name, f"{name}=={version}", version, remark, is_installable=False)
    if address and not address.startswith("file:"):
        return Installed(name, f"{name} @ {without_credentials(address)}", version)
    if "+" in version:
        public = version.partition("+")[0]
        remark = f"installed here is {version}, a local version that an index may not have"
        return Installed(name, f"{name}=={public}", version, remark)
    return Installed(name, f"{name}=={version}", version)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _origin(package: Distribution) -> Mapping[str, Any]:
    """Return where a package was installed from, if not from an index (PEP 610)."""
    try:
        origin = json.loads(package.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return origin if isinstance(origin, dict) else {}


def _is_of_conda(package: Distribution) -> bool:
    """Say whether conda built it: the address is then a folder of its builder."""
    return (package.read_text("INSTALLER") or "").strip() == "conda"


def _bringing(packages: Sequence[Distribution], paths: Sequence[str]) -> list[Distribution]:
    """Return the packages that hold what is imported below a namespace, as deep as they tell."""
    found: dict[str, Distribution] = {}
    for path in paths:
        if any(other.startswith(f"{path}.") for other in paths):
            continue
        while "." in path:
            holders = {x.name: x for x in packages if _holds(x, path.replace(".", "/"))}
            if holders:
                found |= holders
                break
            path = path.rpartition(".")[0]
    return list(found.values())


def _holds(package: Distribution, top: str) -> bool:
    files = (file.as_posix() for file in package.files or ())
    return any(file.startswith((f"{top}/", f"{top}.")) for file in files)
