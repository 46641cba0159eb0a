"""What a model touches outside of its folder: files, hosts, processes, variables, threads.

An audit hook (PEP 578) sees it, so only Python 3.8 and later have it, and only what goes through
Python: a library in C that opens a file by itself is not seen. A hook cannot be removed, so this is
for checks alone.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any

    from .protocol import Observation, Observations

HERE = os.path.dirname(os.path.abspath(__file__))
MOST = 200
LONGEST = 500  # characters of a value that is compared
SCALARS = (bool, int, float, str, bytes)
CONTAINERS = (list, tuple, dict)
WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# What belongs to the machine, not to a user.
SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
# Where libraries keep settings and what they have downloaded, below the home folder.
CACHES = (".cache", ".config", ".local", ".matplotlib", ".ipython", ".nv")
READS = {"open", "os.listdir", "os.scandir", "sqlite3.connect"}
CHANGES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate"}
STARTS = {"subprocess.Popen", "os.system", "os.fork", "os.posix_spawn", "os.spawn", "os.exec"}


class Observer:
    """Watches a process from before the model's import; ``work`` is the model's folder."""

    def __init__(self, work: str) -> None:
        self.work = os.path.realpath(work)
        self.own = (os.path.dirname(self.work), os.path.realpath(HERE))
        prefixes = {sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.dirname(os.__file__)}
        self.system = tuple({os.path.realpath(path) for path in prefixes}) + SYSTEM
        self.seen: dict[tuple[str, str], Observation] = {}
        self.written: set[str] = set()
        self.path = list(sys.path)
        self.threads: set[int | None] = set()
        self.temporary = ""
        self.is_busy = False
        self.is_seeing = hasattr(sys, "addaudithook")

    def start(self) -> None:
        if self.is_seeing:
            import tempfile
            import threading

            self.temporary = os.path.realpath(tempfile.gettempdir()) + os.sep
            self.threads = {thread.ident for thread in threading.enumerate()}
            watch_variables(self)
            sys.addaudithook(self._see)  # type: ignore[attr-defined,unused-ignore]

    def report(self) -> "Observations":
        """Return what was seen, in its order; what is seen later is not kept."""
        if self.is_seeing:
            import threading

            self.is_busy = True
            for thread in threading.enumerate():
                if thread.ident not in self.threads:
                    self._keep("thread", thread.name, None)
            for path in sys.path:
                if path not in self.path and not self._is_own(os.path.realpath(path)):
                    self._keep("path", path, None)
        return {"is_seen": self.is_seeing, "observations": list(self.seen.values())[:MOST]}

    def _see(self, event: str, arguments: "tuple[Any, ...]") -> None:
        if self.is_busy:
            return
        try:
            self.is_busy = True
            if event in READS or event in CHANGES:
                self._see_file(event, arguments)
            elif event in ("socket.connect", "socket.getaddrinfo"):
                self._see_host(event, arguments)
            elif event in STARTS:
                name = arguments[0] if arguments else "a copy of itself"
                if event == "subprocess.Popen" and not name:
                    name = arguments[1]
                name = name if isinstance(name, str) else " ".join(map(str, name or ["?"]))
                self._keep("process", name, model_frame(self.work, is_standard))
            elif event == "builtins.input":
                self._keep("input", "input()", model_frame(self.work))
        except Exception:  # noqa: S110 - what it sees must not change what the model does
            pass
        finally:
            self.is_busy = False

    def see_variable(self, name: str, frame: "FrameType | None") -> None:
        if not self.is_busy and isinstance(name, str) and frame is not None:
            self._keep("variable", name, frame)

    def _see_file(self, event: str, arguments: "tuple[Any, ...]") -> None:
        given = arguments[0]
        if isinstance(given, int) or given is None:
            return
        given = os.fsdecode(given)
        if event == "sqlite3.connect" and (given == ":memory:" or not given):
            return
        path = os.path.realpath(given)
        if self._is_own(path) or path.startswith(self.system) or self._is_cache(path):
            return
        mode, flags = (arguments[1], arguments[2]) if event == "open" else (None, 0)
        writes = event in CHANGES or (
            any(letter in mode for letter in "wax+") if mode else bool((flags or 0) & WRITE_FLAGS)
        )
        if writes:
            self.written.add(path)
            if path.startswith(self.temporary):
                return
        elif path in self.written or not os.path.exists(path):
            return
        frame = model_frame(self.work)
        if frame is not None:
            self._keep("write" if writes else "read", given, frame)

    def _see_host(self, event: str, arguments: "tuple[Any, ...]") -> None:
        if event == "socket.connect":
            address = arguments[1]
            if not isinstance(address, tuple):  # a socket in the file system
                return
            host, port = address[:2]
        else:
            host, port = arguments[:2]
        frame = model_frame(self.work)
        if frame is None or not host:
            return
        host = os.fsdecode(host)
        line = frame.f_lineno
        if any(one["kind"] == "host" and one["line"] == line for one in self.seen.values()):
            return  # its address, after its name
        self._keep("host", f"{host}:{port}" if port else host, frame)

    def _is_own(self, path: str) -> bool:
        return any(path == root or path.startswith(root + os.sep) for root in self.own)

    def _is_cache(self, path: str) -> bool:
        home = os.path.realpath(os.path.expanduser("~"))
        return any(path.startswith(os.path.join(home, name) + os.sep) for name in CACHES)

    def _keep(self, kind: str, what: str, frame: "FrameType | None") -> None:
        if frame is None and kind not in ("thread", "path"):
            return
        file = line = None
        if frame is not None:
            file = os.path.relpath(frame.f_code.co_filename, self.work)
            line = frame.f_lineno
        found: Observation = {"kind": kind, "what": what, "file": file, "line": line}
        self.seen.setdefault((kind, what), found)


def model_frame(work: str, is_between: "Callable[[str], bool] | None" = None) -> "FrameType | None":
    """Return the innermost frame of the model's own code; None while a library is imported.

    ``is_between`` says of a file's name whether its code may stand between that and what happens.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(work + os.sep):
            return frame
        if "importlib._bootstrap" in name:
            return None
        if is_between is not None and not name.startswith(HERE) and not is_between(name):
            return None
        frame = frame.f_back
    return None


def is_standard(name: str) -> bool:
    """Say whether a file is one of the standard library."""
    standard = os.path.dirname(os.__file__)
    return "site-packages" not in name and name.startswith((standard, "<frozen"))


def is_environ(name: str) -> bool:
    """Say whether a file is one of those that ``os.environ`` and ``os.getenv`` go through."""
    stem = name.strip("<>").replace("frozen ", "").replace(".py", "")
    return os.path.basename(stem) in ("os", "_collections_abc")


def watch_variables(observer: Observer) -> None:
    """Let the observer see which environment variables the model's own code reads."""
    kind: Any = type(os.environ)
    read = kind.__getitem__

    def read_seen(self: "Any", name: str) -> str:
        observer.see_variable(name, model_frame(observer.work, is_environ))
        value: str = read(self, name)
        return value

    kind.__getitem__ = read_seen


def plain_values(names: "dict[str, Any]") -> "dict[str, str]":
    """Return the text of each global that is a plain value: a number, a text, a list of such."""
    values = {}
    for name, value in list(names.items()):
        if not name.startswith("_") and is_plain(value, 0):
            text = repr(value)
            if len(text) <= LONGEST:
                values[name] = text
    return values


def is_plain(value: "Any", depth: int) -> bool:
    if value is None or type(value) in SCALARS:
        return True
    if depth > 3 or type(value) not in CONTAINERS or len(value) > LONGEST:
        return False
    items = [*value, *value.values()] if type(value) is dict else list(value)
    return all(is_plain(item, depth + 1) for item in items)
