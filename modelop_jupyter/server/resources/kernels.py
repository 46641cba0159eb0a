"""``/kernels``: isolated kernels that run, and those that JupyterLab's launcher offers."""

from __future__ import annotations

from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists
from modelop_jupyter.domain.reports import Removed
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import REF, listing


def list_kernels(ask: Ask) -> KernelLists:
    from modelop_jupyter.kernels import specs

    return KernelLists(tuple(ask.desk.kernels().list()), tuple(specs.installed()))


def install_kernel(ask: Ask) -> InstalledKernel:
    from modelop_jupyter.kernels import specs

    return specs.install(ask.desk.kernels(), ask.path["name"])


def uninstall_kernel(ask: Ask) -> list[Removed]:
    from modelop_jupyter.kernels import specs

    return [Removed("kernel spec", name) for name in specs.uninstall(ask.path["name"])]


RESOURCE = Resource(
    path="/kernels",
    get=Operation(list_kernels, "List isolated kernels, running and installed.", KernelLists),
)

OF_MODEL = Resource(
    path="/models/{name}/kernel",
    parameters={"name": REF},
    post=Operation(
        install_kernel,
        "Install the kernel spec of a model's snapshot; its name opens notebooks and consoles.",
        InstalledKernel,
        status=201,
        is_slow=True,
    ),
    delete=Operation(
        uninstall_kernel, "Take a model's kernels out of the launcher.", listing(Removed)
    ),
)
