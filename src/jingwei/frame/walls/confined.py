"""Files of strangers are read in a process of their own, bounded in memory, processor time and time: whatever they do to it, nobody else notices.

A small helper process is started when the first file comes. It knows no secrets, loads a reader once, and forks for every file, so a file costs no start of Python.
"""

from __future__ import annotations

import atexit
import io
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.words import in_words
from jingwei.kernels.text import Text

log = structlog.get_logger(__name__)
_passed_on = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "NUMBA_CACHE_DIR", "PYTHONDONTWRITEBYTECODE")
# what an answer may be made of, besides plain values
_allowed = ("jingwei.kernels.planfile.model", "jingwei.kernels.calendar.stated", "jingwei.kernels.sheets.table", "jingwei.kernels.plan.input")
_allowed_names = {
    ("datetime", "date"), ("datetime", "datetime"), ("datetime", "time"), ("datetime", "timedelta"), ("datetime", "timezone"), ("decimal", "Decimal"),
    ("builtins", "set"), ("builtins", "frozenset"), ("builtins", "bytearray"), ("collections", "Counter"), ("copyreg", "_reconstructor"), ("builtins", "object"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take."""

    memory_mb: int = 768
    cpu_seconds: int = 20
    seconds: int = 30
    answer_mb: int = 200


usual = Limits()


class Beyond(ValidationError):
    """The file wanted more memory or time than a file may have."""


class _Answer(pickle.Unpickler):
    """An answer is data: classes of our own kernels and plain ones, nothing that acts."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _allowed_names or (module in _allowed and name[:1].isupper()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def run(work: str, content: bytes, *given: Any, limits: Limits = usual) -> Any:
    """What `work` ("package.module:function", one of our kernels) makes of the content: function(content, *given).

    Raises ValidationError in the reader's language when it refuses the file (an exception with `zh` and its English text), Beyond when a limit is hit.
    """
    if sys.platform == "win32":  # no fork, no limits there: the readers' own limits have to do
        from jingwei.frame.walls.confined_process import answer_of

        return _told(answer_of(work, content, given))
    asked = pickle.dumps((work, given, limits.memory_mb, limits.cpu_seconds, limits.seconds, limits.answer_mb))
    answer = _helper.ask(asked, content, limits)
    if not answer:
        log.warning("confined.limit_hit", work=work, size=len(content))
        raise Beyond(_("Reading the file took more memory or time than a file may take. Make it smaller or split it."))
    try:
        found = _Answer(io.BytesIO(answer)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError) as problem:
        log.warning("confined.answer_refused", work=work, problem=str(problem)[:200])
        raise ValidationError(_("The file cannot be read.")) from problem
    return _told(found)


def warm(*, plans: bool = False) -> None:
    """Start the helper while somebody chooses a file, so that the first one need not wait for it; `plans` loads the schedule readers too."""
    if sys.platform != "win32":
        _helper.warm(b"p" if plans else b"w")


def _told(found: tuple[str, Any]) -> Any:
    kind, value = found
    if kind == "done":
        return value
    if kind == "beyond":
        raise Beyond(_("Reading the file took more memory or time than a file may take. Make it smaller or split it."))
    if kind == "refused":
        zh, en, code = value
        raise ValidationError(in_words(Text(zh or en, en)), code=code)
    log.warning("confined.failed", problem=str(value)[:500])
    raise ValidationError(_("The file cannot be read: it is damaged or of another kind than its name says."))


class _Helper:
    """The helper process of this process; started when it is needed, and again when it has gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._owner = 0

    def ask(self, asked: bytes, content: bytes, limits: Limits) -> bytes:
        """The answer to one request; empty when the helper's child was ended."""
        for is_last in (False, True):
            ours, theirs = socket.socketpair()
            with ours:
                try:
                    with theirs:
                        self._hand_over(theirs)
                    ours.settimeout(limits.seconds + 15)  # the first request waits for the helper's start
                    ours.sendall(struct.pack("!QQ", len(asked), len(content)) + asked)
                    ours.sendall(content)
                    answer = _read_all(ours, limits.answer_mb * 1_000_000)
                    if answer or is_last or not self._has_gone():
                        return answer
                except TimeoutError:
                    return b""
                except OSError:
                    if is_last:
                        return b""
                    self.end()
        return b""

    def _has_gone(self) -> bool:
        """Whether the helper itself has ended: idle for long, or taken by the system; then it was not the file's fault."""
        return self._process is None or self._process.poll() is not None

    def warm(self, sign: bytes) -> None:
        """Start the helper, and have it load what the sign stands for, without waiting for it."""
        ours, theirs = socket.socketpair()
        try:
            with ours, theirs:
                self._hand_over(theirs, sign)
        except OSError:
            self.end()

    def _hand_over(self, theirs: socket.socket, sign: bytes = b"x") -> None:
        with self._lock:
            if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
                self._start()
            assert self._control is not None
            socket.send_fds(self._control, [sign], [theirs.fileno()])

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in _passed_on if name in os.environ}
        environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENPYXL_LXML": "False", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jingwei.frame.walls.confined_process", str(theirs.fileno())],
                env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._control, self._owner = ours, os.getpid()

    def end(self) -> None:
        """End the helper; the next file starts another."""
        with self._lock:
            if self._control is not None:
                self._control.close()
            if self._process is not None and self._owner == os.getpid():
                self._process.kill()
                self._process.wait()
            self._process = self._control = None


def _read_all(ours: socket.socket, most: int) -> bytes:
    parts, size = [], 0
    while part := ours.recv(1 << 20):
        size += len(part)
        if size > most:
            return b""
        parts.append(part)
    return b"".join(parts)


_helper = _Helper()
atexit.register(_helper.end)
