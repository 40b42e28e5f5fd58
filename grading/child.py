"""Work on what students sent, in a child of this process with limits of time and memory.

Whatever a file does to a parser, it does it there: the child answers in plain data, or it is ended
and the reason is raised here.
"""

import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

from .jail import patience

__all__ = ["SECONDS", "apart"]

SECONDS, MEMORY, REPLY = 60, 1536 * 2**20, 200 * 2**20


def apart(work, *arguments, seconds=SECONDS, memory=MEMORY):
    """What a function returns in a child: lists, dicts, strings and numbers.

    `seconds`, a whole number, are those of the processor.

    Raises
    ------
    RuntimeError
        If it raised something, took too long, needed too much memory or ended its process.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(writing, work, arguments, seconds, memory)
    os.close(writing)
    try:
        data = _all(reading, time.monotonic() + patience() * seconds)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)  # mostly it has ended
        _, status = os.waitpid(child, 0)
    if data is None or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        raise RuntimeError(f"reading it took longer than {seconds} s")
    try:
        answer = json.loads(data)
    except ValueError:
        raise RuntimeError("reading it ended the process that did so") from None
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["value"]


def _answer(writing, work, arguments, seconds, memory):
    """In the child: do the work, write what came, and end."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if sys.platform == "linux":
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + memory,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        answer = {"value": work(*arguments)}
    except MemoryError:
        answer = {"error": f"reading it needs more than {memory >> 20} MB"}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
    try:
        data = json.dumps(answer).encode()
        while data:
            data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _all(pipe, until):
    """All bytes of a pipe; None if they have not come in time or are too many."""
    parts, size = [], 0
    while size < REPLY:
        ready, _, _ = select.select([pipe], [], [], max(0, until - time.monotonic()))
        if not ready:
            return None
        part = os.read(pipe, 2**20)
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    return None
