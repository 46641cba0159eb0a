"""Where things are kept, read from the environment once, when asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_WARM = "MODELOP_WARM"
_OFF = ("off", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Settings:
    """The home folder and the registry's address.

    ``registry_url`` is any SQLAlchemy URL; the default is SQLite in the home. ``prepares`` says that
    environments are built in the background as soon as a model asks for one, ``warms`` that
    processes are kept for a while after a job so that the next one starts sooner.
    """

    home: Path
    registry_url: str
    prepares: bool = False
    warms: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``MODELOP_HOME``, ``MODELOP_REGISTRY_URL``, ``MODELOP_PREPARE`` and ``MODELOP_WARM``."""
        environ = os.environ if environ is None else environ
        chosen = environ.get("MODELOP_HOME")
        if chosen:
            home = Path(chosen).expanduser().absolute()
        else:
            import platformdirs

            home = Path(platformdirs.user_data_dir("modelop-jupyter", appauthor=False))
        url = environ.get("MODELOP_REGISTRY_URL") or f"sqlite:///{home / 'registry.db'}"
        prepares, warms = (
            environ.get(name, "").lower() not in _OFF for name in ("MODELOP_PREPARE", _WARM)
        )
        return cls(home, url, prepares=prepares, warms=warms)

    @property
    def variables(self) -> dict[str, str]:
        """What a process of ours is told, so that it has the same settings."""
        return {
            "MODELOP_HOME": str(self.home),
            "MODELOP_REGISTRY_URL": self.registry_url,
            _WARM: "on" if self.warms else "off",
        }

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
    def warm(self) -> Path:
        return self.home / "warm"

    @property
    def codec(self) -> Path:
        return self.home / "codec"
