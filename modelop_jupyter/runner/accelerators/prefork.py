"""A process that has loaded what jobs need and waits for them: each job is a fork of it.

    python main.py --prefork FOLDER

It holds libraries only, nothing of a model: source and ``init`` are run by the fork, as by a fresh
process. Files of the folder:

    warm.json   read    {"load": modules, "run": a module whose ``main(arguments)`` is called (null:
                        the runner), "idle": seconds after which it ends, "memory": bytes that it
                        may take, "watch": paths, one of which has changed when it ends, "closed":
                        whether other processes may not read its memory}
    refused     write   why it cannot serve: then every job starts afresh
    socket      serve   one line of JSON for a job: {"arguments", "cwd", "environment", "umask",
                        "console", "descriptors": names of variables that tell the descriptors sent
                        with the line}; answered by {"pid"} (the fork begins when it gets one more
                        byte), and by {"code"} when the fork has ended (negative: its signal)

Linux only: a fork gets its mark, by which all processes of a job are found, by writing it over the
one that this process was started with. docs/accelerators.md describes the whole.
"""

import array
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, TypedDict

    class Spec(TypedDict):
        """``warm.json``."""

        load: list[str]
        run: str | None
        idle: float
        memory: int
        watch: list[str]
        closed: bool

    # The module to run (None: the runner) and its arguments.
    Task = tuple[str | None, list[str]]

MARK = "MODELOP_JOB_ID"
MARK_BYTES = 64  # that the mark of this process leaves for that of a fork
WATCH_SECONDS = 2.0  # between two looks at the paths that are watched
REQUEST_BYTES = 1 << 20
REQUEST_SECONDS = 10  # for a client to send its request
MAX_DESCRIPTORS = 8  # that come with a request
PR_SET_DUMPABLE = 4


class CannotServeError(Exception):
    """Why this process must not be forked."""


def serve(folder: str) -> "Task":
    """Serve jobs; return in each fork what it is to run, and with which arguments.

    Never returns in the process that serves.
    """
    with open(os.path.join(folder, "warm.json"), encoding="utf-8") as file:
        spec: Spec = json.load(file)
    if spec.get("closed"):
        close_memory()
    before = states_of(spec["watch"])  # what changes from here on is not what is loaded
    try:
        load_libraries(spec)
        check_forks(spec)
    except CannotServeError as refused:
        with open(os.path.join(folder, "refused"), "w") as file:
            file.write(str(refused))
        os._exit(0)
    os.chdir(folder)
    os.umask(0o077)  # a fork gets that of the client
    return Server(spec, listening_socket(), before).run()


def listening_socket() -> socket.socket:
    """Return a socket that appears when it can be connected to: one that refuses is a dead one."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket.part")
    listener.listen(16)
    os.rename("socket.part", "socket")
    return listener


def close_memory() -> None:
    """Let no other process of the user read this one's memory, or that of its forks.

    They hold passwords and addresses that a job is told in private.
    """
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def states_of(paths: "Sequence[str]") -> "list[tuple[int, int] | None]":
    """Return inode and change time of files, None for one that is missing."""
    states: list[tuple[int, int] | None] = []
    for path in paths:
        try:
            state = os.stat(path)
            states.append((state.st_ino, state.st_mtime_ns))
        except OSError:
            states.append(None)
    return states


def load_libraries(spec: "Spec") -> None:
    """Import the libraries; raises CannotServeError for one that prints: jobs would miss it."""
    # Filters that a library sets come in front of this one, as they do in a fresh process.
    warnings.filterwarnings("always", category=UserWarning)
    for name in spec["load"]:
        try:
            importlib.import_module(name)
        except ImportError:  # it was made by a model at run time
            pass
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.fstat(1).st_size:
        raise CannotServeError("a library prints something when it is loaded")
    if hasattr(gc, "freeze"):
        gc.collect()
        gc.freeze()


def check_forks(spec: "Spec") -> None:
    """Raise CannotServeError where a fork would not be what a fresh process is."""
    with open("/proc/self/statm") as file:
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if memory > spec["memory"]:
        raise CannotServeError(f"it takes {memory // 1000000} MB")
    pid = os.fork()
    if pid == 0:
        try:
            set_mark("trial")
            is_set = MARK not in os.environ or f"{MARK}=trial\0".encode() in environment_block()
            os._exit(0 if is_set else 1)
        except BaseException:
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        raise CannotServeError("a fork cannot be marked")
    # Threads of libraries that provide for forks, as OpenBLAS does, have ended with the first one.
    if len(os.listdir("/proc/self/task")) > 1:
        raise CannotServeError("a library has started a thread when it was loaded")


class Server:
    """Forks for the jobs of clients; ``running`` has the connection of each fork's client."""

    def __init__(self, spec: "Spec", listener: socket.socket, watched: "list[Any]") -> None:
        self.spec, self.watched = spec, watched
        self.listener: socket.socket | None = listener
        self.socket = states_of(["socket"])
        self.running: dict[int, socket.socket] = {}
        self.last_request = time.monotonic()
        self.wakeups, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        signal.set_wakeup_fd(self.writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> "Task":
        while True:
            sources = [source for source in (self.listener, self.wakeups) if source is not None]
            ready = select.select(sources, [], [], WATCH_SECONDS)[0]
            if self.wakeups in ready:
                os.read(self.wakeups, 4096)
                self.reap()
            if self.listener and not self.is_valid():
                self.listener.close()  # later jobs start afresh; those that run come to their end
                self.listener = None
            elif self.listener and self.listener in ready:
                task = self.answer(self.listener, self.listener.accept()[0])
                if task:
                    return task
            is_idle = time.monotonic() - self.last_request > self.spec["idle"]
            if not self.running and (is_idle or self.listener is None):
                self.end()

    def is_valid(self) -> bool:
        """Say whether the folder is its own, and what is loaded is what is on the disk."""
        return self.owns_folder() and states_of(self.spec["watch"]) == self.watched

    def owns_folder(self) -> bool:
        return self.socket != [None] and states_of(["socket"]) == self.socket

    def end(self) -> None:
        """End, and remove the folder, unless it belongs to another process by now."""
        if self.owns_folder():
            for name in os.listdir("."):
                os.unlink(name)
            os.rmdir(os.getcwd())
        os._exit(0)

    def answer(self, listener: socket.socket, connection: socket.socket) -> "Task | None":
        """Fork for one job; return its task in the fork, None in the server."""
        try:
            connection.settimeout(REQUEST_SECONDS)
            line, descriptors = receive_line(connection)
            request = json.loads(line.decode("utf-8"))
            connection.settimeout(None)
        except (OSError, ValueError):
            connection.close()
            return None
        self.last_request = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self.release(listener)
            go = connection.recv(1)
            connection.close()
            if not go:  # the client has not waited, and starts a fresh process
                os._exit(0)
            return become_job(request, self.spec, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.running[pid] = connection
        os.utime(".")  # the oldest folder is removed where there are too many
        send(connection, {"pid": pid})
        return None

    def reap(self) -> None:
        """Tell the clients of forks that have ended how they ended."""
        for pid in list(self.running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                is_killed = os.WIFSIGNALED(status)
                code = -os.WTERMSIG(status) if is_killed else os.WEXITSTATUS(status)
                connection = self.running.pop(pid)
                send(connection, {"code": code})
                connection.close()
                self.last_request = time.monotonic()

    def release(self, listener: socket.socket) -> None:
        """Close in a fork what belongs to the server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for connection in self.running.values():
            connection.close()
        listener.close()
        os.close(self.writer)
        os.close(self.wakeups)


def receive_line(connection: socket.socket) -> "tuple[bytes, list[int]]":
    """Return a line, and the descriptors that were sent with it; raises ValueError, OSError."""
    data, numbers = b"", array.array("i")
    try:
        while not data.endswith(b"\n"):
            space = socket.CMSG_SPACE(MAX_DESCRIPTORS * numbers.itemsize)
            piece, attached = connection.recvmsg(1 << 16, space)[:2]
            for level, kind, content in attached:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            if not piece or len(data) > REQUEST_BYTES:
                raise ValueError("no whole line")
            data += piece
    except (OSError, ValueError):
        for number in numbers:
            os.close(number)
        raise
    for number in numbers:
        os.set_inheritable(number, False)
    return data, numbers.tolist()


def send(connection: socket.socket, message: "dict[str, int]") -> None:
    try:
        connection.sendall(json.dumps(message).encode() + b"\n")
    except OSError:  # the client is gone; its job is found by its mark
        pass


def become_job(request: "dict[str, Any]", spec: "Spec", descriptors: "list[int]") -> "Task":
    """Give a fork the environment, working directory and console of a job's fresh process."""
    os.setsid()
    os.umask(request["umask"])
    environment = request["environment"]
    set_mark(environment.get(MARK, ""))
    os.environ.clear()
    os.environ.update(environment)
    os.environ.update(zip(request.get("descriptors", ()), map(str, descriptors)))
    for path, flags, target in (
        (os.devnull, os.O_RDONLY, 0),
        (request["console"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 1),
    ):
        descriptor = os.open(path, flags, 0o600)
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.dup2(1, 2)
    os.chdir(request["cwd"])
    if "random" in sys.modules:  # from Python 3.7 on it does so itself
        sys.modules["random"].seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    return spec["run"], request["arguments"]


def set_mark(text: str) -> None:
    """Write another mark where the kernel keeps the environment that this process was started with.

    ``/proc/PID/environ`` shows that memory; ``os.environ`` is a copy.
    """
    if MARK not in os.environ:  # a process without one belongs to no job
        return
    name = f"\0{MARK}=".encode()
    place = (b"\0" + environment_block()).index(name) + len(name) - 1
    data = text.encode()[:MARK_BYTES]
    rest = MARK_BYTES - len(data)
    if rest > 2:  # what is left of the mark's place is another variable
        data += b"\0_=" + b"x" * (rest - 3)
    with open("/proc/self/stat") as file:
        start = int(file.read().rpartition(")")[2].split()[47])
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(start + place)
        memory.write(data)


def environment_block() -> bytes:
    with open("/proc/self/environ", "rb") as file:
        return file.read()
