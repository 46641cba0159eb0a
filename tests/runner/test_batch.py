"""How records of a batch are cut, called and written (spec 2.1, 2.4, 13.6, 13.8, 13.10, 13.11)."""

from __future__ import annotations

import gzip
import json

import pytest

from .harness import Stage

ECHO = "def score(record): return record"


def test_a_line_is_a_record_of_any_type(stage: Stage) -> None:
    """Dicts, lists and scalars arrive untouched (spec 13.6, 2.1)."""
    lines = '{"input": 1}\n[{"input": 0}]\n3\n"x"\nnull\n1.0\ntrue\n'
    ran = stage("def score(r): return {'got': r, 'type': type(r).__name__}", lines)

    assert [(one["got"], one["type"]) for one in ran.records] == [
        ({"input": 1}, "dict"),
        ([{"input": 0}], "list"),
        (3, "int"),
        ("x", "str"),
        (None, "NoneType"),
        (1.0, "float"),
        (True, "bool"),
    ]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n\n", "\n  \t\n"])
def test_the_end_of_the_file_is_no_record(stage: Stage, ending: str) -> None:
    """Blank lines are dropped, the last newline may be missing (spec 2.1)."""
    ran = stage(ECHO, f"1\n2{ending}")

    assert ran.counts == (2, 2, 0, 0, 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"NaN", "{1,invalid_json}"),
        (b'{"a": "NaN", "b": -Infinity}', "{19,invalid_json}"),
        (b'{"input": "\x01"}', "{12,invalid_string}"),
        (b'"\xff"', "{2,invalid_string}"),
        (b'{"a": 1', "{8,truncated_json}"),
        (b"1 2", "{3,invalid_trailing_data}"),
        (b"[" * 100000, "{1,invalid_json}"),
        (b"{'a': 1}", "{2,invalid_json}"),
        (b"\x00\x1f\x8b", "{3,invalid_string}"),
    ],
)
def test_a_bad_line_is_rejected_alone(stage: Stage, line: bytes, reason: str) -> None:
    """The lines beside it are scored (spec 13.6, 2.4)."""
    ran = stage(ECHO, b"1\n" + line + b"\n2\n")

    assert ran.records == [1, 2]
    assert ran.counts == (3, 2, 1, 0, 2)
    assert ran.log[2] == f"[error] Record rejected by encoding with reason {reason}: **********"
    assert '[warning] jobResult set to failure: "input record rejected by encoding"' in ran.log


def test_numbers_stay_as_they_are(stage: Stage) -> None:
    """Exactly what the json module makes of them, there and back (spec 13.6)."""
    text = "[1, -0, 1.0, 1e5, 123456789012345678901234567890, 0.1, 5e-324]"
    ran = stage(ECHO, text)

    assert ran.records == [json.loads(text)]
    assert ran.output == json.dumps(json.loads(text), separators=(",", ":")) + "\n"


def test_lone_surrogates_and_other_text_survive(stage: Stage) -> None:
    """UTF-8, with an escape where UTF-8 has no form (spec 13.10)."""
    ran = stage(ECHO, '"\\ud800"\n"ü \\u2028 😀"\n')

    assert ran.records == ["\ud800", "ü \u2028 😀"]
    assert "ü" in ran.output


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("yield record; yield [record]", [1, [1]]),
        ("return", []),
        ("return None\n    yield", []),
        ("yield None", [None]),
        ("return [record, record]", [[1, 1]]),
        ("return (n for n in (1, 2))", [1, 2]),
        ("return 0", [0]),
        ("return {}", [{}]),
        ("return ''", [""]),
    ],
)
def test_yields_are_records_and_a_value_is_one(stage: Stage, body: str, written: object) -> None:
    """A returned list is one record, None is nothing (spec 13.10, 1.4)."""
    ran = stage(f"def score(record):\n    {body}", "1\n")

    assert ran.records == written
    assert ran.ended == ("COMPLETE", "SUCCESS")


def test_a_generator_that_fails_keeps_what_it_gave(stage: Stage) -> None:
    """The record failed, once, also when an output of it had been refused (spec 13.11)."""
    source = "def score(r):\n    yield r\n    yield float('nan')\n    raise ValueError('late')"
    ran = stage(source, "1\n2\n")

    assert ran.records == [1, 2]
    assert ran.counts == (2, 0, 0, 2, 2)
    assert ran.result["stages"] == {"model": 2}


def test_a_record_with_several_bad_outputs_is_rejected_once(stage: Stage) -> None:
    """The counts add up; the log counts output records (spec 13.11)."""
    source = "def score(r):\n    yield float('nan')\n    yield b''\n    yield r"
    ran = stage(source, "1\n")

    assert ran.counts == (1, 0, 1, 0, 1)
    assert "[error] 2 output record(s) rejected by encoding" in ran.log


def test_the_place_of_a_nan_is_told_as_modelop_tells_it(stage: Stage) -> None:
    """{16,invalid_json} for a NaN behind the key "reciprocal" (spec 2.4)."""
    ran = stage("def score(r): return {'reciprocal': float('nan')}", "1\n")

    assert (
        "[error] Record rejected by encoding with reason {16,invalid_json}: **********" in ran.log
    )


def test_the_reasons_of_a_failing_model_are_logged_in_modelops_words(stage: Stage) -> None:
    """The misspelt line of the original, too (spec 2.4)."""
    ran = stage("def score(r): raise UserWarning('no good')", "1\n")

    assert ran.log[2].startswith("[warning] ModelOp's runtime counts a UserWarning")
    assert ran.log[3:6] == [
        "[info] MODEL-CONSOLE: An error occured when processing the model: no good",
        "[info] MODEL-CONSOLE: UserWarning: no good",
        "[info] state changes to FINISHING",
    ]
    assert ran.log[6] == (
        '[warning] jobResult set to failure: "An output error occurred during model execution,'
        ' please check the engine logs for details"'
    )


@pytest.mark.parametrize(
    ("max_errors", "read", "stopped"),
    [
        ({"count": 2}, 3, "max_errors"),
        ({"count": 0}, 1, "max_errors"),
        ({"count": 500}, 200, False),
        ({"percent": 50}, 100, "max_errors"),
        ({"percent": 100}, 200, False),
    ],
)
def test_too_many_errors_stop_the_job(
    stage: Stage, max_errors: dict[str, int], read: int, stopped: object
) -> None:
    """More than N, or more than P percent once a hundred records are read (spec 13.11)."""
    ran = stage("def score(r): 1/0", "1\n" * 200, max_errors=max_errors)

    assert ran.result["stopped_early"] == stopped
    assert ran.counts == (read, 0, 0, read, 0)
    assert ran.ended == ("COMPLETE", "FAILURE")


@pytest.mark.parametrize(("limit", "stopped"), [(2, "limit"), (3, False), (5, False)])
def test_a_limit_reads_the_first_records(stage: Stage, limit: int, stopped: object) -> None:
    """--limit N: it is only said when there were more."""
    ran = stage(ECHO, "1\n2\n3\n", limit=limit)

    assert len(ran.records) == min(limit, 3)
    assert ran.result["stopped_early"] == stopped


def test_a_text_is_one_record(stage: Stage) -> None:
    """The whole file as str, line ends as they are (spec 13.8)."""
    ran = stage("def score(r): return {'text': r}", "<a>\r\n ü</a>\n", names=["a.xml"])

    assert ran.records == [{"text": "<a>\r\n ü</a>\n"}]


def test_a_text_in_no_utf8_is_rejected(stage: Stage) -> None:
    """Text that is not UTF-8 is rejected by encoding (spec 13.8, 2.4)."""
    ran = stage(ECHO, b"\xff\xfe\x00", names=["a.txt"])

    assert ran.counts == (1, 0, 1, 0, 0)


def test_damaged_gzip_data_is_one_rejected_record(stage: Stage) -> None:
    """What could be read before is scored."""
    data = gzip.compress(b"".join(b"%d\n" % n for n in range(200000)))
    ran = stage(ECHO, data[: len(data) // 2], names=["a.json.gz"])

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.result["counts"]["rejected"] == 1
    assert ran.records == [*range(len(ran.records))]
    assert len(ran.records) > 1000


def test_a_million_bad_records_do_not_fill_the_log(stage: Stage) -> None:
    """Beyond a thousand they are counted and kept, not logged one by one."""
    ran = stage(ECHO, "x\n" * 5000)

    assert ran.counts == (5000, 0, 5000, 0, 0)
    assert len(ran.errors) == 5000
    assert len(ran.log) < 2500


def test_progress_is_told_and_ends_with_the_whole(stage: Stage) -> None:
    """The last event has all bytes and all counts."""
    ran = stage("import time\ndef score(r): time.sleep(0.05); return r", "1\n" * 8)

    progress = [event for event in ran.events if event["event"] == "progress"]
    assert len(progress) > 3
    assert progress[-1]["bytes"] == progress[-1]["total_bytes"] == 16
    assert progress[-1]["records_out"] == 8
    assert {event["scored"] - event["records_in"] for event in progress} == {0}
