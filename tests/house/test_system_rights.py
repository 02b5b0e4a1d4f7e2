"""Systems and their log-ins: whose they are, whose interfaces may use them, who may change them, and who sees what in the hub."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import Project, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.walls import troubles
from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface, System, SystemUse
from jingwei.hub.peers import uses
from jingwei.hub.peers.session import session_for
from jingwei.hub.register import services
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = pytest.mark.django_db
address = {"config-base_url": "https://evil.example", "secret-api_key": "k"}


@dataclass
class Two:
    """P1 with an interface over the organisation's tracker, P2 with an engineer of its own."""

    house: House
    other: Project
    tracker: System
    interface: Interface
    engineer: User

    def acting(self) -> Any:
        """As the engineer of P2."""
        rights = access_of(self.engineer, self.house.tenant)
        return scope.within(scope.Scope(self.house.tenant.pk, self.engineer.pk, rights.project_ids))

    def joining(self, system: System, key: str = "i2") -> dict[str, Any]:
        """An interface of P2 over a system."""
        local = System.objects.get(key="jingwei")
        return {"project": "P2", "key": key, "name": key, "system_a": system.pk, "stream_a": "issues", "system_b": local.pk, "stream_b": "work.task"}


@pytest.fixture
def two(house: House, inside: Callable[[], Any]) -> Two:
    with scope.within(scope.Scope(house.tenant.pk)):
        other = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        other.save()
        tracker = services.system_save(key="tracker", name="HOMETRACKER", connector="sandbox_tracker")
        services.connection_save(system=tracker, config={"base_url": "http://127.0.0.1:9"}, credentials={"api_key": "k"}, webhook_secret="whsec_c2VjcmV0")
        local = services.system_save(key="jingwei", name="经纬", connector="local")
        interface = services.interface_save(
            key="i1", name="HOMEJOIN", project=house.project, system_a=tracker, stream_a="issues", system_b=local, stream_b="work.task"
        )
    return Two(house, other, tracker, interface, member(house, "engineer2", "engineer", other))


def test_a_system_of_others_is_neither_seen_nor_changed(two: Two) -> None:
    client = logged_in(two.house, two.engineer)
    for path in ("/hub/systems/tracker/", f"/w/hub.system/{two.tracker.pk}/", "/hub/interfaces/i1/"):
        assert client.get(path).status_code in (403, 404), path
    assert client.post("/hub/systems/tracker/connection/", address).status_code == 404
    for path in ("/hub/", "/hub/topology.json", "/hub/monitor/", "/hub/trace/?id=1", "/hub/wizard/", "/w/hub.system/", "/pick/hub.system/"):
        page = client.get(path).content.decode()
        assert "HOMETRACKER" not in page and "HOMEJOIN" not in page, path
    assert Program(two.house, two.engineer, two.house.tenant).call("GET", f"/api/v1/hub.system/{two.tracker.pk}")[0] == 404


def test_a_log_in_is_used_only_where_it_is_granted(two: Two) -> None:
    interfaces, rights = resource("hub.interface"), access_of(two.engineer, two.house.tenant)
    with two.acting():
        with pytest.raises(ValidationError) as refused:
            commands.create(interfaces, two.joining(two.tracker), rights)
        assert set(refused.value.message_dict) == {"system_a"}, "what one may not look at is not there"
        with pytest.raises(PermissionDenied):
            commands.change(resource("hub.system"), two.tracker, {"name": "mine"}, rights)
    looker = member(two.house, "looker", "engineer", two.other)
    member(two.house, "looker", "viewer", None)
    with scope.within(scope.Scope(two.house.tenant.pk, looker.pk)), pytest.raises(ValidationError) as refused:
        commands.create(interfaces, two.joining(two.tracker), access_of(looker, two.house.tenant))
    assert "system_a" in refused.value.message_dict and "P2" in refused.value.messages[0], "who may look at it is told what is missing"
    client = logged_in(two.house, two.house.owner)
    assert client.post("/hub/systems/tracker/use/", {"project": "P2", "action": "give"}).status_code == 302
    with two.acting():
        made = commands.create(interfaces, two.joining(two.tracker), rights)
        assert made.project_id == two.other.pk
        with pytest.raises(PermissionDenied):
            commands.change(resource("hub.system"), two.tracker, {"name": "mine"}, rights)
    engineer = logged_in(two.house, two.engineer)
    page = engineer.get("/hub/systems/tracker/").content.decode()
    assert "HOMETRACKER" in page and "/hooks/" not in page and "HOMEJOIN" not in page
    assert engineer.post("/hub/systems/tracker/connection/", address).status_code == 403
    assert engineer.post("/hub/systems/tracker/use/", {"project": "P2"}).status_code == 403
    with scope.within(scope.Scope(two.house.tenant.pk)):
        assert Connection.objects.get(system=two.tracker).hosts == ["127.0.0.1:9"]


def test_whoever_looks_after_a_system_grants_it_by_using_it(two: Two, inside: Callable[[], Any]) -> None:
    with inside():
        assert SystemUse.objects.get(system=two.tracker).project == two.house.project
        commands.create(resource("hub.interface"), two.joining(two.tracker), access_of(two.house.owner, two.house.tenant))
        assert uses.is_given(two.tracker, two.other.pk)


def test_a_projects_own_system_is_its_own_until_others_use_it(two: Two, inside: Callable[[], Any]) -> None:
    systems, rights = resource("hub.system"), access_of(two.engineer, two.house.tenant)
    with two.acting():
        own = commands.create(systems, {"key": "own", "name": "own", "connector": "sandbox_tracker", "project": "P2"}, rights)
        commands.change(systems, own, {"name": "renamed"}, rights)
        commands.create(resource("hub.interface"), two.joining(own), rights)
    with inside():
        uses.give(system=own, project=two.house.project)
    with two.acting(), pytest.raises(PermissionDenied):
        commands.change(systems, own, {"name": "again"}, rights)


def test_a_session_refuses_a_log_in_that_was_taken_back(two: Two) -> None:
    with scope.within(scope.Scope(two.house.tenant.pk)):
        Interface.objects.filter(pk=two.interface.pk).update(stage="live")
        with pytest.raises(ValidationError, match="HOMEJOIN"):
            uses.withdraw(system=two.tracker, project=two.house.project)
        Interface.objects.filter(pk=two.interface.pk).update(stage="paused")
        uses.withdraw(system=two.tracker, project=two.house.project)
        with pytest.raises(contract.Forbidden, match="not granted"):
            session_for(Interface.objects.get(pk=two.interface.pk), "a").request("GET", "/api/issues")


def test_a_stage_is_one_of_the_stages(two: Two) -> None:
    with scope.within(scope.Scope(two.house.tenant.pk)):
        with pytest.raises(ValidationError) as refused:
            services.interface_switch(instance=two.interface, stage="bogus")
        assert "stage" in refused.value.message_dict
        with pytest.raises(IntegrityError), transaction.atomic():
            Interface.objects.filter(pk=two.interface.pk).update(stage="bogus")
    client = logged_in(two.house, two.house.owner)
    assert client.post("/hub/interfaces/i1/switch/", {"stage": "bogus"}).status_code == 404
    assert Program(two.house, two.house.owner, two.house.tenant).call("POST", "/api/v1/hub/interfaces/i1/switch", {"stage": "bogus"})[0] == 422


def test_the_wizard_registers_for_a_project_of_ones_own(two: Two) -> None:
    client: Client = logged_in(two.house, two.engineer)
    with scope.within(scope.Scope(two.house.tenant.pk)):
        before = dict(System.objects.get(key="tracker").connection.config)
    data = {"connector": "local", "key": "mine", "name": "mine"}
    assert client.post("/hub/wizard/?connector=local", data | {"project": "P1"}).status_code == 422
    assert client.post("/hub/wizard/?connector=local", data).status_code == 302
    with scope.within(scope.Scope(two.house.tenant.pk)):
        assert System.objects.get(key="mine").project == two.other
    hidden = client.post("/hub/wizard/?connector=sandbox_tracker", {"connector": "sandbox_tracker", "key": "tracker"} | address)
    assert hidden.status_code == 422 and str(troubles.taken()) in hidden.text, "no word of what it is, and nothing is changed"
    with scope.within(scope.Scope(two.house.tenant.pk)):
        found = System.objects.get(key="tracker")
        assert (found.pk, found.project_id, found.connector) == (two.tracker.pk, two.tracker.project_id, two.tracker.connector)
        assert dict(found.connection.config) == before and System.objects.filter(key__iexact="tracker").count() == 1
