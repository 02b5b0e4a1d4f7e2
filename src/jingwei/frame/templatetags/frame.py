"""Template tags of every page: icons, status, progress, moments, money, durations, empty states, data for scripts."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from jingwei.frame.models import Role
from jingwei.frame.records.fields import duration_text
from jingwei.frame.records.resource import resource_of
from jingwei.frame.rights.access import title_of_role
from jingwei.frame.ui import drawing, undoing
from jingwei.frame.ui.cells import Cell
from jingwei.frame.ui.timeline import carried_of, of_row

register = template.Library()
for tag in (drawing.status, drawing.progress, drawing.moment, drawing.money):
    register.simple_tag(tag)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside a word; hidden from screen readers. A page has dozens of them."""
    return _icon(name)


@lru_cache(maxsize=500)
def _icon(name: str) -> SafeString:
    return format_html('<svg class="icon jw-icon" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>', static("vendor/icons.svg"), name)


@register.simple_tag(takes_context=True)
def drawn(context: RequestContext, cell: Cell) -> SafeString:
    """A cell of the page's row."""
    return drawing.drawn(cell, context["resource"].key, context["row"], may_change=context["may"]["change"])


@register.simple_tag(takes_context=True)
def drawn_row(context: RequestContext, cells: list[Cell]) -> SafeString:
    """All cells of the page's row in a table."""
    return drawing.drawn_row(cells, context["resource"].key, context["row"], may_change=context["may"]["change"])


@register.simple_tag
def duration(minutes: Any) -> str:
    """Working minutes as days and hours; a day has eight hours."""
    return duration_text(minutes)


@register.simple_tag
def json_block(name: str, value: Any) -> SafeString:
    """Data for a script, in a block that no browser executes."""
    return json_script(value, name, encoder=DjangoJSONEncoder)


@register.inclusion_tag("frame/_empty.html")
def empty(title: str, text: str = "", url: str = "", label: str = "") -> dict[str, str]:
    """What a page says when it has nothing yet, with one thing to do."""
    return {"title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("frame/carried/_carried.html", takes_context=True)
def carried(context: RequestContext, row: Any) -> dict[str, Any]:
    """Files, talk, tags, followers and the timeline of a row that carries them, for a page of its own."""
    resource, access = resource_of(type(row)), context["request"].access
    if resource is None or not resource.carries:
        raise LookupError(f"{type(row).__name__} carries nothing")
    return {
        "request": context["request"],
        "resource": resource,
        "row": row,
        "carried": carried_of(access, resource, row),
        "timeline": of_row(access, resource, row),
    }


@register.simple_tag(takes_context=True)
def with_query(context: RequestContext, **changes: Any) -> str:
    """The present address's query with some parts changed; an empty value removes one."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return "?" + str(query.urlencode())


@register.filter
def role_title(role: Role) -> str:
    """What a role is called."""
    return title_of_role(role)


@register.filter
def offered_undo(message: Any) -> str:
    """The trace that a message offers to take back, or nothing."""
    return undoing.trace_in(message.extra_tags)


@register.filter
def in_textarea(value: Any) -> Any:
    """A text as it stands in a text area: a browser drops the first line break there, so one is put before it that is the page's own."""
    return "\n" + value if value else ""


@register.filter
def hours(minutes: float) -> str:
    """Minutes as hours, to a tenth where there is one."""
    return f"{minutes / 60:.1f}".removesuffix(".0")


@register.filter
def plain_json(value: Any) -> str:
    """Compact JSON for people."""
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
