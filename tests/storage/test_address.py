"""Addresses, and the sentences for those that cannot be used."""

from __future__ import annotations

import pytest

from modelop_jupyter.errors import AddressError, MissingDriverError, UnknownSchemeError
from modelop_jupyter.storage import Address, stat


@pytest.mark.parametrize(
    ("text", "name", "is_prefix", "has_wildcard"),
    [
        ("s3://b/x/y.json", "y.json", False, False),
        ("S3://b/x/y.json", "y.json", False, False),
        ("s3://b/x/a?b#c.csv", "a?b#c.csv", False, True),
        ("s3://b/x/*.csv", "*.csv", False, True),
        ("s3://b/x/", "", True, False),
        ("s3://b", "", True, False),
        ("https://h/x/y%20z.csv?a=*", "y z.csv", False, False),
        ("abfs://data@acme.dfs.core.windows.net/y.csv", "y.csv", False, False),
        ("file:///srv/y.csv", "y.csv", False, False),
    ],
)
def test_reads_an_address(text: str, name: str, is_prefix: bool, has_wildcard: bool) -> None:
    """A name, a prefix or a glob; in a web address ? begins the query."""
    address = Address.parse(text)

    assert (address.name, address.is_prefix, address.has_wildcard) == (
        name,
        is_prefix,
        has_wildcard,
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sftp://ann:s3cret@h/x.csv", "sftp://****@h/x.csv"),
        ("https://h/x.csv?sig=s3cret", "https://h/x.csv?sig=****"),
    ],
)
def test_credentials_of_an_address_are_never_shown(text: str, shown: str) -> None:
    """Neither as text nor in a representation, which tracebacks print."""
    address = Address.parse(text)

    assert address.holds_credentials
    assert str(address) == shown
    assert "s3cret" not in repr(address)


@pytest.mark.parametrize(
    "text", ["s3://b/x", "sftp://deploy-1@h/x", "abfs://data-1@acme.dfs.core.windows.net/x"]
)
def test_a_name_before_the_host_is_no_credential(text: str) -> None:
    """Users of SFTP and containers of Azure are shown."""
    address = Address.parse(text)

    assert not address.holds_credentials
    assert str(address) == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("s3n://b/x", "Did you mean s3://?"),
        ("s4://b/x", "Did you mean s3://?"),
        ("htpps://h/x", "Did you mean https://?"),
        ("dropbox://b/x", "There are s3://, s3a://, gs://"),
    ],
)
def test_an_unknown_scheme_suggests_another(text: str, sentence: str) -> None:
    """The nearest one, or all of them."""
    with pytest.raises(UnknownSchemeError) as caught:
        Address.parse(text)

    assert f"{text} cannot be used" in str(caught.value)
    assert sentence in str(caught.value)


def test_credentials_in_an_address_of_s3_are_refused() -> None:
    """The driver would take them for a bucket's name."""
    with pytest.raises(AddressError) as caught:
        Address.parse("s3://AKIA1:s3cret@b/x")

    assert "s3cret" not in str(caught.value)
    assert "takes them from your usual files and variables" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "module", "command"),
    [
        ("gs://b/x", "gcsfs", "pip install 'modelop-jupyter[remote]' gcsfs"),
        ("az://b/x", "adlfs", "pip install 'modelop-jupyter[remote]' adlfs"),
        ("s3://b/x", "s3fs", "pip install 'modelop-jupyter[remote]'."),
        ("s3://b/x", "fsspec", "pip install 'modelop-jupyter[remote]'."),
    ],
)
def test_a_missing_driver_is_named(
    address: str, module: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(__import__("sys").modules, module, None)

    with pytest.raises(MissingDriverError) as caught:
        stat(address)

    assert command in str(caught.value)
