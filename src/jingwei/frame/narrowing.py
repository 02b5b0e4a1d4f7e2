"""Rights made smaller: what a token may do is what its owner may do at that moment, less what the token was not given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

read_only = ("*.view", "*.export")
grant_rule = re.compile(r"(\*|[a-z_]+(\.[a-z_]+)*)(\.(\*|[a-z_]+))?")
Projects = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound: only these permissions (patterns as in roles), only in these projects (None: in all)."""

    grants: tuple[str, ...]
    projects: Projects = None

    def narrowed(self, permission: str, projects: Projects) -> Projects:
        """Of the projects where a permission holds, those where it still holds within the limit."""
        if not any(grant == permission or ("*" in grant and fnmatchcase(permission, grant)) for grant in self.grants):
            return frozenset()
        return among(projects, self.projects)

    def reaches(self, place: int | None) -> bool:
        """Whether a project, or the organisation itself (None), lies within it."""
        return self.projects is None or (place is not None and place in self.projects)

    def as_plain(self) -> dict[str, Any]:
        """As it is kept with a token."""
        return {"grants": list(self.grants), "projects": None if self.projects is None else sorted(self.projects)}


def among(one: Projects, other: Projects) -> Projects:
    """What is in both; None is everything."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def narrowed(permission: str, projects: Projects, limits: Iterable[Limit]) -> Projects:
    """Where a permission holds that holds in these projects, after every limit. A limit only ever takes away."""
    for limit in limits:
        projects = limit.narrowed(permission, projects)
    return projects


def shows_everything(limits: Iterable[Limit]) -> bool:
    """Whether all that may be looked at without these limits may be within them too."""
    return all(limit.projects is None and {"*", "*.view"} & set(limit.grants) for limit in limits)


def limits_from(plain: Sequence[Mapping[str, Any]]) -> tuple[Limit, ...]:
    """The limits of a token; what cannot be read allows nothing."""
    return tuple(_limit(each) for each in plain)


def _limit(plain: Any) -> Limit:
    try:
        projects = plain["projects"]
        return Limit(tuple(map(str, plain["grants"])), None if projects is None else frozenset(map(int, projects)))
    except (KeyError, TypeError, ValueError):
        return Limit((), frozenset())
