"""Asking a scanner (clamd, when JINGWEI_CLAMD names one) whether a file is harmful. A file that could not be asked about is not taken."""

from __future__ import annotations

import struct
from urllib.parse import urlsplit

import structlog
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame import environment
from jingwei.frame.walls import egress

log = structlog.get_logger(__name__)
part_bytes = 1 << 20


def check(content: bytes) -> None:
    """Raise ValidationError at `file` when the scanner finds something, or does not answer."""
    if not (place := environment.value("JINGWEI_CLAMD")):
        return
    parts = urlsplit(f"//{place}")
    try:
        answer = _asked(str(parts.hostname), int(parts.port or 0), content)
    except (OSError, egress.EgressRefused, egress.NotSent) as problem:
        log.warning("files.scanner_silent", problem=str(problem)[:200])
        raise ValidationError({"file": _("The file could not be checked for harmful content just now. Try again later.")}) from problem
    if answer.endswith("FOUND"):
        log.warning("files.harmful", found=answer[:200])
        raise ValidationError({"file": _("The scanner calls this file harmful. It was not kept.")})
    if not answer.endswith("OK"):
        log.warning("files.scanner_unsure", answer=answer[:200])
        raise ValidationError({"file": _("The file could not be checked for harmful content just now. Try again later.")})


def _asked(host: str, port: int, content: bytes) -> str:
    with egress.connected(host, port, seconds=30) as way:
        way.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), part_bytes):
            part = content[start : start + part_bytes]
            way.sendall(struct.pack("!I", len(part)) + part)
        way.sendall(struct.pack("!I", 0))
        answer = b""
        while len(answer) < 1000 and (more := way.recv(1000)):
            answer += more
    return answer.decode("utf-8", "replace").strip("\0\n ")
