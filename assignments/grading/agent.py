"""Runs inside the sandbox: executes the student's cells once, then each call in a fork.

Requests come as lines of JSON on the standard input, replies go as lines to the former standard
output; each reply carries the id of its request. What a student's code writes among the replies
is at worst a wrong value of that student. usage: agent.py LIMITS (a JSON object)
"""

import ast
import contextlib
import io
import json
import linecache
import os
import resource
import signal
import sys
import time
import traceback
import types
from base64 import b64encode

import numpy as np
from wire import pack, unpack

TEXT, MESSAGE = 20_000, 500  # characters that are kept of what a cell prints, and of an error
FIGURES = 4  # that are kept of a cell
# held here, because the student's code may replace them
fork, kill, leave, wait, sleep, clock = (
    os.fork,
    os.kill,
    os._exit,
    os.waitpid,
    time.sleep,
    time.time,
)
parse, dumps, loads, write = ast.parse, json.dumps, json.loads, os.write
format_exception = traceback.format_exception


class Printed(io.StringIO):
    """What a cell prints, up to a limit."""

    def write(self, text):
        return super().write(text[: max(0, TEXT - self.tell())])


def confine(limits):
    """Give up what the sandbox cannot take away from outside."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if memory runs out, this goes first
    if limits["jailed"] and os.getuid() == 0:  # root is exempt from the limit on processes
        os.setgroups([])
        os.setgid(limits["uid"])
        os.setuid(limits["uid"])
    for name in ("AS", "NPROC", "FSIZE"):
        if limits.get(name):
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (limits[name],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_cell(source, name, namespace):
    """Execute a cell as Jupyter would; what it printed and the error that ended it."""
    printed = sys.stdout = sys.stderr = Printed()
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    error = None
    try:
        tree = parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), namespace)
            if value is not None:
                print(repr(value))
    except BaseException as caught:
        error = described(caught, name)
    return {"text": printed.getvalue(), "error": error, "figures": drawn()}


def drawn():
    """The figures that a cell has left open, as PNG in base64; none of code that breaks pyplot."""
    pyplot, figures = sys.modules.get("matplotlib.pyplot"), []
    if pyplot is None:
        return figures
    try:
        for number in pyplot.get_fignums()[:FIGURES]:
            file = io.BytesIO()
            pyplot.figure(number).savefig(file, format="png", dpi=80)
            figures.append(b64encode(file.getvalue()).decode())
        pyplot.close("all")
    except BaseException:
        figures.clear()
    return figures


def described(caught, cells="<cell"):
    """An exception as plain data: its name, its message, the lines of the student's frames."""
    try:
        lines = "".join(format_exception(caught, limit=-8)).splitlines()
        text = str(caught)[:MESSAGE]
    except BaseException:
        lines, text = [], ""
    own = next((n for n, line in enumerate(lines) if cells in line), 0)
    return [type(caught).__name__[:80], text, "\n".join(lines[own:])[-4 * MESSAGE :]]


def run_call(request, namespace):
    """A call of a student's function, or the value of a name: what it gave, as plain data."""
    sys.stdout = sys.stderr = Printed()
    try:
        value, written = namespace[request["name"]], []
        if "args" in request:
            given = {**dict(enumerate(request["args"])), **request["kwargs"]}
            arguments = {key: unpack(item) for key, item in given.items()}
            count = len(request["args"])
            value = value(
                *(arguments[n] for n in range(count)),
                **{k: arguments[k] for k in request["kwargs"]},
            )
            # arrays that the call wrote into go back, as they would in one process
            written = [
                [key, pack(item)]
                for key, item in arguments.items()
                if isinstance(item, np.ndarray) and pack(item) != given[key]
            ]
        return {"value": pack(value), "written": written}
    except BaseException as caught:
        return {"error": described(caught)}


def main():
    limits = loads(sys.argv[1])
    requests, replies = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    confine(limits)
    alone = os.getpid() == 2 and limits["jailed"]  # in a process namespace of its own
    module = sys.modules["__main__"] = types.ModuleType("__main__")
    namespace = module.__dict__
    namespace.update(display=print, __builtins__=__builtins__)

    def reply(request, content):
        data = ("\n" + dumps({"id": request["id"], **content}) + "\n").encode()
        while data:
            data = data[write(replies, data) :]

    for line in requests:
        request = loads(line)
        if "source" in request:
            reply(request, run_cell(request["source"], request["cell"], namespace))
            continue
        child = fork()
        if child == 0:
            try:
                reply(request, run_call(request, namespace))
            finally:
                leave(0)
        ended, until = 0, clock() + limits["call"]
        while not ended and clock() < until:
            sleep(0.0005)
            ended, _ = wait(child, os.WNOHANG)
        if alone:  # the call and all that it left behind; mostly there is nothing
            with contextlib.suppress(ProcessLookupError):
                kill(-1, signal.SIGKILL)
        elif not ended:
            kill(child, signal.SIGKILL)
        # counts only if the call itself has not replied
        reply(request, {"error": ["died" if ended else "limit", "", ""]})
        with contextlib.suppress(ChildProcessError):
            while wait(-1, 0 if alone else os.WNOHANG)[0]:
                pass


main()
