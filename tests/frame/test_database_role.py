"""The application's own log-in to the database: it owns nothing, becomes nobody else, and writes no history by hand."""

from __future__ import annotations

import os
import stat
from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from jingwei.assembly import examination
from jingwei.frame import scope
from jingwei.frame.models import AccessEvent, History, Project, Tenant
from jingwei.frame.postgres import address, login
from jingwei.frame.postgres.base import app_role, as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside() -> Tenant:
    tenant = Tenant.objects.create(code="a", name="A")
    with scope.within(scope.Scope(tenant.pk)):
        Project(code="P", name="x", start_on=date(2026, 11, 2)).save()
        yield tenant


def asked(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def test_the_application_logs_in_as_itself_and_is_nobody(inside: Tenant) -> None:
    ((session, current),) = asked("SELECT session_user, current_user")
    assert (session, current) == (app_role, app_role)
    ((rights,),) = asked("SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
    assert rights is False
    assert asked("SELECT relname FROM pg_class WHERE relowner = session_user::regrole") == []
    assert asked("SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = session_user::regrole") == []


def test_reset_role_leads_nowhere(inside: Tenant) -> None:
    asked("RESET ROLE")
    assert asked("SELECT current_user") == [(app_role,)]
    with pytest.raises(DatabaseError), transaction.atomic():
        asked("SET ROLE postgres")
    with pytest.raises(DatabaseError), transaction.atomic():
        asked("SET SESSION AUTHORIZATION postgres")


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'cat > /tmp/jingwei-taken'",
        "COPY (SELECT 1) TO '/tmp/jingwei-taken'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT pg_ls_dir('.')",
        "CREATE TABLE public.mine (id int)",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER ROLE jingwei_app SUPERUSER",
        "CREATE EXTENSION dblink",
        "SELECT rolpassword FROM pg_authid",
    ],
)
def test_neither_server_files_nor_programs_nor_tables_of_its_own(inside: Tenant, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        asked(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO frame_history (tenant_id, resource, object_id, action, at, origin, reason, trace, written_by) SELECT id, 'work.task', 1, 'U', now(), '', '', '', 1 FROM frame_tenant",
        "INSERT INTO frame_accessevent (at, kind, name, address, detail) VALUES (now(), 'login', 'x', '', '')",
        "UPDATE frame_accessevent SET name = 'x'",
        "DELETE FROM frame_accessevent",
        # the trigger's own function on a table of one's own would forge as well
        "CREATE TEMP TABLE forged (id bigint, tenant_id bigint); CREATE TRIGGER t AFTER INSERT ON forged REFERENCING NEW TABLE AS after_rows FOR EACH STATEMENT EXECUTE FUNCTION jingwei_note_history('work.task', '')",
        "SELECT jingwei_note_history()",
    ],
)
def test_history_and_the_access_log_are_not_written_by_hand(inside: Tenant, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        asked(statement)


def test_the_trigger_still_writes_history_with_its_actor(inside: Tenant) -> None:
    with scope.within(scope.Scope(inside.pk, 7, origin="web")):
        Project.objects.get().save()
        Project(code="Q", name="y", start_on=date(2026, 11, 2)).save()
    line = History.objects.filter(action="I").latest("id")
    assert (line.actor_id, line.origin, line.after["code"]) == (7, "web", "Q")


def test_a_table_of_the_same_name_put_before_takes_nothing_away(inside: Tenant) -> None:
    asked("CREATE TEMP TABLE frame_history (LIKE public.frame_history)")
    asked("SET LOCAL search_path = pg_temp, public")
    before = asked("SELECT count(*) FROM public.frame_history")
    asked("UPDATE public.frame_project SET name = 'z'")
    assert asked("SELECT count(*) FROM pg_temp.frame_history") == [(0,)]
    assert asked("SELECT count(*) FROM public.frame_history") != before


def test_the_access_log_takes_lines_by_its_function_only(inside: Tenant) -> None:
    asked("SELECT jingwei_note_access('login', NULL, 'zhang', '10.0.0.1', '', NULL)")
    assert AccessEvent.objects.latest("id").name == "zhang"


@pytest.mark.skipif(not address.is_embedded(), reason="the embedded server only")
def test_the_embedded_server_lets_in_only_with_the_password_or_as_the_folders_owner() -> None:
    where = address.logged_in(as_owner=False)
    told = {"host": where["HOST"], "dbname": "postgres", "connect_timeout": 5}
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**told, user=app_role)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**told, user=app_role, password="guess")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**told, user="somebody")
    rules = [line.split() for line in (address.data_folder() / "pg_hba.conf").read_text().splitlines() if line.strip() and not line.startswith("#")]
    assert "trust" not in {word for line in rules for word in line}
    kept = login.password_file()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    assert len(kept.read_text()) >= 40


@pytest.mark.skipif(not address.is_embedded(), reason="the embedded server only")
def test_a_password_file_that_was_lost_is_made_anew_and_works() -> None:
    kept = login.password_file()
    before = kept.read_text()
    with psycopg.connect(address.start_embedded(), autocommit=True) as owner:
        assert login.is_password_of(owner, before)
        kept.unlink()
        login.admit_application(owner)
        after = kept.read_text()
        assert after != before and login.is_password_of(owner, after)
        kept.write_text(before)
        login.admit_application(owner)  # a file brought from elsewhere counts: the role follows it
        assert login.is_password_of(owner, before)
    with psycopg.connect(host=address.logged_in(as_owner=False)["HOST"], dbname="postgres", user=app_role, password=before) as again:
        assert again.execute("SELECT 1").fetchone() == (1,)


def test_the_owner_is_still_the_owner() -> None:
    where = connection.copy()
    with as_owner(), where.cursor() as cursor:
        cursor.execute("SELECT current_user = session_user, pg_has_role(session_user, relowner, 'USAGE') FROM pg_class WHERE relname = 'frame_history'")
        assert cursor.fetchone() == (True, True)
    where.close()


def test_a_database_of_ones_own_has_two_log_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://web:p%40w@db.example:6543/plans")
    assert address.logged_in(as_owner=True) == address.logged_in(as_owner=False), "one log-in for both, as before"
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner:o@db.example:6543/plans")
    assert address.logged_in(as_owner=False) == {"HOST": "db.example", "PORT": "6543", "USER": "web", "PASSWORD": "p@w", "NAME": "plans"}
    assert address.logged_in(as_owner=True)["USER"] == "owner"
    assert address.owner_url().startswith("postgresql://owner:")


def test_the_doctor_says_what_is_too_mighty(inside: Tenant) -> None:
    assert [finding.ok for finding in examination._roles()] == [True]
    with psycopg.connect(address.owner_url()) as owner:
        name, *found = owner.execute(examination._mighty_sql).fetchone()
    assert name == "postgres" and found[:2] == [True, True]
