"""A small engine of another package, as a user would install one beside this one."""

from __future__ import annotations

from pathlib import Path

import pytest

# Its cluster is what the address says: "2x8" are two nodes with eight slots each. One at "gate" does
# not answer until the file of that name is gone.
_SOURCE = """
import time
from pathlib import Path

from modelop_jupyter.engines.base import Cluster
from modelop_jupyter.errors import EngineError


class Nearby:
    name = "nearby"

    def open(self, address, run, *, workers=None):
        print("a library greets")
        if address == "nowhere":
            raise EngineError("nearby://nowhere", "nobody is there", "Start one")
        gate = Path(__file__).with_name("gate")
        while address == "gate" and gate.exists():
            time.sleep(0.01)
        nodes, _, slots = ("1x1" if address == "gate" else address).partition("x")
        names = tuple(f"node-{number}" for number in range(int(nodes)))
        return Session(Cluster(names, int(nodes) * int(slots), None, "http://nearby/status"))


class Session:
    def __init__(self, cluster):
        self._cluster = cluster

    def cluster(self):
        return self._cluster

    def close(self):
        pass
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process and its children find the engine ``nearby``."""
    metadata = folder / "nearby_engine-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nearby-engine\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(
        "[modelop_jupyter.engines]\nnearby = nearby_engine:Nearby\n"
    )
    (folder / "nearby_engine.py").write_text(_SOURCE)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
