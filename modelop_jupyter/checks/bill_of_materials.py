"""The packages of an environment as a software bill of materials (CycloneDX)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.site_packages import installed_in
from modelop_jupyter.errors import MissingExtraError

_LONGEST = 100


def require_bill_of_materials() -> None:
    """Raise :class:`MissingExtraError` where the library is not installed."""
    try:
        import cyclonedx  # noqa: F401
    except ImportError:
        raise MissingExtraError("--sbom", "audit") from None


def bill_of_materials(model: str, environment: Environment) -> str:
    """Return a CycloneDX 1.6 document: each package with version, licence and package URL."""
    from cyclonedx.contrib.license.factories import LicenseFactory
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    bom = Bom()
    name, _, version = model.partition("@")
    root = Component(name=name, version=version, type=ComponentType.APPLICATION)
    bom.metadata.component = root
    named, licences = LicenseFactory(), licences_of(environment)
    components = [
        Component(
            name=package.name,
            version=package.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", name=package.name, version=package.version),
            bom_ref=f"{package.name}=={package.version}",
            licenses=[named.make_from_string(licence)]
            if (licence := licences.get(package.name))
            else (),
        )
        for package in environment.packages
    ]
    for component in components:
        bom.components.add(component)
    bom.register_dependency(root, components)
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text + "\n"


def licences_of(environment: Environment) -> Mapping[str, str]:
    """Return the licence of each installed package that states one, by its normalised name."""
    found = {}
    for distribution in installed_in(Path(environment.python)):
        licence = _licence(distribution)
        if licence:
            found[normalise(distribution.metadata["Name"])] = licence
    return found


def _licence(distribution: Distribution) -> str:
    """Return the licence that a package's metadata state: an expression, a name, a classifier."""
    metadata: Any = distribution.metadata
    stated = metadata.get("License-Expression") or metadata.get("License") or ""
    # Some packages have the whole text there.
    if stated and len(stated) <= _LONGEST and "\n" not in stated and stated != "UNKNOWN":
        return str(stated)
    classifiers = [one for one in metadata.get_all("Classifier") or () if "License ::" in one]
    return classifiers[0].rpartition(" :: ")[2] if classifiers else ""
