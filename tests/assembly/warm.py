"""Commands as processes of their own that begin with the libraries already read, each a fork of one that has read nothing of ours.

Most of a short command's time is the reading of libraries, and the tests of coming back run some hundreds of commands. What a command is itself, its
arguments, environment, folder, output, exit code, is as a shell gives it.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

root = Path(__file__).resolve().parents[2]
# Those whose reading depends on no setting of ours.
libraries = (
    "cryptography.fernet", "django.core.management", "django.db.backends.postgresql.psycopg_any", "django.db.models", "django.forms", "django.template",
    "django.urls", "httpx2", "numpy", "PIL.Image", "procrastinate", "psycopg", "pydantic", "rich.console", "rich.traceback", "sqlparse", "structlog",
    "asyncio", "email.message", "http.client", "tarfile", "uuid", "zoneinfo", "pydantic.main", "PIL.ImageOps", "django.core.mail",
)  # fmt: skip
# These say how the interpreter itself begins.
first_words = ("PYTHON", "LANG", "LC_", "TZ")


class Warm:
    """The process that the commands are forks of; one at a time."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        environment = {**os.environ, "PYTHONPATH": f"{root}/src:{root}"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.assembly.warm"], cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        atexit.register(self._close)

    def run(self, arguments: Sequence[str], environment: dict[str, str], *, seconds: float) -> subprocess.CompletedProcess[str]:
        """What follows `python` on a command line: `-m module …` or `-c code`."""
        assert self._process.stdin and self._process.stdout
        with self._turn, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            files = [f"/proc/{os.getpid()}/fd/{file.fileno()}" for file in (out, err)]
            self._process.stdin.write(json.dumps([list(arguments), environment, files]).encode() + b"\n")
            self._process.stdin.flush()
            pid = int(self._process.stdout.readline())
            late = threading.Timer(seconds, self._end, (pid,))
            late.start()
            code = int(self._process.stdout.readline())
            late.cancel()
            told = []
            for file in (out, err):
                file.seek(0)
                told.append(file.read().decode())
        return subprocess.CompletedProcess([sys.executable, *arguments], code, *told)

    @staticmethod
    def _end(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


_one: list[Warm] = []


def run(arguments: Sequence[str], environment: dict[str, str], *, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """The same as `subprocess.run([sys.executable, *arguments], …)` in the project's folder, sooner."""
    environment = {**environment, "PYTHONPATH": f"{root}/src:{root}"}
    if any(environment.get(name) != os.environ.get(name) for name in {*environment, *os.environ} if name.startswith(first_words) and name != "PYTHONPATH"):
        return subprocess.run([sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    if not _one:
        _one.append(Warm())
    return _one[0].run(arguments, environment, seconds=seconds)


def _wait() -> tuple[list[str], dict[str, str], list[str]]:
    """Returns in each command's process with what it is asked; the one that waits ends when nobody asks any more."""
    for line in sys.stdin.buffer:
        if not (child := os.fork()):
            arguments, environment, files = json.loads(line)
            return arguments, environment, files
        print(child, flush=True)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    os._exit(0)


def _become(environment: dict[str, str], files: list[str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate((os.devnull, *files)):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)


def _main() -> None:
    for name in libraries:
        importlib.import_module(name)
    assert not [name for name in sys.modules if name.partition(".")[0] == "jingwei"]
    gc.collect()
    gc.freeze()
    (kind, what, *rest), environment, files = _wait()
    _become(environment, files)
    if kind == "-c":
        sys.argv[:] = ["-c", *rest]
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - as the interpreter would
    else:
        assert kind == "-m"
        sys.argv[:] = [what, *rest]
        runpy.run_module(what, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
