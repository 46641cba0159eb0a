"""IPython's own syntax is taken out of the text, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.capture.ipython_syntax import parses, strip_ipython_syntax


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("%matplotlib inline\na = 1", "\na = 1"),
        ("!ls -la \\\n  more\na = 1", "\n\na = 1"),
        ("a = 1\n!!ls", "a = 1\n"),
        ("?a\na?\na.b??\nnp.*load*?", "\n\n\n"),
        ("a = !ls\nb, c = %time 1", "a = ...\nb, c = ..."),
        ("if a:\n    !ls\n    %time b", "if a:\n    pass\n    pass"),
        ("/f x\n,f a b\n;g c", "\n\n"),
        ("%%time\na = 1", "\na = 1"),
        ("\n%%capture out\na = 1", "\n\na = 1"),
        ("%%modelop model churn\na = 1", "\na = 1"),
        ("%%modelop run churn\na = 1", "\n"),
        ("%%bash\na=1\nb=2", "\n\n"),
        (
            "%ls\na = '''\n%not\n!not\n'''\nb = (3\n  % 2)\n",
            "\na = '''\n%not\n!not\n'''\nb = (3\n  % 2)\n",
        ),
        ("%ls\na = 5 \\\n  % 3", "\na = 5 \\\n  % 3"),
        ("%ls\na = 'it\\'s ('  # don't [\n!ls", "\na = 'it\\'s ('  # don't [\n"),
        ("  a = 1\n  b = 2", "a = 1\nb = 2"),
        ("a = 1\r\nb = 2\r", "a = 1\nb = 2\n"),
    ],
)
def test_magics_are_blanked(source: str, expected: str) -> None:
    """Lines keep their numbers."""
    assert strip_ipython_syntax(source).text == expected


@pytest.mark.parametrize("source", ["a = (3\n% 2)", "x = '''\n%a\n'''", "a != b", "a %= 2", ""])
def test_python_is_left_alone(source: str) -> None:
    """What parses holds no magic."""
    assert strip_ipython_syntax(source).text == source
    assert strip_ipython_syntax(source).magics == {}


@given(st.text(alphabet="%!?ab='\"([\\\n #"))
def test_line_numbers_never_change(source: str) -> None:
    """Every message counts on them."""
    assert strip_ipython_syntax(source).text.count("\n") == source.count("\n")


def test_what_is_left_parses() -> None:
    """A cell with all of it in one."""
    source = "%load_ext x\nimport os\nfiles = !ls {os.sep}\nfor f in files:\n    !cat $f\nos?\n"

    assert parses(strip_ipython_syntax(source).text)
