"""REST for every resource at /api/v1/<resource>/: list, one, create, change, delete, verbs, history. OpenAPI 3.1."""

from collections.abc import Callable
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Router, Schema, Status
from ninja.errors import HttpError
from ninja.errors import ValidationError as BadInput
from ninja.parser import Parser
from ninja.renderers import JSONRenderer
from ninja.responses import NinjaJSONEncoder
from ninja.security import SessionAuth
from pydantic import ValidationError as PydanticError
from pydantic import create_model

from jingwei.frame.api import approvals, carried, documents, imports, project_templates, schemas, traces
from jingwei.frame.approvals import voting
from jingwei.frame.models import kept
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.records import asking, commands, past
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.report import Report, Survey, reports, surveys
from jingwei.frame.records.resource import Resource, registry, resources
from jingwei.frame.records.told import as_told
from jingwei.frame.records.verbs import Verb
from jingwei.frame.rights.tokens import TokenAuth
from jingwei.frame.traces.trace import relations_of
from jingwei.frame.ui.errors import busy
from jingwei.frame.walls import exactly, heavy, troubles
from jingwei.frame.web import project_named


class ListQuery(Schema):
    """How to page and search: by number up to the hundredth page, behind the cursor `next` of the answer before as far as you like."""

    page: int = 1
    size: int = 50
    q: str = ""
    after: str = ""


class Problem(Schema):
    """What is wrong with one field, in the language of the request."""

    field: str
    code: str
    message: str


class Problems(Schema):
    """Everything that is wrong."""

    errors: list[Problem]


class Change(Schema):
    """One line of history."""

    at: Any
    action: str
    actor_id: int | None
    origin: str
    reason: str
    before: Any
    after: Any


# unreadable, not known, not allowed, not there, changed meanwhile, too large, wrong, too much at once, no room or no database just now
refusals = (400, 401, 403, 404, 409, 413, 422, 429, 503)


class Described(NinjaAPI):
    """The API, which describes itself once in each language: it takes seconds of a processor."""

    def get_openapi_schema(self, **asked: Any) -> Any:
        """The description; made anew only for another language or address."""
        key = (get_language(), *sorted((name, str(value)) for name, value in asked.items()))
        if key not in _descriptions:
            _descriptions[key] = _with_refusals(super().get_openapi_schema(**asked))
        return _descriptions[key]


def _with_refusals(described: Any) -> Any:
    """Every operation may refuse, and all refuse alike: said here, as a shape for each of thousands of answers would take every process seconds to begin."""
    shape = Problems.model_json_schema(ref_template="#/components/schemas/{model}")
    described["components"]["schemas"] |= {**shape.pop("$defs"), "Problems": shape}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problems"}}}
    for operations in described["paths"].values():
        for operation in operations.values():
            for status in refusals:
                operation["responses"].setdefault(status, {"description": HTTPStatus(status).phrase, "content": content})
    return described


_descriptions: dict[Any, Any] = {}


class _Encoder(exactly.Encoder, NinjaJSONEncoder):
    pass


class Exact(Parser, JSONRenderer):
    """How bodies are read and written: a number keeps every digit."""

    encoder_class = _Encoder

    def parse_body(self, request: HttpRequest) -> Any:
        return exactly.read(request.body)


_exact = Exact()
api = Described(
    title="Jingwei 经纬", version="1", parser=_exact, renderer=_exact, auth=[TokenAuth(), SessionAuth()], docs_url=None, docs_decorator=login_required, urls_namespace="api-v1"
)  # fmt: skip


def _answer(request: HttpRequest, status: int, *problems: tuple[str, str, str]) -> Any:
    errors = [{"field": f, "code": c, "message": m} for f, c, m in problems]
    return api.create_response(request, {"errors": errors}, status=status)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, problem: ValidationError) -> Any:
    texts = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
    return _answer(request, 422, *(("" if n == NON_FIELD_ERRORS else n, "invalid", t) for n, many in texts.items() for t in many))


@api.exception_handler(BadInput)
def _bad_input(request: HttpRequest, problem: BadInput) -> Any:
    try:
        _require_first(request)
    except PermissionDenied as lacking:
        return _denied(request, lacking)
    except Http404 as missing:
        return _missing(request, missing)
    return _answer(request, 422, *((".".join(str(p) for p in e["loc"] if p not in ("body", "values", "query")), e["type"], e["msg"]) for e in problem.errors))


@api.exception_handler(HttpError)
def _unread(request: HttpRequest, problem: HttpError) -> Any:
    """What is refused before anything is looked at: nobody who may ask, a body that is none."""
    texts = {
        401: ("unauthorized", _("Send a valid API token: Authorization: Bearer jw_… One that was sent is wrong, has ended or was revoked.")),
        400: ("malformed", _("The body is no JSON that can be read: send an object of names and values.")),
    }
    return _answer(request, problem.status_code, ("", *texts.get(problem.status_code, ("refused", str(problem)))))


@api.exception_handler(PermissionDenied)
def _denied(request: HttpRequest, problem: PermissionDenied) -> Any:
    return _answer(request, 403, ("", "denied", str(problem)))


@api.exception_handler(heavy.Busy)
def _busy(request: HttpRequest, problem: heavy.Busy) -> Any:
    return busy(request, problem)


@api.exception_handler(Http404)
@api.exception_handler(ObjectDoesNotExist)  # somebody has removed it in the meantime
def _missing(request: HttpRequest, problem: Exception) -> Any:
    return _answer(request, 404, ("", "not_found", "not found"))


def _unforeseen(request: HttpRequest, problem: Any) -> Any:
    """What no check has caught: a refusal when the value is to blame, else a failure as ever."""
    said = troubles.said_of(problem)
    if said is None:
        raise problem
    if said.code == "busy":
        return busy(request, said.text, said.status)
    return _answer(request, said.status, ("", said.code, said.text))


for _kind in (UnicodeEncodeError, DataError, IntegrityError, OperationalError, OverflowError, RecursionError, ValueError):
    api.add_exception_handler(_kind, _unforeseen)


@api.exception_handler(commands.Stale)
def _stale(request: HttpRequest, problem: commands.Stale) -> Any:
    return _answer(request, 409, ("version", "stale", str(problem)))


def _posted(request: HttpRequest) -> dict[str, Any]:
    """What stands in a body, before its shape is checked."""
    try:
        values = exactly.read(request.body)
    except (ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _require_first(request: HttpRequest) -> None:
    """A body of the wrong shape is told only to who may do what was asked: everybody else hears what he would hear of any other body."""
    parts = request.path.removeprefix("/api/v1/").strip("/").split("/")
    asked, access = registry.get(parts[0]), getattr(request, "access", None)
    if parts[0] == "documents" and access is not None:
        documents.require_first(request, parts)
    if asked is None or access is None or request.method == "GET":
        return
    if len(parts) == 1:
        commands.require_before(access, asked, "add", _posted(request))
        return
    row, verb = one(request, asked, parts[1]), parts[2] if len(parts) > 2 else "change"
    if kind := carried.kind_of(verb):
        carried.require(request, asked, row, kind)
    elif verb == "vote" and asked.approval is not None:
        voting.require_voter(asked, row, access)
    else:
        commands.authorise(access, asked, "view" if verb == "traces" else verb, row)


def one(request: HttpRequest, resource: Resource, key: str) -> Any:
    """A row by id or by natural key, when it may be seen."""
    request.access.require_anywhere(resource.permission("view"))  # type: ignore[attr-defined]
    rows = resource.rows(request.access)  # type: ignore[attr-defined]
    row = rows.filter(pk=pk).first() if (pk := whole(key)) is not None else resource.named(key, rows) if not unreadable(key) else None
    if row is None:
        raise Http404
    return row


def _told(request: HttpRequest, resource: Resource, key: str) -> dict[str, Any]:
    """That row with its parts, as far as they may be seen."""
    return as_told(resource, one(request, resource, key), request.access, with_parts=True)  # type: ignore[attr-defined]


def router_of(resource: Resource) -> Router:
    """All operations of one resource."""
    router = Router(tags=[str(resource.key)])
    out, new, change = schemas.schema_out(resource), schemas.schema_in(resource, partial=False), schemas.schema_in(resource, partial=True)
    counted: dict[str, Any] = {"count": (int | None, ...), "page": (int | None, ...), "pages": (int | None, ...), "next": (str | None, ...)}
    listed = create_model(schemas.name_of(resource, "List"), **counted, items=(list[out], ...))  # type: ignore[valid-type]
    name = resource.key.replace(".", "_")

    def list_rows(request: HttpRequest, query: ListQuery = Query(...)) -> Any:  # type: ignore[type-arg]
        request.access.require_anywhere(resource.permission("view"))  # type: ignore[attr-defined]
        asking.require_known(resource, request.GET.dict())
        asked = {**request.GET.dict(), "size": str(max(1, min(query.size, 500)))}
        listing = Listing(resource, request.access, asked)  # type: ignore[attr-defined]
        items = [as_told(resource, row, listing.access) for row in listing.rows]
        counted = {} if query.after else {"count": listing.count, "page": listing.page, "pages": listing.pages}
        return {"count": None, "page": None, "pages": None, **counted, "next": listing.next, "items": items}

    def create_row(request: HttpRequest, values: new) -> Any:  # type: ignore[valid-type]
        row = commands.create(resource, _given(values), request.access)  # type: ignore[attr-defined]
        return Status(201, _told(request, resource, str(row.pk)))

    def read_row(request: HttpRequest, key: str) -> Any:
        return _told(request, resource, key)

    def change_row(request: HttpRequest, key: str, values: change) -> Any:  # type: ignore[valid-type]
        given = _given(values)
        version = given.pop("version", None)
        row = commands.change(resource, one(request, resource, key), given, request.access, version=version)  # type: ignore[attr-defined]
        return _told(request, resource, str(row.pk))

    def delete_row(request: HttpRequest, key: str) -> Any:
        commands.remove(resource, one(request, resource, key), request.access)  # type: ignore[attr-defined]
        return Status(204, None)

    def history(request: HttpRequest, key: str, response: HttpResponse) -> Any:
        told = past.of_row(request.access, resource, one(request, resource, key))  # type: ignore[attr-defined]
        response["X-History"] = "partial" if told.is_cut else "whole"  # partial: more lies in a project that may not be read
        return [
            {
                "at": h.at,
                "action": h.action,
                "actor_id": h.actor_id,
                "origin": h.origin,
                "reason": h.reason,
                "before": kept.told(h.before),
                "after": kept.told(h.after),
            }
            for h in told.lines
        ]

    told = {"parameters": asking.described(resource)}
    router.get("/", response={200: listed}, operation_id=f"{name}_list", url_name=f"{name}_list", openapi_extra=told)(list_rows)
    router.post("/", response={201: out}, operation_id=f"{name}_create")(create_row)
    router.get("/{key}", response={200: out}, operation_id=f"{name}_read")(read_row)
    router.patch("/{key}", response={200: out}, operation_id=f"{name}_change")(change_row)
    router.delete("/{key}", response={204: None}, operation_id=f"{name}_delete")(delete_row)
    router.get("/{key}/history", response={200: list[Change]}, operation_id=f"{name}_history")(history)
    if resource.approval is not None:
        approvals.add_routes(router, resource, one)
    for verb in resource.verbs:
        router.post(f"/{{key}}/{verb.name}", response={200: out}, operation_id=f"{name}_{verb.name}")(_verb(resource, verb))
    carried.add_to(router, resource, one)
    if relations_of(resource):
        traces.add_to(router, resource, one)
    return router


def _verb(resource: Resource, verb: Verb) -> Callable[..., Any]:
    asked = schemas.schema_of_verb(resource, verb)

    def act(request: HttpRequest, key: str, values: asked) -> Any:  # type: ignore[valid-type]
        row = one(request, resource, key)
        given = _given(values)
        version = given.pop("version", None)
        commands.act(resource, verb.name, row, given, request.access, version=version)  # type: ignore[attr-defined]
        return _told(request, resource, str(row.pk))

    return act


def _given(values: Any) -> dict[str, Any]:
    """Only what the caller named."""
    given: dict[str, Any] = values.model_dump(exclude_unset=True)
    return given


def _asked(report: Report | Survey, request: HttpRequest) -> Any:
    try:
        return report.asked.model_validate(request.GET.dict())
    except PydanticError as problem:
        raise BadInput([{"loc": ("query", *each["loc"]), "type": each["type"], "msg": each["msg"]} for each in problem.errors()]) from problem


def _survey(survey: Survey) -> Callable[..., Any]:
    def answer(request: HttpRequest) -> Any:
        request.access.require_anywhere(survey.permission)  # type: ignore[attr-defined]
        return survey.told(request.access, _asked(survey, request))  # type: ignore[attr-defined]

    return answer


def _report(report: Report) -> Callable[..., Any]:
    def answer(request: HttpRequest, project: str) -> Any:
        asked = _asked(report, request)
        with heavy.turn(request) if report.is_costly else nullcontext():
            return report.told(request.access, project_named(request, project, report.permission), asked)  # type: ignore[arg-type, attr-defined]

    return answer


def _described(report: Report | Survey) -> dict[str, Any]:
    """The report's parameters for the description; they are read by hand because unknown ones are refused."""
    fields = report.asked.model_json_schema().get("properties", {})
    return {"summary": str(report.title), "parameters": [{"in": "query", "name": name, "required": False, "schema": schema} for name, schema in fields.items()]}


for _resource in resources():
    api.add_router(f"/{_resource.key}", router_of(_resource))
api.add_router("/imports", imports.router_of())
_everything: list[tuple[Report | Survey, str, Any]] = [(each, f"/reports/{each.key}/{{project}}", _report(each)) for each in reports()]
_everything += [(each, f"/reports/{each.key}", _survey(each)) for each in surveys()]
for _each, _path, _view in _everything:
    _name = _each.key.replace(".", "_")
    api.get(_path, response={200: dict[str, Any]}, operation_id=f"{_name}_report", tags=["reports"], openapi_extra=_described(_each))(_view)
api.add_router("/documents", documents.router())
for _place, _router in zip(("/projects", "/templates"), project_templates.routers(), strict=True):
    api.add_router(_place, _router)
