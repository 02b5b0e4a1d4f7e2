"""A real Redmine for tests: called past the connector to make projects, people and trouble."""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from jingwei.hub.contract import Response, ServerFault, UnknownOutcome
from tests.connectors.session import LoopbackSession
from tests.peers import peer

_numbers = itertools.count(1)


class PatientSession(LoopbackSession):
    """Asks again when the peer's SQLite answers 500 because two wrote at once: it rolled back, nothing was done."""

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        for attempt in range(8):
            try:
                return super().request(method, path, params=params, json=json, headers=headers)
            except (ServerFault, UnknownOutcome) as problem:
                if "→ 500" not in str(problem) or attempt == 7:
                    raise
                time.sleep(0.2)
        raise AssertionError


@dataclass
class RedminePeer:
    """The running Redmine under its administrator's key."""

    url: str
    key: str
    admin: PatientSession = field(init=False)

    def __post_init__(self) -> None:
        self.admin = self.session(self.key)

    @classmethod
    def running(cls) -> RedminePeer:
        """Skips (in CI: fails) when there is none."""
        found = peer("redmine")
        return cls(found["REDMINE_URL"], found["REDMINE_API_KEY"])

    def session(self, key: str, project: str = "", **config: Any) -> PatientSession:
        """A session under a key, for a project."""
        return PatientSession(self.url, {"X-Redmine-API-Key": key}, {"project": project, **config})

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """One call; the parsed answer, or None when there is none."""
        answer = (self.session(key) if key else self.admin).request(method, path, json=body)
        return answer.json() if answer.body.strip() else None

    def project(self, kind: str, *, custom: bool = False) -> str:
        """A new project, with the custom fields named "Try …" if wanted; its identifier."""
        name = f"jw-{kind}-{time.time_ns() // 1_000_000}-{next(_numbers)}"
        fields = [each["id"] for each in self.custom_fields().values() if each["name"].startswith("Try ")] if custom else []
        made = {"name": name, "identifier": name, "enabled_module_names": ["issue_tracking"], "issue_custom_field_ids": fields}
        self.call("POST", "/projects.json", {"project": made})
        return name

    def custom_fields(self) -> dict[str, Any]:
        """Definitions of custom fields by name."""
        return {each["name"]: each for each in self.call("GET", "/custom_fields.json")["custom_fields"]}

    def issue(self, project: str, subject: str = "问题", **more: Any) -> int:
        """A new issue's number."""
        return int(self.call("POST", "/issues.json", {"issue": {"project_id": project, "subject": subject, **more}})["issue"]["id"])

    def upload(self, name: str, content: bytes) -> str:
        """Put a file there; the token by which an issue takes it."""
        address = f"{self.url}/uploads.json?{urlencode({'filename': name})}"
        headers = {"X-Redmine-API-Key": self.key, "Content-Type": "application/octet-stream"}
        with urllib.request.urlopen(urllib.request.Request(address, data=content, headers=headers), timeout=30) as answer:
            return str(json.load(answer)["upload"]["token"])

    def change(self, key: Any, **values: Any) -> None:
        """Somebody changes an issue."""
        self.call("PUT", f"/issues/{key}.json", {"issue": values})

    def member(self, project: str, role: str = "Developer") -> tuple[int, str]:
        """A new person who is no administrator, as a member of a project: number and key."""
        login = f"jw{time.time_ns() // 1_000_000}{next(_numbers)}"
        person = {"login": login, "firstname": "工程", "lastname": login, "mail": f"{login}@example.net", "password": "long-enough-9"}
        user = self.call("POST", "/users.json", {"user": person})["user"]
        self.join(project, user["id"], role)
        return user["id"], user["api_key"]

    def join(self, project: str, user: int, role: str = "Developer") -> None:
        """Make somebody a member."""
        roles = {each["name"]: each["id"] for each in self.call("GET", "/roles.json")["roles"]}
        self.call("POST", f"/projects/{project}/memberships.json", {"membership": {"user_id": user, "role_ids": [roles[role]]}})
