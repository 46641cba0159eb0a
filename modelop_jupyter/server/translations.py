"""Translate the sentences of errors into the language of the JupyterLab that asks.

Errors make their sentences in English, with the values in them. A catalogue has the same sentences
with ``%1``, ``%2``… in place of the values (tools/catalogue.py collects them), by which a finished
sentence is recognised. What has no translation stays in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

DOMAIN = "modelop_jupyter"
_VALUE = re.compile(r"%(\d)")
# A value may be a sentence or a word that is translated, too: a reason, a noun.
_DEPTH = 3


class Translations:
    """The texts of one language."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._texts = {text: to for text, to in messages.items() if not _VALUE.search(text)}
        # The sentence with the most words of its own fits best.
        with_values = sorted(messages.keys() - self._texts.keys(), key=_own_length, reverse=True)
        self._patterns = [
            (_pattern(text), messages[text]) for text in with_values if re.search(r"\w{2}", text)
        ]

    def sentence(self, text: str, depth: int = _DEPTH) -> str:
        """Return a text in this language, or as it is."""
        if text in self._texts:
            return self._texts[text]
        if not depth:
            return text
        for pattern, to in self._patterns:
            if match := pattern.fullmatch(text):
                values = {
                    name[1:]: self.sentence(value, depth - 1)
                    for name, value in match.groupdict().items()
                }
                return _VALUE.sub(lambda place, of=values: of.get(place[1], place[0]), to)  # type: ignore[misc]
        return text

    def error(self, wire: Mapping[str, Any]) -> dict[str, Any]:
        """Return an error as :meth:`ModelOpError.to_wire` makes it, in this language."""
        translated = dict(wire)
        for key in ("message", "hint"):
            if wire.get(key):
                translated[key] = self.sentence(wire[key])
        if "remedies" in wire:
            translated["remedies"] = [
                {**remedy, "text": self.sentence(remedy["text"])} for remedy in wire["remedies"]
            ]
        return translated


def translations_for(accepted: str) -> Translations | None:
    """Return the texts of the first language of an Accept-Language header; None for English.

    The sidebar sends the language of its JupyterLab, which needs the language pack of JupyterLab.
    """
    match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2,4}))?\s*(?:[,;]|\Z)", accepted)
    if match is None or match[1].lower() == "en":
        return None
    return _load("_".join(part for part in match.groups() if part))


@lru_cache(maxsize=16)
def _load(locale: str) -> Translations | None:
    from jupyterlab_server.translation_utils import get_language_pack

    catalogue = get_language_pack(locale)[0].get(DOMAIN, {})
    messages = {text: to[0] for text, to in catalogue.items() if text and "\4" not in text}
    return Translations(messages) if messages else None


def _own_length(text: str) -> int:
    return len(_VALUE.sub("", text))


def _pattern(text: str) -> re.Pattern[str]:
    parts = _VALUE.split(text)
    literals, numbers = parts[::2], parts[1::2]
    pattern = re.escape(literals[0])
    seen: set[str] = set()
    for number, literal in zip(numbers, literals[1:], strict=True):
        pattern += f"(?P=v{number})" if number in seen else f"(?P<v{number}>.+?)"
        pattern += re.escape(literal)
        seen.add(number)
    return re.compile(pattern, re.DOTALL)
