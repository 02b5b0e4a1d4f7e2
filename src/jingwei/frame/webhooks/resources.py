"""Webhooks, declared."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Webhook
from jingwei.frame.records.resource import Resource
from jingwei.frame.webhooks import saving

webhooks = Resource(
    Webhook,
    columns=("name", "url", "facts", "projects", "is_active", "failing_since", "off_because"),
    fields=("name", "url", "facts", "projects", "is_active"),
    natural_key=("name",),
    filters=("is_active",),
    search=("name",),
    order=("name",),
    untold=("limits", "likes", "project_ids", "secret", "former", "former_until", "is_shown", "paused_until", "full_since"),
    rules=(saving.check_person, saving.take_in),
    write=saving.save,
    seen_from=lambda _projects: Q(pk__in=()),  # of the organisation alone: nobody who administers one project sees where others send
    is_reserved=True,
    pages=((_("Log and secret"), "webhook-log", "list"),),
    icon="webhook",
    menu="settings",
    is_stream=False,
    example=lambda: {"name": "BI", "url": "https://bi.example.com/hooks", "facts": "work.task.*"},
)
