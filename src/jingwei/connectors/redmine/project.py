"""What a connection knows of its project: who we are, trackers, versions, categories and people as choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jingwei.connectors.redmine.answers import listed, mend_address, mend_project, page_limit, part, project_name, remembered
from jingwei.connectors.redmine.custom_fields import Choices, newest_issues
from jingwei.hub.contract import BrokenAnswer, Forbidden, Gone, Refused, Session

members_at_most = 5000


def ask_who(session: Session) -> Mapping[str, Any]:
    """Our account, asked now: lists of a public project are given to anybody, this is not. Raises Unauthorised."""
    try:
        user: Mapping[str, Any] = part(session.request("GET", "/users/current.json").json(), "user", dict)
    except (Gone, BrokenAnswer) as problem:
        raise Refused(f"no Redmine answers at this address: {problem.message}", mend=mend_address) from problem
    session.cache["redmine.me"] = {name: user.get(name) for name in ("id", "login", "firstname", "lastname", "admin")}
    return user


def me(session: Session) -> Mapping[str, Any]:
    """Our account, asked once as long as the session's cache keeps it."""
    return remembered(session, "me", lambda: ask_who(session))


def project_of(session: Session) -> Mapping[str, Any]:
    """The configured project with its trackers, categories and own custom fields."""

    def ask() -> Mapping[str, Any]:
        path = f"/projects/{project_name(session)}.json"
        include = {"include": "trackers,issue_categories,issue_custom_fields,enabled_modules"}
        try:
            return part(session.request("GET", path, params=include).json(), "project", dict)
        except Gone as problem:
            raise Refused(f"there is no project {project_name(session)}", mend=mend_project) from problem
        except Forbidden as problem:
            raise Forbidden(f"the account may not see the project {project_name(session)} (or it is archived)", mend=mend_project) from problem

    return remembered(session, "project", ask)


def identity_of(project: Mapping[str, Any]) -> str:
    """What names a project under whatever address its Redmine is reached: its number and the second it was made in."""
    return f"project {project['id']} made {project['created_on']}" if project.get("id") and project.get("created_on") else ""


def project_id(session: Session) -> int:
    """The number of the configured project, as issues name it."""
    return int(project_of(session)["id"])


def named(rows: Any) -> Choices:
    """(id, name) pairs."""
    return tuple((str(each["id"]), str(each["name"])) for each in rows or () if "id" in each and "name" in each)


def choices_of(session: Session, path: str, name: str) -> Choices:
    """(id, name) pairs of a whole list."""
    return remembered(session, path, lambda: named(listed(session, path, name, {})))


def categories(session: Session) -> Choices:
    """Categories of the project."""
    return named(project_of(session).get("issue_categories"))


def versions(session: Session) -> Choices:
    """Versions of the project, shared ones and closed ones too."""
    try:
        return choices_of(session, f"/projects/{project_name(session)}/versions.json", "versions")
    except Forbidden:
        return ()


def people(session: Session) -> Choices:
    """Who may be assigned: members and groups of the project, and whoever its newest issues show."""

    def ask() -> Choices:
        found: dict[str, str] = {}
        try:
            for offset in range(0, members_at_most, page_limit):
                asked = {"offset": offset, "limit": page_limit}
                rows = listed(session, f"/projects/{project_name(session)}/memberships.json", "memberships", asked)
                found |= dict(named(each.get("user") or each.get("group") or {} for each in rows))
                if len(rows) < page_limit:
                    break
        except Forbidden:
            pass  # then only those whom issues show
        found |= dict(named(row["assigned_to"] for row in newest_issues(session) if row.get("assigned_to")))
        return tuple(sorted(found.items(), key=lambda each: each[1]))

    return remembered(session, "people", ask)
