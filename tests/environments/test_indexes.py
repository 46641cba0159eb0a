"""pip's configuration is read as pip reads it and said again for uv."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.requirements import IndexOptions
from modelop_jupyter.environments.configuration import configuration_files, state_of_configuration
from modelop_jupyter.environments.indexes import Indexes, read_indexes


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
    found = read_indexes(machine(home))

    assert found.index_url == "https://user.example/simple"
    assert found.extra_index_urls == ("https://one.example/simple", "https://two.example/simple")
    assert found.find_links == ("https://links.example/w",)
    assert (found.timeout, found.proxy) == ("7", "http://p:1")
    assert (found.no_binary, found.pre) == (("a", "b"), True)


def test_variables_win_over_files(home: Path) -> None:
    """PIP_* is the last word, as with pip."""
    found = read_indexes(
        machine(home, PIP_INDEX_URL="https://env.example/simple", PIP_DEFAULT_TIMEOUT="9")
    )

    assert (found.index_url, found.timeout) == ("https://env.example/simple", "9")


def test_pip_config_file_wins_over_the_users(home: Path) -> None:
    """PIP_CONFIG_FILE is read after all others."""
    chosen = home / "chosen.conf"
    chosen.write_text("[global]\nindex-url = https://chosen.example/simple\n")

    found = read_indexes(machine(home, PIP_CONFIG_FILE=str(chosen)))

    assert found.index_url == "https://chosen.example/simple"
    assert found.timeout == "7"


def test_devnull_switches_all_files_off(home: Path) -> None:
    """That is pip's own way to read no file."""
    assert configuration_files(machine(home, PIP_CONFIG_FILE="/dev/null")) == []


def test_a_broken_file_is_passed_over(home: Path) -> None:
    """A file without sections does not stop a build."""
    (home / ".config" / "pip" / "pip.conf").write_text("index-url = nonsense\n")

    assert read_indexes(machine(home)).index_url is None


def test_says_it_to_uv(home: Path) -> None:
    """Every setting has its variable; none is an argument, where ps would show it."""
    found = read_indexes(
        machine(home, PIP_CERT="/c.pem", PIP_CLIENT_CERT="/k.pem", PIP_RETRIES="2")
    )

    said = found.for_uv()

    assert said["UV_DEFAULT_INDEX"] == "https://user.example/simple"
    assert said["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert said["UV_FIND_LINKS"] == "https://links.example/w"
    assert said["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert (said["UV_HTTP_TIMEOUT"], said["UV_HTTP_RETRIES"]) == ("7", "2")
    assert (said["SSL_CERT_FILE"], said["SSL_CLIENT_CERT"]) == ("/c.pem", "/k.pem")
    assert (said["HTTPS_PROXY"], said["UV_INSECURE_HOST"]) == ("http://p:1", "user.example")
    assert found.uv_arguments() == ["--no-binary", "a", "--no-binary", "b", "--prerelease", "allow"]


def test_no_index_leaves_only_links() -> None:
    """--no-index silences indexes, not find-links."""
    said = Indexes(
        index_url="https://a", extra_index_urls=("https://b",), no_index=True, find_links=("/w",)
    )

    assert "UV_DEFAULT_INDEX" not in said.for_uv()
    assert "UV_INDEX" not in said.for_uv()
    assert said.uv_arguments() == ["--no-index"]


def test_the_models_own_options_come_on_top() -> None:
    """A requirements file replaces the index and adds the rest; variables are filled in."""
    found = Indexes(index_url="https://a", extra_index_urls=("https://b",)).with_options(
        IndexOptions(index_url="https://u:${TOKEN}@c", extra_index_urls=("https://d",), pre=True),
        {"TOKEN": "t0k3n"},
    )

    assert found.index_url == "https://u:t0k3n@c"
    assert found.extra_index_urls == ("https://b", "https://d")
    assert found.pre


def test_a_missing_folder_is_passed_over(tmp_path: Path) -> None:
    """pip ignores it, uv would refuse everything."""
    found = Indexes(find_links=(str(tmp_path), str(tmp_path / "gone"), "https://h/files"))

    assert found.for_uv()["UV_FIND_LINKS"] == f"{tmp_path.as_uri()},https://h/files"
    assert f"find-links: {tmp_path / 'gone'} is missing" in found.describe()


def test_describes_itself_without_credentials(home: Path) -> None:
    """The log says what was translated and where it was read, masked."""
    found = read_indexes(machine(home, PIP_INDEX_URL="https://user:s3cret@env.example/simple"))

    told = "\n".join(found.describe())

    assert "index-url = https://****@env.example/simple   (from PIP_INDEX_URL)" in told
    assert "find-links = https://links.example/w" in told
    assert "s3cret" not in told


def test_a_changed_configuration_is_another_question(home: Path) -> None:
    """The cheap state changes with files and variables, the meaning not with a password."""
    before = state_of_configuration(machine(home))
    left = read_indexes(machine(home, PIP_INDEX_URL="https://u:one1@h/simple")).meaning
    right = read_indexes(machine(home, PIP_INDEX_URL="https://u:two2@h/simple")).meaning
    (home / ".config" / "pip" / "pip.conf").write_text("[global]\n")

    assert state_of_configuration(machine(home)) != before
    assert left == right
