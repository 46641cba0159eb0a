"""A process that has loaded what jobs need and waits for them: each job is a fork of it.

    python main.py --warm FOLDER

It holds libraries only, nothing of a model: source and ``init`` are run by the fork, as by a fresh process.
Files of the folder:

    warm.json   read    {"load": modules, "run": a module whose ``main(arguments)`` is called (null: the runner),
                        "idle": seconds after which it ends, "memory": bytes that it may take, "watch": paths that
                        it ends with when one of them has changed, "closed": whether others may not look into its memory}
    refused     write   why it cannot serve: then every job starts afresh
    socket      serve   one line of JSON for a job: {"arguments", "cwd", "environment", "umask", "console",
                        "descriptors": the names of variables that say where what was sent with it is};
                        answered by {"pid"} (the fork begins when it gets one byte more), and {"code"} when the fork has ended (negative: its signal)

Linux only: a fork gets its mark, by which all processes of a job are found, by writing it over the one that this
process was started with.
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

MARK = "MODELOP_JOB_ID"
ROOM = 64  # bytes that the mark of this process leaves for that of a fork
LOOK = 2.0  # seconds between two looks at what is watched
REQUEST = 1 << 20  # bytes
MOST = 8  # descriptors that come with a request


class Refused(Exception):
    """Why this process must not be forked."""


def serve(folder):
    """Serve jobs; return in each fork what it is to run, and with which arguments. Never returns otherwise."""
    with open(os.path.join(folder, "warm.json"), encoding="utf-8") as file:
        spec = json.load(file)
    if spec.get("closed"):
        close_memory()
    before = look(spec["watch"])  # what changes from here on is not what is loaded
    try:
        load(spec)
        check(spec)
    except Refused as refused:
        with open(os.path.join(folder, "refused"), "w") as file:
            file.write(str(refused))
        os._exit(0)
    os.chdir(folder)
    os.umask(0o077)  # a fork has that of whoever asks for it
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("socket")
    listener.listen(16)
    return Server(spec, listener, before).run()


def close_memory():
    """Let no other process of the user read what a job is told in private; forks inherit it."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
    except (ImportError, OSError, AttributeError):
        pass


def look(paths):
    """Return how files are: another one, a changed one and none differ."""
    found = []
    for path in paths:
        try:
            state = os.stat(path)
            found.append((state.st_ino, state.st_mtime_ns))
        except OSError:
            found.append(None)
    return found


def load(spec):
    """Load the libraries; what one of them says at that would be missing in the jobs."""
    # Filters that a library sets come in front of this one, as they do in a fresh process.
    warnings.filterwarnings("always", category=UserWarning)
    for name in spec["load"]:
        try:
            importlib.import_module(name)
        except ImportError:  # it came about while a model ran
            pass
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if os.fstat(1).st_size:
        raise Refused("a library prints something when it is loaded")
    if hasattr(gc, "freeze"):
        gc.collect()
        gc.freeze()


def check(spec):
    """Refuse where a fork would not be what a fresh process is."""
    with open("/proc/self/statm") as file:
        memory = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if memory > spec["memory"]:
        raise Refused("it takes %d MB" % (memory // 1000000))
    pid = os.fork()
    if pid == 0:
        try:
            mark("trial")
            os._exit(
                0
                if MARK not in os.environ or b"%s=trial\0" % MARK.encode() in environment_block()
                else 1
            )
        except BaseException:
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        raise Refused("a fork cannot be marked")
    # Threads of libraries that provide for forks, as OpenBLAS does, have ended with the first one.
    if len(os.listdir("/proc/self/task")) > 1:
        raise Refused("a library has started a thread when it was loaded")


class Server:
    """The forks that run, each with the connection of whoever asked for it."""

    def __init__(self, spec, listener, watched):
        self.spec, self.listener, self.watched = spec, listener, watched
        self.socket = look(["socket"])
        self.running = {}
        self.asked = time.monotonic()
        self.wakeups, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        signal.set_wakeup_fd(self.writer)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def run(self):
        while True:
            sources = [source for source in (self.listener, self.wakeups) if source is not None]
            ready = select.select(sources, [], [], LOOK)[0]
            if self.wakeups in ready:
                os.read(self.wakeups, 4096)
                self.reap()
            if self.listener and not (self.is_ours() and look(self.spec["watch"]) == self.watched):
                self.listener.close()  # whoever asks now starts afresh; the jobs that run come to their end
                self.listener = None
            elif self.listener in ready:
                job = self.answer(self.listener.accept()[0])
                if job:
                    return job
            is_idle = time.monotonic() - self.asked > self.spec["idle"]
            if not self.running and (is_idle or self.listener is None):
                self.end()

    def end(self):
        """End, and leave nothing behind; a folder that is somebody else's by now stays."""
        if self.is_ours():
            for name in os.listdir("."):
                os.unlink(name)
            os.rmdir(os.getcwd())
        os._exit(0)

    def is_ours(self):
        """Say whether the folder is still there and still ours."""
        return self.socket != [None] and look(["socket"]) == self.socket

    def answer(self, connection):
        """Fork for one job; return its task in the fork."""
        try:
            connection.settimeout(2)
            line, descriptors = read_line(connection)
            request = json.loads(line.decode("utf-8"))
            connection.settimeout(None)
        except (OSError, ValueError):
            connection.close()
            return None
        self.asked = time.monotonic()
        pid = os.fork()
        if pid == 0:
            self.leave()
            go = connection.recv(1)
            connection.close()
            if not go:  # whoever asked has not waited, and starts afresh
                os._exit(0)
            return become(request, self.spec, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.running[pid] = connection
        os.utime(".")  # the oldest one goes where there are too many
        tell(connection, {"pid": pid})
        return None

    def reap(self):
        for pid in list(self.running):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                connection = self.running.pop(pid)
                tell(connection, {"code": code})
                connection.close()
                self.asked = time.monotonic()

    def leave(self):
        """Have a fork keep nothing of this."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for connection in self.running.values():
            connection.close()
        self.listener.close()
        os.close(self.writer)
        os.close(self.wakeups)


def read_line(connection):
    """Return a line, and the descriptors that were sent with it."""
    data, numbers = b"", array.array("i")
    try:
        while not data.endswith(b"\n"):
            piece, attached = connection.recvmsg(1 << 16, socket.CMSG_SPACE(MOST * numbers.itemsize))[:2]
            for level, kind, content in attached:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            if not piece or len(data) > REQUEST:
                raise ValueError("no whole line")
            data += piece
    except (OSError, ValueError):
        for number in numbers:
            os.close(number)
        raise
    for number in numbers:
        os.set_inheritable(number, False)
    return data, numbers.tolist()


def tell(connection, message):
    try:
        connection.sendall(json.dumps(message).encode() + b"\n")
    except OSError:  # whoever asked is gone, and finds its job by its mark
        pass


def become(request, spec, descriptors):
    """Make a fork what a process with this environment, working directory and console would be."""
    os.setsid()
    os.umask(request["umask"])
    environment = request["environment"]
    mark(environment.get(MARK, ""))
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


def mark(text):
    """Write another mark where the system keeps the environment that this process was started with."""
    if MARK not in os.environ:  # a process without one is no job's
        return
    name = b"\0" + MARK.encode() + b"="
    place = (b"\0" + environment_block()).index(name) + len(name) - 1
    text = text.encode()[:ROOM]
    rest = ROOM - len(text)
    if rest > 2:  # room that is left is another variable
        text += b"\0_=" + b"x" * (rest - 3)
    with open("/proc/self/stat") as file:
        start = int(file.read().rpartition(")")[2].split()[47])
    with open("/proc/self/mem", "r+b", buffering=0) as memory:
        memory.seek(start + place)
        memory.write(text)


def environment_block():
    with open("/proc/self/environ", "rb") as file:
        return file.read()
