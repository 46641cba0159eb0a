"""The proof of a job in one line: what its runner found, compared with the lock."""

from __future__ import annotations

from collections.abc import Iterator

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Note, Span
from modelop_jupyter.domain.environments import Proof, lock_named
from modelop_jupyter.domain.sentences import listed


def line(proof: Proof) -> Span:
    """Return ``Python 3.8.18, exactly the 12 packages of lock 3f2a91c0ffee, nothing else visible``."""
    lock = lock_named(proof.lock_digest)
    if not proof.is_exact:
        return Span(f"Python {proof.version}, not what {lock} says", "bad")
    count = formatting.plural(len(proof.packages), "package")
    what = f"exactly the {count} of {lock}" if proof.packages else f"no packages, as {lock} says"
    return Span(f"Python {proof.version}, {what}, nothing else visible", "good")


def warnings(proof: Proof, ref: str) -> Iterator[Note]:
    """Yield warnings: packages that should not be visible, and packages that are missing."""
    wrong = [f"{name} was visible, but is not in its lock" for name in proof.foreign]
    wrong += [f"{name} was missing" for name in proof.missing]
    if not proof.is_isolated:
        wrong.append("the interpreter was not isolated")
    if wrong:
        yield Note(
            f"Its environment is not exact: {listed(wrong)}."
            f" '%modelop env build {ref} --rebuild' builds it again.",
            "warn",
        )
