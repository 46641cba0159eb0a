"""Which of many changes moves a result."""

from __future__ import annotations

from operator import eq

from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.comparison.bisection import causes_of

FACTORS = list(range(12))


@given(st.sets(st.sampled_from(FACTORS), max_size=4))
def test_each_factor_that_moves_the_result_is_found_alone(moving: set[int]) -> None:
    """Effects add up, as powers of two do."""
    found = causes_of(FACTORS, lambda made: sum(2**one for one in made & moving), eq)

    assert sorted(found) == [(one,) for one in sorted(moving)]


@given(st.sets(st.sampled_from(FACTORS), min_size=1, max_size=4))
def test_factors_that_work_together_only_are_one_group(together: set[int]) -> None:
    found = causes_of(FACTORS, lambda made: together <= made, eq)

    assert [set(group) for group in found] == [together]


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(FACTORS), min_size=1, max_size=3), st.integers(1, 9))
    ),
    st.lists(st.tuples(st.sampled_from(FACTORS), st.sampled_from(FACTORS)), max_size=3),
)
def test_what_is_found_gives_the_result_of_all(
    effects: list[tuple[set[int], int]], needs: list[tuple[int, int]]
) -> None:
    """Whatever the effects; some combinations cannot be run."""

    def experiment(made: frozenset[int]) -> int | None:
        if made != frozenset(FACTORS) and any(
            one in made and other not in made for one, other in needs
        ):
            return None
        return sum(size for members, size in effects if members <= made)

    found = causes_of(FACTORS, experiment, eq)
    made = frozenset(one for group in found for one in group)

    assert len(made) == sum(map(len, found))
    assert experiment(made) == experiment(frozenset(FACTORS))


def test_one_of_many_is_found_in_few_experiments() -> None:
    """Each takes a real run in a real environment."""
    made: list[frozenset[int]] = []

    def experiment(some: frozenset[int]) -> bool:
        made.append(some)
        return 700 in some

    assert causes_of(range(1000), experiment, eq) == [(700,)]
    assert len(made) <= 2 * 10 + 3
    assert len(made) == len(set(made))


def test_changes_that_move_nothing_have_no_cause() -> None:
    assert causes_of(FACTORS, lambda _: 1, eq) == []
