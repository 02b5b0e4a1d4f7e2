"""Template tags of every page: icons, status, progress, moments, money, durations, empty states, data for scripts."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString

from jingwei.frame.records.fields import duration_text
from jingwei.frame.records.resource import resource_of
from jingwei.frame.ui.timeline import carried_of, of_row

register = template.Library()
tones = {
    "good": ("ok", "done", "live", "active", "confirmed", "settled", "posted", "linked", "healthy"),
    "busy": ("doing", "running", "submitted", "waiting", "writing", "planned", "committed"),
    "warn": ("degraded", "blocked", "paused", "hold", "disputed", "held", "draft", "proposed", "clash", "warning"),
    "bad": ("down", "dead", "failed", "reversed", "cancelled", "alarm", "endangered", "critical"),
}
_tone_of = {state: tone for tone, states in tones.items() for state in states}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside a word; hidden from screen readers."""
    return format_html('<svg class="icon jw-icon" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>', static("vendor/icons.svg"), name)


@register.simple_tag
def status(text: Any, state: Any = "", tone: str = "") -> SafeString:
    """A state in words with its colour: the one its life declares, else what states of that name usually have."""
    return format_html('<span class="jw-status jw-{}">{}</span>', tone or _tone_of.get(str(state), "plain"), text)


@register.simple_tag
def progress(percent: Any) -> SafeString:
    """A progress bar that needs no style attribute."""
    value = int(percent or 0)
    return format_html('<span class="jw-progress"><progress max="100" value="{}" aria-label="{} %"></progress> {} %</span>', value, value, value)


@register.simple_tag
def moment(value: datetime | None) -> SafeString | str:
    """A moment in the organisation's zone; hovering shows it in full."""
    if value is None:
        return "–"
    local = timezone.localtime(value)
    text = local.strftime("%m-%d %H:%M") if local.year == timezone.localtime().year else local.strftime("%Y-%m-%d")
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S %Z"), text)


@register.simple_tag
def money(amount: Any, currency: str = "CNY") -> str:
    """An amount with its currency."""
    sign = {"CNY": "¥", "USD": "$", "EUR": "€"}.get(currency, currency + " ")
    number = Decimal(amount or 0).quantize(Decimal("0.01"))
    return (
        f"{'-' if number < 0 else ''}{sign}{formats.number_format(abs(number), 2, use_l10n=False, force_grouping=False):>s}"
        if abs(number) < 1000
        else f"{'-' if number < 0 else ''}{sign}{abs(number):,.2f}"
    )


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
def plain_json(value: Any) -> str:
    """Compact JSON for people."""
    return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
