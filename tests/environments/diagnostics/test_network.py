"""Indexes, addresses and files that cannot be fetched, with real servers, uv and pip."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager

MakeSpec = Callable[..., EnvironmentSpec]
TLS = Path(__file__).parents[2] / "data" / "tls"
BOTH = pytest.mark.parametrize("installer", ["uv", "pip"])


@BOTH
def test_an_index_that_cannot_be_reached(lock_error, installer: str) -> None:
    """A closed port is the network's fault, not the requirement's."""
    error = lock_error(
        "demo",
        installer,
        PIP_INDEX_URL="http://u:s3cret@127.0.0.1:9/simple",
        PIP_NO_INDEX="0",
        PIP_RETRIES="1",
    )

    assert "cannot be reached" in error.reason
    assert "network" in (error.hint or "")
    assert "s3cret" not in str(error)
    assert error.log and "s3cret" not in Path(error.log).read_text()


@BOTH
def test_a_wrong_password(lock_error, index, wheelhouse, installer: str) -> None:
    """Refused access is not reported as an unknown name."""
    wheelhouse.add("demo", "1.0")
    index.password = "right"

    error = lock_error(
        "demo",
        installer,
        PIP_INDEX_URL=index.url.replace("//", "//user:wr0ng@"),
        PIP_NO_INDEX="0",
        PIP_FIND_LINKS="",
    )

    assert "refuses access" in error.reason
    assert "wr0ng" not in str(error)


def test_an_address_without_a_file(lock_error, index) -> None:
    """A dead link names its line."""
    error = lock_error(f"demo @ http://{index.address}/files/demo-1.0-py3-none-any.whl", "uv")

    assert error.line == 1
    assert "no file at" in error.reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("git+https://127.0.0.1:9/x/y.git@v1#egg=demo", "repository cannot be fetched"),
        ("demo @ https://user:s3cret@127.0.0.1:9/demo-1.0.tar.gz", "address cannot be reached"),
    ],
)
def test_an_address_that_cannot_be_reached(lock_error, text: str, reason: str) -> None:
    """The line with the address is named, its credentials are not."""
    error = lock_error(f"\n{text}")

    assert (error.asset, error.line) == ("requirements.txt", 2)
    assert reason in error.reason
    assert "s3cret" not in str(error)


def test_a_hash_that_no_file_has(lock_error, wheelhouse) -> None:
    """--hash in the requirements is checked when locking, which uv leaves to others."""
    wheelhouse.add("demo", "1.0")

    error = lock_error(f"demo==1.0 --hash=sha256:{'0' * 64}", "uv")

    assert (error.line, error.requirement) == (1, "demo==1.0")
    assert "hash" in error.reason


@BOTH
@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"PIP_INDEX_URL": "https://index.invalid/simple"}, "index cannot be reached"),
        (
            {"PIP_INDEX_URL": "https://index.invalid/simple", "PIP_PROXY": "http://127.0.0.1:9"},
            "the proxy on the way to the package index",
        ),
    ],
    ids=["no such host", "no proxy"],
)
def test_a_way_to_the_index_that_is_none(
    lock_error, more: dict[str, str], reason: str, installer: str
) -> None:
    """A name that no server has, and a proxy that does not answer: the network, not the requirement."""
    error = lock_error("demo", installer, PIP_NO_INDEX="0", **more)

    assert reason in error.reason
    assert error.line is None


@pytest.fixture
def trusted(make_index, wheelhouse) -> str:
    """The index behind TLS, with a certificate of an authority that only these tests know."""
    wheelhouse.add("demo", "1.0")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    return str(make_index(wheelhouse, tls=context).url)


@BOTH
def test_a_certificate_that_is_not_trusted(lock_error, trusted: str, installer: str) -> None:
    """A company's own authority must be named, and the sentence says how."""
    error = lock_error(
        "demo", installer, PIP_NO_INDEX="0", PIP_INDEX_URL=trusted, PIP_FIND_LINKS=""
    )

    assert "shows a certificate that is not trusted" in error.reason
    assert "global.cert" in (error.hint or "")


@BOTH
def test_a_named_authority_is_trusted(
    tmp_path: Path, offline: dict[str, str], make_spec: MakeSpec, trusted: str, installer: str
) -> None:
    """uv gets pip's cert, too (issue 4, indexes)."""
    more = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": trusted, "PIP_FIND_LINKS": ""}
    environ = {**offline, **more, "PIP_CERT": str(TLS / "authority.pem")}

    lock = EnvironmentManager(tmp_path / "root", environ=environ, installer=installer).lock(
        make_spec("demo")
    )

    assert [package.name for package in lock.packages] == ["demo"]
