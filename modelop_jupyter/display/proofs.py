"""The proof of a job in one line: what its runner saw, against the lock."""

from __future__ import annotations

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Span
from modelop_jupyter.domain.environments import Proof


def line(proof: Proof) -> Span:
    """Return ``Python 3.8.18, exactly the 12 packages of lock 3f2a91c0, nothing else visible``."""
    lock = f"lock {proof.lock_digest.removeprefix('sha256:')[:8]}"
    if proof.is_exact:
        count = words.plural(len(proof.packages), "package")
        what = (
            f"exactly the {count} of {lock}" if proof.packages else f"no packages, as {lock} says"
        )
        return Span(f"Python {proof.version}, {what}, nothing else visible", "good")
    wrong = [f"{name} is visible and not of it" for name in proof.foreign]
    wrong += [f"{name} is missing" for name in proof.missing]
    if not proof.is_isolated:
        wrong.append("the interpreter was not isolated")
    return Span(f"Python {proof.version}, not what {lock} says: {words.listed(wrong)}", "bad")
