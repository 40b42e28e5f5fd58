"""A student's process: cells executed in order in the jail, whose functions can be called."""

import contextlib
import json
import os
import secrets
import signal
import subprocess
import tempfile
import threading
import time
from base64 import b64decode

import numpy as np

from .jail import IsolationError, Limits, command, environment
from .serialization import PlainError, given, pack, unpack

__all__ = ["Raised", "Sandbox", "StudentError"]

FIGURES, BYTES = 4, 500_000  # of a cell, and of a figure in base64
NOT_PLAIN = "gave back something other than numbers, arrays and strings"


class StudentError(Exception):
    """What a student's code did instead of returning plain data: our words, then its own."""

    def __init__(self, words, own=""):
        # what the student's code says itself may be data of a hidden test
        super().__init__(f"{words}: {own}" if own else words)
        self.words = words


class Stopped(Exception):
    """The sandbox ended before it replied; `late` if it was ended for the time it took."""

    def __init__(self, words, late=False):
        super().__init__(words)
        self.late = late


class Sandbox(contextlib.AbstractContextManager):
    """A process that executes cells, and whose functions can be called in between.

    Parameters
    ----------
    cells : list of str
        Executed in this order, once. A cell that ends the process or takes too long is left out
        and those before it run again in a new process.
    limits : Limits
    at : int, optional
        How many cells are executed to begin with; all of them if it is not given.
    refused : set of int
        The numbers of cells that are left out from the start.

    Attributes
    ----------
    results : list of dict
        For each cell the text that it printed, its error (name, message, traceback) or None, and
        its figures (PNG in base64).
    notes : list of str
        What an instructor should know.
    """

    def __init__(self, cells, limits=None, at=None, refused=()):
        self.cells, self.limits, self.notes = list(cells), limits or Limits(), []
        self.results = [_result({})] * len(self.cells)
        self.refused, self.at = set(refused), 0
        self.process, self.file = None, tempfile.TemporaryFile()  # noqa: SIM115
        self.until = time.monotonic() + self.limits.patience * self.limits.total
        self._start()
        self.advance(len(self.cells) if at is None else at)

    def advance(self, at):
        """Execute the cells up to this number, if that has not been done."""
        while self.at < at:
            self.at += 1
            # a call may have ended the process; then the new one executes this cell too
            if self.process.poll() is not None or not self._run(self.at - 1):
                self._start()

    def _start(self):
        """A new process in which the cells up to here have been executed."""
        while True:
            self._end()
            self.process = subprocess.Popen(
                command(self.limits), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=environment(self.limits), process_group=0,
                pass_fds=[self.file.fileno()],
            )  # fmt: skip
            try:
                self._ask(self.limits.patience * self.limits.start, source="", cell="")
            except Stopped as stop:
                if time.monotonic() < self.until:  # no fault of the submission
                    self.close()
                    raise IsolationError(f"no sandbox could be made: it {stop}") from None
                self.notes.append(f"the sandbox {stop}")
                return
            if all(map(self._run, range(self.at))):
                return

    def _run(self, n):
        """Execute one cell, unless it is left out; whether the process has outlived it."""
        if n in self.refused:
            return True
        try:
            limit = self.limits.patience * self.limits.cell
            reply = self._ask(limit, source=self.cells[n], cell=f"<cell {n + 1}>")
            self.results[n] = _result(reply)
        except Stopped as stop:
            self.refused.add(n)
            self.results[n] = _result({"error": ["Stopped", f"the cell {stop}", ""]})
            self.notes.append(f"a cell was left out: it {stop}")
            return False
        return True

    def _ask(self, limit, **request):
        """One request and its reply, or Stopped."""
        request["id"] = secrets.token_hex(8)
        left = self.until - time.monotonic()
        if left <= 0 or self.process.poll() is not None:
            words = "the time for the submission was used up" if left <= 0 else "its process ended"
            raise Stopped(f"could not run: {words}", late=left <= 0)
        late = threading.Event()

        def stop():
            late.set()
            self._kill()

        timer = threading.Timer(min(limit, left), stop)
        timer.start()
        size = 0
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            while size <= self.limits.reply:
                line = self.process.stdout.readline(self.limits.reply + 1)
                if not line:
                    break
                size += len(line)
                with contextlib.suppress(ValueError, RecursionError):
                    reply = json.loads(line)
                    if isinstance(reply, dict) and reply.get("id") == request["id"]:
                        return reply
        except OSError:
            pass
        finally:
            timer.cancel()
        self._kill()
        computed = self.process.wait() == 128 + signal.SIGXCPU
        if late.is_set() or computed:
            seconds = self.limits.cell if computed else min(limit, left)
            raise Stopped(f"took longer than {seconds:.3g} s", late=True)
        raise Stopped("wrote too much" if size > self.limits.reply else "ended its process")

    def call(self, name, *args, **kwargs):
        """Call a function of the cells with plain data, of which it gets copies.

        Raises
        ------
        StudentError
            If it returned nothing plain, took too long or ended its process.
        Exception
            A built-in exception that the function raised.
        """
        return self._value(_request(name, args, kwargs))

    def changes(self, name, *args):
        """Whether a call changes an array that it is given: they lie in a file that both see."""
        arrays = (unpack(pack(value)) for value in args if isinstance(value, np.ndarray))
        given, file = b"".join(map(np.ndarray.tobytes, arrays)), self.file.fileno()
        if not given:
            raise ValueError(f"changes wants an array with entries for {name}, got {args}")
        os.ftruncate(file, 0)
        os.pwrite(file, given, 0)
        self._value(_request(name, args, {}) | {"file": file})
        return os.pread(file, len(given) + 1, 0) != given

    def value(self, name):
        """The value of a name that the cells defined."""
        return self._value({"name": name})

    def _value(self, request):
        name = request["name"]
        try:
            reply = self._asked(request)
            if "error" in reply:
                _raise(name, _error(reply["error"]), self.limits)
            return given(unpack(reply["value"]))
        except Stopped as stop:
            raise StudentError(f"{name} {stop}") from None
        except (PlainError, KeyError, ValueError, TypeError) as error:
            if isinstance(error, Raised):
                raise
            raise StudentError(f"{name} {NOT_PLAIN}", str(error)) from None

    def _asked(self, request):
        """The reply to a call, from a new process if the last call has ended the old one."""
        limit = self.limits.patience * self.limits.call + 2
        try:
            if self.process.poll() is None:
                return self._ask(limit, **request)
        except Stopped as stop:
            if stop.late:
                raise
        self._start()
        return self._ask(limit, **request)

    def _kill(self):
        """Kill the group: at its start, bubblewrap's second process does not end with its first."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def close(self):
        """End the process and everything in it."""
        self._end()
        self.file.close()

    def _end(self):
        if self.process:
            self._kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()

    def __exit__(self, *_):
        self.close()


def _request(name, args, kwargs):
    packed = {key: pack(value) for key, value in kwargs.items()}
    return {"name": name, "args": [pack(value) for value in args], "kwargs": packed}


class Raised(Exception):
    """Mixed into the exceptions that a student's function raised itself."""


KNOWN = {
    kind.__name__: type(kind.__name__, (Raised, kind), {})
    for kind in (ValueError, TypeError, IndexError, KeyError, NameError, AttributeError,
                 ZeroDivisionError, OverflowError, FloatingPointError, NotImplementedError,
                 MemoryError, RecursionError)
}  # fmt: skip


def _raise(name, error, limits):
    """What the call of a student's function raised, as far as it is known by name."""
    kind, text, _ = error
    if kind == "limit":
        raise StudentError(f"{name} took longer than {limits.call:g} s")
    if kind == "died":
        raise StudentError(f"{name} ended its process")
    if kind == "KeyError" and text == repr(name):
        raise StudentError(f"{name} is not defined")
    if kind == "PlainError":
        raise StudentError(f"{name} {NOT_PLAIN}", text)
    if kind in KNOWN:
        raise KNOWN[kind](text)
    raise StudentError(f"{name} raised an error", f"{kind} {text}")


def _error(error):
    """A reported error as three strings."""
    parts = [*error, "", "", ""][:3] if isinstance(error, list) else ["unknown", "", ""]
    return [_text(part)[:3000] for part in parts]


def _result(reply):
    error, figures = reply.get("error"), reply.get("figures")
    figures = list(filter(_is_png, figures))[:FIGURES] if isinstance(figures, list) else []
    text = _text(reply.get("text", ""))[:20_000]
    return {"text": text, "error": error and _error(error), "figures": figures}


def _is_png(text):
    """Whether this is a PNG in base64 that a browser can show without harm."""
    if not isinstance(text, str) or len(text) > BYTES:
        return False
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        return False
    sides = [int.from_bytes(data[at : at + 4]) for at in (16, 20)]
    return data.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") and max(sides) <= 4000


def _text(value):
    """A string without control characters."""
    return "".join(c for c in str(value)[:100_000] if c.isprintable() or c in "\n\t")
