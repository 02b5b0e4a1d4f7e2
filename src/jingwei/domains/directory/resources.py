"""Projects, people and teams, declared."""

from __future__ import annotations

from datetime import date

from jingwei.domains.directory import services
from jingwei.domains.directory.models import Person, Team
from jingwei.frame.models import Project
from jingwei.frame.records.resource import Resource

projects = Resource(
    Project,
    columns=("code", "name", "status", "manager", "customer", "start_on"),
    folded=("zone", "currency", "scheduled_from", "finish_on", "has_critical_ends", "progress_logic", "data_date"),
    fields=(
        "code",
        "name",
        "status",
        "manager",
        "customer",
        "zone",
        "currency",
        "start_on",
        "scheduled_from",
        "finish_on",
        "has_critical_ends",
        "progress_logic",
        "data_date",
        "description",
    ),
    natural_key=("code",),
    filters=("status", "manager"),
    search=("code", "name", "customer"),
    inline=("name", "status"),
    order=("code",),
    rules=(services.check_finish,),
    write=services.project_save,
    templated=("name", "zone", "currency", "scheduled_from", "finish_on", "has_critical_ends", "progress_logic", "description"),
    roles={"manager": "view change export", "pmo": "*"},
    icon="folder",
    menu="projects",
    example=lambda: {"code": "P-1", "name": "示例项目", "start_on": date(2026, 11, 2)},
)
teams = Resource(
    Team,
    columns=("code", "name", "kind"),
    fields=("code", "name", "kind"),
    natural_key=("code",),
    filters=("kind",),
    search=("code", "name"),
    inline=("name",),
    order=("code",),
    roles={"pmo": "*", "manager": "view add change export import", "crew": "view"},
    icon="users",
    menu="resources",
    example=lambda: {"code": "T-1", "name": "集成一组"},
)
people = Resource(
    Person,
    columns=("number", "name", "team", "position", "email", "is_active"),
    fields=("number", "name", "team", "position", "skills", "email", "phone", "user", "is_active"),
    natural_key=("number",),
    filters=("team", "is_active"),
    search=("number", "name", "email"),
    also_named=("email", "user__username"),
    inline=("position",),
    templated=("position",),
    is_placeholder=True,
    order=("number",),
    roles={"pmo": "*", "manager": "view add change export import", "crew": "view"},
    icon="user",
    menu="resources",
    example=lambda: {"number": "E-1", "name": "王小明", "position": "集成工程师"},
)
