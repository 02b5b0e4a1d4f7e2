"""Systems and interfaces, declared."""

from __future__ import annotations

import re
import time
from functools import lru_cache

from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.records import origins, past
from jingwei.frame.records.resource import Resource
from jingwei.hub.models import Interface, System
from jingwei.hub.monitor import health
from jingwei.hub.peers import uses
from jingwei.hub.register import services, stages

keys_known_seconds = 10
systems = Resource(
    System,
    columns=("key", "name", "connector", "project", "owner", "state"),
    fields=("key", "name", "connector", "project", "owner", "description"),
    natural_key=("key",),
    filters=("connector", "state"),
    search=("key", "name"),
    inline=("name",),
    order=("key",),
    rules=(services.check_connector,),
    write=services.system_save,
    place="project_id",
    seen_from=uses.seen_from,
    stands_in=uses.projects_of,
    roles={"manager": "add change", "engineer": "add change delete connect", "operations": "change connect", "pmo": "view"},
    icon="server",
    menu="integration",
    is_stream=False,
    example=lambda: {"key": "sys-1", "name": "示例系统", "connector": "local"},
)
interfaces = Resource(
    Interface,
    columns=("key", "name", "project", "system_a", "stream_a", "system_b", "stream_b", "stage", "state"),
    fields=(
        "project", "key", "name", "system_a", "stream_a", "system_b", "stream_b", "requirement", "owner", "poll_seconds", "reconcile_hours",
        "on_delete", "on_leave", "delete_limit_percent", "freshness_seconds", "restore_minutes",
    ),
    natural_key=("key",),
    filters=("project", "stage", "state"),
    search=("key", "name", "requirement"),
    inline=("name", "poll_seconds"),
    order=("key",),
    rules=(services.check_streams,),
    write=services.interface_save,
    before_read=health.judge_if_stale,
    granted=("system_a", "system_b"),
    life=stages.life,
    roles={"manager": "*", "engineer": "*", "operations": "change switch_on pause retire", "pmo": "view"},
    icon="plug",
    menu="integration",
    is_stream=False,
    example=lambda: {"key": "if-1", "name": "示例接口", "stream_a": "a", "stream_b": "b"},
)  # fmt: skip


def _interfaces_told(keys: set[str]) -> dict[str, str]:
    """Changes that an interface made are told by its name."""
    return {key: _("interface “%(name)s”") % {"name": name} for key, name in Interface.objects.filter(key__in=keys).values_list("key", "name")}


def _version_told(reason: str) -> str:
    """`mes-tasks v3` is its third version, where there is such an interface; people may write what looks like it."""
    found = re.fullmatch(r"(\S+) v(\d+)", reason)
    if found is None or found[1] not in _keys(scope.current().tenant_id, int(time.monotonic() // keys_known_seconds)):
        return reason
    return _("version %(number)s of interface %(key)s") % {"number": found[2], "key": found[1]}


@lru_cache(maxsize=64)
def _keys(_tenant_id: int, _moment: int) -> frozenset[str]:
    """The keys of all interfaces of an organisation: a page asks for hundreds of reasons."""
    return frozenset(Interface.objects.values_list("key", flat=True))


past.origin_names("interface", "hub.interface.view")
origins.tells("interface", _interfaces_told, reason=_version_told, goes_on=True)
