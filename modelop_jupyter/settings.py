"""Where things are kept, read from the environment once, when asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.amounts import bytes_of, seconds_of
from modelop_jupyter.errors import HomeError, InvalidError, RegistryError

_WARM = "MODELOP_WARM"
_OLDER = "MODELOP_JOBS_OLDER"
_QUOTA = "MODELOP_JOBS_QUOTA"
_OFF = ("off", "no", "false", "0")
_RELATIVE = "the path is relative, and would be another one for each process"


@dataclass(frozen=True, slots=True)
class Settings:
    """The home folder and the registry's address.

    ``registry_url`` is any SQLAlchemy URL; the default is SQLite in the home. ``prepares`` says that
    environments are built in the background as soon as a model asks for one, ``warms`` that
    processes are kept for a while after a job so that the next one starts sooner. ``jobs_older``
    and ``jobs_quota`` are the words for what `job gc` keeps where nothing else is asked for.
    """

    home: Path
    registry_url: str
    prepares: bool = False
    warms: bool = False
    jobs_older: str = "30d"
    jobs_quota: str = "5GB"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``MODELOP_HOME``, ``MODELOP_REGISTRY_URL``, ``MODELOP_PREPARE``, ``MODELOP_WARM``,
        ``MODELOP_JOBS_OLDER`` and ``MODELOP_JOBS_QUOTA``.

        Raises :class:`HomeError` for a home or an SQLite file with a relative path: it would be
        another one for each process, as each has a working directory of its own.
        """
        environ = os.environ if environ is None else environ
        chosen = environ.get("MODELOP_HOME")
        if chosen:
            home = Path(chosen).expanduser()
            if not home.is_absolute():
                remedy = f"Set MODELOP_HOME={home.absolute()}, or to another absolute path"
                raise HomeError(chosen, _RELATIVE, remedy)
        else:
            import platformdirs

            home = Path(platformdirs.user_data_dir("modelop-jupyter", appauthor=False))
        url = environ.get("MODELOP_REGISTRY_URL") or f"sqlite:///{home / 'registry.db'}"
        if (file := sqlite_file(url)) and not Path(file).is_absolute():
            scheme = url.partition(":///")[0]
            remedy = f"Set MODELOP_REGISTRY_URL={scheme}:///{Path(file).absolute()}"
            raise RegistryError(url, _RELATIVE, remedy)
        prepares, warms = (
            environ.get(name, "").lower() not in _OFF for name in ("MODELOP_PREPARE", _WARM)
        )
        return cls(
            home,
            url,
            prepares=prepares,
            warms=warms,
            jobs_older=environ.get(_OLDER) or "30d",
            jobs_quota=environ.get(_QUOTA) or "5GB",
        )

    @property
    def variables(self) -> dict[str, str]:
        """What a process of ours is told, so that it has the same settings."""
        return {
            "MODELOP_HOME": str(self.home),
            "MODELOP_REGISTRY_URL": self.registry_url,
            _WARM: "on" if self.warms else "off",
        }

    @property
    def is_shared(self) -> bool:
        """Whether the registry is another than the home's own, so that other homes may use it too."""
        file = sqlite_file(self.registry_url)
        return file is None or Path(file).parent != self.home

    @property
    def limits_of_jobs(self) -> tuple[float, int]:
        """The age in seconds and the bytes that `job gc` lets jobs have.

        Raises :class:`InvalidError` for words that are neither: a limit that is not understood must
        not remove anything.
        """
        older, quota = seconds_of(self.jobs_older), bytes_of(self.jobs_quota)
        if older is None:
            raise InvalidError(f"{_OLDER}={self.jobs_older!r} is not an age", "Write 30d or 12h")
        if quota is None:
            raise InvalidError(f"{_QUOTA}={self.jobs_quota!r} is not a size", "Write 5GB or 500MB")
        return older, quota

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def environments(self) -> Path:
        return self.home / "environments"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"

    @property
    def submissions(self) -> Path:
        """Notes of those who are about to record a job, so that a killed one's folder is found."""
        return self.home / "submissions"

    @property
    def measurements(self) -> Path:
        """The metrics of jobs that `job gc` has removed."""
        return self.home / "measurements"

    @property
    def warm(self) -> Path:
        return self.home / "warm"

    @property
    def codec(self) -> Path:
        return self.home / "codec"


def sqlite_file(url: str) -> str | None:
    """Return the file of an SQLite URL, None for another database or one that is no file."""
    scheme, mark, rest = url.partition(":///")
    file = rest.partition("?")[0]
    is_sqlite = scheme.partition("+")[0] == "sqlite" and mark
    return file if is_sqlite and file and not file.startswith((":memory:", "file:")) else None
