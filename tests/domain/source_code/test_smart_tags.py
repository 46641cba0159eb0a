"""Smart tags, read from any text (spec 1.1, 1.2, 1.3, 8.3, 13.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints
from modelop_jupyter.domain.source_code.smart_tags import (
    Slot,
    defined_functions,
    entry_points,
    scan,
    schema_asset,
)
from modelop_jupyter.errors import TagError

DEF = "def go(x):\n    return x\n"


def slots(*tags: str) -> dict[int, tuple[str | None, bool, str | None]]:
    found = scan("\n".join(f"# modelop.{tag}" for tag in tags)).slots
    return {slot.number: (slot.action, slot.recordsets, slot.schema) for slot in found}


@pytest.mark.parametrize(
    "source",
    [
        "# modelop.score\n" + DEF,
        "#modelop.score\n" + DEF,
        "##  modelop.score  \n" + DEF,
        "# ModelOp.score\n" + DEF,
        "# MODELOP.SCORE\n" + DEF,
        "# fastscore.score\n" + DEF,
        "#odg.score\n" + DEF,
        "\ufeff# modelop.score\n" + DEF,
        "# modelop.score\r\ndef go(x):\r\n    return x\r\n",
        "# modelop.score\rdef go(x):\r    return x\r",
        "# modelop.score\n\n\n# about it\n\n" + DEF,
        "# modelop.score\n# modelop.metrics\n# modelop.slot.1: in-use\n" + DEF,
        "# modelop.score\n@first\n@second(\n    1,\n    # one\n)\n" + DEF,
        "# modelop.score\nasync def go(x):\n    return x\n",
        "# modelop.score\ndef go(\n    x,\n):\n    return x",
        "import os\n\n\ndef other():\n    pass\n    # modelop.score\n\n" + DEF,
        "if True:\n    # modelop.score\n    def go(x):\n        return x\n",
        "def one(): pass\n# modelop.score\n" + DEF + "def two(): pass",
        # Another version's syntax, and none at all.
        "print 'hello'\n# modelop.score\n@dec(\n  1\n)\n" + DEF,
        "x = (1,\n# modelop.score\n" + DEF,
        "  bad indent\n oh\n# modelop.score\n" + DEF,
    ],
)
def test_a_tag_selects_the_next_def(source: str) -> None:
    """Any prefix, spacing and line end, past blank lines, comments and decorators (spec 13.1)."""
    found = entry_points(source)

    assert found.score == "go"


def test_every_kind_has_its_tag() -> None:
    """Four tags; the functions may have any name (spec 1.1)."""
    source = "".join(
        f"# modelop.{kind}\ndef my_{kind}():\n    pass\n" for kind in ENTRY_POINT_KINDS
    )

    assert entry_points(source) == EntryPoints("my_init", "my_score", "my_metrics", "my_train")


def test_training_counts_as_train_with_a_warning() -> None:
    """An alias that was once in use (spec 13.1)."""
    tags = scan("# modelop.training\n" + DEF)

    assert tags.functions[0].kind == "train"
    assert tags.warnings == ("line 1: modelop.training is read as modelop.train",)


@pytest.mark.parametrize(
    "source",
    [
        "# modelop.score",
        "# modelop.score\nx = 1\n" + DEF,
        "# modelop.score\nclass Model:\n    def go(self): pass\n",
        "# modelop.score\nimport os\n" + DEF,
        "# modelop.score\ngo = lambda x: x\n",
        "class Model:\n    # modelop.score\n    def go(self): pass\n",
        "def outer():\n    # modelop.score\n    def go(x): pass\n",
        "print 'x'\nclass Model:\n    # modelop.score\n    def go(self): pass\n",
    ],
)
def test_a_tag_with_no_function_of_the_module_under_it_is_an_error(source: str) -> None:
    """A method cannot be called by the runtime, and a statement in between hides the def."""
    with pytest.raises(
        TagError, match=r"code\.py, line \d: the tag modelop\.score has no function"
    ):
        entry_points(source, where="code.py")


def test_two_functions_under_one_tag_are_an_error_that_names_both() -> None:
    """The user must choose, by taking one tag away or by an option."""
    source = "# modelop.score\ndef one(x): pass\n\n# modelop.score\ndef two(x): pass\n"

    with pytest.raises(TagError) as caught:
        entry_points(source)

    assert "'one' (line 2) and 'two' (line 5)" in caught.value.message
    assert "--score" in (caught.value.hint or "")


def test_one_function_tagged_twice_is_no_error() -> None:
    """The tags agree."""
    assert entry_points("# modelop.score\n# fastscore.score\n" + DEF).score == "go"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def begin(): pass\ndef action(x): pass\n", EntryPoints("begin", "action")),
        ("def action(x): pass\n", EntryPoints(score="action")),
        ("# modelop.slot.1: in-use\ndef action(x): pass\n", EntryPoints(score="action")),
        ("# fastscore.action: predict\ndef predict(x): pass\n", EntryPoints(score="predict")),
        ("# modelop.metrics\ndef m(x): pass\ndef action(x): pass\n", EntryPoints(metrics="m")),
        ("class A:\n    def action(self): pass\n", EntryPoints()),
        ("", EntryPoints()),
        ("x = 1", EntryPoints()),
    ],
)
def test_without_function_tags_the_old_names_count(source: str, expected: EntryPoints) -> None:
    """begin and action when they exist (spec 1.3, 13.1)."""
    assert entry_points(source) == expected


def test_a_docstring_may_show_a_tag() -> None:
    """Function tags are comments; text about them is not."""
    source = 'def go(x):\n    """\n    # modelop.score\n    """\n'

    assert scan(source).functions == ()


@pytest.mark.parametrize(
    "source",
    [
        "schemas = '''\n#modelop.schema.0: in.avsc\n#modelop.schema.1: out.avsc\n'''\n",
        'schemas = """#modelop.schema.0: in.avsc\n#modelop.schema.1: out.avsc"""\n',
        "  ## odg.schema.0:in.avsc\n#FastScore.Schema.1 :  out.avsc\t\n",
        "# fastscore.input: in.avsc\n# fastscore.output: out.avsc\n",
        "# modelop.schema.$in: schemas/in.avsc\n# modelop.schema.$out: a\\b\\out.avsc\n",
        "# modelop.schema: out.avsc\n# modelop.schema.0: in.avsc\n",
        "# modelop.schema.0: in.avsc\n# modelop.schema.$all: out.avsc\n",
        "# modelop.schema.0: in.avsc\r\n# modelop.schema.1: out.avsc\r\n",
    ],
)
def test_schemas_are_bound_to_slots(source: str) -> None:
    """By base name, also inside a string, in the older forms, the nearest scope first
    (spec 1.2, 8.3).
    """
    assert scan(source).slots == (Slot(0, schema="in.avsc"), Slot(1, schema="out.avsc"))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), {0: (None, False, None), 1: (None, False, None)}),
        (
            ("slot.2: in-use",),
            {0: (None, False, None), 1: (None, False, None), 2: (None, False, None)},
        ),
        (("slot.0: unused", "slot.2: in-use"), {1: (None, False, None), 2: (None, False, None)}),
        (("slot.$all: unused",), {}),
        (("slot: unused", "slot.3:in-use"), {3: (None, False, None)}),
        (("schema.2: a", "slot.$in: unused"), {1: (None, False, None)}),
        (
            ("slot.2: unused", "schema.2: a", "slot.0: unused"),
            {1: (None, False, None), 2: (None, False, "a")},
        ),
        (("recordsets: true",), {0: (None, True, None), 1: (None, True, None)}),
        (("recordsets.$in: YES",), {0: (None, True, None), 1: (None, False, None)}),
        (("recordsets: both",), {0: (None, True, None), 1: (None, True, None)}),
        (("recordsets: input",), {0: (None, True, None), 1: (None, False, None)}),
        (("recordsets: output",), {0: (None, False, None), 1: (None, True, None)}),
        (
            ("recordsets: both", "recordsets: none"),
            {0: (None, False, None), 1: (None, False, None)},
        ),
        (("recordsets: true", "recordsets.1: no"), {0: (None, True, None), 1: (None, False, None)}),
        (("action: go",), {0: ("go", False, None), 1: (None, False, None)}),
        (("action.0: none",), {0: ("unused", False, None), 1: (None, False, None)}),
        (("action.0: unused",), {0: ("unused", False, None), 1: (None, False, None)}),
    ],
)
def test_scopes_and_values(tags: tuple[str, ...], expected: object) -> None:
    """The table of slot annotations with its default scopes (spec 1.2)."""
    assert slots(*tags) == expected


@pytest.mark.parametrize(
    ("tag", "remark"),
    [
        ("slot.$in: in-use", "in-use needs the number of one slot"),
        ("slot.0: maybe", "'maybe' is neither in-use nor unused"),
        ("recordsets.0: maybe", "'maybe' is neither true nor false"),
        ("schema.left: a", "'left' is not a slot"),
        ("scores", "is not a smart tag; its form is '# modelop.score'"),
        ("schema.0: a b", "is not a smart tag; its form is '# modelop.schema.N: VALUE'"),
        ("score: go", "is not a smart tag; its form is '# modelop.score'"),
    ],
)
def test_what_is_odd_about_a_tag_is_said(tag: str, remark: str) -> None:
    """A mistake in a tag never stops a registration (spec 13.1), but it is told."""
    (found,) = scan(f"\n# modelop.{tag}").warnings

    assert found.startswith("line 2: ")
    assert remark in found


def test_actions_for_some_inputs_only_are_remarked() -> None:
    """Either all input slots have an action or none (spec 1.2)."""
    tags = scan("# modelop.action.0: go\n# modelop.slot.2: in-use")

    assert tags.warnings == ("some input slots have an action and some have none: 2",)


def test_attached_modules_are_listed() -> None:
    """module-attached names modules that come as attachments (spec 1.2)."""
    assert scan("# fastscore.module-attached: helper\n").attached == ("helper",)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("input_schema.avsc", "schemas/input_schema.avsc"),
        ("input_schema", "schemas/input_schema.avsc"),
        ("other/input_schema.avsc", "schemas/input_schema.avsc"),
        ("enronEcommInput", "enronEcommInput"),
        ("nowhere", None),
    ],
)
def test_a_schema_asset_is_found_by_base_name(name: str, expected: str | None) -> None:
    """With or without the ending, in whatever folder (spec 1.2)."""
    assert schema_asset(name, ["schemas/input_schema.avsc", "enronEcommInput"]) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def one(): pass\nasync def two(): pass\nclass A:\n    def inner(self): pass\n",
        "print 'x'\ndef one():\n  pass\nasync def two(): pass\nclass A:\n    def inner(self): pass\n",
        "if x:\n    def one(): pass\nelse:\n    def one(): pass\ndef two():\n    def inner(): pass\n",
    ],
)
def test_functions_of_the_module_are_listed(source: str) -> None:
    """Methods and inner functions cannot be called by the runtime."""
    assert defined_functions(source) == ["one", "two"]


@given(st.text())
def test_any_text_is_scanned(text: str) -> None:
    """Whatever the text is, nothing is raised (spec 13.1)."""
    scan(text)


@given(st.binary())
def test_any_bytes_are_scanned(data: bytes) -> None:
    """An image called model.py must not stop a registration (spec 5.3)."""
    source = data.decode("latin-1")

    assert entry_points(source) == EntryPoints()
    assert defined_functions(source) == []


LINES = st.sampled_from(
    [
        *"# modelop.score|# modelop.init|def f(x):|    pass|class A:|@d(|)|'''|x = [|]|if x:|# c||\\".split(
            "|"
        ),
        "    def g(self): pass",
    ]
)


@given(st.lists(LINES, max_size=12))
def test_any_arrangement_of_lines_is_scanned(lines: list[str]) -> None:
    """A tag above anything at all selects a function or none."""
    found = scan("\n".join(lines)).functions

    assert {tagged.name for tagged in found} <= {"f", "g", None}


@given(
    kind=st.sampled_from(ENTRY_POINT_KINDS),
    prefix=st.sampled_from(["modelop", "ModelOp", "FASTSCORE", "odg"]),
    hashes=st.sampled_from(["#", "##", "  #", "\t###"]),
    blanks=st.sampled_from(["", " ", "\t", "   "]),
    gap=st.lists(st.sampled_from(["", "# note", "   ", "#", "@dec", "@dec(1,\n  2)"]), max_size=4),
    ending=st.sampled_from(["\n", "\r\n", "\r"]),
    name=st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(
        lambda n: n not in ("def", "async")
    ),
)
def test_generated_tags_are_found_again(
    kind: str, prefix: str, hashes: str, blanks: str, gap: list[str], ending: str, name: str
) -> None:
    """Whitespace is loose (spec 1.1)."""
    lines = [f"{hashes}{blanks}{prefix}.{kind}{blanks}", *gap, f"def {name}(x):", "    pass"]

    (found,) = scan("\n".join(lines).replace("\n", ending)).functions

    assert (found.kind, found.name, found.tag_line) == (kind, name, 1)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["D" * 300_000, "# modelop.a" + ":" * 50_000, " " * 300_000 + "x"])
def test_a_line_without_end_is_scanned_in_no_time(text: str) -> None:
    """An image under the name of a source has such lines (spec 5.3)."""
    assert scan(text).functions == ()
