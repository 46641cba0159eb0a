"""Run a model from an export, without a registry: ``ExportedModel``."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from modelop_jupyter import files
from modelop_jupyter.domain.exchange import ImportSourceError
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.domain.verification import Verification, VerificationSample
from modelop_jupyter.errors import (
    EnvironmentBuildError,
    InvalidError,
    JobFailedError,
    PackagesUnavailableError,
    PythonMissingError,
)
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import Snapshot
    from modelop_jupyter.domain.reports import Step
    from modelop_jupyter.exchange.importing import Unpacked
    from modelop_jupyter.jobs.job import Job
    from modelop_jupyter.workspace.job_request import Target

_MOST_REMOVALS = 10
_PAUSE_SECONDS = 0.05
_NO_PYTHON = "Install one, for instance with 'uv python install', or run it where there is one"


class ExportedModel:
    """A model in a file or folder that `export` wrote. Close it, or use it with ``with``.

    Its ``workspace`` is a temporary home, which is removed with its jobs by :meth:`close`.
    Environments are kept with those of your own home, so that the next run finds them; where that
    folder cannot be written, in the temporary home. Raises :class:`ImportSourceError` for what is no
    intact export.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        settings: Settings | None = None,
        progress: Callable[[Step], None] | None = None,
    ) -> None:
        self.path = Path(path).expanduser()
        self.remark: str | None = None
        settings = settings or Settings.from_environment()
        self._folder = tempfile.TemporaryDirectory(
            prefix="modelop-run-", ignore_cleanup_errors=True
        )
        home = Path(self._folder.name)
        self.workspace = Workspace(_temporary(settings, home), progress=progress)
        try:
            self._unpacked, self._snapshot = self._read(home / "wheels")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ExportedModel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what still runs, and remove the temporary home."""
        if self.workspace.settings.jobs.is_dir():
            for record in self.workspace.jobs(running=True):
                self.workspace.job(record.id).cancel()
        self.workspace.close()
        self._remove_home()

    def _remove_home(self) -> None:
        """Remove the temporary home, to which the supervisor of an ended job may write for a moment."""
        for _ in range(_MOST_REMOVALS):
            self._folder.cleanup()
            if not self.workspace.settings.home.exists():
                return
            time.sleep(_PAUSE_SECONDS)

    @property
    def ref(self) -> str:
        """The snapshot that was exported, as ``NAME@N``."""
        return self._snapshot.ref

    @property
    def sample(self) -> VerificationSample | None:
        """The records with expected outputs that it has for :meth:`verify`."""
        return self._unpacked.sample

    def prepare(self) -> None:
        """Build the environment if it is not there: of the export's wheels if they do, else of an index.

        ``remark`` says so where wheels do not do. Raises :class:`EnvironmentBuildError`.
        """
        environments, wheels = self.workspace.environments, self._unpacked.wheels
        try:
            lacking = environments.lacking_wheels(self.ref, wheels) if wheels else ()
            if not lacking:
                environments.ensure(self.ref, wheels=wheels)
                return
        except PythonMissingError as error:
            # What the error proposes for models of a registry does not help here.
            error.remedy = _NO_PYTHON
            raise
        reason = self._why_not_of_wheels(lacking)
        try:
            environments.ensure(self.ref)
        except PackagesUnavailableError as error:
            raise EnvironmentBuildError(
                f"{reason}, and {error.reason}",
                remedy="Export it with --wheels on a machine like this one, or give this one an index",
                log=error.log,
            ) from None
        self.remark = f"{reason}: the packages came from the index"

    def batch(
        self,
        inputs: Any,
        *,
        output: Target = None,
        schemas: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        limit: int | None = None,
        workers: int | str | None = None,
        format: str | None = None,
    ) -> Job:
        """Score every record of the inputs; returns the job, as :meth:`JobsApi.batch` does.

        Without an ``output``, its result is removed with the temporary home.
        """
        self.prepare()
        return self.workspace.batch(
            self.ref,
            inputs,
            output=output,
            schemas=schemas,
            parameters=parameters,
            limit=limit,
            workers=workers,
            format=format,
        )

    def verify(self) -> Verification:
        """Score the sample of the export, and compare with what the exporting machine gave.

        Raises :class:`InvalidError` if there is none, and :class:`JobFailedError` if the model
        cannot be run.
        """
        sample = self.sample
        if sample is None:
            raise InvalidError(
                f"{self.path} has no sample to verify it with",
                "Run 'check NAME' where it comes from, then export it again",
            )
        self.prepare()
        path = self.workspace.settings.home / "sample.jsonl"
        lines = (json.dumps(record.value) + "\n" for record in sample.records)
        files.write_text(path, "".join(lines))
        job = self.workspace.batch(self.ref, path)
        try:
            record = job.wait().record
        except BaseException:
            job.cancel()
            raise
        if record.status is not JobStatus.COMPLETE:
            reason = record.error.message if record.error else "it was cancelled"
            raise JobFailedError(job.record.short_id, f"the sample was not scored: {reason}")
        from modelop_jupyter.checks.verification import difference

        outputs = list(job.records()) if record.counts.records_out else []
        found = difference(sample, outputs, job.errors())
        return Verification(self.ref, sample.name, len(sample.records), found)

    def _why_not_of_wheels(self, lacking: tuple[str, ...]) -> str:
        wheels = self._unpacked.manifest.wheels
        assert wheels is not None
        names = listed(lacking[:3]) if len(lacking) <= 3 else f"{len(lacking)} packages"
        return (
            f"{self.path.name} has wheels for {wheels.target}, and none of {names} for this machine"
        )

    def _read(self, folder: Path) -> tuple[Unpacked, Snapshot]:
        from modelop_jupyter.exchange.importing import unpack
        from modelop_jupyter.exchange.snapshot import original

        workspace = self.workspace
        workspace.open()
        folder.mkdir()
        unpacked = unpack(self.path, workspace.blobs, folder)
        document = workspace.blobs.read(unpacked.manifest.document.digest)
        try:
            model, snapshot = original(unpacked.manifest, document)
        except InvalidError as error:
            raise ImportSourceError(str(self.path), error.message) from None
        workspace.registry.restore(model, snapshot)
        return unpacked, snapshot


def _temporary(settings: Settings, home: Path) -> Settings:
    """Return the settings of a temporary home, which shares nothing but environments with others."""
    environments = settings.environments
    try:
        files.make_private(settings.home)
        environments.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_writable = os.access(environments, os.W_OK)
    except OSError:
        is_writable = False
    return replace(
        settings,
        home=home,
        registry_url=f"sqlite:///{home / 'registry.db'}",
        prepares=False,
        warms=False,
        accelerates=False,
        engine="local",
        blobs_url=None,
        environments_folder=environments if is_writable else None,
    )
