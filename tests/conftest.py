"""What every test shares: nothing of the user's own is read or written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def homes_of_our_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep registry, IPython history and Jupyter settings out of the user's home."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "modelop"))
        patch.delenv("MODELOP_REGISTRY_URL", raising=False)
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            patch.setenv(f"JUPYTER_{name}", str(folder / "jupyter" / name.lower()))
        # Hundreds of tests register models whose environment nobody needs.
        patch.setenv("MODELOP_PREPARE", "off")
        # A user's variables that would reach the child processes under test.
        for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "JPY_SESSION_NAME"):
            patch.delenv(name, raising=False)
        yield folder


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of environments that all homes of a test run share."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """Undo what a shell does to a job in the background, and all its children would inherit."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
