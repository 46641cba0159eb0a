"""pip's configuration is read as pip reads it, and translated for uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.requirements import IndexOptions
from modelop_jupyter.environments.installers.indexes import Indexes, read_indexes
from modelop_jupyter.environments.installers.pip_config import (
    configuration_files,
    state_of_configuration,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config" / "pip").mkdir(parents=True)
    (tmp_path / ".config" / "pip" / "pip.conf").write_text(
        "[global]\nindex-url = https://user.example/simple\n"
        "extra-index-url =\n    https://one.example/simple\n    https://two.example/simple\n"
        "find_links = https://links.example/w\ntrusted-host = user.example\ntimeout = 7\nproxy = http://p:1\n"
        "[install]\nno-binary = a,b\npre = yes\n[freeze]\ntimeout = 99\n"
    )
    return tmp_path


def machine(home: Path, **more: str) -> dict[str, str]:
    # XDG_CONFIG_DIRS away from the machine the tests run on; /etc/pip.conf is pip's own place.
    return {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "none"), **more}


def test_reads_the_users_file(home: Path) -> None:
    """[global] and [install] count, other commands' sections do not."""
    indexes = read_indexes(machine(home))

    assert indexes.index_url == "https://user.example/simple"
    assert indexes.extra_index_urls == ("https://one.example/simple", "https://two.example/simple")
    assert indexes.find_links == ("https://links.example/w",)
    assert (indexes.timeout, indexes.proxy) == ("7", "http://p:1")
    assert (indexes.no_binary, indexes.pre) == (("a", "b"), True)


def test_variables_win_over_files(home: Path) -> None:
    """PIP_* is the last word, as with pip."""
    indexes = read_indexes(
        machine(home, PIP_INDEX_URL="https://env.example/simple", PIP_DEFAULT_TIMEOUT="9")
    )

    assert (indexes.index_url, indexes.timeout) == ("https://env.example/simple", "9")


def test_pip_config_file_wins_over_the_users(home: Path) -> None:
    """PIP_CONFIG_FILE is read after all others."""
    chosen = home / "chosen.conf"
    chosen.write_text("[global]\nindex-url = https://chosen.example/simple\n")

    indexes = read_indexes(machine(home, PIP_CONFIG_FILE=str(chosen)))

    assert indexes.index_url == "https://chosen.example/simple"
    assert indexes.timeout == "7"


def test_devnull_switches_all_files_off(home: Path) -> None:
    """That is pip's own way to read no file."""
    assert configuration_files(machine(home, PIP_CONFIG_FILE="/dev/null")) == []


def test_a_broken_file_is_passed_over(home: Path) -> None:
    """A file without sections does not stop a build."""
    (home / ".config" / "pip" / "pip.conf").write_text("index-url = nonsense\n")

    assert read_indexes(machine(home)).index_url is None


def test_settings_are_translated_for_uv(home: Path) -> None:
    """Every setting has its variable; none is an argument, where ps would show it."""
    indexes = read_indexes(
        machine(home, PIP_CERT="/c.pem", PIP_CLIENT_CERT="/k.pem", PIP_RETRIES="2")
    )

    variables = indexes.uv_variables()

    assert variables["UV_DEFAULT_INDEX"] == "https://user.example/simple"
    assert variables["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert variables["UV_FIND_LINKS"] == "https://links.example/w"
    assert variables["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert (variables["UV_HTTP_TIMEOUT"], variables["UV_HTTP_RETRIES"]) == ("7", "2")
    assert (variables["SSL_CERT_FILE"], variables["SSL_CLIENT_CERT"]) == ("/c.pem", "/k.pem")
    assert (variables["HTTPS_PROXY"], variables["UV_INSECURE_HOST"]) == (
        "http://p:1",
        "user.example",
    )
    assert indexes.uv_arguments() == [
        "--no-binary",
        "a",
        "--no-binary",
        "b",
        "--prerelease",
        "allow",
    ]


def test_no_index_leaves_only_links() -> None:
    """--no-index silences indexes, not find-links."""
    indexes = Indexes(
        index_url="https://a", extra_index_urls=("https://b",), no_index=True, find_links=("/w",)
    )

    assert "UV_DEFAULT_INDEX" not in indexes.uv_variables()
    assert "UV_INDEX" not in indexes.uv_variables()
    assert indexes.uv_arguments() == ["--no-index"]


def test_the_models_own_options_come_on_top() -> None:
    """A requirements file replaces the index and adds the rest; variables are filled in."""
    indexes = Indexes(index_url="https://a", extra_index_urls=("https://b",)).with_options(
        IndexOptions(index_url="https://u:${TOKEN}@c", extra_index_urls=("https://d",), pre=True),
        {"TOKEN": "t0k3n"},
    )

    assert indexes.index_url == "https://u:t0k3n@c"
    assert indexes.extra_index_urls == ("https://b", "https://d")
    assert indexes.pre


def test_a_missing_folder_is_passed_over(tmp_path: Path) -> None:
    """pip ignores it, uv would refuse everything."""
    indexes = Indexes(find_links=(str(tmp_path), str(tmp_path / "gone"), "https://h/files"))

    assert indexes.uv_variables()["UV_FIND_LINKS"] == f"{tmp_path.as_uri()},https://h/files"
    assert f"find-links: {tmp_path / 'gone'} is missing" in indexes.describe()


def test_describes_itself_without_credentials(home: Path) -> None:
    """The log has each setting and where it was read, masked."""
    indexes = read_indexes(machine(home, PIP_INDEX_URL="https://user:s3cret@env.example/simple"))

    text = "\n".join(indexes.describe())

    assert "index-url = https://****@env.example/simple   (from PIP_INDEX_URL)" in text
    assert "find-links = https://links.example/w" in text
    assert "s3cret" not in text


def test_a_changed_configuration_is_another_request(home: Path) -> None:
    """The cheap state changes with files and variables, the meaning not with a password."""
    before = state_of_configuration(machine(home))
    left = read_indexes(machine(home, PIP_INDEX_URL="https://u:one1@h/simple")).meaning
    right = read_indexes(machine(home, PIP_INDEX_URL="https://u:two2@h/simple")).meaning
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\n")

    assert state_of_configuration(machine(home)) != before
    assert left == right
