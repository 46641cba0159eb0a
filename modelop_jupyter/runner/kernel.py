"""The isolated kernel: ipykernel in a model's interpreter, the model's packages first.

    python -I kernel.py OVERLAY PARENT CONNECTION_FILE [MODEL [SOURCE]]

OVERLAY is the folder of packages that holds ipykernel. It comes last on ``sys.path``: a package that
the model has, too, is the model's. PARENT is the process this one must not outlive, 0 for none.
MODEL is the model's name for what is said of it, SOURCE what a script of it would find in ``sys.argv``.
Python 3.6 and later; nothing is written into the model's environment. Imported by the kernel itself
as ``_modelop_kernel``, and by nobody else.
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

CANNOT_RUN = 86
NAME = "_modelop_kernel"
INSTALLERS = ("pip", "pip3", "conda", "mamba", "micromamba", "uv")
# `!pip install`, which would reach another environment: the first pip on PATH is somebody else's.
SHELL_INSTALL = re.compile(
    r"\s*(?:\S*/)?(?:python[\d.]*\s+-m\s+)?(%s)((?:\s+pip)?\s+install\b.*)" % "|".join(INSTALLERS), re.DOTALL
)
TAKES_VALUE = set("-c -e -f -i -n -p -r -t --channel --constraint --extra-index-url --find-links".split())
TAKES_VALUE |= set("--index-url --name --prefix --requirement --target".split())
loaded = {"folder": None, "module": None}


def main(overlay, parent, connection_file, model="the model", source=""):
    sys.modules[NAME] = sys.modules["__main__"]
    if int(parent):
        watched = int(parent), os.path.abspath(connection_file)
        threading.Thread(target=end_with, args=watched, daemon=True).start()
    sys.path.append(overlay)
    try:
        from ipykernel.kernelapp import IPKernelApp

        app = IPKernelApp.instance(ignore_cwd=True, kernel_class=numbered())
        # 1 stands for a parent that is not watched: end_with() does that. With none at all, ipykernel
        # tells on its console how to connect.
        watched = [] if sys.platform == "win32" else ["--IPKernelApp.parent_handle=1"]
        app.initialize(["-f", connection_file] + watched)
        sys.argv[:] = [source]
        refuse_installs(app.shell, model)
    except Exception:
        import traceback

        traceback.print_exc()
        sys.exit(CANNOT_RUN)
    app.start()


def numbered():
    """Return the class of a kernel whose cells have the numbers that they have in a notebook.

    Its tracebacks would otherwise name another cell than the one that stands above them.
    """
    from ipykernel.ipkernel import IPythonKernel

    class NumberedKernel(IPythonKernel):
        def execute_request(self, stream, ident, parent):
            wanted = parent.get("metadata", {}).get("execution_count", 0)
            self.shell.execution_count = max(wanted, self.shell.execution_count)
            return super().execute_request(stream, ident, parent)

    return NumberedKernel


def refuse_installs(shell, model):
    """Have the ways to install something say where libraries come from, which is the requirements."""
    from IPython.core.error import UsageError

    def magic(line):
        raise UsageError(advice(line, model))

    for name in INSTALLERS:
        shell.register_magic_function(magic, magic_kind="line", magic_name=name)

    def checked(run):
        def checked_run(command, *args, **kwargs):
            found = SHELL_INSTALL.match(str(command))
            if found:
                raise UsageError(advice(found.group(2), model))
            return run(command, *args, **kwargs)

        return checked_run

    shell.system = checked(shell.system)
    shell.getoutput = checked(shell.getoutput)


def advice(line, model):
    said = "nothing is installed into the isolated kernel of %s: its environment is made of its requirements." % model
    words = line.split("#")[0].split()
    if "install" not in words:
        return "%s '%%modelop env show %s' lists what it holds." % (said[0].upper() + said[1:], model)
    wanted, before = [], ""
    for word in words[words.index("install") + 1 :]:
        if not word.startswith("-") and before not in TAKES_VALUE:
            wanted.append(word.strip("'\""))
        before = word
    add = "Add %s to its requirements.txt" % " and ".join("the line  %s " % word for word in wanted)
    if not wanted:
        add = "Add what is wanted to its requirements.txt"
    return (
        "%s %s, type '%%modelop asset add %s requirements.txt' and '%%modelop kernel stop %s', and run this again."
        % (said[0].upper() + said[1:], add, model.partition("@")[0], model)
    )


def end_with(parent, connection_file):
    """End this process and all that it started when its parent is gone.

    ipykernel does so, too, but not for what a cell has started, and its older versions only where
    orphans are given to process 1.
    """
    # Looked for now: the folder of the kernel may be gone when its parent is.
    sockets = sockets_of(connection_file)
    while os.getppid() == parent:
        time.sleep(0.5)
    if sockets:
        shutil.rmtree(sockets, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def sockets_of(connection_file):
    """Return the temporary folder of the sockets, which nobody else is left to remove, or None."""
    try:
        with open(connection_file, encoding="utf-8") as file:
            folder = os.path.dirname(json.load(file)["ip"])
    except (OSError, ValueError, KeyError):
        return None
    return folder if os.path.basename(folder).startswith("modelop-kernel-") else None


def load(folder, runner_path, record=None):
    """Import the model that was staged in a folder and call its init, as a job does.

    The same folder twice changes nothing: the model keeps what it has learnt.
    """
    from IPython import get_ipython

    space = get_ipython().user_ns
    if loaded["folder"] != folder:
        forget()
        try:
            loaded["module"] = import_staged(folder, runner_path)
        except SyntaxError as error:
            # IPython shows a SyntaxError by its own rules: with every frame that led here.
            raise shown_as_written(error)
        except Exception as error:
            show_from_model_on(error, os.path.dirname(os.path.abspath(runner_path)))
            raise
        loaded["folder"] = folder
    space["model"] = loaded["module"]
    if record is not None:
        space["record"] = record


def import_staged(folder, runner_path):
    source, functions = module_at(runner_path).load("source", "functions")
    request = source.read_request(folder)
    module = source.import_by_itself(request, folder)
    init = request["entry_points"].get("init")
    if init:
        functions.call_init(functions.find_function(module, init, "init"), folder)
    return module


def module_at(path):
    """Return the runner as a module, leaving no ``__pycache__`` beside it."""
    spec = importlib.util.spec_from_file_location("_modelop_runner_main", path)
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def forget():
    """Let go of a model that was loaded, with the modules that came from its folder."""
    sys.meta_path[:] = [each for each in sys.meta_path if type(each).__name__ != "ModelFinder"]
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


def show_from_model_on(error, ours):
    """Have IPython show an error without the frames that led to the model."""
    from IPython import get_ipython

    traceback = error.__traceback__
    while traceback is not None and is_ours(traceback, ours):
        traceback = traceback.tb_next
    if traceback is None:
        traceback = error.__traceback__
    shower = get_ipython().InteractiveTB
    lines = shower.structured_traceback(type(error), error, traceback, tb_offset=0)
    error._render_traceback_ = lambda *_: lines


def shown_as_written(error):
    """Return a SyntaxError of the model's source as one that shows the line and no frame."""
    from IPython import get_ipython

    lines = get_ipython().SyntaxTB.structured_traceback(type(error), error, [])
    shown = type("SyntaxError", (Exception,), {})(str(error))
    shown.__suppress_context__ = True
    shown._render_traceback_ = lambda *_: lines
    return shown


def is_ours(traceback, ours):
    name = traceback.tb_frame.f_code.co_filename
    return name.startswith(ours) or "importlib" in name


if __name__ == "__main__":
    main(*sys.argv[1:])
