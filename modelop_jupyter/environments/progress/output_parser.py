"""Parse the output of uv and pip into steps: downloading, unpacking, compiling, installing.

On a terminal uv draws the bytes of each file, and how many packages are unpacked and installed; to
a pipe it only says when a large file begins and ends. pip names one file after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from modelop_jupyter.domain.environments import BuildStep

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = r"([\d.]+) ?([kMG]B|[KMGT]iB|B)"
_MOST_NAMES = 3

_BAR = re.compile(rf"([\w.-]+)\s+-+\s+{_SIZE}/{_SIZE}$")
_UV_DOWNLOADING = re.compile(rf"Downloading ([\w.-]+) \({_SIZE}\)$")
_UV_DOWNLOADED = re.compile(r"Downloaded ([\w.-]+)$")
_PIP_DOWNLOADING = re.compile(
    rf"Downloading (?:\S*/)?([\w.-]+?)-\d\S*\.(?:whl|zip|tar\.\w+) \({_SIZE}\)$"
)
# Begins a new frame: the bars of the files that are still downloading follow.
_UV_PREPARING = re.compile(r"Preparing packages\.\.\. \((\d+)/(\d+)\)$")
_UV_INSTALLING = re.compile(r"[█░] \[(\d+)/(\d+)\]")
_UV_BUILT = re.compile(r"^\s+Built ([\w.-]+)(?:==\S+| @ .+)?$")
_UV_BUILDING = re.compile(r"Building ([\w.-]+)(?:==\S+| @ .+)?$")
_PIP_BUILDING = re.compile(
    r"Building wheel for ([\w.-]+) .*started$|Running setup\.py install for (\S+)"
)
_UV_PREPARED = re.compile(r"Prepared (\d+) packages? in ")
_PIP_INSTALLING = re.compile(r"Installing collected packages: (.+)$")


class OutputParser:
    """The progress of one tool, from its lines in order; unknown lines change nothing."""

    def __init__(self) -> None:
        self._total: dict[str, int] = {}
        self._done: dict[str, int] = {}
        # The file that pip, which downloads one after the other, is at.
        self._pip_file: str | None = None
        # Files with a bar in the current frame, and files that no longer had one in a whole frame.
        self._drawn: set[str] = set()
        self._arrived: set[str] = set()
        self._compiling: list[str] = []
        self._rules: tuple[tuple[re.Pattern[str], Callable[..., BuildStep | None]], ...] = (
            (_UV_PREPARING, self._begin_frame),
            (_UV_INSTALLING, _installing_some),
            (_BAR, self._update_file),
            (_PIP_DOWNLOADING, self._begin_next_file),
            (_UV_DOWNLOADING, self._begin_file),
            (_UV_DOWNLOADED, self._end_file),
            (_UV_BUILDING, self._begin_compiling),
            (_UV_BUILT, self._end_compiling),
            (_PIP_BUILDING, _compiling),
            (_UV_PREPARED, lambda count: _installing(int(count))),
            (_PIP_INSTALLING, lambda names: _installing(names.count(",") + 1)),
        )

    def parse(self, line: str) -> BuildStep | None:
        """Return the step after a line, None for a line that says nothing about progress."""
        for pattern, action in self._rules:
            match = pattern.search(line.rstrip())
            if match:
                return action(*match.groups())
        return None

    def _begin_file(self, name: str, number: str, unit: str) -> BuildStep:
        self._total[name] = _bytes(number, unit)
        self._done.setdefault(name, 0)
        return self._downloading()

    def _begin_next_file(self, name: str, number: str, unit: str) -> BuildStep:
        if self._pip_file is not None:
            self._done[self._pip_file] = self._total[self._pip_file]
        self._pip_file = name
        return self._begin_file(name, number, unit)

    def _end_file(self, name: str) -> BuildStep:
        self._done[name] = self._total.get(name, 0)
        return self._downloading()

    def _update_file(
        self, name: str, done: str, done_unit: str, total: str, total_unit: str
    ) -> BuildStep:
        self._total[name] = _bytes(total, total_unit)
        # The last bar of a file may be drawn before its last byte.
        self._done[name] = max(self._done.get(name, 0), _bytes(done, done_unit))
        self._drawn.add(name)
        self._arrived.discard(name)
        return self._downloading()

    def _begin_frame(self, unpacked: str, count: str) -> BuildStep | None:
        """End the frame before: a file without a bar in it has arrived."""
        self._arrived |= self._total.keys() - self._drawn
        self._drawn = set()
        if not self._total or self._unfinished or unpacked == count:
            return None
        if self._compiling:
            return _compiling(self._compiling[-1])
        return BuildStep("unpacking", f"{unpacked} of {count} packages")

    def _begin_compiling(self, name: str) -> BuildStep:
        self._compiling.append(name)
        return _compiling(name)

    def _end_compiling(self, name: str) -> None:
        self._compiling = [package for package in self._compiling if package != name]

    @property
    def _unfinished(self) -> list[str]:
        """The files that are still downloading."""
        return [
            name
            for name, total in self._total.items()
            if self._done[name] < total and name not in self._arrived
        ]

    def _downloading(self) -> BuildStep:
        names = self._unfinished
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        return BuildStep(
            "downloading",
            ", ".join(names[:_MOST_NAMES]) + more,
            bytes=sum(
                self._total[name] if name in self._arrived else done
                for name, done in self._done.items()
            ),
            total_bytes=sum(self._total.values()),
        )


def _compiling(*names: str | None) -> BuildStep:
    return BuildStep("compiling", f"{next(filter(None, names))} from its source")


def _installing_some(done: str, count: str) -> BuildStep | None:
    return BuildStep("installing", f"{done} of {count} packages") if count != "0" else None


def _installing(count: int) -> BuildStep:
    return BuildStep("installing", "1 package" if count == 1 else f"{count} packages")


def _bytes(number: str, unit: str) -> int:
    return int(float(number) * _UNITS[unit])
