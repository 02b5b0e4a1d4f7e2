"""Change requests, declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jingwei.domains.change import queries, services
from jingwei.domains.change.models import ChangeRequest
from jingwei.frame.declare import Board, Month, Resource, Trace, carried_kinds

requests = Resource(
    ChangeRequest, life=services.life, approval=services.approval, rules=(services.check_changes,), write=services.request_save,
    columns=("code", "title", "kind", "status", "requested_by", "assessed_at", "decided_by", "decided_at", "implemented_at"),
    fields=("project", "code", "title", "reason", "kind", "changes"), untold=("effect", "costs"), natural_key=("project__code", "code"),
    filters=("project", "kind", "status"), search=("code", "title", "reason"), inline=("title", "kind"),
    roles={"manager": "*", "pmo": "*", "engineer": "add change assess submit withdraw"},
    views=(Board("status", title_from="title", owner="requested_by", tags=("kind",)), Month("decided_at")), carries=carried_kinds, in_words={"changes": queries.changes_told}, beside=queries.beside, icon="git-merge", menu="scope",
    example=lambda: {"code": "CR-1", "title": "供应商晚两周交付", "reason": "硬件到货延期", "kind": "schedule"},
)  # fmt: skip
touches = Trace(
    "touches", _("touches"), _("is touched by"), "change.changerequest", "work.task", suspect_on=("name", "description"), source_suspect_on=("title", "reason")
)
