"""The JSON Schemas of the parameters and fields that several resources share."""

from __future__ import annotations

from modelop_jupyter.domain.aliases import WORD_PATTERN
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.server.rest.json_schema import Schema

MODEL_NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
MODEL_NAME: Schema = {
    "type": "string",
    "pattern": f"^{MODEL_NAME_PATTERN}$",
    "description": "A model's name.",
    "examples": ["churn"],
}
MODEL_REF: Schema = {
    "type": "string",
    "pattern": f"^{MODEL_NAME_PATTERN}(@([1-9][0-9]{{0,8}}|{WORD_PATTERN}))?$",
    "description": "A model's name, or one of its snapshots as NAME@N or NAME@ALIAS.",
    "examples": ["churn"],
}
ENGINE: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1000,
    "description": "Where to run: local, the name of an engine, or one with an address.",
    "examples": ["dask://scheduler:8786"],
}
JOB_ID: Schema = {
    "type": "string",
    "pattern": "^[0-9a-fA-F-]{4,36}$",
    "description": "A job's id, or its first four digits or more.",
    "examples": ["3f2a1c00"],
}
FILE_PATH: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 4096,
    "description": "A path below the server's root folder, as the file browser shows it.",
}
ASSET_PATH: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 1024,
    "description": "An asset's path below the model's folder, or its name alone.",
    "examples": ["requirements.txt"],
}
ASSET_ROLE: Schema = {
    "enum": [*(role.value for role in AssetRole), *(role.label for role in AssetRole)],
    "description": "An asset role in ModelOp's spelling, or its label.",
}
FUNCTION_NAME: Schema = {"type": "string", "pattern": "^[^\\W0-9]\\w{0,127}$"}
SHORT_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
AS_OF: Schema = {
    **SHORT_TEXT,
    "description": "The day or time as of which requirements are resolved; git for the date of the"
    " folder's last commit, now for none.",
    "examples": ["2024-01-31"],
}
LONG_TEXT: Schema = {"type": "string", "maxLength": 10_000}
BOOLEAN: Schema = {"type": "boolean"}
