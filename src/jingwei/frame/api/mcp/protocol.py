"""The messages of the Model Context Protocol (JSON-RPC 2.0): one in, at most one out. Source: modelcontextprotocol.io, revisions below."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jingwei import __version__
from jingwei.frame.api.mcp import tools

revisions = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")  # the newest first; an assistant of another one is offered that
parse_error, invalid_request, unknown_method, invalid_parameters, internal_error = -32700, -32600, -32601, -32602, -32603
log = logging.getLogger(__name__)
Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """An error of the protocol: its code and a sentence."""

    code: int
    text: str


def number_of(message: Any) -> str | int | None:
    """By what a request is known to whoever sent it; None when it says nothing of the kind."""
    number = message.get("id") if isinstance(message, dict) else None
    return number if isinstance(number, str | int) and not isinstance(number, bool) else None


def answer(message: Any, caller: tools.Caller) -> Message | None:
    """What is answered to a message; None to a notification and to what is itself an answer."""
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return failed(None, Refused(invalid_request, _("Send one JSON-RPC 2.0 message as an object.")))
    number = number_of(message)
    if "method" not in message or message.get("id") is None:
        return None
    if number is None:
        return failed(None, Refused(invalid_request, _("The id of a request is a text or a whole number.")))
    try:
        return {"jsonrpc": "2.0", "id": number, "result": _result(message, caller)}
    except Refused as problem:
        return failed(number, problem)
    except Exception:  # whatever it was, whoever asked hears that his question has no answer
        log.exception("mcp.failed", extra={"method": str(message["method"])[:60]})
        return failed(number, Refused(internal_error, _("This could not be answered: something failed here, and it is in the log.")))


def failed(number: Any, problem: Refused) -> Message:
    """An error as the protocol has it."""
    return {"jsonrpc": "2.0", "id": number, "error": {"code": problem.code, "message": problem.text}}


def _result(message: Message, caller: tools.Caller) -> Message:
    given = message.get("params", {})
    method = _methods.get(message["method"]) if isinstance(message["method"], str) else None
    if method is None:
        raise Refused(unknown_method, _("There is no method “%(name)s” here.") % {"name": str(message["method"])[:60]})
    if not isinstance(given, dict):
        raise Refused(invalid_parameters, _("The parameters of a method are an object."))
    return method(given, caller)


def _initialize(given: Message, caller: tools.Caller) -> Message:
    asked = given.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in revisions else revisions[0],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "jingwei", "title": "Jingwei 经纬", "version": __version__},
        "instructions": _("Projects, plans, costs, risks and interfaces, with the rights of the token's owner. Begin with `kinds`, then `describe` one before you list or change its rows."),
    }  # fmt: skip


def _listed(given: Message, caller: tools.Caller) -> Message:
    return {"tools": [tool.described() for tool in tools.offered(caller)]}


def _called(given: Message, caller: tools.Caller) -> Message:
    name, arguments = given.get("name"), given.get("arguments") or {}
    tool = next((each for each in tools.offered(caller) if each.name == name), None)
    if tool is None:
        raise Refused(invalid_parameters, _("There is no tool “%(name)s” for this token.") % {"name": str(name)[:60]})
    if not isinstance(arguments, dict):
        raise Refused(invalid_parameters, _("The arguments of a tool are an object."))
    return tool.called(arguments, caller)


def _nothing(given: Message, caller: tools.Caller) -> Message:
    return {}


_methods: dict[str, Callable[[Message, tools.Caller], Message]] = {"initialize": _initialize, "ping": _nothing, "tools/list": _listed, "tools/call": _called}
