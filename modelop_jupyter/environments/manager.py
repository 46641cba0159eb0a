"""The front of this package: from requirements to a lock, and from a lock to a checked environment.

Resolve: a request that was made before gets the lock of then (``lock/cache.py``), any other is
resolved (``lock/resolve.py``). Reuse: an environment is named by the fingerprint of its lock and
interpreter (``lock/pylock.py``: ``fingerprint_of``), and is reused if a complete folder of that name
exists (``store.py``). Otherwise it is built under a temporary name (``build.py``) and renamed.

What is on disk is complete: locks are written, and environments renamed, in one step. Any number of
processes may want the same one; one of them builds it.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.environments import (
    BuildStep,
    Environment,
    EnvironmentSpec,
    Interpreter,
    Lock,
    PackageSource,
    Proof,
)
from modelop_jupyter.environments.lock.cache import (
    LockCache,
    asked_key,
    meaning_key,
    raw_key,
    stored_key,
)
from modelop_jupyter.environments.progress.build_lock import BuildLock
from modelop_jupyter.environments.progress.status_file import BuildStatusFiles, Reporter
from modelop_jupyter.environments.store import EnvironmentStore, home_errors
from modelop_jupyter.errors import (
    ConflictError,
    EnvironmentBuildError,
    EnvironmentNotFoundError,
    HomeError,
    PythonNotFoundError,
)

if TYPE_CHECKING:
    from modelop_jupyter.environments.context import BuildContext, CreatorName, InstallerName
    from modelop_jupyter.environments.installers.index_pages import Listing
    from modelop_jupyter.environments.lock.request import ResolveRequest
    from modelop_jupyter.environments.lock.wheels import LockedWheel
    from modelop_jupyter.environments.progress.status import EnvironmentStatus

# In the class, ``list`` is a method.
Environments = list[Environment]
_WAITING_FOR_BUILD = "another process builds this environment"
_WAITING_FOR_WHEELS = "another process downloads wheels of the same lock"
_WAITING_FOR_LOCK = "another process resolves the same requirements"


class EnvironmentManager:
    """Locks, builds, finds and removes the environments below ``root``.

    ``progress`` gets each step of a build. ``environ`` are the variables of the user, by default
    this process's. ``installer`` forces uv or pip; by default pip is used where uv cannot run.
    ``creator`` forces virtualenv or venv; by default venv is used for a Python that virtualenv no
    longer supports. :attr:`packages_from` is where the packages of the environment came from that was
    built last here, None while none was.
    """

    def __init__(
        self,
        root: Path,
        *,
        progress: Callable[[BuildStep], None] | None = None,
        environ: Mapping[str, str] | None = None,
        installer: InstallerName | None = None,
        creator: CreatorName | None = None,
    ) -> None:
        self.packages_from: PackageSource | None = None
        self._wheels: Mapping[str, Path] = {}
        self._store = EnvironmentStore(Path(root).absolute())
        self._statuses = BuildStatusFiles(self._store.root / "status")
        self._build_lock = BuildLock(self._store, self._statuses, progress or _ignore)
        self._locks = LockCache(self._store.root / "locks")
        self._environ = dict(os.environ if environ is None else environ)
        self._installer = installer
        self._creator = creator
        # The specs of locks, by fingerprint: no lock has index options, which may hold credentials.
        self._specs: dict[str, EnvironmentSpec] = {}
        self._configuration: bytes | None = None
        self._interpreters: dict[str | None, Interpreter] | None = None

    @property
    def root(self) -> Path:
        return self._store.root

    def with_cached_lookups(self) -> EnvironmentManager:
        """Return a manager that reads pip's files and finds each Python only once, for long lists."""
        from modelop_jupyter.environments.installers.pip_config import state_of_configuration

        manager = copy.copy(self)
        manager._configuration = state_of_configuration(self._environ)
        manager._interpreters = {}
        return manager

    def with_wheels(self, wheels: Mapping[str, Path]) -> EnvironmentManager:
        """Return a manager that builds from these wheels, by their digests, and asks no index."""
        manager = copy.copy(self)
        manager._wheels = wheels
        return manager

    def interpreter(self, python: str | None = None) -> Interpreter:
        """Return the interpreter for a version, a path, or None for the notebook's own.

        Raises :class:`EnvironmentBuildError` where there is none.
        """
        if self._interpreters is None:
            return self._find_interpreter(python)
        if python not in self._interpreters:
            self._interpreters[python] = self._find_interpreter(python)
        return self._interpreters[python]

    def python_to_install(self, python: str | None) -> str | None:
        """Return the version of a missing Python that uv may install; None where it is there, or may not."""
        try:
            self.interpreter(python)
        except PythonNotFoundError as error:
            return error.installable
        except EnvironmentBuildError:
            pass
        return None

    def install_python(self, python: str) -> None:
        """Have uv install a Python if it is not on this machine; raises :class:`EnvironmentBuildError`."""
        from modelop_jupyter.environments.python_install import install

        try:
            self.interpreter(python)
            return
        except PythonNotFoundError:
            install(python, self._environ)
        self.interpreter(python)

    def interpreters(self) -> list[Interpreter]:
        """Return every Python of this machine, the newest first."""
        from modelop_jupyter.environments.interpreters import Interpreters

        return Interpreters(self.root / "interpreters.json", self._environ).all()

    def lock(self, spec: EnvironmentSpec, *, refresh: bool = False) -> Lock:
        """Return the lock of requirements; the same ones get the same lock ever after.

        ``refresh`` resolves again, for newer versions of what is not pinned. Raises
        :class:`EnvironmentBuildError` that names asset and line.
        """
        with home_errors(self.root):
            raw = self._raw_key(spec)
            lock = None if refresh else self._locks.read(raw)
            if lock is None:
                lock = self._resolve(spec, raw, refresh=refresh)
        self._specs[lock.fingerprint] = spec
        return lock

    def known_lock(self, spec: EnvironmentSpec) -> Lock | None:
        """Return the lock of requirements that were resolved before, None for new ones."""
        with home_errors(self.root):
            lock = self._locks.read(self._raw_key(spec))
        if lock is not None:
            self._specs[lock.fingerprint] = spec
        return lock

    def stored_lock(self, digest: str, read: Callable[[str], bytes]) -> Lock:
        """Return a lock as it was made, from its stored document: ``read`` returns it for a digest.

        Raises :class:`InvalidError` for a document that is no lock.
        """
        with home_errors(self.root):
            key = stored_key(digest)
            lock = self._locks.read(key)
            if lock is None:
                from modelop_jupyter.environments.lock import pylock

                lock = pylock.lock_from_document(read(digest).decode())
                self._locks.write(key, lock)
        return lock

    def restore_lock(
        self, digest: str, read: Callable[[str], bytes], *, spec: EnvironmentSpec
    ) -> Lock:
        """Return a stored lock as it is built with a Python of this machine; no index is used.

        ``spec`` names the Python and the model's own index options. Raises
        :class:`EnvironmentBuildError` where there is no Python of the lock's version.
        """
        from modelop_jupyter.environments.lock import pylock

        lock = self.stored_lock(digest, read)
        interpreter = pylock.interpreter_for_lock(lock, spec.python, self.interpreter)
        lock = pylock.with_interpreter(lock, interpreter)
        self._specs[lock.fingerprint] = spec
        return lock

    def find(self, lock: Lock) -> Environment | None:
        """Return the environment of a lock if it is built, by its fingerprint: reads one small file."""
        return self._store.read(lock.fingerprint)

    @property
    def status(self) -> EnvironmentStatus:
        """The states of environments, whichever process builds them."""
        from modelop_jupyter.environments.progress.status import EnvironmentStatus

        return EnvironmentStatus(
            self._store,
            self._statuses,
            self._environ,
            raw_key=self._raw_key,
            asked_key=self._asked_key,
            request=self._request,
        )

    def ensure(self, lock: Lock, *, spec: EnvironmentSpec | None = None) -> Environment:
        """Return the environment of a lock, built now if it is missing.

        ``spec`` is needed where :meth:`lock` was called in another process, and the model's own
        index options are needed to fetch its packages. Raises :class:`EnvironmentBuildError`.
        """
        environment = self.find(lock)
        if environment is None:
            with self._build_lock.acquire(lock.fingerprint, _WAITING_FOR_BUILD) as reporter:
                environment = self.find(lock) or self._build(lock, spec, reporter)
        self.touch(environment)
        return environment

    def repair(self, lock: Lock, damaged: Environment) -> Environment:
        """Build an environment again whose files are missing or changed, unless that is done by now.

        Raises :class:`ConflictError` while it is in use.
        """
        from modelop_jupyter.environments.cleanup.removal import refuse_if_used
        from modelop_jupyter.environments.verify import manifest

        refuse_if_used(damaged)
        with self._build_lock.acquire(lock.fingerprint, _WAITING_FOR_BUILD) as reporter:
            environment = self.find(lock)
            if environment is not None and not manifest.find_damage(Path(environment.path)):
                return environment
            return self._build_again(lock, environment, reporter)

    def rebuild(self, lock: Lock) -> Environment:
        """Build the environment of a lock again; raises :class:`ConflictError` while it is in use."""
        with self._build_lock.acquire(lock.fingerprint, _WAITING_FOR_BUILD) as reporter:
            return self._build_again(lock, self.find(lock), reporter)

    def list(self, *, sizes: bool = False) -> Environments:
        """Return every environment, the oldest first; with ``sizes`` all their files are visited."""
        environments = self._store.all()
        if not sizes:
            return environments
        from modelop_jupyter.environments.cleanup.disk_usage import DiskUsage

        folders = [Path(environment.path) for environment in environments]
        shares = DiskUsage(folders).shares(folders)
        return [
            replace(environment, size=shares[folder])
            for environment, folder in zip(environments, folders, strict=True)
        ]

    def get(self, prefix: str) -> Environment:
        """Return the one environment whose fingerprint begins with a prefix."""
        environments = self._store.all()
        matching = [item for item in environments if prefix and item.fingerprint.startswith(prefix)]
        if len(matching) > 1:
            raise ConflictError(
                f"{len(matching)} environments begin with {prefix!r}",
                "Write more of the fingerprint",
            )
        if not matching:
            raise EnvironmentNotFoundError(prefix, [item.fingerprint for item in environments])
        return matching[0]

    def remove(self, environment: Environment) -> None:
        """Remove an environment; raises :class:`ConflictError` while it is built or in use."""
        from modelop_jupyter.environments.cleanup.removal import remove

        remove(self._store, environment)

    def in_use(self, lock: Lock, user: str) -> AbstractContextManager[None]:
        """Keep the environment of a lock from being removed, built or not, until the block ends.

        ``user`` is a name that nothing else uses it by.
        """
        return self._store.in_use(lock.fingerprint, user)

    def download(self, lock: Lock, wheels: Sequence[LockedWheel], folder: Path) -> None:
        """Put wheels of a lock into a folder, each verified; raises :class:`EnvironmentBuildError`."""
        from modelop_jupyter.environments.build import download

        name = f"wheels-{lock.fingerprint}"
        with self._build_lock.acquire(name, _WAITING_FOR_WHEELS) as reporter:
            spec = self._specs.get(lock.fingerprint) or EnvironmentSpec()
            request = self._request(spec, lock.interpreter)
            download(lock, wheels, request, folder, self._context(name, request, reporter))

    def list_files(self, lock: Lock) -> Listing:
        """Ask the indexes which files they list of the versions of a lock; none is downloaded."""
        from modelop_jupyter.environments.installers import index_pages
        from modelop_jupyter.environments.lock.pylock import pins_of

        spec = self._specs.get(lock.fingerprint) or EnvironmentSpec()
        request = self._request(spec, lock.interpreter)
        folder = self.root / index_pages.FOLDER
        return index_pages.list_files(list(pins_of(lock.text)), request.indexes, folder)

    def prove(self, environment: Environment, *, names: Iterable[str] | None = None) -> Proof:
        """Check from inside what an environment holds, and what of the notebook can be imported.

        ``names`` are the modules to try; by default all that this process can import.
        """
        from modelop_jupyter.environments.verify import proof

        modules = proof.notebook_modules() if names is None else names
        return proof.prove(environment, names=modules, environ=self._environ)

    def touch(self, environment: Environment) -> None:
        """Record that an environment is used now."""
        # A home that became read-only still serves what is built.
        with suppress(HomeError):
            self._store.touch(environment.fingerprint)

    def _find_interpreter(self, python: str | None) -> Interpreter:
        from modelop_jupyter.environments.interpreters import Interpreters, own_interpreter

        if not python:
            return own_interpreter()
        return Interpreters(self.root / "interpreters.json", self._environ).resolve(python)

    def _raw_key(self, spec: EnvironmentSpec) -> str:
        interpreter = self.interpreter(spec.python)
        return raw_key(spec, interpreter, self._environ, configuration=self._configuration)

    def _asked_key(self, spec: EnvironmentSpec) -> str:
        return asked_key(spec, self.interpreter(spec.python), self._environ)

    def _request(
        self, spec: EnvironmentSpec, interpreter: Interpreter | None = None
    ) -> ResolveRequest:
        from modelop_jupyter.environments.lock.request import read_request

        return read_request(spec, interpreter or self.interpreter(spec.python), self._environ)

    def _resolve(self, spec: EnvironmentSpec, raw: str, *, refresh: bool) -> Lock:
        from modelop_jupyter.environments.create import BaseEnvironments, prepare
        from modelop_jupyter.environments.installers.pip_config import settings_of
        from modelop_jupyter.environments.lock.request import refuse_problems
        from modelop_jupyter.environments.lock.resolve import resolve

        request = self._request(spec)
        refuse_problems(request)
        key = meaning_key(request)
        self._locks.write_attempt(self._asked_key(spec), raw, settings_of(self._environ))
        # Linked before there is a lock: the status of this request is found by the key.
        self._locks.link(raw, key)
        with self._build_lock.acquire(f"lock-{key}", _WAITING_FOR_LOCK) as reporter:
            lock = None if refresh else self._locks.read(key)
            if lock is None:
                # virtualenv, if it will be needed, is loaded while the index is waited for.
                if not BaseEnvironments(self._store, self._creator).has(request.interpreter):
                    prepare(request.interpreter)
                lock = resolve(request, self._context(f"lock-{key[:16]}", request, reporter))
                self._locks.write(key, lock)
        return lock

    def _build_again(
        self, lock: Lock, environment: Environment | None, reporter: Reporter
    ) -> Environment:
        from modelop_jupyter.environments.cleanup.removal import end_compiling, refuse_if_used

        if environment is not None:
            refuse_if_used(environment)
            end_compiling(Path(environment.path))
        return self._build(lock, None, reporter)

    def _build(self, lock: Lock, spec: EnvironmentSpec | None, reporter: Reporter) -> Environment:
        from modelop_jupyter.environments.build import build

        spec = spec or self._specs.get(lock.fingerprint) or EnvironmentSpec()
        with home_errors(self.root):
            request = self._request(spec, lock.interpreter)
            built = build(lock, request, self._context(lock.fingerprint, request, reporter))
        self.packages_from = built.source
        return built.environment

    def _context(self, name: str, request: ResolveRequest, reporter: Reporter) -> BuildContext:
        from modelop_jupyter.environments.context import BuildContext
        from modelop_jupyter.environments.subprocesses import BuildLog

        return BuildContext(
            store=self._store,
            environ=self._environ,
            log=BuildLog(self._store.log_path(name), request.mask, listener=reporter.parse),
            reporter=reporter,
            interpreters=self.interpreters,
            wheels=self._wheels,
            installer=self._installer,
            creator=self._creator,
        )


def _ignore(step: BuildStep) -> None:
    """Do nothing with a step of progress."""
