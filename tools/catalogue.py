"""Collect the texts of sidebar and server for translators, and compile what they have translated.

usage: python tools/catalogue.py          # writes build/modelop_jupyter.pot, and the JSON of each language
       python tools/catalogue.py --check  # says what is not as it should be

A language is a file ``modelop_jupyter/locale/<language>/LC_MESSAGES/modelop_jupyter.po``, which may be
partial. Sentences with values, such as ``f"no model named {name!r}"``, are written ``no model named %1``.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "modelop_jupyter"
SIDEBAR = ROOT / "labextension"
DOMAIN = "modelop_jupyter"
TEMPLATE = ROOT / "build" / f"{DOMAIN}.pot"
_CALL = re.compile(r"\btrans\.(?:__|_n)\(")
_STRING = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
# A call within the arguments of another one counts, too, which extractors of JavaScript pass over.
_ONE = re.compile(rf"\btrans\.__\(\s*{_STRING}\s*[,)]")
_MANY = re.compile(rf"\btrans\._n\(\s*{_STRING}\s*,\s*{_STRING}\s*,")
# Classes whose arguments are texts for people, besides all errors.
_TEXTS = frozenset({"JobState", "Remedy"})


def catalogue() -> Catalog:
    """Return all texts."""
    found = Catalog(project="modelop-jupyter", charset="utf-8")
    for path in _sources():
        for message, line in _texts_of_sidebar(path.read_text("utf-8")):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), line)])
    for path in sorted((SIDEBAR / "schema").glob("*.json")):
        place = (path.relative_to(ROOT).as_posix(), 1)
        for context, text in _texts_of_schema(json.loads(path.read_text("utf-8"))):
            found.add(text, locations=[place], context=context)
    for path in sorted(PACKAGE.rglob("*.py")):
        if "runner" not in path.relative_to(PACKAGE).parts:
            for text, line in _sentences(ast.parse(path.read_text("utf-8"))):
                found.add(text, locations=[(path.relative_to(ROOT).as_posix(), line)])
    return found


def languages() -> list[Path]:
    """Return the files of translators."""
    return sorted(PACKAGE.glob(f"locale/*/LC_MESSAGES/{DOMAIN}.po"))


def compiled(path: Path) -> str:
    """Return a language as JupyterLab reads it."""
    language = path.parents[1].name
    with path.open("rb") as file:
        translated = read_po(file, locale=language)
    # JupyterLab looks for the tag of the language, with a hyphen.
    tag, forms = language.replace("_", "-"), translated.plural_forms
    document: dict[str, object] = {"": {"domain": DOMAIN, "language": tag, "plural_forms": forms}}
    for message in translated:
        if message.id and message.string:
            many = isinstance(message.id, tuple)
            key = message.id[0] if many else message.id
            document[f"{message.context}\4{key}" if message.context else key] = (
                list(message.string) if many else [message.string]
            )
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def problems() -> list[str]:
    """Return what is not as it should be, in sentences."""
    found = catalogue()
    known = {(message.context, message.id) for message in found}
    sources = [path.read_text("utf-8") for path in _sources()]
    calls = sum(len(_CALL.findall(source)) for source in sources)
    extracted = sum(len(list(_texts_of_sidebar(source))) for source in sources)
    wrong = []
    if calls != extracted:
        wrong.append(
            f"the sidebar has {calls} texts to be translated, of which {extracted} are found"
        )
    for path in languages():
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and (message.context, message.id) not in known:
                    wrong.append(f"{path.relative_to(ROOT)}: nothing says {message.id!r} any more")
        if not path.with_suffix(".json").exists() or compiled(path) != path.with_suffix(
            ".json"
        ).read_text("utf-8"):
            wrong.append(f"{path.relative_to(ROOT)} is not compiled: run tools/catalogue.py")
    return wrong


def _sources() -> list[Path]:
    source = SIDEBAR / "src"
    files = [path for path in source.rglob("*.ts*") if "__tests__" not in path.parts]
    return sorted(files)


def _texts_of_sidebar(source: str) -> Iterator[tuple[str | tuple[str, str], int]]:
    """Yield the texts that are translated in a file, with their lines."""
    for match in _ONE.finditer(source):
        yield _literal(match[1]), source.count("\n", 0, match.start()) + 1
    for match in _MANY.finditer(source):
        texts = (_literal(match[1]), _literal(match[2]))
        yield texts, source.count("\n", 0, match.start()) + 1


def _literal(text: str) -> str:
    value: str = ast.literal_eval(text)
    return value


def _texts_of_schema(value: object) -> Iterator[tuple[str, str]]:
    """Yield the titles and descriptions of settings, with the contexts that JupyterLab gives them."""
    if not isinstance(value, dict):
        return
    yield from (("schema", value[key]) for key in ("title", "description") if key in value)
    for setting in value.get("properties", {}).values():
        yield from (
            ("settings", setting[key]) for key in ("title", "description") if key in setting
        )


def _sentences(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the texts of errors, remedies and states with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_text(node):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from _of_values(values)
        elif isinstance(node, ast.ClassDef) and node.name.endswith("Error"):
            yield from _of_class(node)


def _is_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name.endswith("Error") or name in _TEXTS


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    for part in ast.walk(node):
        if isinstance(part, ast.Return) and part.value is not None:
            yield from _of_values([part.value])
        elif isinstance(part, ast.Call) and ast.unparse(part.func) == "super().__init__":
            yield from _of_values(part.args)
        elif isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "noun":
            yield ast.literal_eval(part.value), part.lineno


def _of_values(values: list[ast.expr]) -> Iterator[tuple[str, int]]:
    for value in values:
        if isinstance(value, ast.IfExp):
            yield from _of_values([value.body, value.orelse])
            continue
        text = _template(value)
        # Words alone, such as codes and names, are no sentences.
        if text is not None and re.search(r"[a-z]{2,} |^[A-Z][a-z]+$", text):
            yield text, value.lineno


def _template(value: ast.expr) -> str | None:
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    if not isinstance(value, ast.JoinedStr):
        return None
    text, number = "", 0
    for part in value.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            number += 1
            text += f"%{number}"
    return text


def main(words: list[str]) -> int:
    """Check, or write."""
    if words == ["--check"]:
        wrong = problems()
        print("\n".join(wrong))
        return 1 if wrong else 0
    TEMPLATE.parent.mkdir(exist_ok=True)
    with TEMPLATE.open("wb") as file:
        write_po(file, catalogue(), sort_output=True)
    print(TEMPLATE.relative_to(ROOT))
    for path in languages():
        path.with_suffix(".json").write_text(compiled(path), "utf-8")
        print(path.with_suffix(".json").relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
