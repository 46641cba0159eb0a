"""Several inputs and what a score function takes (spec 1.5, 2.2, 13.9)."""

from __future__ import annotations

import pytest

from .harness import Stage


@pytest.mark.parametrize(
    ("source", "got"),
    [
        ("def score(r): return [r]", [["a"], ["b"]]),
        ("def score(r, slot_no): return [r, slot_no]", [["a", 0], ["b", 0]]),
        ("def score(r, x, y): return [r, x, y]", [["a", 0, 1], ["b", 0, 2]]),
        ("def score(r, threshold=0.5): return [r, threshold]", [["a", 0.5], ["b", 0.5]]),
        ("def score(r, slot=7): return [r, slot]", [["a", 0], ["b", 0]]),
        ("def score(r, slot=7, seq=8): return [r, slot, seq]", [["a", 0, 1], ["b", 0, 2]]),
        ("def score(r, slot, seq, key=9): return [seq, key]", [[1, 9], [2, 9]]),
        ("def score(r, *, key=9): return [r, key]", [["a", 9], ["b", 9]]),
        ("def score(*args): return list(args)", [["a"], ["b"]]),
        ("def score(r, *args): return [r, *args]", [["a"], ["b"]]),
        ("def score(r=None): return [r]", [["a"], ["b"]]),
        ("def score(r: float) -> dict: return [r]", [["a"], ["b"]]),
        ("class M:\n    def f(self, r): return [r]\nscore = M().f", [["a"], ["b"]]),
        ("from functools import partial\nscore = partial(max, 'aa')", ["aa", "b"]),
        ("score = str.upper", ["A", "B"]),
        ("score = lambda r, slot: [r, slot]", [["a", 0], ["b", 0]]),
    ],
)
def test_the_arity_decides_what_is_passed(stage: Stage, source: str, got: object) -> None:
    """(record[, slot[, sequence]]); other defaults are kept (spec 13.9)."""
    ran = stage(source, '"a"\n"b"\n')

    assert ran.records == got


def test_slots_are_served_in_order_and_join(stage: Stage) -> None:
    """Input i is slot 2i; sequence numbers begin with 1 in each (spec 2.2, 13.9)."""
    source = """
queues = {0: [], 2: [], 4: []}
def score(data, slot_no, seq):
    queues[slot_no].append((seq, data))
    if all(queues.values()):
        out = {}
        for queue in queues.values():
            seq, data = queue.pop(0)
            out.update(data)
        yield dict(out, seq=seq)
"""
    slots = {"0": {}, "1": {}, "2": {}, "4": {}}
    inputs = ['{"a": 1}\n{"a": 2}', "b\n3\n4\n", '{"c": 5}\n{"c": 6}\n']
    ran = stage(source, inputs, names=["a.json", "b.csv", "c.jsons"], slots=slots)

    assert ran.records == [{"a": 1, "b": 3, "c": 5, "seq": 1}, {"a": 2, "b": 4, "c": 6, "seq": 2}]
    assert ran.counts == (6, 6, 0, 0, 2)
    assert ran.begun == (2, 1)


def test_a_slot_may_have_a_function_of_its_own(stage: Stage) -> None:
    """action.<slot> (spec 1.2)."""
    slots = {"0": {"action": "one"}, "2": {"action": "two"}, "1": {}}
    source = "def one(r): return [1, r]\ndef two(r): return [2, r]"
    ran = stage(source, ["0", "0"], slots=slots)

    assert ran.records == [[1, 0], [2, 0]]


def test_errors_name_slot_and_index_within_it(stage: Stage) -> None:
    """The index counts from 0 in its input (spec 13.11)."""
    ran = stage("def score(r): 1/r", ["1\n0\n", "0\n"], slots={"0": {}, "2": {}})

    assert [(one["slot"], one["index"]) for one in ran.errors] == [(0, 1), (2, 0)]
    assert ran.result["reason"].startswith("An output error occurred")


@pytest.mark.parametrize(
    ("source", "records"),
    [
        ("yield (1, r)", ["a", "b"]),
        ("yield (3, r)", [[3, "a"], [3, "b"]]),
        ("yield (0, r)", [[0, "a"], [0, "b"]]),
        ("yield (True, r)", [[True, "a"], [True, "b"]]),
        ("yield (1, r, r)", [[1, "a", "a"], [1, "b", "b"]]),
        ("yield [1, r]", [[1, "a"], [1, "b"]]),
        ("yield (1, (1, r))", [[1, "a"], [1, "b"]]),
        ("return (1, r)", [[1, "a"], [1, "b"]]),
    ],
)
def test_a_pair_with_a_slot_is_the_slots_record(stage: Stage, source: str, records: object) -> None:
    """Yielded, exactly two, an odd number that is declared or 1; else it is a list (spec 13.18)."""
    ran = stage(f"def score(r): {source}", '"a"\n"b"\n')

    assert ran.records == records
    assert ran.ended == ("COMPLETE", "SUCCESS")


def test_a_pair_with_a_slot_is_the_same_for_rows_of_csv(stage: Stage) -> None:
    """The same for every kind of input (spec 13.18)."""
    slots = {"0": {}, "1": {}, "3": {}}
    ran = stage(
        "def score(r): yield (3, r['a']); yield (1, 0)", ["a\n7\n"], names=["i.csv"], slots=slots
    )

    assert ran.records == [7, 0]
