"""Find which of many changes moves a result, by bisection.

An experiment has some of the changes made, and gives an outcome, or None where that combination
cannot be run. This is QuickXplain (Junker 2004) over a predicate that need not be monotonic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TypeVar

F = TypeVar("F")
R = TypeVar("R")

Experiment = Callable[[frozenset[F]], R | None]
IsSame = Callable[[R, R], bool]


def causes_of(
    factors: Sequence[F], experiment: Experiment[F, R], is_same: IsSame[R]
) -> list[tuple[F, ...]]:
    """Return the groups of factors that move the outcome, each as small as can be found.

    What is found is made, and the rest is searched until the outcome is that of all factors. A
    group of several is one whose members move nothing without one another. Empty where all factors
    together move nothing. Each combination is tried once.
    """
    outcome = cache(experiment)
    goal = outcome(frozenset(factors))
    made: frozenset[F] = frozenset()
    found: list[tuple[F, ...]] = []
    while goal is not None:
        before = outcome(made)
        rest = [factor for factor in factors if factor not in made]
        if before is None or not rest or is_same(before, goal):
            break
        moves = partial(_moves, outcome, before, is_same)
        group = _smallest(made, rest, moves)
        found.append(group)
        made |= frozenset(group)
    return found


def _moves(outcome: Experiment[F, R], before: R, is_same: IsSame[R], made: frozenset[F]) -> bool:
    now = outcome(made)
    return now is not None and not is_same(now, before)


def _smallest(
    made: frozenset[F], candidates: Sequence[F], moves: Callable[[frozenset[F]], bool]
) -> tuple[F, ...]:
    """Return a smallest group of candidates that moves the outcome; all of them together do."""
    if len(candidates) == 1:
        return tuple(candidates)
    middle = len(candidates) // 2
    left, right = candidates[:middle], candidates[middle:]
    if moves(made | frozenset(left)):
        return _smallest(made, left, moves)
    if moves(made | frozenset(right)):
        return _smallest(made, right, moves)
    # They work together only: what is needed of the left beside all of the right, and then of that.
    of_left = _smallest(made | frozenset(right), left, moves)
    if moves(made | frozenset(of_left)):
        return of_left
    of_right = _smallest(made | frozenset(of_left), right, moves)
    return (*of_left, *of_right)
