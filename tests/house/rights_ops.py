"""Every way in, made from the addresses of the house, the description of the API and the GraphQL schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone

from jingwei.frame.api.graphql import schema
from jingwei.frame.api.rest import api
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import system_access
from jingwei.frame.traces.trace import far_of, relations_of
from jingwei.frame.views import Board, Month
from tests.house.rights_stage import Stage, as_form, as_json, text_of


@dataclass(frozen=True)
class Op:
    """One thing that may be asked: its name in the table, and how it is asked."""

    name: str
    method: str
    path: str
    body: Any = None
    is_json: bool = False

    def ask(self, client: Client) -> Any:
        """Ask it."""
        if self.is_json:
            text = json.dumps(self.body) if self.body is not None else ""
            return client.generic(self.method, self.path, text, content_type="application/json")
        return client.get(self.path) if self.method == "GET" else client.post(self.path, self.body or {})


class UnknownRoute(AssertionError):
    """A route takes an argument that this law has no value for: say in `_argument` what to ask with."""


def routes() -> Iterator[tuple[str, str]]:
    """(route, name) of every address."""

    def walk(resolver: Any, before: str) -> Iterator[tuple[str, str]]:
        for each in resolver.url_patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each, route)
            elif isinstance(each, URLPattern):
                yield re.sub(r"\^|\\Z|\$", "", route), each.name or ""

    yield from walk(get_resolver(), "")


_of_document = {"document": "risk.register", "section": "assessment", "version": 1, "ending": "docx"}
# personal pages of the log-in library, and what answers without knowing anybody: only looked at
only_read = ("accounts/", "health/", "metrics", "events/")


def all_ops(stage: Stage) -> list[Op]:
    """Every operation once, by name."""
    found: dict[str, Op] = {}
    for op in (*_pages(stage), *_rest(stage), *_graphql(stage)):
        found.setdefault(op.name, op)
    return list(found.values())


def _pages(stage: Stage) -> Iterator[Op]:
    for route, name in routes():
        if route.startswith("api/v1/") or route == "graphql":
            continue
        for label, path, body in _expanded(stage, route, name):
            yield Op(f"GET  /{label}", "GET", path)
            if not route.startswith(only_read):
                is_json = "application/json" if route.startswith("schedule/gantt/") and isinstance(body, dict) and "json" in body else ""
                yield Op(f"POST /{label}", "POST", path, body["json"] if is_json else body, bool(is_json))


def _expanded(stage: Stage, route: str, name: str) -> Iterator[tuple[str, str, Any]]:
    """A route with values for its arguments: once, or once for every resource (and verb)."""
    if "<str:key>" in route and route.startswith(("w/", "pick/")):
        for each in [each for each in resources() if each.carries or "/carried/" not in route]:  # others carry nothing: their addresses are nobody's
            for verb in [v.name for v in each.verbs] if "<str:verb>" in route else [""]:
                label = route.replace("<str:key>", each.key).replace("<str:verb>", verb)
                yield label, "/" + _filled(stage, label, each), _form_body(stage, each, name)
        return
    yield route, "/" + _filled(stage, route, None), _page_body(stage, name)


def _filled(stage: Stage, route: str, found: Resource | None) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(_argument(stage, route, match.group(1), found)), route)


def _argument(stage: Stage, route: str, name: str, found: Resource | None) -> Any:
    known: dict[str, Any] = {"code": stage.project.code, "project": stage.project.code, "number": stage.ids["parked"], "kind": "csv", **_of_document}
    if found is not None:
        first = found.inline[0] if found.inline else "-"
        joined = {"edge": stage.edges.get(found.key, 0)}
        known |= {"key": found.key, "pk": stage.rows[found.key].pk, "name": first, **joined, **stage.carried.get(found.key, {})}
    elif route.startswith(("hub/", "api/v1/hub/")):
        known["key"] = stage.rows["hub.system"].key if "systems/" in route else stage.interface.key
    for prefix, what in (
        ("schedule/what-if/", "scenario"), ("projects/", "scenario"), ("changes/<str:code>/what-if/", "scenario"), ("schedule/", "work"), ("running/", "work"),
        ("cost/what-if/", "scenario"),
        ("settings/members/", "membership"), ("waiting/deputies/", "deputy"),
    ):  # fmt: skip
        if route.startswith(prefix) and "pk" not in known:
            known["pk"] = stage.ids[what]
    for prefix, key in (("labour/", "labour.sheet"), ("changes/", "change.changerequest"), ("settings/webhooks/", "frame.webhook")):
        if route.startswith(prefix) and "pk" not in known:
            known["pk"] = stage.rows[key].pk
    if route.startswith("traces/"):
        known["name"] = "threatens"
    if route.startswith("help/"):
        known |= {"page": "start", "language": "zh", "name": "home.png"}
    known |= {"baseline_id": stage.ids["baseline"], "work_id": stage.ids["work"], "token": "no-such-token"}
    if route.startswith("api/v1/imports/"):
        known["resource"] = "work.task"
    if route.startswith("settings/tokens/"):
        known["pk"] = stage.ids["token"]
    if route.startswith("templates/"):
        known["pk"] = 1  # nobody's: a template on its way in is its owner's
    if route.startswith("accounts/"):
        known |= dict.fromkeys(("key", "uidb36", "pk"), "x")
    if name not in known:
        raise UnknownRoute(f"{route}: the law of rights has no value for <{name}>")
    return known[name]


def _form_body(stage: Stage, found: Resource, name: str) -> dict[str, Any]:
    row, text = stage.rows[found.key], text_of(found)
    change = {text: "changed"} if text else {}
    bodies: dict[str, dict[str, Any]] = {
        "record-new": as_form(stage, found), "record-edit": change, "records-bulk": {"action": "delete", "pk": row.pk},
        "carried-say": {"text": "x"}, "carried-amend": {"text": "x"}, "carried-tag": {"word": "x"}, "carried-follow": {"on": "1"},
        "record-cell": {found.inline[0]: "7"} if found.inline else {}, "view-save": {"name": "mine"}, "record-act": {"decision": "x", "dispute": "x", "percent": 50},
        "record-move": _move_body(found, row), "record-vote": {"choice": "yes"}, "record-traces": _join_body(stage, found),
    }  # fmt: skip
    return bodies.get(name, {})


def _join_body(stage: Stage, found: Resource) -> dict[str, Any]:
    """What the row could be joined with by the first trace it can stand at the end of."""
    for trace, way in relations_of(found):
        far = far_of(trace, way)
        return {"trace": trace.name, "way": way, "to": far.name_of(stage.further[far.key])}
    return {}


def _move_body(found: Resource, row: Any) -> dict[str, Any]:
    """Where the first view that anything moves in could put the row."""
    for view in found.views:
        if isinstance(view, Board):
            ways = view.ways(found, system_access(row.tenant_id), row)
            return {"view": view.key, "to": ways[0].to, "asked": "1", "version": row.version}
        if isinstance(view, Month):
            return {"view": view.key, "to": "2026-11-24", "version": row.version}
    return {}


def _page_body(stage: Stage, name: str) -> Any:
    project, task = stage.project, stage.rows["work.task"]
    day = {"calendar": stage.rows["worktime.calendar"].pk, "on_date": "2026-12-24", "note": "x"}
    today = timezone.localdate().isoformat()
    bodies: dict[str, Any] = {
        "document-make": {"language": "en", "status": "draft"}, "document-write": {"text": "x", "version": "1"},
        "stand-in": {"person": stage.house.viewer.pk, "deputy": stage.house.owner.pk, "from_on": today, "until_on": today},
        "approvals": {"stage": "change.changerequest:decision", "quorum": "2", "project": project.pk},
        "choose-project": {"project": project.pk}, "gantt-commit": {"json": {"changes": [{"task": task.pk, "name": "changed"}]}}, "gantt-preview": {"json": {"changes": []}},
        "gantt-undo": {"json": {"undo": "x"}}, "gantt-baseline": {"name": "new"}, "scenario-make": {"name": "new"}, "scenario-change": {"task": task.pk, "days": "3"},
        "scenario-add": {"name": "new", "length": "1d"}, "scenario-leave-out": {"key": "new-1"}, "scenario-spend": {"account": "travel", "amount": "5", "description": "new"},
        "work-calendar-keep": day, "phone-sheet-save": {"project": project.pk, "work_date": "2026-11-20", "description": "x"},
        "phone-sheet-decide": {"verb": "confirm"}, "earned-value-freeze": {"period": "2026-10"}, "change-request-act": {"verb": "assess"},
        "members": {"username": "newcomer", "role": stage.house.tenant.roles.get(key="viewer").pk, "project": project.pk},
        "switch": {"stage": "retired"}, "settle": {"settlement": "discard", "parked": stage.ids["parked"]}, "mend": {"action": "discard"}, "grant": {"action": "revoke"},
        "resolve": {"choice": "a", "conflict": stage.ids["conflict"]}, "system-use": {"project": project.code}, "language": {"language": "en"}, "deletes": {"action": "allow"},
        "trace-import": {"file": SimpleUploadedFile("edges.csv", b"source,target\r\n")},
        "templates": {"ready": "oa-upgrade"}, "levelling-begin": {"seconds": "1"}, "password-rules": {"profile": "strict"}, "choose-organisation": {"tenant": stage.house.tenant.pk}, "tokens": {"name": "newcomer"},
    }  # fmt: skip
    return bodies.get(name, {})


def _hub_body(stage: Stage, route: str) -> Any:
    """What the hub's own operations take: the ids of what really waits there."""
    kind = {"conflicts": "conflict", "quarantine": "parked", "dead-letters": "letter"}.get(route.removeprefix("api/v1/hub/").split("/")[0], "")
    ids = {"ids": [stage.ids[kind]]} if kind else {}
    bodies: dict[str, Any] = {
        "switch": {"stage": "retired"}, "rollback": {"number": 1}, "resolve": ids | {"choice": "a"}, "release": ids or None, "discard": ids or None, "replay": ids or None,
    }  # fmt: skip
    return bodies.get(route.rpartition("/")[2])


def _rest(stage: Stage) -> Iterator[Op]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        route = path.removeprefix("/")
        part = route.removeprefix("api/v1/").split("/")[0]
        found = resource(part) if "." in part else None
        for method in methods:
            if method not in ("get", "post", "patch", "put", "delete"):
                continue
            joined = {"edge": stage.edges.get(found.key, 0)} if found is not None else {}
            values = {"key": stage.rows[found.key].pk, **joined, **_number_of(stage, found, route)} if found is not None else {}
            address = "/" + re.sub(r"\{(\w+)\}", lambda m: str(values.get(m.group(1)) or _argument(stage, route, m.group(1), None)), route)  # noqa: B023
            if route.endswith("hub/trace"):
                address += "?id=A-1"
            elif route.endswith("versions/diff"):
                address += "?old=1&new=1"
            yield Op(f"{method.upper():4} {path}", method.upper(), address, None if method == "get" else _rest_body(stage, found, route, method), True)


def _number_of(stage: Stage, found: Resource, route: str) -> dict[str, Any]:
    """The number of what the row carries, by the part of the address that names its kind."""
    held, kinds = stage.carried.get(found.key, {}), (("/comments/", "comment"), ("/files/", "attachment"), ("/tags/", "tag"))
    return next(({"number": held[kind]} for part, kind in kinds if part in f"/{route}"), {})


def _rest_body(stage: Stage, found: Resource | None, route: str, method: str) -> Any:
    if route.startswith("api/v1/documents/"):
        return {"language": "en"}
    if found is None:
        return _hub_body(stage, route) if "{number}" not in route else {}
    for part, body in (("comments", {"text": "x"}), ("tags", {"word": "x"})):
        if route.split("/")[4:5] == [part]:
            return None if method == "delete" else body
    text = text_of(found)
    if route.endswith("/vote"):
        return {"choice": "yes"}
    if route.endswith("/traces"):
        return _join_body(stage, found)
    if method == "post" and route.count("/") == 3:
        return as_json(stage, found) if route.endswith("/") else {}
    return ({text: "changed"} if text else {}) if method == "patch" else None if method == "delete" else {}


def _graphql(stage: Stage) -> Iterator[Op]:
    kinds = {"query": schema._schema.query_type, "mutation": schema._schema.mutation_type}
    known = {_camel(each): each for each in resources()}
    for kind, declared in kinds.items():
        assert declared is not None
        for name in declared.fields:
            yield Op(f"GQL  {kind} {name}", "POST", "/graphql", _graphql_body(stage, kind, name, known), True)


def _camel(found: Resource) -> str:
    first, *rest = re.split(r"[._]", found.key)
    return first + "".join(part.title() for part in rest)


def _graphql_body(stage: Stage, kind: str, name: str, known: dict[str, Resource]) -> dict[str, Any]:
    if (body := _graphql_row_body(stage, kind, name, known)) is not None:
        return body
    if kind == "query":
        found = known.get(name.removesuffix("List")) if name not in known else known[name]
        if found is None:
            raise UnknownRoute(f"GraphQL {name}: the law of rights does not know this field")
        key = stage.rows[found.key].pk
        return {"query": f"{{ {name} {{ count items {{ id naturalKey }} }} }}" if name not in known else f'{{ {name}(key: "{key}") {{ id naturalKey }} }}'}
    verb, stem = re.match(r"(create|change|delete|act)(\w+)", name).groups()  # type: ignore[union-attr]
    found = known[stem[0].lower() + stem[1:]]
    key, text = stage.rows[found.key].pk, text_of(found)
    variables = {"v": as_json(stage, found) if verb == "create" else {text: "changed"} if text else {}}
    asked = {
        "create": f"mutation M($v: JSON!) {{ {name}(values: $v) {{ id }} }}", "change": f'mutation M($v: JSON!) {{ {name}(key: "{key}", values: $v) {{ id }} }}',
        "delete": f'mutation {{ {name}(key: "{key}") }}', "act": f'mutation {{ {name}(key: "{key}", verb: "{found.verbs[0].name if found.verbs else ""}") {{ id }} }}',
    }[verb]  # fmt: skip
    return {"query": asked, "variables": variables} if "$v" in asked else {"query": asked}


def _graphql_row_body(stage: Stage, kind: str, name: str, known: dict[str, Resource]) -> dict[str, Any] | None:
    """Of what stands at a row: cases and votes, traces; None of anything else."""
    told = {"Cases": "{ id votes { choice } }", "Traces": "{ edges { id name } }"}
    if kind == "query":
        stem, tail = name.removesuffix("Cases").removesuffix("Traces"), re.sub(r".*(Cases|Traces)$", r"\1", name)
        return (
            {"query": f'{{ {name}(key: "{stage.rows[known[stem].key].pk}") {told[tail]} }}'} if name not in known and stem in known and tail in told else None
        )
    found = re.match(r"(vote|join|confirm|part)(\w+)", name)
    if found is None:
        return None
    verb, resource = found[1], known[found[2][0].lower() + found[2][1:]]
    key, edge, body = stage.rows[resource.key].pk, stage.edges.get(resource.key, 0), _join_body(stage, resource) if verb == "join" else {}
    to = f'toId: "{body["to"]}"' if isinstance(body.get("to"), int) else f'to: "{body.get("to")}"'
    arguments = {"vote": 'choice: "yes"', "join": f'trace: "{body.get("trace")}", {to}', "confirm": f'edge: "{edge}"', "part": f'edge: "{edge}"'}[verb]
    return {"query": f'mutation {{ {name}(key: "{key}", {arguments}) {"" if verb == "part" else told["Cases" if verb == "vote" else "Traces"]} }}'}
