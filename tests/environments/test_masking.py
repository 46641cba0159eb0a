"""Credentials never get through."""

from __future__ import annotations

import pytest

from modelop_jupyter.environments.masking import Masker, secrets_of, without_credentials


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GET https://user:s3cret@h/simple failed", "GET https://****@h/simple failed"),
        ("git+https://t0ken@h/r.git", "git+https://****@h/r.git"),
        ("http://a:b@h http://c:d@i", "http://****@h http://****@i"),
        ("https://h/a@b", "https://h/a@b"),
        ("mail a@b.c", "mail a@b.c"),
    ],
)
def test_masks_the_user_part_of_every_address(text: str, expected: str) -> None:
    """No knowledge of the secret is needed."""
    assert Masker()(text) == expected


def test_masks_known_secrets_everywhere() -> None:
    """A tool may print a password away from its address, decoded or not."""
    mask = Masker(["https://user:p%40ss%2Fword@h/simple"])

    assert mask("p@ss/word and p%40ss%2Fword") == "**** and ****"


def test_a_lone_user_part_is_a_token() -> None:
    """https://TOKEN@host is how many indexes are reached."""
    assert secrets_of("https://t0k3n@h") == ["t0k3n"]


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
