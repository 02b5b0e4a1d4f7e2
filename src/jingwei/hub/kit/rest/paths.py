"""Where something stands in an answer or a body: names with dots between them, `*` for each of a list. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jingwei.hub.contract import BrokenAnswer

form = re.compile(r"[^.*{}\s]+(\.[^.*{}\s]+)*")
each_form = re.compile(r"(\*|[^.*{}\s]+)(\.(\*|[^.*{}\s]+))*")
absent: Any = object()


def at(body: Any, path: str) -> Any:
    """What stands there, `absent` when nothing does. An empty path is the whole."""
    for name in path.split(".") if path else ():
        if not isinstance(body, Mapping) or name not in body:
            return absent
        body = body[name]
    return body


def every(body: Any, path: str) -> list[Any]:
    """All that stands there, through the lists that `*` goes into; nulls are left out."""
    found = [body]
    for name in path.split(".") if path else ():
        inside: list[Any] = []
        for each in found:
            if name == "*":
                inside += each if isinstance(each, list) else ()
            elif isinstance(each, Mapping) and name in each:
                inside.append(each[name])
        found = inside
    return [each for each in found if each is not None]


def needed(body: Any, path: str, kind: type | tuple[type, ...]) -> Any:
    """What stands there, of the kind that is relied on; raises BrokenAnswer."""
    found = at(body, path)
    if not isinstance(found, kind) or (isinstance(found, bool) and kind is int):
        raise BrokenAnswer(f"the answer has no {path}" if path else "the answer is not what was expected")
    return found


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set it there, making the objects on the way."""
    *way, last = path.split(".")
    for name in way:
        body = body.setdefault(name, {})
    body[last] = value


def wrapped(body: Any, path: str) -> Any:
    """The body inside objects of these names."""
    for name in reversed(path.split(".") if path else ()):
        body = {name: body}
    return body
