"""What a peer's answer means: 2xx that can be read, or one of the contract's errors. Nothing that is not understood is success."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jingwei.hub import contract
from jingwei.hub.contract import ConnectorError, Response, Title
from jingwei.hub.peers import pause
from jingwei.kernels import bounds

safe_methods = ("GET", "HEAD", "OPTIONS")
# the request did not arrive whole, or was not looked at: nothing was done
_unread = (408, 425)
_in_between = Title(
    "中间设备（登录页、代理）可能替对方作答，请检查系统地址", "Something in between (a login page, a proxy) may have answered; check the system's address"
)


def response_of(method: str, answer: Any) -> Response:
    """The answer as a connector sees it; its JSON, when it is none, is a broken answer to a read and an unknown outcome of a write."""
    unreadable = contract.BrokenAnswer if method in safe_methods else contract.UnknownOutcome

    def parse(body: bytes) -> Any:
        try:
            return json.loads(body, parse_float=bounds.exact)
        except (ValueError, RecursionError) as problem:
            raise unreadable(f"not JSON: {excerpt(body)}") from problem

    return Response(answer.status, answer.headers, answer.body, parse)


def problem_of(method: str, response: Response, *, is_page_wanted: bool) -> ConnectorError | None:
    """The error an answer stands for, with what it said; None when it is a success. 401 and 403 are judged by the session."""
    problem = _problem_of(method, response, is_page_wanted=is_page_wanted)
    if problem is not None:
        problem.status = response.status
        problem.said = problem.said if problem.said is not None else _said(response)
    return problem


def _said(response: Response) -> Any:
    try:
        return json.loads(response.body, parse_float=bounds.exact)
    except (ValueError, RecursionError):
        return None


def _problem_of(method: str, response: Response, *, is_page_wanted: bool) -> ConnectorError | None:
    status, is_read = response.status, method in safe_methods
    text = f"{method} → {status}: {excerpt(response.body)}"
    waits = pause.asked(response.headers)
    if status == 429 or (status == 503 and waits is not None):
        return contract.RateLimited(text, max(1.0, waits if waits is not None else pause.exhausted(response.headers) or pause.unsaid_seconds))
    if status == 503 or status in _unread or (status >= 500 and is_read):
        return contract.ServerFault(text)
    if status >= 500:
        return contract.UnknownOutcome(text)
    if status >= 400:
        return _refusal(response, text)
    if status >= 300 or status < 200:
        return _elsewhere(text, response, is_read)
    if not is_read and not is_page_wanted and response.body.strip() and "html" in response.headers.get("content-type", "").lower():
        return contract.UnknownOutcome(f"a web page instead of an answer: {excerpt(response.body)}", mend=_in_between)
    return None


def _refusal(response: Response, text: str) -> ConnectorError:
    match response.status:
        case 404 | 410:
            return _gone(response, text)
        case 409 | 412:
            return contract.Stale(text)
        case _:
            return contract.Refused(text)


def _gone(response: Response, text: str) -> ConnectorError:
    """That a record is gone is believed of an API's answer only: what stands before a peer that is away answers 404 with a page of its own."""
    try:
        return contract.Gone(text, said=json.loads(response.body, parse_float=bounds.exact) if response.body.strip() else None)
    except (ValueError, RecursionError):
        return contract.ServerFault(f"no answer of the peer's own: {text}", mend=_in_between)


def _elsewhere(text: str, response: Response, is_read: bool) -> ConnectorError:
    """Redirects are not followed: credentials belong to one host. A write may have been done before we were sent on."""
    where = _printable(response.headers.get("location", ""))
    mend = Title(f"该地址跳转到 {where}，请改填最终地址", f"The address redirects to {where}; enter the final address") if where else None
    kind = contract.BrokenAnswer if is_read else contract.UnknownOutcome
    return kind(f"{text} (redirects to {where})" if where else text, mend=mend)


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())[:200]


def excerpt(body: bytes) -> str:
    """The beginning of a body, fit to be stored and shown."""
    return body[:300].decode("utf-8", "replace").replace("\0", "�")


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by their lower-case names."""
    return {name.lower(): value for name, value in headers.items()}
