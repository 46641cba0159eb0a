"""The request, and the model's source imported as the module ``model``."""

import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import sys
import types

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .protocol import Request

ENV_JOB = "MODELOP_JOB_FOLDER"  # tells processes that a model starts where its source is
CHILDREN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")


def read_request(folder: str) -> "Request":
    """Return request.json with absolute paths; raises ValueError for another protocol version."""
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request: Request = json.load(file)
    if request.get("protocol") != 1:
        version = request.get("protocol")
        raise ValueError(f"the request has protocol version {version!r}; this runner supports 1")
    request["work"] = os.path.join(folder, request["work"])
    request["source"] = os.path.normpath(os.path.join(request["work"], request["source"]))
    others = request.get("other_outputs") or []
    output = [request["output"]] if request["output"] else []
    for item in [*request["inputs"], *output, *others]:
        item["path"] = os.path.join(folder, item["path"])
    for data in request["inputs"]:
        for one in data.get("files") or ():
            one["path"] = os.path.join(folder, one["path"])
    return request


def import_into_own_process(request: "Request", folder: str) -> types.ModuleType:
    """Import the model into its own process; those that it starts find it, too (spec 13.20)."""
    os.environ[ENV_JOB] = folder
    if CHILDREN not in sys.path:
        sys.path.insert(0, CHILDREN)  # it holds `model` and nothing else
    sys.argv[:] = [request["source"]]
    become_main()
    return import_model(request["source"], request["work"])


def import_in_child() -> None:
    """Replace the module that is being imported by the model, in a process that it started."""
    path = read_request(os.environ[ENV_JOB])["source"]
    finder = ModelFinder(path)
    sys.meta_path.insert(0, finder)
    become_main()
    spec: Any = finder.find_spec("model")
    sys.modules["model"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["model"])


def lend_names_to_main() -> None:
    """Make the model's names found in another program's ``__main__``, which keeps what it has."""
    if type(sys.modules["__main__"]) is types.ModuleType:
        sys.modules["__main__"].__class__ = Main


def become_main() -> None:
    """Replace ``__main__`` by a module that finds the model's names, and none of the runner's."""
    main = sys.modules["__main__"]
    if "get_ipython" in vars(main):
        lend_names_to_main()
        return
    new = Main("__main__", main.__doc__)
    vars(new)["__before__"] = main  # keeps its names alive while its code still runs
    if hasattr(main, "__file__"):
        new.__file__ = main.__file__
    sys.modules["__main__"] = new


class Main(types.ModuleType):
    """The ``__main__`` in which pickles of a notebook look up what its cells have defined."""

    def __getattr__(self, name: str) -> "Any":
        if not name.startswith("__") and "model" in sys.modules:
            return getattr(sys.modules["model"], name)
        raise AttributeError(f"module '__main__' has no attribute {name!r}")


def import_model(source: str, work: str) -> types.ModuleType:
    """Import a source as ``model``; its folders come last on sys.path (spec 13.2)."""
    for path in (work, os.path.dirname(source)):
        if path not in sys.path:
            sys.path.append(path)
    os.chdir(work)
    os.makedirs("outputDir", exist_ok=True)
    sys.meta_path.insert(0, ModelFinder(source))
    return importlib.import_module("model")


class ModelFinder:
    """Find the module ``model`` by path, for the runner and for processes that the model spawns."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find_spec(
        self,
        name: str,
        path: "Sequence[str] | None" = None,  # noqa: ARG002
        target: "types.ModuleType | None" = None,  # noqa: ARG002
    ) -> "importlib.machinery.ModuleSpec | None":
        if name != "model":
            return None
        loader = SourceLoader(name, self.path)
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Load a source of any extension and encoding, leaving no ``__pycache__`` beside it."""

    def get_code(self, fullname: str) -> types.CodeType:
        return compile(self.get_source(fullname), self.path, "exec", dont_inherit=True)

    def get_source(self, fullname: str) -> str:  # noqa: ARG002
        return source_text(self.get_data(self.path))


def source_text(data: bytes) -> str:
    """Decode a Python source: BOM, PEP 263, and Latin-1 where the declared encoding is wrong."""
    import tokenize

    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = data.decode("utf-16")
        else:
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    return io.IncrementalNewlineDecoder(None, True).decode(text, True)
