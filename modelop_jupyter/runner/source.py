"""The request, and the model's source imported as the module ``model``."""

import importlib
import importlib.machinery
import importlib.util
import io
import json
import os
import sys


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
