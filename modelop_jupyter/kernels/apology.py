"""A kernel that stands in for one that cannot be started: every cell gets the reason."""

from __future__ import annotations

from typing import Any


def apologise(reason: str, connection_file: str) -> None:
    """Run such a kernel until Jupyter ends it.

    A process that ends at once is all that a notebook would be told of: "kernel died".
    """
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.kernelbase import Kernel

    class Apology(Kernel):  # type: ignore[misc]
        implementation = "modelop-apology"
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

    app = IPKernelApp.instance(kernel_class=Apology)
    app.initialize(["-f", connection_file])
    app.start()
