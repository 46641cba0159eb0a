"""What uv and pip say while they work, as steps: downloading, unpacking, compiling, installing.

uv shows a terminal how many bytes of each file it has, how many packages are unpacked and how many
are installed, and tells anything else only when a large file begins and ends. pip names one file
after the other.
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
# A new picture, in which the bars of the files that go on follow.
_UV_PREPARES = re.compile(r"Preparing packages\.\.\. \((\d+)/(\d+)\)$")
_UV_INSTALLS = re.compile(r"[█░] \[(\d+)/(\d+)\]")
_UV_BUILT = re.compile(r"^\s+Built ([\w.-]+)(?:==\S+| @ .+)?$")
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
        self._drawn: set[str] = set()
        self._gone: set[str] = set()
        self._built: list[str] = []
        self._rules: tuple[tuple[re.Pattern[str], Callable[..., BuildStep | None]], ...] = (
            (_UV_PREPARES, self._drawn_anew),
            (_UV_INSTALLS, _installing_so_far),
            (_BAR, self._moved),
            (_PIP_BEGINS, self._next),
            (_UV_BEGINS, self._begun),
            (_UV_ENDS, self._ended),
            (_UV_BUILDS, self._begun_building),
            (_UV_BUILT, self._built_one),
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
        self._drawn.add(name)
        self._gone.discard(name)
        return self._downloading()

    def _drawn_anew(self, unpacked: str, count: str) -> BuildStep | None:
        """Take in that the last picture is complete: a file without a bar in it has arrived."""
        self._gone |= self._total.keys() - self._drawn
        self._drawn = set()
        if not self._total or self._going or unpacked == count:
            return None
        if self._built:
            return _compiling(self._built[-1])
        return BuildStep("unpacking", f"{unpacked} of {count} packages")

    def _begun_building(self, name: str) -> BuildStep:
        self._built.append(name)
        return _compiling(name)

    def _built_one(self, name: str) -> None:
        self._built = [each for each in self._built if each != name]

    def _next(self, name: str, number: str, unit: str) -> BuildStep:
        if self._serial is not None:
            self._done[self._serial] = self._total[self._serial]
        self._serial = name
        return self._begun(name, number, unit)

    @property
    def _going(self) -> list[str]:
        """The files that are not here yet."""
        return [
            name
            for name, total in self._total.items()
            if self._done[name] < total and name not in self._gone
        ]

    def _downloading(self) -> BuildStep:
        going = self._going
        more = f" and {len(going) - _SHOWN} more" if len(going) > _SHOWN else ""
        return BuildStep(
            "downloading",
            ", ".join(going[:_SHOWN]) + more,
            bytes=sum(self._total[n] if n in self._gone else d for n, d in self._done.items()),
            total_bytes=sum(self._total.values()),
        )


def _compiling(*names: str | None) -> BuildStep:
    return BuildStep("compiling", f"{next(filter(None, names))} from its source")


def _installing_so_far(done: str, count: str) -> BuildStep | None:
    return BuildStep("installing", f"{done} of {count} packages") if count != "0" else None


def _installing(count: int) -> BuildStep:
    return BuildStep("installing", "1 package" if count == 1 else f"{count} packages")


def _bytes(number: str, unit: str) -> int:
    return int(float(number) * _UNITS[unit])
