"""What health says is what the home, the alarms and my work say: nobody is told that all is well while an interface is not healthy."""

from __future__ import annotations

import itertools

import pytest
from django.test import Client
from django.utils import timezone, translation

from jingwei.frame.models import Alarm, Membership, Role, User
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import watches
from jingwei.frame.waiting import waiting_for
from jingwei.hub.engine import worklist
from jingwei.hub.models import Conflict, DeadLetter, Interface, Quarantine
from jingwei.hub.monitor import health
from jingwei.hub.watches import degraded, down
from tests.hub.monitor.conftest import House, interface_between
from tests.hub.people import backend

pytestmark = pytest.mark.django_db
well = {"en": "every interface in use is healthy", "zh-hans": "启用的接口全部正常"}


def somebody(house: House, name: str, *grants: str) -> User:
    user = User.objects.create_user(name, password=None)
    role = Role.objects.create(tenant=house.tenant, key=f"role-{name}", name=name, grants=list(grants))
    Membership.objects.create(tenant=house.tenant, user=user, role=role, project=house.project)
    return user


def home(user: User, language: str = "en") -> str:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user, backend=backend)
    client.post("/home/widgets/", {"widget": [], "action": "take:danger"})
    return client.get("/").content.decode().split('data-card="danger"')[1].split("</section>")[0]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("state", "stage"), list(itertools.product(Interface.State.values, Interface.Stage.values)))
def test_home_says_that_all_is_well_only_when_health_does(house: House, state: str, stage: str, language: str) -> None:
    """Against an oracle, over every state and stage: the sentence stands exactly when no live interface is anything but healthy; else it is named."""
    user = somebody(house, "looker", "hub.interface.view", "work.task.view")
    house.set(state=state, stage=stage, judged_at=timezone.now())
    card = home(user, language)
    is_well = stage != "live" or state == "ok"
    assert (well[language] in card) == is_well
    assert (f"/hub/interfaces/{house.interface.key}/" in card) != is_well


def test_an_interface_of_a_project_without_tasks_to_see_is_named_too_and_strangers_hear_nothing(house: House) -> None:
    house.set(state="degraded", judged_at=timezone.now(), state_detail=[{"level": "degraded", "zh": "被隔离", "en": "in quarantine"}])
    assert "in quarantine" in home(somebody(house, "operator", "hub.interface.view"))
    stranger = home(somebody(house, "stranger", "work.task.view"))
    assert house.interface.name not in stranger and "interface" not in stranger.lower().replace("interfaces/", "")


@pytest.mark.parametrize(("state", "watch"), [("down", down), ("degraded", degraded)])
def test_what_health_calls_down_or_degraded_is_an_alarm_with_its_reason(house: House, state: str, watch: watches.Watch) -> None:
    house.set(state=state, state_detail=[{"level": state, "zh": "原因", "en": "the reason"}])
    for each in (down, degraded):
        watches.look(each)
    alarm = Alarm.objects.get()
    assert (alarm.watch, alarm.row_id) == (watch.key, house.interface.pk)
    assert alarm.title_en.endswith("the reason") and alarm.title_zh.endswith("原因") and alarm.url == f"/hub/interfaces/{house.interface.key}/"
    for values in ({"state": "ok"}, {"state": state, "stage": "paused"}):
        house.set(**values)
        watches.look(watch)
        assert not Alarm.objects.filter(ended_at=None).exists()


def test_open_alarms_follow_health_from_state_to_state(house: House) -> None:
    """Quarantine makes it degraded, a refused log-in down; each end is told, and never two at once."""

    def looked() -> list[str]:
        health.judge(house.interface)
        for each in (down, degraded):
            watches.look(each)
        return list(Alarm.objects.filter(ended_at=None).values_list("watch", flat=True))

    assert looked() == []
    row = Quarantine(interface=house.interface, delivery=house.delivery(state="quarantined"), side="a", record_key="7")
    row.save()
    assert looked() == ["interface.degraded"]
    house.peer(held_since=timezone.now())
    assert looked() == ["interface.down"]
    house.peer(held_since=None)
    assert looked() == ["interface.degraded"]
    Quarantine.objects.update(released_at=timezone.now())
    assert looked() == []


def test_my_work_counts_everything_of_interfaces_that_waits_for_a_person(house: House) -> None:
    """Quarantine, dead letters, held deletes and conflicts, an interface a line, for those who may decide there and for nobody else."""
    other = interface_between(house.project, house.theirs, house.ours, "other")
    link = house.link()
    for number in (1, 2):
        Quarantine(interface=house.interface, delivery=house.delivery(state="quarantined", record_key=str(number)), side="a", record_key=str(number)).save()
    entry = house.entry(link, state="dead")
    DeadLetter(interface=house.interface, entry=entry, code="refused").save()
    house.entry(link, state="held", action="delete")
    Conflict(interface=house.interface, link=link, field="name").save()
    deciding, looking = (
        somebody(house, name, *grants) for name, grants in (("a", ("hub.interface.view", "hub.interface.change")), ("b", ("hub.interface.view",)))
    )
    assert worklist.conflicts_waiting, "what declares the kinds is loaded"
    rights = [access_of(user, house.tenant) for user in (deciding, looking)]
    with translation.override("en"):
        found = {kind.name: [(row.title, row.note) for row in rows] for kind, rows in waiting_for(rights[0])}
    name = house.interface.name
    assert found == {
        "hub.conflicts": [(name, "1 to decide")],
        "hub.quarantine": [(name, "2 to decide")],
        "hub.dead_letters": [(name, "1 to decide")],
        "hub.deletes": [(name, "1 to decide")],
    }
    assert waiting_for(rights[1]) == [] and other.name not in str(found)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(deciding, backend=backend)
    for _kind, rows in waiting_for(rights[0]):
        assert all(client.get(row.url).status_code == 200 for row in rows)
