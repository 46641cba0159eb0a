"""The environment of a job, before its first runner starts: built, or repaired where it lost something."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.environments import Environment, Lock
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.errors import ConflictError, EnvironmentBuildError, ModelOpError
from modelop_jupyter.jobs.supervision.proof import describe_damage


@dataclass(frozen=True, slots=True)
class ReadyEnvironment:
    """An environment that can be used; ``damage`` is a sentence about what had to be repaired."""

    environment: Environment
    damage: str = ""


def ensure_environment(
    lock: Lock, manager: EnvironmentManager, *, ref: str, is_checked: bool = False
) -> ReadyEnvironment:
    """Return the environment of the lock of a snapshot ``ref``, built now if it is missing.

    One that has lost something is built anew, unless it ``is_checked`` already. Raises
    :class:`EnvironmentBuildError`.
    """
    environment = manager.ensure(lock)
    damage = () if is_checked else manifest.find_damage(Path(environment.path))
    if not damage:
        return ReadyEnvironment(environment)
    refusal: ModelOpError | None = None
    try:
        environment = manager.repair(lock, environment)
    except (ConflictError, EnvironmentBuildError) as error:
        # What is there may do all the same; if it does not, this is the reason.
        refusal = error
    return ReadyEnvironment(environment, describe_damage(damage, refusal=refusal, ref=ref))
