"""What the process log says, as it is written: through the same processors that strike secrets."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listened(level: int = logging.DEBUG, *names: str) -> Iterator[io.StringIO]:
    """A text that fills with every line; the named loggers are opened to that level."""
    root, text = logging.getLogger(), io.StringIO()
    formatter = next(each.formatter for each in root.handlers if type(each.formatter).__name__ == "ProcessorFormatter")
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter)
    before = {name: logging.getLogger(name).level for name in ("", *names)}
    for name in before:
        logging.getLogger(name).setLevel(level)
    root.addHandler(handler)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        for name, was in before.items():
            logging.getLogger(name).setLevel(was)
