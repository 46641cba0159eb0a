"""The proof of a job in one line: what its runner saw, against the lock."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Note, Span
from modelop_jupyter.domain.environments import Proof, lock_named
from modelop_jupyter.domain.sentences import listed


def line(proof: Proof) -> Span:
    """Return ``Python 3.8.18, exactly the 12 packages of lock 3f2a91c0ffee, nothing else visible``."""
    lock = lock_named(proof.lock_digest)
    if not proof.is_exact:
        return Span(f"Python {proof.version}, not what {lock} says", "bad")
    count = words.plural(len(proof.packages), "package")
    what = f"exactly the {count} of {lock}" if proof.packages else f"no packages, as {lock} says"
    return Span(f"Python {proof.version}, {what}, nothing else visible", "good")


def warnings(proof: Proof, ref: str) -> Iterator[Note]:
    """Say what was there that should not have been, and what was not."""
    wrong = [f"{name} was visible and is not of its lock" for name in proof.foreign]
    wrong += [f"{name} was missing" for name in proof.missing]
    if not proof.is_isolated:
        wrong.append("the interpreter was not isolated")
    if wrong:
        yield Note(
            f"In its environment {listed(wrong)}."
            f" '%modelop env build {ref} --rebuild' builds it anew.",
            "warn",
        )
