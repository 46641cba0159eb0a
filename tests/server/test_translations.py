"""Sentences of errors in the language of the JupyterLab that asks."""

from __future__ import annotations

import pytest

from modelop_jupyter.server.translations import Translations, translations_for

GERMAN = Translations(
    {
        "no %1 named %2": "%1 %2 gibt es nicht",
        "model": "Modell",
        "input %1: %2": "Eingabe %1: %2",
        "no such file": "diese Datei gibt es nicht",
        "%1 is %2, not %1": "%2 statt %1",
        "Show its log": "Protokoll anzeigen",
    }
)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Show its log", "Protokoll anzeigen"),
        ("no model named 'x'", "Modell 'x' gibt es nicht"),
        ("no asset named 'two\nlines'", "asset 'two\nlines' gibt es nicht"),
        ("input a.csv: no such file", "Eingabe a.csv: diese Datei gibt es nicht"),
        ("input a.csv: something else", "Eingabe a.csv: something else"),
        ("x is y, not x", "y statt x"),
        ("nobody has translated this", "nobody has translated this"),
        ("a value: of %1 signs", "a value: of %1 signs"),
    ],
)
def test_a_sentence_is_found_with_its_values(english: str, german: str) -> None:
    """Words and sentences among its values are translated, too; the most exact sentence wins."""
    assert GERMAN.sentence(english) == german


def test_an_error_has_its_sentences_translated_and_its_code_not() -> None:
    """Commands stay what can be typed."""
    remedy = {"text": "Show its log", "commands": [["job", "log", "3f2a"]], "options": []}
    error = {"code": "x", "message": "no model named 'x'", "hint": None, "remedies": [remedy]}

    assert GERMAN.error(error) == {
        "code": "x",
        "message": "Modell 'x' gibt es nicht",
        "hint": None,
        "remedies": [{**remedy, "text": "Protokoll anzeigen"}],
    }


@pytest.mark.parametrize("accepted", ["", "en", "en-GB,de;q=0.5", "*", "xx-YY", "../../etc"])
def test_there_is_nothing_to_translate_for_others(accepted: str) -> None:
    """English, languages without a language pack, and what is no language."""
    assert translations_for(accepted) is None
