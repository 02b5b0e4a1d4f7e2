"""GraphQL over every resource: typed answers, the same rights, filters and verbs as REST."""

from __future__ import annotations

import datetime as dt
import json
import time
from contextlib import nullcontext
from dataclasses import make_dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from graphql import GraphQLError, value_from_ast_untyped
from graphql.language import ast
from strawberry.django.views import GraphQLView
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, QueryDepthLimiter
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from jingwei.frame.api import costs, schemas
from jingwei.frame.api.graphql_rows import of_rows
from jingwei.frame.api.resolving import guarded, in_time, resolve
from jingwei.frame.api.rest import one
from jingwei.frame.records import asking, commands
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.records.told import as_told, told
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import exactly, heavy, limits
from jingwei.kernels import bounds

_types: dict[Any, Any] = {bool: bool, int: int, str: str, Decimal: Decimal, dt.datetime: dt.datetime, dt.date: dt.date, Any: JSON}


def _typed(resource: Resource) -> type[Any]:
    """The GraphQL type of a resource."""
    columns: list[tuple[str, Any]] = [("id", strawberry.ID), ("version", int), ("natural_key", str)]
    for field in told(resource):
        if field.remote_field is not None:
            columns += [(field.name, int | None), (f"{field.name}_name", str | None)]
        else:
            columns.append((field.name, _types.get(schemas.type_of(field), str) | None))
    made: type[Any] = strawberry.type(make_dataclass(schemas.name_of(resource, ""), columns), description=str(resource.key))
    return made


def _page_of(resource: Resource, row: type[Any]) -> type[Any]:
    columns: list[tuple[str, Any]] = [("count", int | None), ("pages", int | None), ("next", str | None), ("items", list[row])]  # type: ignore[valid-type]
    made: type[Any] = strawberry.type(make_dataclass(schemas.name_of(resource, "Page"), columns))
    return made


def _shaped(kind: type[Any], resource: Resource, row: Any, access: Access) -> Any:
    values = as_told(resource, row, access)
    return kind(**{name: values.get(name) for name in kind.__dataclass_fields__})


def _read(values: Any) -> dict[str, Any]:
    """What stands in a JSON argument, before its shape is checked."""
    return values if isinstance(values, dict) else {}


def _object(values: Any) -> dict[str, Any]:
    """The values of a verb: an object, or nothing."""
    if values is not None and not isinstance(values, dict):
        raise ValidationError({"values": [_('“values” is an object of names and values, such as {"percent": 50}. Send one, or leave it out.')]})
    return values or {}


def _asked_filters(filters: Any) -> dict[str, str]:
    """Filters as an address would carry them."""
    if filters is None:
        return {}
    if not isinstance(filters, dict):
        text = _('“filters” is an object of names and values, such as {"status": "open"}. Send one, or leave it out.')
        raise ValidationError({"filters": [text]})
    return {str(name): str(value) for name, value in filters.items()}


def _operations(resource: Resource) -> tuple[dict[str, Any], dict[str, Any]]:
    kind = _typed(resource)
    paged = _page_of(resource, kind)
    name = resource.key.replace(".", "_")

    def read(info: Info, key: str) -> Any:
        request = info.context.request
        return guarded(lambda: _shaped(kind, resource, one(request, resource, key), request.access))

    def list_rows(info: Info, page: int = 1, size: int = 50, sort: str = "", q: str = "", after: str = "", filters: JSON | None = None) -> Any:
        request = info.context.request

        def work() -> Any:
            in_time(request)
            request.access.require_anywhere(resource.permission("view"))
            asked = _asked_filters(filters) | {
                "page": str(page),
                "size": str(max(1, min(size, 500))),
                "sort": sort,
                "q": q,
                "after": after,
            }
            asking.require_known(resource, asked)
            listing = Listing(resource, request.access, asked)
            counted = (None, None) if after else (listing.count, listing.pages)
            return paged(count=counted[0], pages=counted[1], next=listing.next, items=[_shaped(kind, resource, row, request.access) for row in listing.rows])

        return guarded(work)

    def create(info: Info, values: JSON) -> Any:
        request = info.context.request

        def work() -> Any:
            commands.require_before(request.access, resource, "add", _read(values))
            given = schemas.schema_in(resource, partial=False).model_validate(values).model_dump(exclude_unset=True)
            row = commands.create(resource, given, request.access)
            return _shaped(kind, resource, one(request, resource, str(row.pk)), request.access)

        return guarded(work)

    def change(info: Info, key: str, values: JSON) -> Any:
        request = info.context.request

        def work() -> Any:
            row = one(request, resource, key)
            commands.authorise(request.access, resource, "change", row)
            given = schemas.schema_in(resource, partial=True).model_validate(values).model_dump(exclude_unset=True)
            version = given.pop("version", None)
            row = commands.change(resource, row, given, request.access, version=version)
            return _shaped(kind, resource, one(request, resource, str(row.pk)), request.access)

        return guarded(work)

    def delete(info: Info, key: str) -> bool:
        request = info.context.request

        def work() -> bool:
            commands.remove(resource, one(request, resource, key), request.access)
            return True

        return bool(guarded(work))

    def act(info: Info, key: str, verb: str, values: JSON | None = None) -> Any:
        request = info.context.request

        def work() -> Any:
            row = one(request, resource, key)
            try:
                resource.verb(verb)
            except LookupError:
                raise Http404 from None
            commands.authorise(request.access, resource, verb, row)
            given = dict(_object(values))
            version = schemas.Versioned.model_validate({"version": given.pop("version", None)}).version
            commands.act(resource, verb, row, given, request.access, version=version)
            return _shaped(kind, resource, one(request, resource, str(row.pk)), request.access)

        return guarded(work)

    # of several changes in one request each is done by itself: one that is refused is null and hides nothing of what the others did
    for function, result in ((read, kind), (list_rows, paged), (create, kind | None), (change, kind | None), (act, kind | None), (delete, bool | None)):
        function.__annotations__["return"] = result
    resolve(read, list_rows, create, change, delete, act)
    queries = {name: strawberry.field(resolver=read), f"{name}_list": strawberry.field(resolver=list_rows)}
    mutations = {
        f"create_{name}": strawberry.mutation(resolver=create),
        f"change_{name}": strawberry.mutation(resolver=change),
        f"delete_{name}": strawberry.mutation(resolver=delete),
    }
    if resource.verbs:
        mutations[f"act_{name}"] = strawberry.mutation(resolver=act)
    return queries, mutations


def _literal(node: ast.ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """A JSON value that stands in the query itself."""
    match node:
        case ast.FloatValueNode():
            return bounds.decimal(node.value)
        case ast.ListValueNode():
            return [_literal(each, variables) for each in node.values]
        case ast.ObjectValueNode():
            return {each.name.value: _literal(each.value, variables) for each in node.fields}
    return value_from_ast_untyped(node, variables)


def _decimal_of(value: Any) -> Decimal:
    try:
        return value if isinstance(value, Decimal) else bounds.decimal(str(value))
    except InvalidOperation:
        raise GraphQLError(_("“%(value)s” is no number.") % {"value": str(value)[:40]}) from None


def _decimal_literal(node: Any, variables: Any = None) -> Decimal:
    return _decimal_of(_literal(node, variables))


_json = strawberry.scalar(name="JSON", description="Any JSON value.", serialize=lambda value: value, parse_value=lambda value: value, parse_literal=_literal)
_decimal = strawberry.scalar(
    name="Decimal",
    description="A number to its last digit, as text.",
    serialize=exactly.plain,
    parse_value=_decimal_of,
    parse_literal=_decimal_literal,
)


def _schema() -> strawberry.Schema:
    queries: dict[str, Any] = {}
    mutations: dict[str, Any] = {}
    for resource in resources():
        for more, changes in (_operations(resource), of_rows(resource)):
            queries |= more
            mutations |= changes
    exact = StrawberryConfig(scalar_map={JSON: _json, Decimal: _decimal})
    limits: list[Any] = [lambda: QueryDepthLimiter(max_depth=8), lambda: MaxTokensLimiter(max_token_count=4000), lambda: MaxAliasesLimiter(max_alias_count=30)]
    return strawberry.Schema(
        query=strawberry.type(type("Query", (), queries)), mutation=strawberry.type(type("Mutation", (), mutations)), config=exact, extensions=limits
    )


schema = _schema()


class _Exact(GraphQLView[Any, Any]):
    """Numbers of a request's variables are decimals to their last digit."""

    def decode_json(self, data: str | bytes) -> object:
        return exactly.integral(exactly.read(data))

    def encode_json(self, data: object) -> str:
        return json.dumps(data, cls=exactly.Encoder, separators=(",", ":"))


_view = _Exact.as_view(schema=schema, graphql_ide=None, allow_queries_via_get=False)


@require_http_methods(["POST"])
def endpoint(request: HttpRequest) -> HttpResponseBase:
    """POST {"query", "variables"}; for people who are logged in and for programs with a token."""
    try:
        body = exactly.read(request.body)
    except (ValueError, RecursionError):
        return _refused(_("The request is no JSON: send {“query”: …, “variables”: …}."))
    if not isinstance(body, dict):
        return _refused(_("One request at a time: send an object with “query”, not a list."))
    if not isinstance(body.get("operationName"), str | None):
        return _refused(_("“operationName” is the name of one of the operations in “query”."))
    try:
        cost = costs.check(body.get("query"), body.get("variables"))
    except costs.TooDear as problem:
        return _refused(str(problem))
    vars(request)["until"] = time.monotonic() + limits.api_milliseconds / 1000
    with heavy.turn(request) if cost > costs.cheap_cost else nullcontext():
        answer: HttpResponseBase = _view(request)
    return answer


def _refused(text: str) -> HttpResponse:
    return JsonResponse({"data": None, "errors": [{"message": text, "extensions": {"code": "refused"}}]}, status=400)
