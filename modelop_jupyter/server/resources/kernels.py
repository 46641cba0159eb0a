"""``/kernels`` and ``/models/NAME/kernel``: isolated kernels and their kernel specs."""

from __future__ import annotations

from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists, KernelRecord
from modelop_jupyter.domain.reports import Removed
from modelop_jupyter.server.resources.fields import MODEL_REF
from modelop_jupyter.server.rest.json_schema import array_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource


def list_kernels(request: Request) -> KernelLists:
    from modelop_jupyter.kernels import specs

    installed = specs.installed(request.context.workspace)
    return KernelLists(tuple(request.context.kernels().list()), tuple(installed))


def install_kernel(request: Request) -> InstalledKernel:
    from modelop_jupyter.kernels import specs

    return specs.install(request.context.kernels(), request.path["name"])


def uninstall_kernel(request: Request) -> list[Removed]:
    from modelop_jupyter.kernels import specs

    ref = request.context.workspace.models.numbered(request.path["name"])
    return [Removed("kernel spec", name) for name in specs.uninstall(ref)]


def start_kernel(request: Request) -> KernelRecord:
    kernels = request.context.kernels()
    # The server would end its own kernels with itself; this one runs until it is stopped.
    record, _ = kernels.start(request.path["name"], detached=True)
    try:
        kernels.wait_ready(record)
    finally:
        kernels.close()
    return record


def stop_kernel(request: Request) -> list[KernelRecord]:
    return request.context.kernels().stop(request.path["name"])


KERNELS = Resource(
    path="/kernels",
    get=Operation(list_kernels, "List isolated kernels, running and installed.", KernelLists),
)

MODEL_KERNEL = Resource(
    path="/models/{name}/kernel",
    parameters={"name": MODEL_REF},
    post=Operation(
        install_kernel,
        "Install the kernel spec of a model's snapshot; its name opens notebooks and consoles.",
        InstalledKernel,
        status=201,
        is_slow=True,
    ),
    delete=Operation(
        uninstall_kernel, "Remove a model's kernels from the launcher.", array_schema(Removed)
    ),
)

RUNNING_KERNEL = Resource(
    path="/models/{name}/kernel/running",
    parameters={"name": MODEL_REF},
    post=Operation(
        start_kernel,
        "Start a kernel in a model's environment, which runs until it is stopped.",
        KernelRecord,
        status=201,
        is_slow=True,
    ),
    delete=Operation(
        stop_kernel, "Stop a model's kernels and all that they started.", array_schema(KernelRecord)
    ),
)
