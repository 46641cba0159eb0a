"""Choose the installer: uv, else pip where uv cannot run, else a pip that reads old metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from modelop_jupyter.domain.environments import PackageSource
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers.base import (
    Installer,
    InstallRequest,
    InvalidMetadataError,
    lay_out_assets,
)
from modelop_jupyter.environments.installers.local_wheels import named_by_asset
from modelop_jupyter.environments.installers.sent_wheels import from_sent_wheels
from modelop_jupyter.environments.installers.uv import Uv
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.lock.wheels import LockedWheel
from modelop_jupyter.environments.subprocesses import CannotStartError
from modelop_jupyter.environments.temporary_folders import temporary_folder
from modelop_jupyter.errors import EnvironmentBuildError

Result = TypeVar("Result")


def resolve(
    request: ResolveRequest, context: BuildContext, *, remark: Callable[[str], None] | None = None
) -> Mapping[str, Any]:
    """Return the lock of a request as parsed PEP 751, its local files named by asset paths.

    ``remark`` gets a sentence where another installer had to take over. Raises
    :class:`ToolFailedError`, and :class:`EnvironmentBuildError` where there is no installer.
    """
    with temporary_folder() as folder:
        request = replace(request, indexes=request.indexes.with_assets(folder))
        data = _try_installers(
            context,
            lambda installer: installer.resolve(request, folder, context),
            remark=remark,
            as_of=request.as_of,
        )
        return named_by_asset(data, folder, request.archives)


def install(request: InstallRequest, context: BuildContext) -> PackageSource:
    """Install a lock into a bare environment; raises what :func:`resolve` raises.

    Where the context has wheels, no index is asked.
    """
    with temporary_folder() as folder:
        request = from_sent_wheels(request, context.wheels) if context.wheels else request
        request = request.with_assets(folder)
        lay_out_assets(request, folder)
        source = _try_installers(
            context, lambda installer: installer.install(request, folder, context)
        )
    return PackageSource.WHEELS if context.wheels else source


def download(
    wheels: Sequence[LockedWheel], request: InstallRequest, folder: Path, context: BuildContext
) -> None:
    """Put wheels of a lock into a folder, each verified by its hash; raises what :func:`resolve` does.

    pip does it whatever installs: what uv has in its cache is unpacked, and no longer a wheel.
    """
    from modelop_jupyter.environments.installers.pip import Pip

    try:
        Pip(context.store.root / "tools").download(wheels, request, folder, context)
    except CannotStartError as error:
        raise EnvironmentBuildError(
            f"pip, which downloads wheels, cannot be started on this machine ({error})",
            remedy="Install pip in the notebook's environment",
        ) from None


def installers_for(context: BuildContext) -> Iterator[Installer]:
    """Yield the installers to try, in order."""
    uv = find_uv(context.environ) if context.installer != "pip" else None
    if uv:
        yield uv
    if context.installer == "uv":
        return
    from modelop_jupyter.environments.installers.pip import OldPip, Pip

    tools = context.store.root / "tools"
    yield from (Pip(tools), OldPip(tools))


def find_uv(environ: Mapping[str, str]) -> Uv | None:
    """Return uv if it is installed: our dependency's first, then one on PATH."""
    import shutil

    try:
        import uv

        return Uv(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        executable = shutil.which("uv", path=environ.get("PATH"))
        return Uv(executable) if executable else None


def _try_installers(
    context: BuildContext,
    action: Callable[[Installer], Result],
    *,
    remark: Callable[[str], None] | None = None,
    as_of: str | None = None,
) -> Result:
    """Return the result of the first installer that can be started.

    Where one refuses a package's metadata, the next that reads old metadata is tried. With ``as_of``,
    those that cannot resolve as of a day are passed over.
    """
    refusal: InvalidMetadataError | None = None
    for installer in installers_for(context):
        if as_of and not installer.resolves_as_of:
            continue
        if refusal:
            if not installer.reads_old_metadata:
                continue
            sentence = f"{refusal.metadata}: {installer.name} accepts it"
            context.log.write(sentence)
            if remark:
                remark(sentence)
        try:
            return action(installer)
        except InvalidMetadataError as error:
            refusal = refusal or error
        except CannotStartError as error:
            context.log.write(f"{installer.name} cannot be started: {error}")
    if refusal:
        raise refusal
    if as_of:
        raise EnvironmentBuildError(
            f"only uv resolves as of a day ({as_of}), and uv cannot be started for this Python",
            remedy="Install uv (pip install uv), choose another Python with --python, or leave"
            " --as-of out",
        )
    raise EnvironmentBuildError(
        "neither uv nor pip can be started on this machine",
        remedy="Install uv (pip install uv) or pip in the notebook's environment",
    )
