"""Change requests, declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.change import services
from jingwei.domains.change.models import ChangeRequest
from jingwei.frame.resource import Resource, Verb


def _from(verb: str) -> Callable[[Any], bool]:
    return lambda request: request.status in services.steps[verb]


requests = Resource(
    ChangeRequest,
    columns=("code", "title", "kind", "status", "requested_by", "assessed_at", "decided_by", "decided_at", "implemented_at"),
    fields=("project", "code", "title", "reason", "kind", "changes"),
    untold=("effect",),
    natural_key=("project__code", "code"),
    filters=("project", "kind", "status"),
    search=("code", "title", "reason"),
    inline=("title", "kind"),
    verbs=(
        Verb("assess", _("Assess the effect"), services.request_assess, icon="activity", when=_from("assess")),
        Verb("submit", _("Submit for decision"), services.request_submit, icon="send", when=_from("submit")),
        Verb("approve", _("Approve"), services.request_approve, icon="check", when=_from("approve")),
        Verb("reject", _("Reject"), services.request_reject, fields=("decision",), icon="x", when=_from("reject")),
        Verb("defer", _("Defer"), services.request_defer, fields=("decision",), icon="clock", when=_from("defer")),
        Verb("implement", _("Carry it out"), services.request_implement, icon="play", confirm=True, when=_from("implement")),
        Verb("verify", _("Mark as verified"), services.request_verify, icon="clipboard-check", when=_from("verify")),
        Verb("close", _("Close"), services.request_close, icon="check", when=_from("close")),
    ),
    roles={"manager": "*", "pmo": "*", "engineer": "add change assess submit"},
    write=services.request_save,
    icon="git-merge",
    menu="plan",
    example=lambda: {"code": "CR-1", "title": "供应商晚两周交付", "reason": "硬件到货延期", "kind": "schedule"},
)
