"""What an installed kernel spec starts, as ``python -m modelop_jupyter.kernels HOME REF FINGERPRINT FILE``.

It becomes the kernel: same process, so Jupyter's signals arrive. An environment that was removed is
built again first; where that fails, a kernel takes its place that says why.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from modelop_jupyter.domain.environments import Environment
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentNotFoundError, InvalidError, ModelOpError


def main(home: str, ref: str, fingerprint: str, connection_file: str) -> int:
    """Become the kernel of a model's snapshot."""
    os.environ["MODELOP_HOME"] = home
    try:
        command, environment = prepare(Path(home), ref, fingerprint, connection_file)
        if sys.platform == "win32":
            return subprocess.call(command, env=environment)
        os.execve(command[0], command, environment)  # noqa: S606 - there is no shell in it
    except (ModelOpError, OSError) as error:
        reason = f"{ref} cannot be started: {error}"
    from modelop_jupyter.kernels.apology import apologise

    apologise(reason, connection_file)
    return 1


def prepare(
    home: Path, ref: str, fingerprint: str, connection_file: str
) -> tuple[list[str], dict[str, str]]:
    """Return the kernel's command and environment; raises :class:`ModelOpError`."""
    from modelop_jupyter.environments.bytecode import compile_later
    from modelop_jupyter.kernels import launch
    from modelop_jupyter.kernels.overlay import overlay_for

    if not home.is_dir():
        # Opening it would make an empty one.
        raise InvalidError(
            f"its registry is not at {home} any more",
            f"Where it is now, type: modelop kernel install {ref}",
        )
    environment = _environment(home, ref, fingerprint)
    overlay = overlay_for(environment, EnvironmentManager(home / "environments" / "overlays"))
    # Started by a server, it ends with it; started by nobody who says so, it is not watched.
    parent = os.getppid() if os.environ.get("JPY_PARENT_PID") == str(os.getppid()) else 0
    command = launch.arguments(
        environment.python,
        overlay.packages,
        parent=parent,
        connection_file=connection_file,
        model=ref,
    )
    for used in (environment, overlay.environment):
        compile_later(used)
    return command, launch.environment_of(environment.python, home)


def _environment(home: Path, ref: str, fingerprint: str) -> Environment:
    manager = EnvironmentManager(home / "environments")
    try:
        found = manager.get(fingerprint)
    except EnvironmentNotFoundError:
        from modelop_jupyter.workspace import Workspace

        with Workspace() as workspace:
            return workspace.environment(ref)
    manager.touch(found)
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
