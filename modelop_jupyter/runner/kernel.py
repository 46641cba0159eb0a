"""The isolated kernel: ipykernel in a model's interpreter, the model's packages first.

    python -I kernel.py OVERLAY PARENT CONNECTION_FILE [MODEL [SOURCE]]

OVERLAY is the folder of packages that holds ipykernel. It comes last on ``sys.path``: a package
that the model has, too, is the model's. PARENT is the process this one must not outlive, 0 for
none. MODEL is the model's name in messages, SOURCE what a script of it would find in ``sys.argv``.
Python 3.6 and later; nothing is written into the model's environment. Imported by the kernel itself
as ``_modelop_kernel``, and by nothing else.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType, TracebackType
    from typing import Any

CANNOT_RUN = 86  # the exit code that tells the host that ipykernel does not run here
NAME = "_modelop_kernel"
INSTALLERS = ("pip", "pip3", "conda", "mamba", "micromamba", "uv")
# `!pip install`, which would reach another environment: the first pip on PATH is not the model's.
SHELL_INSTALL = re.compile(
    r"\s*(?:\S*/)?(?:python[\d.]*\s+-m\s+)?("
    + "|".join(INSTALLERS)
    + r")((?:\s+pip)?\s+install\b.*)",
    re.DOTALL,
)
TAKES_VALUE = set(
    "-c -e -f -i -n -p -r -t --channel --constraint --extra-index-url --find-links --index-url"
    " --name --prefix --requirement --target".split()
)
loaded: "dict[str, Any]" = {"folder": None, "module": None}  # the model that was loaded last


def main(
    overlay: str,
    parent: str,
    connection_file: str,
    model: str = "the model",
    source: str = "",
) -> None:
    """Run the kernel until it is shut down; exits with CANNOT_RUN where it cannot begin."""
    sys.modules[NAME] = sys.modules["__main__"]
    if int(parent):
        watched = int(parent), os.path.abspath(connection_file)
        threading.Thread(target=end_with_parent, args=watched, daemon=True).start()
    sys.path.append(overlay)
    try:
        from ipykernel.kernelapp import IPKernelApp

        app = IPKernelApp.instance(ignore_cwd=True, kernel_class=numbered_kernel())
        # 1 stands for a parent that is not watched: end_with_parent() does that. With none at all,
        # ipykernel prints on its console how to connect.
        handle = [] if sys.platform == "win32" else ["--IPKernelApp.parent_handle=1"]
        app.initialize(["-f", connection_file, *handle])
        sys.argv[:] = [source]
        refuse_installs(app.shell, model)
    except Exception:
        import traceback

        traceback.print_exc()
        sys.exit(CANNOT_RUN)
    app.start()


def numbered_kernel() -> "Any":
    """Return the class of a kernel whose cells have the numbers that they have in the notebook.

    Its tracebacks would otherwise name another cell than the one that stands above them.
    """
    from ipykernel.ipkernel import IPythonKernel

    class NumberedKernel(IPythonKernel):  # type: ignore[misc]
        def execute_request(self, stream: "Any", ident: "Any", parent: "Any") -> "Any":
            number = parent.get("metadata", {}).get("execution_count", 0)
            self.shell.execution_count = max(number, self.shell.execution_count)
            return super().execute_request(stream, ident, parent)

    return NumberedKernel


def refuse_installs(shell: "Any", model: str) -> None:
    """Make the ways to install something raise UsageError, which names the requirements instead."""
    from IPython.core.error import UsageError

    def magic(line: str) -> None:
        raise UsageError(advice(line, model))

    for name in INSTALLERS:
        shell.register_magic_function(magic, magic_kind="line", magic_name=name)

    def checked(run: "Callable[..., Any]") -> "Callable[..., Any]":
        def checked_run(command: "Any", *args: "Any", **kwargs: "Any") -> "Any":
            match = SHELL_INSTALL.match(str(command))
            if match:
                raise UsageError(advice(match.group(2), model))
            return run(command, *args, **kwargs)

        return checked_run

    shell.system = checked(shell.system)
    shell.getoutput = checked(shell.getoutput)


def advice(line: str, model: str) -> str:
    """Return what to do instead of installing what a line of pip's or conda's names."""
    message = (
        f"Nothing is installed into the isolated kernel of {model}:"
        " its environment is made of its requirements."
    )
    words = line.split("#")[0].split()
    if "install" not in words:
        return f"{message} '%modelop env show {model}' lists what it holds."
    packages, before = [], ""
    for word in words[words.index("install") + 1 :]:
        if not word.startswith("-") and before not in TAKES_VALUE:
            packages.append(word.strip("'\""))
        before = word
    lines = " and ".join(f"the line  {package} " for package in packages)
    add = f"Add {lines} to its requirements.txt"
    if not packages:
        add = "Add what is wanted to its requirements.txt"
    name = model.partition("@")[0]
    return (
        f"{message} {add}, type '%modelop asset add {name} requirements.txt' and"
        f" '%modelop kernel stop {model}', and run this again."
    )


def end_with_parent(parent: int, connection_file: str) -> None:
    """End this process and all that it started when its parent is gone.

    ipykernel does so, too, but not for what a cell has started, and its older versions only where
    orphans are given to process 1.
    """
    # Read now: the folder of the kernel may be gone when its parent is.
    sockets = socket_folder(connection_file)
    while os.getppid() == parent:
        time.sleep(0.5)
    if sockets:
        shutil.rmtree(sockets, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def socket_folder(connection_file: str) -> "str | None":
    """Return the temporary folder of the sockets, which nobody else is left to remove, or None."""
    try:
        with open(connection_file, encoding="utf-8") as file:
            folder = os.path.dirname(json.load(file)["ip"])
    except (OSError, ValueError, KeyError):
        return None
    return folder if os.path.basename(folder).startswith("modelop-kernel-") else None


def load(folder: str, runner_path: str, record: "Any" = None) -> None:
    """Import the model that was staged in a folder and call its init, as a job does.

    The same folder twice changes nothing: the model keeps its state.
    """
    from IPython import get_ipython

    space = get_ipython().user_ns
    if loaded["folder"] != folder:
        forget()
        try:
            loaded["module"] = import_staged(folder, runner_path)
        except SyntaxError as error:
            # IPython shows a SyntaxError by its own rules: with every frame that led here.
            raise as_written(error) from None
        except Exception as error:
            show_from_model_on(error, os.path.dirname(os.path.abspath(runner_path)))
            raise
        loaded["folder"] = folder
    space["model"] = loaded["module"]
    if record is not None:
        space["record"] = record


def import_staged(folder: str, runner_path: str) -> "ModuleType":
    source, functions = module_at(runner_path).load("source", "functions")
    request = source.read_request(folder)
    module: ModuleType = source.import_into_own_process(request, folder)
    init = request["entry_points"].get("init")
    if init:
        function = functions.find_function(module, init, "init")
        functions.call_init(function, folder, request["kind"])
    return module


def module_at(path: str) -> "Any":
    """Return the runner as a module, leaving no ``__pycache__`` beside it."""
    spec: Any = importlib.util.spec_from_file_location("_modelop_runner_main", path)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def forget() -> None:
    """Unload the model that was loaded last, with the modules that came from its folder."""
    finders = [finder for finder in sys.meta_path if type(finder).__name__ != "ModelFinder"]
    sys.meta_path[:] = finders
    sys.modules.pop("model", None)
    old = loaded["folder"]
    loaded.update(folder=None, module=None)
    if old is None:
        return
    inside = old + os.sep
    sys.path[:] = [path for path in sys.path if not path.startswith(inside)]
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(inside):
            del sys.modules[name]


def show_from_model_on(error: "Any", runner_folder: str) -> None:
    """Make IPython show an error without the frames that led to the model."""
    from IPython import get_ipython

    traceback = error.__traceback__
    while traceback is not None and is_of_runner(traceback, runner_folder):
        traceback = traceback.tb_next
    if traceback is None:
        traceback = error.__traceback__
    lines = get_ipython().InteractiveTB.structured_traceback(
        type(error), error, traceback, tb_offset=0
    )
    error._render_traceback_ = lambda *_: lines


def as_written(error: SyntaxError) -> "Any":
    """Return a SyntaxError of the model's source as one that shows the line and no frame."""
    from IPython import get_ipython

    lines = get_ipython().SyntaxTB.structured_traceback(type(error), error, [])
    shown: Any = type("SyntaxError", (Exception,), {})(str(error))
    shown.__suppress_context__ = True
    shown._render_traceback_ = lambda *_: lines
    return shown


def is_of_runner(traceback: "TracebackType", runner_folder: str) -> bool:
    name = traceback.tb_frame.f_code.co_filename
    return name.startswith(runner_folder) or "importlib" in name


if __name__ == "__main__":
    main(*sys.argv[1:])
