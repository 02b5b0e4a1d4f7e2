"""Comments: the notes of issues' journals. Redmine lists them only with their issue, so a read costs one request an issue changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from jingwei.connectors.redmine.answers import every_issue, is_number, moment, page_limit, part, plain, written
from jingwei.connectors.redmine.project import me, project_id
from jingwei.hub.contract import Absence, BrokenAnswer, Field, Forbidden, Found, Gone, Page, Record, Refused, Session, Stream, Title, Values

name = "comments"
requests_a_page = 20  # issues opened for one page
settled_after = timedelta(seconds=5)
fields = (
    Field("id", "integer", Title("编号", "Id"), read_only=True),
    Field("issue_id", "reference", Title("问题", "Issue"), required=True),
    Field("notes", "text", Title("说明", "Notes"), required=True),
    Field("private_notes", "boolean", Title("私有", "Private")),
    Field("author_id", "reference", Title("作者", "Author"), read_only=True),
    Field("author", "string", Title("作者姓名", "Author's name"), read_only=True),
    Field("created_on", "datetime", Title("创建时间", "Created"), read_only=True),
)
stream = Stream(
    name=name,
    title=Title("评论", "Comments"),
    fields=fields,
    label="notes",
    modified="created_on",
    can_update=False,
    can_delete=False,
    page_limit=page_limit,
)
ReadIssues = Callable[[Values, int], Page]


def record(issue: str, row: Any, session: Session) -> Record:
    """One note; raises BrokenAnswer for one that lacks what we rely on."""
    try:
        number, author = int(row["id"]), row.get("user") or {}
        changed = moment(row.get("updated_on") or row["created_on"])  # updated_on: since Redmine 5.1
        values: Values = {
            "id": number,
            "issue_id": issue,
            "notes": plain("text", row["notes"]),
            "private_notes": bool(row.get("private_notes")),
            "author_id": str(author["id"]) if "id" in author else None,
            "author": author.get("name"),
            "created_on": plain("datetime", row["created_on"]),
        }
    except (KeyError, TypeError, ValueError) as problem:
        raise BrokenAnswer(f"a journal we cannot read: {problem!r}") from problem
    base = str(session.config.get("base_url") or "").rstrip("/")
    return Record(name, f"{issue}-{number}", values, changed, url=f"{base}/issues/{issue}#change-{number}" if base else None)


def journals_of(session: Session, issue: str) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """An issue and its journals, oldest first. Raises Gone or Forbidden."""
    row = part(session.request("GET", f"/issues/{int(issue)}.json", params={"include": "journals"}).json(), "issue", dict)
    return row, sorted(part(row, "journals", list), key=lambda each: int(each["id"]))


def _of_issue(session: Session, issue: str) -> list[Record] | Absence:
    """The comments of one issue, or why they cannot be read."""
    try:
        row, journals = journals_of(session, issue)
    except Gone:
        return Absence.MISSING
    except Forbidden:
        return Absence.NOT_VISIBLE
    if int(row["project"]["id"]) != project_id(session):
        return Absence.ELSEWHERE
    return [record(issue, each, session) for each in journals if each.get("notes")]


def read(session: Session, cursor: Values, limit: int, read_issues: ReadIssues) -> Page:
    """Comments written since the cursor, issue by issue as these changed. The cursor keeps the issues still to be opened.

    `floor` is where this reading began to look: an issue that changed has old comments too, which were brought before. All of an
    issue's comments come when it was moved into the project since.
    """
    waiting, after, floor = list(cursor.get("waiting", ())), int(cursor.get("after", 0)), cursor.get("floor")
    place, more = dict(cursor.get("issues", {})), bool(cursor.get("more", True))
    if not waiting and more:
        if "begun" not in place:
            floor = place.get("since")
        page = read_issues(place, min(limit, page_limit))
        place, more = page.cursor, page.more
        waiting = list(dict.fromkeys(each.key for each in page.records))
    found: list[Record] = []
    for _ in range(requests_a_page):
        if not waiting or len(found) >= limit:
            break
        new = [each for each in _news(session, waiting[0], floor) if int(each.values["id"]) > after]
        taken = new[: limit - len(found)]
        found += taken
        after = int(taken[-1].values["id"]) if len(taken) < len(new) else 0
        if not after:
            waiting.pop(0)
    following: Values = {"issues": place, "more": more, "waiting": waiting, "after": after, "floor": floor}
    if not waiting and not more:
        return Page(tuple(found), {"issues": place}, more=False)
    return Page(tuple(found), {each: value for each, value in following.items() if value or each == "more"}, more=True)


def _news(session: Session, issue: str, floor: str | None) -> list[Record]:
    """What is new on one issue."""
    try:
        row, journals = journals_of(session, issue)
    except (Gone, Forbidden):
        return []
    if int(row["project"]["id"]) != project_id(session):
        return []
    since = datetime.fromisoformat(floor) if floor else None
    fresh = [each for each in journals if since is None or moment(each.get("updated_on") or each.get("created_on")) >= since]
    moved = any(d.get("property") == "attr" and d.get("name") == "project_id" for each in fresh for d in each.get("details") or ())
    return [record(issue, each, session) for each in (journals if moved else fresh) if each.get("notes")]


def lookup(session: Session, keys: Sequence[str]) -> dict[str, Found]:
    """Each comment, or why it is not there. Only an administrator sees private notes, so to others silence says nothing."""
    out: dict[str, Found] = {}
    issues: dict[str, list[str]] = {}
    for key in keys:
        issue, _, number = key.partition("-")
        if is_number(issue) and is_number(number):
            issues.setdefault(issue, []).append(key)
        else:
            out[key] = Absence.MISSING  # nothing of theirs is called that
    for issue, wanted in issues.items():
        there = _of_issue(session, issue)
        for key in wanted:
            if isinstance(there, Absence):
                out[key] = there
            else:
                silence = Absence.MISSING if me(session).get("admin") else Absence.NOT_VISIBLE
                out[key] = next((each for each in there if each.key == key), silence)
    return out


def keys(session: Session) -> Iterator[str]:
    """Every comment: one request an issue, remembered while the issue has not changed."""
    kept: dict[str, tuple[str, list[str]]] = session.cache.setdefault("redmine.comment_keys", {})
    for row in every_issue(session):
        issue, changed = str(row["id"]), str(row.get("updated_on"))
        if issue not in kept or kept[issue][0] != changed:
            there = _of_issue(session, issue)
            found = [] if isinstance(there, Absence) else [each.key for each in there]
            if session.now() - moment(changed) > settled_after:  # stamps end at the second: another may come within this one
                kept[issue] = (changed, found)
            yield from found
        else:
            yield from kept[issue][1]


def create(session: Session, values: Values) -> Record:
    """Write a note. Redmine answers without it, so it is read back: our newest journal with this text."""
    issue = str(values.get("issue_id") or "")
    if not is_number(issue):
        raise Refused("a comment needs its issue", fields={"issue_id": f"not an issue: {issue!r}"})
    who = me(session)["id"]
    note = {"notes": str(values.get("notes") or ""), "private_notes": bool(values.get("private_notes"))}
    try:
        session.request("PUT", f"/issues/{issue}.json", json={"issue": note})
    except Gone as problem:
        raise Refused(f"there is no issue {issue}", fields={"issue_id": "gone"}) from problem
    _row, journals = written(lambda: journals_of(session, issue))
    text = plain("text", note["notes"])
    mine = [each for each in journals if (each.get("user") or {}).get("id") == who and plain("text", each.get("notes")) == text]
    if not mine:
        raise Refused(
            "Redmine kept no note: this account may not comment on the issue",
            mend=Title("在 Redmine 中给该账号的角色加上“添加说明”权限", "Give the account's role the permission “Add notes” in Redmine"),
        )
    return record(issue, mine[-1], session)
