"""An array is cut into the texts of its records, which stay as they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.deployments.bodies import elements, is_array, members

_SPACE = st.text(" \t\r\n", max_size=2)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(_VALUES, max_size=5), _SPACE, st.booleans())
def test_the_elements_of_an_array_are_its_texts(
    values: list[object], space: str, is_ascii: bool
) -> None:
    texts = [json.dumps(value, ensure_ascii=is_ascii) for value in values]
    body = f"{space}[{space}{f'{space},{space}'.join(texts)}{space}]{space}".encode(
        errors="surrogatepass"
    )

    assert is_array(body)
    assert list(elements(body)) == [text.encode() for text in texts]


def test_a_number_that_no_float_holds_stays_as_it_is() -> None:
    assert list(elements(b"[1e400, 0.10]")) == [b"1e400", b"0.10"]


@pytest.mark.parametrize("body", ["[", "[1", "[1 2]", "[1,]", "[,1]", "[1] 2", "[1]]", "{}", ""])
def test_what_is_no_array_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        list(elements(body.encode()))


@given(st.text())
def test_any_text_is_an_array_or_refused(text: str) -> None:
    body = text.encode(errors="replace")
    try:
        expected = json.loads(body)
    except ValueError:
        expected = None
    try:
        found = list(elements(body))
    except ValueError:
        assert not isinstance(expected, list)
    else:
        assert isinstance(expected, list)
        assert len(found) == len(expected)


@given(st.dictionaries(st.text(), _VALUES, max_size=5), st.booleans())
def test_the_members_of_an_object_are_its_keys_and_texts(
    values: dict[str, object], is_ascii: bool
) -> None:
    body = json.dumps(values, ensure_ascii=is_ascii, indent=1).encode(errors="surrogatepass")

    assert [(key, json.loads(text)) for key, text in members(body)] == list(values.items())


@pytest.mark.parametrize(
    "body", ["{", '{"a"', '{"a":', '{"a":1', '{"a":1,}', "{,}", "{1:1}", '{"a" 1}', "{}}", "[]", ""]
)
def test_what_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        list(members(body.encode()))
