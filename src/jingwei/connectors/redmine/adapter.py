"""Adapter of Redmine 4 to 6: issues both ways, comments. Its quirks are met here and in the rooms beside.

Lists are capped at 100 and hide closed issues unless asked; CRLF comes back for LF; unknown ids in a write are silently made
something else, so what stands there afterwards is told; a bad key still reads public lists, so who we are is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jingwei.connectors.redmine import comments, issues
from jingwei.connectors.redmine.answers import (
    every_issue,
    forget,
    is_number,
    issue_rows,
    mend_project,
    mend_reference,
    moment,
    of_project,
    page_limit,
    part,
    written,
)
from jingwei.connectors.redmine.custom_fields import keeps_reference, reference_id, shows
from jingwei.connectors.redmine.project import ask_who, me, project_id, project_of
from jingwei.hub.contract import (
    Absence,
    Check,
    ConnectorError,
    Forbidden,
    Found,
    Gone,
    NotFindable,
    Page,
    Record,
    Refused,
    Session,
    Stale,
    Stream,
    Values,
)
from jingwei.hub.kit.reading import read_by_time
from jingwei.hub.kit.rows import records_of

safe_lag = timedelta(seconds=3)
resolution = timedelta(seconds=1)
unkept = "no custom field keeps our reference in this project, for all its trackers: a lost answer to a create waits for a person"
whole = {"include": "attachments"}
with_journals = {"include": "attachments,journals"}


class RedmineConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        """Who we are, and whether the project is there, seen by us and keeps issues."""
        forget(session)  # a person is mending something: look again
        user, there = ask_who(session), project_of(session)
        if "issue_tracking" not in {each.get("name") for each in there.get("enabled_modules") or ({"name": "issue_tracking"},)}:
            raise Refused("the project has no issue tracking", mend=mend_project)
        reference = reference_id(session)
        told = "" if reference is not None and keeps_reference(session, there, reference) else unkept
        return Check(ok=True, account=f"{user.get('firstname', '')} {user.get('lastname', '')} ({user.get('login', '')})", message=told)

    def streams(self, session: Session) -> Sequence[Stream]:
        """Issues of the configured project, with the choices this instance has, and their comments."""
        found = issues.stream(session)
        return found, replace(comments.stream, place=found.place, identity=found.identity)

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """Changed issues, oldest change first, closed ones included; or the comments on them."""
        if stream == comments.name:
            return comments.read(session, cursor, limit, lambda place, size: self._read_issues(session, place, size))
        return self._read_issues(session, cursor, limit)

    def _read_issues(self, session: Session, cursor: Values, limit: int) -> Page:
        size, customs = min(limit, page_limit), issues.customs_of(session)

        def read_since(since: datetime | None, offset: int) -> Sequence[Record]:
            asked = of_project(session, sort="updated_on,id", offset=offset, limit=size, **whole)
            if since is not None:
                asked["updated_on"] = f">={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            return _read(issue_rows(session, asked), session, customs)

        return read_by_time(cursor, size, safe_lag, resolution, session.now, read_since)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One record now; None when it is not in this project, for which `lookup` has the reason. Raises Forbidden for a hidden one."""
        if stream == comments.name:
            found = comments.lookup(session, [key])[key]
        else:
            found = self._one(session, key) if is_number(key) else Absence.MISSING
        if found is Absence.NOT_VISIBLE:
            raise Forbidden(f"{stream} {key} is not shown to us")
        return found if isinstance(found, Record) else None

    def _one(self, session: Session, key: str) -> Found:
        try:
            return _read([self._row(session, key, whole)], session, issues.customs_of(session))[0]
        except Gone as problem:
            return Absence.ELSEWHERE if isinstance(problem, _Elsewhere) else Absence.MISSING
        except Forbidden:
            return Absence.NOT_VISIBLE

    def _row(self, session: Session, key: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """An issue of the project. Raises Gone, as _Elsewhere when it has moved to another project, or Forbidden."""
        row: Mapping[str, Any] = part(session.request("GET", f"/issues/{int(key)}.json", params=asked).json(), "issue", dict)
        if _project_of_row(row) != project_id(session):
            raise _Elsewhere(f"issue {key} is in another project")
        return row

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """A list of those that exist for us, a hundred in a call; each of the others is asked for by itself, as a list does not
        tell whether it is gone or hidden from us."""
        me(session)  # who is not known here is told nothing
        if stream == comments.name:
            return comments.lookup(session, keys)
        out: dict[str, Found] = {key: Absence.MISSING for key in keys if not is_number(key)}
        numbers = [key for key in keys if is_number(key)]
        customs = issues.customs_of(session)
        for start in range(0, len(numbers), page_limit):
            chunk = numbers[start : start + page_limit]
            asked = {"issue_id": ",".join(chunk), "status_id": "*", "limit": page_limit, **whole}
            rows = {int(row["id"]): row for row in issue_rows(session, asked)}
            for key in chunk:
                row = rows.get(int(key))
                if row is None:
                    out[key] = self._one(session, key)
                else:
                    is_here = _project_of_row(row) == project_id(session)
                    out[key] = _read([row], session, customs)[0] if is_here else Absence.ELSEWHERE
        return out

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Issues that carry our reference. A field that is not marked as a filter is silently not filtered by: then all are looked through."""
        reference = reference_id(session)
        if reference is None or stream == comments.name:
            return ()
        customs, found, offset = issues.customs_of(session), [], 0
        while True:
            asked = of_project(session, sort="id:desc", offset=offset, limit=page_limit, **{f"cf_{reference}": external_key}, **whole)
            records = _read(issue_rows(session, asked), session, customs)
            found += [each for each in records if each.external_key == external_key]
            if len(records) < page_limit:
                break
            offset += page_limit - 1
        if not found:
            self._require_kept(session, reference)
        return list({each.key: each for each in found}.values())

    def _require_kept(self, session: Session, reference: int) -> None:
        """Raises NotFindable when silence proves nothing: an issue of ours without the field may be the very one that is sought."""
        mine = issue_rows(session, of_project(session, author_id="me", sort="id:desc", limit=page_limit))
        if any(not shows(row, reference) for row in mine):
            raise NotFindable(unkept, mend=mend_reference)

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every id, ascending. Who we are is asked first: a refused key would be shown what is public and no more."""
        ask_who(session)
        if stream == comments.name:
            yield from comments.keys(session)
        else:
            yield from (str(row["id"]) for row in every_issue(session))

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create under our reference; the answer shows what Redmine made of it."""
        if stream == comments.name:
            return comments.create(session, values)
        reference, customs = reference_id(session), issues.customs_of(session)
        issue = {**issues.sent(values, customs), "project_id": project_id(session)}
        if reference is not None:
            others = [each for each in issue.get("custom_fields", ()) if each["id"] != reference]
            issue["custom_fields"] = [*others, {"id": reference, "value": external_key}]
        answer = session.request("POST", "/issues.json", json={"issue": issue})
        return written(lambda: issues.record(part(answer.json(), "issue", dict), session, customs))

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields on the state we saw, and read back (Redmine answers 204 without a body). If somebody wrote
        in between, our own journal says what we replaced."""
        if stream == comments.name:
            raise Refused("Redmine's comments are not changed from here")
        if not is_number(key):
            raise Gone(f"issue {key}")
        who, customs = me(session)["id"], issues.customs_of(session)
        before = issues.record(self._row(session, key, whole), session, customs)
        if version is not None and before.version != version:
            raise Stale(f"issue {key} was changed: {before.version}")
        session.request("PUT", f"/issues/{int(key)}.json", json={"issue": issues.sent(values, customs)})
        return written(lambda: self._read_back(session, key, who, before, values, customs))

    def after_write(self, session: Session, stream: str, key: str, values: Values, before: Record) -> Record | None:
        """What became of an update whose answer never came: our own journal says so."""
        if stream == comments.name or not is_number(key) or before.modified_at is None:
            return None
        try:
            return self._read_back(session, key, me(session)["id"], before, values, issues.customs_of(session))
        except Gone:
            return None

    def _read_back(self, session: Session, key: str, who: Any, before: Record, values: Values, customs: issues.Customs) -> Record:
        row = self._row(session, key, with_journals)
        record = issues.record(row, session, customs)
        journals = sorted(part(row, "journals", list), key=lambda each: int(each["id"]))
        return issues.with_replaced(record, issues.replaced(journals, who, before, values, customs))

    def delete(self, session: Session, stream: str, key: str) -> None:
        """Delete it over there; raises Gone when it is gone already."""
        outcome = self.delete_many(session, stream, [key])[key]
        if outcome is not None:
            raise outcome

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """A hundred in two calls: which are there, then one DELETE (Redmine passes over ids that do not exist, and answers 404 only
        when none does). An issue's subtasks go with it. A failing call is the outcome of every key it was for."""
        if stream == comments.name:
            return {key: Refused("Redmine's comments are not deleted from here") for key in keys}
        out: dict[str, ConnectorError | None] = {}
        for start in range(0, len(keys), page_limit):
            chunk = keys[start : start + page_limit]
            try:
                found = self.lookup(session, stream, chunk)
            except ConnectorError as problem:
                out |= dict.fromkeys(chunk, problem)
                continue
            out |= {key: _why_not(key, each) for key, each in found.items() if not isinstance(each, Record)}
            out |= self._delete_present(session, [key for key, each in found.items() if isinstance(each, Record)])
        return out

    def _delete_present(self, session: Session, keys: Sequence[str]) -> dict[str, ConnectorError | None]:
        if not keys:
            return {}
        try:
            session.request("DELETE", "/issues.json", params={"ids[]": list(keys)})
        except Gone as problem:
            return dict.fromkeys(keys, problem)
        except Forbidden as problem:
            if len(keys) == 1:
                return {keys[0]: problem}
            middle = len(keys) // 2  # one that may not be deleted refuses all: halve until it stands alone
            return self._delete_present(session, keys[:middle]) | self._delete_present(session, keys[middle:])
        except ConnectorError as problem:
            return dict.fromkeys(keys, problem)
        return dict.fromkeys(keys, None)

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """Redmine sends no webhooks by itself; the usual plugins name the issue (and the journal), which is then fetched."""
        payload = body.get("payload") if isinstance(body, Mapping) else None
        issue, journal = (payload.get(each) for each in ("issue", "journal")) if isinstance(payload, Mapping) else (None, None)
        if not isinstance(issue, Mapping) or not is_number(issue.get("id", "")):
            return ()
        if stream == issues.name:
            return (Record(stream, str(issue["id"]), {}),)
        if isinstance(journal, Mapping) and is_number(journal.get("id", "")) and journal.get("notes"):
            return (Record(stream, f"{issue['id']}-{journal['id']}", {}),)
        return ()


class _Elsewhere(Gone):
    """It exists, but in another project than the connection reads."""


def _project_of_row(row: Mapping[str, Any]) -> int:
    return int(part(row, "project", dict).get("id") or 0)


def _why_not(key: str, absence: Absence) -> ConnectorError:
    if absence is Absence.NOT_VISIBLE:
        return Forbidden(f"issue {key} is not shown to us")
    return Gone(f"issue {key} is {absence.value}")


def _read(rows: Iterable[Any], session: Session, customs: issues.Customs) -> list[Record]:
    """Issues of a list; one that cannot be read keeps none of the others out."""
    return records_of(issues.name, rows, lambda row: issues.record(row, session, customs), stamp=lambda row: moment(row["updated_on"]))
