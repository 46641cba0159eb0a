"""Hosts for tests on one machine: each has a network, a host name and mounts of its own.

They are namespaces of Linux. A host sees none of the folders of the tests but its own, and reaches
the others through a switch, as machines in one rack do. All of it ends with the process of the tests.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .clusters import hiding
from .waiting import PATIENCE, wait_until

# A host is there as long as this runs: until its standard input ends.
_HOST = 'hostname "$1"; ip link set lo up; echo ready; exec cat'


@dataclass
class Host:
    """A host; ``folder`` is the only one of the tests that it sees."""

    name: str
    address: str
    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def words(self) -> list[str]:
        """What stands before a command that is to run there."""
        return ["nsenter", "--target", str(self.process.pid), "--net", "--mount", "--uts", "--"]

    def run(self, *command: str) -> bool:
        """Run a command there, and say whether it had no error."""
        return not subprocess.call([*self.words, *command], stderr=subprocess.DEVNULL)

    def sees(self, path: Path) -> bool:
        return self.run("test", "-e", str(path))

    def reaches(self, url: str) -> bool:
        code = f"import urllib.request as r; r.urlopen({url!r}, timeout={PATIENCE}).read()"
        return self.run(sys.executable, "-I", "-c", code)

    def refuse(self, address: str) -> None:
        """Let an address be out of reach from here."""
        _call(*self.words, "ip", "route", "add", "unreachable", f"{address}/32")


@dataclass
class Network:
    """A switch, this process's own machine at :attr:`address`, and hosts.

    What others are not to see lies below ``hidden``.
    """

    hidden: Path
    folder: Path
    prefix: str = field(
        default_factory=lambda: f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(250)}"
    )
    hosts: list[Host] = field(default_factory=list)
    _switch: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self.prefix}.1"

    @property
    def index_address(self) -> str:
        """Another address of this process's machine, which a host may refuse."""
        return f"{self.prefix}.9"

    def open(self) -> None:
        """Make the switch, and connect this machine to it; raises :class:`OSError` where it may not."""
        self._switch = _begin(["unshare", "--net", "--uts"], "switch")
        self._in_switch("ip", "link", "add", "switch", "type", "bridge")
        self._in_switch("ip", "link", "set", "switch", "up")
        self._connect("own", os.getpid(), [self.address, self.index_address])

    def add(self, name: str) -> Host:
        """Add a host."""
        folder = self.folder / name
        folder.mkdir()
        process = _begin(["unshare", "--net", "--uts", *hiding(self.hidden, folder)], name)
        host = Host(name, f"{self.prefix}.{10 + len(self.hosts)}", folder, process)
        self.hosts.append(host)
        self._connect(f"to{len(self.hosts)}", process.pid, [host.address])
        return host

    def close(self) -> None:
        for process in [*(host.process for host in self.hosts), self._switch]:
            if process is not None:
                _end(process)

    def _connect(self, port: str, pid: int, addresses: list[str]) -> None:
        """Lay a cable from a port of the switch to a process's network."""
        end = f"mo{secrets.token_hex(5)}"
        self._in_switch("ip", "link", "add", port, "type", "veth", "peer", "name", end)
        self._in_switch("ip", "link", "set", port, "master", "switch", "up")
        self._in_switch("ip", "link", "set", end, "netns", str(pid))
        there = ["nsenter", "--target", str(pid), "--net", "--"]
        for address in addresses:
            _call(*there, "ip", "address", "add", f"{address}/24", "dev", end)
        _call(*there, "ip", "link", "set", end, "up")

    def _in_switch(self, *command: str) -> None:
        assert self._switch is not None
        _call("nsenter", "--target", str(self._switch.pid), "--net", "--", *command)


@contextlib.contextmanager
def network(hidden: Path, folder: Path) -> Iterator[Network]:
    """Open a network whose hosts see nothing below ``hidden`` but their own folders, below ``folder``."""
    opened = Network(hidden, folder)
    try:
        opened.open()
        yield opened
    finally:
        opened.close()


def why_not(folder: Path) -> str | None:
    """Return why this machine cannot have separate hosts, None where it can."""
    try:
        with network(folder, folder) as probe:
            host = probe.add("probe")
            wait_until(lambda: host.run("ip", "route", "get", probe.address))
    except OSError as error:
        return str(error)
    return None


def _begin(before: list[str], name: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [*before, "bash", "-ec", _HOST, "bash", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
    )
    assert process.stdout is not None
    if process.stdout.readline() != b"ready\n":
        raise OSError(f"{' '.join(before[:3])}: {_end(process)}")
    return process


def _end(process: subprocess.Popen[bytes]) -> str:
    """End a process, and return what it said of errors."""
    process.kill()
    return process.communicate(timeout=PATIENCE)[1].decode().strip()


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
