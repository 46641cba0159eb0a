"""The request, and the model's source imported as the module ``model``."""

import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import sys
import types

ENV_JOB = "MODELOP_JOB_FOLDER"  # tells processes that a model starts where its source is
CHILDREN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "children")


def read_request(folder):
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    if request.get("protocol") != 1:
        raise ValueError("the request speaks protocol %r, this runner 1" % request.get("protocol"))
    request["work"] = os.path.join(folder, request["work"])
    request["source"] = os.path.normpath(os.path.join(request["work"], request["source"]))
    others = request.get("other_outputs") or []
    for item in request["inputs"] + [request["output"] or {"path": ""}] + others:
        item["path"] = os.path.join(folder, item["path"])
    return request


def import_by_itself(request, folder):
    """Import the model into a process of its own, and have those that it starts find it, too (13.20)."""
    os.environ[ENV_JOB] = folder
    if CHILDREN not in sys.path:
        sys.path.insert(0, CHILDREN)  # it holds `model` and nothing else
    sys.argv[:] = [request["source"]]
    become_main()
    return import_model(request)


def import_in_child():
    """Put the model in the place of the module that is being imported, in a process that it started."""
    path = read_request(os.environ[ENV_JOB])["source"]
    finder = ModelFinder(path)
    sys.meta_path.insert(0, finder)
    become_main()
    spec = finder.find_spec("model")
    sys.modules["model"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["model"])


def lend_names_to_main():
    """Have the model's names be found in a ``__main__`` that is somebody else's and keeps what it has."""
    if type(sys.modules["__main__"]) is types.ModuleType:
        sys.modules["__main__"].__class__ = Main


def become_main():
    """Have ``__main__`` be a module in which the model's names are found, and none of ours."""
    main = sys.modules["__main__"]
    if "get_ipython" in vars(main):
        return lend_names_to_main()
    new = Main("__main__", main.__doc__)
    new.__before__ = main  # its names must live on, as long as it runs
    if hasattr(main, "__file__"):
        new.__file__ = main.__file__
    sys.modules["__main__"] = new


class Main(types.ModuleType):
    """Where pickles of a notebook look up what its cells have defined."""

    def __getattr__(self, name):
        if not name.startswith("__") and "model" in sys.modules:
            return getattr(sys.modules["model"], name)
        raise AttributeError("module '__main__' has no attribute %r" % name)


def import_model(request):
    """Import the source as ``model``; its folders come last on sys.path so that they shadow nothing (13.2)."""
    work = request["work"]
    for path in (work, os.path.dirname(request["source"])):
        if path not in sys.path:
            sys.path.append(path)
    os.chdir(work)
    os.makedirs("outputDir", exist_ok=True)
    sys.meta_path.insert(0, ModelFinder(request["source"]))
    return importlib.import_module("model")


class ModelFinder:
    """Find the module ``model`` by path, for us and for processes that the model spawns."""

    def __init__(self, path):
        self.path = path

    def find_spec(self, name, path=None, target=None):
        if name != "model":
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=SourceLoader(name, self.path))


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Load a source of any extension and encoding, leaving no ``__pycache__`` beside it."""

    def get_code(self, fullname):
        return compile(self.get_source(fullname), self.path, "exec", dont_inherit=True)

    def get_source(self, fullname):
        return source_text(self.get_data(self.path))


def source_text(data):
    """Decode a Python source: BOM, PEP 263, and Latin-1 where it is none of what it says."""
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
