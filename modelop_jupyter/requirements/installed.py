"""The packages of a Python, with the requirement line that installs each elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.masking import without_credentials
from modelop_jupyter.requirements.distributions import InstalledDistribution, Python, ThisPython
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
    names = dict.fromkeys(normalise(name) for name in providers.here.modules.get(module, ()))
    packages = [package for name in names if (package := providers.here.find(name))]
    if len(packages) > 1:
        packages = _packages_with(paths, packages) or packages
    if packages:
        return tuple(_describe(package) for package in packages)
    name = providers.candidates(module)[0]
    remark = "not installed here: whatever version is newest will be taken"
    return (InstalledPackage(name, name, remark=remark),)


def with_dependencies(names: Iterable[str], python: Python | None = None) -> set[str]:
    """Return packages and all that they depend on, as far as they are installed in a Python.

    It is this process's own unless another one is given.
    """
    from packaging.requirements import Requirement

    here = python or ThisPython()
    minor = ".".join(here.version.split(".")[:2])
    marked = {"extra": "", "python_version": minor, "python_full_version": here.version}
    closed: set[str] = set()
    waiting = [normalise(name) for name in names]
    while waiting:
        name = waiting.pop()
        package = None if name in closed else here.find(name)
        closed.add(name)
        for text in package.requires if package else ():
            dependency = Requirement(text)
            if dependency.marker is None or dependency.marker.evaluate(marked):
                waiting.append(normalise(dependency.name))
    return closed


def _describe(package: InstalledDistribution) -> InstalledPackage:
    """Return a package with the line that installs the same elsewhere, where there is one."""
    name, version, origin = normalise(package.name), package.version, package.origin
    address = str(origin.get("url", ""))
    commit = origin.get("vcs_info", {}).get("commit_id")
    if commit:
        vcs, plain = origin["vcs_info"]["vcs"], without_credentials(address)
        return InstalledPackage(name, f"{name} @ {vcs}+{plain}@{commit}", version)
    # The address of what conda has built is a folder of the builder.
    if address.startswith("file:") and package.installer != "conda":
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


def _packages_with(
    paths: Sequence[str], packages: Sequence[InstalledDistribution]
) -> list[InstalledDistribution]:
    """Return the packages that hold what is imported below a namespace, by their lists of files."""
    chosen: dict[str, InstalledDistribution] = {}
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


def _holds(package: InstalledDistribution, path: str) -> bool:
    starts = (f"{path}/", f"{path}.")
    return any(file == path or file.startswith(starts) for file in package.paths())
