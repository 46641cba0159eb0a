"""Addresses of queries, as they are typed."""

from __future__ import annotations

import pytest

from modelop_jupyter.errors import InputError
from modelop_jupyter.formats.sql.address import (
    is_database_address,
    public_address,
    query_of_address,
)


@pytest.mark.parametrize(
    ("address", "url", "text", "key"),
    [
        ("postgresql://h/d?query=SELECT a+b FROM t WHERE c LIKE 'x%&y'", "postgresql://h/d", "SELECT a+b FROM t WHERE c LIKE 'x%&y'", None),
        ("postgresql://h/d?query=SELECT 1 AS a&key=a", "postgresql://h/d", "SELECT 1 AS a", "a"),
        ("postgresql://h/d?sslmode=require&query=SELECT 1 AS a&key=my%20id", "postgresql://h/d?sslmode=require", "SELECT 1 AS a", "my id"),
        ("postgresql://h/d?key=a&sslmode=require&query=SELECT 1 AS a", "postgresql://h/d?sslmode=require", "SELECT 1 AS a", "a"),
        ("sqlite:///d.db?query=SELECT%20'a%26b'%2B1&key=id", "sqlite:///d.db", "SELECT 'a&b'+1", "id"),
        ("sqlite:///d.db?key=id&query=SELECT+1", "sqlite:///d.db", "SELECT 1", "id"),
        ("mysql+pymysql://u:p@h:1/d?query=SELECT\n  *\nFROM t\n", "mysql+pymysql://u:p@h:1/d", "SELECT\n  *\nFROM t", None),
    ],
)  # fmt: skip
def test_a_query_is_written_as_it_is_or_encoded(
    address: str, url: str, text: str, key: str | None
) -> None:
    """A query with blanks is taken as it is, with its plus and percent signs and ampersands."""
    query = query_of_address(address)

    assert (query.url, query.text, query.key) == (url, text, key)


@pytest.mark.parametrize(
    ("word", "is_address"),
    [
        ("postgresql://h/d?query=SELECT 1", True),
        ("postgres://h/d", True),
        ("sqlite:///d.db?query=SELECT 1", True),
        ("snowflake://a/d?query=SELECT 1", True),
        ("https://h/search?query=cats", False),
        ("s3://bucket/in.json", False),
        ("in.json", False),
        ("C:\\data\\in.json", False),
    ],
)
def test_an_address_is_told_from_other_inputs(word: str, is_address: bool) -> None:
    """A page that is searched is no database."""
    assert is_database_address(word) is is_address


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("postgresql://ann:s3cret@h:5432/d", "postgresql://h:5432/d"),
        ("postgresql+psycopg://ann@/d?host=/run/pg&password=s3cret", "postgresql+psycopg:///d?host=/run/pg"),
        ("mssql+pyodbc:///?odbc_connect=DRIVER=x;PWD=s3cret", "mssql+pyodbc:///"),
        ("postgresql://ann:p%40s3cret@h/d", "postgresql://h/d"),
        ("sqlite:///data/x.db", "sqlite:///data/x.db"),
    ],
)  # fmt: skip
def test_what_is_shown_of_an_address_has_no_credentials(url: str, public: str) -> None:
    """Neither user nor password, nor parameters that may hold one."""
    assert public_address(url) == public


def test_credentials_are_not_in_the_representation_of_a_query() -> None:
    """A traceback with the values of variables shows it."""
    assert "s3cret" not in repr(query_of_address("mysql://ann:s3cret@h/d?query=SELECT 1"))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://ann:s3cret@h/d", "input postgresql://h/d: the address has no query"),
        ("postgresql://ann:s3cret@h/d?query=", "the address has no query"),
        ("postgresql://ann:s3cret@h:port/d?query=SELECT 1", "input postgresql://…: is not the address of a database"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_said(address: str, sentence: str) -> None:
    """Without its password."""
    with pytest.raises(InputError) as caught:
        query_of_address(address)

    assert sentence in str(caught.value)
    assert "s3cret" not in str(caught.value)
