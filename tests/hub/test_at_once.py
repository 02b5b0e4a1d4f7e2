"""What two people do in the hub in the same moment: one after the other, and the second on what the first has left."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import User
from jingwei.hub.engine import decisions, rehearse
from jingwei.hub.inbox import deliveries
from jingwei.hub.models import Connection, DeadLetter, Delivery, Interface, Link, MappingDraft, OutboxEntry, Quarantine, SystemUse
from jingwei.hub.peers import catalogue, uses
from jingwei.hub.register import drafts, services
from jingwei.hub.sync import polling
from tests.at_once import overlapped, together
from tests.hub.conftest import Joined, system_of
from tests.hub.deeds import change, fresh, issue
from tests.hub.pages.test_deciding import park
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)


def by(joined: Joined, user: User, work: Any) -> Any:
    """A deed of somebody, on whatever connection."""

    def deed() -> Any:
        with scope.within(scope.Scope(joined.tenant.pk, user.pk)), translation.override("en"):
            try:
                return work()
            except ValidationError as problem:
                raise ValidationError(problem.messages) from problem  # in words, while they are in this language

    return deed


@pytest.fixture
def granted(joined: Joined) -> Joined:
    """The pair paused, its system granted to the project, and an engineer of the project who cannot grant it."""
    services.interface_switch(instance=joined.interface, stage=Interface.Stage.PAUSED)
    uses.give(system=system_of("tracker"), project=joined.project)
    return joined


def is_live_without_its_grant(joined: Joined) -> bool:
    return fresh(joined).stage == Interface.Stage.LIVE and not SystemUse.objects.filter(project=joined.project).exists()


def test_what_loses_its_grant_in_that_moment_is_not_switched_on(granted: Joined) -> None:
    engineer = person(granted, "engineer", "hub.interface.*")
    withdraw = by(granted, owner(granted), lambda: uses.withdraw(system=system_of("tracker"), project=granted.project))
    _one, two = overlapped(withdraw, by(granted, engineer, lambda: services.interface_switch_on(instance=fresh(granted))))
    assert isinstance(two, ValidationError) and "not granted" in str(two) and fresh(granted).stage == Interface.Stage.PAUSED
    assert not is_live_without_its_grant(granted)


def test_the_grant_of_what_is_switched_on_in_that_moment_stays(granted: Joined) -> None:
    engineer = person(granted, "engineer", "hub.interface.*")
    withdraw = by(granted, owner(granted), lambda: uses.withdraw(system=system_of("tracker"), project=granted.project))
    _one, two = overlapped(by(granted, engineer, lambda: services.interface_switch_on(instance=fresh(granted))), withdraw)
    assert isinstance(two, ValidationError) and "Pause them first" in str(two)
    assert fresh(granted).stage == Interface.Stage.LIVE and not is_live_without_its_grant(granted)


def test_a_parked_record_is_settled_once(joined: Joined) -> None:
    row, user = park(joined), owner(joined)
    discard = by(joined, user, lambda: decisions.quarantine_discard(rows=[row]))
    release = by(joined, user, lambda: decisions.quarantine_release(rows=[row]))
    assert overlapped(discard, release) == (1, 0)
    delivery = Delivery.objects.get(pk=row.delivery_id)
    assert (delivery.outcome, delivery.state) == ("discarded", Delivery.State.QUARANTINED)


def test_a_record_that_goes_in_again_is_not_discarded_too(joined: Joined) -> None:
    row, user = park(joined), owner(joined)
    release = by(joined, user, lambda: decisions.quarantine_release(rows=[row]))
    assert overlapped(release, by(joined, user, lambda: decisions.quarantine_discard(rows=[row]))) == (1, 0)
    delivery = Delivery.objects.get(pk=row.delivery_id)
    assert (delivery.outcome != "discarded", delivery.state) == (True, Delivery.State.WAITING)


def test_the_page_says_that_somebody_else_has_settled_it(joined: Joined) -> None:
    row, user = park(joined), owner(joined)
    client: Client = browser(user)
    release = by(joined, user, lambda: decisions.quarantine_release(rows=[row]))
    for action in ("discard", "replay"):
        address = f"/hub/parked/{row.pk}/mend/"
        _one, two = overlapped(release, lambda action=action, address=address: client.post(address, {"action": action}, follow=True))
        assert "settled this record in the meantime" in two.content.decode(), action
        Quarantine.objects.filter(pk=row.pk).update(released_at=None)


def test_a_dead_letter_is_settled_once(joined: Joined) -> None:
    delivery, user = park(joined).delivery, owner(joined)
    letter = DeadLetter.objects.create(interface=joined.interface, delivery=delivery, code="x", tenant_id=joined.tenant.pk)
    discard = by(joined, user, lambda: decisions.dead_letter_settle(letters=[letter], settlement="discard"))
    replay = by(joined, user, lambda: decisions.dead_letter_settle(letters=[letter], settlement="replay"))
    assert overlapped(discard, replay) == (1, 0)
    assert DeadLetter.objects.get(pk=letter.pk).settlement == "discard" and Delivery.objects.get(pk=delivery.pk).state == Delivery.State.QUARANTINED


def test_two_settings_of_a_connection_that_are_changed_at_once_both_stand(joined: Joined) -> None:
    user = owner(joined)

    def change(name: str) -> Any:
        return by(joined, user, lambda: services.connection_change(system=system_of("tracker"), config={name: name}))

    overlapped(change("one"), change("two"))
    kept = Connection.objects.get(system__key="tracker").config
    assert kept == {"base_url": joined.program.url, "one": "one", "two": "two"}


def test_two_secrets_of_a_connection_that_are_put_in_at_once_both_stand(joined: Joined) -> None:
    system, user = system_of("tracker"), owner(joined)
    change = by(joined, user, lambda: services.connection_change(system=system_of("tracker"), config={"one": "one"}))
    put_in = by(joined, user, lambda: services.credentials_save(system=system, given={"api_key": "another"}))
    overlapped(change, put_in)
    assert Connection.objects.get(system__key="tracker").config.get("one") == "one", "putting in a secret writes no setting back"


def test_what_is_typed_into_a_draft_while_it_is_published_stays(joined: Joined) -> None:
    user, seen = owner(joined), drafts.mark(fresh(joined), None)
    draft = by(joined, user, lambda: drafts.keep(interface=fresh(joined), mapping={"n": 1}, tables={}, seen=seen))()
    mark = drafts.mark(fresh(joined), draft)
    type_on = by(joined, user, lambda: drafts.keep(interface=fresh(joined), mapping={"n": 2}, tables={}, seen=mark))
    publish = by(joined, user, lambda: drafts.finish(interface=fresh(joined), mapping={"n": 1}, tables={}, seen=mark))
    _one, two = overlapped(type_on, publish)
    assert two is None and MappingDraft.objects.get(interface=joined.interface).mapping == {"n": 2}


def test_who_works_on_an_interface_holds_up_nobody_who_only_refers_to_it(joined: Joined) -> None:
    user, delivery = owner(joined), park(joined).delivery
    letter = {"interface": joined.interface, "delivery": delivery, "code": "x", "tenant_id": joined.tenant.pk}
    write = by(joined, user, lambda: drafts.keep(interface=fresh(joined), mapping={}, tables={}, seen=drafts.mark(fresh(joined), None)))
    pause = by(joined, user, lambda: services.interface_pause(instance=fresh(joined)))
    for act in (write, pause):
        _one, two = overlapped(act, by(joined, user, lambda: DeadLetter.objects.create(**letter).pk), passes=True)
        assert isinstance(two, int)


def refused(joined: Joined) -> DeadLetter:
    """A write that the tracker has refused for good."""
    issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), work_hours="200000")
    joined.sync()
    return DeadLetter.objects.select_related("entry").get(settled_at=None)


@pytest.mark.parametrize("settlement", ["replay", "discard"])
def test_a_dead_letter_is_settled_in_the_order_in_which_the_worker_goes(joined: Joined, settlement: str) -> None:
    """Given a link that the worker holds, when a person settles its letter and the worker does so too, then one waits and none is refused."""
    letter, user = refused(joined), owner(joined)

    def held() -> Link:
        return Link.objects.select_for_update().get(pk=letter.entry.link_id)

    def overtake() -> None:
        DeadLetter.objects.filter(pk=letter.pk, settled_at=None).update(settled_at=timezone.now(), settlement="overtaken")

    settle = by(joined, user, lambda: decisions.dead_letter_settle(letters=[letter], settlement=settlement))
    assert overlapped(held, settle, waits=True, then=overtake)[1] == 0
    assert DeadLetter.objects.get(pk=letter.pk).settlement == "overtaken"


def test_held_deletes_pass_in_the_order_in_which_the_worker_goes(joined: Joined) -> None:
    """Given a link that the worker holds, when a person lets its held delete pass, then he holds nothing that the worker goes on to write."""
    known = issue(joined)
    joined.sync()
    (link,), user = Link.objects.filter(key_a=str(known["id"])), owner(joined)
    entry = OutboxEntry.objects.create(interface=joined.interface, tenant_id=joined.tenant.pk, link=link, side="b", action="delete", state="held")

    def held() -> Link:
        return Link.objects.select_for_update().get(pk=link.pk)

    def write() -> None:
        OutboxEntry.objects.filter(pk=entry.pk).update(error="seen")
        Interface.objects.filter(pk=joined.interface.pk).update(held_reason="")

    allow = by(joined, user, lambda: decisions.deletes_allow(interface=joined.interface))
    assert overlapped(held, allow, waits=True, then=write)[1] == 1
    assert OutboxEntry.objects.get(pk=entry.pk).state == OutboxEntry.State.WAITING and fresh(joined).deletes_allowed_at is not None


def test_a_dry_run_holds_nobody_up_while_the_peer_answers(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two pages of theirs and a record to look up, when each is asked for in a dry run, then somebody else goes on writing in the project."""
    known = issue(joined, subject="待核实")
    joined.sync()
    task = Task.objects.get()
    deliveries.ask(joined.interface, "a", [str(known["id"])], "said to be deleted")
    for _ in range(4):
        issue(joined)
    connector, user, written = type(catalogue.connector("sandbox_tracker")), owner(joined), list[Any]()
    monkeypatch.setattr(polling, "page_size", 2)

    def slow(name: str) -> None:
        plain = getattr(connector, name)

        def answered(*given: Any) -> Any:
            deed = by(joined, user, lambda: work.task_save(instance=Task.objects.get(pk=task.pk), name=f"{name} {len(written)}"))
            assert not connection.in_atomic_block
            written.extend(together(deed))
            return plain(*given)

        monkeypatch.setattr(connector, name, answered)

    slow("read"), slow("lookup")
    report = rehearse.dry_run(joined.interface.pk)
    assert len(written) >= 4 and not [each for each in written if isinstance(each, Exception)]
    assert sum(each["action"] == "create" and each["side"] == "b" for each in report["writes"]) == 4
