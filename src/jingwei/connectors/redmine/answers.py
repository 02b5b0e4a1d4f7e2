"""What the rooms of this connector share: lists and single answers read with care, lookups remembered, plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from jingwei.hub.contract import BrokenAnswer, Forbidden, Gone, Refused, Session, Title, UnknownOutcome, Values
from jingwei.kernels import bounds

page_limit = 100  # Redmine gives no more, whatever is asked
Made = TypeVar("Made")
mend_project = Title(
    "检查该系统连接中的“项目标识”：取自 Redmine 项目地址 /projects/ 之后的部分，且该账号能看到此项目",
    "Check the project identifier of this connection: what follows /projects/ in the project's address, and that the account sees it",
)
mend_reference = Title(
    "在 Redmine 中为此项目及其全部跟踪标签启用存放我们引用的自定义字段；并确认该记录是否已创建：未创建则重放，已创建则放弃",
    "In Redmine, enable the custom field that keeps our reference for this project and all its trackers; check whether the record was created: replay if it was not, discard if it was",
)
mend_address = Title(
    "检查该系统的地址，并在 Redmine 的“管理 › 配置 › API”中启用 REST 服务",
    "Check the system's address, and enable the REST web service in Redmine under Administration › Settings › API",
)


def part(body: Any, name: str, kind: type[Made]) -> Made:
    """One part of an answer, of the kind we rely on; raises BrokenAnswer."""
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, kind):
        raise BrokenAnswer(f"the answer has no {name}", mend=mend_address)
    return value


def is_number(key: object) -> bool:
    """Whether a key can be the number of something there: of other digits, such as “²” and “１２”, nothing is called."""
    return (shown := str(key)).isascii() and shown.isdigit()


def written(read_answer: Callable[[], Made]) -> Made:
    """Read what follows a write that was taken. If that fails the write stands, so its outcome is unknown and must be looked up."""
    try:
        return read_answer()
    except (Gone, Forbidden):
        raise
    except Exception as problem:
        if getattr(problem, "retry", False):
            raise UnknownOutcome(f"written, but not read back: {problem}") from problem
        raise


def remembered(session: Session, name: str, ask: Callable[[], Made]) -> Made:
    """A lookup that belongs to the connection, asked once as long as the session's cache keeps it."""
    key = f"redmine.{name}"
    if key not in session.cache:
        session.cache[key] = ask()
    kept: Made = session.cache[key]
    return kept


def forget(session: Session) -> None:
    """Ask everything anew."""
    for key in [each for each in session.cache if each.startswith("redmine.")]:
        del session.cache[key]


def project_name(session: Session) -> str:
    """The configured project; raises Refused when there is none or it cannot be part of an address."""
    name = str(session.config.get("project") or "").strip()
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        raise Refused(f"not a project identifier: {name!r}", mend=mend_project)
    return name


def listed(session: Session, path: str, name: str, asked: Values) -> list[Mapping[str, Any]]:
    """One page of a list. A list that is not there means a wrong address or project, never that its records are gone."""
    try:
        body = session.request("GET", path, params=asked).json()
    except Gone as problem:
        raise Refused(f"no such list or project: {problem.message}", mend=mend_project if asked.get("project_id") else mend_address) from problem
    rows = part(body, name, list)
    if int(body.get("limit") or page_limit) < min(int(asked.get("limit") or 0), page_limit):
        raise BrokenAnswer(f"asked for {asked['limit']} a page, the peer gives {body['limit']}")
    if not all(isinstance(row, Mapping) for row in rows):
        raise BrokenAnswer(f"{name}: not a list of objects")
    return rows


def of_project(session: Session, **more: Any) -> Values:
    """Asks for the issues of the configured project: closed ones too, those of subprojects not."""
    return {"project_id": project_name(session), "subproject_id": "!*", "status_id": "*", **more}


def issue_rows(session: Session, asked: Values) -> list[Mapping[str, Any]]:
    """One page of issues."""
    return listed(session, "/issues.json", "issues", asked)


def every_issue(session: Session) -> Iterator[Mapping[str, Any]]:
    """All issues of the project by id. Pages overlap by one: if that one is missing, deletes have shifted the list and we step back."""
    offset = last = 0
    while True:
        rows = issue_rows(session, of_project(session, sort="id", offset=offset, limit=page_limit))
        ids = [int(row["id"]) for row in rows]
        if offset and (not ids or ids[0] > last):
            offset = max(0, offset - page_limit)
            continue
        yield from (row for row in rows if int(row["id"]) > last)
        if len(ids) < page_limit:
            return
        last = max(last, ids[-1])
        offset += page_limit - 1


def moment(text: Any) -> datetime:
    """A time with its zone, in UTC; raises BrokenAnswer."""
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BrokenAnswer(f"not a time: {text!r}") from None
    if parsed.tzinfo is None:
        raise BrokenAnswer(f"a time without its zone: {text!r}")
    return parsed.astimezone(UTC)


def plain(kind: str, value: Any) -> Any:
    """A value of Redmine's in the contract's form: LF for CRLF, nothing for an empty text, numbers without trailing zeros."""
    if value is None or value == "":
        return None
    match kind:
        case "text":
            return str(value).replace("\r\n", "\n")
        case "integer":
            return int(value)
        case "decimal":
            if (number := bounds.number_of(value)) is None:  # what nobody could write out would be tried for minutes
                raise BrokenAnswer(f"no number: {value!r}"[:200])
            return f"{number.normalize():f}"
        case "boolean":
            return value if isinstance(value, bool) else str(value) in ("1", "true", "t")
        case "datetime":
            return moment(value).isoformat()
    return value if isinstance(value, (list, bool)) else str(value)
