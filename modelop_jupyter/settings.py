"""Settings: the home folder, the registry's address and others, of environment variables and `config`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter import configuration
from modelop_jupyter.domain.amounts import bytes_of, seconds_of
from modelop_jupyter.errors import (
    ConnectionNotFoundError,
    HomeError,
    InvalidError,
    RegistryError,
)

if TYPE_CHECKING:
    from modelop_jupyter.domain.job_options import HomeAddress

_ACCELERATORS = "MODELOP_ACCELERATORS"
_WARM = "MODELOP_WARM"
_OLDER = "MODELOP_JOBS_OLDER"
_QUOTA = "MODELOP_JOBS_QUOTA"
_ENV_QUOTA = "MODELOP_ENV_QUOTA"
_CONNECTION = "MODELOP_CONNECTION_"
_BLOBS = "MODELOP_BLOBS_URL"
_SHARED_LIMIT = "MODELOP_SHARED_LIMIT"
_ENVIRONMENTS = "MODELOP_ENVIRONMENTS"
_HUB_USER = "JUPYTERHUB_USER"
_OFF = ("off", "no", "false", "0")
_RELATIVE = "the path is relative, so that each process would use another one"


@dataclass(frozen=True, slots=True)
class Settings:
    """The home folder, the registry's address and the defaults of other options.

    ``registry_url`` is any SQLAlchemy URL; the default is SQLite in the home. ``prepares``: build
    environments in the background when a model is registered. ``warms``: keep processes for a while
    after a job, so that the next one starts sooner. ``accelerates``: use accelerators at all, these
    processes and the fast JSON codec (docs/accelerators.md). ``jobs_older`` (such as 30d) and ``jobs_quota``
    (such as 5GB) are the default limits of `job gc`, ``env_quota`` is that of `env gc`, and what nodes
    of an engine keep. ``engine`` is where jobs run that name none, None
    for what `config` has set by then, ``engine_wait`` how many seconds a job waits for workers, or
    for a cluster that has gone away. ``blobs_url`` is the address at which all homes of a registry
    share their blobs and the files of ended jobs, those up to ``shared_limit`` each.
    ``environments_folder`` is where environments are kept, None for ``environments`` in the home.
    ``problems`` are sentences about the file of `config`.
    """

    home: Path
    registry_url: str
    prepares: bool = False
    warms: bool = False
    accelerates: bool = True
    jobs_older: str = "30d"
    jobs_quota: str = "5GB"
    env_quota: str = "20GB"
    engine: str | None = None
    engine_wait: float = 60.0
    blobs_url: str | None = None
    shared_limit: str = "64MB"
    environments_folder: Path | None = None
    problems: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``MODELOP_HOME``, ``MODELOP_REGISTRY_URL``, ``MODELOP_PREPARE``, ``MODELOP_WARM``,
        ``MODELOP_ACCELERATORS``, ``MODELOP_JOBS_OLDER``, ``MODELOP_JOBS_QUOTA``,
        ``MODELOP_ENV_QUOTA``, ``MODELOP_ENVIRONMENTS``, ``MODELOP_ENGINE``, ``MODELOP_ENGINE_WAIT``,
        ``MODELOP_BLOBS_URL`` and ``MODELOP_SHARED_LIMIT``, and the file of `config` in the home.

        Raises :class:`HomeError` for a folder or an SQLite file with a relative path: processes with
        different working directories would use different ones.
        """
        environ = os.environ if environ is None else environ
        home = _folder("MODELOP_HOME", environ)
        if home is None:
            import platformdirs

            home = Path(platformdirs.user_data_dir("modelop-jupyter", appauthor=False))
        url = environ.get("MODELOP_REGISTRY_URL") or f"sqlite:///{home / 'registry.db'}"
        if (file := sqlite_file(url)) and not Path(file).is_absolute():
            scheme = url.partition(":///")[0]
            remedy = f"Set MODELOP_REGISTRY_URL={scheme}:///{Path(file).absolute()}"
            raise RegistryError(url, _RELATIVE, remedy)
        prepares, warms, accelerates = (
            environ.get(name, "").lower() not in _OFF
            for name in ("MODELOP_PREPARE", _WARM, _ACCELERATORS)
        )
        stored = configuration.read(home)
        wait = configuration.value_of(configuration.ENGINE_WAIT, stored, environ, home)
        return cls(
            home,
            url,
            prepares=prepares,
            warms=warms,
            accelerates=accelerates,
            jobs_older=environ.get(_OLDER) or "30d",
            jobs_quota=environ.get(_QUOTA) or "5GB",
            env_quota=environ.get(_ENV_QUOTA) or "20GB",
            engine=environ.get(configuration.ENGINE.variable) or None,
            engine_wait=_wait_of(wait.value),
            blobs_url=environ.get(_BLOBS) or None,
            shared_limit=environ.get(_SHARED_LIMIT) or "64MB",
            environments_folder=_folder(_ENVIRONMENTS, environ),
            problems=stored.problems,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that give a child process the same settings."""
        return {
            "MODELOP_HOME": str(self.home),
            "MODELOP_REGISTRY_URL": self.registry_url,
            _WARM: "on" if self.warms else "off",
            _ACCELERATORS: "on" if self.accelerates else "off",
            configuration.ENGINE_WAIT.variable: f"{self.engine_wait:g}",
            _BLOBS: self.blobs_url or "",
            _SHARED_LIMIT: self.shared_limit,
            _ENVIRONMENTS: str(self.environments_folder or ""),
        }

    def configured(self, key: configuration.Key) -> configuration.ConfiguredValue:
        """Return the value of a key of `config` at this moment: other processes may have set it."""
        environ = dict(os.environ)
        if self.engine:
            environ[configuration.ENGINE.variable] = self.engine
        return configuration.value_of(key, configuration.read(self.home), environ, self.home)

    @property
    def author(self) -> str | None:
        """Who is on record for what this process registers and runs; None where nobody is known."""
        user = self.configured(configuration.USER)
        if user.source is not configuration.Source.DEFAULT:
            return user.value
        if hub_user := os.environ.get(_HUB_USER):
            return hub_user
        import getpass

        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):
            # A container may run as a number that no user has.
            return None

    @property
    def preforks(self) -> bool:
        """Whether jobs may be forks of processes that wait for them (on Linux)."""
        return self.warms and self.accelerates and sys.platform == "linux"

    @property
    def is_shared(self) -> bool:
        """Whether the registry lies outside of the home, so that other homes may use it too."""
        file = sqlite_file(self.registry_url)
        return file is None or Path(file).parent != self.home

    @property
    def address(self) -> HomeAddress:
        """What the record of a job or deployment keeps of the home that its folder is in."""
        # Not for every process: only homes that share a registry ask.
        import socket

        from modelop_jupyter.domain.job_options import HomeAddress

        return HomeAddress(socket.gethostname(), str(self.home))

    @property
    def limits_of_jobs(self) -> tuple[float, int]:
        """The age in seconds and the total size in bytes up to which `job gc` keeps jobs.

        Raises :class:`InvalidError` for values that cannot be parsed: nothing may be removed then.
        """
        older, quota = seconds_of(self.jobs_older), bytes_of(self.jobs_quota)
        if older is None:
            raise InvalidError(f"{_OLDER}={self.jobs_older!r} is not an age", "Write 30d or 12h")
        if quota is None:
            raise InvalidError(f"{_QUOTA}={self.jobs_quota!r} is not a size", "Write 5GB or 500MB")
        return older, quota

    @property
    def quota_of_environments(self) -> int:
        """The total size in bytes up to which environments are kept.

        Raises :class:`InvalidError` for a value that cannot be parsed: nothing may be removed then.
        """
        quota = bytes_of(self.env_quota)
        if quota is None:
            raise InvalidError(
                f"{_ENV_QUOTA}={self.env_quota!r} is not a size", "Write 20GB or 500MB"
            )
        return quota

    @property
    def largest_shared(self) -> int:
        """The size in bytes up to which a file of an ended job is shared.

        Raises :class:`InvalidError` for a value that cannot be parsed.
        """
        size = bytes_of(self.shared_limit)
        if size is None:
            raise InvalidError(
                f"{_SHARED_LIMIT}={self.shared_limit!r} is not a size", "Write 64MB or 1GB"
            )
        return size

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def environments(self) -> Path:
        return self.environments_folder or self.home / "environments"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"

    @property
    def deployments(self) -> Path:
        """The folders of models that answer requests."""
        return self.home / "deployments"

    @property
    def schedules(self) -> Path:
        """The logs of jobs that cron or systemd starts."""
        return self.home / "schedules"

    @property
    def submissions(self) -> Path:
        """Files that mark submissions in progress, by which the folder of a killed one is found."""
        return self.home / "submissions"

    @property
    def measurements(self) -> Path:
        """The metrics of jobs that `job gc` has removed."""
        return self.home / "measurements"

    @property
    def samples(self) -> Path:
        """The records of the last check of each snapshot, with what the model gave for them."""
        return self.home / "samples"

    @property
    def fetched(self) -> Path:
        """Copies of the files of jobs that other homes have run and shared."""
        return self.home / "fetched"

    @property
    def tasks(self) -> Path:
        """The folders of tasks that engines run here."""
        return self.home / "tasks"

    @property
    def warm(self) -> Path:
        return self.home / "warm"

    @property
    def codec(self) -> Path:
        return self.home / "codec"


def _folder(variable: str, environ: Mapping[str, str]) -> Path | None:
    """Return the folder that a variable names, None if it is not set; raises :class:`HomeError`."""
    text = environ.get(variable)
    if not text:
        return None
    path = Path(text).expanduser()
    if not path.is_absolute():
        remedy = f"Set {variable}={path.absolute()}, or to another absolute path"
        raise HomeError(text, _RELATIVE, remedy)
    return path


def _wait_of(text: str) -> float:
    seconds = configuration.seconds_of(text)
    if seconds is None:
        name = configuration.ENGINE_WAIT.variable
        raise InvalidError(f"{name}={text!r} is not a number of seconds", "Write 60")
    return seconds


def connection_names(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the names of the databases that the user has given addresses."""
    environ = os.environ if environ is None else environ
    return sorted(
        name.removeprefix(_CONNECTION).lower()
        for name, url in environ.items()
        if name.startswith(_CONNECTION) and name != _CONNECTION and url
    )


def connection_url(name: str, environ: Mapping[str, str] | None = None) -> str:
    """Return the address, with its credentials, that ``MODELOP_CONNECTION_<NAME>`` gives a name.

    Raises :class:`ConnectionNotFoundError`.
    """
    environ = os.environ if environ is None else environ
    variable = connection_variable(name)
    url = environ.get(variable)
    if not url:
        raise ConnectionNotFoundError(name, connection_names(environ), variable)
    return url


def connection_variable(name: str) -> str:
    """Return the environment variable of a connection: a shell's variables have neither - nor dots."""
    return _CONNECTION + "".join(sign if sign.isalnum() else "_" for sign in name).upper()


def sqlite_file(url: str) -> str | None:
    """Return the file of an SQLite URL, None for an in-memory or another database."""
    scheme, mark, rest = url.partition(":///")
    file = rest.partition("?")[0]
    is_sqlite = scheme.partition("+")[0] == "sqlite" and mark
    return file if is_sqlite and file and not file.startswith((":memory:", "file:")) else None
