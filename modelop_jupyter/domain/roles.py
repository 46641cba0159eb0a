"""Asset roles, their labels, and the rule that gives a file its role from its name.

The table is spec 5.1; its precedence is spec 13.16: exact names first, then the words of
the stem, then the extension, all without case and on the base name.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import PurePosixPath

from modelop_jupyter.errors import UnknownRoleError


class AssetRole(str, Enum):
    """The role of an asset, in ModelOp's spelling."""

    MODEL_SOURCE = "MODEL_SOURCE"
    REQUIRED_LIBRARIES = "REQUIRED_LIBRARIES"
    WEIGHTS_FILE = "WEIGHTS_FILE"
    MODEL_BINARY_FILE = "MODEL_BINARY_FILE"
    MODEL_SCHEMA = "MODEL_SCHEMA"
    MODEL_METADATA = "MODEL_METADATA"
    REQUIRED_ASSETS = "REQUIRED_ASSETS"
    EXTERNAL_ASSETS = "EXTERNAL_ASSETS"
    BASELINE_DATA = "BASELINE_DATA"
    COMPARATOR_DATA = "COMPARATOR_DATA"
    TRAINING_DATA = "TRAINING_DATA"
    TEST_DATA = "TEST_DATA"
    TEST_RESULT_COMPARATOR = "TEST_RESULT_COMPARATOR"
    DASHBOARD_RESULT_COMPARATOR = "DASHBOARD_RESULT_COMPARATOR"
    GREAT_EXPECTATIONS_TEST = "GREAT_EXPECTATIONS_TEST"
    PROMPT_TEMPLATE = "PROMPT_TEMPLATE"
    RAIL_FILE = "RAIL_FILE"
    README_FILE = "README_FILE"
    LICENSE_FILE = "LICENSE_FILE"
    ANNUAL_REVIEW_REPORT = "ANNUAL_REVIEW_REPORT"
    MODEL_DESIGN_DOCUMENT = "MODEL_DESIGN_DOCUMENT"
    VALIDATION_REPORT = "VALIDATION_REPORT"
    MODEL_DOCUMENTATION = "MODEL_DOCUMENTATION"
    UNKNOWN = "UNKNOWN"

    @property
    def label(self) -> str:
        """The label that users see; only "Required libraries" is confirmed by ModelOp (spec 5.1)."""
        return self.value.replace("_", " ").capitalize()

    @classmethod
    def parse(cls, text: str) -> AssetRole:
        """Return the role written as ``REQUIRED_LIBRARIES`` or as its label, in any case.

        Raises :class:`UnknownRoleError`, which lists the roles.
        """
        key = re.sub(r"[\s_-]+", "_", text.strip()).upper()
        try:
            return cls(key)
        except ValueError:
            raise UnknownRoleError(text, [role.value for role in cls]) from None


_EXACT = {
    "requirements.txt": AssetRole.REQUIRED_LIBRARIES,
    "metadata.json": AssetRole.MODEL_METADATA,
    "required_assets.json": AssetRole.REQUIRED_ASSETS,
    "external_assets.json": AssetRole.EXTERNAL_ASSETS,
    "readme.md": AssetRole.README_FILE,
    "read_me.md": AssetRole.README_FILE,
    "license.md": AssetRole.LICENSE_FILE,
    "dashboard_model.md": AssetRole.DASHBOARD_RESULT_COMPARATOR,
    "great_expectations_test.json": AssetRole.GREAT_EXPECTATIONS_TEST,
    "prompt.json": AssetRole.PROMPT_TEMPLATE,
    "prompt.yaml": AssetRole.PROMPT_TEMPLATE,
    "prompt.yml": AssetRole.PROMPT_TEMPLATE,
    **{
        f"{stem}.{ending}": AssetRole(stem.upper())
        for stem in ("annual_review_report", "model_design_document", "validation_report")
        for ending in ("doc", "docx", "pdf")
    },
}

_DATA_ENDINGS = frozenset({"csv", "json", "jsonl"})
_DATA_WORDS = {
    "baseline": AssetRole.BASELINE_DATA,
    "comparator": AssetRole.COMPARATOR_DATA,
    "training": AssetRole.TRAINING_DATA,
    "test": AssetRole.TEST_DATA,
}

SOURCE_ENDINGS = frozenset(
    "py py3 ipynb r c cc cpp h hh hpp java m pfa ppfa jexp sas sql yaml yml".split()
)
_ENDINGS = {
    **dict.fromkeys(SOURCE_ENDINGS, AssetRole.MODEL_SOURCE),
    **dict.fromkeys(("pickle", "pkl", "pklz"), AssetRole.WEIGHTS_FILE),
    **dict.fromkeys(("avsc", "avro"), AssetRole.MODEL_SCHEMA),
    **dict.fromkeys(("dmn", "cmmn"), AssetRole.TEST_RESULT_COMPARATOR),
    **dict.fromkeys(("doc", "docx", "pdf"), AssetRole.MODEL_DOCUMENTATION),
    **dict.fromkeys(_DATA_ENDINGS, AssetRole.TEST_DATA),
    "rail": AssetRole.RAIL_FILE,
    "model": AssetRole.MODEL_BINARY_FILE,
}


def role_for(path: str) -> AssetRole:
    """Return the role ModelOp Center gives a file of this name at import (spec 5.1, 13.16)."""
    name = PurePosixPath(path.replace("\\", "/")).name.lower()
    if name in _EXACT:
        return _EXACT[name]
    stem, _, ending = name.rpartition(".")
    if ending in _DATA_ENDINGS:
        words = set(re.split(r"[^a-z0-9]+", stem))
        for word, role in _DATA_WORDS.items():
            if word in words:
                return role
    return _ENDINGS.get(ending, AssetRole.UNKNOWN) if stem else AssetRole.UNKNOWN


_NOT_BY_ENDING_ALONE = frozenset(
    {AssetRole.UNKNOWN, AssetRole.MODEL_SOURCE, AssetRole.TEST_DATA, AssetRole.MODEL_DOCUMENTATION}
)


def has_known_role(path: str) -> bool:
    """Return whether a file's name says what it is for: ``baseline.csv`` does, ``sales.csv`` does not."""
    role = role_for(path)
    stem = PurePosixPath(path).stem.lower()
    is_named = role is AssetRole.TEST_DATA and "test" in re.split(r"[^a-z0-9]+", stem)
    return is_named or role not in _NOT_BY_ENDING_ALONE
