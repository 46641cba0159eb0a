"""Where things are kept, read from the environment once, when asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The home folder and the registry's address.

    ``registry_url`` is any SQLAlchemy URL; the default is SQLite in the home.
    """

    home: Path
    registry_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``MODELOP_HOME`` and ``MODELOP_REGISTRY_URL``."""
        environ = os.environ if environ is None else environ
        chosen = environ.get("MODELOP_HOME")
        if chosen:
            home = Path(chosen).expanduser().absolute()
        else:
            import platformdirs

            home = Path(platformdirs.user_data_dir("modelop-jupyter", appauthor=False))
        url = environ.get("MODELOP_REGISTRY_URL") or f"sqlite:///{home / 'registry.db'}"
        return cls(home, url)

    @property
    def blobs(self) -> Path:
        return self.home / "blobs"

    @property
    def environments(self) -> Path:
        return self.home / "environments"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"
