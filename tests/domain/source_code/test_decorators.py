"""Decorators of this package are written as tags; lines keep their numbers."""

from __future__ import annotations

import pytest

from modelop_jupyter.domain.source_code.decorators import tag_texts, write_tags
from modelop_jupyter.errors import TagError

CASES = [
    (
        "from modelop_jupyter import score\n\n@score\ndef f(r):\n    yield r\n",
        "\n\n# modelop.score\ndef f(r):\n    yield r\n",
    ),
    (
        "import modelop_jupyter as mo\n@mo.init()\ndef f():\n    pass\n",
        "\n# modelop.init\ndef f():\n    pass\n",
    ),
    (
        "from modelop_jupyter import Workspace, metrics as m\n@m  # all\n@cache\ndef f(d): ...\n",
        "from modelop_jupyter import Workspace\n# modelop.metrics\n@cache\ndef f(d): ...\n",
    ),
    (
        "import os, modelop_jupyter; x = 'é'\n@modelop_jupyter.train(\n)\ndef f(d): ...\n",
        "import os; x = 'é'\n# modelop.train\n\ndef f(d): ...\n",
    ),
    (
        "try:\n    from modelop_jupyter import score\nexcept ImportError:\n    pass\n@score\ndef f(r): ...\n",
        "try:\n    pass\nexcept ImportError:\n    pass\n# modelop.score\ndef f(r): ...\n",
    ),
    (
        "from modelop_jupyter import score\n# modelop.score\n@score\ndef score(r): ...\n",
        "\n# modelop.score\n\ndef score(r): ...\n",
    ),
    (
        "import modelop_jupyter\n@modelop_jupyter.score\ndef f(r): ...\nw = modelop_jupyter.Workspace\n",
        "import modelop_jupyter\n# modelop.score\ndef f(r): ...\nw = modelop_jupyter.Workspace\n",
    ),
]


@pytest.mark.parametrize(("text", "tagged"), CASES)
def test_tags_stand_in_their_place(text: str, tagged: str) -> None:
    """With the import gone that nothing else needs, and the same number of lines."""
    assert write_tags(text, "m.py") == tagged
    assert text.count("\n") == tagged.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "from mine import score  # not modelop_jupyter\n@score\ndef f(r): ...\n",
        "import modelop_jupyter\n@modelop_jupyter.other\ndef f(r): ...\n",
        "from modelop_jupyter import score\nthis is no Python\n@score\ndef f(r): ...\n",
    ],
)
def test_other_text_stays(text: str) -> None:
    """Decorators of others, and what is not Python here."""
    assert write_tags(text, "m.py") == text


def test_names_go_from_text_to_text() -> None:
    """As those of cells do."""
    texts = [("cell 1", "from modelop_jupyter import score"), ("cell 2", "@score\ndef f(r): ...")]

    assert [each.text for each in tag_texts(texts)] == ["", "# modelop.score\ndef f(r): ..."]


CONFLICTS = [
    (
        "from modelop_jupyter import score\n# modelop.metrics\n@score\ndef f(r): ...\n",
        "m.py, line 4: f has the decorator @score and the tag modelop.metrics",
    ),
    (
        "from modelop_jupyter import score\ndef score(r): ...\n@score\ndef f(r): ...\n",
        "m.py, line 3: @score calls what m.py, line 2 defines, and no longer the decorator of",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), CONFLICTS)
def test_what_contradicts_is_refused(text: str, sentence: str) -> None:
    """With the line."""
    with pytest.raises(TagError, match=sentence):
        write_tags(text, "m.py")
