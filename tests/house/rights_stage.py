"""The stage of the law of rights: two organisations, two projects, rows of every kind in the first one, and everybody who may knock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.utils import timezone

from jingwei.domains.schedule import services as schedule
from jingwei.domains.schedule.models import Baseline, Scenario
from jingwei.frame import scope
from jingwei.frame.carried import files, tags, talk
from jingwei.frame.models import ApiToken, Deputy, DocumentText, DocumentVersion, LongWork, Membership, Notification, Project, Role, User
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.traces import edges, traces
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, Quarantine
from jingwei.hub.register import services as hub
from tests.house.conftest import House

canary = "HOMEBIRD"  # stands in every row of P1: nobody from outside may ever read it
backend = "allauth.account.auth_backends.AuthenticationBackend"
# who knocks: nobody, the administrator of another organisation, a manager of another project, a viewer, a manager elsewhere who is a viewer here,
# the administrator of this one project, somebody whose rights ended after the log-in, and the administrator of everything
actors = ("anonymous", "other", "far", "viewer", "split", "lead", "revoked", "head")
outsiders = ("anonymous", "other", "far", "revoked")
readers = ("viewer", "split")


@dataclass
class Stage:
    """What there is, and who asks."""

    house: House
    elsewhere: Project
    interface: Interface
    rows: dict[str, Any] = field(default_factory=dict)
    further: dict[str, Any] = field(default_factory=dict)  # rows that nothing is joined with yet
    edges: dict[str, int] = field(default_factory=dict)  # one at the row of each resource that has traces
    fresh: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    carried: dict[str, dict[str, int]] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def project(self) -> Project:
        return self.house.project


def built(house: House) -> Stage:
    """Everything once; what an operation does is rolled back after each call."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        elsewhere = Project(code="P2", name="elsewhere", start_on=date(2026, 11, 2))
        elsewhere.save()
        stage = Stage(house, elsewhere, None)  # type: ignore[arg-type]
        for resource in resources():
            stage.rows[resource.key] = house.project if resource.model is Project else house.make(resource)
        for resource in resources():
            stage.fresh[resource.key] = house.values(resource, 77)
        Interface.objects.filter(pk=stage.rows["hub.interface"].pk).update(stream_a="work.task", stream_b="risk.risk")
        stage.interface = Interface.objects.select_related("system_a", "system_b", "project").get(pk=stage.rows["hub.interface"].pk)
        mapping = {"pairs": [{"a": "code", "b": "code"}, {"a": "name", "b": "title"}]}
        hub.version_publish(interface=stage.interface, spec=hub.spec_of(stage.interface, mapping))
        _marked(stage)
        _extras(stage)
        _carried(stage)
        _joined(stage)
    _people(stage)
    return stage


def _carried(stage: Stage) -> None:
    """A comment, a file and a tag on the row of every resource that carries them, by the administrator of everything."""
    access = access_of(stage.house.owner, stage.house.tenant)
    for resource in [each for each in resources() if each.carries]:
        row = stage.rows[resource.key]
        (attachment,) = files.attach(resource, row, [SimpleUploadedFile(f"{canary}.txt", canary.encode())], access)
        comment, tag = talk.say(resource, row, canary, access), tags.add(resource, row, canary, access)
        stage.carried[resource.key] = {"attachment": attachment.pk, "comment": comment.pk, "tag": tag.pk}


def _marked(stage: Stage) -> None:
    """The canary, in a text of every row of P1."""
    for resource in resources():
        name = text_of(resource)
        if resource.model.project_path and name is not None:
            resource.model.objects.filter(pk=stage.rows[resource.key].pk).update(**{name: canary})
    Project.objects.filter(pk=stage.project.pk).update(name=canary)


def text_of(resource: Resource) -> str | None:
    """A plain text that may be written and names nothing."""
    for name in resource.plain_fields:
        found = resource.model_field(name)
        if type(found) in (models.CharField, models.TextField) and not found.choices and not name.startswith(names):
            return name
    return None


names = ("code", "key", "number", "period", "zone", "currency", "connector", "stream")


def _extras(stage: Stage) -> None:
    """What is no resource: what-ifs, baselines, long work, notices, and what waits in the hub."""
    house = stage.house
    what_if = Scenario(project=house.project, name=canary)
    what_if.save()
    work = LongWork(user=house.owner, title=canary, payload={"kind": "x"})
    work.save()
    Notification(user=house.viewer, title_zh=canary, title_en=canary, project=house.project).save()
    schedule.baseline_take(project=house.project, name=canary)
    link = Link(interface=stage.interface, key_a="A-1", key_b="1", base={"name": canary}, seen_a={"name": canary}, seen_b={"name": canary})
    link.save()
    delivery = Delivery(interface=stage.interface, side="a", source="poll", record_key="A-1", record={"key": "A-1", "values": {"name": canary}})
    delivery.save()
    parked = Quarantine(
        interface=stage.interface, delivery=delivery, link=link, side="a", record_key="A-1", code="x", problems=[{"field": "name", "zh": canary, "en": canary}]
    )
    parked.save()
    conflict = Conflict(interface=stage.interface, link=link, field="name", value_a=canary, value_b=canary, base=canary, reason="both")
    conflict.save()
    letter = DeadLetter(interface=stage.interface, delivery=delivery, code="x", message_zh=canary, message_en=canary)
    letter.save()
    token, _text = ApiToken.issue(tenant=house.tenant, user=house.owner, name=canary)
    deputy = Deputy(person=house.owner, deputy=house.stranger, from_on=date(2026, 11, 2), until_on=date(2199, 1, 1))
    deputy.save()
    DocumentText(project=house.project, document="risk.register", section="assessment", text=canary).save()
    stored = {kind: ContentFile(canary.encode(), f"{canary}.{kind}") for kind in ("docx", "pdf")}
    DocumentVersion(
        project=house.project,
        document="risk.register",
        number=1,
        language="en",
        print="x",
        said_at=timezone.now(),
        docx_size=8,
        pdf_size=8,
        by=house.owner,
        **stored,
    ).save()
    stage.ids = {
        "deputy": deputy.pk,
        "scenario": what_if.pk, "work": work.pk, "parked": parked.pk, "membership": Membership.objects.get(user=house.viewer).pk,
        "baseline": Baseline.objects.get(project=house.project).pk, "conflict": conflict.pk, "letter": letter.pk, "token": token.pk,
    }  # fmt: skip


def _joined(stage: Stage) -> None:
    """An edge of every trace, and further rows to join."""
    for trace in traces():
        edge = edges.join(trace, *(stage.rows[end.key] for end in trace.ends), stage.house.access)
        for end in trace.ends:
            stage.edges.setdefault(end.key, edge.pk)
            stage.further.setdefault(end.key, stage.house.make(end))


def _people(stage: Stage) -> None:
    house = stage.house
    membership = {
        "far": [("manager", stage.elsewhere)], "split": [("manager", stage.elsewhere), ("viewer", house.project)], "lead": [("owner", house.project)],
        "onlooker": [("viewer", house.project)], "revoked": [("owner", house.project)],
    }  # fmt: skip
    people: dict[str, User] = {"other": house.stranger, "head": house.owner}
    for name, held in membership.items():
        user = people[name] = User.objects.create_user(f"{name}-person", password=None)
        for key, project in held:
            role, _made = Role.objects.get_or_create(tenant=house.tenant, key=key, defaults={"name": key, "is_standard": True})
            Membership.objects.create(tenant=house.tenant, user=user, role=role, project=project)
    people["viewer"] = people.pop("onlooker")
    stage.clients = {name: Client(headers={"Accept-Language": "en"}, raise_request_exception=False) for name in actors}
    for name, user in people.items():
        stage.clients[name].force_login(user, backend=backend)
    Membership.objects.filter(user=people["revoked"]).delete()  # in mid-session


def as_form(stage: Stage, resource: Resource) -> dict[str, Any]:
    """A new row as a form posts it."""
    return {n: f"#{v.pk}" if isinstance(v, models.Model) else v for n, v in stage.fresh[resource.key].items() if v is not None}


def as_json(stage: Stage, resource: Resource) -> dict[str, Any]:
    """A new row as a program sends it."""
    values = {n: v.pk if isinstance(v, models.Model) else v for n, v in stage.fresh[resource.key].items()}
    return json.loads(json.dumps(values, default=str))  # type: ignore[no-any-return]
