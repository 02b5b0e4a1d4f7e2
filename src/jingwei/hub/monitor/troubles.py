"""What a peer or a process said when it failed, in people's words; what it said itself is kept beside them."""

from __future__ import annotations

import re

from jingwei.hub.monitor.words import Words

_answered = re.compile(r"\b(?:GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE) → (\d{3})\b")
_statuses: dict[int, Words] = {
    400: Words("对方不接受这次请求", "it does not accept the request"),
    401: Words("对方拒绝了我们的凭据", "it refuses our credentials"),
    403: Words("我们的账号在对方没有权限", "our account may not do this over there"),
    404: Words("对方没有这个地址或记录", "it has no such address or record"),
    409: Words("对方的记录刚刚被人改过", "the record had just been changed over there"),
    410: Words("对方的记录已不存在", "the record no longer exists over there"),
    412: Words("对方的记录刚刚被人改过", "the record had just been changed over there"),
    422: Words("对方不接受其中的值", "it does not accept the values"),
    429: Words("对方要求放慢请求", "it asks us to send fewer requests"),
    503: Words("对方暂停服务", "it is out of service"),
}
_classes: dict[int, Words] = {
    3: Words("对方的地址跳转到别处", "its address leads elsewhere"),
    4: Words("对方拒绝了这次请求", "it refused the request"),
    5: Words("对方自身出错", "it has a fault of its own"),
}
_said: tuple[tuple[re.Pattern[str], Words], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"too many failures in a row", Words("连续失败多次，暂停片刻后再试", "it failed several times in a row and is left alone for a while")),
        (r"^interrupted$", Words("进程中途结束", "the process ended before it was done")),
        (r"cannot be resolved", Words("找不到对方的主机名", "its host name cannot be found")),
        (r"is not a public address|not among the hosts|only http and https|bound to https", Words("出站规则不允许访问该地址", "our rules do not let us call that address")),
        (r"connection refused|ConnectError|no route|unreachable|ConnectionRefused", Words("连不上对方的地址", "its address cannot be reached")),
        (r"certificate|ssl|tls", Words("对方的证书未通过校验", "its certificate is not trusted")),
        (r"time(?:d)? ?out|the time is over|not whole after", Words("对方没有及时作答", "it did not answer in time")),
        (r"ReadError|RemoteProtocolError|WriteError|connection reset|disconnected|was not whole", Words("连接在作答途中断开", "the connection broke while it answered")),
        (r"not JSON|a web page instead|repeats a page", Words("对方的应答无法读懂", "its answer cannot be read")),
        (r"larger than", Words("对方的应答过大", "its answer is too large")),
        (r"credential", Words("对方拒绝了我们的凭据", "it refuses our credentials")),
        (r"more than \d+ records", Words("记录太多", "there are too many records")),
    )
)  # fmt: skip


def plainly(text: str) -> Words | None:
    """What a failure means, in both languages; None when only its own words tell it."""
    if found := _answered.search(text):
        status = int(found[1])
        words = _statuses.get(status) or _classes.get(status // 100)
        return Words(f"{words.zh}（{status}）", f"{words.en} ({status})") if words is not None else None
    return next((words for pattern, words in _said if pattern.search(text)), None)


def after_colon(text: str) -> Words:
    """What a failure means, as the end of a sentence; its own words where only they tell it."""
    if not text:
        return Words("", "")
    words = plainly(text) or Words(text[:120], text[:120])
    return Words(f"：{words.zh}", f": {words.en}")
