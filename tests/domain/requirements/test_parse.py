"""Requirement files: what is understood, what is refused and why, and that nothing crashes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.requirements import (
    Problem,
    RequirementLine,
    Requirements,
    expand,
    normalise,
)
from modelop_jupyter.domain.requirements.parse import parse_requirements

ZEROS = "0" * 64
ONES = "1" * 64


def read(data: bytes | str, **others: bytes) -> Requirements:
    raw = data.encode() if isinstance(data, str) else data
    files = {"requirements.txt": raw, **{k.replace("_txt", ".txt"): v for k, v in others.items()}}
    return parse_requirements(files, ["requirements.txt"])


def only_line(data: bytes | str) -> RequirementLine:
    found = read(data)
    assert found.problems == ()
    (line,) = found.lines
    return line


def only_problem(data: bytes | str, **others: bytes) -> Problem:
    (problem,) = read(data, **others).problems
    return problem


@pytest.mark.parametrize(
    ("text", "name", "specifier"),
    [
        ("six", "six", ""),
        ("numpy>=1.0.0, < 1.22.0", "numpy", "<1.22.0,>=1.0.0"),
        ("scikit_learn == 1.2.*", "scikit-learn", "==1.2.*"),
        ("pandas (>=1.0)", "pandas", ">=1.0"),
        ("torch==1.9.0+cu111   ", "torch", "==1.9.0+cu111"),
        ("Foo.Bar~=1.4.2", "foo-bar", "~=1.4.2"),
        ("six==1.0  # why not", "six", "==1.0"),
        ("six===1.0", "six", "===1.0"),
        ("numpy==${NUMPY_VERSION}", "numpy", "==${NUMPY_VERSION}"),
    ],
)
def test_reads_a_requirement(text: str, name: str, specifier: str) -> None:
    """Spellings seen in public models are understood (spec 6.10)."""
    line = only_line(text)

    assert (line.name, line.specifier) == (name, specifier)


def test_reads_extras_and_marker() -> None:
    """Extras and markers are kept."""
    line = only_line("requests[socks,security]>=2 ; python_version < '3.8'")

    assert line.extras == ("security", "socks")
    assert line.marker == 'python_version < "3.8"'


def test_reads_hashes_over_continuation_lines() -> None:
    """Each --hash counts, and the line's number is its first."""
    line = only_line(
        f"# pinned\nsix==1.0 \\\n    --hash=sha256:{ZEROS} \\\n    --hash sha256:{ONES}\n"
    )

    assert line.hashes == (f"sha256:{ZEROS}", f"sha256:{ONES}")
    assert (line.line, line.text) == (2, "six==1.0")


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("https://h/six-1.0-py3-none-any.whl", "six", "https://h/six-1.0-py3-none-any.whl"),
        ("six @ https://h/six.tar.gz", "six", "https://h/six.tar.gz"),
        ("git+https://h/r.git@abc#egg=My_x", "my-x", "git+https://h/r.git@abc#egg=My_x"),
        ("x @ git+https://h/r.git@v1", "x", "git+https://h/r.git@v1"),
        ("https://h/archive/main.zip", None, "https://h/archive/main.zip"),
        ("x @ https://u:${TOKEN}@h/x.whl", "x", "https://u:${TOKEN}@h/x.whl"),
    ],
)
def test_reads_an_address(text: str, name: str | None, url: str) -> None:
    """Direct references keep their address, variables unexpanded."""
    line = only_line(text)

    assert (line.name, line.url) == (name, url)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfsix\r\nidna\r\n",
        "six\nidna\n".encode("utf-16"),
        "six\nidna\n".encode("utf-16-le"),
        b"# caf\xe9\nsix\nidna",
        b"# -*- coding: latin-1 -*-\n# caf\xe9\nsix\nidna",
        b"  six  \n\n\n\tidna\t",
    ],
    ids=["bom, dos", "utf-16", "utf-16 without bom", "latin-1", "declared", "blanks"],
)
def test_reads_what_other_editors_write(data: bytes) -> None:
    """Encodings and line endings do not matter (spec 6.10)."""
    found = read(data)

    assert [line.text for line in found.lines] == ["six", "idna"]
    assert found.problems == ()


@pytest.mark.parametrize("data", [b"", b"\n", b"   \r\n", b"# nothing", b"\\\n"])
def test_an_empty_file_asks_for_nothing(data: bytes) -> None:
    """An empty file is no problem (spec 6.10)."""
    assert read(data) == Requirements()


def test_no_file_asks_for_nothing() -> None:
    """A model without requirements runs without any install (spec 5.2)."""
    assert parse_requirements({}, []) == Requirements()


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\x80\x04\x95\x00\x00", b"PK\x03\x04\x14\x00", b"caf\xe9\nsix"]
)
def test_rubbish_is_one_problem(data: bytes) -> None:
    """A binary asset gets one sentence, not one per line (spec 6.10)."""
    problem = only_problem(data)

    assert (problem.asset, problem.line) == ("requirements.txt", None)
    assert "not text" in problem.reason


@pytest.mark.parametrize(
    ("text", "reason", "remedy"),
    [
        ("-e .", "editable", "git+https://"),
        (
            "--editable git+https://h/r.git#egg=x",
            "editable",
            "Remove -e: write x @ git+https://h/r.git",
        ),
        ("-e git+https://h/r.git@v1", "editable", "Remove -e: write git+https://h/r.git@v1"),
        ("-e x @ git+https://h/r.git", "editable", "Remove -e: write x @ git+https://h/r.git"),
        ("six 1.16.0", "no == before its version", "Write six==1.16.0"),
        ("six (1.16.0)", "no == before its version", "Write six==1.16.0"),
        ("six v1.16.0", "no == before its version", "Write six==1.16.0"),
        ("six @ 1.16.0", "", "Write six==1.16.0"),
        ("six: 1.16.0", "no == before its version", "Write six==1.16.0"),
        ("numpy 1.19.2 py37h54aff64_0 conda-forge", "no ==", "Write numpy==1.19.2"),
        ('"six==1.16.0"', "quotation marks", "Write six==1.16.0"),
        ("'six==1.16.0',", "quotation marks", "Write six==1.16.0"),
        ("'six 1.16.0'", "quotation marks", "Write six==1.16.0"),
        ("\u201csix==1.16.0\u201d", "quotation marks", "Write six==1.16.0"),
        ("six\u00a0==1.16.0", "U+00A0", "Write six ==1.16.0"),
        ("six==1.16.0\u200b", "U+200B", "Write six==1.16.0"),
        ("six\u22651.16", "U+2265", "Write six>=1.16"),
        ("six==1.16.0;", "", "Write six==1.16.0"),
        ("* six==1.16.0", "no bullets", "Write six==1.16.0"),
        ("- six==1.16.0", "no bullets", "Write six==1.16.0"),
        ("six==1.16.0 (of conda)", "not a requirement", "Write it as six==1.16.0"),
        ("six=>1.16", "wrong way round", "Write six>=1.16"),
        ("six^1.16", "Poetry's notation", "Write six>=1.16"),
        ("six==latest", "latest", "Write six"),
        ("six>=1.0 <2", "a comma", "Write six>=1.0,<2"),
        ("six>=1.0 and <2", "a comma", "Write six>=1.0,<2"),
        ("six >= 1.0 and < 2", "a comma", "Write six >= 1.0,< 2"),
        ("six==1.0 idna==3.0", "needs a line of its own", "six==1.0 and idna==3.0"),
        ("six, idna", "needs a line of its own", "six and idna"),
        ("pip install -U six==1.16.0", "a command", "Write six==1.16.0"),
        ("pkg-resources==0.0.0", "not a package", "Remove the line"),
        ("pkg_resources", "not a package", "Remove the line"),
        ("python>=3.8", "not a package", "--python"),
        ("numpy @ file:///croot/numpy_1668/work", "path on this machine", "Write numpy==VERSION"),
        ("six @ file:///tmp/b/six-1.16.0-py3-none-any.whl", "machine", "Write six==1.16.0"),
        (
            "./six-1.0-py3-none-any.whl",
            "there is no asset 'six-1.0-py3-none-any.whl'",
            "Add the file",
        ),
        (
            "six-1.0-py3-none-any.whl",
            "there is no asset 'six-1.0-py3-none-any.whl'",
            "Add the file",
        ),
        ("..\\six.zip", "there is no asset", "Add the file"),
        ("/srv/six", "path on this machine", "https://"),
        ("six @ file:///srv/six.whl", "path on this machine", "https://"),
        ("file:///srv/six.whl", "path on this machine", "https://"),
        ("six @ ./six", "path on this machine", "https://"),
        ("hg+https://h/r", "hg repositories", "git+https://"),
        ("numpy=1.19", "not a requirement", "numpy==1.19"),
        ("numpy=1.19.2=py37h54aff64_0", "not a requirement", "numpy==1.19.2"),
        ("numpy===", "version is missing", "Write it"),
        ("numpy>=1,< ; python_version > '3'", "version is missing", "Write it"),
        ("numpy>=1.*", "not a requirement", "numpy>=1 without the star"),
        ("!pip install six", "not a requirement", "six"),
        ("import six", "not a requirement", "name alone"),
        ("six==2004d-beta_x", "not a requirement", "PEP 440"),
        ("${NAME}==1.0", "variable", "name"),
        ("--install-everything", "not known", "Remove"),
        ("--index-url", "needs a value", ""),
        ("--index-url 'http://h", "quotation mark", ""),
        ("six==1.0 --hash=sha256:abc", "not a hash", "64"),
        ("six==1.0 --global-option=x", "--global-option", "Remove"),
        ("-r https://h/r.txt", "from the network", "asset"),
        ("-r missing.txt", "no asset 'missing.txt'", "Add it"),
        ("-f wheels", "no asset of the model is a wheel in wheels", "whole path"),
        ("six @ /srv/six-1.0-py3-none-any.whl", "path on this machine", "model's assets"),
        ("./six-1.0-py3-none-any.whl ; python", "not a marker", ""),
    ],
)
def test_refuses_with_a_reason_and_a_remedy(text: str, reason: str, remedy: str) -> None:
    """One sentence names asset, line, reason and remedy."""
    problem = only_problem(f"idna\n{text}\n")

    assert (problem.asset, problem.line) == ("requirements.txt", 2)
    assert reason in problem.reason
    assert remedy in (problem.remedy or "")
    assert str(problem).startswith("requirements.txt, line 2: ")


TABLE = "Package    Version\n---------- -------\nnumpy      1.21.2\nsix        1.16.0\n"
CONDA = "# packages in environment at /opt/conda:\n#\n# Name  Version  Build  Channel\nsix 1.16.0 pyh_0 main\n"
EXPORT = "# This file may be used to create an environment using:\n# platform: linux-64\nsix=1.16.0=pyh_0\n"
YAML = "name: x\nchannels:\n  - defaults\ndependencies:\n  - python=3.8\n  - pip:\n    - six\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (TABLE, "pip list"),
        (f"\n{TABLE}", "pip list"),
        (CONDA, "conda list"),
        (EXPORT, "conda"),
        ("# platform: linux-64\n@EXPLICIT\nhttps://h/six-1.16.0-pyh_0.conda\n", "conda"),
        (YAML, "environment.yml"),
        ('[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\nsix = "^1.16"\n', "TOML"),
        ('[packages]\nsix = "*"\n', "TOML"),
        ('[{"name": "six", "version": "1.16.0"}]', "pip list"),
    ],
)
def test_another_tools_file_is_recognised_as_a_whole(text: str, what: str) -> None:
    """One sentence and one way out, not one for each row."""
    found = read(text)

    assert found.lines == ()
    assert [(each.line, what in each.reason) for each in found.problems] == [(None, True)]
    assert "requirements NAME --infer" in (found.problems[0].remedy or "")


WHEEL = "wheels/six-1.0-py3-none-any.whl"


def of_assets(text: str, *, asset: str = "requirements.txt", archives: tuple[str, ...] = (WHEEL,)):
    """Read requirements of a model that has these archives among its assets."""
    digests = {path: f"sha256:{path}" for path in archives}
    return parse_requirements({asset: text.encode()}, [asset], archives=digests)


@pytest.mark.parametrize(
    ("text", "name", "extras", "marker"),
    [
        (f"./{WHEEL}", "six", (), None),
        (WHEEL, "six", (), None),
        (f"file:{WHEEL}", "six", (), None),
        (f"./{WHEEL}[a,b] ; python_version > '3'", "six", ("a", "b"), 'python_version > "3"'),
        (f"Six @ file:{WHEEL}", "six", (), None),
        (f"six[a] @ {WHEEL}", "six", ("a",), None),
        (r"wheels\six-1.0-py3-none-any.whl", "six", (), None),
    ],
)
def test_a_wheel_among_the_assets_may_be_named(
    text: str, name: str, extras: tuple[str, ...], marker: str | None
) -> None:
    """A path that is an asset goes with the model (issue 4, indexes)."""
    found = of_assets(text)

    assert found.problems == ()
    line = found.lines[0]
    assert (line.path, line.name, line.extras, line.marker) == (WHEEL, name, extras, marker)
    assert found.archives == ((WHEEL, f"sha256:{WHEEL}"),)


@pytest.mark.parametrize(
    ("asset", "text", "folder"),
    [
        ("requirements.txt", "-f wheels", "wheels"),
        ("requirements.txt", "--find-links ./wheels/", "wheels"),
        ("wheels/requirements.txt", "--find-links=.", "wheels"),
        ("deep/requirements.txt", "--find-links ../wheels", "wheels"),
        ("deep/requirements.txt", "--find-links wheels", "wheels"),
    ],
)
def test_find_links_may_be_a_folder_of_assets(asset: str, text: str, folder: str) -> None:
    """It begins beside the requirements or in the assets' root; what lies there is part of the question."""
    found = of_assets(text, asset=asset, archives=(WHEEL, "other/x-1.0.tar.gz"))

    assert found.problems == ()
    assert found.options.asset_links == (folder,)
    assert found.archives == ((WHEEL, f"sha256:{WHEEL}"),)


def test_a_mistyped_wheel_gets_the_nearest_one() -> None:
    """What is among the assets is offered."""
    assert of_assets("./wheels/six-1.1-py3-none-any.whl").problems[0].remedy == (
        f"Did you mean ./{WHEEL}?"
    )


def test_the_bytes_of_a_named_wheel_are_part_of_the_meaning() -> None:
    """Another file under the same name is another question."""
    files = {"r.txt": f"./{WHEEL}".encode()}

    left, right = (parse_requirements(files, ["r.txt"], archives={WHEEL: each}) for each in "ab")

    assert left.meaning != right.meaning


def test_a_problem_does_not_show_credentials() -> None:
    """A refused address loses its user part."""
    assert "s3cret" not in str(only_problem("hg+https://user:s3cret@h/r"))


def test_collects_index_options() -> None:
    """Options accumulate; of --index-url the last one counts."""
    options = read(
        "-i https://a/simple\n--index-url=https://b/simple\n--extra-index-url https://c/simple\n"
        "-f https://d/files\n--find-links=/srv/wheels\n--trusted-host h\n--no-binary a,b\n"
        "--only-binary :all:\n--prefer-binary\n--pre\n--require-hashes\n--no-index\n"
    ).options

    assert options.index_url == "https://b/simple"
    assert options.extra_index_urls == ("https://c/simple",)
    assert options.find_links == ("https://d/files", "/srv/wheels")
    assert (options.trusted_hosts, options.no_binary) == (("h",), ("a", "b"))
    assert options.only_binary == (":all:",)
    assert options.prefer_binary and options.pre and options.require_hashes and options.no_index


def test_follows_includes_from_their_own_folder() -> None:
    """-r and -c are relative to the asset they stand in."""
    found = parse_requirements(
        {
            "a/requirements.txt": b"-r more/extra.txt\n-c ../limits.txt\nsix",
            "a/more/extra.txt": b"idna",
            "limits.txt": b"six<2\n-r a/more/extra.txt",
        },
        ["a/requirements.txt"],
    )

    assert [line.where for line in found.lines] == [
        "a/more/extra.txt, line 1",
        "a/requirements.txt, line 3",
    ]
    assert [line.text for line in found.constraints] == ["six<2", "idna"]


def test_a_cycle_is_a_problem_of_its_line() -> None:
    """Files that include each other end."""
    problem = only_problem("-r other.txt\nsix", other_txt=b"idna\n-r requirements.txt")

    assert (problem.asset, problem.line) == ("other.txt", 2)
    assert "includes itself" in problem.reason


def test_all_holders_are_read_together() -> None:
    """The contents of each asset with the role count (spec 5.2)."""
    found = parse_requirements(
        {"requirements.txt": b"six", "utils/requirements.txt": b"idna\n-r ../requirements.txt"},
        ["requirements.txt", "utils/requirements.txt"],
    )

    assert found.names == {"six", "idna"}
    assert len(found.lines) == 2


def test_layout_does_not_change_the_meaning() -> None:
    """Comments, order and blanks are no other question."""
    left = read("Scikit_Learn>=1,<2 # c\nsix\n")
    right = read("six\n\nscikit-learn <2, >=1")

    assert left.meaning == right.meaning


def test_names_the_variables_it_needs() -> None:
    """Variables of lines and options are listed, never expanded."""
    found = read("-i https://${USER_NAME}:${TOKEN}@h/simple\nsix==${SIX}\n")

    assert found.variables == ("SIX", "TOKEN", "USER_NAME")


def test_expands_only_what_is_set() -> None:
    """An unset variable stays as written, as with pip."""
    assert expand("${A}-${B}-$A", {"A": "1"}) == "1-${B}-$A"


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever the asset holds, reading it ends with lines and problems."""
    found = read(data)

    assert all(problem.reason for problem in found.problems)


@given(st.text(alphabet="abAB019._-+=<>!~;,@#:/\\ \t\n\r\"'[](){}$*%&|éß", max_size=200))
def test_no_text_raises(text: str) -> None:
    """Lines made of a requirement's own characters never raise either."""
    found = read(text)

    assert all(line.text for line in found.lines)


@given(
    st.sampled_from(["six", "Foo_Bar", "a.b-c"]),
    st.sampled_from(["", "==1.0", ">=1,<2", "~=1.4"]),
    st.sampled_from(["", " # note", "\t", "\r"]),
)
def test_what_is_written_is_found(name: str, specifier: str, tail: str) -> None:
    """A plain requirement is always read as what it says."""
    line = only_line(f"{name}{specifier}{tail}\n")

    assert line.name == normalise(name)
    assert line.text == f"{name}{specifier}"


@pytest.mark.parametrize(
    ("line", "is_secret"),
    [
        ("-i https://user:t0ken@h/simple", True),
        ("-i https://gh1p2t3oken@h/simple", True),
        ("six @ https://u:${A}B@h/six-1.0-py3-none-any.whl", True),
        ("-i https://user:${TOKEN}@h/simple", False),
        ("-i https://${TOKEN}@h/simple", False),
        ("-i https://user@h/simple", False),
        ("git+ssh://git@h/r#egg=six", False),
        ("six  # mail me@h", False),
    ],
)
def test_a_password_that_is_written_out_is_told(line: str, is_secret: bool) -> None:
    """Where it stands, so that the user can put a variable there (issue 4, credentials)."""
    found = read(f"idna\n{line}\n")

    assert found.secrets == (("requirements.txt, line 2",) if is_secret else ())


def test_a_line_is_shown_without_credentials() -> None:
    """The text keeps them for the tool."""
    line = only_line("six @ https://u:s3cret@h/six-1.0-py3-none-any.whl")

    assert "s3cret" in line.text
    assert line.shown == "six @ https://****@h/six-1.0-py3-none-any.whl"
