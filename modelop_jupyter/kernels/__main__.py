"""The process of an installed kernel: ``python -m modelop_jupyter.kernels HOME REF FINGERPRINT FILE``.

It replaces itself by the kernel in the same process, so that Jupyter's signals arrive there. A
removed environment is built again first. If that fails, it runs a kernel whose cells report why.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    run_failed_kernel(reason, connection_file)
    return 1


def prepare(
    home: Path, ref: str, fingerprint: str, connection_file: str
) -> tuple[list[str], dict[str, str]]:
    """Return the kernel's command and environment variables; raises :class:`ModelOpError`."""
    from modelop_jupyter.environments.bytecode import compile_in_background
    from modelop_jupyter.kernels import launch
    from modelop_jupyter.kernels.overlay import overlay_for

    if not home.is_dir():
        # Opening it would create an empty home.
        raise InvalidError(
            f"there is no registry at {home} any more",
            f"With the registry that has the model, type: modelop kernel install {ref}",
        )
    environment = _environment(home, ref, fingerprint)
    overlay = overlay_for(environment, EnvironmentManager(home / "environments" / "overlays"))
    # A kernel that a Jupyter server started ends with it; any other is ended by its client.
    parent = os.getppid() if os.environ.get("JPY_PARENT_PID") == str(os.getppid()) else 0
    command = launch.arguments(
        environment.python,
        overlay.packages,
        parent=parent,
        connection_file=connection_file,
        model=ref,
    )
    for used in (environment, overlay.environment):
        compile_in_background(used)
    return command, launch.environment_of(environment.python, home)


def _environment(home: Path, ref: str, fingerprint: str) -> Environment:
    manager = EnvironmentManager(home / "environments")
    try:
        environment = manager.get(fingerprint)
    except EnvironmentNotFoundError:
        from modelop_jupyter.workspace import Workspace

        with Workspace() as workspace:
            return workspace.environment(ref)
    manager.touch(environment)
    return environment


def run_failed_kernel(reason: str, connection_file: str) -> None:
    """Run a kernel in which every cell fails with ``reason``, until Jupyter ends it.

    If the process ended at once, Jupyter would only report that the kernel died.
    """
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.kernelbase import Kernel

    class FailedKernel(Kernel):  # type: ignore[misc]
        implementation = "modelop-failed-kernel"
        implementation_version = "1"
        banner = reason
        language_info = {  # noqa: RUF012 - ipykernel's way
            "name": "python",
            "mimetype": "text/x-python",
            "file_extension": ".py",
        }

        async def do_execute(self, code: str, silent: bool, *_: Any, **__: Any) -> Any:  # noqa: ARG002 - called by name
            content = {"ename": "KernelError", "evalue": reason, "traceback": [reason]}
            if not silent:
                self.send_response(self.iopub_socket, "error", content)
            return {"status": "error", "execution_count": self.execution_count, **content}

    app = IPKernelApp.instance(kernel_class=FailedKernel)
    app.initialize(["-f", connection_file])
    app.start()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
