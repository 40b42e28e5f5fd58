"""Runs inside the sandbox: executes the student's cells once, then each call in a fork, or where
the cells are if these have left threads.

Requests come as lines of JSON on the standard input, replies go as lines to the former standard
output; each reply carries the id of its request. What a student's code writes among the replies
is at worst a wrong value of that student. usage: agent.py LIMITS (a JSON object)
"""

import ast
import codeop
import contextlib
import ctypes
import inspect
import io
import json
import linecache
import math
import mmap
import os
import resource
import signal
import struct
import sys
import threading
import time
import traceback
import types
from base64 import b64encode

import jupyter
import numpy as np
from serialization import pack, unpack

TEXT, MESSAGE = 20_000, 500  # characters that are kept of what a cell prints, and of an error
FIGURES = 4  # that are kept of a cell
# held here, because the student's code may replace them
fork, kill, leave, wait = os.fork, os.kill, os._exit, os.waitpid
sleep, clock = time.sleep, time.time
parse, dumps, loads, write = ast.parse, json.dumps, json.loads, os.write
extract_tb, active_count = traceback.extract_tb, threading.active_count
RLIMIT_CPU = resource.RLIMIT_CPU
compiler = codeop.Compile()  # which remembers imports from __future__, as Jupyter does
compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


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
    resource.setrlimit(RLIMIT_CPU, (limits["total"],) * 2)  # which no code can raise
    if limits["jailed"]:
        forbid()


def forbid():
    """Refuse system calls that lead out of the sandbox.

    New namespaces of users bring a kernel's faults into reach. The kernel's keys belong to the
    session of whoever grades: they outlive a sandbox, and another one could read them. Locks and
    watches of the system's files tell another sandbox what happens in this one.
    """
    arch, unshare, clone, told = {
        "x86_64": (0xC000003E, 272, 56, (248, 249, 250, 73, 254, 300)),
        "aarch64": (0xC00000B7, 97, 220, (217, 218, 219, 32, 27, 262)),
    }.get(os.uname().machine, (0, 0, 0, ()))
    if not arch:
        return
    load, equal, above, has, give = 0x20, 0x15, 0x35, 0x45, 0x06
    refuse, unknown, allow = 0x50001, 0x50026, 0x7FFF0000  # EPERM; ENOSYS, so that clone is tried
    refused = [(above, 0x40000000), *((equal, number) for number in (unshare, *told))]
    more = len(refused)
    lines = [  # of each the two middle numbers say how many lines to skip, if it is so or not
        (load, 0, 0, 4), (equal, 0, 6 + more, arch), (load, 0, 0, 0),
        *((kind, 4 + more - at, 0, number) for at, (kind, number) in enumerate(refused)),
        (equal, 5, 0, 435), (equal, 0, 2, clone), (load, 0, 0, 16), (has, 1, 0, 0x10000000),
        (give, 0, 0, allow), (give, 0, 0, refuse), (give, 0, 0, unknown),
    ]  # fmt: skip
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = ctypes.create_string_buffer(struct.pack("HP", len(lines), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, program, 0, 0):  # no new rights; the filter
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")


def run_cell(source, name, namespace):
    """Execute a cell as Jupyter would; what it printed and the error that ended it."""
    printed = sys.stdout = sys.stderr = Printed()
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    error = None
    try:
        tree = parse(source, name)
        jupyter.GUARDED[name] = jupyter.guarded(tree)
        for statement in tree.body:
            try:
                value = evaluate(statement, name, namespace)
            except BaseException as caught:  # costs itself alone
                error, value = error or described(caught), None
            if statement is tree.body[-1] and value is not None:
                print(repr(value))
    except BaseException as caught:
        error = error or described(caught)
    return {"text": printed.getvalue(), "error": error, "figures": drawn()}


def evaluate(statement, name, namespace):
    """Run a statement, in which `await` may stand outside of functions; an expression's value."""
    mode, tree = "exec", ast.Module([statement], [])
    if isinstance(statement, ast.Expr):
        mode, tree = "eval", ast.Expression(statement.value)
    code = compiler(tree, name, mode)
    value = eval(code, namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        import asyncio  # takes as long as half of NumPy

        value = asyncio.run(value)
    return value


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


def described(caught):
    """An exception as plain data: its name, its message, and where in the cells it arose."""
    kind, lines = type(caught).__name__[:80], []
    kind = "ModuleNotFoundError" if isinstance(caught, jupyter.Unavailable) else kind
    try:
        text = str(caught)[:MESSAGE]
        if isinstance(caught, ImportError):
            text = text.partition(" (/")[0]  # and not where a module lies here
        for frame in extract_tb(caught.__traceback__):
            if frame.filename.startswith("<cell"):
                place = f"{frame.filename.strip('<>')}, line {frame.lineno}:"
                lines += [place, f"    {frame.line}"]
        if isinstance(caught, SyntaxError) and caught.text:
            lines += [f"line {caught.lineno}:", f"    {caught.text.strip()}"]
    except BaseException:
        text = ""
    return [kind, text, "\n".join([*lines[-16:], f"{kind}: {text}"])]


def may_take(seconds, at_last=None):
    """End this process when it has computed for so long, however busy the machine is.

    It may catch that; `at_last` so many seconds later, or at the end of all its time, it cannot.
    """
    used, (_, last) = resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(RLIMIT_CPU)
    end = min(math.ceil(used.ru_utime + used.ru_stime + seconds), last)
    resource.setrlimit(RLIMIT_CPU, (end, last if at_last is None else min(end + at_last, last)))


def shared(arguments, file):
    """The arguments; if a file is named, the arrays lie in it, where the grader reads them."""
    memory, at = file and mmap.mmap(file, 0), 0
    for value in arguments:
        if memory and isinstance(value, np.ndarray):
            value, at = np.ndarray(value.shape, value.dtype, memory, at), at + value.nbytes
        yield value


def run_call(request, namespace, functions):
    """A call of a student's function, or the value of a name: what it gave, as plain data."""
    sys.stdout = sys.stderr = Printed()
    try:
        value = namespace[request["name"]]
        if "args" in request and not callable(value):  # as in: loss = loss(S, y)
            value = functions.get(request["name"], value)
        if "args" in request:
            value = value(
                *shared(map(unpack, request["args"]), request.get("file")),
                **{key: unpack(item) for key, item in request["kwargs"].items()},
            )
        return {"value": pack(value)}
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
    namespace, functions = module.__dict__, {}
    namespace["__builtins__"] = __builtins__
    jupyter.pretend()

    def reply(request, content):
        data = ("\n" + dumps({"id": request["id"], **content}) + "\n").encode()
        while data:
            data = data[write(replies, data) :]

    for line in requests:
        request = loads(line)
        if "source" in request:
            may_take(limits["cell"])
            reply(request, run_cell(request["source"], request["cell"], namespace))
            functions |= {name: value for name, value in namespace.items() if callable(value)}
            continue
        if active_count() > 1:  # threads of a cell, for which a call may wait: no fork has them
            may_take(limits["call"])
            reply(request, run_call(request, namespace, functions))
            continue
        child = fork()
        if child == 0:
            try:
                may_take(limits["call"], at_last=1)
                reply(request, run_call(request, namespace, functions))
            finally:
                leave(0)
        ended, status, until = 0, 0, clock() + limits["patience"] * limits["call"]
        while not ended and clock() < until:
            sleep(0.0005)
            ended, status = wait(child, os.WNOHANG)
        if alone:  # the call and all that it left behind; mostly there is nothing
            with contextlib.suppress(ProcessLookupError):
                kill(-1, signal.SIGKILL)
        elif not ended:
            kill(child, signal.SIGKILL)
        # counts only if the call itself has not replied
        late = not ended or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU)
        reply(request, {"error": ["limit" if late else "died", "", ""]})
        with contextlib.suppress(ChildProcessError):
            while wait(-1, 0 if alone else os.WNOHANG)[0]:
                pass


main()
