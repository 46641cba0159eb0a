"""What uv and pip say while they work, as steps: downloading, compiling, installing.

uv shows a terminal how many bytes of each file it has, and tells anything else only when a large
one begins and ends. pip names one file after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from modelop_jupyter.domain.environments import BuildStep

_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_UNITS |= {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZE = r"([\d.]+) ?([kMG]B|[KMGT]iB|B)"
_SHOWN = 3

_BAR = re.compile(rf"([\w.-]+)\s+-+\s+{_SIZE}/{_SIZE}$")
_UV_BEGINS = re.compile(rf"Downloading ([\w.-]+) \({_SIZE}\)$")
_UV_ENDS = re.compile(r"Downloaded ([\w.-]+)$")
_PIP_BEGINS = re.compile(
    rf"Downloading (?:\S*/)?([\w.-]+?)-\d\S*\.(?:whl|zip|tar\.\w+) \({_SIZE}\)$"
)
_UV_BUILDS = re.compile(r"Building ([\w.-]+)(?:==\S+| @ .+)?$")
_PIP_BUILDS = re.compile(
    r"Building wheel for ([\w.-]+) .*started$|Running setup\.py install for (\S+)"
)
_UV_FETCHED = re.compile(r"Prepared (\d+) packages? in ")
_PIP_FETCHED = re.compile(r"Installing collected packages: (.+)$")


class Telling:
    """The lines of one tool, understood; what is not understood changes nothing."""

    def __init__(self) -> None:
        self._total: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._serial: str | None = None
        self._rules: tuple[tuple[re.Pattern[str], Callable[..., BuildStep]], ...] = (
            (_BAR, self._moved),
            (_PIP_BEGINS, self._next),
            (_UV_BEGINS, self._begun),
            (_UV_ENDS, self._ended),
            (_UV_BUILDS, _compiling),
            (_PIP_BUILDS, _compiling),
            (_UV_FETCHED, lambda count: _installing(int(count))),
            (_PIP_FETCHED, lambda names: _installing(names.count(",") + 1)),
        )

    def hear(self, line: str) -> BuildStep | None:
        """Return the step that a line tells of, None where it tells of none."""
        for rule, told in self._rules:
            found = rule.search(line.rstrip())
            if found:
                return told(*found.groups())
        return None

    def _begun(self, name: str, number: str, unit: str) -> BuildStep:
        self._total[name] = _bytes(number, unit)
        self._done.setdefault(name, 0)
        return self._downloading()

    def _ended(self, name: str) -> BuildStep:
        self._done[name] = self._total.get(name, 0)
        return self._downloading()

    def _moved(self, name: str, done: str, done_in: str, total: str, total_in: str) -> BuildStep:
        self._total[name] = _bytes(total, total_in)
        # The last bar of a file may be drawn before its last byte.
        self._done[name] = max(self._done.get(name, 0), _bytes(done, done_in))
        return self._downloading()

    def _next(self, name: str, number: str, unit: str) -> BuildStep:
        if self._serial is not None:
            self._done[self._serial] = self._total[self._serial]
        self._serial = name
        return self._begun(name, number, unit)

    def _downloading(self) -> BuildStep:
        going = [name for name, total in self._total.items() if self._done[name] < total]
        more = f" and {len(going) - _SHOWN} more" if len(going) > _SHOWN else ""
        return BuildStep(
            "downloading",
            ", ".join(going[:_SHOWN]) + more,
            bytes=sum(self._done.values()),
            total_bytes=sum(self._total.values()),
        )


def _compiling(*names: str | None) -> BuildStep:
    return BuildStep("compiling", f"{next(filter(None, names))} from its source")


def _installing(count: int) -> BuildStep:
    return BuildStep("installing", "1 package" if count == 1 else f"{count} packages")


def _bytes(number: str, unit: str) -> int:
    return int(float(number) * _UNITS[unit])
