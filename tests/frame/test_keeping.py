"""What grows is kept for a time and no longer: notices, long work, sessions, history; orphans go; sizes and their pace are told."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from jingwei.domains.labour.models import Sheet
from jingwei.frame import secrets
from jingwei.frame.models import GrowthSample, History, LongWork, Membership, Notification, Role, Secret, User
from jingwei.frame.work import growth, keeping, retention
from jingwei.hub.models import Connection, System
from tests.house.conftest import House, house, inside  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db
grows_for_good = {
    "auth_", "django_content_type", "django_migrations", "account_", "mfa_", "procrastinate_workers", "procrastinate_events", "procrastinate_periodic_defers",
}  # fmt: skip


def aged(row: Any, days: float) -> None:
    """Make a row look as old as that."""
    type(row).unscoped.filter(pk=row.pk).update(updated_at=timezone.now() - timedelta(days=days), created_at=timezone.now() - timedelta(days=days))


def test_read_notices_finished_work_and_sessions_go_and_the_rest_stays(house: House, inside: Any) -> None:  # noqa: F811
    with inside():
        read = [Notification(user=house.owner, title_zh="a", title_en="a", read_at=timezone.now()) for _ in range(2)]
        unread = Notification(user=house.owner, title_zh="b", title_en="b")
        done, running = LongWork(title="a", status="done", file=b"x"), LongWork(title="b", status="running")
        for row in (*read, unread, done, running):
            row.save()
        for row, days in ((read[0], 91), (unread, 91), (done, 31), (running, 31)):
            aged(row, days)
        Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(hours=1))
        Session.objects.create(session_key="new", session_data="", expire_date=timezone.now() + timedelta(hours=1))
        retention.purge()
        assert set(Notification.objects.values_list("pk", flat=True)) == {read[1].pk, unread.pk}
        assert LongWork.objects.get().pk == running.pk
        assert Session.objects.get().session_key == "new"


def test_history_is_kept_at_least_half_a_year_whoever_asks(house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    with inside():
        keeping.forget_history()
        count = History.objects.count()
        assert count > 0
        with pytest.raises(DatabaseError, match="183"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT jingwei_forget_history(%s, now())", (house.tenant.pk,))
        with pytest.raises(DatabaseError), transaction.atomic():
            History.objects.all().delete()
        monkeypatch.setattr(keeping, "history_days", 1)
        assert keeping.forget_history() == 0 and History.objects.count() == count


def test_a_replaced_credential_and_a_photo_nobody_names_go(house: House, inside: Any, settings: Any, tmp_path: Path) -> None:  # noqa: F811
    settings.MEDIA_ROOT = tmp_path
    with inside():
        orphan, other = secrets.seal("connection:x", "old"), secrets.seal("totp:1", "kept by whoever made it")
        young = secrets.seal("connection:y", "young")
        for row in (orphan, other):
            aged(row, 2)
        (tmp_path / "labour").mkdir()
        for name in ("labour/used.jpg", "labour/orphan.jpg", "labour/young.jpg", "somebody-elses.txt"):
            (tmp_path / name).write_bytes(b"x")
        for name in ("labour/used.jpg", "labour/orphan.jpg", "somebody-elses.txt"):
            os.utime(tmp_path / name, (time.time() - 200_000,) * 2)
        from datetime import date

        from jingwei.domains.directory.models import Team

        team = Team(code="T", name="T")
        team.save()
        Sheet(project=house.project, number="1", work_date=date(2026, 11, 2), team=team, description="d", photo="labour/used.jpg").save()
        assert (keeping.remove_orphaned_secrets(), keeping.remove_orphaned_files()) == (1, 1)
        assert set(Secret.objects.values_list("pk", flat=True)) == {other.pk, young.pk}
        assert {each.name for each in tmp_path.rglob("*.*")} == {"used.jpg", "young.jpg", "somebody-elses.txt"}
        assert keeping.missing_files() == []
        Sheet.objects.all().delete()
        assert keeping.remove_orphaned_files() == 0, "a deleted row may come back, and its photo with it"
        (tmp_path / "labour" / "used.jpg").unlink()
        assert keeping.missing_files() == ["labour/used.jpg"], "what is gone all the same is told"


def test_credentials_in_use_are_no_orphans_however_old(house: House, inside: Any) -> None:  # noqa: F811
    """Every place that refers to a sealed value counts, also those that nobody can walk back from."""
    with inside():
        system = System(key="s", name="s", connector="redmine")
        system.save()
        used = [secrets.seal(f"{kind}:s", kind) for kind in ("connection", "webhook", "webhook")]
        Connection(system=system, credential=used[0], webhook_secret=used[1], webhook_secret_before=used[2]).save()
        for row in used:
            aged(row, 400)
        assert keeping.remove_orphaned_secrets() == 0
        assert Secret.objects.filter(pk__in=[row.pk for row in used]).count() == 3
        assert Connection.objects.get().credential_id == used[0].pk


def test_sizes_are_noted_once_a_day_and_tell_how_fast_it_grows(house: House, inside: Any) -> None:  # noqa: F811
    assert growth.report().bytes_a_day is None
    assert growth.sample() and not growth.sample()
    GrowthSample.objects.update(on=timezone.localdate() - timedelta(days=10))
    GrowthSample.objects.filter(name="frame_history").update(bytes=0)
    found = growth.report()
    part = next(each for each in found.parts if each.name == "frame_history")
    assert part.bytes > 0 and part.bytes_a_day == part.bytes / 10
    assert found.bytes == sum(each.bytes for each in found.parts) and found.free_bytes > 0


def test_only_administrators_of_the_organisation_see_it(house: House) -> None:  # noqa: F811
    half = User.objects.create_user("half", password=None)
    Membership.objects.create(tenant=house.tenant, user=half, role=Role.objects.get(tenant=house.tenant, key="owner"), project=house.project)
    for user, code in ((house.viewer, 403), (half, 403), (house.owner, 200)):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get("/settings/growth/").status_code == code, user


def test_every_table_that_flows_is_kept_for_a_time() -> None:
    """A new table that only grows must say for how long: business rows are kept for good, everything the machinery writes is not."""
    kept = {each.table for each in retention.kept} | {"frame_history", "frame_demand", "frame_secret", "frame_growthsample", "frame_accessevent"}
    machinery = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True)
        if not getattr(model, "keeps_history", False) and not any(model._meta.db_table.startswith(name) for name in grows_for_good)
    }  # fmt: skip
    lasting = {
        "frame_tenant", "frame_user", "frame_user_groups", "frame_user_user_permissions", "frame_role", "frame_membership", "frame_apitoken", "frame_savedview",
        "frame_pastpassword",  # five for a person at most
        "cost_snapshot", "schedule_baselinetask",  # made by a person, a few a month
        "frame_follower",  # one for each person and row that he follows; goes with the row
        "frame_counter",  # one for each project and kind of number; of sheets one for each day that has some
        "frame_search", "frame_searchfill",  # one for each row that is searched, one for each kind
        "hub_link", "hub_checkpoint", "hub_jobtally", "hub_offered",  # one for each record, side, kind of job, system
        "frame_dutydone", "frame_arrangement", "frame_noticechoices",  # one for each duty of an organisation, one for each person
    }  # fmt: skip
    assert machinery - kept - lasting == set(), "declare it with frame.retention.keep, or say here why it does not grow"
