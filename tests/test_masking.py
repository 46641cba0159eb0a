"""Credentials never get through."""

from __future__ import annotations

import pytest

from modelop_jupyter.masking import Masker, has_literal_secret, secrets_of, without_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET https://user:s3cret@h/simple failed", "GET https://****@h/simple failed"),
        ("git+https://t0ken@h/r.git", "git+https://****@h/r.git"),
        ("http://a:b@h http://c:d@i", "http://****@h http://****@i"),
        ("https://h/a@b", "https://h/a@b"),
        ("x @ https://u:p@ss@h/x.whl", "x @ https://****@h/x.whl"),
        ("http://u:it's@h/simple", "http://****@h/simple"),
        ("https://h/simple?token=abc&x=1", "https://h/simple?token=****&x=1"),
        (
            "https://h/f.whl?X-Amz-Signature=ab%2F#sha256=1",
            "https://h/f.whl?X-Amz-Signature=****#sha256=1",
        ),
        ("['http://','a@b']", "['http://','a@b']"),
        ('f"http://{user}:{word}@{host}/"', 'f"http://{user}:{word}@{host}/"'),
        ("mail a@b.c", "mail a@b.c"),
        ("https://h/x?sv=1&sig=ab%2F&sigma=1", "https://h/x?sv=1&sig=****&sigma=1"),
        ("abfs://data@acme.dfs.core.windows.net/x", "abfs://data@acme.dfs.core.windows.net/x"),
        ("sftp://deploy-1@h/x sftp://u:p@h/x", "sftp://deploy-1@h/x sftp://****@h/x"),
    ],
)
def test_masks_the_user_part_of_every_address(text: str, expected: str) -> None:
    """No knowledge of the secret is needed."""
    assert Masker()(text) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-i https://user:s3cret@h/simple", True),
        ("git+https://t0ken@h/r.git", True),
        ("x @ https://u:p@ss@h/x.whl", True),
        ("-i https://h/simple?access_token=abc", True),
        ("-i https://h/simple?access_token=${TOKEN}", False),
        ("-i https://user:${TOKEN}@h/simple", False),
        ("-i https://user@h/simple", False),
        ("demo==1.0  # mail a@b.c", False),
    ],
)
def test_finds_a_secret_that_is_written_out(line: str, expected: bool) -> None:
    """A variable in its place, or a name alone, is none."""
    assert has_literal_secret(line) is expected


def test_masks_known_secrets_everywhere() -> None:
    """A tool may print a password away from its address, decoded or not."""
    mask = Masker(["https://user:p%40ss%2Fword@h/simple"])

    assert mask("p@ss/word and p%40ss%2Fword") == "**** and ****"


def test_a_lone_user_part_is_a_token() -> None:
    """https://TOKEN@host is how many indexes are reached."""
    assert secrets_of("https://t0k3n@h") == ["t0k3n"]


def test_the_user_of_sftp_is_a_name() -> None:
    """Neither is the container of an Azure address a token."""
    assert secrets_of("sftp://deploy-1@h/x") == secrets_of("abfs://data-1@h/x") == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://u:p@h:1/x?y#z", "https://h:1/x?y#z"),
        ("ssh://git@h/r", "ssh://git@h/r"),
        ("ssh://git:p@h/r", "ssh://h/r"),
        ("/srv/wheels", "/srv/wheels"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_takes_credentials_out_of_an_address(url: str, expected: str) -> None:
    """What a lock keeps has no user part; the user of ssh is an address."""
    assert without_credentials(url) == expected
