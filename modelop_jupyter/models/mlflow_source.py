"""The source that is written for an MLflow model: it loads it once, and predicts record by record."""

from __future__ import annotations

import json
from dataclasses import dataclass

from modelop_jupyter.models.mlflow_signature import Signature


@dataclass(frozen=True, slots=True)
class Loader:
    """What loads a model: ``mlflow.pyfunc``, ``pickle``, or a module with ``_load_pyfunc``.

    ``data`` is the path that it loads, ``code`` a folder to import from, and ``function`` the method
    that predicts.
    """

    module: str
    data: str = "."
    code: str | None = None
    function: str = "predict"


_TABLE = (
    "def table(record):",
    '    """Return a record as a table of one row, with the types of the signature."""',
    "    types = {name: TYPES.get(name) for name, value in record.items() if value is not None}",
    "    return pandas.DataFrame(",
    "        {name: pandas.Series([record[name]], dtype=types.get(name)) for name in record}",
    "    )",
    "",
    "",
)


def source_of(loader: Loader, signature: Signature) -> str:
    """Return the text of the source, with its tags."""
    record = _record(loader, signature)
    imports = ["warnings", *_imports(loader)]
    libraries = [name for name in ("numpy", "pandas") if f"{name}." in record or name == "pandas"]
    lines = [
        '"""Score records with the model that MLflow wrote to this folder."""',
        "",
        *(f"import {name}" for name in sorted({*imports})),
        "",
        *(f"import {name}" for name in libraries),
        *_before(loader),
        *_types(signature),
        "",
        "",
        "# modelop.init",
        "def load():",
        "    global predictor",
        "    with warnings.catch_warnings():",
        "        # Libraries warn while a model is loaded, and here a UserWarning is an error.",
        '        warnings.simplefilter("ignore")',
        *(f"        {line}" for line in _load(loader)),
        "",
        "",
        "# modelop.score",
        "def predict(record):",
        f"    yield from rows(predictor.{loader.function}({record}))",
        "",
        "",
        *(_TABLE if signature.names else ()),
        "def rows(predicted):",
        '    """Return what was predicted for each row; a row of a table is a dictionary."""',
        "    if isinstance(predicted, pandas.DataFrame):",
        '        return predicted.to_dict(orient="records")',
        '    if hasattr(predicted, "tolist"):',
        "        predicted = predicted.tolist()",
        "    return predicted if isinstance(predicted, list) else [predicted]",
    ]
    return "\n".join(lines) + "\n"


def _imports(loader: Loader) -> list[str]:
    if loader.module == "mlflow.pyfunc":
        return ["os"]
    code = ["os", "sys"] if loader.code else []
    return [*code, "pickle"] if loader.module == "pickle" else ["importlib", *code]


def _before(loader: Loader) -> list[str]:
    """Return what stands before the functions: an import that needs something to be set."""
    if loader.module == "mlflow.pyfunc":
        return [
            "",
            "# A job talks to nobody.",
            'os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")',
            "",
            "import mlflow.pyfunc",
        ]
    if loader.code:
        return ["", f"sys.path.insert(0, os.path.abspath({_text(loader.code)}))"]
    return []


def _types(signature: Signature) -> list[str]:
    if not signature.names:
        return []
    types = (f"    {_text(name)}: {_text(kind)}," for name, kind in signature.column_types.items())
    return [
        "",
        "# JSON has one kind of number: 9 is a float where the signature says so.",
        "TYPES = {",
        *types,
        "}",
    ]


def _load(loader: Loader) -> list[str]:
    if loader.module == "mlflow.pyfunc":
        return ['predictor = mlflow.pyfunc.load_model(".")']
    if loader.module == "pickle":
        return [
            f'with open({_text(loader.data)}, "rb") as file:',
            "    predictor = pickle.load(file)",
        ]
    return [
        f"predictor = importlib.import_module({_text(loader.module)})._load_pyfunc({_text(loader.data)})"
    ]


def _record(loader: Loader, signature: Signature) -> str:
    """Return the expression that makes of a record what ``predict`` takes: one row."""
    if signature.is_tensor:
        dtypes = signature.dtypes
        if None in dtypes:
            return f"numpy.asarray([record], dtype={_text(dtypes[None])})"
        parts = (
            f"{_text(str(name))}: numpy.asarray([record[{_text(str(name))}]], dtype={_text(dtype)})"
            for name, dtype in dtypes.items()
        )
        return "{" + ", ".join(parts) + "}"
    if signature.has_hints:
        return "[record]"
    if signature.names:
        # MLflow itself brings columns into the order of the signature.
        columns = (
            ""
            if loader.module == "mlflow.pyfunc"
            else f"[[{', '.join(map(_text, signature.names))}]]"
        )
        return f"table(record){columns}"
    return "pandas.DataFrame([record]) if isinstance(record, dict) else [record]"


def _text(value: str) -> str:
    """Return a text as Python's code, in double quotes."""
    return json.dumps(value, ensure_ascii=False)
