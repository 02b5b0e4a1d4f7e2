"""`jingwei mcp`: the Model Context Protocol over standard input and output, for an assistant on the same machine. A token says whose rights hold."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from jingwei.assembly.commands import fail, setup

if TYPE_CHECKING:  # what plans from files is asked for needs no Django
    from jingwei.frame.models import ApiToken

variable = "JINGWEI_TOKEN"
longest_line = 5_000_000


def add(families: Any) -> None:
    """Declare the command."""
    one = families.add_parser(
        "mcp",
        help=f"供 AI 助手使用的 MCP 服务（标准输入输出；令牌取自环境变量 {variable}）/ an MCP server for assistants, over stdin and stdout; the token comes from {variable}",
    )
    one.set_defaults(run=served)


def served(options: argparse.Namespace) -> int:
    """Answer until the input ends. The token is looked at anew for every message: once revoked it opens nothing more."""
    text = os.environ.get(variable, "")
    if not text:
        return fail(
            f"请将 API 令牌放入环境变量 {variable}（在头像菜单的“API 令牌”中新建）",
            f"put an API token into {variable} (make one under your name, “API tokens”)",
        )
    setup()
    from jingwei.frame.rights.tokens import live

    if live(text) is None:
        return fail("该令牌无效、已到期或已撤销", "the token is wrong, has ended or was revoked")
    answers = sys.stdout
    sys.stdout = sys.stderr  # nothing but messages may stand in the answers
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")
    serve(sys.stdin, answers, text)
    return 0


def serve(asked: TextIO, answers: TextIO, token: str) -> None:
    """A message a line in, an answer a line out."""
    from django.db import connection

    from jingwei.frame.rights.tokens import live

    while line := asked.readline(longest_line):
        if not line.strip():
            continue
        try:
            answer = _answered(line, live(token))
            text = json.dumps(answer) if answer is not None else ""
        except Exception as problem:  # one message never ends the conversation
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
            text = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "this could not be answered; see the error output"}})
        if text:
            answers.write(f"{text}\n")
            answers.flush()
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _answered(line: str, token: ApiToken | None) -> dict[str, Any] | None:
    from django.utils import translation

    from jingwei.frame import scope
    from jingwei.frame.api.mcp import protocol
    from jingwei.frame.api.mcp.tools import Caller
    from jingwei.frame.rights.tokens import acting
    from jingwei.frame.walls import exactly, limits
    from jingwei.kernels import bounds

    try:
        message = exactly.read(line) if not bounds.is_too_deep(line.encode("utf-8", "replace")) else None
    except (ValueError, RecursionError):
        return protocol.failed(None, protocol.Refused(protocol.parse_error, "this is no JSON"))
    if token is None:
        return protocol.failed(protocol.number_of(message), protocol.Refused(protocol.invalid_request, "the token has ended or was revoked"))
    held, bound = acting(token)
    with scope.within(bound), translation.override(token.user.language or "zh-hans"), limits.hurried():
        return protocol.answer(message, Caller.of(held.narrowed(bound.limits)))
