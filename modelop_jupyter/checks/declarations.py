"""What a model declares: its tags, the roles of its assets and the schemas of its slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.checks import Finding
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.schema_drift import SchemaDrift
from modelop_jupyter.domain.source_code.smart_tags import SmartTags
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.remedies import Remedy

_MOST_FIELDS = 3


def declared_findings(
    name: str, state: ModelState, tags: SmartTags, schemas: Mapping[int, Asset]
) -> Iterator[Finding]:
    """Yield tags that do nothing, schemas that are not there, and requirements that are not installed.

    ``schemas`` are the assets that are bound to slots.
    """
    for warning in tags.warnings:
        where, _, what = warning.partition(": ")
        line = where.removeprefix("line ")
        yield Finding(
            "tag",
            "warned",
            f"A tag may not do what it says: {what}",
            "Write it as the page about the runtime's rules says",
            file=state.primary_source,
            line=int(line) if line.isdigit() else None,
        )
    for slot in tags.slots:
        if slot.schema and slot.number not in schemas:
            yield Finding(
                "schema_missing",
                "warned",
                f"The tag of slot {slot.number} names the schema {slot.schema}, which is no asset",
                "Add the file as an asset, or mend the name in the tag",
                file=state.primary_source,
            )
    if not state.with_role(AssetRole.REQUIRED_LIBRARIES):
        yield from (_unused_requirements(name, asset) for asset in _requirements(state.assets))


def schema_findings(drift: SchemaDrift, slot: int) -> Iterator[Finding]:
    """Yield how many records of the sample, or of its output, a job that checks schemas rejects."""
    if not drift.rejected:
        return
    is_input = slot == 0
    fields = [one for one in drift.fields if one.is_rejected]
    what = "; ".join(f"{one.field or 'the record'} {one.problem}" for one in fields[:_MOST_FIELDS])
    who = "1 record" if drift.rejected == 1 else f"{drift.rejected} records"
    yield Finding(
        "input_schema_differs" if is_input else "output_schema_differs",
        "warned",
        f"A job that checks schemas rejects {who} of the {'input' if is_input else 'output'}: {what}",
        f"Mend {drift.schema}, or what the {'records hold' if is_input else 'function yields'}",
        file=drift.schema,
        record=min((one.first[0] for one in fields if one.first), default=None),
    )


def unknown_to_modelop(asset: Asset) -> Finding:
    """Return what is said of a schema that ModelOp Center checks no record with."""
    return Finding(
        "schema_not_avro",
        "warned",
        f"ModelOp Center checks records with Avro schemas only, and {asset.path} is JSON Schema",
        "Add an Avro schema, too: 'schema infer NAME INPUT -o input_schema.avsc' writes one",
        file=asset.path,
    )


def unusable_schema(asset: Asset, error: InvalidError) -> Finding:
    """Return what is said of a schema that no record can be checked with."""
    return Finding(
        "schema_unusable",
        "warned",
        error.message,
        error.hint or "Mend the file, and add it again",
        file=asset.path,
    )


def _requirements(assets: Iterable[Asset]) -> Iterator[Asset]:
    for asset in assets:
        if PurePosixPath(asset.path).name == "requirements.txt":
            yield asset


def _unused_requirements(name: str, asset: Asset) -> Finding:
    role = AssetRole.REQUIRED_LIBRARIES.value
    return Finding(
        "requirements_without_role",
        "warned",
        f"Nothing of {asset.path} is installed: its role is {asset.role.label}",
        f"Give it the role {AssetRole.REQUIRED_LIBRARIES.label}",
        file=asset.path,
        remedies=(Remedy("Give it the role", (("asset", "role", name, asset.path, role),)),),
    )
